"""The figures of the pages' tables stand in the tables of benchmarks/results that they cite."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "docs/paper.md", ROOT / "docs/paper-mixture.md"]
RESULTS = ROOT / "benchmarks" / "results"
OF_THE_PROGRAM = 430  # MB, as docs/scale.md says


def numbers_in(text: str) -> list[str]:
    """Each number as it is written, but for the commas of thousands."""
    found = re.findall(r"(?<![\w.])[-+]?(?:\d[\d,]*)?(?:\.\d+)?(?=[^\w]|[a-zA-Zµ%]|$)", text)
    return [number.replace(",", "") for number in found if re.search(r"\d", number)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_decimal_of_a_table_stands_in_a_cited_one(page: Path) -> None:
    """Rounded as the page rounds it. Sections that cite no results, and whole numbers, pass."""
    n = 0
    for section in re.split(r"^(?=#{1,3} )", page.read_text("utf-8"), flags=re.M):
        cited = re.findall(r"\]\(((?:\.\./)?benchmarks/results/[\w-]+\.md)\)", section)
        known = [float(x) for path in cited for x in numbers_in((page.parent / path).read_text())]
        for row in re.findall(r"^\|.*", section, re.M) if cited else ():
            for number in numbers_in(re.sub(r"\]\([^)]*\)", "", row)):
                places = len(number.partition(".")[2])
                if places:
                    n += 1
                    near = 0.5 * 10**-places + 1e-9
                    assert any(abs(float(number) - x) <= near for x in known), (number, row)
    assert n > 20


def test_what_a_memory_holds_follows_the_table_of_growth() -> None:
    growth = (RESULTS / "growth.md").read_text("utf-8")
    page = (ROOT / "docs/scale.md").read_text("utf-8")
    head = re.search(r"^\| \|.*?([\d.]+) M tokens \| exponent", growth, re.M)
    assert head is not None
    for step, label in (
        ("read and tokenise", "read a text"),
        ("`block` probe of eight words", "open it, ask the quick estimate"),
        ("open the engine, nothing cached (counting)", "count its pairs, once"),
        ("Gauss-Newton", "Gauss-Newton"),
    ):
        row = re.search(rf"^\| {re.escape(step)} \|.*?([\d,]+) MB \|[^|]*\|$", growth, re.M)
        told = re.search(
            rf"^\| {label} \| (\d+) bytes[^|]*\| (\d+) M \| (\d+) M \| (\d+) M", page, re.M
        )
        assert row is not None and told is not None, step
        each = (float(row[1].replace(",", "")) - OF_THE_PROGRAM) / float(head[1])
        assert float(told[1]) == pytest.approx(each, abs=0.6)
        for gigabytes, millions in zip((4, 8, 24), told.groups()[1:], strict=True):
            room = 1000 * gigabytes - OF_THE_PROGRAM
            assert float(millions) == pytest.approx(room / each, rel=0.02)
