"""The Influence view: no probe, no text, quick and finer answers, cards, reading, tables."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from seen import ASKED, PROBE, html_of, unfold
from streamlit.testing.v1 import AppTest

from clif_core import phrases
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.explain import top_pairs
from clif_core.probes import ClusterMembership, Formula, ResolvedProbe, Similarity
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.text.filters import matching_sentences
from clif_core.workspace.workspace import Workspace
from dashboard.data.attribution import Answer
from dashboard.views.influence.controls import _certificate_html
from dashboard.views.influence.page import page_html
from dashboard.widgets.sentence_card import make_card

RunView = Callable[..., AppTest]


@pytest.fixture(scope="module")
def answer(lee: tuple[SkipGram, Corpus]) -> Iterator[Answer]:
    model, corpus = lee
    yield ask(InfluenceEngine(model, corpus), PROBE.resolve(model.vocabulary))


def ask(engine: InfluenceEngine, resolved: ResolvedProbe) -> Answer:
    return Answer(engine, engine.influence(resolved), resolved, ("test",))


def cards(app: AppTest) -> list[str]:
    return [e.proto.body for e in app.get("html") if "clif-card " in e.proto.body]


def test_without_a_probe_one_click_asks_the_default(run_view: RunView) -> None:
    app = run_view("influence")
    assert "No question yet" in html_of(app)
    app.button(key="influence_try").click().run()
    assert not app.exception
    assert "No question yet" not in html_of(app)


def test_cards_say_in_words_what_removing_would_do(run_view: RunView) -> None:
    app = run_view("influence", probe=ASKED)
    assert not app.exception
    shown = cards(app)
    assert len(shown) == 10
    assert sum("Removing this lowers" in card for card in shown) == 5
    assert all("<mark" in card and "hrough <b>" in card for card in shown)
    assert "by block, damping" in html_of(app)


def test_an_answer_that_did_not_converge_says_so_with_its_residual(answer: Answer) -> None:
    cut = replace(
        answer.influence.solution, converged=False, relative_residual=0.07, iterations=300
    )
    unsolved = replace(answer, influence=replace(answer.influence, solution=cut))
    said = "stopped after 300 steps at a relative residual of 0.07, not converged"
    assert said in _certificate_html(unsolved)
    assert "not converged" not in _certificate_html(answer)


def test_a_probe_called_by_its_question_says_it_once_and_what_its_value_means(
    run_view: RunView,
) -> None:
    name, positive = "Why do police and security lie together?", "Positive: they are alike."
    probe = Formula(name, "cos(police, security)", positive=positive)
    page = html_of(run_view("influence", probe=json.dumps(probe.to_dict())))
    assert page.count(f">{name}<") == 1
    assert positive in page


def test_words_that_the_model_lacks_are_named_beside_the_figures(run_view: RunView) -> None:
    lacking = replace(PROBE, targets_x=(*PROBE.targets_x, "zzgl", "xqk"))
    page = html_of(run_view("influence", probe=json.dumps(lacking.to_dict())))
    assert "Not in its vocabulary: zzgl, xqk<" in page
    assert "Not in its vocabulary" not in html_of(run_view("influence", probe=ASKED))


def test_more_cards_come_when_asked(run_view: RunView) -> None:
    app = run_view("influence", probe=ASKED)
    app.button(key="influence_more_lowers").click().run()
    assert len(cards(app)) == 20


def test_read_in_place_opens_the_document_and_closes(run_view: RunView) -> None:
    app = run_view("influence", probe=ASKED)
    read = next(b for b in app.button if b.label == "Read in place")
    read.click().run()
    assert not app.exception
    assert 'id="clif-here"' in html_of(app)
    assert {"document", "sentence"} <= set(app.query_params)
    app.button(key="reader_weaker").click().run()
    app.button(key="reader_close").click().run()
    assert 'id="clif-here"' not in html_of(app)


@pytest.mark.parametrize("level", ["documents", "groups", "pairs", "spread"])
def test_every_level_draws(run_view: RunView, level: str) -> None:
    app = run_view("influence", probe=ASKED, level=level)
    assert not app.exception
    assert 'role="alert"' not in html_of(app)


def test_beside_the_derivative_of_a_training_the_pairs_are_those_of_the_quick_estimate(
    home: Workspace, run_view: RunView
) -> None:
    model = home.open_model("lee").model
    corpus = home.open_corpus(model)
    assert corpus is not None
    engine = home.open_engine(model, corpus)
    resolved = PROBE.resolve(model.vocabulary)
    home.results.gather_runs(engine, [resolved], 4)
    app = run_view("influence", probe=ASKED, level="pairs")
    assert not app.exception
    assert "4 trainings of the same text" in html_of(app)
    assert any("chosen by the quick estimate" in caption.value for caption in app.caption)
    table = unfold(app, "influence_pairs")
    expected = top_pairs(engine, engine.influence(resolved), 60)
    assert table["effect"].tolist() == pytest.approx(expected["effect"].tolist(), rel=1e-4)


def test_a_search_leaves_only_sentences_with_the_words(run_view: RunView) -> None:
    app = run_view("influence", probe=ASKED, search="police")
    shown = [re.sub("<[^>]+>", "", card).lower() for card in cards(app)]
    assert shown and all("police" in card for card in shown)
    app = run_view("influence", probe=ASKED, search="xyzzy")
    assert not cards(app)
    assert any("No such text" in caption.value for caption in app.caption)


@pytest.mark.parametrize("is_disk_full", [False, True])
def test_a_finer_answer_takes_the_place_of_the_quick_one(
    run_view: RunView, home: Workspace, monkeypatch: pytest.MonkeyPatch, is_disk_full: bool
) -> None:
    if is_disk_full:  # what is computed is shown all the same

        def refuse(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", refuse)
    app = run_view("influence", probe=ASKED, estimator="gauss_newton")
    assert not app.exception
    assert cards(app)
    app.button(key="influence_offered").click().run()
    for _ in range(100):
        if "by gauss_newton" in html_of(app):
            break
        time.sleep(0.1)
        app.run()
    assert "by gauss_newton" in html_of(app)
    assert (home.store.n_bytes == 0) is is_disk_full


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"probe": '{"kind": "nonsense"}'}, "unknown kind of probe"),
        ({"probe": json.dumps(PROBE.to_dict() | {"targets_x": ["xyzzy"]})}, "no word of"),
        ({"probe": ASKED, "estimator": "nonsense"}, "no estimate called"),
        ({"probe": ASKED, "document": "99999"}, "does not have"),
        ({"probe": ASKED, "only_column": "play", "only_value": "Hamlet"}, "no metadata"),
    ],
)
def test_a_link_that_makes_no_sense_is_answered(
    run_view: RunView, query: dict[str, str], message: str
) -> None:
    app = run_view("influence", **query)
    assert not app.exception
    assert message in html_of(app)


def test_without_the_text_it_says_how_to_get_it(home: Workspace, run_view: RunView) -> None:
    shutil.rmtree(home.home / "corpora")
    st.cache_resource.clear()
    app = run_view("influence", probe=ASKED)
    assert not app.exception
    assert "is not here" in html_of(app)
    assert app.button(key="influence_to_model")


def test_without_context_vectors_it_says_so(
    home: Workspace, lee: tuple[SkipGram, Corpus], run_view: RunView
) -> None:
    from dataclasses import replace

    from clif_core.sgns.bundle import Bundle

    home.keep_model(Bundle(replace(lee[0], name="lee", context_vectors=None), {}), lee[1])
    app = run_view("influence", probe=ASKED)
    assert not app.exception
    assert "has no context vectors, so influence cannot be computed" in html_of(app)


def test_a_card_escapes_the_text_and_names_the_strongest_word(answer: Answer) -> None:
    top = answer.influence.top_sentences(5, "lowers")
    for sentence in top["sentence"].tolist():
        card = make_card(answer, int(sentence))
        parts = answer.explain(int(sentence)).groupby("centre")["effect"].sum()
        assert card.carriers.words[0] == parts.idxmin()
        assert "<script" not in card.excerpt
        text = re.sub("<[^>]+>", "", card.excerpt)
        assert card.carriers.words[0] in text.lower()


def test_movement_agrees_with_the_gradient(lee: tuple[SkipGram, Corpus]) -> None:
    """A lowered probe through an X word means that the word moved from A towards B, and so on."""
    model = lee[0]
    resolved = PROBE.resolve(model.vocabulary)
    gradient = resolved.gradient(model.centre_vectors)
    home = {0: 0, 1: 1, 2: 2, 3: 3}
    for index, found in enumerate(resolved.sets):
        for row, word in zip(found.ids, found.words, strict=True):
            moved = model.centre_vectors.copy()
            step = gradient[list(resolved.word_ids).index(row)]
            moved[row] -= 1e-3 * step.astype(np.float32)
            before = resolved.associations(model.centre_vectors)[home[index]].sum()
            after = resolved.associations(moved)[home[index]].sum()
            says = phrases.movement(resolved, word, -1.0)
            towards_first = says.endswith(("towards power", "towards men"))
            assert (after > before) == towards_first, (word, says)


def test_movement_is_left_unsaid_where_the_form_does_not_tell(
    lee: tuple[SkipGram, Corpus],
) -> None:
    from dataclasses import replace

    vocabulary = lee[0].vocabulary
    effect_size = replace(PROBE, quantity="effect_size").resolve(vocabulary)
    assert phrases.movement(effect_size, "he", -1.0) == ""
    alike = Similarity("police", "government").resolve(vocabulary)
    assert "moves from government" in phrases.movement(alike, "police", -1.0)
    members = ClusterMembership("police", ("police", "force"), ("home", "family"), "law", "hearth")
    tied = members.resolve(vocabulary)
    assert phrases.movement(tied, "police", 1.0).endswith("moves from law towards hearth")
    assert phrases.movement(tied, "home", 1.0) == ""


def test_the_page_stands_alone(answer: Answer) -> None:
    page = page_html(answer, 3, None)
    assert page.startswith("<!doctype html>")
    assert "<script" not in page and "http" not in page
    assert page.count("<article") == 6
    assert "Why this?" in page_html(answer, 1, None, "Why this?")


def test_the_table_adds_up_and_holds_both_ways(answer: Answer) -> None:
    table = answer.both_ways(4, None)
    assert list(np.sign(table["effect"])) == [-1.0] * 4 + [1.0] * 4
    assert table["effect"].is_monotonic_increasing
    assert (table["text"].str.len() > 0).all()
    sums = answer.word_effects.sum(), answer.influence.sentence_effects.sum()
    assert sums[0] == pytest.approx(sums[1], rel=1e-3, abs=1e-6)


def test_filters_and_searches_are_exact(answer: Answer) -> None:
    corpus = answer.corpus
    found = matching_sentences(corpus, "", "", "Police, government")
    assert found is not None
    for sentence in range(corpus.n_sentences):
        start, end = corpus.sentence_offsets[sentence : sentence + 2]
        words = {corpus.words[w] for w in corpus.token_words[start:end]}
        assert found[sentence] == ({"police", "government"} <= words)
    title = str(corpus.documents["title"].iloc[3])
    one = matching_sentences(corpus, "title", title, "")
    assert one is not None
    assert set(corpus.sentences["document"][one]) == {3}


def test_marks_are_explained_where_sentences_are_read(run_view: RunView) -> None:
    assert "clif-legend" in html_of(run_view("influence", probe=ASKED))
    assert "clif-legend" not in html_of(run_view("influence", probe=ASKED, level="pairs"))
    assert "clif-legend" in html_of(run_view("influence", probe=ASKED, level="pairs", document="4"))
