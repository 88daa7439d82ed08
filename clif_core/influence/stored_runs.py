"""The runs of seed ensembles in the store, one entry a run and probe, and what they say together.

An ensemble sharpens as it goes: a run counts as soon as it is stored, a job that was stopped leaves
those before it, and further runs are added to those that are there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.ensemble import MOST_RUNS, SeedRun, run_settings, seeds_of
from clif_core.influence.estimators import ENSEMBLE, find_estimator
from clif_core.influence.result import Influence
from clif_core.influence.stored import influence_key, read_influence
from clif_core.measurement.over_runs import HOLDS_RUNS
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.model import SkipGram
from clif_core.storage.store import Store, make_key

__all__ = ["StoredRuns", "ensemble_at_hand", "n_runs_at_hand", "run_key"]

_LARGEST_HALF = 60_000.0  # of float16 (65,504), with room
_FEWEST = 2  # runs that can disagree


def ensemble_at_hand(
    store: Store, engine: InfluenceEngine, probe: ResolvedProbe, quick: Callable[[], Influence]
) -> Influence | None:
    """The seed ensemble of the runs in the store now; None where there are fewer than two.

    An answer that was stored as a whole stands in where it has more runs. One that an earlier
    version stored says nothing of its runs; it stands in for an ensemble without enough runs.
    ``quick`` gives the quick estimate of the probe.
    """
    whole = read_influence(store, influence_key(engine, probe, ENSEMBLE), engine)
    n_whole = 0 if whole is None else HOLDS_RUNS - 1 if whole.runs is None else whole.runs.n_runs
    n_needed = max(_FEWEST, n_whole + 1)
    stored = StoredRuns(store, engine)
    seeds = stored.seeds(probe)
    if len(seeds) < n_needed:
        return whole
    runs = [run for seed in seeds if (run := stored.find(probe, seed)) is not None]
    if len(runs) < n_needed:  # the others are damaged
        return whole
    return engine.combine_runs(probe, runs, quick())


def n_runs_at_hand(store: Store, engine: InfluenceEngine, probe: ResolvedProbe) -> int:
    """How many runs ``ensemble_at_hand`` has; reads none of them.

    0 for an answer that an earlier version stored, which says nothing of its runs.
    """
    whole = store.get_json(influence_key(engine, probe, ENSEMBLE)) or {}
    n_whole = len(whole.get("runs", {}).get("seeds", ()))
    return max(len(StoredRuns(store, engine).seeds(probe)), n_whole)


@dataclass(frozen=True, eq=False)
class StoredRuns:
    """The runs of seed ensembles on an engine's text and settings, one entry a run and probe.

    The key holds what decides a run's numbers and nothing else of the model, so that models that
    differ in their seed alone share their runs. The effects of token positions are kept as 16-bit
    floats of a scale of their own (error below 1e-3 of each), the sums by sentence in full.
    """

    store: Store
    engine: InfluenceEngine

    def find(self, probe: ResolvedProbe, seed: int) -> SeedRun | None:
        """The run of a seed; None where it is missing or damaged."""
        arrays = self.store.get_arrays(self._key(probe, seed))
        if arrays is None:
            return None
        scale, value, seconds = arrays["scale_value_seconds"].tolist()
        return SeedRun(
            seed,
            arrays["effects"] * np.float32(scale),
            arrays["sentence_effects"],
            value,
            seconds,
            arrays["device"].tobytes().decode(),
        )

    def keep(self, probe: ResolvedProbe, run: SeedRun) -> None:
        """Put a run where ``find`` finds it."""
        scale = float(np.abs(run.effects).max(initial=0.0)) / _LARGEST_HALF or 1.0
        arrays: dict[str, npt.NDArray[Any]] = {
            "effects": (run.effects / scale).astype(np.float16),
            "sentence_effects": run.sentence_effects,
            "scale_value_seconds": np.array([scale, run.value, run.seconds]),
            "device": np.frombuffer(run.device.encode(), np.uint8),
        }
        about = {"probe": probe.probe.key, "seed": run.seed}
        self.store.put_arrays(self._key(probe, run.seed), arrays, about)

    def seeds(self, probe: ResolvedProbe) -> tuple[int, ...]:
        """The seeds of the runs that are there for a probe, first ones first; reads no run."""
        own = self.engine.model.require_settings().seed
        known = seeds_of(own, MOST_RUNS)
        return tuple(seed for seed in known if self.store.has_arrays(self._key(probe, seed)))

    def _key(self, probe: ResolvedProbe, seed: int) -> str:
        keys, at = _keys.setdefault(self.engine, {}), (probe.probe.key, seed)
        if at not in keys:
            keys[at] = run_key(self.engine.model, self.engine.corpus.content_hash, *at)
        return keys[at]


# Whoever shows a probe looks for the runs of all seeds, again and again: keys are made once.
_keys: WeakKeyDictionary[InfluenceEngine, dict[tuple[str, int], str]] = WeakKeyDictionary()


def run_key(model: SkipGram, corpus_hash: str, probe_key: str, seed: int) -> str:
    """The store key of a run."""
    return make_key(
        "seed-run",
        version=find_estimator(ENSEMBLE).version,
        text=corpus_hash,
        vocabulary=model.vocabulary.content_hash,
        settings=run_settings(model.require_settings(), seed).to_dict(),
        probe=probe_key,
    )
