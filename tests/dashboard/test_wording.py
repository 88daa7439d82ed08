"""Wordings with their gaps filled: a number and its unit stay on one line."""

from __future__ import annotations

import pytest

from clif_core import phrases
from dashboard.wording import say


def test_a_number_is_not_parted_from_its_unit() -> None:
    assert phrases.share(0.007, 1.0) == "0.70\u00a0% of it"
    assert say("job.left", time=phrases.duration(7)) == "about 7\u00a0s left"
    assert say("job.takes", time="50 s") == "takes about 50\u00a0s"
    told = say("probe.tried_corrected", n=3, p="p < 0.001")
    assert told.endswith("p\u00a0<\u00a00.001.")


@pytest.mark.parametrize("effect", [0.007, 0.00000001])
def test_a_share_is_written_with_its_sign(effect: float) -> None:
    assert "\u00a0% of it" in phrases.share(effect, 1.0)


def test_what_only_looks_like_a_unit_is_left_alone() -> None:
    assert say("influence.retry") == "Try again"
    assert say("story.step", step=3, n=7) == "Step 3 of 7"
    assert say("what_if.size_note", n=2, total=5, percent="5 sentences, 2") == (
        "2 of the text's 5 words (5 sentences, 2\u00a0%)."
    )
