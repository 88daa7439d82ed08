"""Words of a probe that lose much of their text by an edit, for which no prediction is reliable.

Every prediction extrapolates from small edits (docs/decisions/0020): the first text that a word
loses tells less and less of what losing more does, and where the word keeps few sentences the
prediction may err even in its sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clif_core.interventions.edit import Edit, token_mask
from clif_core.probes.base import ResolvedProbe

if TYPE_CHECKING:
    from clif_core.influence.engine import InfluenceEngine

__all__ = ["MUCH", "ThinnedWord", "thinned_words"]

#: Share of a word's occurrences from which on an edit is not small.
MUCH = 0.2


class ThinnedWord(NamedTuple):
    """A word of a probe, how many of its occurrences an edit names, and how many there are."""

    word: str
    n_edited: int
    n_occurrences: int


def thinned_words(
    engine: InfluenceEngine, probe: ResolvedProbe, edit: Edit
) -> tuple[ThinnedWord, ...]:
    """The probe's words of which an edit names ``MUCH`` of the occurrences, or more; worst first.

    Occurrences are counted in the text that the model was trained on. Raises InputError for an
    edit of text that does not exist.
    """
    word_ids, _ = probe.active_gradient(engine.model.centre_vectors)
    is_edited = token_mask(engine.corpus, edit)[engine.text.tokens]
    words = engine.model.vocabulary.words
    n_edited = np.bincount(engine.text.word_ids[is_edited], minlength=len(words))
    n_all = np.bincount(engine.text.word_ids, minlength=len(words))
    found = [
        ThinnedWord(words[i], int(n_edited[i]), int(n_all[i]))
        for i in word_ids
        if n_edited[i] and n_edited[i] >= MUCH * n_all[i]
    ]
    return tuple(sorted(found, key=lambda word: -word.n_edited / word.n_occurrences))
