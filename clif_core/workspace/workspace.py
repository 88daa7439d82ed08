"""The one place that chains stages and keeps their results; the command line and the dashboard
call nothing else.

A workspace is a folder:

    downloads/  files as the registries gave them        corpora/HASH/  texts, read once
    models/NAME/  bundles that the user trained or brought   cache/  results by content hash

The sample models come with the project, the text they were trained on does not: ``add_sample_text``
fetches it. Every result is keyed by the hashes of what it was computed from, so nothing is stale.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import platformdirs

from clif_core.device import pick_device
from clif_core.errors import CapabilityError, FormatError, InputError, ProbeError
from clif_core.evaluation import Table, rank_estimators
from clif_core.evaluation import read_card as read_fidelity
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import (
    DEFAULT_DAMPING,
    ENSEMBLE,
    KEPT_AS,
    RUN_ESTIMATORS,
    UNROLLED,
)
from clif_core.influence.result import Influence, SolutionInfo
from clif_core.interventions.debias import debias
from clif_core.probes import catalogue
from clif_core.probes.base import Probe, ResolvedProbe
from clif_core.progress import Progress
from clif_core.report import Report, make_report, measure_both
from clif_core.sgns.bundle import Bundle, load_bundle, read_card, save_bundle
from clif_core.sgns.export import export_model
from clif_core.sgns.model import SkipGram
from clif_core.sgns.pairs import Pairs
from clif_core.sgns.settings import TrainingSettings
from clif_core.storage.store import Store, make_key
from clif_core.text.corpus import Corpus, load_corpus, save_corpus
from clif_core.text.fetch import SAMPLES, fetch_sample_text, read_sample
from clif_core.training import train
from clif_core.workspace.jobs import Jobs, JobStatus, job_key
from clif_core.workspace.shipped import load_derivative

__all__ = ["CatalogueEntry", "Workspace", "default_home", "run_estimator"]

QUICK = "block"  # the estimator that answers within a moment
SAMPLE_MODELS = Path(__file__).parents[2] / "sample_models"


def default_home() -> Path:
    """$CLIF_HOME, or the user's data folder of this system."""
    return Path(os.environ.get("CLIF_HOME") or platformdirs.user_data_path("clif-dashboard"))


@dataclass(frozen=True)
class CatalogueEntry:
    """A model that can be opened. ``problem`` says why not, for a bundle that is damaged."""

    name: str
    title: str
    kind: Literal["sample", "own"]
    path: Path
    card: Mapping[str, Any]
    has_corpus: bool
    problem: str = ""


