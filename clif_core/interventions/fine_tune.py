"""Mend a trained model by a few more steps on chosen text, without training from scratch.

    undo   steps *up* the loss of some text: away from what it taught
    redo   further steps *down* the loss of some text: what it taught, once more ("doubling down")

Both are steps of the coupled trainer itself, at a constant learning rate, over the chosen contexts
alone: an undone context has weight -1 and a redone one +1, everything else 0. A pass goes once
through them in the order of the text, with draws of its own (window, subsampling, negatives), like
an epoch. To first order ``passes`` passes at a rate move the vectors by passes * rate times the
summed gradient of the chosen text (up for undo, down for redo), so the ``gradient`` estimator's
removal effects, added up and scaled by that, predict what a small repair does.

(Silva, Chopra & Gombolay, arXiv:2012.01685, section 5, and its release. There "undo" takes its
sentences from the wrong end of the list and "both" equals "undo"; here neither.)

The loss has no upper bound, so climbing it for long runs away: that is noticed and said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from clif_core.errors import CapabilityError, InputError
from clif_core.interventions.edit import Edit, EditLevel, token_mask
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.sgns.training_text import TrainingText, build_training_text
from clif_core.text.corpus import Corpus
from clif_core.training.coupled import Schedule, train_segment

__all__ = ["MAX_PASSES", "Repair", "default_rate", "fine_tune_steps", "repair_model"]

MAX_PASSES = 1_000
_RATE_SHARE = 0.1  # of the rate that the training began with


@dataclass(frozen=True)
class Repair:
    """Which text to climb away from, which to train on further, how often and how fast.

    Parameters
    ----------
    undo, redo : numbers of documents, sentences or tokens (level "contexts"); either may be empty
    passes : 1 to 1,000
    learning_rate : constant, positive
    """

    level: EditLevel
    undo: tuple[int, ...]
    redo: tuple[int, ...]
    passes: int
    learning_rate: float

    def __post_init__(self) -> None:
        if self.level not in get_args(EditLevel):
            known = ", ".join(get_args(EditLevel))
            raise InputError(f"the level of a repair is one of {known}, got {self.level!r}.")
        for name in ("undo", "redo"):
            items = tuple(sorted({int(item) for item in getattr(self, name)}))
            object.__setattr__(self, name, items)
        if not self.undo and not self.redo:
            raise InputError("a repair without any text changes nothing; choose some text first.")
        both = set(self.undo) & set(self.redo)
        if both:
            raise InputError(f"text {min(both)} cannot be both undone and redone; choose one.")
        if not 1 <= self.passes <= MAX_PASSES:
            raise InputError(f"passes go from 1 to {MAX_PASSES:,}, got {self.passes}.")
        if not (math.isfinite(self.learning_rate) and 0 < self.learning_rate <= 1):
            raise InputError(
                f"the learning rate of a repair lies between 0 and 1, got {self.learning_rate}."
            )

    def to_dict(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "undo": list(self.undo),
            "redo": list(self.redo),
            "passes": self.passes,
            "learning_rate": self.learning_rate,
        }


def default_rate(model: SkipGram) -> float:
    """A tenth of the rate that the model's training began with."""
    return _RATE_SHARE * model.require_settings().learning_rate


def repair_model(
    model: SkipGram, corpus: Corpus, repair: Repair, progress: Progress | None = None
) -> SkipGram:
    """The model after a repair; its vectors are no longer those of its text, so it names none."""
    ((_, repaired),) = fine_tune_steps(model, corpus, repair, (repair.passes,), progress)
    return repaired


def fine_tune_steps(
    model: SkipGram,
    corpus: Corpus,
    repair: Repair,
    stops: Sequence[int],
    progress: Progress | None = None,
) -> Iterator[tuple[int, SkipGram]]:
    """The model after each number of passes in ``stops``, on the way of one repair.

    The rate is constant, so the model at a stop is that of a repair with so many passes. Raises
    InputError where the numbers run away, CapabilityError where the model cannot be stepped.
    """
    _refuse(model, corpus)
    settings = replace(
        model.require_settings(),
        epochs=repair.passes,
        learning_rate=repair.learning_rate,
        min_learning_rate=repair.learning_rate,
        backend="coupled",
    )
    text, weights = _chosen_text(model, corpus, repair)
    schedule = Schedule.build(text, model.vocabulary.counts, settings)
    centre, context = model.centre_vectors.copy(), model.require_context_vectors().copy()
    for done in range(1, repair.passes + 1):
        train_segment(schedule, schedule.epoch(done - 1), centre, context, weights)
        if not (np.isfinite(centre).all() and np.isfinite(context).all()):
            raise InputError(
                f"the repair ran away in pass {done} of {repair.passes}: its vectors are no longer"
                f" finite. Take fewer passes, or a learning rate below {repair.learning_rate:g}."
            )
        if progress is not None:
            progress(done / repair.passes, f"pass {done} of {repair.passes}")
        if done in stops:
            yield done, _repaired(model, centre, context)


def _refuse(model: SkipGram, corpus: Corpus) -> None:
    if model.corpus_hash is None or model.settings is None:
        raise CapabilityError(
            f"Model {model.name!r} cannot be mended: it is not known on which text, or how, it was "
            "trained. Train a twin on the same text with 'clif train'."
        )
    if model.corpus_hash != corpus.content_hash:
        raise InputError(
            f"corpus {corpus.name!r} ({corpus.content_hash[:8]}) is not the text that model "
            f"{model.name!r} was trained on ({model.corpus_hash[:8]})."
        )
    model.require_context_vectors()


def _chosen_text(
    model: SkipGram, corpus: Corpus, repair: Repair
) -> tuple[TrainingText, npt.NDArray[np.float32]]:
    """The units that hold chosen contexts, and -1, 0 or +1 for each of their places."""
    signs = np.zeros(corpus.n_tokens, np.float32)
    for items, sign in ((repair.undo, -1), (repair.redo, 1)):
        if items:
            signs[token_mask(corpus, Edit(repair.level, items))] = sign
    settings = model.require_settings()
    text = build_training_text(corpus, model.vocabulary, settings.unit, settings.max_unit_length)
    weights = signs[text.tokens]
    lengths = np.diff(text.unit_offsets)
    is_touched = np.add.reduceat(np.abs(weights), text.unit_offsets[:-1]) > 0
    places = np.repeat(is_touched, lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths[is_touched])]).astype(np.int64)
    chosen = TrainingText(text.word_ids[places], text.tokens[places], offsets)
    return chosen, weights[places]


def _repaired(
    model: SkipGram, centre: npt.NDArray[np.floating], context: npt.NDArray[np.floating]
) -> SkipGram:
    return replace(
        model,
        centre_vectors=centre.astype(np.float32),
        context_vectors=context.astype(np.float32),
        corpus_hash=None,
        other_seeds={},
    )
