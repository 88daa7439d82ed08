"""The quality of a model's vectors by word similarity judgements and analogies.

WordSim-353 (Finkelstein et al. 2002), SimLex-999 (Hill et al. 2015) and Google's analogies (Mikolov
et al. 2013) are read from the test data in the gensim wheel. A score of a model of a small text is
valid only for the words that it covers, so every score comes with its coverage. Words are looked up
as those of probes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.probes.lookup import find_row
from clif_core.sgns.model import SkipGram

__all__ = [
    "SIMILARITY_SETS",
    "AnalogyScore",
    "SimilarityScore",
    "evaluate",
    "score_analogies",
    "score_similarity",
]

SIMILARITY_SETS = {"wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}
ANALOGIES = "questions-words.txt"
_BATCH = 256  # questions scored at once


@dataclass(frozen=True)
class SimilarityScore:
    """Correlation of cosines with human judgements; NaN with fewer than three known pairs."""

    dataset: str
    spearman: float
    pearson: float
    n_pairs: int
    n_known: int

    @property
    def coverage(self) -> float:
        """Share of the pairs with both words in the vocabulary, 0 to 1."""
        return self.n_known / self.n_pairs


@dataclass(frozen=True)
class AnalogyScore:
    """3CosAdd on the questions with known words; ``by_section`` maps to (n_right, n_known)."""

    accuracy: float
    n_questions: int
    n_known: int
    n_right: int
    by_section: Mapping[str, tuple[int, int]]

    @property
    def coverage(self) -> float:
        """Share of the questions with all four words in the vocabulary, 0 to 1."""
        return self.n_known / self.n_questions


def score_similarity(model: SkipGram, dataset: str) -> SimilarityScore:
    """Spearman and Pearson correlation of cosines with the judgements of ``dataset``."""
    if dataset not in SIMILARITY_SETS:
        raise InputError(f"unknown dataset {dataset!r}; known: {', '.join(SIMILARITY_SETS)}.")
    pairs = _similarity_pairs(dataset)
    known = [
        (first, second, judged)
        for word_1, word_2, judged in pairs
        if (first := find_row(word_1, model.vocabulary)) is not None
        and (second := find_row(word_2, model.vocabulary)) is not None
    ]
    spearman = pearson = float("nan")
    if len(known) >= 3:
        from scipy import stats  # takes over a second to import

        first_rows, second_rows, judged_values = map(np.array, zip(*known, strict=True))
        unit = model.unit_vectors
        cosines = np.einsum("nd,nd->n", unit[first_rows], unit[second_rows])
        spearman = float(stats.spearmanr(cosines, judged_values).statistic)
        pearson = float(stats.pearsonr(cosines, judged_values).statistic)
    return SimilarityScore(dataset, spearman, pearson, len(pairs), len(known))


def score_analogies(model: SkipGram) -> AnalogyScore:
    """Google's analogies by 3CosAdd over the whole vocabulary, without the three given words.

    Cost: n_known * n_words * dim; about a second for a sample model.
    """
    by_section: dict[str, tuple[int, int]] = {}
    n_questions = 0
    for section, questions in _analogy_questions().items():
        n_questions += len(questions)
        rows = [[find_row(word, model.vocabulary) for word in question] for question in questions]
        known = np.array([row for row in rows if None not in row], dtype=np.int64).reshape(-1, 4)
        by_section[section] = (_count_right(model, known), len(known))
    n_right = sum(right for right, _ in by_section.values())
    n_known = sum(known for _, known in by_section.values())
    accuracy = n_right / n_known if n_known else float("nan")
    return AnalogyScore(accuracy, n_questions, n_known, n_right, by_section)


def evaluate(model: SkipGram) -> dict[str, Any]:
    """All scores as a mapping for JSON, for a model card."""
    result: dict[str, Any] = {}
    for name in SIMILARITY_SETS:
        similarity = score_similarity(model, name)
        result[name] = asdict(similarity) | {"coverage": similarity.coverage}
    analogies = score_analogies(model)
    by_section = {name: list(counts) for name, counts in analogies.by_section.items()}
    result["analogies"] = (
        asdict(analogies) | {"by_section": by_section} | {"coverage": analogies.coverage}
    )
    return result


def _count_right(model: SkipGram, questions: npt.NDArray[np.int64]) -> int:
    """The number of the (n, 4) rows a, b, c, expected with ``expected`` as the best answer."""
    unit = model.unit_vectors
    right = 0
    for start in range(0, len(questions), _BATCH):
        a, b, c, expected = questions[start : start + _BATCH].T
        scores = (unit[b] - unit[a] + unit[c]) @ unit.T
        for given in (a, b, c):
            scores[np.arange(len(a)), given] = -np.inf
        right += int((scores.argmax(axis=1) == expected).sum())
    return right


def _lines(name: str) -> list[str]:
    text = (files("gensim") / "test" / "test_data" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


@cache
def _similarity_pairs(dataset: str) -> tuple[tuple[str, str, float], ...]:
    rows = (line.split("\t") for line in _lines(SIMILARITY_SETS[dataset]))
    return tuple((first, second, float(judged)) for first, second, judged in rows)


@cache
def _analogy_questions() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    sections: dict[str, list[tuple[str, ...]]] = {}
    for line in _lines(ANALOGIES):
        if line.startswith(":"):
            questions = sections.setdefault(line[1:].strip(), [])
        else:
            questions.append(tuple(line.split()))
    return {name: tuple(found) for name, found in sections.items()}
