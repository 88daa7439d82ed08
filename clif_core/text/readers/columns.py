"""The column with the text, guessed by its content, and rows as documents with metadata."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

from clif_core.errors import FormatError
from clif_core.text.corpus import SourceDocument
from clif_core.text.metadata import RESERVED_COLUMNS

__all__ = [
    "choose_text_column",
    "count_words",
    "find",
    "is_usual",
    "list_columns",
    "make_title",
    "to_document",
    "to_text",
]

_TITLE_LENGTH = 50
_MAX_DEPTH = 5
_MAX_NAMES = 1_000
_LEAST_WORDS = 5  # in a list of objects; fewer may be short answers
_LEAST_CELLS, _NEARLY_ALL, _MOST_USUAL = 20, 0.9, 0.9  # of a column; of them; of the words in them
_MOST_OF_PIECES = 3  # words, on average, of pieces of a text
_MAX_NAME = 1_000  # characters; a longer one is no name of a column
_WORD = re.compile(r"[^\W\d_]+")
# In a word: the parts of an address, and of a parsed sentence in brackets, are no words.
_ADDRESS = re.compile(r"://|www\.|[/@\\]|\A\([A-Z]+\Z")
_NAMES = (
    "text fulltext content textcontent body selftext sentence review document article post tweet"
    " comment message abstract lyrics story description quote reviewtext reviewbody kommentar"
    " beitrag texte commentaire avis texto contenido comentario reseña testo recensione текст отзыв"
    " комментарий"
    " 本文 文章 コメント レビュー 内容 正文 评论 評論 본문 내용 댓글 리뷰 النص نص"
)
_USUAL = _NAMES.split()
# What programs write where there is no text: databases, pandas, R; and Reddit for what was removed.
_NAMES_OF_NOTHING = r"\N NULL null NaN nan <NA> #N/A NA N/A n/a None [deleted] [removed]"
_NOTHING = frozenset(_NAMES_OF_NOTHING.split())
_SEPARATORS = re.compile(r"[\W_]+")


def list_columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns of some rows in order; a field inside another by its dotted name."""
    found: dict[str, None] = {}
    for row in rows:
        for name, _ in _cells(row, "", 0):
            found[name] = None
            if len(found) >= _MAX_NAMES:
                return list(found)
    return list(found)


def _cells(row: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, Any]]:
    """The dotted names of a row's fields, each with its value."""
    for key, value in row.items():
        objects = [x for x in (value if isinstance(value, list) else [value]) if x]
        if objects and isinstance(objects[0], dict) and depth < _MAX_DEPTH:
            for inner in objects:
                if isinstance(inner, dict):
                    yield from _cells(inner, f"{before}{key}.", depth + 1)
        elif len(before) + len(key) <= _MAX_NAME:
            yield f"{before}{key}", value


def choose_text_column(rows: Sequence[Mapping[str, Any]], name: str, wanted: str) -> str:
    """The column with the text: the one asked for, else that with the most words.

    A column with a usual name (``text``, ``content``) is taken where it has at least a third of
    their words. Raises FormatError, with the names of the columns, where there is none.
    """
    columns = list_columns(rows)
    shown = ", ".join(column[:30] for column in columns[:8]) + (" ..." if len(columns) > 8 else "")
    if wanted:
        if wanted in columns or any(to_text(find(row, wanted)) for row in rows):
            return wanted
        raise FormatError(
            f"{name} has no column or field {wanted!r:.80}; it has {shown or 'none'}. Choose one"
            " of them as the text."
        )
    words = _count_words(rows, columns)
    most = max(words.values(), default=0)
    if most == 0:
        raise FormatError(
            f"{name} has no column or field that holds a text; it has {shown or 'none'}. Choose"
            " one of them as the text, or give another file."
        )
    for usual in _USUAL:
        for column in columns:
            if _bare(column).rstrip("0123456789") == usual and 3 * words[column] >= most:
                return column
    return max(columns, key=lambda column: words[column])


def is_usual(column: str) -> bool:
    """Whether a column is called as those with a text are."""
    return _bare(column) in _USUAL


def _bare(column: str) -> str:
    return _SEPARATORS.sub("", column.rpartition(".")[2].lower())


def _count_words(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, float]:
    """Words of letters in each column; one whose values come again and again counts less."""
    texts: dict[str, list[str]] = {column: [] for column in columns}
    for row in rows:
        for name, value in _cells(row, "", 0):
            if name in texts and (text := to_text(value)):
                texts[name].append(text)
    return {
        column: len(set(found))
        / max(len(found), 1)
        * (sum(map(count_words, found)) - _usual(found))
        for column, found in texts.items()
    }


