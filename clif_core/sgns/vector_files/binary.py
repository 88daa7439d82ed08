"""word2vec's binary format: a header line, then each word, a blank, and its numbers.

Numbers are little-endian float32; some programs write float64, float16 or bfloat16. The bytes tell
which: with one size alone a word comes again and again after as many numbers as the header says.
Numbers near 0, of which vectors have many, tell float16 from bfloat16: read as the other, none is.
Big-endian numbers are told by their size: read the other way round, they are enormous or nothing.
Few numbers do not tell it. A line break may follow each word's numbers.

A word may hold blanks, which gensim writes as they are ("new york"). With the first blank as its
end, the numbers would be odd or the next word none; then a later blank is its end.
"""

from __future__ import annotations

import re
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from clif_core.errors import FormatError
from clif_core.sgns.vector_files.found import Faults, Found, ReadOptions, VectorFile, show_bytes
from clif_core.sgns.vector_files.rows import Rows, require_size

__all__ = ["is_binary", "read_binary"]

_MAX_WORD = 1_000  # bytes
_CHUNK = 1 << 22
_TYPES = ("<f4", "<f8", "<f2")
#: bfloat16, the upper half of a float32; numpy has no such type.
_BRAIN = np.dtype("<u2")
_SAMPLE_WORDS = 20
_LEAST_NUMBERS = 16  # different ones: so many are not all of usual size by chance
_USUAL = (1e-12, 1e6)  # sizes of numbers that letters are not, read as numbers
_ODD = 0.1  # of the words: more with control characters are no words
_CONTROLS = bytes(range(0x20))
_CONTROL = re.compile("[\x00-\x1f]")
_TEXT_BYTES = bytes([*b"\t\n\v\f\r", *range(0x20, 0x7F), *range(0x80, 0x100)])
_DECIMAL = b"+-.0123456789eEinfatyINFATY"


def is_binary(start: bytes, dim: int) -> bool:
    """Whether the bytes after the header are those of the binary format.

    Text has no control characters, and its first line is a word and decimal numbers. Binary numbers
    look like that with a probability that matters for one or two dimensions only.
    """
    if start.translate(None, _TEXT_BYTES):
        return True
    line, _, _ = start.lstrip(b"\r\n").partition(b"\n")
    parts = line.split()[1:]
    if not parts:  # a newline may be the first byte of a binary number
        return line.endswith(b" ")
    n_decimal = sum(not part.replace(b",", b".").strip(_DECIMAL) for part in parts[:dim])
    return 2 * n_decimal < min(len(parts), dim)


def read_binary(
    name: str, file: BinaryIO, n_words: int, dim: int, options: ReadOptions, wrapping: str
) -> VectorFile:
    """Read the words after the header; raises FormatError."""
    faults = Faults(name, options.is_strict)
    if options.n_rows(dim) is None:
        require_size(name, n_words, dim, options.max_bytes)
    rows = Rows(dim, faults, options)
    buffer = file.read(_CHUNK + 8 * dim * _SAMPLE_WORDS)
    dtype = np.dtype(_tell_type(buffer, n_words, dim))
    sample = _first_numbers(buffer, dim, dtype)
    if dtype.itemsize == 2 and _is_brain(sample):
        dtype = _BRAIN
    elif _is_big_endian(sample):
        dtype = dtype.newbyteorder(">")
    kind = "bfloat16" if dtype == _BRAIN else dtype.name
    longest = 2 * _MAX_WORD + dtype.itemsize * dim  # a word, its numbers, and the next word
    start, place = 0, 0
    words: list[bytes] = []
    places: list[str] = []
    vectors: list[npt.NDArray[Any]] = []
    with_blanks: list[bytes] = []
    while not rows.is_full:
        if len(buffer) - start < longest:
            _flush(rows, words, vectors, places)
            buffer, start = buffer[start:] + file.read(_CHUNK + longest), 0
        end, has_blanks = _find_end(buffer, start, dim, dtype)
        stop = end + 1 + dtype.itemsize * dim
        if end < 0 or len(buffer) < stop:
            break
        place += 1
        words.append(buffer[start:end].lstrip(b"\r\n"))
        if has_blanks:
            with_blanks.append(words[-1])
        places.append(f"word {place}")
        vectors.append(np.frombuffer(buffer, dtype, dim, end + 1))
        start = stop
    _flush(rows, words, vectors, places)
    odd = [word for word in rows.index if _CONTROL.search(word)]
    if len(odd) > max(len(rows.index) > 1, _ODD * len(rows.index)):
        raise FormatError(
            f"{len(odd):,} of the {len(rows.index):,} words of {name} hold control characters"
            f" ({show_bytes(odd[0].encode())}): its header is wrong ({n_words:,} words of {dim}"
            " numbers), or it is no word2vec binary file. Write it again."
        )
    if not rows.is_full:
        _check_end(name, buffer[start:], n_words, place, faults, dim)
    words_read, matrix = rows.finish()
    notes: tuple[str, ...] = (
        () if dtype.itemsize == 4 else (f"Its numbers are {kind}, kept as float32.",)
    )
    if dtype.byteorder == ">":
        notes += ("Its numbers are big-endian.",)
    if with_blanks:
        first = show_bytes(with_blanks[0])
        notes += (f"Words that hold blanks: {len(with_blanks):,}, the first {first}.",)
    found = Found(
        f"word2vec binary ({kind})",
        len(words_read),
        dim,
        wrapping,
        faults.n,
        faults.lines,
        notes,
        n_words if rows.is_full else None,
    )
    return VectorFile(words_read, matrix, found)


