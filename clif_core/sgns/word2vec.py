"""word2vec's own files, text and binary, plain or gzipped, read strictly.

Text: a header line ``n_words dim``, then a line a word: the word and ``dim`` numbers, separated by
blanks. Binary: the same header line, then for each word its UTF-8 bytes, a blank, and ``dim``
little-endian float32; a newline may follow. The bytes after the header tell the two apart. The
format has no checksum, so all that can be checked is checked: the header, the number of words, the
width, repeated words, numbers that are not finite, the encoding, that the last line of a text is
ended (its last number may be cut otherwise), and that nothing follows the end.
The files hold no counts; most programs write the most frequent words first.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from clif_core.errors import FormatError, InputError
from clif_core.storage.files import replace_file
from clif_core.storage.gzipped import open_unzipped, show_name

__all__ = ["MAX_BYTES", "WordVectors", "read_word2vec", "show_bytes", "write_word2vec"]

FloatArray = npt.NDArray[np.float32]

_MAX_HEADER = 100  # bytes
_MAX_WORD = 1_000  # bytes
_MAX_NUMBER = 40  # bytes of one number in a text file
_MAX_DIM = 10_000
_CHUNK = 1 << 20
_MAX_WORDS = 10_000_000
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = b"+-.0123456789eEinfatyINFATY"
_TEXT_BYTES = bytes([*b"\t\n\v\f\r", *range(0x20, 0x7F), *range(0x80, 0x100)])
MAX_BYTES = 4 << 30


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors, (n_words, dim) float32, in the order of the file."""

    words: tuple[str, ...]
    vectors: FloatArray


def read_word2vec(path: Path, max_bytes: int = MAX_BYTES) -> WordVectors:
    """Read a word2vec file. Raises FormatError, which says where the file is wrong.

    ``max_bytes`` limits the vectors in memory, so that a small file with a huge header is refused.
    """
    path, name = Path(path), show_name(Path(path))
    max_file = _MAX_HEADER + _MAX_NUMBER * max_bytes  # a line a word is read: memory follows words
    with open_unzipped(path, max_file, "vectors") as file:
        n_words, dim = _read_header(name, file, max_bytes)
        is_binary = _is_binary(file.read(_MAX_WORD + 4 * dim + 2), dim)
    with open_unzipped(path, max_file, "vectors") as file:
        file.readline(_MAX_HEADER)
        return (_read_binary if is_binary else _read_text)(name, file, n_words, dim)


def write_word2vec(
    path: Path, words: Sequence[str], vectors: FloatArray, is_binary: bool = False
) -> None:
    """Write a word2vec file, gzipped when its name ends in .gz.

    Text has 9 significant digits, so that every float32 is read back exactly. Raises InputError
    where a word is empty or has a blank.
    """
    if len(words) != len(vectors):
        raise InputError(f"{len(words):,} words do not fit {len(vectors):,} vectors.")
    for word in words:
        if not word or any(character.isspace() for character in word):
            raise InputError(
                f"the word {word!r} is empty or has a blank, which the word2vec format cannot hold."
            )
    path = Path(path)
    header = f"{len(words)} {vectors.shape[1]}\n".encode()
    with replace_file(path) as temporary, _create(temporary, path.suffix == ".gz") as file:
        file.write(header)
        for word, row in zip(words, np.asarray(vectors, dtype="<f4"), strict=True):
            if is_binary:
                file.write(word.encode() + b" " + row.tobytes() + b"\n")
            else:
                file.write(f"{word} {' '.join(f'{x:.9g}' for x in row)}\n".encode())


@contextmanager
def _create(path: Path, is_gzip: bool) -> Iterator[BinaryIO]:
    with path.open("wb") as plain:
        if is_gzip:
            with gzip.GzipFile("", "wb", fileobj=plain, mtime=0) as zipped:
                yield cast(BinaryIO, zipped)
        else:
            yield plain


def _read_header(name: str, file: BinaryIO, max_bytes: int) -> tuple[int, int]:
    line = file.readline(_MAX_HEADER)
    try:
        parts = line.decode("ascii").split()
        if not all(map(_WHOLE_NUMBER.fullmatch, parts)):
            raise ValueError("no whole numbers")
        n_words, dim = map(int, parts)
    except ValueError as error:
        raise FormatError(
            f"{name} is no word2vec file: its first line must be the number of words and the"
            f" number of dimensions, such as '8000 100', but is {show_bytes(line)}. (GloVe"
            " files lack it: add it. Pickled gensim models are not read: save them with"
            " model.wv.save_word2vec_format.)"
        ) from error
    if not 1 <= dim <= _MAX_DIM or n_words < 1:
        raise FormatError(
            f"the header of {name} says {n_words} words of {dim} dimensions; needed are at"
            f" least 1 word and 1 to {_MAX_DIM:,} dimensions."
        )
    if n_words * dim * 4 > max_bytes:
        raise FormatError(
            f"the header of {name} says {n_words:,} words of {dim} dimensions,"
            f" {n_words * dim * 4 / 1e6:,.0f} MB of vectors; the limit is"
            f" {max_bytes / 1e6:,.0f} MB. Keep the most frequent words only."
        )
    if n_words > _MAX_WORDS:
        raise FormatError(
            f"the header of {name} says {n_words:,} words; the limit is {_MAX_WORDS:,}. Keep"
            " the most frequent words only."
        )
    return n_words, dim


