"""The exact derivative of a training run: d probe / d weight of every token position.

A coupled training (``clif_core.training.coupled``) is a fixed, smooth function of the weight w_p of
every token position p. One reverse pass through its steps gives d probe / d w_p for all p at once:
no inverse, no damping, no approximation but rounding (MAGIC, Ilyas & Engstrom 2025,
arXiv:2504.16430, for word vectors). Removing p takes w_p from 1 to 0, so its removal effect is
minus that.

Forward, for a step with centre vector v and context rows u_r (values before the step)

    f_r = rate w_p (n_r - c_r s_r),  s_r = sigmoid(v.u_r),  c_r = n_r + m_r
    v' = v + sum_r f_r u_r,          u_r' = u_r + f_r v

Backward, the adjoint a = d probe / d (values after the step) becomes that of the values before it:

    e_r = a_v.u_r + a_r.v                                  d probe / d f_r
    d probe / d w_p += sum_r e_r f_r / w_p
    h_r = rate w_p c_r s_r (1 - s_r)                       - d f_r / d (v.u_r)
    a_v += sum_r (f_r a_r - e_r h_r u_r),   a_r += f_r a_v - e_r h_r v     (a_v from before)

Two things make it cheap. A step is undone from the logged v and f_r alone, u_r = u_r' - f_r v, so
of the rows only their ids are logged, which are slow to draw again; and s_r follows from f_r, so
no exponential is computed again. (v could be recovered from v' and the f_r as well, but that
recursion amplifies its rounding errors without bound.)
The run is cut in segments. The forward run holds the matrices at the start of each; then every
segment is run again, last first, this time with its log, and the reverse pass goes through the log.
All probes share the runs and the undoing. Where the starts of all segments do not fit in
``reverse_pass.STATE_BYTES``, only every k-th is held and those between are rebuilt by running on
from it: at most one more training, and the same scores bit for bit.

Memory in float32: a state is the two matrices, 8 n_words dim bytes. Held states take at most
``STATE_BYTES`` (or 2 sqrt(n_segments) states, where so few are more than that), the two logs at
most ``LOG_BYTES`` each, and each probe one more state and 8 bytes per token.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.influence.unrolled.reverse_pass import (
    Checkpoint,
    Float64Array,
    Gradient,
    RunDerivative,
    forward_share,
    starts_backwards,
    state_spacing,
)
from clif_core.progress import Progress, scaled, silent
from clif_core.sgns.settings import TrainingSettings
from clif_core.training.coupled import (
    AnyFloatArray,
    Schedule,
    Segment,
    StepLog,
    start_vectors,
    train_segment,
)
from clif_core.training.steps import LINE, MOST_DRAWS, MOST_WORDS, reverse_steps

__all__ = ["LOG_BYTES", "differentiate", "is_rebuilt"]

LOG_BYTES = 256 * 2**20
LINE_BYTES = 64  # where rows begin

State = tuple[AnyFloatArray, AnyFloatArray]  # centre and context vectors at some step of the run


def _segment_length(settings: TrainingSettings, itemsize: int) -> int:
    """Contexts per segment, such that their log fits in LOG_BYTES."""
    n_rows = settings.n_negatives + 1
    of_pair = n_rows * (4 + itemsize) + settings.dim * itemsize
    return max(1, LOG_BYTES // (2 * settings.window * of_pair))


def is_rebuilt(n_contexts: float, n_words: int, settings: TrainingSettings) -> bool:
    """Whether the states of a run in float32 are too many to hold, so that some are rebuilt."""
    n_segments = max(1, math.ceil(n_contexts / _segment_length(settings, 4)))
    return state_spacing(n_segments, 2 * n_words * settings.dim * 4) > 1


def _forward(
    schedule: Schedule,
    segments: Sequence[Segment],
    spacing: int,
    weights: AnyFloatArray,
    progress: Progress,
) -> tuple[list[State], State]:
    """The states before every ``spacing``-th segment, and the state at the end of the run."""
    centre, context = start_vectors(schedule.n_words, schedule.settings, weights.dtype)
    held = []
    for done, segment in enumerate(segments):
        if done % spacing == 0:
            held.append((centre.copy(), context.copy()))
        train_segment(schedule, segment, centre, context, weights)
        progress((done + 1) / len(segments), "running the training again")
    return held, (centre, context)


def _starts(
    schedule: Schedule,
    segments: Sequence[Segment],
    spacing: int,
    held: list[State],
    weights: AnyFloatArray,
) -> Iterator[State]:
    def run_on(state: State, segment: Segment) -> State:
        centre, context = state[0].copy(), state[1].copy()
        train_segment(schedule, segment, centre, context, weights)
        return centre, context

    return starts_backwards(segments, spacing, held, run_on)


@dataclass(frozen=True, eq=False)
class _Replay:
    """One segment run again: its log, and the context vectors at its end."""

    segment: Segment
    log: StepLog
    n_logged: tuple[int, int]
    context: AnyFloatArray


def _replay(
    schedule: Schedule,
    segment: Segment,
    starts: Iterator[State],
    weights: AnyFloatArray,
    log: StepLog,
) -> _Replay:
    """Run a segment from its start, the next of ``starts``, with its log."""
    centre, context = next(starts)
    n_logged = train_segment(schedule, segment, centre, context, weights, log)
    return _Replay(segment, log, n_logged, context)


def _zeros_in_lines(shape: tuple[int, ...], dtype: npt.DTypeLike) -> AnyFloatArray:
    """Zeros whose rows start on cache lines; the last axis is rounded up to whole lines."""
    in_lines = (*shape[:-1], -(-shape[-1] // LINE) * LINE)
    n_bytes = math.prod(in_lines) * np.dtype(dtype).itemsize
    raw = np.zeros(n_bytes + LINE_BYTES, np.uint8)
    start = -raw.ctypes.data % LINE_BYTES
    return raw[start : start + n_bytes].view(dtype).reshape(in_lines)


@dataclass(frozen=True, eq=False)
class _Group:
    """Probes of one thread: adjoints (n_words, n_probes, dim), scores (n_positions, n_probes).

    The dim of the adjoints is rounded up to whole cache lines, zeros in the rest.
    """

    centre: AnyFloatArray
    context: AnyFloatArray
    scores: Float64Array

    @classmethod
    def start(cls, schedule: Schedule, parts: Sequence[Gradient], dtype: npt.DTypeLike) -> _Group:
        shape, dim = (schedule.n_words, len(parts)), schedule.settings.dim
        centre, context = (_zeros_in_lines((*shape, dim), dtype) for _ in range(2))
        for probe, (word_ids, rows) in enumerate(parts):
            centre[word_ids, probe, :dim] = rows
        return cls(centre, context, np.zeros((len(schedule.text.word_ids), len(parts))))

    def reverse(self, schedule: Schedule, replay: _Replay, weights: AnyFloatArray) -> None:
        inputs = schedule.inputs(replay.segment, weights)
        log = replay.log
        n_words, n_probes, width = self.centre.shape
        dim, dtype = schedule.settings.dim, self.centre.dtype
        context = _zeros_in_lines((n_words, dim), dtype)
        context[:, :dim] = replay.context  # a copy: other groups start from it too
        n_left = reverse_steps(
            (0,) * (width // LINE),
            _zeros_in_lines((n_probes + 1, dim), dtype),
            context,
            self.centre,
            self.context,
            self.scores,
            inputs,
            log.rows,
            log.steps,
            log.centres,
            *replay.n_logged,
        )
        assert n_left == (0, 0), "the log of a segment must be used up exactly"


def differentiate(
    schedule: Schedule,
    gradients: Callable[[AnyFloatArray], Sequence[Gradient]],
    weights: AnyFloatArray | None = None,
    dtype: npt.DTypeLike = np.float32,
    n_threads: int = 1,
    progress: Progress | None = None,
    folder: Path | None = None,
    n_probes: int = 1,
) -> RunDerivative:
    """d probe / d weight of every token position of the training text, for several probes at once.

    ``gradients`` takes the final centre vectors and returns, for each probe, the word ids that it
    reads and its gradient there; ``n_probes``, how many, is for the progress alone.
    ``weights`` (n_positions,), at which the derivative is taken: all
    1 when None; a position of weight 0 does not train and gets score 0. Deterministic for a given
    dtype; ``n_threads`` splits the probes, not the arithmetic. With a ``folder`` the reverse pass
    writes checkpoints there and resumes from the last one. InputError where there are more words or
    negatives than a logged row can hold.
    """
    started = perf_counter()
    _refuse_unloggable(schedule)
    report = progress or silent
    weights = np.ones(len(schedule.text.word_ids)) if weights is None else weights
    weights = weights.astype(dtype)
    segments = list(schedule.segments(_segment_length(schedule.settings, weights.itemsize)))
    state_bytes = 2 * schedule.n_words * schedule.settings.dim * weights.itemsize
    spacing = state_spacing(len(segments), state_bytes)
    share = forward_share(n_probes, n_threads, is_rebuilt=spacing > 1)
    held, final = _forward(schedule, segments, spacing, weights, scaled(report, 0.0, share))
    forward_seconds = perf_counter() - started
    parts = list(gradients(final[0]))
    cuts = np.array_split(np.arange(len(parts)), min(n_threads, len(parts)))
    groups = [_Group.start(schedule, [parts[i] for i in cut], dtype) for cut in cuts]
    checkpoint = Checkpoint.of(folder, schedule, weights, parts)
    n_left = len(segments) - checkpoint.restore(_arrays(groups))
    del held[-(-n_left // spacing) :]
    starts = _starts(schedule, segments[:n_left], spacing, held, weights)
    tell = scaled(report, share, 1.0)
    _reverse_pass(schedule, segments, n_left, starts, groups, weights, checkpoint, n_threads, tell)
    scores = np.concatenate([g.scores for g in groups], axis=1)
    return RunDerivative(
        scores, *final, forward_seconds, perf_counter() - started - forward_seconds
    )


def _arrays(groups: Sequence[_Group]) -> dict[str, AnyFloatArray]:
    """The results of the reverse pass so far, by name."""
    return {
        f"{name}_{i}": getattr(group, name)
        for i, group in enumerate(groups)
        for name in ("centre", "context", "scores")
    }


def _refuse_unloggable(schedule: Schedule) -> None:
    n_negatives = schedule.settings.n_negatives
    if schedule.n_words > MOST_WORDS or n_negatives >= MOST_DRAWS:
        raise InputError(
            f"the derivative of a training takes at most {MOST_WORDS:,} words and"
            f" {MOST_DRAWS - 1} negatives, this one has {schedule.n_words:,} and {n_negatives}."
            " Ask for 'block' or 'gauss_newton'."
        )


def _reverse_pass(
    schedule: Schedule,
    segments: Sequence[Segment],
    n_left: int,
    starts: Iterator[State],
    groups: Sequence[_Group],
    weights: AnyFloatArray,
    checkpoint: Checkpoint,
    n_threads: int,
    report: Progress,
) -> None:
    """Go through the first ``n_left`` segments, last first, from their ``starts``."""
    longest = max(s.last - s.first for s in segments)
    logs = [StepLog.allocate(longest, schedule.settings, weights.dtype) for _ in range(2)]

    def replay(at: int) -> Future[_Replay]:
        return pool.submit(_replay, schedule, segments[at], starts, weights, logs[at % 2])

    with ThreadPoolExecutor(n_threads) as pool:
        upcoming = replay(n_left - 1) if n_left else None
        while upcoming is not None:
            run = upcoming.result()
            passes = [pool.submit(group.reverse, schedule, run, weights) for group in groups]
            n_left -= 1
            # The segment before this one runs again while this one is differentiated.
            upcoming = replay(n_left - 1) if n_left else None
            for one in passes:
                one.result()
            n_done = len(segments) - n_left
            if checkpoint.is_due:
                checkpoint.save(n_done, _arrays(groups))
            report(
                n_done / len(segments),
                f"reverse pass through the training, {n_done} of {len(segments)} segments",
            )
    checkpoint.clear()
