"""The What if view: nothing asked, predictions at once, a measurement by a job, refusals."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from clif_core.formats.bundle import Bundle
from clif_core.pipeline import Workspace
from clif_core.probes import Weat
from dashboard import services

RunView = Callable[..., AppTest]
PROBE = Weat(
    "lee",
    ("he", "his", "him", "man"),
    ("she", "her", "women", "woman"),
    ("government", "minister", "police", "force"),
    ("people", "family", "children", "home"),
    "men",
    "women",
    "power",
    "home",
)
URL = json.dumps(PROBE.to_dict())


def html_of(app: AppTest) -> str:
    return " ".join(str(element.proto.body) for element in app.get("html"))


def selected(app: AppTest) -> Any:
    return app.session_state["clif_selection"]


def test_without_a_probe_it_offers_one(run_view: RunView) -> None:
    app = run_view("what_if")
    assert not app.exception
    assert "No question yet" in html_of(app)
    app.button("what_if_try").click().run()
    assert selected(app).probe is not None


def test_predictions_stand_there_at_once(run_view: RunView) -> None:
    app = run_view("what_if", probe=URL, removal_size="30")
    page = html_of(app)
    assert "What if the 30 sentences that raise the bias most had not been there?" in page
    assert "Predicted: the bias goes from" in page
    assert page.count("clif-figure clif-predicted") == 2
    assert "clif-measured" not in page
    assert page.count("clif-removed") == 30
    assert len(app.get("plotly_chart")) == 2
    app.button_group("what_if_side").set_value("raises").run()
    assert selected(app).removal_side == "raises"
    assert "the 30 sentences that lower the bias most" in html_of(app)
    app.button_group("what_if_removal").set_value("documents").run()
    assert "the 30 documents that lower the bias most" in html_of(app)


def test_what_is_open_can_be_taken_away_and_what_is_not_is_asked_for(run_view: RunView) -> None:
    app = run_view("what_if", probe=URL, removal="document", document="4")
    assert "What if “" in html_of(app)
    assert len(app.get("plotly_chart")) == 1  # no course of one document
    for query in ({"removal": "sentence"}, {"removal": "document", "document": "99999"}):
        app = run_view("what_if", probe=URL, **query)
        assert not app.exception
        assert "Open a document in the Influence view first" in html_of(app)
    app = run_view("what_if", probe=URL, removal="group")
    assert "Pick the group to take away" in html_of(app)


def test_influence_hands_over_the_open_document(
    run_view: RunView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.components.navigation.has_view", lambda name: True)
    app = run_view("influence", probe=URL, document="4")
    app.button("influence_to_what_if").click().run()
    assert selected(app).removal == "document"


def test_retraining_is_a_job_and_its_result_comes_back_after_a_reload(
    run_view: RunView, home: Workspace
) -> None:
    app = run_view("what_if", probe=URL, removal_size="30", n_random="0")
    app.button("what_if_retrain").click().run()
    assert not app.exception
    (job,) = home.jobs.all()
    home.jobs.wait(job.key, timeout=60)
    app = run_view("what_if", probe=URL, removal_size="30", n_random="0")  # another session
    page = html_of(app)
    assert "Measured: trained again without it, the bias" in page
    assert "clif-figure clif-measured" in page
    assert "seed noise" in page  # this model was trained by gensim
    others = next(f.value for f in app.dataframe if "predicted" in f.value.columns)
    assert "change" in others.columns
    app.button("what_if_keep").click().run()
    kept = selected(app).model
    assert kept.startswith("lee-edited-")
    assert home.open_model(kept).card["history"][0]["method"] == "retrained"


def test_a_running_job_is_shown_again_and_can_be_stopped(
    run_view: RunView, home: Workspace
) -> None:
    query = {"probe": URL, "removal_size": "10", "n_random": "10"}
    app = run_view("what_if", **query)
    home.jobs.submit("count", {"to": 600, "seconds": 0.1})  # holds the queue
    app.button("what_if_retrain").click().run()
    again = run_view("what_if", **query)  # a reload
    assert again.get("progress") or "what_if_cancel" in [b.key for b in again.button]
    again.button("what_if_cancel").click().run()
    deadline = time.monotonic() + 30
    mine = [job.key for job in home.jobs.all() if job.kind == "retrain"]
    assert len(mine) == 2
    while any(not home.jobs.status(key).is_finished for key in mine):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    app = run_view("what_if", **query)
    assert "Stopped, as asked" in " ".join(caption.value for caption in app.caption)
    assert "what_if_retrain" in [button.key for button in app.button]
    for job in home.jobs.all():
        home.jobs.cancel(job.key)


def test_a_full_queue_and_a_model_of_unknown_training_are_explained(
    run_view: RunView, home: Workspace
) -> None:
    app = run_view("what_if", probe=URL, removal_size="10")
    services.workspace().jobs.max_waiting = 0
    app.button("what_if_retrain").click().run()
    assert "jobs are waiting or running, at most 0 may" in html_of(app)

    bundle = home.open_model("lee")
    settings = replace(bundle.model.require_settings(), backend="unknown")
    home.keep_model(Bundle(replace(bundle.model, settings=settings), bundle.card), None)
    app = run_view("what_if", probe=URL, removal_size="10")
    assert "A prediction is all there is for this model" in html_of(app)
    assert "what_if_retrain" not in [button.key for button in app.button]


def test_without_the_text_it_says_what_is_missing(run_view: RunView, home: Workspace) -> None:
    shutil.rmtree(home.home / "corpora")
    app = run_view("what_if", probe=URL)
    assert not app.exception
    assert "Not enough to trace" in html_of(app)
