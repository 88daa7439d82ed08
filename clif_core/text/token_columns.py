"""The tokens of a text as columns while a corpus is built: word, start and end of each.

No token holds a blank. So sentences are joined and parted at their blanks, which takes no loop in
Python, and the token rule is asked once for each distinct piece (``house,``): pieces repeat as
words do. Each piece is then replaced by its tokens, by whole arrays.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from itertools import count, islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clif_core.errors import InputError
from clif_core.text.token_rule import TokenRule
from clif_core.text.tokens import iterate_tokens, to_type

__all__ = ["ASKED_EVERY", "TokenColumns", "too_many"]

ASKED_EVERY = 1 << 18  # types, and sentences and documents: whether there is room for more
_MAX_TOKEN_LENGTH = 10_000
_AT_ONCE = 1 << 22  # characters that are parted together
_TEXTS_AT_ONCE = 1 << 16  # sentences; many short ones take more memory than their characters
_TOKENS_AT_ONCE = 10_000  # of what has no blanks
_KNOWN_BYTES = 100_000_000  # of the pieces that are remembered, about
_PIECE_BYTES = 200  # of one, besides its characters
_BLANK = re.compile(r"\s")
# Blanks of ASCII, whether each byte is one, and blanks beyond it.
_BLANKS = bytes(code for code in range(0x80) if chr(code).isspace())
_ARE_BLANKS = bytes(code in _BLANKS for code in range(0x100))
_FURTHER_BLANK = re.compile("[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_LEAST_FIRST = -0x40  # of bytes of UTF-8 as int8: a lower one goes on with a character

IntArray = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
FindTokens = Callable[[str, int, int], Iterator[tuple[list[int], ...]]]


class TokenColumns:
    """The columns of the sentences that were added; they are whole after ``finish``.

    ``words``, ``starts``, ``ends`` : of each token its type, and its place in the text that its
    sentence was given with. ``offsets`` : of the sentences, in tokens. ``word_ids`` : the types, at
    most ``max_types``, in order of first appearance; ``require_room`` is called when they are many.
    """

    def __init__(
        self, rule: TokenRule, max_types: int, require_room: Callable[[], None] = lambda: None
    ) -> None:
        self.rule, self.max_types, self.require_room = rule, max_types, require_room
        self.word_ids: dict[str, int] = {}
        self.words, self.starts, self.ends = array("i"), array("i"), array("i")
        self.offsets = array("q", [0])
        self._id_of_token = _Remembered(self._add_type)  # by spelling: each is written once
        self._pieces = _Pieces(self._find_tokens)
        self._document = 0
        self._waiting: list[str] = []  # texts
        self._waiting_documents: list[int] = []  # of each
        self._waiting_starts: list[int] = []  # of each, in its document
        self._waiting_ends: list[int] = []  # of sentences, in texts that wait
        self._n_waiting = 0

    def add_sentence(self, document: int, text: str, start: int, end: int) -> None:
        """Add the tokens of ``text[start:end]``.

        Raises InputError for a word that is too long, or one type too many; some sentences later,
        perhaps.
        """
        self._document = document
        while end - start > _AT_ONCE:
            blank = _BLANK.search(text, start + _AT_ONCE, min(end, start + 2 * _AT_ONCE))
            if blank is None:
                self._part_waiting()
                self._add_at_once(text, start, end)
                start = end
            else:
                self._wait(text, start, blank.end())
                start = blank.end()
        self._wait(text, start, end)
        self._waiting_ends.append(len(self._waiting))
        if self._n_waiting > _AT_ONCE or len(self._waiting) > _TEXTS_AT_ONCE:
            self._part_waiting()

    def finish(self) -> None:
        """Part what still waits."""
        self._part_waiting()

    def _wait(self, text: str, start: int, end: int) -> None:
        self._waiting.append(text[start:end])
        self._waiting_documents.append(self._document)
        self._waiting_starts.append(start)
        self._n_waiting += end - start

    def _part_waiting(self) -> None:
        """Part the texts that wait, all together."""
        if self._pieces.n_bytes > _KNOWN_BYTES:
            self._pieces = _Pieces(self._find_tokens)
        places, pieces = _part("\n".join(self._waiting))
        sizes, tokens = self._pieces.tokens_of(pieces)
        lengths = np.array(list(map(len, self._waiting)), np.int64) + 1
        lasts = np.cumsum(lengths)  # where the texts end in what was joined
        ends = np.searchsorted(places, lasts)  # and in pieces
        shifts = np.array(self._waiting_starts, np.int64) - (lasts - lengths)
        by_piece = places + np.repeat(shifts, np.diff(ends, prepend=0))
        by_token = np.repeat(by_piece, sizes)
        n_before, n_by_text = len(self.words), np.append(0, np.cumsum(sizes))[ends]
        _extend(self.words, tokens[:, 0])
        _extend(self.starts, tokens[:, 1] + by_token)
        _extend(self.ends, tokens[:, 2] + by_token)
        _extend(self.offsets, n_before + np.append(0, n_by_text)[self._waiting_ends])
        self._waiting, self._waiting_documents, self._waiting_starts = [], [], []
        self._waiting_ends, self._n_waiting = [], 0

    def _add_at_once(self, text: str, start: int, end: int) -> None:
        """The tokens of a long text without blanks, some at a time."""
        for words, starts, ends in self._find_tokens(text, start, end):
            self.words.extend(words)
            self.starts.extend(starts)
            self.ends.extend(ends)

    def _find_tokens(self, text: str, start: int, end: int) -> Iterator[tuple[list[int], ...]]:
        """Words, starts and ends of the tokens of ``text[start:end]``, some at a time."""
        rest = iterate_tokens(text, start, end, self.rule)
        while spans := list(islice(rest, _TOKENS_AT_ONCE)):
            words = [self._id_of_token[text[a:b]] for a, b in spans]
            yield words, [a for a, _ in spans], [b for _, b in spans]

    def _add_type(self, token: str) -> int:
        if len(token) > _MAX_TOKEN_LENGTH:
            raise InputError(
                f"document {self._document_of(token) + 1} has a word of more than"
                f" {_MAX_TOKEN_LENGTH:,} characters, {token[:30]!r}..., the limit here. Is it text?"
                " Remove it, or put blanks between its words."
            )
        word_id = self.word_ids.setdefault(to_type(token, self.rule), len(self.word_ids))
        if word_id == self.max_types:
            raise too_many("distinct words", word_id)
        if word_id and word_id % ASKED_EVERY == 0:
            self.require_room()
        return word_id

    def _document_of(self, token: str) -> int:
        waiting = zip(self._waiting_documents, self._waiting, strict=True)
        return next((document for document, text in waiting if token in text), self._document)


class _Remembered(dict[str, int]):
    """What a function said of each string that was asked before."""

    def __init__(self, function: Callable[[str], int]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: str) -> int:
        value = self[key] = self._function(key)
        return value


class _Pieces:
    """The pieces of text that were seen, and the tokens of each: word, start and end in it."""

    def __init__(self, find_tokens: FindTokens) -> None:
        self._find_tokens = find_tokens
        self._numbers: dict[str, int] = {}
        self._offsets = array("q", [0])  # of the pieces, in tokens
        self._tokens = array("i")  # word, start, end of each
        self.n_bytes = 0

    def tokens_of(self, pieces: pa.StringArray) -> tuple[IntArray, Int32Array]:
        """How many tokens each piece has, and all of these, (n_tokens, 3)."""
        encoded = pieces.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        known = self._numbers
        self._add([piece for piece in distinct if piece not in known])
        numbers = np.fromiter(map(known.__getitem__, distinct), np.int64, len(distinct))
        offsets, tokens = np.asarray(self._offsets), np.asarray(self._tokens).reshape(-1, 3)
        of_piece = numbers[encoded.indices.to_numpy()]
        firsts = offsets[of_piece]
        sizes = offsets[of_piece + 1] - firsts
        within = np.repeat(firsts - np.cumsum(sizes) + sizes, sizes)
        return sizes, tokens[within + np.arange(len(within))]

    def _add(self, pieces: list[str]) -> None:
        """New pieces, found together: the rule finds in each what it finds in it alone."""
        if not pieces:
            return
        joined = "\n".join(pieces)
        lengths = np.array([len(piece) + 1 for piece in pieces], np.int64)
        lasts, counts = np.cumsum(lengths), np.zeros(len(pieces), np.int64)
        for columns in self._find_tokens(joined, 0, len(joined)):
            words, starts, ends = np.array(columns, np.int64)
            at = np.searchsorted(lasts, starts, "right")
            first = lasts[at] - lengths[at]
            _extend(self._tokens, np.stack([words, starts - first, ends - first], axis=1))
            counts += np.bincount(at, minlength=len(pieces))
        _extend(self._offsets, self._offsets[-1] + np.cumsum(counts))
        self._numbers.update(zip(pieces, count(len(self._numbers))))
        self.n_bytes += int(lasts[-1]) + _PIECE_BYTES * len(pieces)


def too_many(what: str, limit: int) -> InputError:
    return InputError(
        f"the text has more than {limit:,} {what}, the limit for one of its size. Give less of it,"
        " or read it with a higher limit (--max-gb)."
    )


def _part(text: str) -> tuple[IntArray, pa.StringArray]:
    """Where each piece of ``text.split()`` starts, and the pieces."""
    if not text.isascii():
        text = _FURTHER_BLANK.sub(" ", text)
    content = text.encode()
    is_blank = np.frombuffer(b"\1%b\1" % content.translate(_ARE_BLANKS), np.bool_)
    bounds = np.flatnonzero(is_blank[1:] != is_blank[:-1])
    starts, ends = bounds[::2], bounds[1::2]
    offsets = np.append(0, np.cumsum(ends - starts)).astype(np.int32)
    pieces = pa.StringArray.from_buffers(
        len(starts), pa.py_buffer(offsets), pa.py_buffer(content.translate(None, _BLANKS))
    )
    if len(content) > len(text):  # from bytes to characters
        further = np.flatnonzero(np.frombuffer(content, np.int8) < _LEAST_FIRST)
        starts = starts - np.searchsorted(further, starts)
    return starts, pieces


def _extend(column: array[int], values: npt.NDArray[np.integer]) -> None:
    column.frombytes(values.astype(column.typecode).tobytes())
