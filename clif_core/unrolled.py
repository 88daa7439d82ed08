"""The exact derivative of a training run: what the weight of every occurrence does to a probe.

A coupled training (``clif_core.training.coupled``) is a fixed, smooth function of the weight w_p of
every occurrence p. One pass backwards through its steps gives d probe / d w_p for all p at once: no
inverse, no damping, no approximation but rounding (MAGIC, Ilyas & Engstrom 2025, arXiv:2504.16430,
for word vectors). Removing p takes w_p from 1 to 0, so its removal effect is minus that.

Forward, for a step with centre vector v and context rows u_r (values before the step)

    f_r = rate w_p (n_r - c_r s_r),  s_r = sigmoid(v.u_r),  c_r = n_r + m_r
    v' = v + sum_r f_r u_r,          u_r' = u_r + f_r v

Backward, a = d probe / d (values after the step) becomes d probe / d (values before it):

    e_r = a_v.u_r + a_r.v                                  d probe / d f_r
    d probe / d w_p += sum_r e_r f_r / w_p
    h_r = rate w_p c_r s_r (1 - s_r)                       - d f_r / d (v.u_r)
    a_v += sum_r (f_r a_r - e_r h_r u_r),   a_r += f_r a_v - e_r h_r v     (a_v from before)

Two things make it cheap. A step is undone from the logged v and f_r alone, u_r = u_r' - f_r v, so
the rows themselves need no log; and s_r follows from f_r, so no exponential is taken again. (v too
could be had from v' and the f_r, but that recursion doubles its rounding errors every few thousand
steps.) The
run is cut in stretches: the first forward run keeps the matrices at each start, then every
stretch is run again, last first, this time with its log, and walked backwards. All probes share
the runs and the undoing.

Memory: 8 n_words dim bytes for each of the stretches and, for each probe, as much again plus 8
bytes per token; the log of one stretch takes at most ``LOG_BYTES``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt

from clif_core.jobs import Progress
from clif_core.skipgram import TrainingSettings
from clif_core.training.coupled import (
    AnyFloatArray,
    Course,
    StepLog,
    Stretch,
    start_vectors,
    train_stretch,
)
from clif_core.training.steps import run_back

__all__ = ["LOG_BYTES", "Unrolled", "differentiate"]

LOG_BYTES = 256 * 2**20

Float64Array = npt.NDArray[np.float64]
Gradient = tuple[npt.NDArray[np.int64], Float64Array]  # rows that a probe reads, and d probe there


@dataclass(frozen=True, eq=False)
class Unrolled:
    """Derivatives of a run.

    Parameters
    ----------
    scores : (n_places, n_probes) float64, d probe / d weight of each place of the training text
    centre_vectors, context_vectors : (n_words, dim), where the run ends
    """

    scores: Float64Array
    centre_vectors: AnyFloatArray
    context_vectors: AnyFloatArray
    forward_seconds: float
    backward_seconds: float


def _stretch_length(settings: TrainingSettings, itemsize: int) -> int:
    """Contexts per stretch, such that their log cannot outgrow LOG_BYTES."""
    numbers = 2 * settings.window * (settings.n_negatives + 1 + settings.dim)
    return max(1, LOG_BYTES // (itemsize * numbers))


def _forward(
    course: Course, stretches: Sequence[Stretch], weights: AnyFloatArray, progress: Progress
) -> list[tuple[AnyFloatArray, AnyFloatArray]]:
    """The matrices at the start of every stretch, and at the end of the last."""
    centre, context = start_vectors(course.n_words, course.settings, weights.dtype)
    states = [(centre.copy(), context.copy())]
    for done, stretch in enumerate(stretches, 1):
        train_stretch(course, stretch, centre, context, weights)
        states.append((centre.copy(), context.copy()))
        progress(done / len(stretches), "running the training again")
    return states


@dataclass(frozen=True, eq=False)
class _Replay:
    """One stretch run again: its log, and the context vectors at its end."""

    stretch: Stretch
    log: StepLog
    n_logged: tuple[int, int]
    context: AnyFloatArray


def _replay(
    course: Course,
    stretch: Stretch,
    state: tuple[AnyFloatArray, AnyFloatArray],
    weights: AnyFloatArray,
    log: StepLog,
) -> _Replay:
    """Run a stretch from its start, which is used up, with its log."""
    n_logged = train_stretch(course, stretch, *state, weights, log)
    return _Replay(stretch, log, n_logged, state[1])


@dataclass(frozen=True, eq=False)
class _Group:
    """Probes that walk together: adjoints (n_words, n_probes, dim), scores (n_places, n_probes)."""

    centre: AnyFloatArray
    context: AnyFloatArray
    scores: Float64Array

    @classmethod
    def start(cls, course: Course, parts: Sequence[Gradient], dtype: npt.DTypeLike) -> _Group:
        centre = np.zeros((course.n_words, len(parts), course.settings.dim), dtype)
        for probe, (word_ids, rows) in enumerate(parts):
            centre[word_ids, probe] = rows
        n_places = len(course.text.word_ids)
        return cls(centre, np.zeros_like(centre), np.zeros((n_places, len(parts))))

    def walk_back(self, course: Course, replay: _Replay, weights: AnyFloatArray) -> None:
        plan = course.plan(replay.stretch, weights)
        log = replay.log
        context = replay.context.copy()  # other groups walk back from there too
        n_left = run_back(
            context,
            self.centre,
            self.context,
            self.scores,
            plan,
            log.steps,
            log.centres,
            *replay.n_logged,
        )
        assert n_left == (0, 0), "the log of a stretch must be used up exactly"


def differentiate(
    course: Course,
    gradients: Callable[[AnyFloatArray], Sequence[Gradient]],
    weights: AnyFloatArray | None = None,
    dtype: npt.DTypeLike = np.float32,
    n_threads: int = 1,
    progress: Progress = lambda fraction, message: None,
) -> Unrolled:
    """d probe / d weight of every place of the training text, for several probes at once.

    ``gradients`` takes the final centre vectors and gives, for each probe, the rows that it reads
    and its gradient there. ``weights`` (n_places,), at which the derivative is taken: all 1 when
    None; a place of weight 0 does not train and gets score 0. Deterministic for a given dtype;
    ``n_threads`` splits the probes, not the arithmetic.
    """
    started = perf_counter()
    weights = np.ones(len(course.text.word_ids)) if weights is None else weights
    weights = weights.astype(dtype)
    stretches = list(course.stretches(_stretch_length(course.settings, weights.itemsize)))
    share = 1 / 3  # of the whole, for the progress report alone
    states = _forward(course, stretches, weights, lambda x, m: progress(x * share, m))
    final = states.pop()
    forward_seconds = perf_counter() - started

    parts = gradients(final[0])
    cuts = np.array_split(np.arange(len(parts)), min(n_threads, len(parts)))
    groups = [_Group.start(course, [parts[i] for i in cut], dtype) for cut in cuts]
    longest = max(s.last - s.first for s in stretches)
    logs = [StepLog.make(longest, course.settings, dtype) for _ in range(2)]
    with ThreadPoolExecutor(n_threads) as pool:
        # While one stretch is walked backwards, the one before it may already run again.
        upcoming = pool.submit(_replay, course, stretches[-1], states.pop(), weights, logs[0])
        for done in range(1, len(stretches) + 1):
            replay = upcoming.result()
            walks = [pool.submit(g.walk_back, course, replay, weights) for g in groups]
            if states:
                stretch, log = stretches[len(states) - 1], logs[done % 2]
                upcoming = pool.submit(_replay, course, stretch, states.pop(), weights, log)
            for walk in walks:
                walk.result()
            progress(share + (1 - share) * done / len(stretches), "walking it backwards")
    scores = np.concatenate([g.scores for g in groups], axis=1)
    return Unrolled(scores, *final, forward_seconds, perf_counter() - started - forward_seconds)
