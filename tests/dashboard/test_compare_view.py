"""The Compare view: alone, with another training, with another model, and lacking words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as hypothesis
from seen import html_of, selected, unfold
from streamlit.testing.v1 import AppTest

from clif_core.probes import Weat
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace
from dashboard.charts.compare import spread_out

Run = Callable[..., AppTest]
ASKED = json.dumps(
    Weat("people", ("he", "his", "man"), ("she", "her", "woman"), ("police", "government"),
         ("family", "children"), "men", "women", "state", "home").to_dict()
)  # fmt: skip


@pytest.fixture
def two_models(home: Workspace, lee: tuple[SkipGram, Corpus]) -> Workspace:
    """A model with a second seed, and one with other words."""
    model, corpus = lee
    noise = np.random.default_rng(0).normal(0, 0.05, model.centre_vectors.shape)
    again = (model.centre_vectors + noise).astype(np.float32)
    seeded = replace(model, name="lee", other_seeds={7: again})
    home.keep_model(Bundle(seeded, {"title": "Lee"}), corpus)
    words = Vocabulary(("alpha", "police", "<b>x</b>"), np.array([3, 2, 1]))
    vectors = np.eye(3, dtype=np.float32)
    home.keep_model(Bundle(SkipGram("greek", words, vectors), {"title": "Gr<i>eek"}), None)
    st.cache_resource.clear()
    return home


def test_one_model_has_nothing_to_compare_with(run_view: Run) -> None:
    app = run_view("compare")
    assert not app.exception
    assert "Nothing to compare with" in html_of(app)


def test_without_a_question_it_offers_one(run_view: Run, two_models: Workspace) -> None:
    app = run_view("compare", model="lee")
    assert not app.exception
    assert "No question yet" in html_of(app)
    assert "No word picked" in html_of(app)
    app.button("compare_try_word").click().run()
    app.button("compare_try").click().run()
    assert selected(app).word and selected(app).probe is not None


def test_two_trainings_side_by_side(run_view: Run, two_models: Workspace) -> None:
    app = run_view("compare", model="lee", probe=ASKED, word="police")
    assert not app.exception
    page = html_of(app)
    assert page.count("Same text, seed") >= 4
    assert "Effect size" in page
    assert 'class="both"' in page
    assert len(app.get("plotly_chart")) == 2  # the words' associations, and where words went
    moved = unfold(app, "compare_movement_words")
    assert len(moved) == len(two_models.open_model("lee").model.vocabulary.words)
    assert moved["shift"].median() < 0.2  # noise was added, and the turn undid nothing


def test_another_model_and_words_that_it_lacks(run_view: Run, two_models: Workspace) -> None:
    app = run_view("compare", model="lee", other_model="greek", probe=ASKED, word="people")
    assert not app.exception
    page = html_of(app)
    assert "Gr&lt;i&gt;eek cannot answer" in page
    assert 'clif-chip-lost">people</span> not here' in page
    assert "This model does not have the word." in page
    app.selectbox(key="compare_other").set_value("seed:7").run()
    assert app.session_state["clif_selection"].other_model == "seed:7"


def test_a_link_to_an_absent_model_is_refused_in_words(
    run_view: Run, two_models: Workspace
) -> None:
    for wanted in ("nosuch", "seed:99"):
        app = run_view("compare", model="lee", other_model=wanted, probe=ASKED)
        assert not app.exception
        assert wanted in html_of(app)


@given(hypothesis.lists(hypothesis.floats(-1, 1), min_size=1, max_size=30))
def test_labels_keep_their_order_and_distance(values: list[float]) -> None:
    given_values = np.array(values)
    placed = spread_out(given_values, 0.01)
    order = np.argsort(given_values, kind="stable")
    assert (np.diff(placed[order]) > 0.008).all()
    assert placed.mean() == pytest.approx(given_values.mean(), abs=1e-9)


def test_two_models_of_one_text_know_of_each_other_where_only_the_seed_differs(
    run_view: Run, two_models: Workspace, lee: tuple[SkipGram, Corpus]
) -> None:
    model, corpus = lee
    settings = model.require_settings()
    noise = np.random.default_rng(1).normal(0, 0.05, model.centre_vectors.shape)
    vectors = (model.centre_vectors + noise).astype(np.float32)
    for name, other in (
        ("twin", replace(settings, seed=settings.seed + 5)),
        ("slower", replace(settings, seed=settings.seed + 6, learning_rate=0.01)),
    ):
        again = replace(model, name=name, centre_vectors=vectors, settings=other)
        two_models.keep_model(Bundle(again, {"title": name}), corpus)
    sets = (("he", "his", "him", "man"), ("she", "her", "women", "woman"))
    sets += (("government", "minister", "police"), ("people", "family", "children"))
    probe = json.dumps(Weat("w", *sets, "men", "women", "power", "home").to_dict())
    page = html_of(run_view("compare", model="lee", other_model="twin", probe=probe))
    assert "Of 2 other trainings" in page and "Of 1 other training," in page
    page = html_of(run_view("compare", model="lee", other_model="slower", probe=probe))
    assert "Of 1 other training," in page and "No other training is at hand" in page


def test_each_side_has_its_verdict_and_reason(run_view: Run, two_models: Workspace) -> None:
    sets = (("he", "his", "him", "man"), ("she", "her", "women", "woman"))
    sets += (("government", "minister", "police"), ("people", "family", "children"))
    probe = json.dumps(Weat("w", *sets, "men", "women", "power", "home").to_dict())
    page = html_of(run_view("compare", model="lee", other_model="seed:7", probe=probe))
    assert "Verdict" in page
    assert page.count("Of 1 other training, with other random seeds") == 2  # each knows the other
    assert "No other training is at hand" not in page
    few = html_of(run_view("compare", model="lee", other_model="seed:7", probe=ASKED))
    assert few.count("<b>Cannot be tested with so few words.</b>") == 2