def _is_binary(start: bytes, dim: int) -> bool:
    """Whether the bytes after the header are those of the binary format.

    Text has no control characters, and its first line is a word and decimal numbers. Binary numbers
    look like that with a probability that matters for one or two dimensions only.
    """
    if start.translate(None, _TEXT_BYTES):
        return True
    line, _, _ = start.partition(b"\n")
    parts = line.split()[1:]
    if not parts:  # a newline may be the first byte of a binary number
        return line.endswith(b" ")
    n_decimal = sum(not part.strip(_DECIMAL) for part in parts[:dim])
    return 2 * n_decimal < min(len(parts), dim)


def _read_text(name: str, file: BinaryIO, n_words: int, dim: int) -> WordVectors:
    vectors = np.empty((n_words, dim), dtype=np.float32)
    words: dict[str, int] = {}
    longest = _MAX_WORD + _MAX_NUMBER * dim
    for i in range(n_words):
        line = file.readline(longest)
        if not line:
            raise _cut_short(name, n_words, i)
        where = f"line {i + 2} of {name}"
        if len(line) == longest:
            raise FormatError(
                f"{where} is longer than {longest:,} bytes, the limit for a word and {dim} numbers."
            )
        word, numbers = (*line.split(maxsplit=1), b"", b"")[:2]
        row = numbers.split()
        if len(row) != dim:
            raise FormatError(
                f"{where} has {len(row)} numbers after the word {show_bytes(word)}; the header says"
                f" {dim}. A word may not hold a blank."
            )
        if not line[-1:].isspace():
            raise FormatError(
                f"{where} is the last one and has no line break at its end, so its last number"
                f" may be cut ({show_bytes(row[-1])}). Copy or download the file again; if it is"
                " whole, end it with a line break."
            )
        vectors[i] = _read_numbers(numbers, row, where)
        _add_word(words, word, where)
    if file.read(_MAX_WORD).strip():
        raise _too_long(name, n_words)
    return _finish(name, words, vectors)


def _read_numbers(numbers: bytes, row: list[bytes], where: str) -> FloatArray:
    """The numbers of a line, strictly decimal: Python would read ``1_0`` as 10."""
    try:
        if odd := numbers.translate(None, _DECIMAL + b" \t\n\v\f\r"):
            raise ValueError(f"it holds {show_bytes(odd)}")
        with np.errstate(over="ignore"):
            return np.array(row, dtype=np.float64).astype(np.float32)
    except ValueError as error:
        raise FormatError(f"{where} holds something that is no number ({error}).") from error


def _read_binary(name: str, file: BinaryIO, n_words: int, dim: int) -> WordVectors:
    vectors = np.empty((n_words, dim), dtype=np.float32)
    words: dict[str, int] = {}
    longest = _MAX_WORD + 4 * dim
    buffer, start = b"", 0
    for i in range(n_words):
        if len(buffer) - start < longest:
            buffer, start = buffer[start:] + file.read(_CHUNK + longest), 0
        end = buffer.find(b" ", start, start + _MAX_WORD)
        stop = end + 1 + 4 * dim
        if (end < 0 and len(buffer) - start < _MAX_WORD) or len(buffer) < stop:
            raise _cut_short(name, n_words, i)
        where = f"word {i + 1} of {name}"
        if end < 0:
            raise FormatError(
                f"{where} has no end within {_MAX_WORD} bytes. The dimension in the header may be"
                f" wrong ({dim}), or it is no word2vec binary file of float32."
            )
        vectors[i] = np.frombuffer(buffer, dtype="<f4", count=dim, offset=end + 1)
        _add_word(words, buffer[start:end].lstrip(b"\n"), where)
        start = stop
    if (buffer[start:] + file.read(_MAX_WORD)).strip():
        raise _too_long(name, n_words)
    return _finish(name, words, vectors)


def _add_word(words: dict[str, int], raw: bytes, where: str) -> None:
    try:
        word = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{where} is not UTF-8: {show_bytes(raw)}, byte {error.start}."
            " Save the vectors as UTF-8."
        ) from error
    if not word:
        raise FormatError(f"{where} is empty. A word has at least one letter.")
    if word in words:
        raise FormatError(
            f"{where} is {word!r}, which came before as number {words[word] + 1}. Words must"
            " differ."
        )
    words[word] = len(words)


def _finish(name: str, words: dict[str, int], vectors: FloatArray) -> WordVectors:
    is_finite = np.isfinite(vectors).all(axis=1)
    if not is_finite.all():
        row = int(np.flatnonzero(~is_finite)[0])
        raise FormatError(
            f"the vector of {list(words)[row]!r}, number {row + 1} of {name}, holds a number"
            " that is not finite. Train or save the model again."
        )
    return WordVectors(tuple(words), vectors)


def _cut_short(name: str, n_words: int, n_read: int) -> FormatError:
    return FormatError(
        f"{name} is cut short: its header says {n_words:,} words, it holds {n_read:,}."
        " Copy or download it again."
    )


def _too_long(name: str, n_words: int) -> FormatError:
    return FormatError(
        f"{name} goes on after the {n_words:,} words that its header says. The header or the"
        " file is wrong."
    )


def show_bytes(raw: bytes) -> str:
    """The quotation of raw bytes for a message: their start in quotes, or "not text"."""
    text = " ".join(raw[:40].decode("utf-8", "replace").split())
    return repr(text) if text.isprintable() else "not text"
