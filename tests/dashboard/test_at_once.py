"""An exact answer that takes seconds is computed without being asked for; a link starts nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from seen import ASKED, html_of, selected
from streamlit.testing.v1 import AppTest

from clif_core.influence.estimators import N_RUNS
from clif_core.probes import Similarity
from clif_core.workspace.rates import Work, start_of_job
from clif_core.workspace.tasks.work import derivative_work
from clif_core.workspace.workspace import Workspace

Run = Callable[..., AppTest]


def note(home: Workspace, seconds: float) -> None:
    """As if a derivative of this model had taken so long here."""
    model = home.open_model("lee").model
    home.rates.note(start_of_job(), 0.1)
    home.rates.note(derivative_work(model, "ensemble"), seconds)


def choose_probe(app: AppTest, *words: str) -> None:
    """As a visitor does."""
    selection = replace(selected(app), probe=Similarity(*words).to_dict())
    app.session_state["clif_selection"] = selection
    app.session_state["clif_from_link"] = frozenset()
    app.run()
    assert not app.exception


@pytest.fixture
def hold_queue(home: Workspace) -> str:
    """A job that keeps others waiting, so that they are there to be looked at."""
    return home.jobs.submit("count", {"to": 20_000, "seconds": 0.1})


def walks(home: Workspace) -> list[str]:
    return [job.key for job in home.jobs.all() if job.kind == "walk"]


def stop(home: Workspace) -> None:
    for job in home.jobs.all():
        home.jobs.cancel(job.key)


@pytest.mark.usefixtures("hold_queue")
@pytest.mark.parametrize("view", ["influence", "what_if"])
def test_an_exact_answer_of_seconds_begins_by_itself(
    run_view: Run, home: Workspace, view: str
) -> None:
    note(home, 2.0)
    app = run_view(view)
    choose_probe(app, "police", "people")
    (key,) = walks(home)
    keys = [button.key for button in app.button]
    assert ("influence_cancel" in keys) or ("what_if_derivative_cancel" in keys)
    app.run()
    assert walks(home) == [key]
    home.jobs.cancel(key)
    stop(home)


@pytest.mark.parametrize("view", ["influence", "what_if"])
def test_one_that_takes_longer_is_offered_with_its_time(
    run_view: Run, home: Workspace, view: str
) -> None:
    note(home, 50.0)
    app = run_view(view)
    choose_probe(app, "police", "people")
    assert walks(home) == []
    name = "influence_runs" if view == "influence" else "what_if_derivative"
    assert "about 50\u00a0s on this machine" in app.button(key=name).help


@pytest.mark.parametrize("view", ["influence", "what_if"])
def test_a_link_to_a_probe_is_shown_the_offer(run_view: Run, home: Workspace, view: str) -> None:
    note(home, 2.0)
    app = run_view(view, probe=ASKED)
    assert not app.exception
    assert walks(home) == []
    name = "influence_runs" if view == "influence" else "what_if_derivative"
    assert app.button(key=name)


def test_a_guess_begins_nothing(
    run_view: Run, home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clif_core.workspace.tasks.work._GUESS_DERIVATIVE", 1e15)
    monkeypatch.setattr("dashboard.data.background.measure_machine", lambda *_: None)
    app = run_view("influence")
    choose_probe(app, "police", "people")
    assert walks(home) == []
    assert "a guess" in app.button(key="influence_runs").help


@pytest.mark.usefixtures("hold_queue")
def test_one_that_was_stopped_is_not_begun_again(run_view: Run, home: Workspace) -> None:
    note(home, 2.0)
    app = run_view("influence")
    choose_probe(app, "police", "people")
    (key,) = walks(home)
    home.jobs.cancel(key)
    with pytest.raises(Exception, match="Cancelled"):
        home.jobs.wait(key, 300)
    app.run()
    assert walks(home) == [key]
    assert app.button(key="influence_runs")
    stop(home)


@pytest.mark.usefixtures("hold_queue")
def test_a_visitor_with_too_much_unfinished_gets_the_offer_and_no_refusal(
    run_view: Run, home: Workspace
) -> None:
    note(home, 2.0)
    app = run_view("influence")
    for words in (("police", "people"), ("police", "fire"), ("police", "government")):
        choose_probe(app, *words)
    assert len(walks(home)) == 2
    assert "are unfinished" not in html_of(app)
    assert app.button(key="influence_runs")
    stop(home)


def test_this_machine_is_measured_in_the_background(run_view: Run, home: Workspace) -> None:
    from dashboard.data import background

    app = run_view("influence", probe=json.dumps(Similarity("police", "people").to_dict()))
    assert not app.exception
    background._solves().worker.submit(lambda: None).result(300)
    model = home.open_model("lee").model
    work = derivative_work(model, "ensemble")
    found = home.rates.expect(Work(work.kind, work.place, 1e12, 1.0))
    assert found.is_measured


def test_the_page_shows_the_answer_when_it_is_there(run_view: Run, home: Workspace) -> None:
    note(home, 2.0)
    app = run_view("influence")
    choose_probe(app, "police", "people")
    (key,) = walks(home)
    assert home.jobs.wait(key, 240)["n_computed"] == N_RUNS
    app.run()
    assert not app.exception
    assert "The derivative of other trainings of this text" in html_of(app)
    assert "16" in app.button(key="influence_runs").label  # only more can be asked for
