"""Objects of JSON and JSONL, one at a time: never more than one of them is in memory.

JSON may be an array of objects, of texts or of lists of words; or an object that holds such an
array, at any depth (``{"data": [...]}``); or an object of objects, of texts by their names, or of
columns (``clif_core.text.readers.json_tables``). Any other object is a single document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from itertools import count
from typing import Any, TextIO

from clif_core.errors import FormatError
from clif_core.storage.gzipped import MAX_LINE_BYTES, is_encodable
from clif_core.text.readers.columns import is_usual
from clif_core.text.readers.json_tables import rows_of_object
from clif_core.text.readers.tables import Row

__all__ = ["ASSIGNED", "iterate_json", "iterate_jsonl"]

_CHUNK = 1 << 18
_MAX_DEPTH = 20
_BLANK = re.compile(r"[ \t\r\n]*")
#: What stands before the JSON of Twitter's archive.
ASSIGNED = re.compile(r"(?:window\.|var |let |const )[\w.\[\]]{1,100} *= *(?=[\[{])")
_JAVASCRIPT = re.compile(rf"{ASSIGNED.pattern}|;")
_PYTHON = re.compile(r"\s*\{u?'")
_OWN_WORDS = 20  # of a text beside arrays; fewer describe them
_OF_A_NOTE = "textContent"  # of Google Keep, beside an array of labels, however short
_DECODER = json.JSONDecoder()
_ADVICE = ' Each line must be an object such as {"text": "..."} on its own.'


def iterate_jsonl(lines: TextIO, name: str, is_cut: bool) -> Iterator[Row]:
    """The objects of JSONL, one a line; FormatError names a line that is none."""
    number = 0
    while line := lines.readline(MAX_LINE_BYTES + 1):
        number += 1
        where = f"line {number} of {name}"
        if len(line) > MAX_LINE_BYTES:
            raise FormatError(
                f"{where} is longer than {MAX_LINE_BYTES:,} bytes, the limit for a line. Is it one"
                " record a line? Split it."
            )
        if is_cut and not line.endswith("\n"):
            return
        if line.strip():
            yield _row(where, _load(where, line), line)


def _load(where: str, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        if _PYTHON.match(line):
            raise FormatError(
                f"{where} is an object of Python, and no JSON: its texts stand in single quotes."
                " Turn the file into JSONL: python -c 'import ast, json, sys; [print(json.dumps("
                "ast.literal_eval(line))) for line in sys.stdin]' < FILE > NEW.jsonl"
            ) from error
        raise FormatError(f"{where} is no JSON ({error!s:.200}).{_ADVICE}") from error


def _row(where: str, value: Any, source: str) -> Row:
    if isinstance(value, str) or _is_words(value):
        value = {"text": value}
    elif isinstance(value, list) and value and all(map(_is_words, value)):  # a list a sentence
        value = {"text": "\n".join(map(" ".join, value))}
    if not isinstance(value, dict):
        raise FormatError(
            f"{where} must be an object, a text or a list of words; got {_name_of(value)}.{_ADVICE}"
        )
    if "\\u" in source and not _is_whole(value):
        raise FormatError(
            f"{where} has half of a surrogate pair (\\ud...). Write whole characters."
        )
    return where, value, ""


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, str) for x in value)


def _name_of(value: Any) -> str:
    return (
        "null"
        if value is None
        else {"int": "a number", "float": "a number"}.get(
            type(value).__name__, f"a {type(value).__name__}"
        )
    )


def _is_whole(value: Any) -> bool:
    try:
        return is_encodable(json.dumps(value, ensure_ascii=False))
    except RecursionError:
        return True  # refused where it becomes metadata


def iterate_json(file: TextIO, name: str, is_cut: bool) -> Iterator[Row]:
    """The objects of a JSON file; FormatError where it is damaged, unless ``is_cut``."""
    pieces = _Pieces(file, name)
    try:
        while not pieces.is_over():
            if pieces.pass_over(_JAVASCRIPT):
                continue
            if pieces.peek() == "[":
                yield from _iterate_array(pieces, name, "")
                continue
            fields, has_rows = yield from _iterate_object(pieces, name)
            if not has_rows:
                for where, row in rows_of_object(fields, name):
                    yield _row(where, row, "\\u")
    except _End:
        if not is_cut:
            raise FormatError(
                f"{name} is no JSON: it ends before its last bracket is closed. Copy or download it"
                " again."
            ) from None


class _End(Exception):
    """The file ends inside a value."""


class _Pieces:
    """A JSON file as a buffer that grows at its end and is dropped behind what was read."""

    def __init__(self, file: TextIO, name: str) -> None:
        self._file, self._name = file, name
        self._text, self._at, self._is_whole = "", 0, False

    def peek(self) -> str:
        """The next character that is no white space; _End where there is none."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            self._grow()

    def is_over(self) -> bool:
        """Whether nothing but white space is left."""
        try:
            self.peek()
        except _End:
            return True
        return False

    def pass_over(self, pattern: re.Pattern[str]) -> bool:
        """Go past what comes next where the pattern matches it."""
        self.peek()
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found is not None

    def take(self, allowed: str) -> str:
        char = self.peek()
        if char not in allowed:
            raise FormatError(
                f"{self._name} is no JSON: {self._text[self._at : self._at + 30]!r} stands where"
                f" one of {' '.join(allowed)} should. Write it again, or give JSONL."
            )
        self._at += 1
        return char

    def is_array_of_objects(self) -> bool:
        """Whether the next value is an array whose first item is an object."""
        if self.peek() != "[":
            return False
        while (blank := _BLANK.match(self._text, self._at + 1)) and blank.end() == len(self._text):
            self._grow()
        return blank is not None and self._text[blank.end()] == "{"

    def value(self) -> tuple[Any, str]:
        """The next value, and how it is written."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
                if end < len(self._text) or self._is_whole:
                    source, self._at = self._text[self._at : end], end
                    return value, source
            except RecursionError as error:
                raise FormatError(
                    f"{self._name} is nested too deeply. Give flat fields."
                ) from error
            except json.JSONDecodeError as error:
                if self._is_whole and self._is_cut(error):
                    raise _End from error
                if self._is_whole:
                    raise FormatError(
                        f"{self._name} is no JSON: {error.msg}, at"
                        f" {self._text[error.pos : error.pos + 30]!r}. Write it again, or give"
                        " JSONL."
                    ) from error
            except ValueError as error:  # more digits than Python makes a number of
                raise FormatError(
                    f"{self._name} has a number of more than 4,300 digits. Write it as text."
                ) from error
            self._grow()

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether a value fails only because the file ends."""
        is_open = error.msg.startswith("Unterminated")
        return is_open or not self._text[error.pos :].strip()

    def _grow(self) -> None:
        """Read on, twice as much as is waiting, so that no value is tried too often."""
        waiting = self._text[self._at :]
        if len(waiting) > MAX_LINE_BYTES:
            raise FormatError(
                f"{self._name} is no JSON, or one of its values has more than"
                f" {MAX_LINE_BYTES:,} characters, the limit for one. It begins with"
                f" {waiting[:40]!r}."
            )
        more = self._file.read(max(_CHUNK, len(waiting)))
        if not more:
            if self._is_whole:
                raise _End
            self._is_whole = True
        self._text, self._at = waiting + more, 0


