"""The words of a matrix that comes without them: a list, or the metadata of a Projector.

A word a line; or columns parted by tabs under a header line (the Embedding Projector's
metadata.tsv: with one column it has no header line), of which one may be counts; or a JSON list, or
a JSON mapping of words to row numbers, such as the tokenizer.json of a transformer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.errors import FormatError
from clif_core.storage.gzipped import iterate_lines, open_unzipped, show_name

__all__ = ["WordList", "read_words"]

_MAX_BYTES = 1 << 30
_LEAST_NUMBERED = 5  # rows
_MAX_JSON = 256_000_000
_WORD_COLUMNS = ("word", "words", "token", "label", "name", "text", "term", "key")
_COUNT_COLUMNS = ("count", "counts", "frequency", "freq", "n")


@dataclass(frozen=True, eq=False)
class WordList:
    words: list[str]
    counts: npt.NDArray[np.int64] | None = None


def read_words(
    path: Path, n_rows: int, is_start: bool = False, encoding: str = "utf-8"
) -> WordList:
    """The words of ``n_rows`` rows. Raises FormatError where their number is another.

    ``is_start``: the rows are the first ones of a matrix, which has more words than they are.
    """
    name = show_name(path)
    with open_unzipped(path, _MAX_BYTES, "words") as file:
        start = file.read(1000).lstrip()
    if start.startswith(b"\x80"):
        raise FormatError(
            f"{name} is a pickle of Python, which is never opened. Save the words one a row, with"
            " open('words.txt', 'w').write('\\n'.join(words))."
        )
    is_json = start[:1] in (b"[", b"{")
    found = _from_json(path, name) if is_json else _from_lines(path, n_rows, encoding)
    if is_start and len(found.words) > n_rows:
        counts = None if found.counts is None else found.counts[:n_rows]
        return WordList(found.words[:n_rows], counts)
    if len(found.words) != n_rows:
        raise FormatError(
            f"{name} has {len(found.words):,} words, the vectors have {n_rows:,} rows. Give the"
            " words of this very matrix, one a row."
        )
    return found


def _from_lines(path: Path, n_rows: int, encoding: str) -> WordList:
    lines = iterate_lines(path, _MAX_BYTES, encoding=encoding)
    read = [line for _, line, _ in lines]
    rows = [line.split(_separator(read)) for line in read]
    if not rows:
        return WordList([])
    heads = [head.strip().lower() for head in rows[0]]
    n_columns = len(rows[0])
    if n_columns == 1:
        is_head = len(rows) == n_rows + 1
        return WordList([row[0].strip() for row in rows[is_head:]])
    is_head = len(rows) == n_rows + 1 or any(head in _WORD_COLUMNS for head in heads)
    at = next((i for i, head in enumerate(heads) if head in _WORD_COLUMNS), 0) if is_head else 0
    body = rows[is_head:]
    if at == 0 and _is_numbered(row[0] for row in body):
        at = 1
    words = [row[at].strip() if len(row) > at else "" for row in body]
    counts = next((i for i, head in enumerate(heads) if head in _COUNT_COLUMNS), None)
    if not is_head:
        counts = at + 1
    return WordList(words, None if counts is None else _to_counts(body, counts))


def _separator(lines: list[str]) -> str:
    """What parts the columns: a tab, or where the rows are numbered a comma or a blank."""
    if any("\t" in line for line in lines):
        return "\t"
    return next((s for s in ", " if _is_numbered(x.partition(s)[0] for x in lines[1:])), "\t")


def _is_numbered(heads: Iterable[str]) -> bool:
    """Whether rows begin with their numbers, from 0, 1 or 2 on."""
    numbers = list(heads)
    first = numbers[0] if numbers else ""
    if len(numbers) < _LEAST_NUMBERED or first not in ("0", "1", "2"):
        return False
    return numbers == [str(at) for at in range(int(first), int(first) + len(numbers))]


def _to_counts(rows: list[list[str]], column: int) -> npt.NDArray[np.int64] | None:
    """A column as counts; None where one of them is no whole number."""
    values = [row[column].strip() if len(row) > column else "" for row in rows]
    if not all(value.isdecimal() and len(value) < 16 for value in values):
        return None
    return np.array([int(value) for value in values], dtype=np.int64)


def _from_json(path: Path, name: str) -> WordList:
    try:
        with open_unzipped(path, _MAX_JSON, "words") as file:
            value: Any = json.loads(file.read())
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{name} is no JSON text ({error!r:.100}).") from error
    if isinstance(value, dict) and isinstance(value.get("model"), dict):
        value = _of_tokenizer(value)
    if isinstance(value, dict):
        value = value.get("itos", value.get("words", value.get("stoi", value)))
    if isinstance(value, dict) and all(isinstance(word, str) for word in value.values()):
        value = {word: _row_number(at) for at, word in value.items()}
    if isinstance(value, dict):
        if sorted(value.values(), key=str) != sorted(range(len(value)), key=str):
            raise FormatError(f"{name} must give each word its row, from 0 to {len(value) - 1:,}.")
        value = sorted(value, key=lambda word: int(value[word]))
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise FormatError(f"{name} must be a JSON list of words, or words with their row numbers.")
    return WordList(value)


def _of_tokenizer(value: dict[str, Any]) -> Any:
    """The words of a tokenizer.json with their rows: its vocabulary, and tokens added to it."""
    vocabulary, added = value["model"].get("vocab"), value.get("added_tokens")
    if isinstance(vocabulary, list):  # of words with their scores
        pairs = [pair for pair in vocabulary if isinstance(pair, list) and pair]
        vocabulary = {str(pair[0]): row for row, pair in enumerate(pairs)}
    if not isinstance(vocabulary, dict):
        return None
    tokens = [token for token in added or () if isinstance(token, dict)]
    return vocabulary | {str(token.get("content")): token.get("id") for token in tokens}


def _row_number(text: str) -> int | str:
    """The number that a key is, or the key: Python reads no number without end."""
    return int(text) if text.isdecimal() and len(text) < 16 else text
