"""Measure what is left of a sample's first probe without its hundred strongest sentences.

    python -m sample_models.removals [shakespeare] [brown]      (``make removals``)

``make samples`` does it too. The sentences are those that the shipped answers name: for the text
the seed ensemble, for the model the exact derivative of its training. Each list is taken away under
the model's own seed and some others, none of which the ensemble has, by the trainer of the model;
as many words at random are taken away under its own seed. Trainings are kept in the workspace
($CLIF_HOME), so after a stop the same command goes on. The result goes on the card.
"""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ENSEMBLE, UNROLLED
from clif_core.interventions.edit import Edit, random_edit, token_mask
from clif_core.probes.base import ResolvedProbe
from clif_core.probes.shipped import find_probe
from clif_core.workspace.shipped_removals import Chosen, save_removals
from clif_core.workspace.tasks.choice import carrying_edit
from clif_core.workspace.tasks.retrained import retrained
from clif_core.workspace.workspace import Workspace
from sample_models.recipes import RECIPES

HERE = Path(__file__).parent
#: Sample -> seeds of either list, the model's own among them, and random sets. A training on
#: Shakespeare takes three times as long as one on Brown.
_SEEDS: dict[str, dict[Chosen, int]] = {
    "brown": {"text": 6, "model": 6},
    "shakespeare": {"text": 3, "model": 1},
}
_RANDOM = {"brown": 5, "shakespeare": 3}
_CHOOSERS: dict[Chosen, str] = {"text": ENSEMBLE, "model": UNROLLED}


def measure(folder: Path, probe_name: str, workspace: Workspace) -> None:
    """Measure the removals for one probe of the bundle in ``folder`` and write them on its card."""
    model = workspace.open_model(folder.name).model
    corpus = workspace.open_corpus(model) or workspace.add_sample_text(folder.name)
    engine = workspace.open_engine(model, corpus)
    probe = find_probe(probe_name).resolve(model.vocabulary)
    results: dict[Chosen, Mapping[str, Any]] = {}
    for chosen, estimator in _CHOOSERS.items():
        answer = workspace.results.cached(engine, probe, estimator)
        if answer is not None:
            n_random = _RANDOM[folder.name] if chosen == "text" else 0
            sizes = (_SEEDS[folder.name][chosen], n_random)
            results[chosen] = _train(workspace, engine, probe, carrying_edit(answer), sizes)
    save_removals(folder, model, probe.probe.key, results)


def _train(
    workspace: Workspace,
    engine: InfluenceEngine,
    probe: ResolvedProbe,
    edit: Edit,
    sizes: tuple[int, int],
) -> dict[str, Any]:
    """As the result of a retraining job, with this probe alone."""
    model, corpus, key = engine.model, engine.corpus, probe.probe.key

    def value(of: Edit | None, seed: int | None) -> dict[str, float]:
        vectors = retrained(workspace, model, corpus, of, seed).centre_vectors
        return {key: round(float(probe.value(vectors)), 6)}

    own, (n_seeds, n_random) = model.require_settings().seed, sizes
    runs = []
    for seed in range(own, own + n_seeds):
        given = None if seed == own else seed
        drawn = [random_edit(corpus, edit, n) for n in range(n_random)] if seed == own else []
        runs.append(
            {
                "seed": seed,
                "before": value(None, given),
                "after": value(edit, given),
                "random": [value(other, given) for other in drawn],
            }
        )
        print(f"  {runs[-1]}", flush=True)
    n_tokens = int(token_mask(corpus, edit).sum())
    return {
        "edit": edit.to_dict(),
        "n_tokens": n_tokens,
        "n_tokens_text": corpus.n_tokens,
        "runs": runs,
        "made": {"date": datetime.date.today().isoformat(), "machine": machine()},
    }


def main() -> None:
    committed = [name for name, recipe in RECIPES.items() if recipe.is_committed]
    parser = argparse.ArgumentParser(prog="python -m sample_models.removals")
    parser.add_argument("names", nargs="*", metavar="sample", help=", ".join(committed))
    names = parser.parse_args().names
    if unknown := sorted(set(names) - set(committed)):
        parser.error(f"unknown sample {unknown[0]!r}; known: {', '.join(committed)}.")
    for name in names or committed:
        print(f"{name}: training without its strongest sentences", flush=True)
        measure(HERE / name, RECIPES[name].probes[0], Workspace())


if __name__ == "__main__":
    main()
