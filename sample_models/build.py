"""Train the sample models again:  python -m sample_models.build [shakespeare] [brown] ...

With ``--trace-only`` the models stay as they are, and only the answers that are shipped with them
are computed again: the exact derivative of the first probe and the seed ensembles of all probes of
the recipe. ``--ensemble-only`` keeps the derivative as well. Either way the removals of the first
probe's strongest sentences are measured anew (``removals``). Finished runs are kept in the
workspace ($CLIF_HOME), so after a stop the same command goes on.

Each sample is one of ``recipes``. A bundle holds both matrices of the first seed and the centre
vectors of the other seeds. The spread of a probe over trainings needs centre vectors only, and
omitting the other context vectors keeps the repository small. Everything on a card is computed here
from the trained model.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from clif_core.errors import FormatError
from clif_core.influence.ensemble import run_settings
from clif_core.influence.stored_runs import StoredRuns
from clif_core.measurement import probe_report, quality
from clif_core.probes.shipped import find_probe
from clif_core.sgns.bundle import Bundle, read_card, save_bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.training import train
from clif_core.workspace.shipped import save_derivatives
from clif_core.workspace.shipped_runs import save_ensembles
from clif_core.workspace.tasks.word_map import draw_map
from clif_core.workspace.workspace import Workspace
from sample_models.recipes import RECIPES, Recipe
from sample_models.removals import measure

HERE = Path(__file__).parent
LIMIT_BYTES = 25_000_000  # all samples together
N_RUNS = 16  # of the ensembles that are shipped


def build(name: str, workspace: Workspace) -> Path:
    """Train, measure, map and save one sample; returns its folder."""
    recipe = RECIPES[name]
    corpus = workspace.add_sample_text(name, is_checked=False)
    started = time.perf_counter()
    models = [train(corpus, replace(recipe.settings, seed=seed)) for seed in recipe.seeds]
    seconds = (time.perf_counter() - started) / len(models)
    first = models[0]
    model = replace(
        first,
        name=name,
        # The card describes the rounded vectors that the file holds.
        centre_vectors=_as_stored(first.centre_vectors),
        context_vectors=_as_stored(first.require_context_vectors()),
        other_seeds={
            seed: _as_stored(other.centre_vectors)
            for seed, other in zip(recipe.seeds[1:], models[1:], strict=True)
        },
    )
    card = _card(recipe, corpus, model, seconds) | _judged_before(HERE / name, model)
    table = None if recipe.n_clusters is None else draw_map(model, recipe.n_clusters)
    bundle = Bundle(model, card, table)
    if not recipe.is_committed:
        return workspace.keep_model(bundle, corpus)
    save_bundle(bundle, HERE / name)
    return HERE / name


def trace(
    name: str, workspace: Workspace, n_runs: int = N_RUNS, is_ensemble_only: bool = False
) -> None:
    """Compute what is shipped of the sample's probes, on the fastest device of this machine.

    The exact derivatives of this model, and the seed ensembles of ``n_runs`` trainings of its text.
    Both are kept in the workspace. Beside a committed sample are saved the derivative of the first
    probe and the ensembles of all. ``is_ensemble_only``: the derivative there stays as it is.
    """
    model = workspace.open_model(name).model
    corpus = workspace.open_corpus(model)
    corpus = workspace.add_sample_text(name) if corpus is None else corpus
    engine = workspace.open_engine(model, corpus)
    probes = [find_probe(probe).resolve(model.vocabulary) for probe in RECIPES[name].probes]
    n_threads = os.cpu_count() or 1
    if not is_ensemble_only:
        answers = engine.unrolled(probes, n_threads=n_threads)
        for probe, answer in zip(probes, answers, strict=True):
            workspace.results.write(engine, probe, answer)
        if RECIPES[name].is_committed:
            save_derivatives(HERE / name, model.content_hash, answers[:1])
    # Of the runs in the store, not what is at hand: that may be the ensemble to be replaced.
    kept = StoredRuns(workspace.store, engine)
    answers = engine.ensemble(
        probes, n_runs=n_runs, n_threads=n_threads, progress=_print_run, kept=kept
    )
    if RECIPES[name].is_committed:
        own = model.require_settings()
        save_ensembles(HERE / name, model.content_hash, answers, run_settings(own, own.seed))


def _print_run(fraction: float, message: str) -> None:
    if sys.stdout.isatty():
        print(f"\r{fraction:4.0%} {message:<70.70}", end="", flush=True)


def _judged_before(path: Path, model: SkipGram) -> dict[str, Any]:
    """The tables of the present card, of both questions, where they judged the same vectors."""
    try:
        card = read_card(path)
    except FormatError:  # not built yet
        return {}
    tables = {name: card[name] for name in ("fidelity", "held_out") if name in card}
    return {
        name: found
        for name, found in tables.items()
        if found.get("made", {}).get("content_hash") == model.content_hash
    }


def _as_stored(vectors: np.ndarray) -> np.ndarray:
    return vectors.astype(np.float16).astype(np.float32)


def _card(recipe: Recipe, corpus: Corpus, model: SkipGram, seconds: float) -> dict[str, Any]:
    return {
        "title": recipe.title,
        "description": recipe.description,
        "licence": f"Vectors: MIT. {corpus.about.get('licence', '')}",
        "corpus": {
            "name": corpus.name,
            "content_hash": corpus.content_hash,
            "title": corpus.about.get("title", corpus.name),
            "source": corpus.about.get("source", ""),
            "n_documents": corpus.n_documents,
            "n_sentences": corpus.n_sentences,
            "n_tokens": corpus.n_tokens,
        },
        "training_seconds": round(seconds, 1),
        "other_seeds": "centre vectors only: they serve the spread of a probe over trainings",
        "quality": quality.evaluate(model),
        "probes": [_read_probe(probe, model) for probe in recipe.probes],
    }


def _read_probe(name: str, model: SkipGram) -> dict[str, Any]:
    """A shipped probe on this model: its verdict, and every quantity of it for each seed."""
    probe = find_probe(name).resolve(model.vocabulary)
    verdict = probe_report.measure(probe.probe, model).verdict.kind
    by_seed = [model.centre_vectors, *model.other_seeds.values()]
    return {
        "name": name,
        "lost": list(probe.out_of_vocabulary),
        "verdict": verdict,
        "by_seed": [
            {key: round(value, 4) for key, value in probe.quantities(vectors).items()}
            for vectors in by_seed
        ],
    }


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m sample_models.build")
    parser.add_argument("names", nargs="*", metavar="sample", help=", ".join(RECIPES))
    parser.add_argument("--trace-only", action="store_true", help="train no model again")
    parser.add_argument(
        "--ensemble-only", action="store_true", help="nor compute the exact derivative again"
    )
    parser.add_argument("--runs", type=int, default=N_RUNS, help="of the ensembles (%(default)s)")
    asked = parser.parse_args(arguments)
    if unknown := sorted(set(asked.names) - RECIPES.keys()):
        sys.exit(f"unknown sample {unknown[0]!r}; known: {', '.join(RECIPES)}.")
    for name in asked.names or [name for name, recipe in RECIPES.items() if recipe.is_committed]:
        workspace = Workspace()
        if not (asked.trace_only or asked.ensemble_only):
            print(f"{name}: training", flush=True)
            print(f"{name}: written to {build(name, workspace)}", flush=True)
        if not RECIPES[name].is_traced:
            continue
        started = time.perf_counter()
        print(f"{name}: tracing its probes to the text", flush=True)
        trace(name, workspace, asked.runs, asked.ensemble_only)
        print(f"{name}: traced in {time.perf_counter() - started:.0f} s", flush=True)
        if RECIPES[name].is_committed:
            measure(HERE / name, RECIPES[name].probes[0], workspace)
    size = sum(file.stat().st_size for file in HERE.rglob("*") if file.is_file())
    print(f"all samples: {size / 1e6:.1f} MB")
    if size > LIMIT_BYTES:
        sys.exit(f"That is more than {LIMIT_BYTES / 1e6:.0f} MB; lower dim or drop a seed.")


if __name__ == "__main__":
    main(sys.argv[1:])
