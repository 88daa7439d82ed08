"""The missing runs of a seed ensemble, each a task of its own (``clif_core.many``).

    probes x seeds, less what is kept -> one task a seed -> its answers, kept when it is done

One reverse pass answers all probes that a run is missing for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from clif_core.influence.ensemble import KeptRuns, SeedRun, run_settings
from clif_core.influence.result import sums
from clif_core.influence.unrolled import reverse_pass
from clif_core.influence.unrolled.batched import differentiate_batched
from clif_core.influence.unrolled.coupled import LOG_BYTES, differentiate
from clif_core.influence.unrolled.reverse_pass import Gradient, RunDerivative, reverse_passes
from clif_core.many import Task, has_cluster, run_each, share_of
from clif_core.probes.base import ResolvedProbe
from clif_core.progress import Progress, scaled, silent
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import TrainingText
from clif_core.training.amount import processes_for
from clif_core.training.coupled import AnyFloatArray, Schedule

__all__ = [
    "RunText",
    "differentiate_run",
    "gather_runs",
    "gradients_of",
    "passes_of_runs",
    "processes_for_runs",
]

CORES_OF_RUN = 2  # that one can use, of one probe


@dataclass(frozen=True, eq=False)
class RunText:
    """What every run on a text shares, and how one is differentiated.

    Attributes
    ----------
    counts : (n_words,) of the vocabulary
    sentence_offsets : (n_sentences + 1,) in tokens
    device : where batched runs are
    """

    text: TrainingText
    counts: npt.NDArray[np.int64]
    sentence_offsets: npt.NDArray[np.int64]
    device: torch.device

    def differentiate(
        self,
        settings: TrainingSettings,
        gradients: Callable[[AnyFloatArray], list[Gradient]],
        n_threads: int,
        progress: Progress | None,
        folder: Path | None,
        n_probes: int = 1,
    ) -> RunDerivative:
        """The derivative of a run by the trainer of its settings, batched ones on the device.

        ``n_probes`` that ``gradients`` returns, for the progress.
        """
        schedule = Schedule.build(self.text, self.counts, settings)
        if settings.backend == "batched":
            return differentiate_batched(
                schedule,
                gradients,
                device=self.device,
                n_threads=n_threads,
                progress=progress,
                folder=folder,
                n_probes=n_probes,
            )
        return differentiate(
            schedule,
            gradients,
            n_threads=n_threads,
            progress=progress,
            folder=folder,
            n_probes=n_probes,
        )

    def answer(self, seed: int, run: RunDerivative, at: int, probe: ResolvedProbe) -> SeedRun:
        """What a run says to the probe at column ``at`` of its scores."""
        effects = -run.scores[:, at]  # removing takes the weight from 1 to 0
        of_tokens = np.zeros(int(self.sentence_offsets[-1]))
        of_tokens[self.text.tokens] = effects
        return SeedRun(
            seed,
            effects,
            sums(self.sentence_offsets, of_tokens).astype(np.float32),
            probe.value(run.centre_vectors),
            run.forward_seconds + run.backward_seconds,
            run.device,
        )


@dataclass(frozen=True, eq=False)
class _Asked:
    """One run: its settings, the probes to answer, where its checkpoints go."""

    settings: TrainingSettings
    probes: Sequence[ResolvedProbe]
    n_threads: int
    folder: Path | None


def gather_runs(
    on: RunText,
    own: TrainingSettings,
    probes: Sequence[ResolvedProbe],
    seeds: Sequence[int],
    kept: KeptRuns,
    *,
    n_processes: int | None = None,
    n_threads: int = 1,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> int:
    """Differentiate what is missing of the runs and keep each when it is done; how many were run.

    ``own``: the model's settings. ``n_processes`` None: as many as are worth their start.
    ``n_threads``: of a run, where one process does all; several share the cores, but for the first
    run where it goes alone (``passes_of_runs``). A stop loses the runs in progress
    alone, and with a ``folder`` not those: they go on from their checkpoints (not on a cluster).
    """
    missing = {
        seed: wanted
        for seed in seeds
        if (wanted := [probe for probe in probes if kept.find(probe, seed) is None])
    }
    if not missing:
        return 0
    if n_processes is None:
        n_processes = processes_for_runs(on.counts, own, len(missing))
    n_processes = min(n_processes, len(missing))
    if has_cluster():
        n_threads, folder = 1, None
    elif n_processes > 1:
        n_threads = share_of(n_processes)
    tasks = []
    for seed, wanted in missing.items():
        beside = folder / f"run-{seed}" if folder else None
        label = f"training {seeds.index(seed) + 1} of {len(seeds)}"
        asked = _Asked(run_settings(own, seed), wanted, n_threads, beside)
        tasks.append(Task(asked, label, f"{label} (seed {seed})"))

    def run(tasks: Sequence[Task[_Asked]], n_processes: int, progress: Progress) -> None:
        def keep(at: int, found: Sequence[SeedRun]) -> None:
            for probe, one in zip(tasks[at].given.probes, found, strict=True):
                kept.keep(probe, one)

        run_each(
            differentiate_run,
            on,
            tasks,
            keep,
            n_processes=n_processes,
            progress=progress,
            what="trainings",
            n_before=len(seeds) - len(tasks),
        )

    rest = scaled(progress or silent, 1 - len(tasks) / len(seeds), 1.0)
    alone, together = passes_of_runs(len(tasks), len(probes), n_processes)
    n_alone, share = int(alone > 0), alone / (alone + together)
    first = [replace(t, given=replace(t.given, n_threads=share_of(1))) for t in tasks[:n_alone]]
    run(first, 1, scaled(rest, 0.0, share))
    run(tasks[n_alone:], n_processes, scaled(rest, share, 1.0))
    return len(tasks)


def passes_of_runs(
    n_runs: int, n_probes: int, n_processes: int, *, is_rebuilt: bool = False
) -> tuple[float, float]:
    """What the first run takes alone (0: it is not alone), and the others together.

    In times of one run forward on one core. People wait for the first run. On two cores it goes
    before the others, with both: one for the run again, one for the way back through it. On more
    cores the others would wait for too little.
    """

    def passes(n_threads: int) -> float:
        return 1 + reverse_passes(n_probes, n_threads, is_rebuilt=is_rebuilt)

    is_alone = n_processes > 1 and share_of(1) == CORES_OF_RUN and not has_cluster()
    n_rounds = -(-(n_runs - is_alone) // n_processes)
    return is_alone * passes(share_of(1)), n_rounds * passes(share_of(n_processes))


def processes_for_runs(counts: npt.NDArray[np.int64], own: TrainingSettings, n_runs: int) -> int:
    """How many runs are worth differentiating at once on this machine."""
    n_bytes = reverse_pass.STATE_BYTES + 3 * LOG_BYTES
    return processes_for(counts, run_settings(own, own.seed), n_runs, n_bytes)


def differentiate_run(on: RunText, asked: _Asked, progress: Progress) -> list[SeedRun]:
    """The answers of one run, in the order of its probes."""
    gradients = partial(gradients_of, asked.probes)
    run = on.differentiate(
        asked.settings, gradients, asked.n_threads, progress, asked.folder, len(asked.probes)
    )
    seed = asked.settings.seed
    return [on.answer(seed, run, at, probe) for at, probe in enumerate(asked.probes)]


def gradients_of(
    probes: Sequence[ResolvedProbe], vectors: npt.NDArray[np.floating]
) -> list[Gradient]:
    """The rows that each probe reads, and its gradient there."""
    return [(probe.word_ids, probe.gradient(vectors)) for probe in probes]
