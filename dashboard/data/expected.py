"""What long work will take on this machine: before it is asked for, and while it runs."""

from __future__ import annotations

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import find_estimator
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.rates import Expected, Work, start_of_job
from clif_core.workspace.tasks.fine_tune import FineTuneQuestion, work_of
from clif_core.workspace.tasks.retrain import RetrainQuestion, expect_retraining
from clif_core.workspace.tasks.work import derivative_work, map_work
from dashboard.data import models

__all__ = ["AT_ONCE_SECONDS", "is_at_once", "of_derivative", "of_fine_tuning", "of_map",
           "of_retraining"]  # fmt: skip

AT_ONCE_SECONDS = 5.0  # an exact answer that takes no longer is computed without being asked for


def of_derivative(model: SkipGram, estimator: str, n_runs: int | None = None) -> Expected:
    """The derivative of training runs for one probe; ``n_runs`` as in ``derivative_work``."""
    return _expect(derivative_work(model, estimator, n_runs=n_runs))


def is_at_once(engine: InfluenceEngine, estimator: str) -> bool:
    """Whether a derivative takes a few seconds, as measured on this machine; a guess is no."""
    if not find_estimator(estimator).is_of_runs:
        return False
    expected = of_derivative(engine.model, estimator)
    return expected.is_measured and expected.seconds <= AT_ONCE_SECONDS


def of_retraining(model: SkipGram, asked: RetrainQuestion, n_done: int = 0) -> Expected:
    """The trainings of a question, but for ``n_done`` that are stored."""
    return expect_retraining(models.workspace(), model, asked, n_done)


def of_fine_tuning(model: SkipGram, corpus: Corpus, asked: FineTuneQuestion) -> Expected:
    """The sweep of a question."""
    return _expect(work_of(asked, model, corpus))


def of_map(n_words: int) -> Expected:
    """The map of a model's words."""
    return _expect(map_work(n_words))


def _expect(work: Work) -> Expected:
    return models.workspace().rates.expect(start_of_job(), work)
