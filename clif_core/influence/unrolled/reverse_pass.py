"""What every reverse pass through a training run shares: states, result, checkpoints.

A reverse pass needs the state (both matrices) before each segment of the run, last segment first.
Only some states are held; those between are rebuilt by running on from one that is. A checkpoint
saves the adjoints and the scores, so that an interrupted pass resumes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from clif_core.training.coupled import AnyFloatArray, Schedule

__all__ = [
    "Checkpoint",
    "Gradient",
    "RunDerivative",
    "forward_share",
    "reverse_passes",
    "starts_backwards",
    "state_spacing",
]

STATE_BYTES = 2**30
SAVE_SECONDS = 30.0
# What it takes to undo the steps of a run, and to differentiate them for each probe, in times of a
# run forward: measured on Brown and on a text of 17 million tokens, for 1, 2, 4 and 8 probes.
_UNDO, _OF_PROBE = 0.7, 0.55

Float64Array = npt.NDArray[np.float64]
Gradient = tuple[npt.NDArray[np.int64], Float64Array]  # word ids, d probe / d their vectors
AState = TypeVar("AState")
ASegment = TypeVar("ASegment")


@dataclass(frozen=True, eq=False)
class RunDerivative:
    """The derivative of a training run by the weight of every token position.

    Attributes
    ----------
    scores : (n_positions, n_probes) float64, d probe / d weight
    centre_vectors, context_vectors : (n_words, dim), where the run ends
    device : where it was computed, as ``name_device`` calls it
    """

    scores: Float64Array
    centre_vectors: AnyFloatArray
    context_vectors: AnyFloatArray
    forward_seconds: float
    backward_seconds: float
    device: str = "CPU"


def reverse_passes(n_probes: int, n_threads: int = 1, *, is_rebuilt: bool = False) -> float:
    """What the reverse pass takes, in times of the run forward, where each thread has a core.

    Tells how far the work is and what it will take. ``is_rebuilt``: not all states are held, so the
    run is repeated once more, many segments at a time, while the reverse pass waits.
    """
    n_groups = min(n_threads, n_probes)
    of_group = _UNDO + _OF_PROBE * -(-n_probes // n_groups)
    return is_rebuilt + max(of_group, (1 + n_groups * of_group) / n_threads)


def forward_share(n_probes: int, n_threads: int = 1, *, is_rebuilt: bool = False) -> float:
    """The share of the run forward in the time of a derivative."""
    return 1 / (1 + reverse_passes(n_probes, n_threads, is_rebuilt=is_rebuilt))


def state_spacing(n_segments: int, state_bytes: int) -> int:
    """k, such that the state before every k-th segment is held: the smallest k that fits.

    The states rebuilt between two of them count as well. Where no k fits ``STATE_BYTES``, the one
    that needs the fewest states.
    """
    room = STATE_BYTES // state_bytes
    return min(range(1, n_segments + 1), key=lambda k: max(room, -(-n_segments // k) + k - 1))


def starts_backwards(
    segments: Sequence[ASegment],
    spacing: int,
    held: list[AState],
    run_on: Callable[[AState, ASegment], AState],
) -> Iterator[AState]:
    """The state before every segment, last first; ``held`` is emptied.

    ``held`` has the state before every ``spacing``-th segment; ``run_on`` gives the state after a
    segment.
    """
    for first in reversed(range(0, len(segments), spacing)):
        states = [held.pop()]
        for segment in segments[first : first + spacing][:-1]:
            states.append(run_on(states[-1], segment))
        while states:
            yield states.pop()


@dataclass(eq=False)
class Checkpoint:
    """A file from which an interrupted reverse pass resumes, if it was the same pass.

    ``file`` None: nothing is saved. ``fingerprint``: a hash of everything that the pass depends on.
    """

    file: Path | None
    fingerprint: str
    saved: float = field(default_factory=perf_counter)

    @classmethod
    def of(
        cls,
        folder: Path | None,
        schedule: Schedule,
        weights: AnyFloatArray,
        parts: Sequence[Gradient],
        device: str = "CPU",
    ) -> Checkpoint:
        digest = hashlib.sha256(f"{schedule.settings} {device}".encode())
        for array in (schedule.text.word_ids, schedule.text.unit_offsets, weights, *sum(parts, ())):
            digest.update(np.ascontiguousarray(array).tobytes())
        return cls(folder / "unrolled.npz" if folder else None, digest.hexdigest())

    @property
    def is_due(self) -> bool:
        return self.file is not None and perf_counter() - self.saved > SAVE_SECONDS

    def save(self, n_done: int, arrays: Mapping[str, npt.NDArray[np.floating]]) -> None:
        """Write a checkpoint atomically; the previous one stays valid until it is complete.

        ``n_done``: how many segments the arrays are the result of.
        """
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        beside = self.file.with_name(f"beside-{self.file.name}")
        named: dict[str, Any] = {f"array_{name}": array for name, array in arrays.items()}
        np.savez(beside, n_done=n_done, fingerprint=np.array(self.fingerprint), **named)
        beside.replace(self.file)
        self.saved = perf_counter()

    def restore(self, arrays: Mapping[str, npt.NDArray[np.floating]]) -> int:
        """Fill the arrays from the checkpoint; returns how many segments are done.

        0, with the arrays as they were, where there is no checkpoint of this pass.
        """
        if self.file is None or not self.file.exists():
            return 0
        try:
            with np.load(self.file) as saved:
                if str(saved["fingerprint"]) != self.fingerprint:
                    return 0
                found = {name: saved[f"array_{name}"] for name in arrays}
                n_done = int(saved["n_done"])
        except (OSError, ValueError, KeyError, BadZipFile):  # damaged, or of another n_threads
            return 0
        if any(found[name].shape != array.shape for name, array in arrays.items()):
            return 0
        for name, array in arrays.items():
            array[...] = found[name]
        return n_done

    def clear(self) -> None:
        if self.file is not None:
            self.file.unlink(missing_ok=True)
