"""How much unfinished work one visitor may have in the queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from seen import ASKED, html_of, selected
from streamlit.testing.v1 import AppTest

from clif_core.errors import JobError
from clif_core.probes import Similarity
from clif_core.workspace.workspace import Workspace
from dashboard.data import places
from dashboard.data.places import Place, take_place

Run = Callable[..., AppTest]


def ask(app: AppTest, *words: str) -> None:
    """As if the person had chosen another probe."""
    probe = Similarity(*words).to_dict()
    app.session_state["clif_selection"] = replace(selected(app), probe=probe)
    app.run()


def test_a_third_computation_is_refused_in_words_and_goes_when_one_is_stopped(
    run_view: Run, home: Workspace
) -> None:
    asked = json.dumps(Similarity("police", "fire").to_dict())
    app = run_view("influence", probe=asked, estimator="ensemble")
    home.jobs.submit("count", {"to": 20_000, "seconds": 0.1})  # another visitor's; holds the queue
    app.button(key="influence_offered").click().run()
    ask(app, "police", "people")
    assert "are unfinished" not in html_of(app)
    ask(app, "police", "government")
    walks = [job for job in home.jobs.all() if job.kind == "walk"]
    assert len(walks) == 2
    assert not app.exception
    assert "2 of your computations are unfinished, and at most 2 may be" in html_of(app)
    home.jobs.cancel(walks[0].key)
    with pytest.raises(JobError):
        home.jobs.wait(walks[0].key, 300)
    app.run()
    assert len([job for job in home.jobs.all() if job.kind == "walk"]) == 3
    for job in home.jobs.all():
        home.jobs.cancel(job.key)


def test_one_question_takes_one_place_and_a_reload_finds_its_jobs(
    run_view: Run, home: Workspace
) -> None:
    home.jobs.submit("count", {"to": 20_000, "seconds": 0.1})
    query = {"probe": ASKED, "removal_size": "10", "n_random": "3"}
    app = run_view("what_if", **query)
    app.button("what_if_retrain").click().run()
    (place,) = app.session_state["clif_places"]
    assert len(place.jobs) == 3  # the edit, further seeds, random sets
    again = run_view("what_if", **query)
    assert "what_if_cancel" in [button.key for button in again.button]
    for job in home.jobs.all():
        home.jobs.cancel(job.key)


def test_a_series_needs_every_place_and_failed_submissions_hold_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine: list[Place] = []
    is_solving = True
    monkeypatch.setattr(places, "_places", lambda: mine)
    with take_place() as place:
        place.is_solving = lambda: is_solving
    with pytest.raises(JobError, match="A series starts only when none is"), take_place(2):
        raise AssertionError("entered")
    with pytest.raises(JobError, match="full"), take_place():
        raise JobError("the queue is full")
    with take_place() as second:
        second.is_solving = lambda: is_solving
    with pytest.raises(JobError, match="at most 2 may be"), take_place():
        raise AssertionError("entered")
    is_solving = False
    with take_place(2):
        pass
    assert len(mine) == 1


def test_a_place_is_taken_before_its_work_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two windows of one person, pressed at once."""
    mine: list[Place] = []
    monkeypatch.setattr(places, "_places", lambda: mine)
    refused = pytest.raises(JobError, match="at most 2 may be")
    with take_place(), take_place(), refused, take_place():
        raise AssertionError("entered")
    with take_place(2):
        pass


def test_a_series_is_one_press_and_a_second_press_is_refused_meanwhile(
    run_view: Run, home: Workspace
) -> None:
    home.jobs.submit("count", {"to": 20_000, "seconds": 0.1})
    app = run_view("what_if", probe=ASKED, n_random="0")
    app.session_state["what_if_sizes"] = True  # unfolds them
    app.run()
    app.button("what_if_measure_all").click().run()
    assert not app.exception
    (place,) = app.session_state["clif_places"]
    assert place.n_places == 2 and len(place.jobs) >= 2
    ask(app, "police", "people")
    app.button("what_if_retrain").click().run()
    assert "No other was started" in html_of(app)
    for job in home.jobs.all():
        home.jobs.cancel(job.key)
