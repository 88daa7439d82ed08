"""Writes word2vec's own files, text and binary, plain or gzipped.

Text: a header line ``n_words dim``, then a line a word: the word and ``dim`` numbers, separated by
blanks. Binary: the same header line, then for each word its UTF-8 bytes, a blank, and ``dim``
little-endian float32, and a newline. ``vector_files`` reads them.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.storage.files import replace_file

__all__ = ["write_word2vec"]

FloatArray = npt.NDArray[np.float32]


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
