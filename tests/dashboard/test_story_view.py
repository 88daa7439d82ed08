"""The Story view: what its page tells, without its text, without words, measured or not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from seen import PROBE, html_of, selected, told_by
from streamlit.testing.v1 import AppTest

from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import Edit
from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace
from dashboard.data import background, scripts
from dashboard.data.story import N_STEPS

Run = Callable[..., AppTest]
LIST = tuple(range(3, 23))  # sentences that a card says were removed


def told(app: AppTest) -> dict[str, Any]:
    """What the page of the story is given."""
    (element,) = app.get("bidi_component")
    return told_by(element.proto)


def of_step(app: AppTest, step: int) -> str:
    """The HTML of one step."""
    parts = html_of(app).split('data-steps="')
    return " ".join(part for part in parts[1:] if str(step) in part.split('"')[0].split())


@pytest.fixture(autouse=True)
def script(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that the small model can answer."""
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
def test_each_step_has_a_link_of_its_own_and_something_to_see(run_view: Run, step: int) -> None:
    app = run_view("story", step=str(step))
    assert not app.exception
    data = told(app)
    assert data["step"] == step and len(data["titles"]) == len(data["next"]) == N_STEPS
    here = of_step(app, step)
    assert "<h1" in here
    assert any(seen in here for seen in ("<figure", "<dl", "<blockquote", "<ul"))
    assert "That did not work" not in html_of(app)


def test_a_link_to_no_step_opens_the_nearest(run_view: Run) -> None:
    assert told(run_view("story", step="99"))["step"] == N_STEPS
    assert told(run_view("story", step="0"))["step"] == 1


def test_the_gap_is_told_as_a_distance_whichever_group_leans_more(run_view: Run) -> None:
    turned = replace(PROBE, attributes_a=PROBE.attributes_b, attributes_b=PROBE.attributes_a,
                     label_a=PROBE.label_b, label_b=PROBE.label_a)  # fmt: skip
    pages = [
        told(run_view("story", probe=json.dumps(probe.to_dict()))) for probe in (PROBE, turned)
    ]
    assert pages[0]["titles"][0] == pages[1]["titles"][0]  # towards what, is what was found
    assert pages[0]["titles"][1] == pages[1]["titles"][1]
    assert "−" not in pages[0]["titles"][1]


def test_the_question_in_hand_is_told_where_it_compares_two_groups(run_view: Run) -> None:
    own = replace(PROBE, name="own", label_x="gentlemen")
    assert "gentlemen" in told(run_view("story", probe=json.dumps(own.to_dict())))["titles"][0]
    other = Similarity("police", "court")
    page = told(run_view("story", probe=json.dumps(other.to_dict())))
    assert page["titles"][0] == told(run_view("story"))["titles"][0]
    unknown = replace(PROBE, targets_x=("nosuch", "norsuch"))
    page = told(run_view("story", probe=json.dumps(unknown.to_dict())))
    assert page["titles"][0] == told(run_view("story"))["titles"][0]


def test_without_its_text_the_first_steps_still_stand(run_view: Run, home: Workspace) -> None:
    shutil.rmtree(home.home / "corpora")
    app = run_view("story", step="4")
    assert not app.exception
    assert "lean more towards" in of_step(app, 1)
    for step in (4, 5, 6):
        assert "goes back to the training text" in of_step(app, step)
        assert 'data-ask="model"' in of_step(app, step)
    assert "<blockquote" not in html_of(app)
    assert "We may not say" in of_step(app, 7)


def test_a_model_without_the_words_has_no_story(run_view: Run, home: Workspace) -> None:
    words = Vocabulary(("alpha", "beta", "gamma"), np.array([3, 2, 1]))
    vectors = np.eye(3, dtype=np.float32)
    home.keep_model(Bundle(SkipGram("greek", words, vectors), {"title": "Greek"}), None)
    st.cache_resource.clear()
    app = run_view("story", model="greek")
    assert not app.exception
    assert "No story for this model" in html_of(app)
    assert app.button("story_to_probe").label == "Ask another question"
    assert app.button("story_to_start")


def test_what_was_not_measured_is_offered(run_view: Run) -> None:
    page = of_step(run_view("story"), 6)
    assert "Not measured yet" in page and 'data-ask="measure"' in page
    assert "predicted" in page and "<table" not in page


def test_a_shipped_removal_is_shown_as_measured(
    run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus]
) -> None:
    _keep(home, lee, {"removals": _removals(lee[0])})
    app = run_view("story")
    page = of_step(app, 6)
    assert "<table" in page and "Not measured yet" not in page
    assert "−0.012" in page and "0.033" in page  # this training; the mean of the two others
    assert "0.022 to 0.044" in page
    assert "20 sentences" in of_step(app, 7)
    struck = of_step(app, 5)
    assert struck.count('class="struck"') == len(LIST)


def test_a_removal_of_another_model_is_not_shown(
    run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus]
) -> None:
    _keep(home, lee, {"removals": _removals(lee[0]) | {"content_hash": "another"}})
    assert "<table" not in of_step(run_view("story"), 6)


def _keep(home: Workspace, lee: tuple[SkipGram, Corpus], card: dict[str, Any]) -> None:
    """Lee anew with another card."""
    bundle = home.open_model("lee")
    home.keep_model(Bundle(bundle.model, dict(bundle.card) | card), lee[1])
    st.cache_resource.clear()


def _removals(model: SkipGram) -> dict[str, Any]:
    """Three trainings, the model's own first. The list is of the estimate at hand: "model"."""
    key = PROBE.key
    runs = [
        {"seed": seed, "before": {key: before}, "after": {key: after}, "random": drawn}
        for seed, before, after, drawn in (
            (1, 0.1, -0.012, [{key: 0.098}, {key: 0.101}]),
            (2, 0.12, 0.022, []),
            (3, 0.14, 0.044, []),
        )
    ]
    result = {"edit": Edit("sentences", LIST).to_dict(), "n_tokens": 300, "n_tokens_text": 60_000,
              "runs": runs}  # fmt: skip
    about = {"content_hash": model.content_hash, "corpus_hash": model.corpus_hash}
    return about | {"settings": {}, "probes": {key: {"model": result}}}


def test_the_text_is_opened_while_the_first_step_is_read(run_view: Run, home: Workspace) -> None:
    run_view("story", step="1")
    background._solves().worker.submit(int).result(timeout=300)  # whatever was begun is done by now
    model = home.open_model("lee").model
    corpus = home.open_corpus(model)
    assert corpus is not None
    resolved = PROBE.resolve(model.vocabulary)
    assert home.results.cached(InfluenceEngine(model, corpus), resolved, "block") is not None


def test_without_counts_no_words_are_counted(run_view: Run, home: Workspace) -> None:
    bundle = home.open_model("lee")
    counts = np.zeros_like(bundle.model.vocabulary.counts)
    vocabulary = Vocabulary(bundle.model.vocabulary.words, counts)
    card = {name: told for name, told in bundle.card.items() if name != "corpus"}
    model = replace(bundle.model, vocabulary=vocabulary, corpus_hash=None)
    home.keep_model(Bundle(model, card), None)
    page = html_of(run_view("story"))
    assert "A program read a text and learnt" in page
    assert "0 words" not in page.replace(f"{len(vocabulary):,} words", "")
    app = run_view("word_map", word="police")
    app.button_group("map_panel").set_value("word").run()
    assert "Its count is not known" in html_of(app)


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


def test_nothing_is_selected_before_a_step_is_taken(run_view: Run) -> None:
    assert selected(run_view("story")).probe is None
