"""What can be said of an estimate's worth without training again: do the estimates agree?

Estimates of the probe in hand are compared with each other, above all with the exact derivative
where that is computed, and the quick one with itself as its damping changes. Agreement is no truth:
estimates may err alike. Only retraining tells (``clif_core.evaluation``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st
from scipy import stats

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import QUICK, UNROLLED, find_estimator
from clif_core.probes import ResolvedProbe
from dashboard.data import attribution
from dashboard.data.attribution import Answer

__all__ = ["DAMPINGS", "N_TOP", "answers_at_hand", "chance_overlap", "compare", "sweep"]

Floats = npt.NDArray[np.float64]
N_TOP = 100  # strongest sentences, whichever way they act
#: Four decades around the default of the quick estimate, three points each.
DAMPINGS = tuple(
    float(f"{find_estimator(QUICK).default_damping * 10 ** (step / 3):.3g}")
    for step in range(-6, 7)
)


def answers_at_hand(engine: InfluenceEngine, resolved: ResolvedProbe) -> dict[str, Answer]:
    """Every estimate of a probe that costs no wait: the quick ones, and those computed before."""
    found = {}
    for estimator in attribution.ESTIMATORS:
        if estimator == attribution.BEST:
            continue
        is_quick = estimator in attribution.QUICK
        known = attribution.answer(engine, resolved, estimator, None, is_computed=is_quick)
        if known is not None:
            found[estimator] = known
    return found


def compare(answers: dict[str, Answer]) -> pd.DataFrame:
    """One row a pair of estimators, the exact derivative first.

    Columns ``first``, ``second``, ``rank_correlation`` (Spearman over the sentences that either
    gives an effect), ``shared`` of the N_TOP strongest sentences, ``n_sentences``.
    """
    names = sorted(answers, key=lambda name: attribution.ESTIMATORS.index(name))
    rows = []
    for at, first in enumerate(names):
        for second in names[at + 1 :]:
            mine = answers[first].influence.sentence_effects
            theirs = answers[second].influence.sentence_effects
            rows.append((first, second, *_agree(mine, theirs)))
    columns = ["first", "second", "rank_correlation", "shared", "n_sentences"]
    return pd.DataFrame(rows, columns=columns)


def _agree(mine: Floats, theirs: Floats) -> tuple[float, int, int]:
    either = (mine != 0) | (theirs != 0)
    n = int(either.sum())
    if n < 3:
        return float("nan"), 0, n
    rank = float(stats.spearmanr(mine[either], theirs[either]).statistic)
    return rank, len(np.intersect1d(_strongest(mine), _strongest(theirs))), n


def _strongest(effects: Floats) -> npt.NDArray[np.int64]:
    order: npt.NDArray[np.int64] = np.argsort(-np.abs(effects), kind="stable")[:N_TOP]
    kept: npt.NDArray[np.int64] = order[effects[order] != 0]
    return kept


def chance_overlap(n_sentences: int) -> float:
    """Expected number of sentences shared by two random choices of N_TOP."""
    return min(N_TOP, n_sentences) ** 2 / max(n_sentences, 1)


def sweep(engine: InfluenceEngine, resolved: ResolvedProbe) -> pd.DataFrame:
    """The quick estimate at every damping, compared with itself at the default.

    Columns ``damping``, ``rank_correlation``, ``shared``; and, where the exact derivative is
    computed, ``rank_correlation_exact`` and ``shared_exact``. Takes 0.05 s a damping, once.
    """
    exact = attribution.answer(engine, resolved, UNROLLED, None, is_computed=False)
    hashes = (engine.model.content_hash, engine.corpus.content_hash, resolved.probe.key)
    return _sweep(hashes, exact is not None, engine, resolved, exact, DAMPINGS)


@st.cache_resource(show_spinner=False, max_entries=32)
def _sweep(
    hashes: tuple[str, ...],
    has_exact: bool,
    _engine: InfluenceEngine,
    _resolved: ResolvedProbe,
    _exact: Answer | None,
    dampings: Sequence[float],
) -> pd.DataFrame:
    default = _engine.influence(_resolved, QUICK).sentence_effects
    rows = []
    for damping in dampings:
        effects = _engine.influence(_resolved, QUICK, damping=damping).sentence_effects
        row = [damping, *_agree(default, effects)[:2]]
        if _exact is not None:
            row += _agree(_exact.influence.sentence_effects, effects)[:2]
        rows.append(row)
    columns = ["damping", "rank_correlation", "shared"]
    columns += ["rank_correlation_exact", "shared_exact"] if _exact is not None else []
    return pd.DataFrame(rows, columns=columns)
