"""Adds to an imported model what it lacks: its text, context vectors or training settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clif_core.sgns.bundle import Bundle
from clif_core.sgns.settings import TrainingSettings
from clif_core.workspace.completing import complete_model
from dashboard.data import models

__all__ = ["add_missing_parts"]


def add_missing_parts(
    bundle: Bundle,
    context_path: Path | None,
    settings: TrainingSettings | Mapping[str, Any] | None,
    text: Mapping[str, Any],
) -> Bundle:
    """The completed model, saved in place of the old one; arguments as in ``complete_model``."""
    workspace = models.workspace()
    known = workspace.open_corpus(bundle.model)
    completed, corpus = complete_model(bundle, context_path, settings, text, known)
    workspace.keep_model(completed, corpus)
    return completed
