"""How far the estimates of a probe agree: with each other, and the quick one over its damping.

Compares influence estimates without training again. Agreement is no proof: estimates may share an
error. Only retraining tells (``clif_core.evaluation``).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from clif_core.evaluation.agreement import N_TOP, agreement, chance_overlap
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import QUICK, find_estimator
from clif_core.probes import ResolvedProbe
from dashboard.data import attribution
from dashboard.data.attribution import Answer

__all__ = ["DAMPINGS", "N_TOP", "cached_answers", "chance_overlap", "compare", "sweep"]

#: Four decades around the default of the quick estimate, three points each.
DAMPINGS = tuple(
    float(f"{find_estimator(QUICK).default_damping * 10 ** (step / 3):.3g}")
    for step in range(-6, 7)
)


def cached_answers(engine: InfluenceEngine, resolved: ResolvedProbe) -> dict[str, Answer]:
    """Every estimate of a probe that costs no wait: the quick ones, and those in the cache."""
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
    """One row for each pair of estimators, in the order of ``attribution.ESTIMATORS``.

    Columns ``first``, ``second``, ``rank_correlation`` (Spearman over the sentences with an effect
    in either), ``shared`` of the N_TOP strongest sentences, ``n_sentences``.
    """
    names = sorted(answers, key=attribution.ESTIMATORS.index)
    rows = []
    for at, first in enumerate(names):
        for second in names[at + 1 :]:
            effects = (answers[name].influence.sentence_effects for name in (first, second))
            rows.append((first, second, *agreement(*effects)))
    columns = ["first", "second", "rank_correlation", "shared", "n_sentences"]
    return pd.DataFrame(rows, columns=columns)


def sweep(
    engine: InfluenceEngine, resolved: ResolvedProbe, exact: Answer | None = None
) -> pd.DataFrame:
    """The quick estimate at every damping, compared with itself at the default.

    ``exact``: the answer by the exact derivative, where that is computed. Columns ``damping``,
    ``rank_correlation``, ``shared``; and with ``exact`` also ``rank_correlation_exact`` and
    ``shared_exact``. Takes 0.05 s a damping, once.
    """
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
        row = [damping, *agreement(default, effects)[:2]]
        if _exact is not None:
            row += agreement(_exact.influence.sentence_effects, effects)[:2]
        rows.append(row)
    columns = ["damping", "rank_correlation", "shared"]
    columns += ["rank_correlation_exact", "shared_exact"] if _exact is not None else []
    return pd.DataFrame(rows, columns=columns)
