"""The word map: empty, normal and error states, and what its controls do to the selection."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from seen import html_of, selected
from streamlit.testing.v1 import AppTest

from clif_core.probes import Similarity
from clif_core.workspace.jobs import JobCancelled
from clif_core.workspace.workspace import Workspace
from dashboard.views.word_map import word_panel

Run = Callable[..., AppTest]


def test_empty_state_says_how_to_begin(run_view: Run) -> None:
    app = run_view("word_map")
    assert not app.exception
    assert "Pick words on the map" in html_of(app)
    assert "overview (PCA) is shown" in " ".join(caption.value for caption in app.caption)


def test_a_map_is_drawn_by_a_job_that_can_be_stopped(run_view: Run, home: Workspace) -> None:
    app = run_view("word_map")
    app.button("map_job").click().run()
    assert not app.exception
    (job,) = home.jobs.all()
    assert job.kind == "map"
    app.button("map_job_cancel").click().run()
    with pytest.raises(JobCancelled):
        home.jobs.wait(job.key, 300)
    app.run()
    assert app.button("map_job")  # offered again


def test_a_word_is_asked_about_and_shows_its_neighbours(run_view: Run) -> None:
    app = run_view("word_map", word="police")
    assert "Why is police with" in html_of(app)
    pulled = re.search(r'data-pulls="([^"]+)"', html_of(app))
    assert pulled is not None
    for centre, context, effect, strength in json.loads(html.unescape(pulled[1])):
        assert centre and context and effect and 0 < strength <= 1
    app.button_group("map_panel").set_value("word").run()
    neighbours = app.dataframe[-1].value
    assert list(neighbours.columns) == ["word", "cosine", "count"]
    assert "police" not in set(neighbours["word"])
    app.button_group("map_panel").set_value("why").run()
    app.button("map_why").click().run()
    probe = selected(app).probe
    assert probe["kind"] == "cluster_membership"
    assert probe["word"] == "police"
    assert len(probe["own"]) <= 40


@pytest.mark.parametrize(
    ("words", "kind"), [("police,government", "similarity"), ("police,fire,man", "formula")]
)
def test_a_circle_is_asked_about(run_view: Run, words: str, kind: str) -> None:
    app = run_view("word_map", words=words)
    assert not app.exception
    assert "clif-card-compact" in html_of(app)
    app.button("map_why").click().run()
    assert selected(app).probe["kind"] == kind


def test_a_circle_that_the_vectors_do_not_bear_out_is_told(run_view: Run, home: Workspace) -> None:
    model = home.open_model("lee").model
    unit, words = model.unit_vectors, model.vocabulary.words
    least_alike = (unit @ unit[0]).argsort()[:3]
    for rows, is_told in (((unit @ unit[0]).argsort()[-3:], False), ((0, *least_alike), True)):
        app = run_view("word_map", words=",".join(words[row] for row in rows))
        told = [c.value for c in app.caption if "By their vectors they lie nearer to" in c.value]
        assert bool(told) == is_told


def test_the_strongest_sentences_are_those_of_the_estimate(run_view: Run, home: Workspace) -> None:
    app = run_view("word_map", words="police,government")
    bundle = home.open_model("lee")
    corpus = home.open_corpus(bundle.model)
    assert corpus is not None
    engine = home.open_engine(bundle.model, corpus)
    probe = Similarity("police", "government").resolve(bundle.model.vocabulary)
    top = home.results.influence(engine, probe).top_sentences(5, "lowers")
    first = corpus.sentence_text(int(top["sentence"].iloc[0])).split()
    cards = re.split('<article class="clif-card', html_of(app))
    assert len(cards) == 6
    shown = html.unescape(re.sub("<[^>]+>", "", cards[1]))
    assert sum(word in shown for word in first[:20]) > 10


def test_an_unknown_word_brings_suggestions(run_view: Run) -> None:
    app = run_view("word_map", word="polise")
    assert "&#39;polise&#39; is not among the model&#39;s" in html_of(app)
    app.button_group("map_suggested").set_value("police").run()
    assert selected(app).word == "police"
    assert app.query_params["word"] in ("police", ["police"])


def test_of_several_words_the_unknown_one_is_named_and_replaced(run_view: Run) -> None:
    app = run_view("word_map", word="polise government")
    assert "&#39;polise&#39; is not among the model&#39;s" in html_of(app)
    app.button_group("map_suggested").set_value("police").run()
    assert selected(app).words == ("police", "government")


@pytest.mark.parametrize(
    ("typed", "word", "words"),
    [
        ("Police government", "", ("police", "government")),
        ("police, government", "", ("police", "government")),
        ("police polise", "police polise", ()),
        ("Police", "police", ()),
    ],
)
def test_words_typed_together_are_picked_together(
    monkeypatch: pytest.MonkeyPatch, home: Workspace, typed: str, word: str, words: tuple[str, ...]
) -> None:
    picked: dict[str, Any] = {}
    monkeypatch.setattr(word_panel.state, "update", picked.update)
    word_panel.take_typed(typed, home.open_model("lee").model.vocabulary)
    assert (picked["word"], picked["words"]) == (word, words)


def test_pasted_words_make_a_set_and_lost_ones_are_named(run_view: Run) -> None:
    app = run_view("word_map", words="police,government")
    app.button_group("map_panel").set_value("set").run()
    app.text_area("map_paste").set_value("police fire <zzz>").run()
    assert selected(app).words == ("police", "fire", "<zzz>")
    page = html_of(app)
    assert page.count("clif-chip-lost") == 1
    assert 'clif-chip-lost">&lt;zzz&gt;</span> not here, and nothing spelt like it' in page
    assert "<zzz>" not in page
    app.button("map_clear").click().run()
    assert selected(app).words == ()
    assert "No words selected" in html_of(app)


def the_map(app: AppTest) -> dict[str, Any]:
    """What the map's component was given, without its words."""
    return json.loads(app.get("bidi_component")[0].proto.mixed.json)


