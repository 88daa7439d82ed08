"""One door to every file of word vectors: the content tells the format, never the name."""

from __future__ import annotations

import codecs
import io
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from clif_core.errors import FormatError, InputError
from clif_core.memory import free_bytes
from clif_core.sgns.export import read_safetensors
from clif_core.sgns.vector_files import binary, fasttext_bin, matrices, tables, text
from clif_core.sgns.vector_files.foreign import (
    is_pytorch_zip,
    refuse_by_name,
    refuse_foreign,
    refuse_foreign_zip,
)
from clif_core.sgns.vector_files.found import Found, ReadOptions, VectorFile
from clif_core.sgns.vector_files.parquet import read_parquet
from clif_core.storage.files import temporary_folder
from clif_core.storage.gzipped import open_file, open_unzipped, packed_as, show_name
from clif_core.storage.write_errors import explain_write_errors
from clif_core.text.readers.encodings import find_wide

__all__ = ["open_vectors"]

_SAMPLE = 1 << 20  # bytes that tell the format
_MAX_WIDE = 1 << 12  # bytes that tell UTF-16
_CONTROLS = bytes([*range(9), 14, *range(15, 27), *range(28, 32)])
_MAX_HEADER = 100  # bytes
_BYTES_A_NUMBER = 40  # of a text file, at most; times the limit of vectors it bounds a file
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def open_vectors(
    path: Path,
    words_path: Path | None = None,
    limit: int | None = None,
    is_strict: bool = False,
    encoding: str = "utf-8",
    inside: str = "",
    max_bytes: int | None = None,
    n_numbers: int | None = None,
) -> VectorFile:
    """Read word vectors of any known format, packed or not.

    Parameters
    ----------
    words_path : the words, one a row, where the file of vectors has none
    limit : the first words of the file only; most programs write the most frequent ones first
    is_strict : the first fault is an error; else faults are repaired, counted and listed
    encoding : of the words, such as "cp1252"
    inside : which file of a zip that holds several
    n_numbers : instead of a limit, the first words whose vectors have so many numbers, for a look
    max_bytes : limit of the vectors in memory; None: half of what is free on this machine

    Raises FormatError, which says what the file is and the next step, and InputError for a limit
    below 1 or an unknown encoding.
    """
    if limit is not None and limit < 1:
        raise InputError(f"limit must be at least 1 word, got {limit}.")
    try:
        encoding = codecs.lookup(encoding).name
    except LookupError as error:
        raise InputError(
            f"{encoding!r:.60} is no encoding; use utf-8, cp1252 or another name of Python's."
        ) from error
    path, name = Path(path), show_name(Path(path))
    if max_bytes is None:
        max_bytes = free_bytes() // 2  # a model has them twice, as they are and of length 1
    options = ReadOptions(limit, is_strict, encoding, inside, max_bytes, n_numbers)
    with open_file(path) as plain:
        packed = packed_as(plain.read(6))
    if packed == "zip":
        refuse_foreign_zip(name, path)
        if is_pytorch_zip(path):
            return matrices.read_checkpoint(name, path, words_path, options, "")
    with _open(path, options) as file:
        sample = file.read(_SAMPLE)
    return _read(name, path, words_path, options, packed, sample)


@contextmanager
def _open(path: Path, options: ReadOptions) -> Iterator[BinaryIO]:
    max_file = _MAX_HEADER + _BYTES_A_NUMBER * options.max_bytes  # memory follows words, not bytes
    with open_unzipped(path, max_file, "vectors", options.inside) as file:
        yield file


def _read(
    name: str, path: Path, words: Path | None, options: ReadOptions, packed: str, sample: bytes
) -> VectorFile:
    refuse_foreign(name, sample)
    if sample.startswith(fasttext_bin.MAGIC) or fasttext_bin.is_old_fasttext(sample):
        with _plain_file(path, options, packed) as plain:
            return fasttext_bin.read_fasttext(name, plain, options, packed)
    if sample.startswith(b"PAR1"):
        with _plain_file(path, options, packed) as plain:
            return read_parquet(name, plain, options, packed)
    if sample.startswith(b"\x93NUMPY"):
        with _plain_file(path, options, packed) as plain:
            return matrices.read_npy(name, plain, words, options, packed)
    if _is_safetensors(sample):
        with _plain_file(path, options, packed) as plain:
            return _read_safetensors(name, plain, words, options, packed)
    return _read_lines(name, path, words, options, packed, sample)


