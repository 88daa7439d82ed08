"""Choosing sentences of a text by their metadata and by the words in them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.errors import InputError
from clif_core.text.corpus import Corpus
from clif_core.text.metadata import RESERVED_COLUMNS
from clif_core.text.tokens import to_type

__all__ = ["matching_sentences", "metadata_columns", "metadata_values"]

Bools = npt.NDArray[np.bool_]
_MAX_GROUPS = 5_000
_PUNCTUATION = ".,;:!?\"'()"


def metadata_columns(corpus: Corpus) -> list[str]:
    """The metadata columns that group the text: more than one value, many texts to a value."""
    found: list[str] = []
    for table in (corpus.documents, corpus.sentences):
        for column in table.columns:
            if column in RESERVED_COLUMNS or column in found:
                continue
            if 1 < table[column].nunique(dropna=False) <= min(_MAX_GROUPS, len(table) // 2 + 2):
                found.append(str(column))
    return found


def metadata_values(corpus: Corpus, column: str) -> list[str]:
    """The distinct values of a metadata column as text, sorted; InputError for no such column."""
    if column in RESERVED_COLUMNS:
        raise _no_such(corpus, column)
    values = _table_with(corpus, column)[column].dropna().unique()
    return [str(value) for value in sorted(values, key=lambda v: (str(type(v)), v))]


def matching_sentences(corpus: Corpus, column: str, value: str, search: str) -> Bools | None:
    """(n_sentences,) the sentences that pass a metadata filter and a search; None without either.

    ``column``: of the metadata, or "title"; "" for no such filter. Every word of ``search`` must
    occur in the sentence as a whole word; case is ignored. Raises InputError for a column that the
    text does not have.
    """
    chosen: Bools | None = None
    if column:
        table = _table_with(corpus, column)
        hits: Bools = (table[column].astype(str) == value).to_numpy()
        chosen = hits if table is corpus.sentences else hits[corpus.sentences["document"]]
    for word in search.split():
        found = _sentences_with(corpus, word.strip(_PUNCTUATION))
        chosen = found if chosen is None else chosen & found
    return chosen


def _table_with(corpus: Corpus, column: str) -> pd.DataFrame:
    """The table that has the column; sentences come before documents."""
    for table in (corpus.sentences, corpus.documents):
        if column in table.columns:
            return table
    raise _no_such(corpus, column)


def _no_such(corpus: Corpus, column: str) -> InputError:
    return InputError(
        f"This text has no metadata {column!r}. Remove that filter, or choose one of:"
        f" {', '.join(metadata_columns(corpus)) or 'none'}."
    )


def _sentences_with(corpus: Corpus, word: str) -> Bools:
    """The sentences with a word, written as the text's rule writes it, in any case."""
    folded = to_type(word, corpus.token_rule).casefold()
    ids = [i for i, own in enumerate(corpus.words) if own.casefold() == folded]
    found = np.zeros(corpus.n_sentences, dtype=bool)
    tokens = np.flatnonzero(np.isin(corpus.token_words, ids))
    found[np.searchsorted(corpus.sentence_offsets, tokens, side="right") - 1] = True
    return found
