"""Reading the files of strangers: packed or not, up to a size, with errors in plain words.

gzip, bzip2, xz and zip are told by the content, never by the name. Every reader of such a file goes
through ``open_unzipped``, ``unzip`` or ``iterate_lines``. The bytes are counted after unzipping,
while they are read, so that a small file cannot fill the memory.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from clif_core.errors import FormatError

__all__ = [
    "MAX_LINE_BYTES",
    "MAX_TEXT_BYTES",
    "TooLarge",
    "is_encodable",
    "is_hidden",
    "iterate_lines",
    "open_file",
    "open_member",
    "open_unzipped",
    "packed_as",
    "show_name",
    "unzip",
    "zip_members",
]

MAX_TEXT_BYTES = 200_000_000  # of one text of a stranger's, unzipped
MAX_LINE_BYTES = 20_000_000  # of one line, where a line is a record
_BUFFER = 1 << 16
_ABOUT = re.compile(r"(?i)(?:readme|licen[cs]e|copying|notice|meta|citation)\b")  # of a content
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MAX_XZ_MEMORY = 128_000_000  # xz -9 takes 65 MB; a file may ask for 4 GB
_MAX_MEMBERS = 100_000  # of a zip file
_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"PK\x03\x04": "zip"}
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile)
_REFUSED = (RuntimeError, NotImplementedError)  # of zipfile: a password, a strange method


class TooLarge(FormatError):
    """More than the limit, after unzipping."""


@contextmanager
def open_unzipped(
    path: Path, max_bytes: int = MAX_TEXT_BYTES, what: str = "text", inside: str = ""
) -> Iterator[BinaryIO]:
    """The bytes of a file, unzipped where it is packed.

    ``inside``: which file of a zip; "" takes the only one. Raises FormatError, also inside the
    block, where the file cannot be read, is no regular file (a pipe would never end), is a zip with
    several files, or has more than ``max_bytes`` bytes of ``what`` after unzipping.
    """
    with open_file(path) as plain:
        yield unzip(plain, show_name(path), max_bytes, what, inside)


@contextmanager
def open_file(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a regular file as they are; FormatError where they cannot be read."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise FormatError(
                f"{show_name(path)} is a pipe or a device. Save its content as a file first."
            )
        with path.open("rb") as plain:
            yield plain
    except OSError as error:
        shown = str(path).encode("utf-8", "replace").decode()
        raise FormatError(
            f"{shown} cannot be read ({error.strerror or error}). Check its name and permissions."
        ) from error


def packed_as(start: bytes) -> str:
    """How a file that begins so is packed: gzip, bzip2, xz, zip, or "" where it is not."""
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "")


def unzip(
    source: BinaryIO,
    name: str,
    max_bytes: int = MAX_TEXT_BYTES,
    what: str = "text",
    inside: str = "",
) -> BinaryIO:
    """The bytes of an open file, unzipped where it is packed; errors as in ``open_unzipped``."""
    buffered = cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, source), _BUFFER))
    try:
        kind = packed_as(cast(io.BufferedReader, buffered).peek(6)[:6])
    except (*_DAMAGED, *_REFUSED) as error:  # of a file in a zip
        raise _damaged(name, "zip", error) from error
    if kind == "gzip":
        buffered = cast(BinaryIO, gzip.GzipFile(fileobj=buffered, mode="rb"))
    elif kind == "bzip2":
        buffered = cast(BinaryIO, bz2.BZ2File(buffered))
    elif kind == "xz":
        buffered = cast(BinaryIO, _Xz(buffered))
    elif kind == "zip":
        buffered = _open_member(buffered, name, inside)
    counted = _Counted(buffered, max_bytes, name, what, kind)
    return cast(BinaryIO, io.BufferedReader(counted, _BUFFER))


def zip_members(file: BinaryIO, name: str) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """An open zip and its files in the order of their names; folders are no files."""
    try:
        whole = zipfile.ZipFile(file)
    except (*_DAMAGED, *_REFUSED, OSError, ValueError) as error:
        raise _damaged(name, "zip", error) from error
    members = [info for info in whole.infolist() if info.filename and not info.is_dir()]
    if sum(info.compress_size for info in members) > file.seek(0, io.SEEK_END):
        raise FormatError(f"{name} is damaged: its files overlap. Copy or download it again.")
    if len(members) > _MAX_MEMBERS:
        raise FormatError(f"{name} holds more than {_MAX_MEMBERS:,} files, the limit. Split it.")
    return whole, sorted(members, key=lambda info: info.filename)


def is_hidden(name: str) -> bool:
    """Whether a file of that path is one that systems leave behind, or hidden, and no content."""
    parts = PurePosixPath(name).parts
    return parts[-1:] in [("Thumbs.db",), ("desktop.ini",)] or any(
        part.startswith(".") or part == "__MACOSX" for part in parts
    )


def _open_member(file: BinaryIO, name: str, inside: str) -> BinaryIO:
    whole, members = zip_members(file, name)
    names = [info.filename for info in members if not is_hidden(info.filename)]
    if not inside and len(names) > 1:
        names = [n for n in names if not _ABOUT.match(PurePosixPath(n).name)] or names
    if (inside not in names) if inside else (len(names) != 1):
        shown = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
        raise FormatError(
            f"{name} is a zip file with {len(names):,} files ({shown:.300}), and"
            f" {f'{inside!r:.80} is none of them' if inside else 'one is wanted'}. Name one"
            " (--inside), or unpack it."
        )
    return open_member(whole, whole.getinfo(inside or names[0]))


def open_member(whole: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    """The bytes of one file of a zip; FormatError where it has a password or is damaged."""
    try:
        return cast(BinaryIO, whole.open(info))
    except (*_DAMAGED, *_REFUSED, OSError, ValueError) as error:
        raise _damaged(info.filename, "zip", error) from error


def _damaged(name: str, kind: str, error: BaseException) -> FormatError:
    if isinstance(error, _REFUSED):
        return FormatError(f"{name} cannot be unzipped ({error!s:.150}). Unpack it and give that.")
    return FormatError(
        f"{name} is damaged: its {kind} data are cut short or wrong ({error!s:.150})."
        " Copy or download it again."
    )


class _Xz(io.RawIOBase):
    """The content of an xz file; unlike ``lzma.LZMAFile`` it bounds the memory for that."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self._decompressor = source, self._next()

    def _next(self) -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(memlimit=_MAX_XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            wanted, packed = self._decompressor.needs_input, b""
            if self._decompressor.eof:  # several streams may follow one another
                packed = self._decompressor.unused_data.lstrip(b"\0") or self._source.read(_BUFFER)
                if not packed.strip(b"\0"):
                    return 0
                self._decompressor = self._next()
            elif wanted and not (packed := self._source.read(_BUFFER)):
                raise EOFError("the end is missing")
            content = self._decompressor.decompress(packed, len(buffer))
            if content:
                buffer[: len(content)] = content
                return len(content)


class _Counted(io.RawIOBase):
    """A stream that refuses to give more than a number of bytes, and names what is wrong."""

    def __init__(
        self, source: BinaryIO, max_bytes: int, name: str, what: str, packed: str = ""
    ) -> None:
        self._source, self._max_bytes, self._name, self._what = source, max_bytes, name, what
        self._packed, self._n_read = packed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._read(len(buffer))
        self._n_read += len(content)
        if self._n_read > self._max_bytes:
            raise TooLarge(
                f"{self._name} has more than {self._max_bytes / 1e6:,.0f} MB of {self._what} after"
                " unzipping, the limit here. Give less of it, or read it on the command line with a"
                " higher limit (--max-gb)."
            )
        buffer[: len(content)] = content
        return len(content)

    def _read(self, n_bytes: int) -> bytes:
        try:
            return self._source.read(n_bytes)
        except (*_DAMAGED, *_REFUSED) as error:
            raise _damaged(self._name, self._packed or "zip", error) from error
        except OSError as error:
            if not self._packed or error.errno is not None:
                raise
            raise _damaged(self._name, self._packed, error) from error


def iterate_lines(
    path: Path,
    max_bytes: int = MAX_TEXT_BYTES,
    max_line_bytes: int = MAX_LINE_BYTES,
    encoding: str = "utf-8",
) -> Iterator[tuple[int, str, bool]]:
    """(number, text, whether a line break ends it) of every line of a file that is not blank.

    The text is in ``encoding`` and comes without its line break. Only one line is in memory at a
    time.
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
                line = raw.decode(encoding).rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise FormatError(
                    f"line {number} of {name} is not {encoding.upper()} (byte {error.start:,} of"
                    f" the line is 0x{raw[error.start]:02x}). Save it as UTF-8, for example with"
                    " 'iconv -f cp1252 -t utf-8'."
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
