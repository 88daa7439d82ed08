"""The job that tries repairs: how many texts, how often, in which way.

It runs each (mode, N) once for the largest number of passes and reads the model on the way.
Which N and K come out best is chosen on the probe itself: judge the choice on other words
(``benchmarks.studies.mitigation``) before believing it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from clif_core.errors import InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.fine_tune import Repair, default_rate, fine_tune_steps
from clif_core.interventions.retrain import mean_shift, read_probes
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.workspace.tasks.choice import best_influence
from clif_core.workspace.tasks.fine_tune import RepairQuestion, choose_repair, n_tokens_of
from clif_core.workspace.tasks.retrain import open_unchanged, read_wordsim
from clif_core.workspace.workspace import Workspace

__all__ = ["work_repair"]


def work_repair(request: Mapping[str, Any], folder: Path, progress: Progress) -> Mapping[str, Any]:
    """The job behind ``submit_repair``.

    Result: ``probe`` (key), ``name``, ``before`` and ``wordsim353_before``, and ``rows``, one for
    each (mode, top, passes): ``n_undo``, ``n_redo``, ``n_tokens``, ``predicted`` (to first order),
    ``values`` by probe key, ``change``, ``wordsim353``, ``mean_shift``, ``problem``.
    """
    start = time.monotonic()
    workspace, model, corpus = open_unchanged(request)
    asked = RepairQuestion.from_request(request)
    progress(0.0, "laying windows over the text")
    engine = workspace.open_engine(model, corpus)
    sweep = _Sweep(workspace, engine, asked)
    rows: list[dict[str, Any]] = []
    cells = [(mode, top) for mode in asked.modes for top in asked.tops]
    for at, (mode, top) in enumerate(cells):

        def report(
            fraction: float, message: str, at: int = at, told: str = f"{mode} {top}"
        ) -> None:
            progress((at + fraction) / len(cells), f"{told}: {message}")

        rows += sweep.run(mode, top, report)
    return {
        "probe": asked.probe.key,
        "name": asked.probe.name,
        "estimator": sweep.estimator,
        "learning_rate": sweep.rate,
        "level": asked.level,
        "before": sweep.read(model),
        "wordsim353_before": read_wordsim(model),
        "n_tokens_text": corpus.n_tokens,
        "rows": rows,
        "seconds": time.monotonic() - start,
    }


class _Sweep:
    """The repairs of one question, one after another."""

    def __init__(
        self, workspace: Workspace, engine: InfluenceEngine, asked: RepairQuestion
    ) -> None:
        self.workspace, self.engine, self.asked = workspace, engine, asked
        vocabulary = engine.model.vocabulary
        self.probes = [p.resolve(vocabulary) for p in (asked.probe, *asked.others)]
        self.gradient = workspace.influence(engine, self.probes[0], "gradient")
        self.estimator = best_influence(
            workspace, engine, self.probes[0], asked.estimator
        ).estimator
        self.rate = (
            default_rate(engine.model) if asked.learning_rate is None else asked.learning_rate
        )

    def read(self, model: SkipGram) -> dict[str, float | None]:
        return read_probes(self.probes, model)

    def run(self, mode: str, top: int, progress: Progress) -> Iterator[dict[str, Any]]:
        """A row for each number of passes, on the way of one repair."""
        asked, model = self.asked, self.engine.model
        repair, _ = choose_repair(
            self.workspace, self.engine, asked.probe, mode, top, asked.level, self.estimator,
            asked.passes[-1], self.rate,
        )  # fmt: skip
        before = self.read(model)[asked.probe.key]
        problem, done = "", 0
        try:
            for passes, repaired in fine_tune_steps(
                model, self.engine.corpus, repair, asked.passes, progress
            ):
                values = self.read(repaired)
                value = values[asked.probe.key]
                yield self._row(mode, top, replace(repair, passes=passes)) | {
                    "values": values,
                    "change": None if value is None or before is None else value - before,
                    "wordsim353": read_wordsim(repaired),
                    "mean_shift": mean_shift(model, repaired),
                    "problem": "",
                }
                done += 1
        except InputError as error:
            problem = str(error)
        for passes in asked.passes[done:]:
            yield self._row(mode, top, replace(repair, passes=passes)) | {
                "values": dict.fromkeys((p.probe.key for p in self.probes), None),
                "change": None,
                "wordsim353": None,
                "mean_shift": None,
                "problem": problem,
            }

    def _row(self, mode: str, top: int, repair: Repair) -> dict[str, Any]:
        return {
            "mode": mode,
            "top": top,
            "passes": repair.passes,
            "n_undo": len(repair.undo),
            "n_redo": len(repair.redo),
            "n_tokens": n_tokens_of(self.engine.corpus, repair),
            "predicted": self._predict(repair),
        }

    def _predict(self, repair: Repair) -> float:
        """passes * rate * (effects of the undone - effects of the redone), plain gradient."""
        influence = self.gradient
        effects = (
            influence.document_effects
            if repair.level == "documents"
            else influence.sentence_effects
        )
        total = effects[list(repair.undo)].sum() - effects[list(repair.redo)].sum()
        return float(repair.passes * repair.learning_rate * total)