def test_every_layout_and_colour_draws(run_view: Run) -> None:
    for query in (
        {"layout": "pca", "dims": "3", "word": "police", "words": "fire,police"},
        {"layout": "axis", "axis_from": "police", "axis_to": "fire", "colour": "count"},
        {"layout": "axis", "axis_from": "nosuchword", "axis_to": "fire"},
        {"clustering": "islands:5"},
        {"clustering": "kmeans:4", "colour": "association"},
        {"colour": "influence"},
    ):
        app = run_view("word_map", **query)
        assert not app.exception
        assert the_map(app)["version"], query
        assert "That did not work" not in html_of(app), query


def test_a_pick_leaves_the_map_as_it_was(run_view: Run) -> None:
    """So that the browser does not get its words again."""
    sent = {
        bytes(run_view("word_map", **query).get("bidi_component")[0].proto.SerializeToString())
        for query in ({}, {"word": "police"}, {"words": "police,fire,man"})
    }
    assert len(sent) == 1


def test_a_probe_colours_the_map(run_view: Run) -> None:
    probe = (
        '{"kind":"cluster_membership","word":"police","own":["fire","man"],'
        '"other":["government","minister"]}'
    )
    plain = the_map(run_view("word_map", probe=probe))
    for colour in ("association", "influence"):
        app = run_view("word_map", probe=probe, colour=colour)
        captions = " ".join(caption.value for caption in app.caption)
        assert "needs a probe" not in captions
        assert "meanwhile" not in captions
        assert the_map(app)["version"] != plain["version"]
        assert "clif-map-scale" in html_of(app)


def test_without_webgl_the_simple_map_answers_too(run_view: Run) -> None:
    app = run_view("word_map")
    app.session_state["map_without_webgl"] = True
    app.run()
    assert len(app.get("plotly_chart")) == 1
    assert not app.get("bidi_component")
    app.text_input("map_search").set_value("police").run()
    assert selected(app).word == "police"
    assert "Why is police with" in html_of(app)
