"""Adds to an imported model what it came without, for the Model view."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clif_core.sgns.bundle import Bundle
from clif_core.sgns.settings import TrainingSettings
from clif_core.workspace.completing import complete_model
from dashboard.data import services

__all__ = ["complete"]


def complete(
    bundle: Bundle,
    context_path: Path | None,
    settings: TrainingSettings | Mapping[str, Any] | None,
    text: Mapping[str, Any],
) -> Bundle:
    """The completed model, saved in place of the old one; arguments as in ``complete_model``."""
    workspace = services.workspace()
    known = workspace.open_corpus(bundle.model)
    done, corpus = complete_model(bundle, context_path, settings, text, known)
    workspace.keep_model(done, corpus)
    return done
