"""The Story view: every step of it, without its text, and for a model that has none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Weat
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace
from dashboard.data import background, scripts
from dashboard.data.scripts import Script
from dashboard.data.story import N_STEPS, curves

Run = Callable[..., AppTest]
PROBE = Weat("people", ("he", "his", "man"), ("she", "her", "woman"), ("police", "government"),
             ("family", "children"), "men", "women", "state", "home")  # fmt: skip


def html_of(app: AppTest) -> str:
    return " ".join(str(element.proto.body) for element in app.get("html"))


@pytest.fixture(autouse=True)
def script(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that the small model can answer, and a word with neighbours."""
    monkeypatch.setattr(scripts, "_WRITTEN", {"lee": ("police", "nosuch")})
    entry = scripts.catalogue()[0]
    monkeypatch.setattr(scripts, "catalogue", lambda: (replace(entry, probe=PROBE),))


def test_a_sample_tells_of_the_first_probe_on_its_card(
    lee: tuple[SkipGram, Corpus], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = scripts.catalogue()[0]
    both = (entry, replace(entry, probe=replace(PROBE, name="second")))
    monkeypatch.setattr(scripts, "catalogue", lambda: both)
    for card, name in (({}, PROBE.name), ({"probes": [{"name": "second"}]}, "second")):
        assert scripts.script_of(Bundle(lee[0], card)).probe.name == name


@pytest.mark.parametrize("step", range(1, N_STEPS + 1))
def test_each_step_has_a_link_of_its_own_and_a_picture(run_view: Run, step: int) -> None:
    app = run_view("story", step=str(step))
    assert not app.exception
    page = html_of(app)
    assert f"Step {step} of {N_STEPS}" in page
    assert "That did not work" not in page
    pictures = len(app.get("plotly_chart")) + page.count("<article") + page.count("<ul>")
    assert pictures == {4: 2, 7: 2}.get(step, 1)


def test_next_and_back(run_view: Run) -> None:
    app = run_view("story")
    assert app.button(key="story_back").disabled
    app.button(key="story_next").click().run()
    assert app.session_state["clif_selection"].step == 2
    app.button(key="story_back").click().run()
    assert "Step 1 of" in html_of(app)
    assert "Step 7 of" in html_of(run_view("story", step="99"))


def test_without_its_text_the_first_steps_still_stand(run_view: Run, home: Workspace) -> None:
    shutil.rmtree(home.home / "corpora")
    third = html_of(run_view("story", step="3"))
    assert "Step 3 of 7" in third
    assert "Do men lean more towards state than women do?" in third
    app = run_view("story", step="4")
    assert not app.exception
    assert "is not here" in html_of(app)
    assert "Which lines made it so?" in html_of(app)
    assert "That did not work" not in html_of(app)
    assert app.button(key="story_to_model")
    assert app.button(key="story_next")


def test_a_model_without_the_words_has_no_story(run_view: Run, home: Workspace) -> None:
    words = Vocabulary(("alpha", "beta", "gamma"), np.array([3, 2, 1]))
    vectors = np.eye(3, dtype=np.float32)
    home.keep_model(Bundle(SkipGram("greek", words, vectors), {"title": "Greek"}), None)
    st.cache_resource.clear()
    app = run_view("story", model="greek")
    assert not app.exception
    assert "No story for this model" in html_of(app)


def test_the_curves_add_up(lee: tuple[SkipGram, Corpus]) -> None:
    from clif_core.influence.engine import InfluenceEngine
    from dashboard.data.attribution import Answer

    engine = InfluenceEngine(*lee)
    resolved = PROBE.resolve(lee[0].vocabulary)
    influence = engine.influence(resolved)
    lowering, random, raising = curves(Answer(engine, influence, resolved, ()))
    effects = influence.sentence_effects
    assert lowering[0] == raising[0] == random[0] == influence.probe_value
    assert lowering[1] == pytest.approx(influence.probe_value + effects.min())
    assert raising[2] == pytest.approx(influence.probe_value + np.sort(effects)[-2:].sum())
    assert (np.diff(lowering) <= np.diff(raising)).all()
    assert Script(PROBE, "police", "").word == "police"


def test_the_text_is_opened_while_the_first_step_is_read(run_view: Run, home: Workspace) -> None:
    run_view("story", step="1")
    background._solves().worker.submit(int).result(timeout=20)  # whatever was begun is done by now
    model = home.open_model("lee").model
    corpus = home.open_corpus(model)
    assert corpus is not None
    resolved = PROBE.resolve(model.vocabulary)
    assert home.cached_influence(InfluenceEngine(model, corpus), resolved, "block") is not None


def test_without_counts_no_words_are_counted(run_view: Run, home: Workspace) -> None:
    bundle = home.open_model("lee")
    counts = np.zeros_like(bundle.model.vocabulary.counts)
    vocabulary = Vocabulary(bundle.model.vocabulary.words, counts)
    card = {name: told for name, told in bundle.card.items() if name != "corpus"}
    home.keep_model(Bundle(replace(bundle.model, vocabulary=vocabulary), card), None)
    page = html_of(run_view("story"))
    assert "A program read a text and learnt to guess" in page
    assert "0 words" not in page.replace(f"{len(vocabulary):,} words", "")
    assert "Its count is not known" in html_of(run_view("word_map", word="police"))


def test_the_table_is_made_when_it_is_unfolded(run_view: Run) -> None:
    app = run_view("story", step="1")
    assert not app.dataframe
    app.session_state["table_open_story_near"] = True
    assert len(app.run().dataframe) == 1


def test_the_dice_are_named_only_where_the_verdict_holds(
    run_view: Run, home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one training nothing is said of another; with two the verdict decides."""
    assert "this is one training, and no other is at hand" in html_of(run_view("story", step="7"))
    bundle = home.open_model("lee")
    again = bundle.model.centre_vectors
    home.keep_model(Bundle(replace(bundle.model, other_seeds={7: again}), bundle.card), None)
    st.cache_resource.clear()
    page = html_of(run_view("story", step="7"))
    assert "2 trainings" in page
    assert "hang on the dice" not in page  # not detected here
    monkeypatch.setattr("clif_core.measurement.verdict.DETECTED", 1.1)
    st.cache_resource.clear()
    assert "hang on the dice: 2 of 2 trainings detect it" in html_of(run_view("story", step="7"))
