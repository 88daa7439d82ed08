"""Text as documents -> sentences -> tokens, every token with its place in the original.

People read the original with its punctuation; the tokens point into it by character offsets.
Sentences partition the tokens, and documents partition the sentences, both in order, so that each
level is a pair of offsets into the one below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Corpus"]

IntArray = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Corpus:
    """A tokenised corpus.

    Parameters
    ----------
    name : short machine name, such as ``shakespeare``
    documents : one row a document, index 0..n-1; columns ``title``, ``text`` (the original), and any
        metadata (such as ``play``, ``act``, ``scene``, ``genre``)
    sentences : one row a sentence, index 0..n-1; columns ``document``, ``start``, ``end`` (character
        offsets in that document's text), and any metadata (such as ``speaker``)
    words : the distinct token types, lower-cased, in order of first appearance
    token_words : (n_tokens,) int32, index into ``words``
    token_starts, token_ends : (n_tokens,) int32, character offsets in the document's text
    sentence_offsets : (n_sentences + 1,) int64, the tokens of sentence s are
        ``sentence_offsets[s]:sentence_offsets[s + 1]``
    document_offsets : (n_documents + 1,) int64, likewise the sentences of a document
    content_hash : hash of everything above
    about : ``title``, ``licence``, ``source``, ``reader`` and whatever else a reader should know
    """

    name: str
    documents: pd.DataFrame
    sentences: pd.DataFrame
    words: Sequence[str]
    token_words: Int32Array
    token_starts: Int32Array
    token_ends: Int32Array
    sentence_offsets: IntArray
    document_offsets: IntArray
    content_hash: str
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_tokens(self) -> int:
        return len(self.token_words)

    @property
    def n_sentences(self) -> int:
        return len(self.sentence_offsets) - 1

    @property
    def n_documents(self) -> int:
        return len(self.document_offsets) - 1

    @property
    def document_token_offsets(self) -> IntArray:
        """(n_documents + 1,) offsets of documents in tokens."""
        return self.sentence_offsets[self.document_offsets]

    def sentence_of_token(self, token: int) -> int:
        return int(np.searchsorted(self.sentence_offsets, token, side="right")) - 1

    def sentence_text(self, sentence: int) -> str:
        """The original text of one sentence."""
        row = self.sentences.iloc[sentence]
        text: str = self.documents["text"].iloc[int(row["document"])]
        return text[int(row["start"]) : int(row["end"])]
