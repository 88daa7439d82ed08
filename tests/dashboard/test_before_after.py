"""The places of values before and after on their lines."""

from __future__ import annotations

import pytest

from dashboard.charts.before_after import Row, place_rows, ticks


def test_the_line_holds_zero_so_that_a_third_does_not_look_like_all() -> None:
    rows = [Row("predicted", "", 0.18, (0.12,), "predicted", interval=(0.1, 0.13))]
    (placed,), _, zero = place_rows(rows)
    assert (placed.end - zero) / (placed.start - zero) == pytest.approx(0.12 / 0.18, abs=1e-3)
    assert placed.interval is not None
    assert placed.interval[0] < placed.end < placed.interval[1]


def test_each_row_starts_at_its_own_value() -> None:
    rows = [
        Row("any", "", 0.21, (0.05,), "predicted"),
        Row("this", "", 0.18, (0.03,), "measured"),
        Row("random", "", 0.18, (0.17, 0.19), "random"),
    ]
    placed, _, _ = place_rows(rows)
    assert placed[0].start > placed[1].start == placed[2].start
    assert placed[2].end == pytest.approx(placed[2].start)  # the mean of the sets


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 0.21, [(0.0, 2), (0.05, 2), (0.1, 2), (0.15, 2), (0.2, 2)]),
        (-0.3, 1.2, [(0.0, 1), (0.5, 1), (1.0, 1)]),
        (-900.0, 0.0, [(-800.0, 0), (-600.0, 0), (-400.0, 0), (-200.0, 0), (0.0, 0)]),
    ],
)
def test_ticks_are_round_numbers(
    low: float, high: float, expected: list[tuple[float, int]]
) -> None:
    found = list(ticks(low, high))
    assert [decimals for _, decimals in found] == [decimals for _, decimals in expected]
    assert [value for value, _ in found] == pytest.approx([value for value, _ in expected])


def test_one_value_has_one_tick() -> None:
    assert list(ticks(0.0, 0.0)) == [(0.0, 2)]
