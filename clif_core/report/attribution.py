"""The part of a report that traces a probe back to its text, as JSON-able data.

Effects are removal effects: below 0, removing the text lowers the probe. Every quoted sentence
has the character spans of the words through which it acts. An ensemble's answer speaks of the text,
and every effect in it says how sure it is; any other speaks of one training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from clif_core.influence.estimators import ENSEMBLE
from clif_core.influence.explain import pair_effects
from clif_core.influence.result import Influence, roll_up
from clif_core.influence.tables import document_table, sure_part
from clif_core.late import late_import
from clif_core.probes import ResolvedProbe
from clif_core.report.card import quote_sentence
from clif_core.text.corpus import Corpus

if TYPE_CHECKING:
    from scipy import stats

    from clif_core.influence.engine import InfluenceEngine
else:
    stats = late_import("scipy.stats")

__all__ = ["attribute"]

_N_DOCUMENTS = 6  # each way
_N_GROUPS = 6  # each way
_MAX_VALUES = 60  # distinct values of a documents' column, such as play
_MAX_PEOPLE = 5_000  # distinct values of a sentences' column, such as speaker
_SHARES = (10, 100, 1_000)


def attribute(
    engine: InfluenceEngine,
    influence: Influence,
    resolved: ResolvedProbe,
    n_sentences: int,
    others: Sequence[Influence] = (),
    *,
    only_what_holds: bool = True,
) -> dict[str, Any]:
    """The attribution of a report, JSON-able; see ``passages`` for its display.

    ``others``: influences of the same probe by other estimators, to report their agreement.
    ``only_what_holds``: leave out sentences, documents and groups whose effect does not hold over
    the runs of an ensemble; without enough runs nothing is left out.
    """
    is_strict = only_what_holds and influence.runs is not None and influence.has_enough_runs
    effects = influence.sentence_effects
    order = np.sort(np.abs(effects))[::-1]
    total = float(order.sum()) or 1.0
    pairs = pair_effects(engine, influence) if influence.direction.size else None
    statistics = influence.sentence_statistics
    among = statistics.holds if is_strict and statistics is not None else None

    def quoted(direction: Literal["raises", "lowers"]) -> list[dict[str, Any]]:
        top = influence.top_sentences(n_sentences, direction, among=among, by="sure")["sentence"]
        return [quote_sentence(engine, influence, resolved, int(row), pairs) for row in top]

    return {
        "estimator": influence.estimator,
        "question": "text" if influence.estimator == ENSEMBLE else "model",
        "runs": _runs(influence),
        "only_what_holds": is_strict,
        "damping": influence.damping,
        "probe_value": influence.probe_value,
        "trained_value": influence.trained_value,
        "solution": asdict(influence.solution),
        "agreement": [_agreement(influence, other) for other in others],
        "n_sentences": len(effects),
        "n_with_effect": int(np.count_nonzero(effects)),
        "shares": {str(n): float(order[:n].sum()) / total for n in _SHARES if n < len(order)},
        "raising": quoted("lowers"),
        "lowering": quoted("raises"),
        "documents": _documents(engine.corpus, influence, is_strict),
        "groups": [
            _groups(engine.corpus, influence, c, is_strict) for c in _columns(engine.corpus)
        ],
    }


def _runs(influence: Influence) -> dict[str, Any] | None:
    """The runs of an ensemble, and how many sentences hold over them; None without runs."""
    runs = influence.runs
    if runs is None:
        return None
    return {
        "n_runs": runs.n_runs,
        "seeds": list(runs.seeds),
        "values": runs.values.tolist(),
        "n_holding": int(runs.sentences.holds.sum()),
    }


def _agreement(influence: Influence, other: Influence) -> dict[str, Any]:
    """Correlations of two estimators' sentence effects, where either effect is not 0."""
    mine, theirs = influence.sentence_effects, other.sentence_effects
    either = (mine != 0) | (theirs != 0)
    if either.sum() < 3:
        return {"with": other.estimator, "n": int(either.sum()), "spearman": None, "pearson": None}
    return {
        "with": other.estimator,
        "n": int(either.sum()),
        "spearman": float(stats.spearmanr(mine[either], theirs[either]).statistic),
        "pearson": float(np.corrcoef(mine[either], theirs[either])[0, 1]),
    }


def _documents(corpus: Corpus, influence: Influence, is_strict: bool) -> list[dict[str, Any]]:
    """The strongest documents, lowest effect first."""
    table = document_table(corpus, influence)
    sure = sure_part(table, influence)
    by_effect = _kept(table, sure, is_strict).sort_values("effect", kind="stable")
    below, above = by_effect[by_effect["effect"] < 0], by_effect[by_effect["effect"] > 0]
    chosen = pd.concat([below.head(_N_DOCUMENTS), above.tail(_N_DOCUMENTS)])
    return [
        {
            "title": str(row["title"]),
            "effect": float(row["effect"]),
            "n_tokens": int(row["n_tokens"]),
            "sureness": _sureness(sure, at),
        }
        for at, row in chosen.iterrows()
    ]


def _kept(table: pd.DataFrame, sure: pd.DataFrame | None, is_strict: bool) -> pd.DataFrame:
    """The rows of a table that a report may list."""
    return table[sure["holds"]] if is_strict and sure is not None else table


def _sureness(sure: pd.DataFrame | None, at: Any) -> dict[str, Any] | None:
    """As ``report.sureness`` tells it, from the row ``at``; None without runs."""
    if sure is None:
        return None
    row = sure.loc[at]
    return {
        "low": float(row["low"]),
        "high": float(row["high"]),
        "n_agree": int(row["n_agree"]),
        "n_runs": int(row["n_runs"]),
        "holds": bool(row["holds"]),
    }


def _columns(corpus: Corpus) -> list[str]:
    """At most one metadata column of the documents and one of the sentences to sum effects by."""
    of_documents = corpus.documents.drop(columns=["title", "text"])
    of_sentences = corpus.sentences.drop(columns=["document", "start", "end"])
    found = []
    for table, fewest, most in ((of_documents, 2, _MAX_VALUES), (of_sentences, 11, _MAX_PEOPLE)):
        for column in table:
            is_text = not pd.api.types.is_numeric_dtype(table[column])
            if is_text and fewest <= table[column].nunique(dropna=False) <= most:
                found.append(str(column))
                break
    return found


def _groups(corpus: Corpus, influence: Influence, column: str, is_strict: bool) -> dict[str, Any]:
    table = roll_up(corpus, influence, column)
    sure = sure_part(table, influence)
    kept = _kept(table, sure, is_strict)
    rows = kept if len(kept) <= 2 * _N_GROUPS else pd.concat([kept[:_N_GROUPS], kept[-_N_GROUPS:]])
    return {
        "column": column,
        "n_groups": len(table),
        "n_holding": None if sure is None else int(sure["holds"].sum()),
        "rows": [
            {
                "value": str(row[column]),
                "effect": float(row["effect"]),
                "n_tokens": int(row["n_tokens"]),
                "effect_per_1000": float(row["effect_per_1000"]),
                "sureness": _sureness(sure, at),
            }
            for at, row in rows.iterrows()
        ],
    }
