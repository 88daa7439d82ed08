"""The word map: empty, normal and error states, and what its controls do to the selection."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from seen import html_of, selected
from streamlit.testing.v1 import AppTest

from clif_core.workspace.jobs import JobCancelled
from clif_core.workspace.workspace import Workspace

Run = Callable[..., AppTest]


def test_empty_state_says_how_to_begin(run_view: Run) -> None:
    app = run_view("word_map")
    assert not app.exception
    assert "No word picked yet" in html_of(app)
    assert "overview (PCA) is shown" in " ".join(caption.value for caption in app.caption)


def test_a_map_is_drawn_by_a_job_that_can_be_stopped(run_view: Run, home: Workspace) -> None:
    app = run_view("word_map")
    app.button("map_job").click().run()
    assert not app.exception
    (job,) = home.jobs.all()
    assert job.kind == "map"
    app.button("map_job_cancel").click().run()
    with pytest.raises(JobCancelled):
        home.jobs.wait(job.key, 60)
    app.run()
    assert app.button("map_job")  # offered again


def test_a_word_shows_its_neighbours_and_asks_why(run_view: Run) -> None:
    app = run_view("word_map", word="police")
    assert 'clif-word">police' in html_of(app)
    neighbours = app.dataframe[-1].value
    assert list(neighbours.columns) == ["word", "cosine", "count"]
    assert "police" not in set(neighbours["word"])
    app.button("map_why").click().run()
    probe = selected(app).probe
    assert probe["kind"] == "cluster_membership"
    assert probe["word"] == "police"
    assert len(probe["own"]) <= 40


def test_an_unknown_word_brings_suggestions(run_view: Run) -> None:
    app = run_view("word_map")
    app.text_input("map_search").set_value("polise").run()
    assert "&#39;polise&#39; is not among the model&#39;s" in html_of(app)
    app.button_group("map_suggested").set_value("police").run()
    assert selected(app).word == "police"
    assert app.query_params["word"] in ("police", ["police"])


def test_pasted_words_make_a_set_and_lost_ones_are_named(run_view: Run) -> None:
    app = run_view("word_map", words="police,government")
    app.text_area("map_paste").set_value("police fire <zzz>").run()
    assert selected(app).words == ("police", "fire", "<zzz>")
    page = html_of(app)
    assert "1 not in this model" in page
    assert "&lt;zzz&gt;" in page
    assert "<zzz>" not in page
    app.button("map_clear").click().run()
    assert selected(app).words == ()
    assert "No words selected" in html_of(app)


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
        assert len(app.get("plotly_chart")) == 1, query
        assert "That did not work" not in html_of(app), query


def test_a_probe_colours_the_map(run_view: Run) -> None:
    probe = (
        '{"kind":"cluster_membership","word":"police","own":["fire","man"],'
        '"other":["government","minister"]}'
    )
    for colour in ("association", "influence"):
        app = run_view("word_map", probe=probe, colour=colour)
        captions = " ".join(caption.value for caption in app.caption)
        assert "needs a probe" not in captions
        assert "meanwhile" not in captions
        assert len(app.get("plotly_chart")) == 1