def _flush(
    rows: Rows,
    words: list[bytes],
    vectors: list[npt.NDArray[Any]],
    places: list[str],
) -> None:
    if words:
        rows.add([*words], _as_floats(np.stack(vectors)), places)
        words.clear()
        vectors.clear()
        places.clear()


def _check_end(name: str, rest: bytes, n_words: int, n_read: int, faults: Faults, dim: int) -> None:
    if len(rest) >= _MAX_WORD and b" " not in rest[:_MAX_WORD]:
        raise FormatError(
            f"word {n_read + 1} of {name} has no end within {_MAX_WORD} bytes. The dimension in"
            f" the header may be wrong ({dim}), or it is no word2vec binary file."
        )
    if rest.strip() and n_read >= n_words:
        faults.of_file(
            f"{name} goes on after its {n_read:,} words, by {len(rest):,} bytes or more that are"
            " no word with its vector.",
            "They were left out.",
        )
    faults.of_header(n_words, n_read)


def _find_end(buffer: bytes, start: int, dim: int, dtype: np.dtype[Any]) -> tuple[int, bool]:
    """Where the word at ``start`` ends, -1 for nowhere, and whether it holds blanks."""
    first = buffer.find(b" ", start, start + _MAX_WORD)
    if first < 0 or _is_followed(buffer, first, dim, dtype):
        return first, False
    end = first
    while (end := buffer.find(b" ", end + 1, start + _MAX_WORD)) > 0:
        if not _is_word(buffer[start:end].lstrip(b"\r\n")):
            break  # what follows the first blank are its numbers
        if _is_followed(buffer, end, dim, dtype):
            return end, True
    return first, False


def _is_followed(buffer: bytes, end: int, dim: int, dtype: np.dtype[Any]) -> bool:
    """Whether usual numbers follow a word that ends there, and then a word or nothing."""
    stop = end + 1 + dtype.itemsize * dim
    if stop > len(buffer):
        return False
    if dtype.kind == "f":
        numbers = map(abs, np.frombuffer(buffer, dtype, min(dim, 4), end + 1).tolist())
        if not all(x == 0 or _USUAL[0] < x < _USUAL[1] for x in numbers):
            return False
    after = buffer.find(b" ", stop, stop + _MAX_WORD)
    if after < 0:
        return not buffer[stop : stop + _MAX_WORD].strip()
    return _is_word(buffer[stop:after].lstrip(b"\r\n"))


def _tell_type(sample: bytes, n_words: int, dim: int) -> str:
    """Which of ``_TYPES`` the numbers have: the one by which the first words make most sense."""
    for name in _TYPES:
        n, stop = _count_words(sample, n_words, dim, np.dtype(name))
        if n == n_words and not sample[stop:].strip():
            return name
    counts = {t: _count_words(sample, _SAMPLE_WORDS, dim, np.dtype(t))[0] for t in _TYPES}
    return max(_TYPES, key=counts.__getitem__)


def _first_numbers(sample: bytes, dim: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """The numbers of the first words that are there whole."""
    found, start = [np.empty(0, dtype)], 0
    for _ in range(_SAMPLE_WORDS):
        end, _ = _find_end(sample, start, dim, dtype)
        stop = end + 1 + dtype.itemsize * dim
        if end < 0 or stop > len(sample):
            break
        found.append(np.frombuffer(sample, dtype, dim, end + 1))
        start = stop
    return np.concatenate(found)


def _is_big_endian(sample: npt.NDArray[Any]) -> bool:
    """Whether the numbers are those of vectors only when read the other way round."""
    numbers = np.unique(sample)
    numbers = numbers[numbers != 0]
    if len(numbers) < _LEAST_NUMBERS:
        return False
    usual, swapped = (_share_of_usual(n) for n in (numbers, numbers.byteswap()))
    return usual < 0.5 and swapped > 0.9


def _is_brain(sample: npt.NDArray[Any]) -> bool:
    """Whether numbers of two bytes are bfloat16: some of them are near 0 only when read so."""
    numbers = sample[sample != 0]
    if len(numbers) < _LEAST_NUMBERS:
        return False
    half, brain = (_share_near_zero(n) for n in (numbers, _as_floats(numbers.view(_BRAIN))))
    return half < 0.01 < 0.02 < brain


def _as_floats(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if numbers.dtype != _BRAIN:
        return numbers
    return (numbers.astype("<u4") << 16).view("<f4")


def _share_near_zero(numbers: npt.NDArray[Any]) -> float:
    """The share below a tenth of the root mean square; of a normal distribution 8 %."""
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.abs(numbers.astype(np.float64))
        return float(np.mean(size < 0.1 * np.sqrt(np.mean(size**2))))


def _share_of_usual(numbers: npt.NDArray[Any]) -> float:
    with np.errstate(invalid="ignore"):
        size = np.abs(numbers.astype(np.float64))
        return float(np.mean((size > 1e-8) & (size < 1e6)))


def _count_words(sample: bytes, at_most: int, dim: int, dtype: np.dtype[Any]) -> tuple[int, int]:
    """(how many words come one after the other, where the last one's numbers end)."""
    start = 0
    for n in range(at_most):
        end, _ = _find_end(sample, start, dim, dtype)
        stop = end + 1 + dtype.itemsize * dim
        if end < 0 or stop > len(sample) or not _is_word(sample[start:end].lstrip(b"\r\n")):
            return n, start
        start = stop
    return at_most, start


def _is_word(raw: bytes) -> bool:
    if raw.translate(None, _CONTROLS) != raw:
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True
