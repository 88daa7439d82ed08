"""The What if view: nothing asked, predictions at once, a measurement by a job, refusals."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from seen import ASKED, PROBE, html_of, selected, unfold
from streamlit.testing.v1 import AppTest

from clif_core import phrases
from clif_core.probes import ClusterMembership, Probe, from_dict
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace
from dashboard.data import models

RunView = Callable[..., AppTest]


def test_without_a_probe_it_offers_one(run_view: RunView) -> None:
    app = run_view("what_if")
    assert not app.exception
    assert "No question yet" in html_of(app)
    app.button("what_if_try").click().run()
    assert selected(app).probe is not None


def test_predictions_stand_there_at_once(run_view: RunView) -> None:
    app = run_view("what_if", probe=ASKED, removal_size="30")
    page = html_of(app)
    assert "What if the 30 sentences that raise the bias most had not been there?" in page
    assert "Predicted: the bias goes from" in page
    assert page.count("clif-ba-row clif-ba-predicted") == 1  # solved again
    assert "Quick, added up" in page and "Quick, vectors moved" in page  # folded
    assert "Predicted change" in page and "Measured change" not in page
    assert "clif-ba-measured" not in page
    assert page.count("clif-removed") == 30
    assert not app.get("plotly_chart")
    assert "With more or less text" in [fold.label for fold in app.expander]
    app.button_group("what_if_side").set_value("raises").run()
    assert selected(app).removal_side == "raises"
    assert "the 30 sentences that lower the bias most" in html_of(app)
    app.button_group("what_if_removal").set_value("documents").run()
    assert "the 30 documents that lower the bias most" in html_of(app)


@pytest.mark.parametrize(
    ("probe", "sides"),
    [
        (PROBE, ["lowers", "raises"]),
        (
            replace(PROBE, targets_x=PROBE.targets_y, targets_y=PROBE.targets_x),
            ["raises", "lowers"],
        ),
        (ClusterMembership("police", ("court", "officers"), ("people",)), ["raises", "lowers"]),
    ],
)
def test_a_link_without_a_side_opens_on_that_which_influence_shows_first(
    run_view: RunView, probe: Probe, sides: list[str]
) -> None:
    query = {"probe": json.dumps(probe.to_dict()), "removal_size": "10"}
    app = run_view("what_if", **query)
    choice = app.button_group("what_if_side")
    first = choice.options[0]
    assert choice.value == sides[0]
    headings = re.findall(
        r"</span> (Text that [^<]+)</h2>", html_of(run_view("influence", **query))
    )
    assert headings[0] == str(getattr(first, "content", first))
    other = run_view("what_if", removal_side=sides[1], **query)
    assert other.button_group("what_if_side").value == sides[1]


def test_where_a_probe_word_loses_much_of_its_text_it_warns_before_a_press(
    run_view: RunView,
) -> None:
    few = run_view("what_if", probe=ASKED, removal="sentence", sentence="4")
    assert not any("for small edits" in caption.value for caption in few.caption)
    many = run_view("what_if", probe=ASKED, removal_size="300", removal="documents")
    (warning,) = [c.value for c in many.caption if "for small edits" in c.value]
    assert re.search(r"takes \d+ of the \d+ occurrences", warning.replace("\\", ""))


def test_what_is_open_can_be_taken_away_and_what_is_not_is_asked_for(run_view: RunView) -> None:
    app = run_view("what_if", probe=ASKED, removal="document", document="4")
    assert "What if “" in html_of(app)
    assert "With more or less text" not in [fold.label for fold in app.expander]
    for query in ({"removal": "sentence"}, {"removal": "document", "document": "99999"}):
        app = run_view("what_if", probe=ASKED, **query)
        assert not app.exception
        assert "Open a document in the Influence view first" in html_of(app)
    app = run_view("what_if", probe=ASKED, removal="group")
    assert "Pick the group to take away" in html_of(app)


def test_influence_hands_over_the_open_document(
    run_view: RunView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.widgets.navigation.has_view", lambda name: True)
    app = run_view("influence", probe=ASKED, document="4")
    app.button("influence_to_what_if").click().run()
    assert selected(app).removal == "document"


def test_retraining_is_a_job_and_its_result_comes_back_after_a_reload(
    run_view: RunView, home: Workspace
) -> None:
    app = run_view("what_if", probe=ASKED, removal_size="30", n_random="0", n_seeds="1")
    app.button("what_if_retrain").click().run()
    assert not app.exception
    (job,) = home.jobs.all()
    home.jobs.wait(job.key, timeout=300)
    app = run_view(
        "what_if", probe=ASKED, removal_size="30", n_random="0", n_seeds="1"
    )  # another session
    page = html_of(app)
    assert "Measured: trained again without it, the bias" in page
    assert "clif-ba-measured" in page
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
    query = {"probe": ASKED, "removal_size": "10", "n_random": "10", "n_seeds": "1"}
    app = run_view("what_if", **query)
    home.jobs.submit("count", {"to": 20_000, "seconds": 0.1})  # holds the queue
    app.button("what_if_retrain").click().run()
    again = run_view("what_if", **query)  # a reload
    assert again.get("progress") or "what_if_cancel" in [b.key for b in again.button]
    again.button("what_if_cancel").click().run()
    deadline = time.monotonic() + 300
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
    app = run_view("what_if", probe=ASKED, removal_size="10")
    models.workspace().jobs.max_waiting = 0
    app.button("what_if_retrain").click().run()
    assert "jobs are waiting or running, at most 0 may" in html_of(app)

    bundle = home.open_model("lee")
    settings = replace(bundle.model.require_settings(), backend="unknown")
    home.keep_model(Bundle(replace(bundle.model, settings=settings), bundle.card), None)
    app = run_view("what_if", probe=ASKED, removal_size="10")
    assert "A prediction is all there is for this model" in html_of(app)
    assert "what_if_retrain" not in [button.key for button in app.button]


def test_without_the_text_it_says_what_is_missing(run_view: RunView, home: Workspace) -> None:
    shutil.rmtree(home.home / "corpora")
    app = run_view("what_if", probe=ASKED)
    assert not app.exception
    assert "Not enough to trace" in html_of(app)


def test_weights_change_the_question_and_scale_the_prediction(run_view: RunView) -> None:
    def predicted(weight: str) -> float:
        app = run_view("what_if", probe=ASKED, removal_size="30", removal_weight=weight)
        found = re.search(r"Quick, added up</th><td[^>]*>([^<]+)<", html_of(app))
        assert found is not None
        return float(found.group(1).replace("−", "-"))

    gone, half, twice = predicted("0.0"), predicted("0.5"), predicted("2.0")
    assert gone < 0 < twice
    assert half == pytest.approx(gone / 2, abs=2e-3)
    assert twice == pytest.approx(-gone, abs=2e-3)
    app = run_view("what_if", probe=ASKED, removal_size="30", removal_weight="2.0")
    assert "had counted twice?" in html_of(app)
    assert "gensim, which can leave text out but not weigh it" in html_of(app)  # says what to do


def test_ticked_texts_are_edited_together_and_stay_in_the_link(run_view: RunView) -> None:
    app = run_view("what_if", probe=ASKED, removal="ticked")
    assert "Tick the texts in the table" in " ".join(c.value for c in app.caption)
    table = next(frame for frame in app.dataframe if "effect" in frame.value.columns)
    assert len(table.value) == 100
    assert table.value["effect"].is_monotonic_increasing  # the strongest first
    app = run_view("what_if", probe=ASKED, removal="ticked", ticked="5,9")
    assert "What if 2 ticked sentences had not been there?" in html_of(app)
    assert "Predicted: the bias goes from" in html_of(app)
    link = app.query_params["ticked"]
    again = run_view(
        "what_if",
        probe=ASKED,
        removal="ticked",
        ticked=link[0] if isinstance(link, list) else link,
        ticked_documents="3",
    )
    assert "2 ticked sentences and one ticked document" in html_of(again)
    again.button("what_if_untick").click().run()
    assert selected(again).ticked == selected(again).ticked_documents == ()


def test_sentences_are_ticked_beside_their_cards(
    run_view: RunView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.widgets.navigation.has_view", lambda name: True)
    app = run_view("influence", probe=ASKED)
    boxes = [box for box in app.checkbox if box.key.startswith("tick_")]
    boxes[0].check().run()
    boxes[1].check().run()
    assert len(selected(app).ticked) == 2
    app.button("influence_to_what_if").click().run()
    assert selected(app).removal == "ticked"


def test_a_link_that_ticks_what_is_not_there_is_no_error(run_view: RunView) -> None:
    app = run_view("what_if", probe=ASKED, removal="ticked", ticked="999999", ticked_documents="x")
    assert not app.exception
    assert "Tick the texts in the table" in " ".join(c.value for c in app.caption)


@pytest.fixture
def coupled(home: Workspace, lee_model: SkipGram, lee_corpus: Corpus) -> Workspace:
    """The same home with a model whose training can be repeated draw by draw."""
    home.keep_model(Bundle(lee_model, {"title": "Lee, coupled"}), lee_corpus)
    return home


def test_a_coupled_retraining_shows_where_words_went(run_view: RunView, coupled: Workspace) -> None:
    query = {
        "probe": ASKED,
        "removal_size": "30",
        "n_random": "0",
        "n_seeds": "1",
        "removal_weight": "2.0",
    }
    app = run_view("what_if", **query)
    app.button("what_if_retrain").click().run()
    (job,) = coupled.jobs.all()
    coupled.jobs.wait(job.key, timeout=300)
    app = run_view("what_if", **query)
    page = html_of(app)
    assert "Measured: trained again with it counted twice, the bias rises" in page
    assert "Where words went" in page
    moved = unfold(app, "what_if_movement_words")
    assert moved["shift"].is_monotonic_decreasing
    assert moved["shift"].iloc[0] > 0
    assert any("compared as they are" in caption.value for caption in app.caption)


def test_fine_tuning_is_a_job_and_its_outcome_can_be_saved(
    run_view: RunView, coupled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.data.fine_tuning.FINE_TUNE_TOPS", (5, 10))
    monkeypatch.setattr("dashboard.data.fine_tuning.FINE_TUNE_PASSES", (5, 10))
    query = {"probe": ASKED, "what_if": "mend", "mend_mode": "undo"}
    app = run_view("what_if", **query)
    assert "What if the trained model were fine-tuned?" in html_of(app)
    app.button("fine_tune_begin").click().run()
    (job,) = coupled.jobs.all()
    coupled.jobs.wait(job.key, timeout=300)
    app = run_view("what_if", **query)
    assert not app.exception
    page = html_of(app)
    assert "Fine-tuned: the bias falls from" in page
    sweep = unfold(app, "fine_tune_sweep")
    assert len(sweep) == 4
    app.button("fine_tune_keep").click().run()
    kept = coupled.open_model(selected(app).model)
    assert kept.card["history"][-1]["method"] == "repaired"


def test_a_model_of_another_trainer_cannot_be_fine_tuned(run_view: RunView) -> None:
    app = run_view("what_if", probe=ASKED, what_if="mend")
    assert "This model cannot be fine-tuned" in html_of(app)
    assert "fine_tune_begin" not in [button.key for button in app.button]


def test_the_report_tells_what_was_trained_again(run_view: RunView, home: Workspace) -> None:
    assert "No text was edited" in html_of(run_view("report", probe=ASKED))
    app = run_view("what_if", probe=ASKED, removal_size="10", n_random="0", n_seeds="1")
    app.button("what_if_retrain").click().run()
    (job,) = home.jobs.all()
    home.jobs.wait(job.key, timeout=300)
    page = html_of(run_view("report", probe=ASKED))
    assert "10 sentences removed" in page
    assert "hold seed noise" in page


def test_an_edit_is_measured_under_three_seeds_and_shows_an_interval(
    run_view: RunView, coupled: Workspace
) -> None:
    """The model's own seed answers first; what an earlier release measured is that answer."""
    query = {"probe": ASKED, "removal_size": "30", "n_random": "0"}
    app = run_view("what_if", **query)
    app.button("what_if_retrain").click().run()
    first, further = sorted(coupled.jobs.all(), key=lambda job: len(seeds_of(coupled, job.key)))
    assert (seeds_of(coupled, first.key), seeds_of(coupled, further.key)) == ([], [2, 3])
    coupled.jobs.wait(further.key, timeout=300)
    page = html_of(run_view("what_if", **query)).replace("\u00a0", " ")
    runs = coupled.jobs.status(further.key).result["runs"]
    key = next(iter(runs[0]["before"]))
    changes = [run["after"][key] - run["before"][key] for run in runs]
    before = np.mean([run["before"][key] for run in runs])
    half = 4.302652730 * np.std(changes, ddof=1) / 3**0.5  # Student's t, two degrees of freedom
    mean = np.mean(changes)
    ends = before + mean - half, before + mean + half
    _, *told = phrases.together(float(before), *ends)
    assert "mean of 3 trainings, this one included; 95 % interval {} to {}".format(*told) in page
    low, high = phrases.together(mean - half, mean + half)
    report = html_of(run_view("report", probe=ASKED)).replace("\u00a0", " ")
    assert f"95 % interval {low} to {high}, 3 trainings)" in report
    assert report.count("<td>30 sentences removed") == 1


