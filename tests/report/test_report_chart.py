"""The plot of a report: both widths show the same, and long names find room in either."""

from __future__ import annotations

import re

import pytest

from clif_core.report.chart import association_svg

LONG = "European American names"
LINE = 18  # what a second line of names takes


def draw(x: str, y: str, a: str, b: str, is_narrow: bool) -> str:
    row = {"word": "he", "count": 3, "association": 0.5}
    rows = [{**row, "set": x}, {**row, "word": "internationally", "set": y}]
    return association_svg(rows, (x, y), (a, b), is_narrow=is_narrow)


def size(svg: str) -> list[int]:
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert found is not None
    return [int(number) for number in found.groups()]


@pytest.mark.parametrize("is_narrow", [False, True])
def test_every_mark_lies_within_its_axis(is_narrow: bool) -> None:
    svg = draw("men", "women", "war", "love", is_narrow)
    width, _ = size(svg)
    (cx,) = re.findall(r'<circle[^>]*cx="([\d.]+)"[^>]*><title>', svg)
    left, right = re.findall(r'class="p-row" x1="(\d+)" x2="(\d+)"', svg)[0]
    assert float(left) < float(cx) < float(right) < width


def test_long_names_of_the_narrow_plot_stand_on_lines_of_their_own() -> None:
    brief, sets, poles = ("men", "women", "war", "love"), (LONG, LONG + " 2"), (LONG, LONG)
    (_, wide), (_, narrow) = (size(draw(*brief, n)) for n in (False, True))
    assert narrow == wide
    assert size(draw(*sets, *brief[2:], True))[1] == narrow + LINE
    assert size(draw(*brief[:2], *poles, True))[1] == narrow + LINE
    assert size(draw(*sets, *poles, False))[1] == wide
