"""Text as documents -> sentences -> tokens, every token with its offsets in the original text.

People read the original with its punctuation; the tokens point into it by character offsets.
Sentences partition the tokens, and documents partition the sentences, both in order, so each level
is an array of offsets into the one below.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.errors import InputError
from clif_core.memory import free_bytes, show_size
from clif_core.storage.gzipped import is_encodable
from clif_core.text.limits import largest_text, times_larger
from clif_core.text.metadata import MetadataColumns
from clif_core.text.sentences import iterate_sentences
from clif_core.text.token_columns import ASKED_EVERY, TokenColumns, too_many
from clif_core.text.token_rule import TokenRule
from clif_core.text.unparted import say_unparted, unparted_language

__all__ = ["Corpus", "SourceDocument", "Span", "build_corpus", "hash_content"]

# What each 200 MB of text may hold: far more than prose has, so that no file fills the memory.
_MAX_DOCUMENTS = 3_000_000
_MAX_SENTENCES = 20_000_000
_MAX_TYPES = 5_000_000
# Bytes that the tables of a corpus take once more when it is finished, at most; whether there is
# room for them is asked whenever one of these numbers has grown by ASKED_EVERY.
_BYTES_A_SENTENCE, _BYTES_A_DOCUMENT, _BYTES_A_TYPE = 100, 200, 200
_HASH_ROWS = 10_000  # documents may be long
DEFAULT = TokenRule()

IntArray = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
Span = tuple[int, int, Mapping[str, Any]]  # start and end of a sentence, its metadata
Split = Callable[[str, TokenRule], Iterable[Span]]


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
    words : the distinct token types, written by ``token_rule``, in order of first appearance
    token_words : (n_tokens,) int32, index into ``words``
    token_starts, token_ends : (n_tokens,) int32, character offsets in the document's text
    sentence_offsets : (n_sentences + 1,) int64, the tokens of sentence s are
        ``sentence_offsets[s]:sentence_offsets[s + 1]``
    document_offsets : (n_documents + 1,) int64, likewise the sentences of a document
    content_hash : hash of everything above, and of ``token_rule`` where it is not the default
    about : for people: ``title``, ``licence``, ``source``, ``reader`` (the name of its format),
        ``unit`` (that windows should not cross) and others
    token_rule : how the text was parted into tokens and types
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
    token_rule: TokenRule = DEFAULT

    @property
    def card(self) -> dict[str, Any]:
        """What the card of a model says of the text that it was trained on."""
        rule = self.token_rule.to_dict()
        return {"title": self.name, **self.about, "n_tokens": self.n_tokens, "token_rule": rule}

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

    ``sentences``: in order and without overlap; None: ``build_corpus`` splits the text. Metadata
    are strings, numbers, or anything JSON-able.
    """

    title: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    sentences: Sequence[Span] | None = None


def split_by_stops(text: str, rule: TokenRule) -> Iterator[Span]:
    """The sentences of ``clif_core.text.sentences``, without metadata."""
    return ((start, end, {}) for start, end in iterate_sentences(text, rule=rule))


def build_corpus(
    name: str,
    documents: Iterable[SourceDocument],
    about: Mapping[str, Any],
    progress: Callable[[int], None] | None = None,
    rule: TokenRule = DEFAULT,
    max_bytes: int | None = None,
    split: Split = split_by_stops,
) -> Corpus:
    """Tokenise documents into a corpus by a token rule, in their order.

    ``progress`` is called after each document with the number done. ``split`` gives the sentences
    of a document that comes without, in order and without overlap. ``max_bytes``: the limit of
    text that it is read under; None: what the memory of this machine can hold. Time and memory are
    linear in the text. Raises InputError where no document has a word, sentences overlap or leave
    the text, metadata use a reserved name, text holds half of a surrogate pair, words of a script
    without blanks stay unparted, the rule needs a package that is not installed, or a limit is
    passed: of documents, sentences, distinct words, the length of a word, or fields of metadata.
    """
    limit = largest_text() if max_bytes is None else max_bytes
    builder = _Builder(rule, times_larger(limit), split)
    for document in documents:
        builder.add(document)
        if progress is not None:
            progress(len(builder.titles))
    builder.tokens.finish()
    if not builder.tokens.words:
        raise InputError(
            f"the corpus {name!r} has no words in its {len(builder.titles):,} documents."
            " Give at least one document with text."
        )
    builder.require_parted()
    return builder.corpus(name, about)


