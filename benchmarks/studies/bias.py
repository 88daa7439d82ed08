"""Where does a bias come from, and what does removing its text do to other probes?

The paper's third experiment (Silva, Chopra & Gombolay 2022, arXiv:2012.01685), for WEAT probes:

    probe -> influence -> the text that carries it -> training without it -> every probe again

Four questions, each a function here: how often do the words co-occur (``co_occurrences``); which
text brings a probe nearer to zero when it is removed (``carrying_text``); what does removing the
text of one probe do to the others, compared with random text of the same size
(``cross_effects``); and what is left of it after hard debias, with and without that text
(``beside_hard_debias``). These functions read models; the caller trains them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from clif_core.errors import InputError, ProbeError
from clif_core.influence.result import Influence
from clif_core.interventions.debias import debias
from clif_core.interventions.edit import Edit
from clif_core.measurement.probe_report import measure
from clif_core.probes.base import ResolvedProbe
from clif_core.probes.weat import Weat
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.training_text import encode
from clif_core.text.corpus import Corpus

__all__ = [
    "CoOccurrence",
    "CrossEffects",
    "Reading",
    "beside_hard_debias",
    "carrying_text",
    "co_occurrences",
    "cross_effects",
    "read_weat",
]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """A WEAT on one model: difference of means, effect size d (ddof 0), one-sided permutation p."""

    difference: float
    effect_size: float
    p: float


@dataclass(frozen=True)
class CoOccurrence:
    """How often targets occur within the window of attributes.

    ``counts`` (2, 2): rows X and Y, columns A and B, each pair of token positions once. ``share_x``
    is the share of A in the row of X, ``p`` that of a chi-squared test of equal shares.
    """

    counts: npt.NDArray[np.int64]
    share_x: float
    share_y: float
    p: float


@dataclass(frozen=True, eq=False)
class CrossEffects:
    """Changes of every probe (columns) when the text that carries one of them (rows) is removed.

    Parameters
    ----------
    changes : (n_edits, n_probes) probe(without) - probe(with), both trained
    random_changes : (n_random, n_probes) the same for random text of like size
    """

    changes: Floats
    random_changes: Floats

    @property
    def random_std(self) -> Floats:
        """(n_probes,) spread of the random changes, ddof 1."""
        return np.asarray(self.random_changes.std(axis=0, ddof=1))

    @property
    def in_spreads(self) -> Floats:
        """(n_edits, n_probes) distance of each change from the random mean, in random spreads."""
        return np.asarray((self.changes - self.random_changes.mean(axis=0)) / self.random_std)


def read_weat(probe: Weat, model: SkipGram) -> Reading:
    """The probe on a model; the permutation test is exact where there are few splits."""
    report = measure(probe, model, n_nulls=0, n_resamples=0)
    p = float("nan") if report.permutation is None else report.permutation.p_one_sided
    return Reading(report.quantities["difference"], report.quantities["effect_size"], p)


def carrying_text(influence: Influence, n_sentences: int) -> tuple[Edit, float]:
    """The sentences whose removal brings a probe nearest to 0, and the change predicted for them.

    For a probe above 0 those that lower it, else those that raise it.
    """
    found = influence.top_sentences(
        n_sentences, "lowers" if influence.probe_value > 0 else "raises"
    )
    return Edit("sentences", tuple(found["sentence"])), float(found["effect"].sum())


def cross_effects(
    probes: Sequence[ResolvedProbe],
    before: SkipGram,
    without: Sequence[SkipGram],
    without_random: Sequence[SkipGram],
) -> CrossEffects:
    """Read all probes on all models; InputError with fewer than two random ones."""
    if len(without_random) < 2:
        raise InputError(
            f"a spread needs at least two random sets, got {len(without_random)}; train more."
        )

    def read(models: Sequence[SkipGram]) -> Floats:
        return np.array([[probe.value(m.centre_vectors) for probe in probes] for m in models])

    base = read([before])
    return CrossEffects(read(without) - base, read(without_random) - base)


def beside_hard_debias(
    probe: Weat, before: SkipGram, after: SkipGram, about: str
) -> tuple[Reading, Reading, Reading, Reading] | None:
    """The probe before and after removing its text, each as it is and then hard debiased.

    ``about`` is a key of ``debias.ABOUT``. None where the models lack the words for it.
    """
    try:
        debiased = [debias(model, about)[0].model for model in (before, after)]
    except ProbeError:
        return None
    return (
        read_weat(probe, before),
        read_weat(probe, debiased[0]),
        read_weat(probe, after),
        read_weat(probe, debiased[1]),
    )


def co_occurrences(
    corpus: Corpus, vocabulary: Vocabulary, probe: Weat, window: int
) -> CoOccurrence:
    """Raw co-occurrence within a document: no subsampling, no weights, each pair of positions once.

    Distances are in words of the vocabulary, as in the trainer's windows.
    """
    ids = encode(corpus, vocabulary)
    known = ids >= 0
    documents = np.repeat(np.arange(corpus.n_documents), np.diff(corpus.document_token_offsets))
    words, documents = ids[known], documents[known]
    sets = [found.ids for found in probe.resolve(vocabulary).sets]
    is_x, is_y, is_a, is_b = (np.isin(words, found) for found in sets)
    counts = np.zeros((2, 2), dtype=np.int64)
    for distance in range(1, window + 1):
        is_near = documents[:-distance] == documents[distance:]
        for row, targets in enumerate((is_x, is_y)):
            for column, attributes in enumerate((is_a, is_b)):
                forth = targets[:-distance] & attributes[distance:]
                back = attributes[:-distance] & targets[distance:]
                counts[row, column] += int((is_near & forth).sum() + (is_near & back).sum())
    if not counts.sum(axis=0).all() or not counts.sum(axis=1).all():
        raise ProbeError(
            f"{probe.name}: its targets and attributes co-occur too seldom to compare shares"
            f" ({counts.tolist()}); give more frequent words or a wider window."
        )
    shares = counts[:, 0] / counts.sum(axis=1)
    p = float(stats.chi2_contingency(counts).pvalue)
    return CoOccurrence(counts, float(shares[0]), float(shares[1]), p)
