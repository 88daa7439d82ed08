"""The job that makes what is missing of the evidence on a probe (kind ``evidence``).

    ensemble of the text -> its strongest sentences -> "retrain" jobs: trained again without them

The retrainings are those that the What if page asks by itself, so it finds them, and a report lists
them. Nobody has to wait beside it: the job submits them when the ensemble is complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clif_core.errors import JobError
from clif_core.influence.estimators import ENSEMBLE, N_RUNS
from clif_core.influence.result import Influence
from clif_core.interventions.retrain import refuse_unrepeatable
from clif_core.probes import from_dict
from clif_core.probes.base import Probe
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.rates import Expected, start_of_job
from clif_core.workspace.tasks.choice import carrying_edit
from clif_core.workspace.tasks.derivative import work_derivative
from clif_core.workspace.tasks.request import name_model, open_named, open_text
from clif_core.workspace.tasks.retrain import (
    RetrainQuestion,
    retrain_question,
    submit_retraining,
)
from clif_core.workspace.tasks.work import derivative_work, training_work
from clif_core.workspace.workspace import Workspace

__all__ = [
    "EVIDENCE",
    "N_RANDOM",
    "N_SEEDS",
    "expect_evidence",
    "find_evidence",
    "proof_question",
    "submit_evidence",
    "work_evidence",
]

EVIDENCE = "evidence"  # the kind of job, as it is stored
N_RANDOM, N_SEEDS = 3, 3  # of the retrainings


def proof_question(model: SkipGram, probe: Probe, influence: Influence) -> RetrainQuestion:
    """Training again without the sentences that carry the probe's value (``carrying_edit``).

    Under three seeds, and without three random sets of the same size.
    """
    return retrain_question(model, probe, carrying_edit(influence), N_RANDOM, N_SEEDS)


def submit_evidence(workspace: Workspace, model: SkipGram, probe: Probe) -> str:
    """Start the job, also where it was done before and its results are gone; returns its key.

    Raises CapabilityError where the model cannot be trained again, JobError where too many jobs
    are waiting.
    """
    refuse_unrepeatable(model)
    return workspace.jobs.submit(EVIDENCE, _request(workspace, model, probe), is_done_again=True)


def find_evidence(workspace: Workspace, model: SkipGram, probe: Probe) -> JobStatus | None:
    """The status of that job; None where it was never submitted."""
    return workspace.jobs.find(EVIDENCE, _request(workspace, model, probe))


def expect_evidence(workspace: Workspace, model: SkipGram, n_missing: int) -> Expected:
    """What the job and the retrainings after it take; ``n_missing``: runs of the ensemble."""
    n_trainings = 2 + N_RANDOM + 2 * (N_SEEDS - 1)
    counts, settings = model.vocabulary.counts, model.require_settings()
    return workspace.rates.expect(
        start_of_job(),
        derivative_work(model, ENSEMBLE, n_runs=n_missing),
        training_work(counts, settings, n_trainings),
    )


def _request(workspace: Workspace, model: SkipGram, probe: Probe) -> dict[str, Any]:
    return name_model(workspace, model) | {"probe": probe.to_dict()}


def work_evidence(
    request: Mapping[str, Any], folder: Path, progress: Progress
) -> Mapping[str, Any]:
    """The work behind ``submit_evidence``: ``n_computed`` runs, and the keys of ``retrainings``."""
    workspace, bundle = open_named(request)
    engine = workspace.open_engine(bundle.model, open_text(workspace, bundle.model))
    resolved = from_dict(request["probe"]).resolve(bundle.model.vocabulary)
    # none where a sample brought them
    n_missing = workspace.results.n_runs_missing(engine, resolved, N_RUNS)
    if n_missing:
        asked = {**request, "estimator": ENSEMBLE, "probes": [request["probe"]], "n_runs": N_RUNS}
        work_derivative(asked, folder, progress)
    influence = workspace.results.ensemble_at_hand(engine, resolved)
    if influence is None:
        raise JobError("The ensemble was removed from the cache while this ran; ask again.")
    question = proof_question(bundle.model, resolved.probe, influence)
    keys = [submit_retraining(workspace, bundle.model, part) for part in question.parts().values()]
    return {"n_computed": n_missing, "retrainings": keys}
