"""Which encoding a text has: found by its bytes, and never Latin-1.

Valid UTF-8 is UTF-8. Bytes that are not are detected by ``charset-normalizer``; where Windows-1252
gives the same text as what it found, it is Windows-1252: the code of most such files, in which the
bytes 0x80 to 0x9f are quotes and dashes. Latin-1 would make control characters of them and cut
``didn't`` in two.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO

from charset_normalizer import from_bytes

from clif_core.errors import FormatError

__all__ = ["Encoding", "check_encoding", "find_encoding", "mend_controls", "name_encoding"]

_MARKS = (  # longest first: a mark of UTF-32 begins as one of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WINDOWS = "cp1252"
_LATIN = {"ascii", "utf_8", "latin_1", "iso8859_1", "cp1252"}
_CHUNK = 1 << 20
_SEEN = 1 << 16  # bytes around the first odd byte that the detector sees
_NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "cp1252": "Windows-1252 (cp1252)"}
# What Windows-1252 has at 0x80 to 0x9f, by the control character that Latin-1 has there.
_CONTROLS = {
    code: char for code in range(0x80, 0xA0) if (char := bytes([code]).decode(_WINDOWS, "ignore"))
}


@dataclass(frozen=True)
class Encoding:
    """The encoding of a text. ``is_guessed``: by its bytes; another one may fit as well.

    ``n_bytes``: of the whole file, where it was read to its end; else 0.
    """

    name: str
    is_guessed: bool = False
    n_bytes: int = 0


def name_encoding(codec: str) -> str:
    """An encoding for people."""
    return _NAMES.get(codec, codec.upper().replace("_", "-"))


def find_encoding(file: BinaryIO, name: str, is_cut: bool = False) -> Encoding:
    """The encoding of an open file, which is read to its end where that is UTF-8; linear in it.

    ``is_cut``: the file goes on, so that its last character may be incomplete. Raises FormatError
    where it is no text in any encoding.
    """
    start = file.read(_CHUNK)
    for mark, codec in _MARKS:
        if start.startswith(mark):
            return Encoding(codec)
    if b"\0" in start[:_SEEN]:
        return _find_wide(start[:_SEEN], name)
    decoder = codecs.getincrementaldecoder("utf-8")()
    n_read, chunk, before = 0, start, b""
    while chunk:
        if (at := chunk.find(0)) >= 0:
            raise _no_text(name, n_read + at)
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            odd = max(0, error.start - _SEEN // 4)
            return _detect(chunk[odd : odd + _SEEN])
        n_read, before, chunk = n_read + len(chunk), chunk, file.read(_CHUNK)
    if decoder.getstate()[0] and not is_cut:
        return _detect(before[-_SEEN:])
    return Encoding("utf-8", n_bytes=n_read)


def check_encoding(file: BinaryIO, name: str, codec: str) -> int:
    """Decode an open file to its end; returns its bytes. FormatError names the byte that fails."""
    decoder = codecs.getincrementaldecoder(codec)()
    n_read, n_lines = 0, 1
    chunk = file.read(_CHUNK)
    while True:
        n_kept = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeError as error:
            at = error.start if isinstance(error, UnicodeDecodeError) else 0
            content = error.object if isinstance(error, UnicodeDecodeError) else chunk
            line = n_lines + content[:at].count(b"\n")
            shown = f"0x{content[at]:02x}" if content else "cut"
            raise FormatError(
                f"{name} is not {name_encoding(codec)}: byte {n_read - n_kept + at:,} (line"
                f" {line:,}) is {shown}. Leave the encoding to be found, or give another one, such"
                " as cp1252."
            ) from error
        if "\0" in text:
            raise _no_text(name, n_read + text.index("\0"))
        if not chunk:
            return n_read
        n_read, n_lines = n_read + len(chunk), n_lines + text.count("\n")
        chunk = file.read(_CHUNK)


def _find_wide(start: bytes, name: str) -> Encoding:
    """UTF-16 or UTF-32 without a mark, by the zeros that most of their characters have."""
    for codec in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        text = codecs.getincrementaldecoder(codec)("replace").decode(start)
        n_plain = sum(char.isprintable() or char in "\t\r\n" for char in text)
        blocks = Counter(ord(char) >> 8 for char in text).most_common(2)
        n_usual = sum(n for _, n in blocks)  # letters of one script stand together in Unicode
        if not {"\0", "\ufffd"} & set(text) and min(n_plain, 1.4 * n_usual) > 0.98 * len(text):
            return Encoding(codec, is_guessed=True)
    raise _no_text(name, start.index(0))


def _detect(sample: bytes) -> Encoding:
    """The encoding of bytes that are not UTF-8; Windows-1252 where it gives the same text."""
    found = from_bytes(sample).best()
    codec = _WINDOWS if found is None or found.encoding in _LATIN else found.encoding
    windows = sample.decode(_WINDOWS, "replace")
    if "\ufffd" not in windows and sample.decode(codec, "replace") == windows:
        codec = _WINDOWS
    return Encoding(codec, is_guessed=True)


def mend_controls(text: str) -> tuple[str, int]:
    """The text without what a conversion as Latin-1 made of Windows-1252, and how many it was.

    U+0092 in a text was an apostrophe. A lone U+0085, the line end of old mainframes, stays.
    """
    n_controls = sum(text.count(chr(code)) for code in _CONTROLS)
    if n_controls == text.count("\x85"):
        return text, 0
    return text.translate(_CONTROLS), n_controls


def _no_text(name: str, at: int) -> FormatError:
    return FormatError(
        f"{name} is no text: byte {at:,} is zero. Give a plain text file; of a program's own"
        " format, save it as text first."
    )
