"""Facebook's fastText .bin: words with counts, n-gram rows, context vectors and settings.

A word's vector is the mean of its own row and of the rows of its n-grams, as in the .vec file of
the same training (Bojanowski et al. 2017, arXiv:1607.04606). The layout is that of fastText's
``FastText::saveModel``; files before version 12 lack the magic number. Quantised and supervised
models are refused by name.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from clif_core.errors import FormatError, InputError
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.vector_files.found import Faults, Found, ReadOptions, VectorFile
from clif_core.sgns.vector_files.rows import Rows, require_size

__all__ = ["MAGIC", "is_old_fasttext", "read_fasttext"]

MAGIC = struct.pack("<i", 793712314)
_NAMES = ("dim", "ws", "epoch", "min_count", "neg", "word_ngrams", "loss", "model", "bucket",
          "minn", "maxn", "lr_update_rate")  # fmt: skip
_HEADER = struct.Struct("<12id")
_LOSSES = {1: "hierarchical softmax", 2: "negative sampling", 3: "softmax", 4: "one against all"}
_CBOW, _SKIPGRAM, _SUPERVISED = 1, 2, 3
_NEGATIVE_SAMPLING = 2
_NOISE_EXPONENT = 0.5  # of fastText's negative sampling
_OTHER_TRAINING = (
    "It was not trained by skip-gram with negative sampling, so its output matrix is not read:"
    " influence follows that training only."
)
_ALL_THERE = (
    "Counts, context vectors and training settings are in the file; a window crosses no line of the"
    " text."
)
_MAX_WORD = 1_000  # bytes
_MAX_NGRAM = 30  # characters; fastText's own default is 6
_BLOCK = 2048  # words whose n-grams are averaged together


@dataclass(frozen=True, eq=False)
class _Dictionary:
    words: list[bytes]
    counts: list[int]


def is_old_fasttext(head: bytes) -> bool:
    """Whether a file begins with the settings of a fastText model from before version 12."""
    if len(head) < _HEADER.size:
        return False
    *values, threshold = _HEADER.unpack_from(head)
    given = dict(zip(_NAMES, values, strict=True))
    is_small = all(0 <= value <= 100_000_000 for value in values)
    return (
        is_small
        and 1 <= given["dim"] <= 10_000
        and 1 <= given["ws"] <= 1_000
        and given["loss"] in _LOSSES
        and given["model"] in (_CBOW, _SKIPGRAM, _SUPERVISED)
        and 0 <= threshold <= 1
    )


def read_fasttext(name: str, path: Path, options: ReadOptions, wrapping: str) -> VectorFile:
    """Read a plain (unwrapped) .bin; raises FormatError where it is cut or of another kind."""
    size = path.stat().st_size
    with path.open("rb") as file:
        try:
            return _read(name, path, file, size, options, wrapping)
        except struct.error as error:
            raise FormatError(
                f"{name} is a fastText .bin that is cut short ({error}). Copy or download it again."
            ) from error


def _read(
    name: str, path: Path, file: BinaryIO, size: int, options: ReadOptions, wrapping: str
) -> VectorFile:
    is_new = file.read(4) == MAGIC
    file.seek(8 if is_new else 0)
    *values, threshold = _unpack(file, _HEADER.format)
    given: dict[str, Any] = dict(zip(_NAMES, values, strict=True)) | {"t": threshold}
    if given["model"] == _SUPERVISED:
        raise FormatError(
            f"{name} is a supervised fastText classifier; its vectors were trained on labels, not"
            " on the words around. Give a model of 'fasttext skipgram', or its .vec file to look at"
            " the vectors alone."
        )
    if not 0 <= given["minn"] <= _MAX_NGRAM or not 0 <= given["maxn"] <= _MAX_NGRAM:
        raise FormatError(
            f"{name} says that its n-grams have {given['minn']:,} to {given['maxn']:,} letters; 0"
            f" to {_MAX_NGRAM} are allowed. It is damaged: copy or download it again."
        )
    faults = Faults(name, options.is_strict)
    n_all, dictionary = _read_dictionary(name, file, is_new, size)
    inputs = _map_matrix(name, path, file, is_new, size)
    has_ngrams = given["maxn"] > 0
    if inputs.shape[1] != given["dim"] or len(inputs) < n_all + given["bucket"] * has_ngrams:
        raise FormatError(f"{name} has an input matrix of shape {inputs.shape}: it is damaged.")
    words = dictionary.words[: options.n_rows(given["dim"])]
    require_size(name, len(words), given["dim"], options.max_bytes)
    rows = Rows(given["dim"], faults, options)
    for start in range(0, len(words), _BLOCK):
        block = words[start : start + _BLOCK]
        vectors = _compose(inputs, block, start, n_all, given)
        places = [f"word {i + 1}" for i in range(start, start + len(block))]
        rows.add(list(block), vectors, places)
    read, matrix = rows.finish()
    counts = np.array(dictionary.counts, dtype=np.int64)[rows.picked]
    context, settings, notes = _rest(name, path, file, is_new, size, given, rows.picked)
    found = Found(
        f"fastText .bin ({'skip-gram' if given['model'] == _SKIPGRAM else 'CBOW'},"
        f" {_LOSSES.get(given['loss'], 'unknown loss')})",
        len(read),
        given["dim"],
        wrapping,
        faults.n,
        faults.lines,
        (*_about_ngrams(given), *notes),
        len(dictionary.words) if rows.is_full else None,
    )
    return VectorFile(
        read, matrix, found, counts, context, settings, is_of_lines=settings is not None
    )


def _about_ngrams(given: dict[str, Any]) -> tuple[str, ...]:
    if not given["bucket"] or not given["maxn"]:
        return ()
    return (
        f"Each vector is the mean of the word's own row and of its n-grams of {given['minn']} to"
        f" {given['maxn']} letters, as in the .vec file. What the n-grams would add is left out:"
        " vectors for words that the file does not list, and the influence that words have on each"
        " other by n-grams that they share.",
    )


def _rest(
    name: str,
    path: Path,
    file: BinaryIO,
    is_new: bool,
    size: int,
    given: dict[str, Any],
    picked: list[int],
) -> tuple[npt.NDArray[np.float32] | None, TrainingSettings | None, tuple[str, ...]]:
    """Context vectors and settings, where the training was skip-gram with negative sampling."""
    if given["model"] != _SKIPGRAM or given["loss"] != _NEGATIVE_SAMPLING:
        return None, None, (_OTHER_TRAINING,)
    outputs = _map_matrix(name, path, file, is_new, size)
    if len(outputs) <= max(picked) or outputs.shape[1] != given["dim"]:
        return None, None, (f"Its output matrix has the shape {outputs.shape}: not read.",)
    context = np.ascontiguousarray(outputs[picked], dtype=np.float32)
    try:
        settings = TrainingSettings(
            dim=given["dim"], window=given["ws"], min_count=max(given["min_count"], 1),
            epochs=given["epoch"], n_negatives=given["neg"], noise_exponent=_NOISE_EXPONENT,
            subsampling_threshold=given["t"], unit="document", backend="unknown",
        )  # fmt: skip
    except InputError as error:
        return context, None, (f"Its settings are out of range ({error}), so they are not used.",)
    return (context if np.isfinite(context).all() else None), settings, (_ALL_THERE,)


def _read_dictionary(name: str, file: BinaryIO, is_new: bool, size: int) -> tuple[int, _Dictionary]:
    """(number of words, the words): labels come after the words and are passed over."""
    n_all, n_words, _ = _unpack(file, "<3i")
    _unpack(file, "<q")  # tokens of the training text
    n_pruned = _unpack(file, "<q")[0] if is_new else 0
    if not 1 <= n_words <= n_all <= size // 10:  # an entry takes 10 bytes at least
        raise FormatError(f"{name} says {n_words:,} words of {n_all:,} entries: it is damaged.")
    if n_pruned > 0:
        raise FormatError(
            f"{name} is a quantised (compressed) fastText model; its rows are not there any more."
            " Give the .bin before quantisation, or its .vec file."
        )
    words, counts, buffer, start = list[bytes](), list[int](), b"", 0
    for i in range(n_all):
        if len(buffer) - start < _MAX_WORD + 9:
            buffer, start = buffer[start:] + file.read(1 << 20), 0
        end = buffer.find(b"\0", start, start + _MAX_WORD)
        if end < 0:
            raise FormatError(f"word {i + 1} of {name} has no end: the file is damaged or cut.")
        count, _ = struct.unpack_from("<qb", buffer, end + 1)
        if i < n_words:
            words.append(buffer[start:end])
            counts.append(max(count, 0))
        start = end + 10
    file.seek(start - len(buffer), 1)
    return n_words, _Dictionary(words, counts)


def _map_matrix(
    name: str, path: Path, file: BinaryIO, is_new: bool, size: int
) -> npt.NDArray[np.float32]:
    """The matrix at the file's position, (m, n), not yet in memory; the position moves past it."""
    if is_new and file.read(1) != b"\0":
        raise FormatError(
            f"{name} is a quantised (compressed) fastText model; its rows are not there any more."
            " Give the .bin before quantisation, or its .vec file."
        )
    n_rows, dim = _unpack(file, "<2q")
    start = file.tell()
    if n_rows < 1 or dim < 1 or start + 4 * n_rows * dim > size:
        raise FormatError(
            f"{name} is cut short: a matrix of {n_rows:,} x {dim:,} does not fit into its"
            f" {size:,} bytes. Copy or download it again."
        )
    file.seek(start + 4 * n_rows * dim)
    return np.asarray(np.memmap(path, "<f4", "r", start, (n_rows, dim)))


def _compose(
    inputs: npt.NDArray[np.float32],
    words: list[bytes],
    first: int,
    n_words: int,
    given: dict[str, Any],
) -> npt.NDArray[np.float32]:
    """The mean over a word's own row and its n-grams' rows, (len(words), dim)."""
    from gensim.models.fasttext import ft_ngram_hashes  # heavy, and only this format needs it

    vectors = np.empty((len(words), given["dim"]), dtype=np.float32)
    has_ngrams = given["bucket"] > 0 and given["maxn"] > 0
    for i, raw in enumerate(words):
        ids = [first + i]
        if has_ngrams and raw != b"</s>":  # as fastText does it today; gensim gives it n-grams
            word = raw.decode("utf-8", "backslashreplace")
            hashes = ft_ngram_hashes(word, given["minn"], given["maxn"], given["bucket"])
            ids += [n_words + h for h in hashes]
        vectors[i] = inputs[ids].sum(axis=0) / np.float32(len(ids))
    return vectors


def _unpack(file: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))
