"""Through which words a sentence acts on a probe: one word, or many.

The quick estimate moves the probe's own words alone, so a sentence often acts through one of them.
The exact derivative moves every word, and there "through one word" would claim too much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clif_core.phrases import pull
from clif_core.probes import ResolvedProbe

__all__ = ["Carriers", "carriers", "pair_effects", "pull_of", "strongest_pairs"]

_MOST = 0.5  # of the absolute effect: more than this is "mostly through" one word
_MAX_NAMED = 2
_MAX_TOWARDS = 3


@dataclass(frozen=True)
class Carriers:
    """The centre words of a sentence that carry its effect.

    Attributes
    ----------
    words : those whose effect has the sign of the sentence's, the strongest first, two at most
    share : the first one's part of the summed absolute effects of all centre words, 0 to 1
    n_words : distinct centre words with an effect of either sign
    """

    words: tuple[str, ...]
    share: float
    n_words: int

    @property
    def is_one(self) -> bool:
        """Whether one word carries more than half."""
        return bool(self.words) and (self.share > _MOST or self.n_words == 1)

    @property
    def named(self) -> tuple[str, ...]:
        """The words to name under the sentence: one where it carries more than half."""
        return self.words[:1] if self.is_one else self.words


def carriers(parts: pd.DataFrame, effect: float) -> Carriers:
    """The carriers of a sentence, from ``influence.explain.explain_sentence`` and its effect."""
    by_word = parts.groupby("centre")["effect"].sum()
    by_word = by_word[by_word != 0]
    agreeing = (by_word * np.sign(effect)).sort_values(ascending=False, kind="stable")
    agreeing = agreeing[agreeing > 0]
    total = float(by_word.abs().sum())
    return Carriers(
        tuple(map(str, agreeing.index[:_MAX_NAMED])),
        float(agreeing.iloc[0]) / total if len(agreeing) else 0.0,
        len(by_word),
    )


def pair_effects(parts: pd.DataFrame) -> pd.Series:
    """The effect of each (centre, context word) of a sentence, in order of the text."""
    pairs = parts[parts["context_word"] != ""]
    return pairs.groupby(["centre", "context_word"], sort=False)["effect"].sum()


def strongest_pairs(parts: pd.DataFrame, effect: float) -> tuple[str, tuple[str, ...]] | None:
    """(centre, contexts): of the pairs whose effect has the sign of the sentence's, the strongest.

    Three contexts at most, those of one centre. None where there is no such pair, as for an
    estimator that scores contexts whole.
    """
    agreeing = (pair_effects(parts) * np.sign(effect)).sort_values(ascending=False, kind="stable")
    agreeing = agreeing[agreeing > 0]
    if agreeing.empty:
        return None
    centre = agreeing.index[0][0]
    contexts = [word for other, word in agreeing.index if other == centre][:_MAX_TOWARDS]
    return str(centre), tuple(map(str, contexts))


def pull_of(
    resolved: ResolvedProbe, carried: Carriers, parts: pd.DataFrame, effect: float
) -> tuple[str, str] | None:
    """(word, where the text pulls it): an end of the probe, else the words beside it in the text.

    An end where the probe's form says which (``phrases.pull``). None where neither is known.
    """
    end = pull(resolved, carried.words[0], effect) if carried.words else None
    if end is not None:
        return end
    found = strongest_pairs(parts, effect)
    return None if found is None else (found[0], ", ".join(found[1]))
