"""Skip-gram training that can be repeated exactly minus some text: the coupled trainer.

An ordinary trainer reads a stream of random numbers, so that removing one sentence shifts every
later draw and the retrained model differs by chance as much as by the removal. Here each draw
(keep the token? how wide a window? which negatives?) is a hash of the seed, the epoch and the
place in the text, and the learning rate follows the place in the full text. Training without a
text is then the very same training minus that text's updates (common random numbers), and a run
is a smooth function of the weight of every occurrence, which ``clif_core.unrolled`` differentiates.

One step per *context*: the centre occurrence p with its window. Its loss counts each window word
once as a positive and, for every window word, K negatives drawn from the noise distribution

    loss_p(v, U) = sum_r n_r softplus(-v.u_r) + m_r softplus(v.u_r)

over the distinct rows r met, n_r times as a positive and m_r times as a negative (a negative that
equals a positive is kept, as the expected loss has it; gensim skips those). The step is a plain
gradient step on v and all u_r at once, from the values before it:

    f_r = rate * w_p * (n_r - (n_r + m_r) sigmoid(v.u_r));   v += sum_r f_r u_r;   u_r += f_r v

``w_p`` is the weight of the occurrence: 1 present, 0 removed. A removed occurrence does not train,
but it stays in the text, so its neighbours' windows lie as before and may still contain it.
Tokens dropped by subsampling leave the text before windows are laid where the settings say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from clif_core.corpus import Corpus
from clif_core.jobs import Progress
from clif_core.pairs import keep_probabilities
from clif_core.skipgram import TrainingSettings, Vocabulary
from clif_core.training.vocabulary import TrainingText, lay_out

__all__ = [
    "Course",
    "Plan",
    "Rows",
    "StepLog",
    "Stretch",
    "compiled",
    "gather",
    "make_room",
    "start_vectors",
    "train_coupled",
    "train_stretch",
]

FloatArray = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
Int32Array = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]
AnyFloatArray = npt.NDArray[np.floating]  # type: ignore[type-arg]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_TO_UNIT = 2.0**-53
_STARTS, _KEEPS, _WINDOWS, _NEGATIVES = 1, 2, 3, 4  # streams: one purpose, one key


# Sums may be reordered so that they vectorise; nothing may assume that there is no infinity.
compiled = numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz", "arcp"})


@compiled
def _hash(key: np.uint64, counter: np.uint64) -> np.uint64:
    """64 random bits for a place: the finaliser of splitmix64 (Steele et al. 2014)."""
    z = key + counter * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@compiled
def _uniforms(key: np.uint64, n: int) -> Float64Array:
    """(n,) numbers in [0, 1), the i-th a function of key and i alone."""
    out = np.empty(n)
    for i in range(n):
        out[i] = (_hash(key, np.uint64(i)) >> np.uint64(11)) * _TO_UNIT
    return out


def _key(seed: int, stream: int, epoch: int = 0) -> np.uint64:
    """A key for one purpose of one epoch of one seed."""
    with np.errstate(over="ignore"):
        key = np.uint64(seed)
        for part in (stream, epoch):
            key = np.uint64(_hash(key, np.uint64(part + 1)))
    return key


@compiled
def _alias_table(p: Float64Array) -> tuple[Float64Array, Int32Array]:
    """Walker's alias table: slot i gives i with chance limits[i], else others[i]."""
    n = len(p)
    limits, others = p * n, np.arange(n).astype(np.int32)
    small, large = np.empty(n, np.int64), np.empty(n, np.int64)
    n_small = n_large = 0
    for i in range(n):
        if limits[i] < 1.0:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        i, j = small[n_small], large[n_large - 1]
        others[i] = j
        limits[j] -= 1.0 - limits[i]
        if limits[j] < 1.0:
            n_large -= 1
            small[n_small] = j
            n_small += 1
    for k in range(n_small):  # rounding leaves a few just under 1
        limits[small[k]] = 1.0
    return limits, others


@dataclass(frozen=True, eq=False)
class Stretch:
    """A run of contexts of one epoch, the kept occurrences ``first <= k < last``.

    Parameters
    ----------
    positions : (n_kept,) int32, place in the training text of every kept occurrence of the epoch
    starts, ends : (n_kept,) int32, the kept occurrences that share the unit of each
    """

    epoch: int
    positions: Int32Array
    starts: Int32Array
    ends: Int32Array
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class StepLog:
    """What a stretch leaves behind so that it can be walked backwards.

    ``steps`` the f_r one after another, in the order of the run; ``centres`` (n_contexts, dim) the
    centre vector before each step. With these u_r = u_r' - f_r v undoes a step by one addition.
    """

    steps: AnyFloatArray
    centres: AnyFloatArray

    @classmethod
    def none(cls, dtype: npt.DTypeLike) -> StepLog:
        return cls(np.empty(0, dtype), np.empty((0, 0), dtype))


