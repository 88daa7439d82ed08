"""Probe + model + corpus -> the removal effect of every context, sentence and document.

    removal_effect(S) = probe(trained without S) - probe(trained with S)  ~  + grad probe . M . g_S

with g_S the gradient of the training loss of the contexts in S, **summed**, negatives included, and
the noise distribution held fixed (Koh & Liang 2017; across losses: Silva, Chopra & Gombolay,
arXiv:2012.01685). **Positive: removing the text raises the probe.** Effects of disjoint texts add
up to the effect of their union, at every level.

The unit that is scored and removed is the context: one centre token with its window. A sentence is
the sum of its contexts, a document the sum of its sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.errors import InputError
from clif_core.influence.ensemble_runs import EnsembleRuns
from clif_core.influence.estimators import canonical_name
from clif_core.measurement.over_runs import HOLDS_RUNS, UnitStatistics
from clif_core.text.corpus import Corpus

__all__ = ["Influence", "Order", "SolutionInfo", "largest", "roll_up", "sums"]

Order = Literal["effect", "sure"]
NOT_METADATA = {"text", "document", "start", "end"}


@dataclass(frozen=True)
class SolutionInfo:
    """The certificate of a solve; ``device`` as ``name_device`` calls it."""

    iterations: int
    relative_residual: float
    converged: bool
    seconds: float
    note: str = ""
    device: str = "CPU"


@dataclass(frozen=True, eq=False)
class Influence:
    """Which text is responsible for a probe's value (data attribution).

    Attributes
    ----------
    context_effects : (n_tokens,) float32 removal effect of each context, named by its centre token;
        0 for tokens outside the vocabulary and where the estimator sees no effect
    direction_rows : (k,) words whose centre vectors h moves; empty when h moves everything, or
        when there is no h (``unrolled``, ``ensemble``)
    direction : (k, dim), or (2, n_words, dim), or empty
    summed_sentences : ``sentence_effects`` where a device has summed them already; never stored
    runs : what each run of a seed ensemble says; None for every other estimator, and for an
        ensemble that an earlier version stored
    """

    probe_key: str
    probe_value: float
    estimator: str
    damping: float
    solution: SolutionInfo
    context_effects: npt.NDArray[np.float32]
    sentence_offsets: npt.NDArray[np.int64] = field(repr=False)
    document_offsets: npt.NDArray[np.int64] = field(repr=False)
    direction_rows: npt.NDArray[np.int64] = field(repr=False)
    direction: npt.NDArray[np.float32] = field(repr=False)
    summed_sentences: npt.NDArray[np.float64] | None = field(default=None, repr=False)
    runs: EnsembleRuns | None = field(default=None, repr=False)

    @cached_property
    def sentence_effects(self) -> npt.NDArray[np.float64]:
        """(n_sentences,) sums over the contexts of each sentence."""
        if self.summed_sentences is not None:
            return self.summed_sentences
        return sums(self.sentence_offsets, self.context_effects)

    @cached_property
    def strongest(self) -> float:
        """The largest absolute effect of a sentence; 0 for a text without sentences."""
        return float(np.abs(self.sentence_effects).max(initial=0.0))

    @cached_property
    def document_effects(self) -> npt.NDArray[np.float64]:
        """(n_documents,) sums over the sentences of each document."""
        return sums(self.document_offsets, self.sentence_effects)

    @cached_property
    def sentence_statistics(self) -> UnitStatistics | None:
        """How sure the effect of each sentence is, over the runs; None without runs."""
        return None if self.runs is None else self.runs.sentences

    @cached_property
    def document_statistics(self) -> UnitStatistics | None:
        """How sure the effect of each document is, over the runs; None without runs."""
        n_documents = len(self.document_offsets) - 1
        owner = np.repeat(np.arange(n_documents), np.diff(self.document_offsets))
        return self.group_statistics(owner, n_documents)

    def group_statistics(
        self, group: npt.NDArray[np.integer], n_groups: int
    ) -> UnitStatistics | None:
        """How sure sums over sentences are (``EnsembleRuns.groups``); None without runs."""
        return None if self.runs is None else self.runs.groups(group, n_groups)

    @property
    def trained_value(self) -> float:
        """The probe in the trainings that the effects are of.

        This model's own value, ``probe_value``; of an ensemble with runs, their mean.
        """
        return self.probe_value if self.runs is None else float(self.runs.values.mean())

    @property
    def has_enough_runs(self) -> bool:
        """Whether its claims count: False for an ensemble of fewer than ``HOLDS_RUNS`` runs."""
        return self.runs is None or self.runs.n_runs >= HOLDS_RUNS

    @property
    def about(self) -> dict[str, Any]:
        """Everything but the arrays, JSON-able; ``from_parts`` reads it."""
        told = {
            "probe_key": self.probe_key,
            "probe_value": self.probe_value,
            "estimator": self.estimator,
            "damping": self.damping,
            "solution": asdict(self.solution),
        }
        return told if self.runs is None else told | {"runs": self.runs.about}

    @property
    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Its arrays by name; ``from_parts`` reads them."""
        own: dict[str, npt.NDArray[Any]] = {
            "context_effects": self.context_effects,
            "direction_rows": self.direction_rows,
            "direction": self.direction,
        }
        return own if self.runs is None else own | self.runs.arrays

    @classmethod
    def from_parts(
        cls, about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], corpus: Corpus
    ) -> Influence:
        """The influence of ``about``, its ``arrays`` by name, and the corpus that they score.

        An earlier name of the estimator is read as today's.
        """
        return cls(
            probe_key=about["probe_key"],
            probe_value=about["probe_value"],
            estimator=canonical_name(about["estimator"]),
            damping=about["damping"],
            solution=SolutionInfo(**about["solution"]),
            context_effects=arrays["context_effects"],
            sentence_offsets=corpus.sentence_offsets,
            document_offsets=corpus.document_offsets,
            direction_rows=arrays["direction_rows"],
            direction=arrays["direction"],
            runs=EnsembleRuns.from_parts(about["runs"], arrays) if "runs" in about else None,
        )

    @property
    def has_pairs(self) -> bool:
        """Whether word pairs were scored, or contexts as a whole."""
        return self.direction.size > 0

    def top_sentences(
        self,
        k: int,
        direction: Literal["raises", "lowers"],
        document: int | None = None,
        among: npt.NDArray[np.bool_] | None = None,
        by: Order = "effect",
    ) -> pd.DataFrame:
        """The k sentences whose removal raises (lowers) the probe most, strongest first.

        Columns ``sentence``, ``document``, ``effect``. Sentences without an effect of that sign are
        left out; ``document`` restricts them to one document, ``among`` (n_sentences,) bool to
        those marked. ``by`` "sure": first those whose effect is surely largest, by the bound of
        their interval nearest to 0, where there are runs. To read, take "sure"; a list to remove
        moves the probe further by "effect".
        """
        effects = self.sentence_effects
        if among is not None:
            effects = np.where(among, effects, 0.0)
        sure = _sure(self.sentence_statistics) if by == "sure" else None
        return _strongest(effects, self.document_offsets, k, direction, document, sure)

    def top_documents(
        self, k: int, direction: Literal["raises", "lowers"], by: Order = "effect"
    ) -> pd.DataFrame:
        """As top_sentences, with columns ``document``, ``effect``."""
        offsets = np.arange(len(self.document_effects) + 1)
        sure = _sure(self.document_statistics) if by == "sure" else None
        frame = _strongest(self.document_effects, offsets, k, direction, None, sure)
        return frame[["document", "effect"]]