def _iterate_array(pieces: _Pieces, name: str, field: str) -> Iterator[Row]:
    """The rows of an array, which comes next; ``field``: where it stands in the file."""
    inside = f" in {field!r:.80}" if field else ""
    names: list[str] = []
    pieces.take("[")
    for number in count(1):
        if number == 1 and pieces.peek() == "]":
            pieces.take("]")
            return
        value, source = pieces.value()
        if number == 1 and _are_names(value):
            names = value
        elif isinstance(value, list) and len(value) == len(names):
            row = dict(zip(names, value, strict=True))
            yield _row(f"item {number:,}{inside} of {name}", row, source)
        else:
            yield _row(f"item {number:,}{inside} of {name}", value, source)
        if pieces.take(",]") == "]":
            return


def _are_names(value: Any) -> bool:
    """Whether the first row of a table holds the names of its columns."""
    are_short = _is_words(value) and all(len(name.split()) < 4 for name in value)
    return are_short and 1 < len(value) == len(set(value)) and any(map(is_usual, value))


def _iterate_object(
    pieces: _Pieces, name: str, field: str = "", depth: int = 0
) -> Generator[Row, None, tuple[dict[str, Any], bool]]:
    """The rows of the arrays of objects inside an object, which comes next.

    A text of its own beside them, as of an article with comments, is a row too. Returns its other
    fields, and whether there was such an array.
    """
    fields, has_rows, has_own = dict[str, Any](), False, False
    pieces.take("{")
    while pieces.peek() != "}":
        key = str(pieces.value()[0])
        pieces.take(":")
        inner = f"{field}.{key}" if field else key
        if pieces.is_array_of_objects():
            if not has_own and (has_own := _has_own_text(fields)):
                yield _row(f"{field} of {name}" if field else name, dict(fields), "\\u")
            yield from _iterate_array(pieces, name, inner)
            has_rows = True
        elif pieces.peek() == "{" and depth < _MAX_DEPTH:
            fields[key], has_inner = yield from _iterate_object(pieces, name, inner, depth + 1)
            has_rows |= has_inner
        else:
            fields[key], _ = pieces.value()
        if pieces.peek() != "}":
            pieces.take(",")
    pieces.take("}")
    if has_rows and not has_own and _has_own_text(fields):
        yield _row(f"{field} of {name}" if field else name, dict(fields), "\\u")
    return fields, has_rows


def _has_own_text(fields: dict[str, Any]) -> bool:
    return any(
        is_usual(key)
        and isinstance(value, str)
        and (len(value.split()) > _OWN_WORDS or (key == _OF_A_NOTE and bool(value)))
        for key, value in fields.items()
    )
