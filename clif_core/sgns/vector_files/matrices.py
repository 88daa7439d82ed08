"""A matrix whose words are in a second file: npy, the Projector's vectors.tsv, tensors.

Tensors are those of a safetensors file, or of a PyTorch checkpoint, of which the weights alone are
read (``torch.load(weights_only=True)``: a restricted reader that runs nothing of the file). Where a
file has two matrices of one shape, as the checkpoints of CLIF's authors do, the names tell which
one holds the context vectors.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file

from clif_core.errors import FormatError
from clif_core.late import late_import
from clif_core.sgns.vector_files.found import Faults, Found, ReadOptions, VectorFile
from clif_core.sgns.vector_files.rows import Rows, require_size
from clif_core.sgns.vector_files.text import read_number_lines
from clif_core.sgns.vector_files.words_file import read_words
from clif_core.storage.gzipped import show_name

if TYPE_CHECKING:
    import torch
else:
    torch = late_import("torch")

__all__ = ["read_checkpoint", "read_npy", "read_number_text", "read_plain_safetensors"]

Matrix = npt.NDArray[np.floating[Any]]
_CONTEXT_NAMES = ("context", "output", "out_", "syn1", "v_emb", "target_emb")


def read_npy(
    name: str, path: Path, words: Path | None, options: ReadOptions, wrapping: str
) -> VectorFile:
    """An npy file of a plain path; objects (pickles) are refused."""
    try:
        matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # its header is Python's syntax, and fails in every way of that
        raise FormatError(
            f"{name} is an npy file that cannot be read ({error}). Save a plain matrix of numbers"
            " with numpy.save."
        ) from error
    return _with_words("NumPy matrix (npy)", name, {"vectors": matrix}, words, options, wrapping)


def read_number_text(
    name: str, file: BinaryIO, dim: int, words: Path | None, options: ReadOptions, wrapping: str
) -> VectorFile:
    """Lines of numbers without words, as the Embedding Projector takes them."""
    if words is None:
        raise _no_words(name, "lines of numbers without words")
    faults = Faults(name, options.is_strict)
    matrix = read_number_lines(name, file, dim, options, faults)
    arrays = {"vectors": matrix}
    return _with_words(
        "Projector's vectors.tsv", name, arrays, words, options, wrapping, faults, is_whole=False
    )


def read_plain_safetensors(
    name: str, path: Path, words: Path | None, options: ReadOptions, wrapping: str
) -> VectorFile:
    """A safetensors file that 'clif export' did not write: its matrices."""
    try:
        arrays = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise FormatError(f"{name} is no safetensors file that can be read ({error}).") from error
    return _with_words("safetensors matrix", name, arrays, words, options, wrapping)


def read_checkpoint(
    name: str, path: Path, words: Path | None, options: ReadOptions, wrapping: str
) -> VectorFile:
    """The weights of a PyTorch checkpoint; nothing in it is run."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
        if size <= 4 * options.max_bytes:  # a model has several matrices, and its optimiser's
            value = torch.load(path, map_location="cpu", weights_only=True)
            arrays = {key: tensor.float().numpy() for key, tensor in _tensors(value).items()}
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise FormatError(
            f"{name} is a PyTorch file that holds more than weights, which are all that is read"
            " (the rest could run a program). Save its weights alone:"
            " torch.save(model.state_dict(), 'weights.pt')."
        ) from error
    except Exception as error:  # a damaged one fails in every way
        raise FormatError(
            f"{name} is a PyTorch file that cannot be read ({error!r:.150}). Copy it again, or save"
            " its weights alone: torch.save(model.state_dict(), 'weights.pt')."
        ) from error
    if size > 4 * options.max_bytes:
        raise FormatError(
            f"{name} holds {size / 1e6:,.0f} MB after unzipping; the limit is"
            f" {4 * options.max_bytes / 1e6:,.0f} MB. Save its embedding matrices alone."
        )
    return _with_words("PyTorch weights", name, arrays, words, options, wrapping)


def _tensors(value: Any) -> dict[str, torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return {"vectors": value}
    if not isinstance(value, Mapping):
        return {}
    found: dict[str, torch.Tensor] = {}
    for key, inner in value.items():
        if isinstance(inner, torch.Tensor):
            found[str(key)] = inner
        elif isinstance(inner, Mapping):  # {"state_dict": {...}, "epoch": 3}
            found |= {f"{key}.{name}": tensor for name, tensor in _tensors(inner).items()}
    return {key: t for key, t in found.items() if t.layout == torch.strided and not t.is_quantized}


def _with_words(
    kind: str,
    name: str,
    arrays: Mapping[str, Matrix],
    words: Path | None,
    options: ReadOptions,
    wrapping: str,
    faults: Faults | None = None,
    is_whole: bool = True,
) -> VectorFile:
    """The matrix that has a row a word, and the other of its shape as context vectors.

    ``is_whole``: the matrix has all rows of the file, also those beyond the limit.
    """
    arrays = {
        key: array
        for key, array in arrays.items()
        if array.ndim == 2 and array.dtype.kind == "f" and array.size
    }
    if not arrays:
        raise FormatError(
            f"{name} ({kind}) holds no matrix of numbers with a row for each word. Save the"
            " embedding matrix, (words, dimensions), as floating-point numbers."
        )
    if words is None:
        shapes = ", ".join(f"{key} {a.shape[0]:,} x {a.shape[1]}" for key, a in arrays.items())
        raise _no_words(name, f"a matrix without words ({kind}: {shapes})")
    n_rows = max(len(array) for array in arrays.values())
    arrays = {key: array for key, array in arrays.items() if len(array) == n_rows}
    is_context = {key: any(part in key.lower() for part in _CONTEXT_NAMES) for key in arrays}
    centres = [key for key in arrays if not is_context[key]] or list(arrays)
    contexts = [
        key
        for key in arrays
        if key != centres[0] and is_context[key] and arrays[key].shape == arrays[centres[0]].shape
    ]
    matrix = arrays[centres[0]]
    n_in_file = n_rows if is_whole else 0
    n_wanted = options.n_rows(matrix.shape[1])
    n = n_rows if n_wanted is None else min(n_wanted, n_rows)
    require_size(name, n, matrix.shape[1], options.max_bytes)
    is_start = n_wanted is not None
    listed = read_words(words, n_rows, is_start, options.encoding)
    faults = faults or Faults(name, options.is_strict)
    rows = Rows(matrix.shape[1], faults, options)
    rows.add(list(listed.words[:n]), matrix[:n], [f"row {i + 1}" for i in range(n)])
    read, vectors = rows.finish()
    counts = None if listed.counts is None else listed.counts[rows.picked]
    context = None
    notes = [f"Its words are from {show_name(words)}."]
    if len(arrays) > 1:
        notes.append(f"Read as centre vectors: {centres[0]!r}.")
    if contexts and np.isfinite(arrays[contexts[0]]).all():
        context = np.ascontiguousarray(arrays[contexts[0]][rows.picked], dtype=np.float32)
        notes.append(f"Read as context vectors: {contexts[0]!r}.")
    found = Found(
        kind, len(read), matrix.shape[1], wrapping, faults.n, faults.lines, tuple(notes),
        n_in_file if rows.is_full else None,
    )  # fmt: skip
    return VectorFile(read, vectors, found, counts, context)


def _no_words(name: str, what: str) -> FormatError:
    return FormatError(
        f"{name} holds {what}. Give the words as a second file (--words), one a row: a list, or"
        " the Projector's metadata.tsv."
    )