def _usual(texts: Sequence[str]) -> float:
    """Words that stand in nearly all cells of a column, as those of a licence do, or most of them.

    Of a text these are a few, such as "the"; of what is written by a program they are nearly all.
    """
    if len(texts) < _LEAST_CELLS:
        return 0.0
    words = [{word.lower() for word in _WORD.findall(text[:10_000])} for text in texts]
    n_cells = Counter(chain.from_iterable(words))
    n_usual = sum(n for n in n_cells.values() if n >= _NEARLY_ALL * len(texts))
    return _MOST_USUAL * n_usual


def count_words(text: str) -> int:
    """Words of letters in the beginning of a text; those of addresses do not count."""
    words = (word for word in text[:10_000].split() if not _ADDRESS.search(word))
    return len(_WORD.findall(" ".join(words)))


def find(row: Mapping[str, Any], name: str) -> Any:
    """The value of a column, nested ones by dotted name; None where the row has none.

    Of a list of objects, the texts of all of them, parted by blank lines; by blanks where they are
    words, and by nothing where they are pieces with blanks of their own, as YouTube's captions.
    """
    if name in row:
        return row[name]
    keys = [
        key
        for key, own in row.items()
        if isinstance(own, (dict, list)) and name.startswith(f"{key}.")
    ]
    if "." not in name or not keys:
        return None
    key = min(keys, key=len)
    inner, rest = row[key], name[len(key) + 1 :]
    if isinstance(inner, dict):
        return find(inner, rest)
    found = [text for x in inner if isinstance(x, dict) and (text := to_text(find(x, rest)))]
    if _are_pieces(found):
        return "".join(found)
    are_words = len(found) >= _LEAST_WORDS and not any(" " in text for text in found)
    return (" " if are_words else "\n\n").join(found)


def _are_pieces(texts: Sequence[str]) -> bool:
    """Whether texts are pieces of one, of some words each, with the blanks between them."""
    are_short = sum(len(text.split()) for text in texts) <= _MOST_OF_PIECES * len(texts)
    return (
        len(texts) > 1
        and are_short
        and all(one[-1].isspace() or other[0].isspace() for one, other in pairwise(texts))
    )


def to_text(value: Any) -> str:
    """A value as text: a list of words is joined by blanks; "" for what is none, or a mark of that.

    Telegram writes a message with a link or bold words as a list of texts and of objects that hold
    one each, {"type": "bold", "text": ...}; they follow one another.
    """
    if isinstance(value, str):
        return "" if value.strip() in _NOTHING else value
    if not isinstance(value, list) or not any(isinstance(item, str) for item in value):
        return ""
    if all(isinstance(item, str) for item in value):
        return " ".join(value)
    pieces = [item.get("text") if isinstance(item, dict) else item for item in value]
    texts = [piece for piece in pieces if isinstance(piece, str)]
    return "".join(texts) if len(texts) == len(pieces) else ""


def to_document(row: dict[str, Any], column: str, text: str, where: str) -> SourceDocument:
    """A row as a document: ``title`` is its title, the other columns are metadata.

    Raises FormatError where a value is nested too deeply.
    """
    rest = _without(row, column)
    try:
        title = "" if column == "title" else str(rest.pop("title", None) or "")
        metadata = {_to_field(key): _flatten(own) for key, own in rest.items()}
    except RecursionError as error:
        raise FormatError(f"{where} is nested too deeply. Give flat fields.") from error
    return SourceDocument(title or make_title(text) or where, text, metadata)


def _without(row: dict[str, Any], column: str) -> dict[str, Any]:
    """The row without a column; what stands beside a nested one is named by its path."""
    if column in row:
        return {key: value for key, value in row.items() if key != column}
    rest: dict[str, Any] = {}
    for key, value in row.items():
        if column.startswith(f"{key}.") and isinstance(value, dict):
            inner = _without(value, column[len(key) + 1 :])
            rest |= {f"{key}.{name}": own for name, own in inner.items()}
        elif column.startswith(f"{key}.") and isinstance(value, list):
            inside = column[len(key) + 1 :]
            rest[key] = [_without(x, inside) for x in value if isinstance(x, dict)]
        else:
            rest[key] = value
    return rest


def make_title(text: str) -> str:
    """The first words of a text, on one line."""
    line = " ".join(text[: 2 * _TITLE_LENGTH].split())
    if len(line) <= _TITLE_LENGTH:  # many blanks, or a short text
        line = " ".join(text[: 4 * _TITLE_LENGTH].split())
    if len(line) <= _TITLE_LENGTH:
        return line
    return line[: _TITLE_LENGTH + 1].rsplit(" ", 1)[0][:_TITLE_LENGTH] + " …"


def _to_field(key: str) -> str:
    """The metadata field for a key: different keys have different fields."""
    return f"{key}_" if key.rstrip("_") in RESERVED_COLUMNS else key


def _flatten(value: Any) -> Any:
    """A list or an object as its JSON text."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value
