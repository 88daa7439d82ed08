"""Sets of text to leave out: the questions that retraining answers.

random        documents or sentences, a fraction of all of them, each set drawn by its own
              numbered generator: set 7 is the same set however many are drawn
strongest     single sentences, each probe its own: those with the largest effect by one estimator.
              They judge how far *its* largest claims hold
differential  the most raising and the most lowering documents or sentences of one probe, in
              growing sets (Brunet et al. 2019, arXiv:1810.03611). Extreme sets make any
              correlation large: never read these without the random ones
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.interventions.edit import Edit, EditLevel
from clif_core.probes.base import ResolvedProbe
from clif_core.text.corpus import Corpus

__all__ = ["Kind", "Trial", "differential_sets", "random_sets", "strongest_sentences"]

Kind = Literal["random", "strongest", "differential"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trial:
    """Sets of text to leave out, and the probes that are evaluated without each.

    Parameters
    ----------
    removed : what is left out, in words
    edits : (n_probes, n_sets); the same sets for every probe unless each has its own
    """

    removed: str
    kind: Kind
    level: EditLevel
    fraction: float | None
    probes: tuple[ResolvedProbe, ...]
    edits: tuple[tuple[Edit, ...], ...]

    @property
    def n_sets(self) -> int:
        return len(self.edits[0])

    @property
    def all_edits(self) -> tuple[Edit, ...]:
        """Every distinct edit once: first the first set of every probe, then the second, ..."""
        return tuple(
            dict.fromkeys(edit for column in zip(*self.edits, strict=True) for edit in column)
        )

    def only(self, sets: Sequence[int]) -> Trial:
        """The trial with some of its sets, by number."""
        edits = tuple(tuple(row[at] for at in sets) for row in self.edits)
        removed = self.removed
        if self.kind == "strongest" and len(sets) < self.n_sets:
            removed = removed.replace("each of", f"each of {len(sets)} of", 1)
        return Trial(removed, self.kind, self.level, self.fraction, self.probes, edits)


def random_sets(
    corpus: Corpus,
    probes: Sequence[ResolvedProbe],
    fraction: float,
    n_sets: int,
    level: EditLevel = "documents",
) -> Trial:
    """``n_sets`` random sets of a fraction of the documents (sentences) that have tokens.

    Set ``at`` (from 1) is drawn by numpy's default generator seeded with ``at`` and the fraction.
    """
    if not 0 < fraction < 1 or level not in ("documents", "sentences"):
        raise InputError(
            "random sets take a fraction between 0 and 1 of the documents or sentences, got"
            f" {fraction} of the {level!r}."
        )
    offsets = corpus.document_token_offsets if level == "documents" else corpus.sentence_offsets
    pieces = np.flatnonzero(np.diff(offsets))
    size = max(1, round(fraction * len(pieces)))

    def draw(at: int) -> Edit:
        generator = np.random.default_rng([at, round(fraction * 1_000_000)])
        return Edit(level, tuple(generator.choice(pieces, size, replace=False).tolist()))

    edits = tuple(draw(at) for at in range(1, n_sets + 1))
    named = f"{100 * fraction:g} % of the {level}"
    return Trial(named, "random", level, fraction, tuple(probes), (edits,) * len(probes))


def strongest_sentences(
    probes: Sequence[ResolvedProbe], sentence_effects: Floats, n_sentences: int
) -> Trial:
    """Each probe's sentences of largest effect of either sign, left out one at a time.

    ``sentence_effects`` (n_probes, n_sentences of the text) by the estimator that chooses.
    """
    chosen = np.argsort(-np.abs(sentence_effects), axis=1, kind="stable")[:, :n_sentences]
    edits = tuple(tuple(Edit("sentences", (int(s),)) for s in row) for row in chosen)
    named = f"each of the {chosen.shape[1]} strongest sentences, one at a time"
    return Trial(named, "strongest", "sentences", None, tuple(probes), edits)


def differential_sets(
    probe: ResolvedProbe, effects: Floats, sizes: Sequence[int], level: EditLevel
) -> Trial:
    """For each size, the texts whose removal raises ``probe`` most, then those that lower it most.

    ``effects`` (n_texts,) of the level, by the estimator that chooses.
    """
    if not sizes or not 0 < max(sizes) <= len(effects) // 2:
        raise InputError(
            f"sizes of differential sets lie between 1 and half of the {len(effects):,} {level},"
            f" got {list(sizes)}."
        )
    order = np.argsort(effects, kind="stable")
    chosen = [part for size in sizes for part in (order[::-1][:size], order[:size])]
    edits = tuple(Edit(level, tuple(part.tolist())) for part in chosen)
    named = f"the {', '.join(map(str, sizes))} most raising and most lowering {level}"
    return Trial(named, "differential", level, None, (probe,), (edits,))