def roll_up(corpus: Corpus, influence: Influence, column: str) -> pd.DataFrame:
    """Effects summed by a metadata column of documents or sentences, lowest sum first.

    Columns: the value, ``effect`` (sum), ``n_sentences``, ``n_tokens`` and ``effect_per_1000``
    tokens, which is fair to short texts. With the runs of an ensemble, the columns of
    ``UnitStatistics.table`` follow (``beside``), q over the groups. Raises InputError for
    an unknown column.
    """
    of_document = corpus.sentences["document"].to_numpy()
    if column in corpus.sentences.columns:
        values = corpus.sentences[column].to_numpy()
    elif column in corpus.documents.columns:
        values = corpus.documents[column].to_numpy()[of_document]
    else:
        known = sorted({*corpus.documents.columns, *corpus.sentences.columns} - NOT_METADATA)
        raise InputError(f"unknown metadata {column!r}; this corpus has: {', '.join(known)}.")
    frame = pd.DataFrame(
        {
            column: values,
            "effect": influence.sentence_effects,
            "n_sentences": 1,
            "n_tokens": np.diff(corpus.sentence_offsets),
        }
    )
    groups = frame.groupby(column, dropna=False, sort=True)
    grouped = groups.sum().reset_index()
    grouped["effect_per_1000"] = 1000 * grouped["effect"] / grouped["n_tokens"].clip(lower=1)
    statistics = influence.group_statistics(groups.ngroup().to_numpy(), len(grouped))
    if statistics is not None:
        grouped = statistics.beside(grouped)
    return grouped.sort_values("effect", kind="stable", ignore_index=True)


def sums(
    offsets: npt.NDArray[np.int64], values: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Sums of consecutive slices in float64; an empty slice sums to 0."""
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    found = np.bincount(owner, values, minlength=len(offsets) - 1)
    return np.asarray(found, dtype=np.float64)


def largest(values: npt.NDArray[np.floating], k: int) -> npt.NDArray[np.int64]:
    """Indices of the k largest values, largest first, ties by index."""
    k = min(k, len(values))
    if k == 0:
        return np.empty(0, np.int64)
    candidates = np.flatnonzero(values >= np.partition(values, -k)[-k])
    return candidates[np.argsort(-values[candidates], kind="stable")][:k]


def _sure(statistics: UnitStatistics | None) -> npt.NDArray[np.float64] | None:
    return None if statistics is None else statistics.sure


def _strongest(
    effects: npt.NDArray[np.float64],
    document_offsets: npt.NDArray[np.int64],
    k: int,
    direction: Literal["raises", "lowers"],
    document: int | None,
    sure: npt.NDArray[np.float64] | None,
) -> pd.DataFrame:
    """The strongest by ``sure``, of equally sure ones by ``effects``; None: by these alone."""
    if direction not in ("raises", "lowers"):
        raise InputError(f"direction must be 'raises' or 'lowers', got {direction!r}.")
    first, last = (0, len(effects))
    if document is not None:
        first, last = (int(x) for x in document_offsets[document : document + 2])
    sign = 1.0 if direction == "raises" else -1.0
    signed = sign * effects[first:last]
    # Most effects of a quick estimate are 0; to part so many equal numbers would take long.
    some = np.flatnonzero(signed > 0)
    if sure is None:
        top = some[largest(signed[some], k)]
    else:
        top = some[np.lexsort((-signed[some], -sign * sure[first:last][some]))[:k]]
    top = top + first
    return pd.DataFrame(
        {
            "sentence": top,
            "document": np.searchsorted(document_offsets, top, side="right") - 1,
            "effect": effects[top],
        }
    )
