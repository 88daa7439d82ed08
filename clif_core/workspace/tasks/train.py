"""The job that trains a model on a text of the workspace (kind ``train``)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from clif_core.memory import require_memory
from clif_core.progress import Progress
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.settings import SMOOTH_START, TrainingSettings
from clif_core.text.corpus_files import load_corpus
from clif_core.training import fastest_backend
from clif_core.workspace.names import check_model_name, text_path
from clif_core.workspace.workspace import Workspace

__all__ = ["TRAIN", "submit_training", "work_train"]

TRAIN = "train"  # the kind of job, as it is stored


def submit_training(
    workspace: Workspace,
    corpus_hash: str,
    settings: Mapping[str, Any],
    name: str,
    title: str = "",
    licence: str = "",
) -> str:
    """Train a model on a text of the workspace and save it under ``name``; the key of the job.

    ``settings`` as in ``TrainingSettings``; those left out are as of ``clif train``. Raises
    InputError for a name that cannot name a model, JobError where too many jobs are waiting.
    """
    request = {
        "home": str(workspace.home),
        "max_bytes": workspace.max_bytes,
        "corpus_hash": corpus_hash,
        "settings": dict(settings),
        "name": check_model_name(name),
        "title": title,
        "licence": licence,
    }
    return workspace.jobs.submit(TRAIN, request, is_done_again=True)


def work_train(request: Mapping[str, Any], folder: Path, progress: Progress) -> Mapping[str, Any]:
    """Train a model and save it as one of the user's own.

    Request: ``home``, ``corpus_hash``, ``settings`` and the model's ``name``; it may have a
    ``title``, a ``licence`` and the ``max_bytes`` of the home.
    """
    # Here, since the page that submits the job does without numba.
    from clif_core.sgns.training_text import build_vocabulary
    from clif_core.workspace.tasks.work import training_memory, training_work

    workspace = Workspace(Path(request["home"]), max_bytes=request.get("max_bytes"))
    corpus = load_corpus(text_path(workspace.home, request["corpus_hash"]))
    left_out = {"backend": fastest_backend(), "start_range": SMOOTH_START}
    settings = TrainingSettings.from_dict({**left_out, **request["settings"]})
    counts = build_vocabulary(corpus, settings.min_count).counts
    needed = training_memory(corpus.n_tokens, len(counts), settings.dim)
    require_memory("This training", needed, "Ask for fewer dimensions, or give a part of the text.")
    started = time.perf_counter()
    model = replace(workspace.train(corpus, settings, progress), name=request["name"])
    workspace.rates.note(training_work(counts, settings), time.perf_counter() - started)
    card = {
        "title": request.get("title") or request["name"],
        "licence": request.get("licence", ""),
        "corpus": corpus.card,
    }
    workspace.keep_model(Bundle(model, card, None, None), corpus)
    return {"model": model.name}
