"""The coupled trainer: skip-gram training that can be repeated exactly without some text.

An ordinary trainer reads a stream of random numbers, so removing one sentence shifts every later
draw, and the retrained model differs by chance as much as by the removal. Here each draw (whether
to keep a token, the window size, the negatives) is a hash of the seed, the epoch and the token
position, and the learning rate depends on the position in the full text. Training without a text is
then the same training minus that text's updates (common random numbers), so it gives the
leave-one-out effect of the text without the noise of a second seed. A run is also a smooth function
of the weight of every token position: ``clif_core.influence.unrolled`` differentiates it.

A *context* is a centre token p with its window; every window word is one step. Its loss counts
the window word as a positive and K negatives drawn from the noise distribution,

    loss(v, U) = sum_r n_r softplus(-v.u_r) + m_r softplus(v.u_r)

over the distinct rows r, drawn n_r times as a positive and m_r times as a negative (a negative that
equals the positive is counted, as in the expected loss; gensim skips it). The step is a plain
gradient step on v and all u_r at once, from the values before it:

    f_r = rate * w_p * (n_r - (n_r + m_r) sigmoid(v.u_r));   v += sum_r f_r u_r;   u_r += f_r v

``w_p`` is the weight of the token position: 1 present, 0 removed. A removed token does not train
its context, but it stays in the text, so the windows of its neighbours are unchanged and may still
contain it. Tokens dropped by subsampling leave the text before windows are set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.progress import Progress, silent
from clif_core.sgns.model import Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import TrainingText, build_training_text
from clif_core.sgns.windows import keep_probabilities
from clif_core.text.corpus import Corpus
from clif_core.training.steps import SegmentInputs, alias_table, key_of, run_steps, uniforms

__all__ = [
    "NEGATIVES",
    "WINDOWS",
    "Schedule",
    "Segment",
    "StepLog",
    "build_schedule",
    "start_vectors",
    "train_coupled",
    "train_segment",
]

FloatArray = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
Int32Array = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]
AnyFloatArray = npt.NDArray[np.floating[Any]]

STARTS, KEEPS, WINDOWS, NEGATIVES = 1, 2, 3, 4  # streams of draws: one purpose, one key


@dataclass(frozen=True, eq=False)
class Segment:
    """A stretch of the contexts of one epoch: those of the kept tokens ``first <= k < last``.

    Parameters
    ----------
    positions : (n_kept,) int32, the position in the training text of every token that subsampling
        keeps in this epoch
    starts, ends : (n_kept,) int32, the range of kept tokens in the unit of each
    """

    epoch: int
    positions: Int32Array
    starts: Int32Array
    ends: Int32Array
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class StepLog:
    """The log of a segment's steps, which the reverse pass reads.

    ``rows`` int32 (``steps.ROW_BITS``) and ``steps``: the context rows and their f_r, in the order
    of the run; ``centres`` (n_pairs, dim): the centre vector before each step. With these,
    u_r -= f_r v undoes a step exactly but for rounding.
    """

    rows: Int32Array
    steps: AnyFloatArray
    centres: AnyFloatArray

    @classmethod
    def allocate(cls, n_contexts: int, settings: TrainingSettings, dtype: npt.DTypeLike) -> StepLog:
        """An empty log for at most ``n_contexts``; memory is committed only where it is written."""
        n_pairs = 2 * settings.window * n_contexts
        n_rows = n_pairs * (settings.n_negatives + 1)
        centres = np.empty((n_pairs, settings.dim), dtype)
        return cls(np.empty(n_rows, np.int32), np.empty(n_rows, dtype), centres)


@dataclass(frozen=True, eq=False)
class Schedule:
    """Everything about a training run that is fixed before its first step: order, rates, draws.

    Parameters
    ----------
    limits, others : alias table of the noise distribution, (n_words,) each
    keep : (n_words,) keep probabilities of subsampling
    """

    text: TrainingText
    settings: TrainingSettings
    limits: Float64Array
    others: Int32Array
    keep: Float64Array

    @classmethod
    def build(cls, text: TrainingText, counts: IntArray, settings: TrainingSettings) -> Schedule:
        noise = np.asarray(counts, dtype=np.float64) ** settings.noise_exponent
        limits, others = alias_table(noise / noise.sum())
        keep = keep_probabilities(counts, settings.subsampling_threshold)
        return cls(text, settings, limits, others, keep)

    @property
    def n_words(self) -> int:
        return len(self.keep)

    def epoch(self, epoch: int) -> Segment:
        """All contexts of one epoch: the tokens that subsampling keeps, and their units."""
        offsets = self.text.unit_offsets
        draws = uniforms(key_of(self.settings.seed, KEEPS, epoch), len(self.text.word_ids))
        is_kept = draws < self.keep[self.text.word_ids]
        kept_before = np.concatenate([[0], np.cumsum(is_kept)])[offsets].astype(np.int32)
        lengths = np.diff(kept_before)
        return Segment(
            epoch,
            np.flatnonzero(is_kept).astype(np.int32),
            np.repeat(kept_before[:-1], lengths),
            np.repeat(kept_before[1:], lengths),
            0,
            int(kept_before[-1]),
        )

    def segments(self, length: int) -> Iterator[Segment]:
        """The whole run in order, in segments of at most ``length`` contexts."""
        for epoch in range(self.settings.epochs):
            whole = self.epoch(epoch)
            for first in range(0, whole.last, length):
                last = min(first + length, whole.last)
                yield Segment(epoch, whole.positions, whole.starts, whole.ends, first, last)

    def rates(self, epoch: int, positions: Int32Array) -> Float64Array:
        """Learning rates at some token positions: they fall linearly over the whole run."""
        n = len(self.text.word_ids)
        done = (epoch * n + positions.astype(np.int64)) / (self.settings.epochs * n)
        high, low = self.settings.learning_rate, self.settings.min_learning_rate
        return np.asarray(high - (high - low) * done)

    def inputs(self, segment: Segment, weights: AnyFloatArray) -> SegmentInputs:
        """The segment as the compiled loops take it; ``weights`` (n_positions,), w_p."""
        settings, epoch = self.settings, segment.epoch
        positions = segment.positions[segment.first : segment.last]
        return SegmentInputs(
            segment.first,
            segment.last,
            segment.positions,
            segment.starts,
            segment.ends,
            self.text.word_ids,
            weights,
            self.rates(epoch, positions).astype(weights.dtype),
            settings.window,
            settings.is_window_reduced,
            settings.n_negatives,
            key_of(settings.seed, WINDOWS, epoch),
            key_of(settings.seed, NEGATIVES, epoch),
            self.limits,
            self.others,
        )


def start_vectors(
    n_words: int, settings: TrainingSettings, dtype: npt.DTypeLike = np.float32
) -> tuple[AnyFloatArray, AnyFloatArray]:
    """Initial centre vectors, uniform in +-start_range / dim, and context vectors, zero."""
    draws = uniforms(key_of(settings.seed, STARTS), n_words * settings.dim)
    centre = (
        ((2 * draws - 1) * (settings.start_range / settings.dim))
        .astype(dtype)
        .reshape(n_words, settings.dim)
    )
    return centre, np.zeros_like(centre)


def train_segment(
    schedule: Schedule,
    segment: Segment,
    centre: AnyFloatArray,
    context: AnyFloatArray,
    weights: AnyFloatArray,
    log: StepLog | None = None,
) -> tuple[int, int]:
    """Train over one segment, in place; returns how many f_r and how many v were logged."""
    log = log or StepLog.allocate(0, schedule.settings, centre.dtype)
    n_steps, n_pairs = run_steps(
        centre, context, schedule.inputs(segment, weights), log.rows, log.steps, log.centres
    )
    return int(n_steps), int(n_pairs)


def build_schedule(
    corpus: Corpus,
    vocabulary: Vocabulary,
    settings: TrainingSettings,
    weights: FloatArray | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> tuple[Schedule, AnyFloatArray]:
    """The schedule of a training, and the weight of each position of its text, (n_positions,)."""
    text = build_training_text(corpus, vocabulary, settings.unit, settings.max_unit_length)
    present = np.ones(len(text.tokens)) if weights is None else weights[text.tokens]
    return Schedule.build(text, vocabulary.counts, settings), present.astype(dtype)


def train_coupled(
    corpus: Corpus,
    vocabulary: Vocabulary,
    settings: TrainingSettings,
    weights: FloatArray | None = None,
    progress: Progress | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> tuple[AnyFloatArray, AnyFloatArray]:
    """Centre and context vectors (n_words, dim), a function of the arguments only.

    ``weights`` (n_tokens,) multiplies the learning rate of each token's context: 1 present, 0
    removed; None means all present. Vocabulary, noise distribution, keep probabilities and learning
    rates stay those of the full text.
    """
    schedule, present = build_schedule(corpus, vocabulary, settings, weights, dtype)
    centre, context = start_vectors(len(vocabulary), settings, dtype)
    report = progress or silent
    for epoch in range(settings.epochs):
        train_segment(schedule, schedule.epoch(epoch), centre, context, present)
        report((epoch + 1) / settings.epochs, f"epoch {epoch + 1} of {settings.epochs}")
    return centre, context
