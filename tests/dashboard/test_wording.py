"""Wordings with their gaps filled: a number and its unit stay on one line."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

import dashboard
from clif_core import phrases
from dashboard.wording import say

DASHBOARD = Path(dashboard.__file__).parent


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


def test_each_text_that_is_asked_for_by_name_is_there() -> None:
    """A text in another section than the code looks in is found on a screen otherwise."""
    asked = [
        (path.name, node.args[0].value)
        for path in DASHBOARD.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "say"
        and isinstance(node.args[0], ast.Constant)
    ]
    assert len(asked) > 500
    texts = tomllib.loads((DASHBOARD / "wording.toml").read_text(encoding="utf-8"))
    there = {f"{section}.{name}" for section, named in texts.items() for name in named}
    assert [one for one in asked if one[1] not in there] == []
