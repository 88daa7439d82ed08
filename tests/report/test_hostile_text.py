"""Words, titles, metadata and labels stay text: in the page, the plot, a card and Markdown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jinja2 import UndefinedError

from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Weat
from clif_core.report import Report, cards_html, make_report, measure_both, quote_sentence
from clif_core.report.chart import association_svg
from clif_core.report.rendering import render
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus

EVIL = "<script>alert('1')</script> & \"q\" {{ 7*7 }} {% raw %} **b** {0} {x}"
SHOWN = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &#34;q&#34; {{ 7*7 }} {% raw %}"
PROBE = Weat(EVIL, ("police", EVIL), ("test",), ("killed",), ("team",), EVIL, "y & z", EVIL, EVIL)
QUOTED: dict[str, Any] = {
    "title": EVIL, "about": {EVIL: EVIL}, "effect": -0.1, "pull": [EVIL, EVIL], "through": [EVIL],
    "n_carriers": 2, "is_mostly_one": True, "text": EVIL, "marks": [(0, 8, "centre", EVIL, 1.0)],
}  # fmt: skip


@pytest.fixture(scope="module")
def report(lee_model: SkipGram, lee_corpus: Corpus) -> Report:
    engine = InfluenceEngine(lee_model, lee_corpus)
    measured, other = measure_both(PROBE, lee_model)
    card = {"title": EVIL, "description": EVIL, "licence": EVIL, "corpus": {"source": EVIL},
            "history": [{"method": EVIL, "of": EVIL, "content_hash": EVIL}]}  # fmt: skip
    return make_report(
        Bundle(lee_model, card), measured, other=other, engine=engine,
        influence=engine.influence(measured.resolved), n_sentences=2,
    )  # fmt: skip


def test_the_page_and_its_body(report: Report) -> None:
    for text in (report.to_html(), report.to_body("--clif-ink:#000;")):
        assert "<script" not in text
        assert SHOWN in text


@pytest.mark.parametrize("is_narrow", [False, True])
def test_the_plot(is_narrow: bool) -> None:
    row = {"set": EVIL, "word": EVIL, "count": 3, "association": 0.5}
    rows = [row, {**row, "set": "y"}]
    svg = association_svg(rows, (EVIL, "y"), (EVIL, "<b>"), is_narrow=is_narrow)
    assert "<script" not in svg
    assert "<b>" not in svg
    assert svg.count(SHOWN) == 8  # title, legend, pole, 2 words, 3 in hints


def test_a_card() -> None:
    html = cards_html([QUOTED], EVIL, 1.0)
    assert "<script" not in html
    assert html.count(SHOWN) >= 5
    assert "&lt;script&gt;</mark>" in html


def test_a_count_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        cards_html([{**QUOTED, "n_carriers": EVIL}], "the bias", 1.0)


def test_a_card_needs_nothing_else(lee_model: SkipGram, lee_corpus: Corpus) -> None:
    engine = InfluenceEngine(lee_model, lee_corpus)
    probe = Weat("w", ("police",), ("test",), ("killed",), ("team",))
    resolved = probe.resolve(lee_model.vocabulary)
    influence = engine.influence(resolved)
    top = influence.top_sentences(1, "lowers")["sentence"].tolist()
    html = cards_html([quote_sentence(engine, influence, resolved, top[0])], "the bias", 1.0)
    assert html.startswith("<style>")
    assert "prefers-color-scheme:dark" in html
    assert re.search(r"<b>Pulls <em>(police|test|killed|team)</em> towards <em>", html)
    assert "Removing this lowers the bias by" in html
    assert "<mark" in html
    assert not re.search(r"src=|href=|url\(|@import|<script", html)


def test_markdown(report: Report) -> None:
    lines = [line for line in report.to_markdown().splitlines() if not line.startswith("    ")]
    text = "\n".join(lines)
    assert not re.search(r"(?<!\\)<script", text)
    assert "**b**" not in text
    assert r"\*\*b\*\*" in text


def test_a_name_that_a_template_misspells_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="no attribute 'effect'"):
        render("cards.html", sentences=[{}], noun="the bias", value=1.0, strongest=1.0)