class Plan(NamedTuple):
    """A stretch as the compiled loops see it; fields as in Stretch, TrainingText and Course."""

    first: int
    last: int
    positions: Int32Array
    starts: Int32Array
    ends: Int32Array
    words: Int32Array
    weights: AnyFloatArray  # (n_places,), w_p
    rates: AnyFloatArray  # (n_places,), learning rate
    window: int
    is_window_reduced: bool
    n_negatives: int
    window_key: np.uint64
    negative_key: np.uint64
    limits: Float64Array
    others: Int32Array


@dataclass(frozen=True, eq=False)
class Course:
    """Everything about a training run that is fixed before its first step.

    Parameters
    ----------
    limits, others : alias table of the noise distribution
    keep : (n_words,) keep probabilities
    """

    text: TrainingText
    settings: TrainingSettings
    limits: Float64Array
    others: Int32Array
    keep: Float64Array

    @classmethod
    def lay(cls, text: TrainingText, counts: IntArray, settings: TrainingSettings) -> Course:
        noise = np.asarray(counts, dtype=np.float64) ** settings.noise_exponent
        limits, others = _alias_table(noise / noise.sum())
        keep = keep_probabilities(counts, settings.subsampling_threshold)
        return cls(text, settings, limits, others, keep)

    @property
    def n_words(self) -> int:
        return len(self.keep)

    def epoch(self, epoch: int) -> Stretch:
        """All contexts of one epoch: which occurrences subsampling keeps, and their units."""
        offsets = self.text.unit_offsets
        draws = _uniforms(_key(self.settings.seed, _KEEPS, epoch), len(self.text.word_ids))
        is_kept = draws < self.keep[self.text.word_ids]
        kept_before = np.concatenate([[0], np.cumsum(is_kept)])[offsets].astype(np.int32)
        lengths = np.diff(kept_before)
        return Stretch(
            epoch,
            np.flatnonzero(is_kept).astype(np.int32),
            np.repeat(kept_before[:-1], lengths),
            np.repeat(kept_before[1:], lengths),
            0,
            int(kept_before[-1]),
        )

    def stretches(self, length: int) -> Iterator[Stretch]:
        """The whole run in order, in stretches of at most ``length`` contexts."""
        for epoch in range(self.settings.epochs):
            whole = self.epoch(epoch)
            for first in range(0, whole.last, length):
                last = min(first + length, whole.last)
                yield Stretch(epoch, whole.positions, whole.starts, whole.ends, first, last)

    def rates(self, epoch: int) -> Float64Array:
        """(n,) learning rate at every place of the text: falls linearly over the whole run."""
        n = len(self.text.word_ids)
        done = (epoch * n + np.arange(n)) / (self.settings.epochs * n)
        high, low = self.settings.learning_rate, self.settings.min_learning_rate
        return np.asarray(high - (high - low) * done)

    def plan(self, stretch: Stretch, weights: AnyFloatArray) -> Plan:
        settings, epoch = self.settings, stretch.epoch
        return Plan(
            stretch.first,
            stretch.last,
            stretch.positions,
            stretch.starts,
            stretch.ends,
            self.text.word_ids,
            weights,
            self.rates(epoch).astype(weights.dtype),
            settings.window,
            settings.is_window_reduced,
            settings.n_negatives,
            _key(settings.seed, _WINDOWS, epoch),
            _key(settings.seed, _NEGATIVES, epoch),
            self.limits,
            self.others,
        )


class Rows(NamedTuple):
    """Room for the distinct context rows of one context, and how often each is met.

    ``slots`` (n_words,) remembers where a word was put. It needs no clearing, because an entry
    counts only if the slot that it names holds that very word.
    """

    ids: Int32Array
    positives: AnyFloatArray  # n_r
    totals: AnyFloatArray  # n_r + m_r
    slots: Int32Array


@compiled
def make_room(plan: Plan) -> Rows:
    most = 2 * plan.window * (plan.n_negatives + 1)
    dtype = plan.weights.dtype
    return Rows(
        np.empty(most, np.int32),
        np.empty(most, dtype),
        np.empty(most, dtype),
        np.zeros(len(plan.limits), np.int32),
    )


@compiled
def _meet(word: int, n_positives: int, n_rows: int, room: Rows) -> int:
    """Count one meeting with a context row; returns how many distinct rows there are now."""
    slot = room.slots[word]
    if slot >= n_rows or room.ids[slot] != word:
        slot = n_rows
        room.slots[word] = slot
        room.ids[slot] = word
        room.positives[slot] = 0
        room.totals[slot] = 0
        n_rows += 1
    room.positives[slot] += n_positives
    room.totals[slot] += 1
    return n_rows


