"""The front of everything that is kept for one user: models, texts, results and jobs.

The command line and the dashboard ask a ``Workspace``, and of influence its ``results``. It is a
folder:

    downloads/  files as the registries gave them        corpora/HASH/  texts, read once
    models/NAME/  bundles that the user trained or brought   cache/  results by content hash
    rates.json  how fast this machine is                 jobs/  long work
    tried/  lists of the probes tried on each model
    visitors/ID/  models, corpora and tried of one visitor of a shared server

A visitor's folder is a workspace too. It shares the cache, jobs, rates and sample texts of the home
that it lies in.

The engine, its results and the reports are imported by the methods that need them: they bring
torch, and the first page of the app only opens a model.

The sample models come with the project, the text they were trained on does not: ``add_sample_text``
fetches it. Every result is keyed by the hashes of what it was computed from, so none is stale.
"""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import platformdirs

from clif_core.errors import (
    CapabilityError,
    FetchError,
    FormatError,
    InputError,
    JobError,
    ProbeError,
    StorageError,
)
from clif_core.influence.estimators import (
    ENSEMBLE,
    N_RUNS,
    find_estimator,
    run_estimator,
)
from clif_core.memory import from_gigabytes
from clif_core.probes.base import Probe
from clif_core.progress import Progress
from clif_core.sgns.bundle import BUNDLE_FILES, Bundle, load_bundle, save_bundle
from clif_core.sgns.export import export_model
from clif_core.sgns.model import SkipGram
from clif_core.sgns.pairs import Pairs
from clif_core.sgns.settings import TrainingSettings
from clif_core.storage.files import folder_bytes, remove_abandoned, remove_directory
from clif_core.storage.packaged import packaged
from clif_core.storage.store import Store, make_key
from clif_core.storage.write_errors import unless_refused
from clif_core.text.corpus import Corpus
from clif_core.text.corpus_files import LARGE, load_corpus, save_corpus
from clif_core.text.fetch import SAMPLES, fetch_sample_text, read_sample
from clif_core.text.library import LIBRARY, build_library
from clif_core.training import train
from clif_core.workspace.catalogue import Catalogue, CatalogueEntry
from clif_core.workspace.debiased import debiased_copy
from clif_core.workspace.jobs import Jobs, JobStatus
from clif_core.workspace.names import (
    corpus_path,
    model_path,
    session_homes,
    shared_home,
    text_path,
)
from clif_core.workspace.rates import Rates

if TYPE_CHECKING:
    from clif_core.influence.engine import InfluenceEngine
    from clif_core.measurement.probe_report import ProbeReport
    from clif_core.measurement.probes_tried import ProbesTried
    from clif_core.report import Report
    from clif_core.workspace.results import Question, Results

__all__ = ["CatalogueEntry", "Workspace", "default_home", "run_estimator"]

SAMPLE_MODELS = packaged("sample_models")
_KEEP_SESSION_SECONDS = 7 * 86_400.0


def default_home() -> Path:
    """$CLIF_HOME, or the user's data folder of this system."""
    return Path(os.environ.get("CLIF_HOME") or platformdirs.user_data_path("clif-dashboard"))


