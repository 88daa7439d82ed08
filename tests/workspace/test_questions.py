"""The text or the model: which estimator answers, and an ensemble that grows run by run."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core.errors import InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.gathering import RunText
from clif_core.probes import Similarity
from clif_core.probes.base import ResolvedProbe
from clif_core.workspace.jobs import JobCancelled
from clif_core.workspace.results import best_at_hand, check_question, question_of
from clif_core.workspace.tasks.derivative import work_derivative

QUESTION, OTHER = Similarity("police", "court"), Similarity("australia", "test")


@pytest.fixture
def probe(engine: InfluenceEngine) -> ResolvedProbe:
    return QUESTION.resolve(engine.model.vocabulary)


# --- which estimator answers


@pytest.mark.parametrize(
    ("at_hand", "question", "expected"),
    [
        ((), "text", "block"),
        ((), "model", "block"),
        ((), None, "block"),
        (("unrolled",), "text", "block"),  # for another training the quick estimate is better
        (("unrolled",), "model", "unrolled"),
        (("unrolled",), None, "unrolled"),
        (("unrolled", "ensemble"), "text", "ensemble"),
        (("unrolled", "ensemble"), "model", "unrolled"),
        (("unrolled", "ensemble"), None, "ensemble"),
        (("ensemble",), "model", "block"),  # which is of this model
    ],
)
def test_the_best_at_hand_depends_on_what_is_asked(at_hand, question, expected):
    assert best_at_hand((), at_hand.__contains__, question) == expected


def test_questions_are_two_and_estimators_answer_one_of_them():
    assert (check_question("text"), check_question("model"), check_question(None)) == (
        "text", "model", None,
    )  # fmt: skip
    with pytest.raises(InputError, match="unknown question 'corpus'; a question is text or model"):
        check_question("corpus")
    answered = {n: question_of(n) for n in ("ensemble", "twins", "unrolled", "block")}
    assert answered == {"ensemble": "text", "twins": "text", "unrolled": "model", "block": "model"}


def test_an_estimator_of_the_other_question_is_refused(workspace, engine, probe):
    def choose(estimator=None, question=None, n_runs=None):
        return workspace.results.choose(engine, probe, estimator, None, question, n_runs)

    assert choose(n_runs=8) == choose(question="text", n_runs=8) == "ensemble"
    assert choose("block", "text") == choose("block", "model") == "block"
    with pytest.raises(InputError, match="'unrolled' answers for the model, not for the text"):
        choose("unrolled", "text")
    for asked in ({"estimator": "ensemble"}, {"n_runs": 8}):
        with pytest.raises(InputError, match=r"for the text, not for the model.* 'unrolled'"):
            choose(question="model", **asked)
    with pytest.raises(InputError, match="'block' has no number of runs"):
        workspace.results.influence(engine, probe, "block", n_runs=8)


# --- an ensemble that grows


def test_a_job_that_was_stopped_leaves_its_runs_and_more_are_added(
    workspace, engine, probe, tmp_path
):
    request = workspace._derivative_request(engine.model, [QUESTION], "ensemble", 5)
    assert request["n_runs"] == 5
    told = []

    def stop(fraction: float, message: str) -> None:
        told.append(message)
        if message.startswith("training 4 of 5"):
            raise JobCancelled("stopped")

    with pytest.raises(JobCancelled):
        work_derivative(request, tmp_path, stop)
    assert workspace.results.n_runs_at_hand(engine, probe) == 3
    found = workspace.results.ensemble_at_hand(engine, probe)
    assert found is not None and found.runs is not None
    assert found.runs.n_runs == 3
    assert work_derivative(request, tmp_path, lambda *_: None)["n_computed"] == 2
    more = request | {"n_runs": 6}
    assert work_derivative(more, tmp_path, lambda *_: None) == {"n_probes": 1, "n_computed": 1}
    grown = workspace.results.ensemble_at_hand(engine, probe)
    assert grown is not None and grown.runs is not None
    np.testing.assert_array_equal(grown.runs.by_run[:3], found.runs.by_run)
    assert grown.solution.note.startswith("mean over 6 trainings")


def test_probes_of_one_job_share_their_runs(workspace, engine, probe):
    key = workspace.submit_derivative(engine.model, [QUESTION, OTHER], "ensemble", 2)
    assert workspace.jobs.wait(key, timeout=300) == {"n_probes": 2, "n_computed": 2}
    other = OTHER.resolve(engine.model.vocabulary)
    assert [workspace.results.n_runs_at_hand(engine, asked) for asked in (probe, other)] == [2, 2]
    status = workspace.find_derivative(engine.model, [QUESTION, OTHER], "ensemble", 2)
    assert status is not None and status.state == "done"
    assert workspace.find_derivative(engine.model, [QUESTION, OTHER], "ensemble", 3) is None


def test_asked_for_an_ensemble_it_computes_what_is_missing_and_no_more(
    workspace, engine, probe, monkeypatch
):
    real, seeds = RunText.differentiate, []

    def counted(self, settings, *rest):
        seeds.append(settings.seed)
        return real(self, settings, *rest)

    monkeypatch.setattr(RunText, "differentiate", counted)
    assert workspace.results.influence(engine, probe, "ensemble", n_runs=4).runs.n_runs == 4
    assert seeds == list(range(1_000_003, 1_000_007))
    assert workspace.results.influence(engine, probe, "ensemble", n_runs=2).runs.n_runs == 4
    assert workspace.results.influence(engine, probe, "ensemble").runs.n_runs == 4  # enough
    assert len(seeds) == 4
    assert workspace.results.influence(engine, probe, "ensemble", n_runs=5).runs.n_runs == 5
    assert len(seeds) == 5
    report = workspace.report("lee", QUESTION)
    assert report.content["attribution"]["estimator"] == "ensemble"
    assert len(seeds) == 5