class _Builder:
    """The columns of a corpus while it is built."""

    def __init__(self, rule: TokenRule, times: int, split: Split) -> None:
        self.rule, self.times, self.split = rule, times, split
        self.titles: list[str] = []
        self.texts: list[str] = []
        self.document_metadata = MetadataColumns(times)
        self.sentence_metadata = MetadataColumns(times)
        self.sentence_starts, self.sentence_ends = array("q"), array("q")
        self.document_offsets = array("q", [0])
        self.n_sentences = 0
        self.tokens = TokenColumns(rule, _MAX_TYPES * times, self._require_room)

    def add(self, document: SourceDocument) -> None:
        row, previous = len(self.titles), 0
        if row == _MAX_DOCUMENTS * self.times:
            raise too_many("documents", row)
        if row and row % ASKED_EVERY == 0:
            self._require_room()
        if not (is_encodable(document.title) and is_encodable(document.text)):
            raise InputError(
                f"document {row + 1} holds half of a surrogate pair, which is no character. Read"
                " the text as UTF-8."
            )
        sentences: Iterable[Span] | None = document.sentences
        if sentences is None:
            sentences = self.split(document.text, self.rule)
        for start, end, metadata in sentences:
            if not previous <= start <= end <= len(document.text):
                raise InputError(
                    f"sentence {start}:{end} of {document.title!r} overlaps the one before or"
                    f" leaves the text of {len(document.text):,} characters."
                )
            previous = end
            self._add_sentence(row, document.text, start, end, metadata)
        self.titles.append(document.title)
        self.texts.append(document.text)
        self.document_metadata.set_row(row, document.metadata)
        self.document_offsets.append(self.n_sentences)

    def _add_sentence(
        self, document: int, text: str, start: int, end: int, metadata: Mapping[str, Any]
    ) -> None:
        if self.n_sentences == _MAX_SENTENCES * self.times:
            raise too_many("sentences", self.n_sentences)
        if self.n_sentences and self.n_sentences % ASKED_EVERY == 0:
            self._require_room()
        self.sentence_starts.append(start)
        self.sentence_ends.append(end)
        self.sentence_metadata.set_row(self.n_sentences, metadata)
        self.tokens.add_sentence(document, text, start, end)
        self.n_sentences += 1

    def _require_room(self) -> None:
        """Raise InputError where the memory cannot hold the tables of what was read so far.

        They follow the text's size in prose alone: ". . . ." has a sentence every two bytes.
        """
        needed = (
            _BYTES_A_SENTENCE * self.n_sentences
            + _BYTES_A_DOCUMENT * len(self.titles)
            + _BYTES_A_TYPE * len(self.tokens.word_ids)
        )
        if needed > free_bytes():
            raise InputError(
                f"the text has more than {len(self.titles):,} documents,"
                f" {self.n_sentences:,} sentences and {len(self.tokens.word_ids):,} distinct"
                f" words. To hold them takes {show_size(needed)} more of memory, and"
                f" {show_size(free_bytes())} are free here. Is it text? Give less of it."
            )

    def require_parted(self) -> None:
        words = self.tokens.word_ids
        counts = np.bincount(_as_array(self.tokens.words), minlength=len(words))
        language = unparted_language(zip(words, counts.tolist(), strict=True))
        if language:
            raise InputError(say_unparted(language))

    def corpus(self, name: str, about: Mapping[str, Any]) -> Corpus:
        documents = pd.DataFrame({"title": self.titles, "text": self.texts}, dtype="str")
        sentences_of = np.diff(_as_array(self.document_offsets))
        sentences = pd.DataFrame(
            {
                "document": np.repeat(np.arange(len(sentences_of)), sentences_of),
                "start": _as_array(self.sentence_starts),
                "end": _as_array(self.sentence_ends),
            }
        )
        parts = (
            self.document_metadata.add_to(documents),
            self.sentence_metadata.add_to(sentences),
            tuple(self.tokens.word_ids),
            _as_array(self.tokens.words),
            _as_array(self.tokens.starts),
            _as_array(self.tokens.ends),
            _as_array(self.tokens.offsets),
            _as_array(self.document_offsets),
        )
        content_hash = hash_content(name, *parts, rule=self.rule)
        return Corpus(name, *parts, content_hash, dict(about), self.rule)


def _as_array(values: array[int]) -> npt.NDArray[Any]:
    """The same numbers, not copied: the array must not grow any more."""
    return np.frombuffer(values, dtype=values.typecode)


def hash_content(
    name: str,
    *parts: pd.DataFrame | npt.NDArray[Any] | Sequence[str],
    rule: TokenRule = DEFAULT,
) -> str:
    """``Corpus.content_hash`` of a corpus: its name, its parts in the order of the class, its rule.

    The default rule adds nothing, so that a text keeps the hash that it had before there were
    rules.
    """
    digest = hashlib.sha256(name.encode())
    for part in parts:
        if isinstance(part, pd.DataFrame):
            for column in part.columns:
                for content in _iterate_json(column, part[column]):
                    digest.update(content.encode())
        elif isinstance(part, np.ndarray):
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update("\n".join(part).encode())
    if rule != DEFAULT:
        digest.update(json.dumps(rule.to_dict(), sort_keys=True).encode())
    return digest.hexdigest()[:20]


def _iterate_json(name: str, column: pd.Series[Any]) -> Iterator[str]:
    """The text of ``json.dumps([name, column.tolist()])``, in pieces."""
    yield f"[{json.dumps(name)}, ["
    for start in range(0, len(column), _HASH_ROWS):
        piece = json.dumps(column.iloc[start : start + _HASH_ROWS].tolist())[1:-1]
        yield f", {piece}" if start else piece
    yield "]]"
