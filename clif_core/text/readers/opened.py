"""A file as text: its beginning for a look, or all of it, in the encoding that it has."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TextIO

from clif_core.errors import FormatError
from clif_core.text.readers.encodings import Encoding, check_encoding, find_encoding
from clif_core.text.readers.foreign import check_is_text
from clif_core.text.readers.options import AUTO
from clif_core.text.readers.sources import Source

__all__ = ["Head", "open_text", "read_head"]

_PARQUET = b"PAR1"


@dataclass(frozen=True)
class Head:
    """The beginning of a file: its text, up to the last whole line where the file goes on."""

    text: str
    encoding: Encoding
    is_cut: bool
    n_bytes: int
    is_parquet: bool = False


def read_head(source: Source, encoding: str, n_bytes: int) -> Head:
    """The first bytes of a file as text; FormatError names what it is where it is none."""
    with source.unzipped(n_bytes + (1 << 20)) as file:
        content = file.read(n_bytes + 1)
    is_cut, content = len(content) > n_bytes, content[:n_bytes]
    if content.startswith(_PARQUET):
        return Head("", Encoding(""), is_cut, len(content), is_parquet=True)
    check_is_text(source.name, content)
    found = _choose(encoding, io.BytesIO(content), source.name, is_cut)
    if not found.is_guessed and not found.is_damaged:
        text = _decode(content, found.name, source.name, is_cut)
    else:  # the guess is of a part; what does not fit is shown as it is
        decoder = codecs.getincrementaldecoder(found.name)("replace")
        text = decoder.decode(content, final=not is_cut)
    text = text.lstrip("\ufeff")
    if is_cut and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    return Head(text, found, is_cut, len(content))


def _choose(encoding: str, file: io.BytesIO, name: str, is_cut: bool) -> Encoding:
    if encoding == AUTO:
        return find_encoding(file, name, is_cut)
    return Encoding("utf-8-sig" if encoding == "utf-8" else encoding)


def _decode(content: bytes, codec: str, name: str, is_cut: bool) -> str:
    try:
        return codecs.getincrementaldecoder(codec)().decode(content, final=not is_cut)
    except UnicodeError:
        check_encoding(io.BytesIO(content), name, codec)  # which names the byte
        raise FormatError(f"{name} is not {codec}.") from None


@contextmanager
def open_text(source: Source, encoding: str, max_bytes: int) -> Iterator[tuple[TextIO, Encoding]]:
    """(all of a file as text with its line ends, its encoding, which knows how many bytes it has).

    It is read once before, so that a byte that does not fit is named and nothing is read in part.
    Raises FormatError, TooLarge where it has more than ``max_bytes``.
    """
    found = Encoding("utf-8-sig" if encoding == "utf-8" else encoding)
    if encoding == AUTO:
        with source.unzipped(max_bytes) as file:
            found = find_encoding(file, source.name)
    if not found.n_bytes:
        with source.unzipped(max_bytes) as file:
            n_bytes = check_encoding(file, source.name, found.name, found.errors)
        found = replace(found, n_bytes=n_bytes)
    with source.unzipped(max_bytes) as file:
        yield io.TextIOWrapper(file, found.name, found.errors, newline=""), found