def _read_lines(
    name: str, path: Path, words: Path | None, options: ReadOptions, packed: str, sample: bytes
) -> VectorFile:
    """Text, or word2vec's binary format, which begins with a line of text."""
    mark, code = next(((m, c) for m, c in _MARKS.items() if sample.startswith(m)), (b"", ""))
    said = f"{code} with a byte order mark" if mark else ""
    if not mark:
        code = find_wide(sample[:_MAX_WIDE]) if b"\0" in sample[:_MAX_WIDE] else ""
        said = f"{code} without a byte order mark" if code else ""
    code = code or "utf-8"
    is_old_mac = b"\r" in sample and b"\n" not in sample  # line ends of old Macs
    wrapping = ", ".join(filter(None, [packed, said]))
    header = _binary_header(sample) if not said else None
    if header:
        n_words, dim, start = header
        with _open(path, options) as file:
            file.read(start)
            return binary.read_binary(name, file, n_words, dim, options, wrapping)
    _require_text(name, sample, code)
    with _open(path, options) as file:
        file.read(len(mark))
        stream = file if code == "utf-8" and not is_old_mac else _as_file(_recode(file, code))
        head = _first(sample[len(mark) :], code)
        head = head.replace(b"\r", b"\n") if is_old_mac else head
        is_whole = len(sample) < _SAMPLE
        table = tables.find_table(head, is_whole)
        if table is not None:
            head = b"".join(
                tables.iterate_lines(io.BytesIO(_whole_lines(head, is_whole)), table, name)
            )
            stream = _as_file(tables.iterate_lines(stream, table, name))
        layout = text.find_layout(name, head, is_whole or table is not None)
        if table is not None:
            layout = replace(layout, kind=table.kind)
        if not layout.has_words:
            for _ in range(layout.n_above):
                stream.readline()
            return matrices.read_number_text(name, stream, layout.dim, words, options, wrapping)
        n_bytes = None if wrapping else path.stat().st_size
        return text.read_text(name, stream, layout, options, wrapping, n_bytes)


def _binary_header(sample: bytes) -> tuple[int, int, int] | None:
    """(n_words, dim, bytes of the header line) where the rest is word2vec's binary format."""
    line, ending, _ = sample[:_MAX_HEADER].partition(b"\n")
    parts = line.split()
    if not ending or len(parts) != 2 or not all(p.isdigit() and len(p) < 19 for p in parts):
        return None
    n_words, dim = map(int, parts)
    if dim < 1 or n_words < 1:
        return None
    start = len(line) + 1
    if not binary.is_binary(sample[start : start + 1000 + 4 * dim], dim):
        return None
    return n_words, dim, start


def _require_text(name: str, sample: bytes, code: str) -> None:
    if code == "utf-8" and _is_binary(sample):
        refuse_by_name(name)
        raise FormatError(
            f"{name} is a binary file of no known kind. Read are word2vec text and binary, GloVe,"
            " fastText (.vec and .bin), npy, Parquet, safetensors, the Projector's tsv files and"
            " PyTorch weights. In gensim, model.wv.save_word2vec_format('vectors.txt') writes one."
        )


def _is_binary(sample: bytes) -> bool:
    """Whether there is a zero, or more control characters than a text has."""
    n_controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return b"\0" in sample or n_controls > 0.01 * len(sample)


def _first(sample: bytes, code: str) -> bytes:
    return sample if code == "utf-8" else sample.decode(code, "replace").encode()


def _is_safetensors(sample: bytes) -> bool:
    return len(sample) > 9 and sample[8:9] == b"{" and struct.unpack_from("<Q", sample)[0] < 1 << 40


def _read_safetensors(
    name: str, path: Path, words: Path | None, options: ReadOptions, packed: str
) -> VectorFile:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            is_ours = {"words", "counts", "card"} <= set(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise FormatError(
            f"{name} is a safetensors file that is damaged ({error}). Copy or download it again."
        ) from error
    if not is_ours:
        return matrices.read_plain_safetensors(name, path, words, options, packed)
    bundle = read_safetensors(path, name)
    model, n = bundle.model, options.n_rows(bundle.model.dim)
    contexts = None if model.context_vectors is None else model.context_vectors[:n]
    found = Found(
        "a model exported by 'clif export'", len(model.vocabulary.words[:n]), model.dim, packed
    )
    return VectorFile(
        tuple(model.vocabulary.words[:n]),
        model.centre_vectors[:n],
        found,
        model.vocabulary.counts[:n],
        contexts,
        model.settings,
        bundle.card,
        bundle.is_of_lines,
    )


@contextmanager
def _plain_file(path: Path, options: ReadOptions, packed: str) -> Iterator[Path]:
    """The file itself, or where it is packed a temporary file with its content."""
    if not packed:
        yield path
        return
    with temporary_folder() as folder:
        plain = folder / "unpacked"
        # Inside, or a full disk would be said to be a file that cannot be read.
        with _open(path, options) as file, explain_write_errors(plain), plain.open("wb") as target:
            shutil.copyfileobj(file, target, 1 << 20)
        yield plain


def _whole_lines(sample: bytes, is_whole: bool) -> bytes:
    return sample if is_whole else sample[: sample.rfind(b"\n") + 1]


def _recode(file: BinaryIO, code: str) -> Iterator[bytes]:
    """The bytes of a text in another encoding as UTF-8, its lines ended by line feeds."""
    plain = codecs.getincrementaldecoder(code)("replace")
    decoder = io.IncrementalNewlineDecoder(plain, translate=True)
    while raw := file.read(1 << 16):
        yield decoder.decode(raw).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _as_file(pieces: Iterator[bytes]) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Pieces(pieces), 1 << 16))


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._ready = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and (piece := next(self._pieces, None)) is not None:
            self._ready = piece
        content = self._ready[: len(buffer)]
        self._ready = self._ready[len(buffer) :]
        buffer[: len(content)] = content
        return len(content)
