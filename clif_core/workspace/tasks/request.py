"""How the request of a job names its model, and how the job opens that model and its text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clif_core.errors import CapabilityError, InputError
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace

__all__ = ["name_model", "open_named", "open_text"]


def name_model(workspace: Workspace, model: SkipGram) -> dict[str, Any]:
    """The part of a request that says which model it is about."""
    return {
        "home": str(workspace.home),
        "model": model.name,
        "content_hash": model.content_hash,
    }


def open_named(request: Mapping[str, Any]) -> tuple[Workspace, Bundle]:
    """The workspace and the model of a request; InputError where the model has changed since."""
    workspace = Workspace(Path(request["home"]))
    bundle = workspace.open_model(request["model"])
    if bundle.model.content_hash != request["content_hash"]:
        raise InputError(
            f"model {bundle.model.name!r} has changed since this was asked; ask again."
        )
    return workspace, bundle


def open_text(workspace: Workspace, model: SkipGram) -> Corpus:
    """The training text of a model; CapabilityError where it is not in the workspace."""
    corpus = workspace.open_corpus(model)
    if corpus is not None:
        return corpus
    if model.corpus_hash is None:
        raise CapabilityError(
            f"Model {model.name!r} came without its training text; import it again with --corpus."
        )
    raise CapabilityError(
        f"The training text of model {model.name!r} is not here; run 'clif fetch {model.name}' for"
        " a sample model, or 'clif import' with --corpus for your own."
    )
