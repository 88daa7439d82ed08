"""Fine-tuning on chosen text: the sweep over N texts and K passes, and the job that runs it.

The job is found again by its question, as in ``retraining``.
"""

from __future__ import annotations

from clif_core.errors import InputError
from clif_core.probes import Probe
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.tasks import fine_tune, fine_tuned
from clif_core.workspace.tasks.fine_tune import FineTuneQuestion
from dashboard.data import edits, models
from dashboard.data.places import take_place
from dashboard.selection import FINE_TUNE_PASSES, FINE_TUNE_TOPS, Selection

__all__ = ["cancel", "question", "save_fine_tuned", "status", "submit", "why_not_fine_tuned"]


def question(model: SkipGram, probe: Probe, selection: Selection) -> FineTuneQuestion:
    """The sweep of one direction of fine-tuning over all N and K."""
    others = edits.other_probes(model, probe)
    return FineTuneQuestion(
        probe, others, (selection.fine_tune_mode,), FINE_TUNE_TOPS, FINE_TUNE_PASSES
    )


def why_not_fine_tuned(model: SkipGram) -> str:
    """Why a model cannot be fine-tuned, in words; empty where it can."""
    if model.context_vectors is not None and model.is_repeatable:
        return ""
    return (
        f"Model {model.name!r} was not trained by the coupled trainer on a text that is here, so "
        "its training cannot be continued. Train another on the same text with 'clif train'."
    )


def submit(model: SkipGram, asked: FineTuneQuestion) -> None:
    """Submit the sweep; the same question again joins the same job."""
    with take_place() as place:
        place.jobs.append(fine_tune.submit_fine_tuning(models.workspace(), model, asked))


def status(model: SkipGram, asked: FineTuneQuestion) -> JobStatus | None:
    """The state of the sweep; None where it was never submitted."""
    return fine_tune.find_fine_tuning(models.workspace(), model, asked)


def cancel(model: SkipGram, asked: FineTuneQuestion) -> None:
    """Stop it at its next step."""
    found = status(model, asked)
    if found is not None:
        models.workspace().jobs.cancel(found.key)


def save_fine_tuned(model_name: str, probe: Probe, mode: str, top: int, passes: int) -> str:
    """Save the model fine-tuned with N = ``top``, K = ``passes`` as the user's own; its name."""
    if not model_name:
        raise InputError("No model is selected, so none can be saved. Pick one under Start.")
    workspace = models.workspace()
    return fine_tuned.keep_fine_tuned(workspace, model_name, probe, mode, top, passes).model.name
