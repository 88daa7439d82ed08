"""Progress of a part of the work, as a fraction of the whole."""

from __future__ import annotations

import pytest

from clif_core.progress import part_of, scaled, silent


def test_parts_report_their_share_of_the_whole() -> None:
    reports: list[tuple[float, str]] = []

    def note(fraction: float, message: str) -> None:
        reports.append((fraction, message))

    scaled(note, 0.2, 0.6)(0.5, "half")
    part_of(note, 1, 4)(0.5, "half")
    part_of(note, 3, 4, "seed 4 of 4")(1.0, "done")
    assert [message for _, message in reports] == ["half", "half", "seed 4 of 4: done"]
    assert [fraction for fraction, _ in reports] == pytest.approx([0.4, 0.375, 1.0])
    silent(0.5, "nobody listens")
