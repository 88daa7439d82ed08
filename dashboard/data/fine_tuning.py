"""What the What if view asks of mending: a trained model corrected by a few more steps.

A neighbour of ``retraining``: the sweep over N and K is a job, found again by its question.
"""

from __future__ import annotations

from clif_core.errors import InputError
from clif_core.probes import Probe
from clif_core.sgns.model import SkipGram
from clif_core.workspace import tasks
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.tasks import FineTuneQuestion
from dashboard.data import edits, services
from dashboard.state import MEND_PASSES, MEND_TOPS, Selection

__all__ = ["cancel", "keep", "question", "status", "submit", "why_not_mended"]


def question(model: SkipGram, probe: Probe, selection: Selection) -> FineTuneQuestion:
    """The sweep of one way of mending over all N and K."""
    others = edits.other_probes(model, probe)
    return FineTuneQuestion(probe, others, (selection.mend_mode,), MEND_TOPS, MEND_PASSES)


def why_not_mended(model: SkipGram) -> str:
    """Why a model cannot be mended by further steps, in words; empty where it can."""
    if model.context_vectors is not None and model.is_repeatable:
        return ""
    return (
        f"Model {model.name!r} was not trained by the coupled trainer on a text that is here, so "
        "its training cannot be taken further. Train a twin on the same text with 'clif train'."
    )


def submit(model: SkipGram, asked: FineTuneQuestion) -> None:
    """Begin the sweep; the same question twice is the same work."""
    tasks.submit_fine_tuning(services.workspace(), model, asked)


def status(model: SkipGram, asked: FineTuneQuestion) -> JobStatus | None:
    """What became of a sweep, if it was ever asked for."""
    return tasks.find_fine_tuning(services.workspace(), model, asked)


def cancel(model: SkipGram, asked: FineTuneQuestion) -> None:
    """Stop it at its next step."""
    found = status(model, asked)
    if found is not None:
        services.workspace().jobs.cancel(found.key)


def keep(model_name: str, probe: Probe, mode: str, top: int, passes: int) -> str:
    """Keep the model mended with N = ``top``, K = ``passes`` as one of the user's own; its name."""
    if not model_name:
        raise InputError("there is no model to keep.")
    workspace = services.workspace()
    return tasks.keep_fine_tuned(workspace, model_name, probe, mode, top, passes).model.name
