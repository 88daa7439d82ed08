"""The words of a matrix that comes without them: a list, or the metadata of a Projector.

A word a line; or columns parted by tabs under a header line (the Embedding Projector's
metadata.tsv: with one column it has no header line), or by commas, semicolons or blanks where all
but the word are numbers; one column may be counts, one the number of the row, which then tells the
order; or a JSON list, or a JSON mapping of words to row numbers, such as the tokenizer.json of a
transformer.
"""

from __future__ import annotations

import csv
import json
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
    rows = _split([line for _, line, _ in iterate_lines(path, _MAX_BYTES, encoding=encoding)])
    if not rows:
        return WordList([])
    heads = [head.strip().lower() for head in rows[0]]
    n_columns = len(rows[0])
    if n_columns == 1:
        is_head = len(rows) == n_rows + 1
        return WordList(_without_quotes([row[0].strip() for row in rows[is_head:]]))
    is_head = len(rows) == n_rows + 1 or any(head in _WORD_COLUMNS for head in heads)
    named = heads if is_head else [""] * n_columns
    body = rows[is_head:]
    columns = [[row[i].strip() if len(row) > i else "" for row in body] for i in range(n_columns)]
    numbered = next(
        (i for i in range(n_columns) if named[i] not in _COUNT_COLUMNS and _are_rows(columns[i])),
        None,
    )
    others = [i for i in range(n_columns) if i != numbered]
    at = next((i for i in others if named[i] in _WORD_COLUMNS), others[0])
    counts = next((i for i in others if named[i] in _COUNT_COLUMNS), None)
    if not is_head:
        counts = next((i for i in others if i > at), None)
    found = WordList(columns[at], None if counts is None else _to_counts(columns[counts]))
    return found if numbered is None else _in_order(found, list(map(int, columns[numbered])))


def _split(lines: list[str]) -> list[list[str]]:
    """The columns of each line: parted by a tab; or by a sign where all but one are numbers."""
    if any("\t" in line for line in lines):
        return [line.split("\t") for line in lines]
    for separator in ",; ":
        rows = list(csv.reader(map(str.strip, lines), delimiter=separator))
        if rows and len(rows) == len(lines) and _are_columns(rows):
            return rows
    return [[line] for line in lines]


def _are_columns(rows: list[list[str]]) -> bool:
    """Whether every row has a word and numbers, or the first one names such columns."""
    width, body = len(rows[0]), rows[1:]
    if width < 2 or any(len(row) != width for row in rows):
        return False
    n_numbers = sum(all(row[i].strip().isdecimal() for row in body) for i in range(width))
    is_named = any(head.strip().lower() in _WORD_COLUMNS for head in rows[0])
    return bool(body) and (n_numbers == width - 1 or is_named)


def _are_rows(values: list[str]) -> bool:
    """Whether a column gives each row its number, from 0, 1 or 2 on; counts fall."""
    if len(values) < _LEAST_NUMBERED or not all(v.isdecimal() and len(v) < 16 for v in values):
        return False
    numbers = list(map(int, values))
    first = min(numbers)
    is_falling = numbers == sorted(numbers, reverse=True)
    return (
        first <= 2
        and not is_falling
        and sorted(numbers) == list(range(first, first + len(numbers)))
    )


def _in_order(found: WordList, numbers: list[int]) -> WordList:
    """The words in the order of the numbers of their rows."""
    order = np.argsort(numbers)
    counts = None if found.counts is None else found.counts[order]
    return WordList([found.words[at] for at in order], counts)


def _without_quotes(words: list[str]) -> list[str]:
    """The words without quotes, where all of them have them, as a column of a CSV."""
    are_quoted = len(words) > 1 and all(len(w) > 2 and w[0] == w[-1] == '"' for w in words)
    return [word[1:-1].replace('""', '"') for word in words] if are_quoted else words


def _to_counts(values: list[str]) -> npt.NDArray[np.int64] | None:
    """A column as counts; None where one of them is no whole number."""
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
