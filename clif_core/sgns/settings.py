"""The settings of a skip-gram training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from typing import Any, Literal

from clif_core.errors import InputError

__all__ = ["BACKENDS", "SMOOTH_START", "Backend", "TrainingSettings"]

Backend = Literal["gensim", "coupled", "batched", "unknown"]
BACKENDS = ("coupled", "batched", "gensim")  # the trainers of ``clif_core.training``
#: A start_range at which a run is nearly linear in its text and its vectors are as good.
SMOOTH_START = 12.0
_LARGEST = 2**53  # of a number in a file of settings
_MOST_NEGATIVES = 1_000  # 5 to 20 are usual; every pair draws so many, and holds them in memory
_LEAST_THRESHOLD = 1e-12  # 1e-5 to 1e-3 are usual; below this no word is left
_CHOICES = {"unit": ("sentence", "document"), "backend": (*BACKENDS, "unknown")}


@dataclass(frozen=True)
class TrainingSettings:
    """How a skip-gram model was trained; the names are those of gensim's documentation.

    ``unit``: what a window may not cross. ``is_window_reduced``: the trainer draws the window size
    uniformly from 1..window at every position (as word2vec and gensim do).
    ``is_subsampled_first``: words dropped by subsampling are removed before windows are set, so
    that windows reach further in the text (as in word2vec and gensim); otherwise distances are
    those of the text. ``start_range``: the initial centre vectors are uniform in
    +-start_range / dim (gensim: 1); a larger range makes a run more nearly linear in the weights of
    its text (docs/decisions/0020). ``max_unit_length``: longer units are cut there, in vocabulary
    words (gensim: 10,000); 0 means never. ``backend``: the trainer, see ``clif_core.training``.

    Raises InputError for a value of another kind, a number out of range, or one that is not finite.
    """

    dim: int = 100
    window: int = 5
    min_count: int = 5
    epochs: int = 10
    n_negatives: int = 5
    noise_exponent: float = 0.75
    subsampling_threshold: float = 1e-3
    learning_rate: float = 0.025
    min_learning_rate: float = 1e-4
    start_range: float = 1.0
    seed: int = 1
    unit: Literal["sentence", "document"] = "sentence"
    is_window_reduced: bool = True
    is_subsampled_first: bool = True
    max_unit_length: int = 10_000
    backend: Backend = "gensim"

    def __post_init__(self) -> None:
        for name, field in self.__dataclass_fields__.items():
            _require_kind(name, getattr(self, name), field.default)
        for name in ("dim", "window", "min_count", "epochs", "n_negatives"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if self.n_negatives > _MOST_NEGATIVES:
            raise InputError(
                f"n_negatives must be at most {_MOST_NEGATIVES:,} (5 to 20 are usual), got"
                f" {self.n_negatives}."
            )
        if self.seed < 0:
            raise InputError(f"seed must be at least 0, got {self.seed}.")
        if self.subsampling_threshold != 0 and not self.subsampling_threshold >= _LEAST_THRESHOLD:
            raise InputError(
                f"subsampling_threshold must be 0 (off) or at least {_LEAST_THRESHOLD:g}, got"
                f" {self.subsampling_threshold}."
            )
        if not 0 < self.start_range < math.inf:
            raise InputError(f"start_range must be positive (gensim: 1), got {self.start_range}.")
        if not 0 < self.min_learning_rate <= self.learning_rate:
            raise InputError(
                "learning rates must satisfy 0 < min_learning_rate <= learning_rate, got"
                f" {self.min_learning_rate} and {self.learning_rate}."
            )

    @property
    def is_repeatable(self) -> bool:
        """Whether a training can be repeated draw by draw without some of its text."""
        return self.backend in ("coupled", "batched")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainingSettings:
        """Raises InputError for an unknown setting or a value of another kind."""
        if not isinstance(values, Mapping):
            raise InputError(f"training settings are names with values, got {values!r:.60}.")
        unknown = sorted(set(values) - set(cls.__dataclass_fields__))
        if unknown:
            raise InputError(
                f"unknown training setting {unknown[0]!r}; known: "
                f"{', '.join(cls.__dataclass_fields__)}."
            )
        return cls(**values)


def _require_kind(name: str, value: Any, default: Any) -> None:
    """Raise InputError where a value has another kind than the default: a number, text, a bool."""
    if isinstance(default, bool):
        is_right, wanted = isinstance(value, bool), "true or false"
    elif isinstance(default, str):
        allowed = _CHOICES[name]
        is_right, wanted = value in allowed, f"one of {', '.join(allowed)}"
    elif isinstance(default, int):
        is_right = isinstance(value, Integral) and not isinstance(value, bool)
        is_right, wanted = is_right and abs(value) <= _LARGEST, "a whole number"
    else:
        is_right = isinstance(value, Real) and not isinstance(value, bool)
        is_right, wanted = is_right and abs(value) <= _LARGEST, "a finite number"
    if not is_right:
        raise InputError(f"the training setting {name!r} must be {wanted}, got {value!r:.60}.")
