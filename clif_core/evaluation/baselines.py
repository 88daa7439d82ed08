"""Predictions without influence functions, which an estimator must beat to be of use.

random       numbers of a seeded generator
word_count   how often the probe's words occur in the removed text, each with the sign with
             which it carries the probe
pmi          the probe evaluated on co-occurrence counts instead of vectors: a word is its row of
             positive pointwise mutual information (Levy & Goldberg 2014), with the removed
             text counted and without it (a baseline of Brunet et al. 2019, arXiv:1810.03611)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.result import sums
from clif_core.interventions.edit import Edit, token_mask
from clif_core.interventions.plug_in import taken_weights
from clif_core.measurement.probe_report import measure
from clif_core.probes.base import ResolvedProbe

__all__ = ["Counts", "random_changes", "word_count_changes", "word_count_effects"]

Floats = npt.NDArray[np.float64]


def random_changes(n_probes: int, n_sets: int, seed: int = 0) -> Floats:
    """(n_probes, n_sets) standard normal numbers."""
    return np.random.default_rng(seed).standard_normal((n_probes, n_sets))


def word_count_changes(
    engine: InfluenceEngine, probe: ResolvedProbe, edits: Sequence[Edit]
) -> Floats:
    """(n_sets,) minus the signed number of the probe's words in each removed text.

    A word's sign is that of the value minus the value without the word; where the probe needs the
    word, the sign of the value.
    """
    effects = _count_effects(engine, probe)
    return np.array([effects[token_mask(engine.corpus, edit)].sum() for edit in edits])


def word_count_effects(engine: InfluenceEngine, probe: ResolvedProbe) -> Floats:
    """(n_sentences,) the same for each sentence by itself."""
    return sums(engine.corpus.sentence_offsets, _count_effects(engine, probe))


def _count_effects(engine: InfluenceEngine, probe: ResolvedProbe) -> Floats:
    """(n_tokens,) minus the sign of each token's word."""
    effects = np.zeros(engine.corpus.n_tokens)
    effects[engine.text.tokens] = -_signs(engine, probe)[engine.text.word_ids]
    return effects


def _signs(engine: InfluenceEngine, probe: ResolvedProbe) -> Floats:
    """(n_words,) +1, -1, and 0 for words that are not the probe's."""
    found = measure(probe.probe, engine.model, n_permutations=0, n_nulls=0, n_resamples=0)
    signs = np.zeros(engine.model.n_words)
    signs[probe.word_ids] = np.sign(found.value)
    known = found.words[~found.words["is_lost"] & found.words["carried"].notna()]
    for word, carried in zip(known["word"], known["carried"], strict=True):
        signs[engine.model.vocabulary.id(word)] = np.sign(carried)
    return signs


@dataclass(frozen=True, eq=False)
class Counts:
    """Co-occurrence counts of the words of some probes, with and without a text.

    Counts are the expected pair weights of one pass of training. The total of a context word is
    reduced by what that word loses as a centre, which is exact where whole units are removed.
    """

    engine: InfluenceEngine
    probes: Sequence[ResolvedProbe]

    def changes(self, edit: Edit) -> Floats:
        """(n_probes,) probe without the text minus probe with it, both on PPMI rows."""
        return self._values(edit) - self._with_all

    @cached_property
    def _with_all(self) -> Floats:
        return self._values(None)

    @cached_property
    def _word_ids(self) -> npt.NDArray[np.int64]:
        return np.unique(np.concatenate([probe.word_ids for probe in self.probes]))

    @cached_property
    def _context_totals(self) -> Floats:
        """(n_positions,) expected weight of all pairs of each context."""
        pairs = self.engine.pairs
        ones = np.ones(pairs.n_pairs, dtype=np.float32)
        return self.engine.windows.sum_over_contexts(pairs, ones)

    def _values(self, edit: Edit | None) -> Floats:
        rows = torch.from_numpy(self._ppmi(edit))
        at_rows = [np.searchsorted(self._word_ids, probe.word_ids) for probe in self.probes]
        with torch.no_grad():
            values = [
                float(probe.formula(rows[torch.from_numpy(at)]))
                for probe, at in zip(self.probes, at_rows, strict=True)
            ]
        return np.array(values)

    def _ppmi(self, edit: Edit | None) -> Floats:
        """(n words of the probes, n_words) max(0, log(n_ij n / (n_i n_j)))."""
        pairs, windows, word_ids = self.engine.pairs, self.engine.windows, self._word_ids
        totals, weights = pairs.centre_weights, pairs.weights.astype(np.float64)
        if edit is not None:
            is_removed = token_mask(self.engine.corpus, edit)[self.engine.text.tokens]
            left = (~is_removed).astype(np.float32)
            lost = np.where(is_removed, self._context_totals, 0.0)
            totals = np.maximum(totals - np.bincount(windows.words, lost, len(totals)), 0)
            weights = np.maximum(weights - taken_weights(pairs, windows, left, word_ids), 0)
        table = np.zeros((len(word_ids), len(totals)))
        for at, word in enumerate(word_ids):
            row = slice(int(pairs.offsets[word]), int(pairs.offsets[word + 1]))
            columns = pairs.context_words[row]
            expected = totals[word] * totals[columns] / totals.sum()
            is_met = (weights[row] > 0) & (expected > 0)
            ratio = weights[row][is_met] / expected[is_met]
            table[at, columns[is_met]] = np.maximum(np.log(ratio), 0)
        return table
