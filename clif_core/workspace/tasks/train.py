"""The job that trains a model on a text of the workspace (kind ``train``)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from clif_core.progress import Progress
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus_files import load_corpus
from clif_core.workspace.names import text_path
from clif_core.workspace.tasks.work import training_work
from clif_core.workspace.workspace import Workspace

__all__ = ["work_train"]


def work_train(request: Mapping[str, Any], folder: Path, progress: Progress) -> Mapping[str, Any]:
    """Train a model and save it as one of the user's own.

    Request: ``home``, ``corpus_hash``, ``settings`` and the model's ``name``.
    """
    workspace = Workspace(Path(request["home"]))
    corpus = load_corpus(text_path(workspace.home, request["corpus_hash"]))
    settings = TrainingSettings.from_dict(request["settings"])
    started = time.perf_counter()
    model = replace(workspace.train(corpus, settings, progress), name=request["name"])
    work = training_work(model.vocabulary.counts, settings)
    workspace.rates.note(work, time.perf_counter() - started)
    card = {"title": request["name"], "corpus": corpus.card}
    workspace.keep_model(Bundle(model, card, None, None), corpus)
    return {"model": model.name}
