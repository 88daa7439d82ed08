"""The settings of a training in words, for whoever reads a report; its JSON keeps their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["training_told"]

_TOLD: Mapping[str, str | tuple[str, str]] = {
    "window": "a window of {} words each side",
    "unit": "within a {}",
    "is_window_reduced": ("of a size drawn up to that at each word", "always of that size"),
    "epochs": "{} passes over the text",
    "min_count": "words that occur {} times or more",
    "n_negatives": "{} noise words a pair",
    "noise_exponent": "drawn by count to the power {}",
    "subsampling_threshold": "frequent words thinned out above a share of {}",
    "is_subsampled_first": ("before windows are set", "after windows are set"),
    "learning_rate": "learning rate {}",
    "min_learning_rate": "falling to {}",
    "start_range": "first vectors within ±{} / dimensions",
    "max_unit_length": "texts cut after {} words",
    "seed": "seed {}",
    "backend": "trainer: {}",
}


def training_told(settings: Mapping[str, Any] | None) -> str:
    """``a window of 5 words each side, within a sentence, ...``.

    A setting without words here is told by its name, so that none is left out but the dimensions,
    which stand with the model's size.
    """
    if not settings:
        return "settings unknown"
    rest = [name for name in settings if name not in (*_TOLD, "dim")]
    told = [_one(_TOLD[name], settings[name]) for name in _TOLD if name in settings]
    return ", ".join([*told, *(f"{name} {settings[name]}" for name in rest)])


def _one(wording: str | tuple[str, str], value: Any) -> str:
    if isinstance(wording, tuple):
        return wording[0] if value else wording[1]
    return wording.format(f"{value:,}" if isinstance(value, int) else value)
