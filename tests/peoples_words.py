"""A small German model and word lists as people write them, with their right values."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from clif_core.probes import Weat
from clif_core.sgns.model import SkipGram, Vocabulary

GERMAN = Path(__file__).parent / "cases" / "probes" / "german.txt"  # 49 words x 12, word2vec text

SETS = (
    ("Mann", "Vater", "Bruder", "Sohn", "Onkel", "Großvater", "Junge"),
    ("Frau", "Mutter", "Schwester", "Tochter", "Tante", "Großmutter", "Mädchen"),
    ("Karriere", "Büro", "Gehalt", "Firma", "Geschäft", "Beruf", "Führungskraft"),
    ("Familie", "Hochzeit", "Kinder", "Eltern", "Haushalt", "Heim", "Küche"),
)
EFFECT, DIFFERENCE = 1.9936, 1.8526  # of SETS, in whatever case and form


def decomposed(word: str) -> str:
    return unicodedata.normalize("NFD", word)


@cache
def german(change: Callable[[str], str] = str) -> SkipGram:
    """The model, its words changed by ``change``."""
    rows = [line.split(" ") for line in GERMAN.read_text("utf-8").splitlines()[1:]]
    words = tuple(change(row[0]) for row in rows)
    vectors = np.array([row[1:] for row in rows], np.float32)
    return SkipGram("german", Vocabulary(words, np.ones(len(words), np.int64)), vectors)


def weat(*sets: tuple[str, ...]) -> Weat:
    return Weat("asked", *(sets or SETS), "men", "women", "career", "family")
