"""Words, titles, metadata and labels of strangers stay text on the screen, in HTML and Markdown."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from seen import PROBE, html_of
from streamlit.testing.v1 import AppTest

from clif_core import phrases
from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Weat
from clif_core.sgns.model import Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import SourceDocument, build_corpus
from clif_core.training import train
from dashboard.data.attribution import Answer
from dashboard.selection import Selection
from dashboard.views.influence.document import document_html
from dashboard.views.influence.page import page_html
from dashboard.widgets import escape, notice, selection_bar, word_entry, word_field
from dashboard.widgets.sentence_card import card_html, make_card

EVIL = "<script>alert('1')</script> & \"q\" {{ 7*7 }} **b** {0} {x}"
SHOWN = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &#34;q&#34; {{ 7*7 }} **b** {0} {x}"
RunView = Callable[..., AppTest]


@pytest.fixture(scope="module")
def answer() -> Answer:
    """An influence on a text whose title, metadata, speaker and words are hostile."""
    words = ["dog", "cat", "king", "queen"] * 10
    stories = [
        SourceDocument(
            f"{EVIL} {at}", f"{EVIL} the cat {word} sat by the king.", {"genre": EVIL[:50]}
        )
        for at, word in enumerate(words)
    ]
    corpus = build_corpus("evil", stories, {})
    settings = TrainingSettings(dim=4, window=3, min_count=1, epochs=1, backend="coupled")
    model = replace(train(corpus, settings), name=EVIL)
    probe = Weat(EVIL, ("cat",), ("dog",), ("king",), ("queen",), EVIL, "y", EVIL, EVIL)
    resolved = probe.resolve(model.vocabulary)
    engine = InfluenceEngine(model, corpus)
    return Answer(engine, engine.influence(resolved), resolved, ("evil",))


def test_a_card_a_document_and_the_downloaded_page(answer: Answer) -> None:
    words = phrases.voice(answer.resolved.probe, answer.influence.probe_value)
    sentence = int(np.abs(answer.influence.sentence_effects).argmax())
    card = make_card(answer, sentence)
    drawn = [
        card_html(card, answer.influence.probe_value, words, 1),
        document_html(answer, card.document, sentence, words).replace("<script>(() =>", ""),
        page_html(answer, 2, None),
    ]
    for html in drawn:
        assert "<script" not in html
        assert "&lt;" in html
    assert SHOWN in drawn[0]
    assert SHOWN in drawn[2]


def test_notices_chips_and_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(st, "html", lambda body, **_: drawn.append(body))
    notice.show_empty(EVIL, EVIL)
    notice.show_problem(EVIL, EVIL)
    vocabulary = Vocabulary(("a", "b"), np.array([2, 1]))
    word_field.draw_marks([EVIL], vocabulary, "marks", lambda word, taken: None)
    drawn.append(word_entry.chips([EVIL], "x"))
    drawn.append(
        selection_bar._summary(Selection(probe={"name": EVIL}, words=(EVIL,), set_name=EVIL), EVIL)
    )
    for html in drawn:
        assert SHOWN in html
        assert "<script" not in html


@pytest.mark.parametrize("view", ["probe", "influence"])
def test_labels_and_words_of_a_link(run_view: RunView, view: str) -> None:
    words = (*PROBE.targets_x, EVIL.split()[0])
    probe = replace(PROBE, name=EVIL, label_x=EVIL, label_a=EVIL, targets_x=words)
    app = run_view(view, probe=json.dumps(probe.to_dict()))
    assert not app.exception
    assert "<script" not in html_of(app)
    assert "&lt;script&gt;" in html_of(app)
    for caption in app.caption:
        assert "**b**" not in caption.value
        assert "<script>" not in caption.value.replace(r"\<script\>", "")


def test_markdown_signs_are_escaped() -> None:
    assert escape.markdown("a *b* :red[c]\n# <i>") == r"a \*b\* \:red\[c\] \# \<i\>"
