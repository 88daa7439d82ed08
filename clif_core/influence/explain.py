"""Explanations of an influence: the word pairs with the largest effects, and one sentence by pairs.

The effects of all pairs are most of the work. A caller that asks several of these questions
computes ``pair_effects`` once and passes them as ``by_pair``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.errors import InputError
from clif_core.influence.estimators import QUICK, find_estimator
from clif_core.influence.result import Influence, largest
from clif_core.late import late_import
from clif_core.text.corpus import Corpus

if TYPE_CHECKING:
    import torch

    from clif_core.influence.engine import InfluenceEngine
else:
    torch = late_import("torch")

__all__ = ["explain_by_centre", "explain_sentence", "pair_effects", "top_pairs"]

COLUMNS = {
    "centre_token": np.int64,
    "centre": object,
    "context_token": np.int64,
    "context_word": object,
    "weight": np.float64,
    "effect": np.float64,
}


def pair_effects(engine: InfluenceEngine, influence: Influence) -> npt.NDArray[np.float32]:
    """Removal effect of one occurrence of each pair, (n_pairs,).

    Raises InputError for an estimator that scores contexts whole.
    """
    if not influence.has_pairs:
        raise InputError(
            f"the estimator {influence.estimator!r} scores contexts, not pairs; choose {QUICK!r} "
            "to see which word pairs carry a probe."
        )
    has_negatives = find_estimator(influence.estimator).has_negatives
    loss = engine.loss if has_negatives else engine.loss.without_negatives()
    rows, direction = influence.direction_rows, influence.direction
    effects = loss.pair_effects_along(
        torch.as_tensor(rows, device=loss.v.device) if len(rows) else None,
        torch.as_tensor(direction, dtype=loss.v.dtype, device=loss.v.device),
    )
    return effects.cpu().numpy()


def top_pairs(
    engine: InfluenceEngine,
    influence: Influence,
    k: int = 30,
    by_pair: npt.NDArray[np.float32] | None = None,
) -> pd.DataFrame:
    """The k pairs with the largest total effect of either sign, over the whole text.

    Columns ``centre``, ``context_word``, ``weight`` (n_ij) and ``effect`` (n_ij times the effect
    of one occurrence).
    """
    pairs = engine.pairs
    totals = pairs.weights * (pair_effects(engine, influence) if by_pair is None else by_pair)
    top = largest(np.abs(totals), k)
    words = np.asarray(engine.model.vocabulary.words, dtype=object)
    return pd.DataFrame(
        {
            "centre": words[pairs.centres()[top]],
            "context_word": words[pairs.context_words[top]],
            "weight": pairs.weights[top],
            "effect": totals[top],
        }
    )


def explain_sentence(
    engine: InfluenceEngine,
    influence: Influence,
    sentence: int,
    by_pair: npt.NDArray[np.float32] | None = None,
) -> pd.DataFrame:
    """The effect of each (centre token, context token) of one sentence's contexts.

    Columns ``centre_token``, ``centre``, ``context_token``, ``context_word``, ``weight``,
    ``effect``; the effects add up to the effect of the sentence. Context tokens may lie in
    neighbouring sentences where windows cross them. For an estimator that scores contexts as a
    whole (``unrolled``) there is one row for each centre, with context token -1.
    """
    if not influence.has_pairs:
        return explain_by_centre(engine.corpus, influence, sentence)
    start, end = engine.corpus.sentence_offsets[sentence : sentence + 2]
    first, last = np.searchsorted(engine.text.tokens, [start, end])
    if by_pair is None:
        by_pair = pair_effects(engine, influence)
    tokens, words = engine.text.tokens, engine.model.vocabulary.words
    moved = set(influence.direction_rows.tolist())
    rows = []
    for position in range(first, last):
        centre = int(engine.windows.words[position])
        if moved and centre not in moved:
            continue
        others, weights = engine.windows.neighbours(position)
        contexts = engine.windows.words[others]
        effects = weights * by_pair[engine.pairs.find(centre, contexts)]
        rows += [
            (tokens[position], words[centre], tokens[other], words[context], weight, effect)
            for other, context, weight, effect in zip(
                others, contexts, weights, effects, strict=True
            )
        ]
    return _parts(rows)


def explain_by_centre(corpus: Corpus, influence: Influence, sentence: int) -> pd.DataFrame:
    """As ``explain_sentence``, for an estimator that scores contexts whole; needs no engine."""
    start, end = corpus.sentence_offsets[sentence : sentence + 2]
    effects = influence.context_effects
    rows = [
        (token, corpus.words[corpus.token_words[token]], -1, "", 1.0, effects[token])
        for token in range(start, end)
        if effects[token]
    ]
    return _parts(rows)


def _parts(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """The rows as a table whose columns have their types without any row, too."""
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