def test_more_seeds_are_offered_where_one_was_measured(
    run_view: RunView, coupled: Workspace
) -> None:
    query = {"probe": ASKED, "removal_size": "30", "n_random": "0"}
    app = run_view("what_if", n_seeds="1", **query)
    app.button("what_if_retrain").click().run()
    (job,) = coupled.jobs.all()
    coupled.jobs.wait(job.key, timeout=300)
    app = run_view("what_if", **query)
    assert "Measured: trained again without it" in html_of(app)
    assert app.button("what_if_retrain").label == "Measure it in 3 trainings"


def seeds_of(workspace: Workspace, key: str) -> list[int]:
    return list(workspace.jobs.request(key)["seeds"])


def test_an_ensemble_at_hand_predicts_with_an_interval(
    run_view: RunView, coupled: Workspace, lee_corpus: Corpus
) -> None:
    query = {"probe": ASKED, "removal_size": "30", "n_random": "0"}
    assert "Predicted for this text" not in html_of(run_view("what_if", **query))
    engine = coupled.open_engine(coupled.open_model("lee").model, lee_corpus)
    probe = from_dict(json.loads(ASKED))
    resolved = probe.resolve(engine.model.vocabulary)
    runs = coupled.results.influence(engine, resolved, "ensemble", n_runs=4).runs
    assert runs is not None
    page = html_of(run_view("what_if", **query)).replace("\u00a0", " ")
    assert re.search(r"mean of 4 trainings of this text; 95 % interval .?\d\.\d+ to", page)
    # Its change is one of their own mean value, not of this model's.
    start = phrases.together(float(runs.values.mean()))[0]
    # A mean over trainings, and no promise for each of them.
    said = f"Predicted on average over trainings of this text: the bias goes from {start} to"
    assert said in page
    assert start != phrases.together(resolved.value(engine.model.centre_vectors))[0]
