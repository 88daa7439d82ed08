"""Fine-tune a trained model by a few more steps on chosen text, without training from scratch.

    unlearn     steps *up* the loss of some text, away from what training on it gave ("undo")
    reinforce   further steps *down* the loss of some text ("redo", "doubling down")

Both are steps of the coupled trainer at a constant learning rate, over the chosen contexts alone: a
context to unlearn has weight -1, one to reinforce +1, all others 0. A pass goes once through the
chosen contexts in the order of the text, with its own draws (window, subsampling, negatives), like
an epoch. To first order ``passes`` passes at a rate move the vectors by passes * rate times the
summed gradient of the chosen text (up to unlearn, down to reinforce), so the removal effects of the
``gradient`` estimator, added up and scaled by that, predict the effect of a small fine-tuning.

(Silva, Chopra & Gombolay, arXiv:2012.01685, section 5, and its release. There "undo" takes its
sentences from the wrong end of the list and "both" equals "undo"; here neither.)

The loss has no upper bound, so unlearning diverges if it goes on for long: that raises InputError.
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

__all__ = ["MAX_PASSES", "FineTuning", "default_rate", "fine_tune", "fine_tune_steps"]

MAX_PASSES = 1_000
_RATE_SHARE = 0.1  # of the learning rate at which training began


@dataclass(frozen=True)
class FineTuning:
    """Which text to unlearn, which to reinforce, in how many passes and at which learning rate.

    Parameters
    ----------
    unlearn, reinforce : numbers of documents, sentences or tokens (level "contexts"); one of the
        two may be empty
    passes : 1 to 1,000
    learning_rate : constant, above 0 to 1
    """

    level: EditLevel
    unlearn: tuple[int, ...]
    reinforce: tuple[int, ...]
    passes: int
    learning_rate: float

    def __post_init__(self) -> None:
        if self.level not in get_args(EditLevel):
            known = ", ".join(get_args(EditLevel))
            raise InputError(f"the level of a fine-tuning is one of {known}, got {self.level!r}.")
        for name in ("unlearn", "reinforce"):
            items = tuple(sorted({int(item) for item in getattr(self, name)}))
            object.__setattr__(self, name, items)
        if not self.unlearn and not self.reinforce:
            raise InputError(
                "fine-tuning without any text changes nothing; choose some text first."
            )
        both = set(self.unlearn) & set(self.reinforce)
        if both:
            raise InputError(
                f"text {min(both)} cannot be both unlearned and reinforced; choose one."
            )
        if not 1 <= self.passes <= MAX_PASSES:
            raise InputError(f"passes go from 1 to {MAX_PASSES:,}, got {self.passes}.")
        if not (math.isfinite(self.learning_rate) and 0 < self.learning_rate <= 1):
            raise InputError(
                "the learning rate of a fine-tuning lies above 0 and is at most 1, got"
                f" {self.learning_rate}."
            )

    @property
    def items(self) -> tuple[int, ...]:
        """All chosen text."""
        return (*self.unlearn, *self.reinforce)

    def to_dict(self) -> dict[str, Any]:
        """As cards store it, under the names of the paper."""
        return {
            "level": self.level,
            "undo": list(self.unlearn),
            "redo": list(self.reinforce),
            "passes": self.passes,
            "learning_rate": self.learning_rate,
        }


def default_rate(model: SkipGram) -> float:
    """A tenth of the learning rate at which the model's training began."""
    return _RATE_SHARE * model.require_settings().learning_rate


def fine_tune(
    model: SkipGram, corpus: Corpus, fine_tuning: FineTuning, progress: Progress | None = None
) -> SkipGram:
    """The model after all passes.

    It names no training text, because that text alone did not produce its vectors.
    """
    passes = (fine_tuning.passes,)
    ((_, changed),) = fine_tune_steps(model, corpus, fine_tuning, passes, progress)
    return changed


def fine_tune_steps(
    model: SkipGram,
    corpus: Corpus,
    fine_tuning: FineTuning,
    stops: Sequence[int],
    progress: Progress | None = None,
) -> Iterator[tuple[int, SkipGram]]:
    """(number of passes, the model after them) for each number in ``stops``.

    The rate is constant, so the model at a stop equals that of a fine-tuning with that many passes.
    Raises InputError where the vectors diverge, CapabilityError where the model cannot be trained
    further.
    """
    _refuse(model, corpus)
    n_passes, rate = fine_tuning.passes, fine_tuning.learning_rate
    settings = replace(
        model.require_settings(),
        epochs=n_passes,
        learning_rate=rate,
        min_learning_rate=rate,
        backend="coupled",
    )
    text, weights = _chosen_text(model, corpus, fine_tuning)
    schedule = Schedule.build(text, model.vocabulary.counts, settings)
    centre, context = model.centre_vectors.copy(), model.require_context_vectors().copy()
    for done in range(1, n_passes + 1):
        train_segment(schedule, schedule.epoch(done - 1), centre, context, weights)
        if not (np.isfinite(centre).all() and np.isfinite(context).all()):
            raise InputError(
                f"the fine-tuning ran away in pass {done} of {n_passes}: the vectors are no longer"
                f" finite. Take fewer passes, or a learning rate below {rate:g}."
            )
        if progress is not None:
            progress(done / n_passes, f"pass {done} of {n_passes}")
        if done in stops:
            yield done, _with_vectors(model, centre, context)


def _refuse(model: SkipGram, corpus: Corpus) -> None:
    if model.corpus_hash is None or model.settings is None:
        raise CapabilityError(
            f"Model {model.name!r} cannot be fine-tuned: its training text or its settings are "
            "unknown. Train a model on the same text with 'clif train'."
        )
    if model.corpus_hash != corpus.content_hash:
        raise InputError(
            f"corpus {corpus.name!r} ({corpus.content_hash[:8]}) is not the text that model "
            f"{model.name!r} was trained on ({model.corpus_hash[:8]})."
        )
    model.require_context_vectors()


def _chosen_text(
    model: SkipGram, corpus: Corpus, fine_tuning: FineTuning
) -> tuple[TrainingText, npt.NDArray[np.float32]]:
    """The units with chosen contexts, and the weight -1, 0 or +1 of each of their positions."""
    signs = np.zeros(corpus.n_tokens, np.float32)
    for items, sign in ((fine_tuning.unlearn, -1), (fine_tuning.reinforce, 1)):
        if items:
            signs[token_mask(corpus, Edit(fine_tuning.level, items))] = sign
    settings = model.require_settings()
    text = build_training_text(corpus, model.vocabulary, settings.unit, settings.max_unit_length)
    weights = signs[text.tokens]
    lengths = np.diff(text.unit_offsets)
    is_chosen_unit = np.add.reduceat(np.abs(weights), text.unit_offsets[:-1]) > 0
    positions = np.repeat(is_chosen_unit, lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths[is_chosen_unit])]).astype(np.int64)
    chosen = TrainingText(text.word_ids[positions], text.tokens[positions], offsets)
    return chosen, weights[positions]


def _with_vectors(
    model: SkipGram, centre: npt.NDArray[np.floating], context: npt.NDArray[np.floating]
) -> SkipGram:
    return replace(
        model,
        centre_vectors=centre.astype(np.float32),
        context_vectors=context.astype(np.float32),
        corpus_hash=None,
        other_seeds={},
    )