@compiled
def gather(k: int, plan: Plan, room: Rows) -> int:
    """Fill ``room`` with the rows of context k: window words and negatives; returns how many."""
    place = np.uint64(plan.positions[k])
    window = np.uint64(plan.window)
    n_words = np.uint64(len(plan.limits))
    reach = plan.window
    if plan.is_window_reduced:
        bits = _hash(plan.window_key, place)
        reach = 1 + np.int64(((bits >> _S32) * window) >> _S32)
    n_rows = 0
    for j in range(max(plan.starts[k], k - reach), min(plan.ends[k], k + reach + 1)):
        if j == k:
            continue
        # One counter for every (place, neighbour, draw).
        neighbour = place * (2 * window + np.uint64(1)) + np.uint64(j - k + plan.window)
        counter = neighbour * np.uint64(plan.n_negatives)
        for draw in range(plan.n_negatives):
            bits = _hash(plan.negative_key, counter + np.uint64(draw))
            word = np.int32(((bits >> _S32) * n_words) >> _S32)
            if np.float64(bits & _LOW) * 2.0**-32 >= plan.limits[word]:
                word = plan.others[word]
            n_rows = _meet(word, 0, n_rows, room)
        n_rows = _meet(plan.words[plan.positions[j]], 1, n_rows, room)
    return n_rows


@compiled
def _train(
    centre: AnyFloatArray,
    context: AnyFloatArray,
    plan: Plan,
    step_log: AnyFloatArray,
    centre_log: AnyFloatArray,
) -> int:
    """Run the contexts of a plan; log every f_r and every v before its step, if there is room."""
    dim = centre.shape[1]
    one = centre.dtype.type(1)
    room = make_room(plan)
    steps = np.empty_like(room.totals)
    moved = np.empty(dim, centre.dtype)
    n_logged = 0
    for k in range(plan.first, plan.last):
        place = plan.positions[k]
        if plan.weights[place] == 0:
            continue
        n_rows = gather(k, plan, room)
        rate = plan.rates[place] * plan.weights[place]
        v = centre[plan.words[place]]
        for r in range(n_rows):
            u = context[room.ids[r]]
            x = centre.dtype.type(0)
            for d in range(dim):
                x += v[d] * u[d]
            steps[r] = rate * (room.positives[r] - room.totals[r] / (one + np.exp(-x)))
        if len(step_log) > 0:
            step_log[n_logged : n_logged + n_rows] = steps[:n_rows]
            centre_log[k - plan.first] = v
            n_logged += n_rows
        moved[:] = 0
        for r in range(n_rows):
            u = context[room.ids[r]]
            f = steps[r]
            for d in range(dim):
                moved[d] += f * u[d]
                u[d] += f * v[d]
        for d in range(dim):
            v[d] += moved[d]
    return n_logged


def start_vectors(
    n_words: int, settings: TrainingSettings, dtype: npt.DTypeLike = np.float32
) -> tuple[AnyFloatArray, AnyFloatArray]:
    """Centre vectors uniform in +-1/dim as gensim has them, context vectors zero."""
    draws = _uniforms(_key(settings.seed, _STARTS), n_words * settings.dim)
    centre = ((2 * draws - 1) / settings.dim).astype(dtype).reshape(n_words, settings.dim)
    return centre, np.zeros_like(centre)


def train_stretch(
    course: Course,
    stretch: Stretch,
    centre: AnyFloatArray,
    context: AnyFloatArray,
    weights: AnyFloatArray,
    log: StepLog | None = None,
) -> int:
    """Train over one stretch in place; returns how many steps f_r were logged."""
    log = log or StepLog.none(centre.dtype)
    plan = course.plan(stretch, weights)
    return int(_train(centre, context, plan, log.steps, log.centres))


def train_coupled(
    corpus: Corpus,
    vocabulary: Vocabulary,
    settings: TrainingSettings,
    weights: FloatArray | None = None,
    progress: Progress | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> tuple[AnyFloatArray, AnyFloatArray]:
    """Centre and context vectors (n_words, dim), a function of the arguments alone.

    ``weights`` (n_tokens,) multiplies the learning rate of each occurrence's context: 1 present,
    0 removed; None means all present. Vocabulary, noise distribution, keep probabilities and
    learning rates stay those of the full text.
    """
    text = lay_out(corpus, vocabulary, settings.unit, settings.max_unit_length)
    course = Course.lay(text, vocabulary.counts, settings)
    centre, context = start_vectors(len(vocabulary), settings, dtype)
    present = np.ones(len(text.tokens)) if weights is None else weights[text.tokens]
    for epoch in range(settings.epochs):
        train_stretch(course, course.epoch(epoch), centre, context, present.astype(dtype))
        if progress is not None:
            progress((epoch + 1) / settings.epochs, f"epoch {epoch + 1} of {settings.epochs}")
    return centre, context
