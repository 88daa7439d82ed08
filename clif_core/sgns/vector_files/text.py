"""Vectors as text: a word and its numbers a line, with word2vec's header line or without (GloVe).

word2vec, gensim and fastText's .vec write a header line ``n_words dim``; GloVe writes none. Numbers
are parted by blanks or tabs. The last ``dim`` parts of a line are its numbers, so a word may hold
blanks, as words of GloVe's crawl do.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.errors import FormatError
from clif_core.sgns.vector_files.found import Faults, Found, ReadOptions, VectorFile, show_bytes
from clif_core.sgns.vector_files.line_blocks import MAX_WORD, LineBlocks
from clif_core.sgns.vector_files.rows import Rows, require_size

__all__ = ["Layout", "find_layout", "read_number_lines", "read_text"]

_SAMPLE_LINES = 50
_LEAST_COUNTS, _LOOKED_AT = 20, 1_000  # rows
_MAX_NAME = 6  # bytes of a column's number and what parts it
_WHOLE_NUMBER = re.compile(rb"[0-9]{1,18}")
_DECIMAL = b"+-.0123456789eEinfatyINFATY"  # Python would also read 1_0 as a number
#: From pandas 3.1 on numbers are always rounded correctly, and the option is deprecated.
_EXACT: dict[str, Any] = (
    {}
    if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
    else {"float_precision": "round_trip"}
)
_DECIMAL_END = re.compile(rb"\s[+-]?[0-9]*\.[0-9]+(?:e[+-]?[0-9]+)?\Z", re.I)
_QUOTED = re.compile(r"(?:b(['\"])(.*)\1|(\")(.*)\")\Z", re.DOTALL)
_LANGUAGE = re.compile(r"(?:/c/)?[a-z]{2,3}[/:]")
_TAGGED = re.compile(
    r"[^_|/][_|/](?:NOUN|VERB|ADJ|ADV|PROPN|PRON|ADP|DET|NUM|AUX|[CS]CONJ|PART|INTJ|X|SYM"
    r"|PUNCT|N|V|A|NNP?S?|VB[DGNPZ]?|JJ[RS]?|RB[RS]?|IN|DT|CD|CC|PRP)\Z"
)
_CUT_VECTOR = re.compile(rb"\d[\],;\s]+\.\.\.[\[,;\s]+[-+]?\d")
_COMMA_NUMBER = re.compile(rb"[+-]?[0-9]+,[0-9]+")


@dataclass(frozen=True)
class Layout:
    """``n_words`` of the header line (None: no header), numbers a line, whether there are words.

    ``has_names``: the first line is that of a table, with numbers as the names of its columns.
    ``kind``: what it is called where it was no text of word2vec or GloVe before. ``n_above``: lines
    of comment (#) above a matrix without words, as NumPy and Octave write it.
    """

    n_words: int | None
    dim: int
    has_words: bool = True
    has_names: bool = False
    kind: str = ""
    n_above: int = 0


def find_layout(name: str, sample: bytes, is_whole: bool) -> Layout:
    """The layout that the first lines have. Raises FormatError, which says what they are instead.

    ``is_whole``: the sample is the whole file, else its last line may be cut.
    """
    lines = sample.split(b"\n")
    lines = [line for line in (lines if is_whole else lines[:-1]) if line.strip()][:_SAMPLE_LINES]
    if not lines:
        raise FormatError(f"{name} holds no line of a word and its numbers. Give another file.")
    header = lines[0].split()
    has_header = len(header) == 2 and all(map(_WHOLE_NUMBER.fullmatch, header))
    rows = [line.split() for line in lines]
    widths = Counter(_count_numbers(row) for row in rows[has_header:])
    said = int(header[1]) if has_header else 0
    dim = max(widths, key=lambda n: (widths[n], n == said, n > 0, -n)) if widths else 0
    if has_header and dim == 1 and header[1] != b"1":
        has_header = False  # a number as word, and one number
    with_blanks = sum(len(row) - 2 > dim for row in rows[has_header:])  # words of three and more
    if (
        lines[0].startswith(b"%%")
        or dim < 1
        or 2 * widths[dim] < len(rows) - has_header
        or 2 * with_blanks > len(rows)
    ):
        raise _no_vectors(name, lines, rows)
    if not has_header and dim == 1:
        raise FormatError(
            f"{name} has a word and one number a line ({show_bytes(lines[0])}): counts or metadata,"
            " no vectors. Give the file of vectors, and this one beside it."
        )
    n_above = next((at for at, row in enumerate(rows) if not row[0].startswith(b"#")), 0)
    if not has_header and all(_is_number(r[0]) and not r[0].isdigit() for r in rows[n_above:]):
        return Layout(None, len(rows[n_above]), has_words=False, n_above=n_above)
    if not has_header and _are_names(rows, dim):
        return Layout(None, dim, has_names=True)
    return Layout(int(header[0]) if has_header else None, dim)


def _are_names(rows: list[list[bytes]], dim: int) -> bool:
    """Whether the first row counts its columns, from 0 or 1 on, and the others hold decimals."""
    counted = ([b"%d" % (at + first) for at in range(dim)] for first in (0, 1))
    return dim > 2 and rows[0][-dim:] in counted and all(b"." in b"".join(r) for r in rows[1:])


def _count_numbers(parts: list[bytes]) -> int:
    """How many numbers end a line; its first part is a word."""
    n = 0
    while n < len(parts) - 1 and _is_number(parts[-1 - n]):
        n += 1
    return n


def _is_number(part: bytes) -> bool:
    if part.strip(_DECIMAL):
        return False
    try:
        float(part)
    except ValueError:
        return False
    return True


def _no_vectors(name: str, lines: list[bytes], rows: list[list[bytes]]) -> FormatError:
    """The error for text that is no vectors, by what it looks like."""
    body = rows[1:] or rows
    shown = show_bytes(lines[min(1, len(lines) - 1)])
    if all(len(row) > 1 and _COMMA_NUMBER.fullmatch(row[-1]) for row in body):
        return FormatError(
            f"{name} writes numbers with decimal commas ({shown}); decimal points are needed."
            " Save it with points, or replace the commas:"
            r" sed -E 's/([0-9]),([0-9])/\1.\2/g' FILE > NEW."
        )
    if lines[0].lstrip()[:1] in (b"{", b"["):
        return FormatError(
            f"{name} is JSON. Save the vectors as word2vec text: a word and its numbers a line."
        )
    if lines[0].lstrip()[:1] == b"<":
        return FormatError(f"{name} is HTML or XML, no vectors. Download the file itself again.")
    if lines[0].startswith(b"%%MatrixMarket"):
        return FormatError(f"{name} is a Matrix Market file (a sparse matrix), no word vectors.")
    if lines[0].startswith(b"version https://git-lfs"):
        return FormatError(
            f"{name} is only a pointer of Git LFS. Fetch the file itself: 'git lfs pull'."
        )
    sign = next((s for s in (b";", b",") if all(line.count(s) > 2 for line in lines)), b"")
    if sign:
        return FormatError(
            f"{name} is a table parted by {'commas' if sign == b',' else 'semicolons'}"
            f" ({shown}). Save it as word2vec text: a word and"
            " its numbers a line, parted by blanks."
        )
    if all(map(_CUT_VECTOR.search, lines[1:] or lines)):
        return FormatError(
            f"{name} holds vectors that were cut when they were printed ({shown}): the numbers in"
            " the place of ... are lost. Save the vectors again, a number a column."
        )
    if all(len(row) == 1 for row in rows):
        return FormatError(
            f"{name} is a list of words without numbers ({shown}). Give the file of vectors, and"
            " this one as its words where the vectors file has none."
        )
    return FormatError(
        f"{name} is text without vectors: its lines are no word with its numbers ({shown}). As a"
        " training text it goes into the field for texts; vectors have a line a word, such as"
        " 'the 0.1 -0.2'."
    )


def read_text(
    name: str,
    file: BinaryIO,
    layout: Layout,
    options: ReadOptions,
    wrapping: str,
    n_bytes: int | None = None,
) -> VectorFile:
    """Read vectors from a stream of UTF-8 lines; raises FormatError.

    ``n_bytes``: of the whole stream, where that is known.
    """
    faults = Faults(name, options.is_strict)
    said, first = layout.dim, 1
    if layout.n_words is not None:
        while not (header := file.readline(MAX_WORD)).strip():  # blank lines before it
            first += 1
        said, first = int(header.split()[1]), first + 1
        if options.is_strict and options.n_rows(said) is None:
            require_size(name, layout.n_words, said, options.max_bytes)
    if layout.has_names:
        while not file.readline(MAX_WORD + _MAX_NAME * layout.dim).strip():  # blank lines before it
            first += 1
        first += 1
    rows = Rows(layout.dim, faults, options)
    lines = LineBlocks(file, layout.dim, first, faults, options.n_rows(layout.dim))
    for words, vectors, places in _blocks(lines, layout.dim, faults, rows):
        rows.add(words, vectors, places)
        if rows.is_full:
            break
    words_read, matrix = rows.finish()
    words_read = _without_sign_behind(name, _without_quotes(name, words_read, faults), faults)
    words_read = _without_numbers_before(name, words_read, faults)
    words_read = _without_language(name, words_read, faults)
    counts = _counts_before(matrix)
    if counts is not None:
        matrix = np.ascontiguousarray(matrix[:, 1:])
    elif said != layout.dim:
        faults.of_file(
            f"The header of {name} says {said:,} numbers a word, its lines have {layout.dim}.",
            f"{layout.dim} are read.",
        )
    if layout.n_words is not None and layout.n_words != rows.n_seen and not rows.is_full:
        faults.of_file(
            f"The header of {name} says {layout.n_words:,} words, the file holds {rows.n_seen:,}.",
            "All of them were read."
            + " The file may be cut short." * (layout.n_words > rows.n_seen),
        )
    kind = "GloVe text (no header line)" if layout.n_words is None else "word2vec text"
    kind = layout.kind or kind
    blanks = [word for word in words_read if " " in word]
    shown = ", ".join(map(repr, blanks[:3]))
    notes: tuple[str, ...] = (f"{len(blanks):,} words hold a blank: {shown}.",) if blanks else ()
    if counts is not None:
        notes += (f"A count stands behind every word: {counts[0]:,} of {words_read[0]!r}.",)
    if layout.has_names:
        notes += ("The first line holds the names of its columns.",)
    if sum(map(bool, map(_TAGGED.search, words_read))) > 0.9 * len(words_read):
        notes += (
            f"Its words carry tags ({words_read[0]!r:.40}): a probe names them so, and the words of"
            " a text must carry the same tags to be found.",
        )
    n_in_file = layout.n_words or round(lines.n_lines * (n_bytes or 0) / max(lines.n_bytes, 1))
    found = Found(
        kind, len(words_read), matrix.shape[1], wrapping, faults.n, faults.lines, notes,
        n_in_file if rows.is_full else None,
    )  # fmt: skip
    return VectorFile(words_read, matrix, found, counts)


def _without_quotes(name: str, words: tuple[str, ...], faults: Faults) -> tuple[str, ...]:
    """The words without the quotes around all of them, as tables and old programs write them."""
    found = [_QUOTED.match(word) for word in words]
    bare = [(m[2] or m[4] or "") if m else word for m, word in zip(found, words, strict=True)]
    if len(words) < 3 or not all(found[:_SAMPLE_LINES]) or len(set(bare)) < len(words):
        return words
    if "" in bare or sum(map(bool, found)) < 0.9 * len(words):
        return words
    faults.of_file(
        f"The words of {name} stand in quotes ({words[0]:.30}).",
        f"They were read without: {bare[0]:.30}.",
    )
    return tuple(bare)


def _without_sign_behind(name: str, words: tuple[str, ...], faults: Faults) -> tuple[str, ...]:
    """The words without the comma or colon behind all of them, that parts them from the numbers."""
    bare = tuple(word[:-1] for word in words)
    sign = words[0][-1:]
    is_sign = sign in (",", ":", ";") and all(word.endswith(sign) for word in words)
    if len(words) < 3 or not is_sign or len(set(bare)) < len(words) or "" in bare:
        return words
    faults.of_file(
        f"A {sign!r} stands behind every word of {name}.", f"It was left out: {bare[0]!r:.30}."
    )
    return bare


def _without_numbers_before(name: str, words: tuple[str, ...], faults: Faults) -> tuple[str, ...]:
    """The words without the number of their row, where all of them have it before them."""
    parts = [word.partition(" ") for word in words]
    bare = tuple(rest for _, _, rest in parts)
    is_numbered = len(words) > 2 and any(
        all(number == str(at) for at, (number, _, _) in enumerate(parts, first)) for first in (0, 1)
    )
    if not is_numbered or len(set(bare)) < len(words) or "" in bare:
        return words
    faults.of_file(
        f"The number of its row stands before every word of {name}.",
        f"It was left out: {bare[0]!r:.30}.",
    )
    return bare


def _without_language(name: str, words: tuple[str, ...], faults: Faults) -> tuple[str, ...]:
    """The words without the language before all of them, as ConceptNet writes it: /c/en/house."""
    found = _LANGUAGE.match(words[0])
    mark = found[0] if found else ""
    if not mark or len(words) < 3 or not all(word.startswith(mark) for word in words):
        return words
    bare = tuple(word.removeprefix(mark) for word in words)
    if "" in bare:
        return words
    faults.of_file(
        f"Their language stands before all words of {name} ({mark}).",
        f"It was left out: {bare[0]!r:.30}.",
    )
    return bare


def _counts_before(matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.int64] | None:
    """The first column where it is counts: whole numbers that fall, before numbers that are none.

    None where it is not; and in fewer than twenty rows, which may fall by chance.
    """
    first, others = matrix[:, 0], matrix[:_LOOKED_AT, 1:]
    if len(first) < _LEAST_COUNTS or not others.size or first[-1] < 1:
        return None
    is_falling = np.all(first[1:] <= first[:-1]) and first[0] > first[-1]
    if not is_falling or np.any(first % 1) or not np.all(np.any(others % 1, axis=1)):
        return None
    return first.astype(np.int64)


def read_number_lines(
    name: str, file: BinaryIO, dim: int, options: ReadOptions, faults: Faults
) -> npt.NDArray[np.float64]:
    """(n, dim): the numbers of a stream of lines that hold nothing else, as Projector's files.

    Raises FormatError where a line has another width: its word could not be told any more.
    """
    blocks, n, n_wanted = [], 0, options.n_rows(dim)
    for lines, numbers in LineBlocks(file, dim, 1, faults, n_wanted):
        read = _read_numbers(lines, dim)
        if read is None:
            bad = next(i for i, line in enumerate(lines) if _read_numbers([line], dim) is None)
            raise FormatError(
                f"line {numbers[bad]} of {name} does not hold {dim} numbers"
                f" ({show_bytes(lines[bad])}), so the rows after it would belong to other words."
            )
        blocks.append(read.astype(np.float32))
        n += len(read)
        require_size(name, n, dim, options.max_bytes)
        if n_wanted is not None and n >= n_wanted:
            break
    return np.concatenate(blocks) if blocks else np.empty((0, dim))


def _blocks(
    blocks: LineBlocks, dim: int, faults: Faults, rows: Rows
) -> Iterator[tuple[list[bytes | str], npt.NDArray[np.float64], list[str]]]:
    for lines, numbers in blocks:
        words: list[bytes | str] = []
        rests, places = [], []
        for line, number in zip(lines, numbers, strict=True):
            word, _, rest = line.partition(b" ")
            if rest.count(b" ") != dim - 1:  # blanks in the word, or another number of numbers
                parts = line.rsplit(maxsplit=dim)
                word, rest = parts[0], b" ".join(parts[1:])
                if len(parts) <= dim or _DECIMAL_END.search(word):  # one number more
                    faults.of_word("width", f"line {number}", show_bytes(line))
                    rows.skip()
                    continue
            words.append(word)
            rests.append(rest)
            places.append(f"line {number}")
        vectors = _read_numbers(rests, dim)
        if vectors is None:
            words, vectors, places = _read_one_by_one(words, rests, places, dim, faults, rows)
        if words:
            yield words, vectors, places


def _read_one_by_one(
    words: list[bytes | str],
    rests: list[bytes],
    places: list[str],
    dim: int,
    faults: Faults,
    rows: Rows,
) -> tuple[list[bytes | str], npt.NDArray[np.float64], list[str]]:
    """The lines of a block whose numbers can be read; the others are faults."""
    chosen, vectors = [], []
    for i, rest in enumerate(rests):
        parts = rest.split()
        if len(parts) == dim and all(map(_is_number, parts)):
            chosen.append(i)
            vectors.append([float(part) for part in parts])
        else:
            faults.of_word("number", places[i], show_bytes(rest))
            rows.skip()
    matrix = np.array(vectors, dtype=np.float64).reshape(len(chosen), dim)
    return [words[i] for i in chosen], matrix, [places[i] for i in chosen]


def _read_numbers(lines: list[bytes], dim: int) -> npt.NDArray[np.float64] | None:
    """(n_lines, dim), correctly rounded; None where a line does not hold ``dim`` numbers."""
    text = b"\n".join(lines)
    if not lines or text.translate(None, _DECIMAL + b" \n"):
        return None
    if any(line.count(b" ") != dim - 1 for line in lines):
        return None
    try:
        table = pd.read_csv(
            io.BytesIO(text),
            sep=" ",
            header=None,
            names=range(dim),
            dtype=np.float64,
            na_filter=False,
            index_col=False,
            **_EXACT,
        )
    except ValueError:  # pandas' ParserError is one
        return None
    return table.to_numpy() if len(table) == len(lines) else None
