"""Which entries of the cache are answers about one model and its text.

An entry does not say which model it is of, its key does: an entry belongs to a model where the key
that is made of what the entry says and of the model's hashes is its own key. So a pack can bring
answers about its own model alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.errors import ClifError
from clif_core.influence.engine import N_NOISE
from clif_core.influence.result import Influence
from clif_core.influence.stored import influence_key_of
from clif_core.influence.stored_runs import run_key
from clif_core.sgns.expected_loss import Noise, noise_distribution
from clif_core.sgns.model import SkipGram
from clif_core.sgns.training_text import build_training_text
from clif_core.storage.json_files import is_number
from clif_core.storage.store import Store
from clif_core.text.corpus import Corpus

__all__ = ["Answers"]

INFLUENCE, RUN = "influence", "seed-run"  # kinds of keys
_WRONG = (ClifError, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers about a model, which has settings, and its text."""

    store: Store
    model: SkipGram
    corpus: Corpus

    def keys(self) -> Iterator[str]:
        """The keys of the whole answers in the store."""
        for key in self.store.keys(INFLUENCE):
            if self._is_influence(key):
                yield key
        for key in self.store.keys(RUN):
            if self._is_run(key):
                yield key

    @cached_property
    def _n_noise(self) -> int:
        settings = self.model.require_settings()
        counts = self.model.vocabulary.counts
        distribution = noise_distribution(counts, settings.noise_exponent)
        return len(Noise.sampled(distribution, N_NOISE).words)

    @cached_property
    def _n_trained(self) -> int:
        """The number of tokens that the model was trained on."""
        settings, words = self.model.require_settings(), self.model.vocabulary
        text = build_training_text(self.corpus, words, settings.unit, settings.max_unit_length)
        return len(text.word_ids)

    def _is_influence(self, key: str) -> bool:
        """Whether a key has an influence on a probe of this model, of the shape of its text."""
        about = self.store.get_json(key)
        try:
            own = influence_key_of(
                self.model.content_hash,
                self.corpus.content_hash,
                about["probe_key"],  # type: ignore[index]  # TypeError where it is None
                about["estimator"],  # type: ignore[index]
                about["damping"],  # type: ignore[index]
                self._n_noise,
            )
            arrays = self.store.get_arrays(key) if own == key else None
            if about is None or arrays is None:
                return False
            found = Influence.from_parts(about, arrays, self.corpus)
            return _is_sound(found, self.corpus)
        except _WRONG:
            return False

    def _is_run(self, key: str) -> bool:
        """Whether a key has a run of a seed ensemble of this model, of the shape of its text."""
        about = self.store.about_arrays(key) or {}
        try:
            own = run_key(self.model, self.corpus.content_hash, about["probe"], about["seed"])
            arrays = self.store.get_arrays(key) if own == key else None
            if arrays is None:
                return False
            arrays["device"].tobytes().decode()
            shapes = {name: array.shape for name, array in arrays.items()}
            device = shapes.pop("device")
            return (
                len(device) == 1
                and shapes
                == {
                    "effects": (self._n_trained,),
                    "sentence_effects": (self.corpus.n_sentences,),
                    "scale_value_seconds": (3,),
                }
                and all(_is_finite(arrays[name]) for name in shapes)
            )
        except _WRONG:
            return False


def _is_sound(found: Influence, corpus: Corpus) -> bool:
    """Whether an influence can be shown beside a text."""
    said, runs = found.solution, found.runs
    numbers = (found.probe_value, found.damping, said.relative_residual, said.seconds)
    is_told = (
        all(map(is_number, numbers))
        and type(said.iterations) is int
        and all(isinstance(text, str) for text in (found.probe_key, said.note, said.device))
        and isinstance(said.converged, bool)
    )
    is_shaped = (
        found.context_effects.shape == (corpus.n_tokens,)
        and found.direction_rows.ndim == 1
        and all(_is_finite(array) for array in (found.context_effects, found.direction))
    )
    if runs is None or not (is_told and is_shaped):
        return is_told and is_shaped
    return (
        runs.by_run.shape == (runs.n_runs, corpus.n_sentences)
        and runs.known.shape == (corpus.n_sentences,)
        and runs.values.shape == (runs.n_runs,)
        and runs.n_runs > 1
        and all(type(seed) is int for seed in runs.seeds)
        and all(_is_finite(array) for array in (runs.by_run, runs.known, runs.values))
        and 0 <= float(runs.share) <= 1
    )


def _is_finite(array: npt.NDArray[Any]) -> bool:
    return array.dtype.kind == "f" and bool(np.isfinite(array).all())
