"""Pairs of sentences, biased and neutral, in the form of the Wikipedia Neutrality Corpus.

The paper's bias experiment compares a corpus with its neutral version. This module reads either
side of the Wikipedia Neutrality Corpus (Pryzant et al. 2020, arXiv:1911.09709). A file such as
``biased.word.train`` has no header row and these tab-separated columns,

    revision id, source tokens, target tokens, source, target [, part-of-speech tags, parse tags]

where the source is a sentence that an editor of Wikipedia found biased and the target is its
replacement. Both corpora hold every pair in the same order, so document i of one corresponds to
document i of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Literal

from clif_core.errors import FormatError, InputError
from clif_core.storage.gzipped import MAX_TEXT_BYTES, iterate_lines, show_name
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus

__all__ = ["SIDES", "Side", "read_neutrality", "read_neutrality_pair"]

Side = Literal["biased", "neutral"]
SIDES: tuple[Side, ...] = ("biased", "neutral")
_COLUMN = {"biased": 3, "neutral": 4}  # the text as written, not its tokens
_N_COLUMNS = (5, 6, 7)


def read_neutrality(
    path: Path, side: Side, name: str | None = None, max_bytes: int = MAX_TEXT_BYTES
) -> Corpus:
    """One side of the pairs in a file, gzipped or not; each sentence is a document.

    Documents have ``revision`` (of Wikipedia) and ``line``, the line of the pair in the file.
    Raises InputError for an unknown side, FormatError where a line is not such a pair or the
    file has more than ``max_bytes``.
    """
    if side not in SIDES:
        raise InputError(f"side must be one of {', '.join(SIDES)}, got {side!r}.")
    path = Path(path)
    documents = (
        SourceDocument(
            f"Revision {revision}",
            texts[side],
            {"revision": revision, "line": line},
            [(0, len(texts[side]), {})],
        )
        for line, revision, texts in _iterate_pairs(path, max_bytes)
    )
    first = next(documents, None)
    if first is None:
        raise FormatError(f"{show_name(path)} has no pairs of sentences.")
    about = {
        "title": f"Wikipedia Neutrality Corpus, {side} side",
        "licence": "text of Wikipedia: Creative Commons Attribution-ShareAlike",
        "source": show_name(path),
        "reader": "neutrality",
        "unit": "sentence",
        "side": side,
    }
    whole = chain([first], documents)
    return build_corpus(name or f"neutrality-{side}", whole, about, max_bytes=max_bytes)


def read_neutrality_pair(path: Path) -> tuple[Corpus, Corpus]:
    """The biased and the neutral corpus of a file, document i of both from the same pair."""
    return read_neutrality(path, "biased"), read_neutrality(path, "neutral")


def _iterate_pairs(path: Path, max_bytes: int) -> Iterator[tuple[int, str, dict[Side, str]]]:
    """(line, revision, text by side) of every pair."""
    for number, line, _ in iterate_lines(path, max_bytes):
        n_columns = line.count("\t") + 1
        if n_columns not in _N_COLUMNS:
            raise FormatError(
                f"line {number} of {show_name(path)} has {n_columns} columns; a pair has 5 to 7:"
                " revision, source tokens, target tokens, source, target, and perhaps tags."
            )
        columns = line.split("\t")
        texts = {side: columns[_COLUMN[side]].strip() for side in SIDES}
        yield number, columns[0].strip(), texts