class Workspace:
    """Models, texts and results of one user."""

    def __init__(self, home: Path | None = None, sample_models: Path = SAMPLE_MODELS) -> None:
        self.home = Path(home) if home is not None else default_home()
        self.sample_models = sample_models

    @cached_property
    def store(self) -> Store:
        return Store(self.home / "cache", _cache_limit())

    # --- models

    def catalogue(self) -> list[CatalogueEntry]:
        """Every model, samples first, the default sample at the head; damaged ones with why."""
        samples = [self._entry(path, "sample") for path in _folders(self.sample_models)]
        own = [self._entry(path, "own") for path in _folders(self.home / "models")]
        order = {name: at for at, name in enumerate(SAMPLES)}
        samples.sort(key=lambda entry: (order.get(entry.name, len(order)), entry.name))
        return samples + own

    def open_model(self, name: str) -> Bundle:
        """A bundle; raises InputError for an unknown name, FormatError for a damaged one."""
        return load_bundle(self._model_path(name))

    def keep_model(self, bundle: Bundle, corpus: Corpus | None) -> Path:
        """Save a model of the user's, and its text, under ``bundle.model.name``.

        Raises InputError where that is the name of a sample.
        """
        if (self.sample_models / bundle.model.name).is_dir():
            raise InputError(
                f"{bundle.model.name!r} is the name of a sample model; choose another name."
            )
        if corpus is not None:
            self.keep_corpus(corpus)
        path = self.home / "models" / bundle.model.name
        save_bundle(bundle, path, dtype="float32")
        return path

    def remove_model(self, name: str) -> None:
        """Delete a model of the user's; samples cannot be deleted."""
        path = self.home / "models" / name
        if not path.is_dir() or path.parent != self.home / "models":
            raise InputError(f"there is no model {name!r} of your own to delete.")
        shutil.rmtree(path)

    def train(
        self, corpus: Corpus, settings: TrainingSettings, progress: Progress | None = None
    ) -> SkipGram:
        """A model of the corpus, not yet kept."""
        return train(corpus, settings, progress)

    def debias(self, name: str, about: str = "gender", is_projected: bool = False) -> Bundle:
        """A debiased copy of a model, kept as one of the user's own; its card tells its history.

        Hard debias, or the projection alone. The copy has no context vectors: influence of text
        on it is refused, because these vectors are not what the text made.
        """
        source = self.open_model(name)
        done, before, after = debias(source.model, about, is_projected)
        method = "projection only" if is_projected else "hard debias"
        card = {
            "title": f"{source.card.get('title', name)}, {about} debiased",
            "description": f"{method} of {name!r} about {about} (Bolukbasi et al. 2016). Hiding is "
            "not removing: see the neighbour test.",
            "licence": source.card.get("licence", ""),
            "history": [
                *source.card.get("history", []),
                {
                    "method": method,
                    "about": about,
                    "of": name,
                    "content_hash": source.model.content_hash,
                    "n_neutralised": done.n_neutralised,
                    "n_equalised": len(done.equalised),
                    "lost": list(done.lost),
                    "neighbour_test_before": before.accuracy,
                    "neighbour_test_after": after.accuracy,
                },
            ],
        }
        own_name = f"{name}-{about}-{'projected' if is_projected else 'debiased'}"
        bundle = Bundle(replace(done.model, name=own_name), card)
        self.keep_model(bundle, None)
        return bundle

    def export(self, name: str, path: Path, kind: str | None = None) -> Path:
        """Write a model as word2vec text or binary or as safetensors, its card beside it.

        ``kind``: one of ``formats.export.KINDS``; None takes it from the file's name.
        """
        return export_model(self.open_model(name), Path(path), kind)

    # --- texts

    def keep_corpus(self, corpus: Corpus) -> None:
        path = self.home / "corpora" / corpus.content_hash
        if not path.is_dir():
            save_corpus(corpus, path)

    def open_corpus(self, model: SkipGram) -> Corpus | None:
        """The text that a model was trained on, or None when it is not here."""
        if model.corpus_hash is None:
            return None
        path = self.home / "corpora" / model.corpus_hash
        return load_corpus(path) if path.is_dir() else None

    def add_sample_text(self, name: str, progress: Progress | None = None) -> Corpus:
        """Fetch and read a sample text unless it is here already.

        Raises FetchError when it cannot be had, or when it is not the text of the sample model.
        """
        file = fetch_sample_text(name, self.home / "downloads", progress)
        if progress is not None:
            progress(0.95, f"{SAMPLES[name].title}: reading")
        corpus = read_sample(name, file)
        self.keep_corpus(corpus)
        return corpus

    def has_sample_text(self, name: str) -> bool:
        """Whether the text of the sample model of this name is here."""
        return any(entry.has_corpus for entry in self.catalogue() if entry.name == name)

    # --- influence

    def open_engine(
        self, model: SkipGram, corpus: Corpus, device: str | None = None
    ) -> InfluenceEngine:
        """The engine of a model, its expected pairs read from the cache when they are there.

        ``device`` None: CUDA where it works, else the CPU; see ``clif_core.device``.
        """
        key = make_key("pairs", model=model.content_hash, corpus=corpus.content_hash)
        arrays = self.store.get_arrays(key)
        pairs = None if arrays is None else Pairs(**arrays)
        engine = InfluenceEngine(model, corpus, pairs=pairs, device=pick_device(device))
        if pairs is None:
            self.store.put_arrays(
                key,
                {
                    "offsets": engine.pairs.offsets,
                    "context_words": engine.pairs.context_words,
                    "weights": engine.pairs.weights,
                },
                {"model": model.name, "corpus": corpus.name},
            )
        return engine

    def influence(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        estimator: str = "block",
        damping: float | None = None,
        progress: Progress | None = None,
    ) -> Influence:
        """Removal effects of every context on a probe, from the cache when they are there."""
        cached = self.cached_influence(engine, probe, estimator, damping)
        if cached is not None:
            return cached
        influence = engine.influence(probe, estimator, damping=damping, progress=progress)
        self.keep_influence(engine, probe, influence)
        return influence

    def cached_influence(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        estimator: str,
        damping: float | None = None,
    ) -> Influence | None:
        """The result if it was computed before or came with the model, else None; no computing."""
        key = self._influence_key(engine, probe, estimator, damping)
        arrays, about = self.store.get_arrays(key), self.store.get_json(key)
        if arrays is None or about is None:
            found = self._shipped_derivative(engine, probe) if estimator == UNROLLED else None
            if found is None:
                return None
            about, arrays = found
        return Influence(
            **{**about, "solution": SolutionInfo(**about["solution"])},
            **arrays,  # type: ignore[arg-type]
            sentence_offsets=engine.corpus.sentence_offsets,
            document_offsets=engine.corpus.document_offsets,
        )

    def _shipped_derivative(
        self, engine: InfluenceEngine, probe: ResolvedProbe
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The exact derivative that came with the model, if it has one of this probe."""
        model = engine.model
        for entry in self.catalogue():
            if entry.name == model.name:
                key = _in_other_words(probe, entry.card, model)
                found = load_derivative(entry.path, entry.card, model.content_hash, key)
                if found is not None and len(found[1]) == engine.corpus.n_tokens:
                    about, effects = found
                    return about | {"probe_key": probe.probe.key}, {
                        "context_effects": effects,
                        "direction_rows": np.empty(0, np.int64),
                        "direction": np.empty(0, np.float32),
                    }
        return None

    def best_estimator(self, engine: InfluenceEngine, probe: ResolvedProbe) -> str:
        """The most faithful estimator whose answer costs no wait, by the model's fidelity table.

        That is the best in it that is quick, or whose answer was computed before. Without a table,
        the exact derivative where it was computed, that of twins where that was, else the quick
        estimate (docs/decisions/0003, 0022).
        """
        for name in rank_estimators(self.fidelity(engine.model)) or [*RUN_ESTIMATORS, QUICK]:
            if name == QUICK or self.cached_influence(engine, probe, name) is not None:
                return name
        return QUICK

    def fidelity(self, model: SkipGram) -> tuple[Table, ...]:
        """How far each estimator was right on this model, from its card; () where never judged."""
        for entry in self.catalogue():
            if entry.name == model.name:
                return read_fidelity(entry.card, model.content_hash)
        return ()

    def keep_influence(
        self, engine: InfluenceEngine, probe: ResolvedProbe, influence: Influence
    ) -> None:
        """Put a result where ``cached_influence`` finds it."""
        key = self._influence_key(engine, probe, influence.estimator, influence.damping)
        arrays: dict[str, Any] = {
            "context_effects": influence.context_effects,
            "direction_rows": influence.direction_rows,
            "direction": influence.direction,
        }
        self.store.put_arrays(key, arrays, influence.about)
        self.store.put_json(key, influence.about)

    def _influence_key(
        self, engine: InfluenceEngine, probe: ResolvedProbe, estimator: str, damping: float | None
    ) -> str:
        return make_key(
            "influence",
            model=engine.model.content_hash,
            corpus=engine.corpus.content_hash,
            probe=probe.probe.key,
            estimator=KEPT_AS.get(estimator, estimator),
            damping=DEFAULT_DAMPING.get(estimator, 0.0) if damping is None else float(damping),
            n_noise=len(engine.loss.noise_words),
        )

    # --- reports

    def report(
        self,
        name: str,
        probe: Probe,
        estimator: str | None = None,
        damping: float | None = None,
        n_sentences: int = 10,
        progress: Progress | None = None,
        what_if: Sequence[Mapping[str, Any]] = (),
    ) -> Report:
        """The audit report of a probe on a model, traced to the text where that is at hand.

        ``estimator`` None: the derivative of the training (of its twins, where it cannot be
        repeated) where that was computed before, else the quick one. ``what_if``: what was trained
        again or mended (``what_if.kept_results``).
        """
        bundle = self.open_model(name)
        measured, other = measure_both(probe, bundle.model)
        chosen: dict[str, Any] = {"what_if": what_if}
        try:
            chosen["engine"] = engine = self._engine_for(bundle.model)
            chosen |= self.report_influences(
                engine, measured.resolved, estimator, damping, progress
            )
        except (CapabilityError, ProbeError) as error:
            if estimator is not None:
                raise
            chosen["why_no_attribution"] = str(error)
        return make_report(bundle, measured, other=other, n_sentences=n_sentences, **chosen)

    def report_influences(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        estimator: str | None = None,
        damping: float | None = None,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """What ``make_report`` takes of influences: the one to report and those to compare."""
        walk = run_estimator(engine.model)
        exact = self.cached_influence(engine, probe, walk)
        if estimator in (None, walk) and exact is not None:
            return {"influence": exact, "others": [self.influence(engine, probe)]}
        found = self.influence(engine, probe, estimator or "block", damping, progress)
        return {"influence": found, "others": [] if exact is None else [exact]}

    def _engine_for(self, model: SkipGram) -> InfluenceEngine:
        corpus = self.open_corpus(model)
        if corpus is None:
            raise CapabilityError(f"the training text of model {model.name!r} is not here.")
        return self.open_engine(model, corpus)

    # --- long work

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.home / "jobs")

    def submit_derivative(self, model: SkipGram, probes: Sequence[Probe], estimator: str) -> str:
        """Start a job that differentiates a training run (``RUN_ESTIMATORS``); returns its key.

        When the job is done, ``cached_influence`` has the answer of each probe until the cache
        evicts it. Asked again, a finished job runs again and computes only what is missing.
        """
        request = self._derivative_request(model, probes, estimator)
        return self.jobs.submit("walk", request, is_done_again=True)

    def find_derivative(
        self, model: SkipGram, probes: Sequence[Probe], estimator: str
    ) -> JobStatus | None:
        """What became of that job, if it was ever asked for."""
        key = job_key("walk", self._derivative_request(model, probes, estimator))
        return self.jobs.status(key) if key in self.jobs else None

    def _derivative_request(
        self, model: SkipGram, probes: Sequence[Probe], estimator: str
    ) -> dict[str, Any]:
        return {
            "estimator": estimator,
            "home": str(self.home),
            "model": model.name,
            "content_hash": model.content_hash,
            "probes": [probe.to_dict() for probe in probes],
        }

    # --- room on the disk

    def clean(self, max_cache_bytes: int | None = None, is_all: bool = False) -> dict[str, int]:
        """Free room: old jobs, what killed processes left, and the least used results beyond a
        limit (None: the store's own). ``is_all``: every finished job and every result; models and
        texts stay in any case. Returns how many ``jobs`` and ``bytes`` went."""
        n_jobs = self.jobs.clean(0.0) if is_all else self.jobs.clean()
        if is_all:
            return {"jobs": n_jobs, "bytes": self.store.clear()}
        limit = _cache_limit() if max_cache_bytes is None else max_cache_bytes
        return {"jobs": n_jobs, "bytes": self.store.shrink(limit)}

    # --- paths

    def _model_path(self, name: str) -> Path:
        for entry in self.catalogue():
            if entry.name == name:
                return entry.path
        known = ", ".join(entry.name for entry in self.catalogue()) or "none"
        raise InputError(f"there is no model {name!r}; known: {known}.")

    def _entry(self, path: Path, kind: Literal["sample", "own"]) -> CatalogueEntry:
        try:
            card = read_card(path)
        except FormatError as error:
            return CatalogueEntry(path.name, path.name, kind, path, {}, False, str(error))
        corpus_hash = card.get("corpus_hash")
        has_corpus = bool(corpus_hash) and (self.home / "corpora" / str(corpus_hash)).is_dir()
        title = str(card.get("title") or path.name)
        return CatalogueEntry(path.name, title, kind, path, card, has_corpus)


def _cache_limit() -> int:
    """Bytes that results may take: $CLIF_CACHE_GB, or 20 GB."""
    told = os.environ.get("CLIF_CACHE_GB", "20")
    try:
        limit = float(told)
    except ValueError as error:
        raise InputError(f"CLIF_CACHE_GB is a number of gigabytes, got {told!r}.") from error
    if not limit > 0:
        raise InputError(f"CLIF_CACHE_GB must be positive, got {told!r}.")
    return int(limit * 1e9)


def run_estimator(model: SkipGram) -> str:
    """The derivative that a model can have: of its own run, or else of its twins."""
    return UNROLLED if model.is_repeatable else ENSEMBLE


def _in_other_words(probe: ResolvedProbe, card: Mapping[str, Any], model: SkipGram) -> str:
    """The key under which a card has the derivative of a probe: its own, or one spelt otherwise.

    A derivative depends on the words that are read and the gradient there, not on how the question
    is spelt: "John" and "john" are one word to a model of lower case.
    """
    own, kept = probe.probe.key, card.get("derivatives", {}).get("probes", {})
    is_settled = own in kept or not probe.probe.is_differentiable
    for entry in () if is_settled else catalogue():
        if entry.probe.key in kept:
            other = entry.probe.resolve(model.vocabulary)
            if np.array_equal(probe.word_ids, other.word_ids) and np.allclose(
                probe.gradient(model.centre_vectors), other.gradient(model.centre_vectors)
            ):
                return other.probe.key
    return own


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(p for p in parent.iterdir() if p.is_dir() and not p.name.startswith("."))
