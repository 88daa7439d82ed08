"""A model with its text: its words, its measurements, and the questions to put to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.api.result import Result
from clif_core.errors import CapabilityError
from clif_core.geometry.neighbours import analogy, nearest
from clif_core.influence.engine import InfluenceEngine
from clif_core.measurement.probe_report import ProbeReport, measure
from clif_core.probes import Probe
from clif_core.progress import Progress
from clif_core.report import Report
from clif_core.sgns.bundle import Bundle
from clif_core.text.corpus import Corpus
from clif_core.text.fetch import SAMPLES
from clif_core.workspace.results import check_question, question_of
from clif_core.workspace.tasks.history import results_for_report
from clif_core.workspace.workspace import Workspace

__all__ = ["Model"]


class Model:
    """A skip-gram embedding, the text it was trained on, and the workspace that keeps its results.

    Made by ``load``, ``open`` and ``train``. ``bundle`` holds the arrays (``bundle.model``) and the
    card; everything costly is computed once and cached by content hash.
    """

    def __init__(self, bundle: Bundle, workspace: Workspace, corpus: Corpus | None = None) -> None:
        self.bundle = bundle
        self.workspace = workspace
        self._corpus = corpus

    def __repr__(self) -> str:
        return f"<clif model {self.name!r}: {self.n_words:,} words, {self.dim} dimensions>"

    # --- what it is

    @property
    def name(self) -> str:
        return self.bundle.model.name

    @property
    def n_words(self) -> int:
        return self.bundle.model.n_words

    @property
    def dim(self) -> int:
        return self.bundle.model.dim

    @property
    def words(self) -> Sequence[str]:
        """The vocabulary, most frequent word first."""
        return self.bundle.model.vocabulary.words

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        """(n_words, dim) centre vectors, in the order of ``words``."""
        return self.bundle.model.centre_vectors

    @property
    def corpus(self) -> Corpus:
        """The training text; that of a sample is fetched when it is not here yet.

        Raises CapabilityError where the text is unknown, FetchError where it cannot be fetched.
        """
        if self._corpus is None:
            self._corpus = self.workspace.open_corpus(self.bundle.model)
        if self._corpus is None and self._is_sample:
            self._corpus = self.workspace.add_sample_text(self.name)
        if self._corpus is None:
            raise CapabilityError(
                f"the training text of model {self.name!r} is not here, so nothing can be traced to"
                " it. Give it: clif.open(vectors, text=...)."
            )
        return self._corpus

    @cached_property
    def engine(self) -> InfluenceEngine:
        """The influence engine of this model on its text.

        Raises CapabilityError where context vectors, settings or the text are missing.
        """
        return self.workspace.open_engine(self.bundle.model, self.corpus)

    @property
    def _is_sample(self) -> bool:
        return self.name in SAMPLES and any(
            entry.kind == "sample" and entry.name == self.name
            for entry in self.workspace.catalogue()
        )

    # --- what it knows

    def neighbours(self, word: str, k: int = 10) -> pd.DataFrame:
        """The ``k`` words nearest by cosine: ``word``, ``cosine``, ``count``.

        Raises UnknownWordError, which suggests spellings.
        """
        return nearest(self.bundle.model, word, k)

    def analogy(self, plus: Sequence[str], minus: Sequence[str], k: int = 10) -> pd.DataFrame:
        """Answers to "a is to b as c is to ...?": ``plus`` = (b, c), ``minus`` = (a,)."""
        return analogy(self.bundle.model, plus, minus, k)

    def measure(self, probe: Probe, seed: int = 0) -> ProbeReport:
        """The probe's value with its verdict, interval, tests and spread over seeds.

        ``report.verdict`` is what may be said of it (``measurement.verdict``). The probe is entered
        among those tried on this model, which ``probes_tried`` lists.

        Raises ProbeError where too few of its words are in the vocabulary.
        """
        report = measure(probe, self.bundle.model, seed)
        self.workspace.enter_probe(self.bundle.model, report)
        return report

    def probes_tried(self) -> pd.DataFrame:
        """Every probe measured on this model in this workspace, its p corrected for their number.

        Columns: ``label``, ``time`` (UTC), ``value``, ``p``, ``p_corrected``, ``verdict``.
        ``workspace.forget_probes(model.bundle.model)`` clears the list for a new investigation.
        """
        return self.workspace.probes_tried(self.bundle.model).table()

    # --- questions about its text

    def influence(
        self,
        probe: Probe,
        estimator: str | None = None,
        damping: float | None = None,
        progress: Progress | None = None,
        *,
        question: str | None = None,
        n_runs: int | None = None,
    ) -> Result:
        """Which text is responsible for the probe's value: a removal effect for every context.

        Parameters
        ----------
        estimator : None takes the most faithful one that answers at once; "unrolled" and "ensemble"
            repeat whole trainings. Answers are cached
        question : "text", what any training on the text would do, or "model", what this very one
            did. None: the text where its seed ensemble is at hand, else the model
        n_runs : trainings of the text to ask, as far as they are not stored: each takes about as
            long as "unrolled". With them, the answer says which effects hold in every training

        Raises
        ------
        CapabilityError : context vectors, settings or the text are missing
        ProbeError : too few words, or a probe without a gradient
        InputError : unknown estimator or question, negative damping, ``n_runs`` of another
            estimator than "ensemble"
        """
        asked = check_question(question)
        engine = self.engine
        resolved = probe.resolve(self.bundle.model.vocabulary)
        chosen = self.workspace.results.choose(engine, resolved, estimator, damping, asked, n_runs)
        found = self.workspace.results.influence(
            engine, resolved, chosen, damping, progress, n_runs
        )
        return Result(self.workspace, engine, resolved, found, asked or question_of(chosen))

    def report(self, probe: Probe, n_sentences: int = 10, *, question: str | None = None) -> Report:
        """The audit report of a probe; ``.save("report.html")`` writes it. For kept models.

        ``question`` as in ``influence``.
        """
        tried = results_for_report(self.workspace, self.bundle.model, probe)
        asked = check_question(question)
        return self.workspace.report(
            self.name, probe, n_sentences=n_sentences, what_if=tried, question=asked
        )

    # --- keeping it

    def keep(self, name: str | None = None) -> Model:
        """Save model and text in the workspace, where ``load`` and the dashboard find them."""
        model = replace(self.bundle.model, name=name or self.name)
        bundle = replace(self.bundle, model=model)
        self.workspace.keep_model(bundle, self._corpus)
        return Model(bundle, self.workspace, self._corpus)

    def export(self, path: Path | str, kind: str | None = None) -> Path:
        """Write a kept model as word2vec text or binary or as safetensors, by the file's ending."""
        return self.workspace.export(self.name, Path(path), kind)
