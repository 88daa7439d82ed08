"""Text as documents -> sentences -> tokens, every token with its offsets in the original text.

People read the original with its punctuation; the tokens point into it by character offsets.
Sentences partition the tokens, and documents partition the sentences, both in order, so each level
is an array of offsets into the one below.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.errors import InputError
from clif_core.text.tokens import iterate_tokens, split_sentences, to_type

__all__ = ["Corpus", "SourceDocument", "build_corpus"]

_RESERVED = frozenset({"title", "text", "document", "start", "end"})

IntArray = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Corpus:
    """A tokenised corpus.

    Parameters
    ----------
    name : short machine name, such as ``shakespeare``
    documents : one row a document, index 0..n-1; columns ``title``, ``text`` (the original), and
        any metadata (such as ``play``, ``act``, ``scene``, ``genre``)
    sentences : one row a sentence, index 0..n-1; columns ``document``, ``start``, ``end``
        (character offsets in that document's text), and any metadata (such as ``speaker``)
    words : the distinct token types, lower-cased, in order of first appearance
    token_words : (n_tokens,) int32, index into ``words``
    token_starts, token_ends : (n_tokens,) int32, character offsets in the document's text
    sentence_offsets : (n_sentences + 1,) int64, the tokens of sentence s are
        ``sentence_offsets[s]:sentence_offsets[s + 1]``
    document_offsets : (n_documents + 1,) int64, likewise the sentences of a document
    content_hash : hash of everything above
    about : for people: ``title``, ``licence``, ``source``, ``reader`` (the name of its format),
        ``unit`` (that windows should not cross) and others
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


@dataclass(frozen=True)
class SourceDocument:
    """A document as a reader returns it.

    ``sentences``: (start, end, metadata) in order and without overlap; None: split the text by the
    rule of ``clif_core.text.tokens``. Metadata are strings, numbers, or anything JSON-able.
    """

    title: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    sentences: Sequence[tuple[int, int, Mapping[str, Any]]] | None = None


def build_corpus(
    name: str,
    documents: Iterable[SourceDocument],
    about: Mapping[str, Any],
    progress: Callable[[int], None] | None = None,
) -> Corpus:
    """Tokenise documents into a corpus, in their order.

    ``progress`` is called after each document with the number done. The time is linear in the text.
    Raises InputError where no document has a word, sentences overlap or leave the text, or metadata
    use a reserved name.
    """
    builder = _Builder()
    for document in documents:
        builder.add(document)
        if progress is not None:
            progress(len(builder.titles))
    if not builder.token_words:
        raise InputError(
            f"the corpus {name!r} has no words in its {len(builder.titles):,} documents."
            " Give at least one document with text."
        )
    return builder.corpus(name, about)


class _Builder:
    """The columns of a corpus while it is built."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.texts: list[str] = []
        self.document_metadata: list[Mapping[str, Any]] = []
        self.sentence_metadata: list[Mapping[str, Any]] = []
        self.sentence_spans: list[tuple[int, int, int]] = []
        self.document_offsets = array("q", [0])
        self.sentence_offsets = array("q", [0])
        self.token_words, self.token_starts, self.token_ends = array("i"), array("i"), array("i")
        self.word_ids: dict[str, int] = {}
        self._id_of_token: dict[str, int] = {}  # by spelling: normalises each only once

    def add(self, document: SourceDocument) -> None:
        sentences = document.sentences
        if sentences is None:
            sentences = [(a, b, {}) for a, b in split_sentences(document.text)]
        row, previous = len(self.titles), 0
        for start, end, metadata in sentences:
            if not previous <= start <= end <= len(document.text):
                raise InputError(
                    f"sentence {start}:{end} of {document.title!r} overlaps the one before or"
                    f" leaves the text of {len(document.text):,} characters."
                )
            previous = end
            self.sentence_spans.append((row, start, end))
            self.sentence_metadata.append(metadata)
            self._add_tokens(document.text, start, end)
            self.sentence_offsets.append(len(self.token_words))
        self.titles.append(document.title)
        self.texts.append(document.text)
        self.document_metadata.append(document.metadata)
        self.document_offsets.append(len(self.sentence_spans))

    def _add_tokens(self, text: str, start: int, end: int) -> None:
        for a, b in iterate_tokens(text, start, end):
            token = text[a:b]
            word_id = self._id_of_token.get(token)
            if word_id is None:
                word_id = self.word_ids.setdefault(to_type(token), len(self.word_ids))
                self._id_of_token[token] = word_id
            self.token_words.append(word_id)
            self.token_starts.append(a)
            self.token_ends.append(b)

    def corpus(self, name: str, about: Mapping[str, Any]) -> Corpus:
        documents = pd.DataFrame({"title": self.titles, "text": self.texts}, dtype="str")
        spans = np.array(self.sentence_spans, dtype=np.int64).reshape(-1, 3)
        sentences = pd.DataFrame(spans, columns=["document", "start", "end"])
        parts = (
            _with_metadata(documents, self.document_metadata),
            _with_metadata(sentences, self.sentence_metadata),
            tuple(self.word_ids),
            np.array(self.token_words, dtype=np.int32),
            np.array(self.token_starts, dtype=np.int32),
            np.array(self.token_ends, dtype=np.int32),
            np.array(self.sentence_offsets, dtype=np.int64),
            np.array(self.document_offsets, dtype=np.int64),
        )
        return Corpus(name, *parts, content_hash=_hash_content(name, *parts), about=dict(about))


def _with_metadata(table: pd.DataFrame, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The table with one column a metadata key, in order of first appearance."""
    for key in dict.fromkeys(key for row in rows for key in row):
        if key in _RESERVED:
            raise InputError(
                f"metadata may not be called {key!r}; the corpus itself uses"
                f" {', '.join(sorted(_RESERVED))}. Rename the field."
            )
        table[key] = _to_column([row.get(key) for row in rows])
    return table


def _to_column(values: Sequence[Any]) -> pd.Series[Any]:
    """A column of one type: int64, float64, or text (a missing value is the empty string)."""
    if all(type(v) is float or (type(v) is int and abs(v) < 2**53) for v in values):
        return pd.Series(
            values, dtype="int64" if all(type(v) is int for v in values) else "float64"
        )
    texts = [
        "" if v is None else v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)
        for v in values
    ]
    return pd.Series(texts, dtype="str")


def _hash_content(name: str, *parts: pd.DataFrame | npt.NDArray[Any] | Sequence[str]) -> str:
    digest = hashlib.sha256(name.encode())
    for part in parts:
        if isinstance(part, pd.DataFrame):
            for column in part.columns:
                content = json.dumps([column, part[column].tolist()])
                digest.update(content.encode())
        elif isinstance(part, np.ndarray):
            digest.update(part.tobytes())
        else:
            digest.update("\n".join(part).encode())
    return digest.hexdigest()[:20]
