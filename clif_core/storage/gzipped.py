"""Reading the files of strangers: gzipped or not, up to a size, with errors in plain words.

Every reader of such a file goes through ``open_unzipped`` or ``iterate_lines``. The bytes are
counted after unzipping, while they are read, so that a small file cannot fill the memory.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from clif_core.errors import FormatError

__all__ = [
    "MAX_LINE_BYTES",
    "MAX_TEXT_BYTES",
    "is_encodable",
    "iterate_lines",
    "open_unzipped",
    "show_name",
]

MAX_TEXT_BYTES = 200_000_000  # of one text, unzipped
MAX_LINE_BYTES = 20_000_000  # of one line, where a line is a record
_BUFFER = 1 << 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@contextmanager
def open_unzipped(
    path: Path, max_bytes: int = MAX_TEXT_BYTES, what: str = "text"
) -> Iterator[BinaryIO]:
    """The bytes of a file, unzipped when they are gzip, regardless of the file's name.

    Raises FormatError, also inside the block, where the file cannot be read, is no regular file
    (a pipe would never end), or has more than ``max_bytes`` bytes of ``what`` after unzipping.
    """
    name = show_name(path)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise FormatError(f"{name} is a pipe or a device. Save its content as a file first.")
        with path.open("rb") as plain:
            is_gzip = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            source = gzip.GzipFile(fileobj=plain, mode="rb") if is_gzip else plain
            counted = _Counted(cast(BinaryIO, source), max_bytes, name, what)
            yield io.BufferedReader(counted, _BUFFER)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FormatError(
            f"{name} is damaged: its gzip data are cut short or wrong ({error})."
            " Copy or download it again."
        ) from error
    except OSError as error:
        shown = str(path).encode("utf-8", "replace").decode()
        raise FormatError(
            f"{shown} cannot be read ({error.strerror or error}). Check its name and permissions."
        ) from error


class _Counted(io.RawIOBase):
    """A stream that refuses to give more than a number of bytes."""

    def __init__(self, source: BinaryIO, max_bytes: int, name: str, what: str) -> None:
        self._source, self._max_bytes, self._name, self._what = source, max_bytes, name, what
        self._n_read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._source.read(len(buffer))
        self._n_read += len(content)
        if self._n_read > self._max_bytes:
            raise FormatError(
                f"{self._name} has more than {self._max_bytes / 1e6:,.0f} MB of {self._what} after"
                " unzipping, the limit here. Split it, or raise the limit in Python (max_bytes)."
            )
        buffer[: len(content)] = content
        return len(content)


def iterate_lines(
    path: Path, max_bytes: int = MAX_TEXT_BYTES, max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, str, bool]]:
    """(number, text, whether a line break ends it) of every line of a file that is not blank.

    The text is UTF-8 and comes without its line break. Only one line is in memory at a time.
    Raises FormatError as ``open_unzipped`` does, and where a line is not UTF-8 or longer than
    ``max_line_bytes``.
    """
    name = show_name(path)
    with open_unzipped(path, max_bytes) as file:
        number = 0
        while raw := file.readline(max_line_bytes + 1):
            number += 1
            if len(raw) > max_line_bytes:
                raise FormatError(
                    f"line {number} of {name} is longer than {max_line_bytes:,} bytes, the limit"
                    " for a line. Is it one record a line? Split it."
                )
            if number == 1 and raw.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise FormatError(f"{name} is UTF-16. Save it as UTF-8.")
            if number == 1:
                raw = raw.removeprefix(_BYTE_ORDER_MARK)
            try:
                line = raw.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise FormatError(
                    f"line {number} of {name} is not UTF-8 (byte {error.start:,} of the line is"
                    f" 0x{raw[error.start]:02x}). Save it as UTF-8, for example with"
                    " 'iconv -f latin1 -t utf-8'."
                ) from error
            if line.strip():
                yield number, line, raw.endswith(b"\n")


def is_encodable(text: str) -> bool:
    """Whether text can be written as UTF-8: it holds no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def show_name(path: Path) -> str:
    """The name of a file for people, also where its bytes are not UTF-8."""
    return path.name.encode("utf-8", "replace").decode()
