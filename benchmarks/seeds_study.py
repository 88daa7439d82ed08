"""What ``benchmarks.seeds`` trains and keeps: derivatives of runs, and trainings without some text.

Everything is saved in the study's folder as soon as it is computed, and read from there.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.fidelity import Sample, on_one_line
from clif_core.device import pick_device
from clif_core.influence.gathering import RunText, gradients_of
from clif_core.sgns.settings import TrainingSettings
from clif_core.training import train_repeatable

__all__ = ["Runs", "Study"]

FIRST_SEED, FIRST_HELD_OUT = 1_000_003, 2_000_003
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Runs:
    """``effects`` (K, n_probes, n_sentences): removal effects of each run; seconds for each run."""

    effects: Floats
    seconds: list[float]

    @property
    def mean(self) -> Floats:
        return np.asarray(self.effects.mean(0))


@dataclass(frozen=True, eq=False)
class Study:
    sample: Sample
    settings: TrainingSettings
    folder: Path

    def settings_of(self, start_range: float, seed: int) -> TrainingSettings:
        return replace(self.settings, start_range=start_range, seed=seed)

    @property
    def name(self) -> str:
        """Of the files: coupled runs are kept apart from those in batches."""
        backend = self.settings.backend
        return self.sample.name if backend == "batched" else f"{self.sample.name}-{backend}"

    # --- derivatives

    def runs(self, start_range: float, n_runs: int) -> Runs:
        file = self.folder / f"{self.name}-{start_range:g}.npz"
        saved = _load(file)
        effects, seconds = list(saved[0]), saved[1]
        for seed in range(FIRST_SEED + len(effects), FIRST_SEED + n_runs):
            of_run, took = self._derivative(start_range, seed)
            effects.append(of_run)
            seconds.append(took)
            _save(file, effects, seconds)
        return Runs(np.array(effects[:n_runs]), seconds[:n_runs])

    def _derivative(self, start_range: float, seed: int) -> tuple[Floats, float]:
        """(n_probes, n_sentences) removal effects, float32."""
        started, engine, probes = perf_counter(), self.sample.engine, self.sample.probes
        counts, offsets = engine.model.vocabulary.counts, engine.corpus.sentence_offsets
        on = RunText(engine.text, counts, offsets, pick_device())
        settings = self.settings_of(start_range, seed)
        beside = self.folder / f"{self.name}-{start_range:g}-{seed}"
        tell = on_one_line(f"{start_range:g}, seed {seed}")
        found = partial(gradients_of, probes)
        run = on.differentiate(settings, found, 1, tell, beside, len(probes))
        answers = [on.answer(seed, run, at, probe) for at, probe in enumerate(probes)]
        return np.array([answer.sentence_effects for answer in answers]), perf_counter() - started

    # --- trainings without some text, under held-out seeds

    def changes(
        self, start_range: float, sets: dict[str, npt.NDArray[np.bool_]], n_seeds: int
    ) -> dict[str, Floats]:
        """For each set of sentences, how each probe changes without it: (n_seeds, n_probes)."""
        file = self.folder / f"{self.name}-held-out-{start_range:g}.json"
        values = json.loads(file.read_text()) if file.is_file() else {}
        everything = {"all": np.zeros(len(next(iter(sets.values()))), bool)} | sets
        seeds = range(FIRST_HELD_OUT, FIRST_HELD_OUT + n_seeds)
        for seed, (name, removed) in itertools.product(seeds, everything.items()):
            if f"{seed} {name}" not in values:
                values[f"{seed} {name}"] = self._values(start_range, seed, removed)
                file.write_text(json.dumps(values))
        return {
            name: np.array([np.subtract(values[f"{s} {name}"], values[f"{s} all"]) for s in seeds])
            for name in sets
        }

    def _values(self, start_range: float, seed: int, removed: npt.NDArray[np.bool_]) -> list[float]:
        """The probes after a training without some sentences."""
        engine = self.sample.engine
        present = np.repeat(~removed, np.diff(engine.corpus.sentence_offsets)).astype(np.float32)
        centre, _ = train_repeatable(
            engine.corpus, engine.model.vocabulary, self.settings_of(start_range, seed), present
        )
        return [probe.value(centre) for probe in self.sample.probes]


def _load(file: Path) -> tuple[list[Floats], list[float]]:
    if not file.is_file():
        return [], []
    with np.load(file) as saved:
        effects = saved["effects"].astype(np.float32) * saved["scales"][..., None]
        return list(effects), saved["seconds"].tolist()


def _save(file: Path, effects: Sequence[Floats], seconds: Sequence[float]) -> None:
    """float16, in units of the largest effect of each run and probe."""
    scales = np.abs(np.array(effects)).max(-1)
    scaled = (np.array(effects) / scales[..., None]).astype(np.float16)
    np.savez_compressed(file, effects=scaled, scales=scales, seconds=seconds)