class Workspace:
    """Models, texts and results of one user.

    ``max_bytes``: room for models and texts; what would exceed it is refused. None: no limit.
    """

    def __init__(
        self,
        home: Path | None = None,
        sample_models: Path = SAMPLE_MODELS,
        max_bytes: int | None = None,
    ) -> None:
        self.home = Path(home) if home is not None else default_home()
        self.sample_models = sample_models
        self.max_bytes = max_bytes
        self._shared = shared_home(self.home)

    @cached_property
    def store(self) -> Store:
        """The cache."""
        return Store(self._shared / "cache", _cache_limit())

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue(self.home, self.sample_models)

    @cached_property
    def results(self) -> Results:
        """Influence results: stored, shipped, computed."""
        from clif_core.workspace.results import Results

        return Results(self.store, self._catalogue)

    # --- models

    def catalogue(self) -> list[CatalogueEntry]:
        """Every model, samples first, the default sample at the head; damaged ones with why."""
        return self._catalogue.entries()

    def open_model(self, name: str) -> Bundle:
        """A bundle; raises InputError for an unknown name, FormatError for a damaged one.

        The model has the name of its folder, even where its card names another one.
        """
        bundle = load_bundle(self._catalogue.path_of(name))
        return replace(bundle, model=replace(bundle.model, name=name))

    def keep_model(self, bundle: Bundle, corpus: Corpus | None) -> Path:
        """Save a model as one of the user's own, and its text, under ``bundle.model.name``.

        Raises InputError for a name that cannot name a model, that of a sample, and where a folder
        of that name is there that holds no model.
        """
        path = self._path_to_keep(bundle.model.name)
        if (self.sample_models / bundle.model.name).is_dir():
            raise InputError(
                f"{bundle.model.name!r} is the name of a sample model; choose another name."
            )
        self.require_room()
        if corpus is not None:
            self.keep_corpus(corpus)
        save_bundle(bundle, path, dtype="float32")
        return path

    def require_room(self, n_more: int = 0) -> None:
        """Raise StorageError where models and texts, and so many bytes more, exceed their room."""
        if self.max_bytes is None:
            return
        n_bytes = sum(folder_bytes(self.home / name) for name in ("models", "corpora"))
        if n_bytes + n_more >= self.max_bytes:
            raise StorageError(
                f"Your models and texts take {n_bytes / 1e6:,.0f} MB, and at most"
                f" {self.max_bytes / 1e6:,.0f} MB may. Delete a model that you do not need, or ask"
                " the operator of this server for more."
            )

    def _path_to_keep(self, name: str) -> Path:
        """Where to save a model; earlier releases took any name, and their models may stay so."""
        own = self._own(name)
        if own is not None:
            return own.path
        path = model_path(self.home, name)
        if os.path.lexists(path):
            raise InputError(
                f"{path} is there and holds no model, so it is left alone; choose another name."
            )
        return path

    def _own(self, name: str) -> CatalogueEntry | None:
        """The user's own model of a name, damaged or not, where its folder has a card."""
        own = (e for e in self.catalogue() if e.kind == "own" and e.path.name == name)
        return next((e for e in own if os.path.lexists(e.path / "card.json")), None)

    def remove_model(self, name: str) -> None:
        """Delete a model of the user's; samples cannot be deleted."""
        entry = self._own(name)
        if entry is None:
            raise InputError(f"there is no model {name!r:.80} of your own to delete.")
        remove_directory(entry.path, BUNDLE_FILES)

    def train(
        self, corpus: Corpus, settings: TrainingSettings, progress: Progress | None = None
    ) -> SkipGram:
        """A model of the corpus, not saved yet."""
        return train(corpus, settings, progress)

    def debias(self, name: str, about: str = "gender", is_projected: bool = False) -> Bundle:
        """A debiased copy of a model, saved as one of the user's own (``debiased_copy``)."""
        bundle = debiased_copy(name, self.open_model(name), about, is_projected)
        self.keep_model(bundle, None)
        return bundle

    def export(self, name: str, path: Path, kind: str | None = None) -> Path:
        """Write a model as word2vec text or binary or as safetensors, its card beside it.

        ``kind``: one of ``sgns.export.KINDS``; None takes it from the name of the file.
        """
        return export_model(self.open_model(name), Path(path), kind)

    # --- texts

    def keep_corpus(self, corpus: Corpus) -> None:
        """Save a text, unless it is here already."""
        if not text_path(self.home, corpus.content_hash).is_dir():
            save_corpus(corpus, corpus_path(self.home, corpus.content_hash))

    def open_corpus(self, model: SkipGram) -> Corpus | None:
        """The text that a model was trained on, or None when it is not here."""
        if model.corpus_hash is None:
            return None
        path = text_path(self.home, model.corpus_hash)
        if not path.is_dir():
            return None
        corpus = load_corpus(path, self.store)
        if corpus.content_hash != model.corpus_hash:
            raise FormatError(f"{path} holds another text ({corpus.content_hash}). Remove it.")
        return corpus

    def add_sample_text(
        self, name: str, progress: Progress | None = None, *, is_checked: bool = True
    ) -> Corpus:
        """Fetch and read a sample text, or the ``library``, unless it is here already.

        Raises FetchError when it cannot be fetched, or is not the text of the sample model.
        ``is_checked`` False: it may be another one, as for a model that is trained anew.
        """
        downloads = self._shared / "downloads"
        if name == LIBRARY:
            corpus = build_library(downloads, progress)
        else:
            file = fetch_sample_text(name, downloads, progress)
            if progress is not None:
                progress(0.95, f"{SAMPLES[name].title}: reading")
            corpus = read_sample(name, file)
        if is_checked:
            self._require_sample_text(name, corpus)
        Workspace(self._shared, self.sample_models).keep_corpus(corpus)
        return corpus

    def _require_sample_text(self, name: str, corpus: Corpus) -> None:
        """Raise FetchError where a text as read here is not the one of the shipped model."""
        entry, found = self._catalogue.find(name), corpus.content_hash
        known = entry.card.get("corpus_hash") if entry and entry.kind == "sample" else None
        if known not in (None, found):
            raise FetchError(
                f"the text of {name!r} was fetched, but Python {platform.python_version()}"
                f" reads it as {found[:8]}, while its model was trained on {str(known)[:8]}."
                " That is a fault of this program; please report it. Until it is mended,"
                " another Python may help: make clean app PYTHON=python3.12"
            )

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
        from clif_core.device import pick_device
        from clif_core.influence.engine import InfluenceEngine

        key, key_of_tables = _keys_of_pairs(model, corpus)
        arrays = self.store.get_arrays(key, is_mapped=True)
        pairs = None if arrays is None else Pairs(**arrays)
        tables = self.store.get_arrays(key_of_tables, is_mapped=True)
        engine = InfluenceEngine(
            model, corpus, pairs=pairs, tables=tables, device=pick_device(device)
        )
        if tables is None:
            self._put_tables(key_of_tables, corpus, engine.tables)
        if pairs is None:
            self._put_pairs(key, model, corpus, engine.pairs)
        return engine

    def keep_pairs(
        self,
        model: SkipGram,
        corpus: Corpus,
        pairs: Pairs,
        tables: Mapping[str, npt.NDArray[Any]],
    ) -> None:
        """Put the expected pairs of a model and its text, and an engine's tables, in the cache."""
        key, key_of_tables = _keys_of_pairs(model, corpus)
        self._put_tables(key_of_tables, corpus, tables)
        self._put_pairs(key, model, corpus, pairs)

    def _put_tables(self, key: str, corpus: Corpus, tables: Mapping[str, npt.NDArray[Any]]) -> None:
        """Those of a short text are made as soon as they are read."""
        if corpus.n_tokens >= LARGE:
            with unless_refused():
                self.store.put_arrays(key, tables)

    def _put_pairs(self, key: str, model: SkipGram, corpus: Corpus, pairs: Pairs) -> None:
        arrays: dict[str, npt.NDArray[Any]] = {
            "offsets": pairs.offsets,
            "context_words": pairs.context_words,
            "weights": pairs.weights,
        }
        with unless_refused():
            self.store.put_arrays(key, arrays, {"model": model.name, "corpus": corpus.name})

    # --- probes tried

    def enter_probe(self, model: SkipGram, report: ProbeReport) -> ProbesTried:
        """Enter a measured probe in the model's list of probes tried; returns the list.

        Writes only what is new. A list that is damaged or cannot be written says so in its
        ``problem``.
        """
        from clif_core.workspace import probes_tried

        return probes_tried.enter(self.home, model.content_hash, report)

    def probes_tried(self, model: SkipGram) -> ProbesTried:
        """Every probe that was measured on a model in this workspace, by whomever."""
        from clif_core.workspace import probes_tried

        return probes_tried.read(self.home, model.content_hash)

    def forget_probes(self, model: SkipGram) -> None:
        """Clear that list: the correction for many probes begins again from none."""
        from clif_core.workspace import probes_tried

        probes_tried.forget(self.home, model.content_hash)

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
        question: Question | None = None,
        only_what_holds: bool = True,
    ) -> Report:
        """The audit report of a probe on a model, traced to the text where that is at hand.

        ``estimator`` None: the best at hand (``results.best_estimator``), or the quick one where a
        damping is given; ``question``: of the text or of the model. ``what_if``: what was trained
        again or fine-tuned (``history.results_for_report``). ``only_what_holds``: quote only text
        whose effect holds over an ensemble's runs.
        """
        from clif_core.report import make_report, measure_both

        bundle = self.open_model(name)
        measured, other = measure_both(probe, bundle.model)
        chosen: dict[str, Any] = {"what_if": what_if}
        try:
            chosen["engine"] = engine = self._engine_for(bundle.model)
            chosen |= self.results.for_report(
                engine, measured.resolved, estimator, damping, progress, question
            )
        except (CapabilityError, ProbeError) as error:
            if estimator is not None:
                raise
            chosen["why_no_attribution"] = str(error)
        chosen["only_what_holds"] = only_what_holds
        chosen["tried"] = self.enter_probe(bundle.model, measured)
        return make_report(bundle, measured, other=other, n_sentences=n_sentences, **chosen)

    def _engine_for(self, model: SkipGram) -> InfluenceEngine:
        corpus = self.open_corpus(model)
        if corpus is None:
            raise CapabilityError(f"the training text of model {model.name!r} is not here.")
        return self.open_engine(model, corpus)

    # --- long work

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self._shared / "jobs")

    def own_jobs(self) -> list[JobStatus]:
        """The jobs submitted from this workspace, in that order; of a shared home, all jobs."""
        jobs = self.jobs.all()
        if self.home == self._shared:
            return jobs
        return [job for job in jobs if self._home_of(job.key) == str(self.home)]

    def _home_of(self, key: str) -> object:
        try:
            return self.jobs.request(key).get("home")
        except JobError:  # damaged, or removed meanwhile
            return None

    def submit_derivative(
        self, model: SkipGram, probes: Sequence[Probe], estimator: str, n_runs: int = N_RUNS
    ) -> str:
        """Start a job that differentiates training runs (``RUN_ESTIMATORS``); returns its key.

        When the job is done, ``results.cached`` has the answer of each probe until the cache
        evicts it. Submitted again, a finished job runs again and computes only what is missing.
        ``n_runs``: of the seed ensemble; ``ensemble_at_hand`` has each as soon as it is done.
        """
        request = self._derivative_request(model, probes, estimator, n_runs)
        return self.jobs.submit("walk", request, is_done_again=True)

    def find_derivative(
        self, model: SkipGram, probes: Sequence[Probe], estimator: str, n_runs: int = N_RUNS
    ) -> JobStatus | None:
        """The state of that job; None where it was never submitted."""
        request = self._derivative_request(model, probes, estimator, n_runs)
        return self.jobs.find("walk", request)

    def _derivative_request(
        self, model: SkipGram, probes: Sequence[Probe], estimator: str, n_runs: int = N_RUNS
    ) -> dict[str, Any]:
        entry = find_estimator(estimator)
        request = {
            "estimator": entry.wire_name,
            "home": str(self.home),
            "model": model.name,
            "content_hash": model.content_hash,
            "probes": [probe.to_dict() for probe in probes],
        }
        is_usual = entry.name != ENSEMBLE or n_runs == N_RUNS  # as in jobs of earlier versions
        return request if is_usual else request | {"n_runs": n_runs}

    @cached_property
    def rates(self) -> Rates:
        """How fast this machine is, by what finished work took."""
        return Rates(self._shared.absolute())

    # --- room on the disk

    def clean(self, max_cache_bytes: int | None = None, is_all: bool = False) -> dict[str, int]:
        """Free room on the disk; models and texts stay in any case.

        Removes old jobs, leftovers of killed processes, what visitors without a sign-in left a
        week ago, and the results used least recently beyond a limit (None: the store's own).
        ``is_all``: every finished job and every result. Returns how many ``jobs`` and ``bytes``
        were removed.
        """
        n_jobs = self.jobs.clean(0.0) if is_all else self.jobs.clean()
        freed = sum(remove_abandoned(self.home / name) for name in ("models", "corpora"))
        freed += sum(map(_remove_old, session_homes(self.home)))
        if is_all:
            return {"jobs": n_jobs, "bytes": freed + self.store.clear()}
        limit = _cache_limit() if max_cache_bytes is None else max_cache_bytes
        return {"jobs": n_jobs, "bytes": freed + self.store.shrink(limit)}


def _remove_old(session: Path) -> int:
    """Delete the folder of a session that added nothing for a week; returns the bytes freed.

    A link is none: what it points to is not of this program.
    """
    try:
        changed = [path.lstat().st_mtime for path in (session, *session.iterdir())]
    except OSError:  # a file, or removed meanwhile by another server that starts
        return 0
    if session.is_symlink() or time.time() - max(changed) < _KEEP_SESSION_SECONDS:
        return 0
    n_bytes = folder_bytes(session)
    shutil.rmtree(session, ignore_errors=True)
    return n_bytes


def _cache_limit() -> int:
    """Bytes that results may take: $CLIF_CACHE_GB, or 20 GB."""
    return from_gigabytes(os.environ.get("CLIF_CACHE_GB", "20"), "CLIF_CACHE_GB")


def _keys_of_pairs(model: SkipGram, corpus: Corpus) -> tuple[str, str]:
    """The cache keys of the pairs, and of the tables."""
    hashes: dict[str, Any] = {"model": model.content_hash, "corpus": corpus.content_hash}
    return make_key("pairs", **hashes), make_key("tables", **hashes)
