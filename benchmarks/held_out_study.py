"""What ``benchmarks.held_out`` trains, keeps and judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.fidelity import MEASURED, Sample, on_one_line
from clif_core.errors import InputError
from clif_core.evaluation import (
    Changes,
    ListTable,
    Retrainings,
    Table,
    TextList,
    Trial,
    fixed_lists,
    held_out_seeds,
    judge,
    judge_lists,
    list_edits,
    random_sets,
    read_changes,
    write_changes,
)
from clif_core.evaluation.held_out import N_SEEDS
from clif_core.influence.estimators import ENSEMBLE, QUICK, UNROLLED
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit
from clif_core.interventions.thinned import thinned_words
from clif_core.probes.base import ResolvedProbe
from clif_core.workspace.tasks.held_out import answers_at_hand
from clif_core.workspace.workspace import Workspace

__all__ = ["Study"]

#: Probes whose ensembles are shipped, as in ``sample_models.build``.
N_PROBES = {"brown": 2, "shakespeare": 1}
HUNDREDTH = 0.01


@dataclass(frozen=True, eq=False)
class Study:
    """A sample, its probes with their answers, and the seeds that judge them."""

    sample: Sample
    probes: tuple[ResolvedProbe, ...]
    answers: tuple[dict[str, Influence], ...]
    retrainings: Retrainings
    seeds: tuple[int, ...]

    @classmethod
    def open(cls, name: str) -> Study:
        sample = Sample.open(name)
        workspace, model = Workspace(), sample.engine.model
        probes = sample.probes[: N_PROBES[name]]
        for probe in probes:
            # a minute, where it is not stored
            workspace.results.influence(sample.engine, probe, UNROLLED)
        known = (model.require_settings().seed, *model.other_seeds)
        return cls(
            sample,
            probes,
            tuple(answers_at_hand(workspace, sample.engine, probe) for probe in probes),
            replace(sample.retrainings, given=_read_held_out(sample)),
            held_out_seeds(known, N_SEEDS),
        )

    def lists(self, at: int, sizes: Sequence[int]) -> tuple[TextList, ...]:
        return fixed_lists(self.sample.engine, self.probes[at], self.answers[at], sizes)

    def random(self, n_sets: int) -> Trial:
        """Random hundredths of the documents: the sets that ``benchmarks.fidelity`` takes."""
        return random_sets(self.sample.engine.corpus, self.probes, HUNDREDTH, n_sets)

    def train(self, sizes: Sequence[int], n_sets: int, at_most: int) -> int:
        """Train what is missing, list by list, then set by set; returns how many trainings."""
        wanted: dict[tuple[Edit, int], None] = {}
        for size in sizes:
            both = [self.lists(at, (size,)) for at in range(len(self.probes))]
            edits = list_edits([one for column in zip(*both, strict=True) for one in column])
            wanted |= dict.fromkeys((edit, seed) for edit in edits for seed in self.seeds)
        edits = self.random(n_sets).all_edits
        wanted |= dict.fromkeys((edit, seed) for edit in edits for seed in self.seeds)
        probes = self.sample.probes
        missing = [w for w in wanted if self.retrainings.changes(*w, probes) is None]
        tell = on_one_line(self.sample.name)
        return self.retrainings.train_missing(missing[:at_most], progress=tell)

    def keep(self, sizes: Sequence[int], n_sets: int) -> None:
        """Add what was trained to the file, for every probe of the sample."""
        known = dict(_read_held_out(self.sample))
        keys = [probe.probe.key for probe in self.sample.probes]
        lists = [one for at in range(len(self.probes)) for one in self.lists(at, sizes)]
        for edit in (*list_edits(lists), *self.random(n_sets).all_edits):
            for seed in self.seeds:
                found = self.retrainings.changes(edit, seed, self.sample.probes)
                if found is not None:
                    known[edit.key, seed] = dict(zip(keys, found.tolist(), strict=True))
        write_changes(_file(self.sample), self.sample.engine.model.content_hash, known)

    def judged_sets(self, n_sets: int, *, without_thinned: bool) -> list[Table]:
        """For each probe, the estimates over the random sets that are trained under every seed.

        ``without_thinned``: not those of which the app warns that a word loses much of its text.
        """
        trial, engine, found = self.random(n_sets), self.sample.engine, []
        for at, probe in enumerate(self.probes):
            sets = [
                number
                for number, edit in enumerate(trial.edits[at])
                if not (without_thinned and thinned_words(engine, probe, edit))
            ]
            of_probe = replace(trial, probes=(probe,), edits=(trial.edits[at],)).only(sets)
            try:
                found.append(
                    judge(
                        self.retrainings, engine, of_probe, (ENSEMBLE, UNROLLED, QUICK), self.seeds
                    )
                )
            except InputError as error:
                print(f"{self.sample.name}: {error}", flush=True)
        return found

    def tables(self, sizes: Sequence[int]) -> list[ListTable]:
        found = []
        for at, probe in enumerate(self.probes):
            lists = self.lists(at, sizes)
            try:
                table = judge_lists(self.retrainings, probe, lists, self.answers[at], self.seeds)
            except InputError as error:
                print(f"{self.sample.name}: {error}", flush=True)
                continue
            found.append(table)
        return found


def _file(sample: Sample) -> Path:
    return MEASURED / f"held-out-{sample.name}.csv"


def _read_held_out(sample: Sample) -> Changes:
    """Changes that earlier runs measured under held-out seeds, on any machine."""
    return read_changes(_file(sample), sample.engine.model.content_hash)
