"""The part of a report that traces a probe back to its text, as JSON-able data.

Effects are removal effects: below 0, removing the text lowers the probe. Every quoted sentence
carries the character spans of the words through which it acts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.explain import explain_sentence, pair_effects
from clif_core.influence.result import Influence, roll_up
from clif_core.report.carriers import carriers
from clif_core.text.corpus import Corpus

__all__ = ["attribute"]

_MAX_TOKENS = 70  # of a long sentence, the part around its strongest word
# Of the strongest word of its kind: below this a word is not marked.
_WEAK = {"centre": 0.02, "context": 0.1}
_N_DOCUMENTS = 6  # each way
_N_GROUPS = 6  # each way
_MAX_VALUES = 60  # of a documents' column worth summing up by, such as play
_MAX_PEOPLE = 5_000  # of a sentences' column, such as speaker
_SHARES = (10, 100, 1_000)


def attribute(
    engine: InfluenceEngine,
    influence: Influence,
    n_sentences: int,
    others: Sequence[Influence] = (),
) -> dict[str, Any]:
    """Everything a report says about the text behind a probe.

    ``others``: answers to the same probe by other estimators, to say how far they agree.
    """
    effects = influence.sentence_effects
    order = np.sort(np.abs(effects))[::-1]
    total = float(order.sum()) or 1.0
    pairs = pair_effects(engine, influence) if influence.direction.size else None
    return {
        "estimator": influence.estimator,
        "damping": influence.damping,
        "probe_value": influence.probe_value,
        "solution": asdict(influence.solution),
        "agreement": [_agreement(influence, other) for other in others],
        "n_sentences": len(effects),
        "n_with_effect": int(np.count_nonzero(effects)),
        "shares": {str(n): float(order[:n].sum()) / total for n in _SHARES if n < len(order)},
        "raising": _sentences(engine, influence, "lowers", n_sentences, pairs),
        "lowering": _sentences(engine, influence, "raises", n_sentences, pairs),
        "documents": _documents(engine.corpus, influence),
        "groups": [_groups(engine.corpus, influence, c) for c in _columns(engine.corpus)],
    }


def _agreement(influence: Influence, other: Influence) -> dict[str, Any]:
    """How two estimators' sentence effects go together, over the sentences either gives any."""
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


def _sentences(
    engine: InfluenceEngine,
    influence: Influence,
    direction: Literal["raises", "lowers"],
    n: int,
    pairs: npt.NDArray[np.float32] | None,
) -> list[dict[str, Any]]:
    top = influence.top_sentences(n, direction)
    found = []
    for sentence, document, effect in top.itertuples(index=False):
        parts = explain_sentence(engine, influence, int(sentence), pairs)
        carried = carriers(parts, float(effect))
        quote, marks = _quote(engine.corpus, int(sentence), parts)
        found.append(
            {
                "sentence": int(sentence),
                "document": int(document),
                "title": str(engine.corpus.documents["title"].iloc[int(document)]),
                "about": _about(engine.corpus, int(sentence)),
                "effect": float(effect),
                "through": list(carried.words),
                "n_carriers": carried.n_words,
                "is_mostly_one": carried.is_one,
                "text": quote,
                "marks": marks,
            }
        )
    return found


def _quote(
    corpus: Corpus, sentence: int, parts: pd.DataFrame
) -> tuple[str, list[tuple[int, int, str, str, float]]]:
    """The sentence, cut where it is long, and its marks.

    A mark is (start, end, "centre" or "context", "raises" or "lowers", strength from 0 to 1): what
    the *word* does to the probe, strength relative to the strongest of its kind.
    """
    first, last = (int(t) for t in corpus.sentence_offsets[sentence : sentence + 2])
    row = corpus.sentences.iloc[sentence]
    text = str(corpus.documents["text"].iloc[int(row["document"])])
    centres = parts.groupby("centre_token")["effect"].sum()
    contexts = parts[parts["context_token"] >= 0].groupby("context_token")["effect"].sum()
    start, end = int(row["start"]), int(row["end"])
    before = after = ""
    if last - first > _MAX_TOKENS:
        strongest = int(centres.index.to_numpy()[centres.abs().argmax()]) if len(centres) else first
        begin = min(max(first, strongest - _MAX_TOKENS // 2), last - _MAX_TOKENS)
        if begin > first:
            start, before = int(corpus.token_starts[begin]), "… "
        if begin + _MAX_TOKENS < last:
            end, after = int(corpus.token_ends[begin + _MAX_TOKENS - 1]), " …"
    kinds = {int(token): "context" for token in contexts.index}
    kinds |= {int(token): "centre" for token in centres.index}
    marks = []
    for token in sorted(kinds):
        table = centres if kinds[token] == "centre" else contexts
        effect, most = float(table[token]), float(table.abs().max())
        a, b = int(corpus.token_starts[token]), int(corpus.token_ends[token])
        strength = abs(effect) / most if most else 0.0
        inside = first <= token < last and start <= a and b <= end
        if inside and strength >= _WEAK[kinds[token]]:
            side = "raises" if effect < 0 else "lowers"
            shift = len(before) - start
            marks.append((a + shift, b + shift, kinds[token], side, round(strength, 3)))
    return f"{before}{text[start:end]}{after}", marks


def _about(corpus: Corpus, sentence: int) -> dict[str, str]:
    row = corpus.sentences.iloc[sentence].drop(["document", "start", "end"])
    return {
        str(name): value.title() if value.isupper() else value
        for name, value in row.items()
        if isinstance(value, str) and value and len(value) <= 60
    }


def _documents(corpus: Corpus, influence: Influence) -> list[dict[str, Any]]:
    n_tokens = np.diff(corpus.document_token_offsets)
    chosen = [
        influence.top_documents(_N_DOCUMENTS, "lowers"),
        influence.top_documents(_N_DOCUMENTS, "raises")[::-1],
    ]
    return [
        {
            "title": str(corpus.documents["title"].iloc[int(document)]),
            "effect": float(effect),
            "n_tokens": int(n_tokens[int(document)]),
        }
        for document, effect in pd.concat(chosen).itertuples(index=False)
    ]


def _columns(corpus: Corpus) -> list[str]:
    """One metadata column of the documents and one of the sentences worth summing up by."""
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


def _groups(corpus: Corpus, influence: Influence, column: str) -> dict[str, Any]:
    table = roll_up(corpus, influence, column)
    rows = table if len(table) <= 2 * _N_GROUPS else pd.concat([table[:_N_GROUPS],
                                                               table[-_N_GROUPS:]])  # fmt: skip
    return {
        "column": column,
        "n_groups": len(table),
        "rows": [
            {
                "value": str(row[column]),
                "effect": float(row["effect"]),
                "n_tokens": int(row["n_tokens"]),
                "effect_per_1000": float(row["effect_per_1000"]),
            }
            for _, row in rows.iterrows()
        ],
    }
