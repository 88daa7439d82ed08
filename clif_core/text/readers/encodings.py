"""Which encoding a text has: found by its bytes, and never Latin-1.

Valid UTF-8 is UTF-8, and so is a text with a stray byte among many characters of UTF-8. Other bytes
are detected by ``charset-normalizer`` among the encodings that files have; where Windows-1252 gives
the same text as what it found, it is Windows-1252: the code of most such files, in which the bytes
0x80 to 0x9f are quotes and dashes. Latin-1 would make control characters of them and cut ``didn't``
in two.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from charset_normalizer import from_bytes

from clif_core.errors import FormatError
from clif_core.text.readers.surrogates import CESU, is_cesu

__all__ = [
    "Encoding",
    "check_encoding",
    "find_encoding",
    "find_wide",
    "is_converted_twice",
    "mend",
    "name_encoding",
]

_MARKS = (  # longest first: a mark of UTF-32 begins as one of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WINDOWS = "cp1252"
# What files are in, the more usual before the less; the detector knows seventy more, which it finds
# in texts of these.
_NAMES_OF_USUAL = (
    "cp1252 cp1254 cp1250 cp1251 cp932 gb18030 big5 cp949 cp1253 cp1256 cp1255 cp1257 euc_jp koi8_r"
    " cp866 iso8859_2 iso8859_5 iso8859_7 mac_roman cp850 cp437"
)
_USUAL = _NAMES_OF_USUAL.split()
_NEAR_CHAOS, _NEAR_COHERENCE = 0.05, 0.03  # of two encodings, by the detector's measures
_ENOUGH = 10  # odd bytes that tell a language
_ESCAPES = {b"\x1b$B": "iso2022_jp", b"\x1b$@": "iso2022_jp", b"\x1b$)C": "iso2022_kr"}
_LEAST_VALID = 10  # characters of UTF-8 for each byte that is none
_PARTING = frozenset(" \n\r\t\u3000、。，．")  # what parts words and sentences in any script
_ASCII = bytes([0, 9, 10, 13, *range(0x20, 0x7F)])
_LEAST_PARTING = 0.01  # of a text; the bytes of a program's own format hold fewer
_LATIN9 = re.compile(rb"[A-Za-z]\xbd[a-z]")  # œ there, ½ in Windows-1252: cœur, œuvre
_OF_WINDOWS = re.compile(rb"[\x80-\x9f]")
_TWICE = re.compile("[ÂÃâÄÅÐÑ][\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]")  # UTF-8 read as cp1252
_AROUND_ODD = re.compile(rb"[\x00-\x7f]{0,60}[\x80-\xff]+[\x00-\x7f]{0,60}")
_PIECES = re.compile("[^\x00-\x7f]+")
_LEAST_TWICE = 3
_CHUNK = 1 << 20
_SEEN = 1 << 16  # bytes around the first odd byte that the detector sees
_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    CESU: "CESU-8 (UTF-8 by way of UTF-16)",
    "cp1252": "Windows-1252 (cp1252)",
}
# What Windows-1252 has at 0x80 to 0x9f, by the control character that Latin-1 has there.
_CONTROLS = {
    code: char for code in range(0x80, 0xA0) if (char := bytes([code]).decode(_WINDOWS, "ignore"))
}
_CONTROL = re.compile(f"[{''.join(chr(code) for code in _CONTROLS if code != 0x85)}]")


@dataclass(frozen=True)
class Encoding:
    """The encoding of a text.

    ``is_guessed``: by its bytes; another one may fit as well. ``is_damaged``: some bytes are of no
    encoding; U+FFFD stands for them. ``n_bytes``: of the whole file, where it was read to its end;
    else 0.
    """

    name: str
    is_guessed: bool = False
    is_damaged: bool = False
    n_bytes: int = 0

    @property
    def errors(self) -> str:
        """As ``open`` takes it."""
        return "replace" if self.is_damaged else "strict"


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
        wide = find_wide(start[:_SEEN])
        if not wide:
            raise _no_text(name, start.index(0))
        return Encoding(wide, is_guessed=True)
    for escape, codec in _ESCAPES.items():
        if escape in start[:_SEEN]:
            return Encoding(codec, is_guessed=True)
    decoder = codecs.getincrementaldecoder("utf-8")()
    n_read, chunk, before = 0, start, b""
    while chunk:
        if (at := chunk.find(0)) >= 0:
            raise _no_text(name, n_read + at)
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            odd = max(0, error.start - _SEEN // 4) // 4 * 4  # where a character of UTF-16 begins
            return _detect(chunk[odd : odd + _SEEN])
        n_read, before, chunk = n_read + len(chunk), chunk, file.read(_CHUNK)
    if decoder.getstate()[0] and not is_cut:
        return _detect(before[-_SEEN:])
    return Encoding("utf-8", n_bytes=n_read)


def check_encoding(file: BinaryIO, name: str, codec: str, errors: str = "strict") -> int:
    """Decode an open file to its end; returns its bytes. FormatError names the byte that fails."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
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


def find_wide(start: bytes) -> str:
    """UTF-16 or UTF-32 without a mark, by the blanks and stops that it then has; "" for neither."""
    n_zeros = start.count(0)
    if len(start.translate(None, _ASCII)) < 0.05 * len(start) and n_zeros < 0.3 * len(start):
        return ""  # plain text with zeros in it: its pairs of letters would be Chinese
    best, codec = 0.0, ""
    for one in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        text = codecs.getincrementaldecoder(one)("replace").decode(start)
        if not text or {"\0", "\ufffd"} & set(text):
            continue
        n_plain = sum(char.isprintable() or char in "\t\r\n" for char in text)
        share = sum(char in _PARTING for char in text) / len(text)
        if n_plain > 0.98 * len(text) and share > max(best, _LEAST_PARTING):
            best, codec = share, one
    return codec


def _detect(sample: bytes) -> Encoding:
    """The encoding of bytes that are not UTF-8; Windows-1252 where it gives the same text."""
    if is_cesu(sample):
        return Encoding(CESU)
    text = sample.decode("utf-8", "replace")
    n_bad, n_valid = text.count("\ufffd"), sum(char > "\x7f" for char in text)
    if n_valid - n_bad >= _LEAST_VALID * n_bad:
        return Encoding("utf-8", is_damaged=True)
    if wide := find_wide(sample):
        return Encoding(wide, is_guessed=True)
    around = b"".join(_AROUND_ODD.findall(sample))  # the detector reads a few pieces only
    found = [match for match in from_bytes(around, cp_isolation=_USUAL) if match.encoding in _USUAL]
    codec = _WINDOWS
    if found:  # of those that give the least disorder, the most like a language, the most usual
        least = min(match.chaos for match in found)
        found = [match for match in found if match.chaos <= least + _NEAR_CHAOS]
        most = max(match.coherence for match in found)
        is_enough = len(sample.translate(None, _ASCII)) >= _ENOUGH
        margin = _NEAR_COHERENCE if is_enough else 1.0
        near = [match for match in found if match.coherence >= most - margin]
        names = {name for match in near for name in match.could_be_from_charset}
        codec = next(name for name in _USUAL if name in names)
    windows = sample.decode(_WINDOWS, "replace")
    if "\ufffd" not in windows and sample.decode(codec, "replace") == windows:
        codec = _WINDOWS
    if codec == _WINDOWS and _LATIN9.search(sample) and not _OF_WINDOWS.search(sample):
        codec = "iso8859_15"
    return Encoding(codec, is_guessed=True)


def mend(text: str, is_twice: bool = False) -> tuple[str, int]:
    """The text without what wrong conversions made of it, and how many characters that mended.

    As Latin-1: U+0092 was an apostrophe of Windows-1252; a lone U+0085, the line end of old
    mainframes, stays. As Windows-1252: ``Ã¶`` was the ö of UTF-8, where most of the text's letters
    beyond ASCII are such. ``is_twice``: that is known of the texts that this is one of.
    """
    if text.isascii():
        return text, 0
    n_controls = 0
    if _CONTROL.search(text):
        n_controls = sum(text.count(chr(code)) for code in _CONTROLS)
        text = text.translate(_CONTROLS)
    if not is_twice and not _TWICE.search(text):
        return text, n_controls
    pieces = _PIECES.findall(text)
    mended = {piece: again for piece in set(pieces) if (again := _decode_again(piece))}
    n_twice = sum(len(mended[piece]) for piece in pieces if piece in mended)
    is_twice |= n_twice >= _LEAST_TWICE
    if not is_twice or sum(piece in mended for piece in pieces) < 0.8 * len(pieces):
        return text, n_controls
    text = _PIECES.sub(lambda match: mended.get(match[0], match[0]), text)
    return text, n_controls + n_twice


def is_converted_twice(text: str) -> bool:
    """Whether UTF-8 was read as Windows-1252 or Latin-1 in a text: see ``mend``."""
    text = text.translate(_CONTROLS)
    return _TWICE.search(text) is not None and mend(text)[1] > 0


def _decode_again(piece: str) -> str:
    """What a piece was before UTF-8 was read as Windows-1252; "" where it was not."""
    content = bytearray()
    for char in piece:
        try:
            content += char.encode(_WINDOWS)
        except UnicodeEncodeError:
            if not "\x80" <= char <= "\x9f":  # bytes that Windows-1252 leaves free
                return ""
            content.append(ord(char))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _no_text(name: str, at: int) -> FormatError:
    return FormatError(
        f"{name} is no text: byte {at:,} is zero. Give a plain text file; of a program's own"
        " format, save it as text first. If it is text with stray zeros, take them out:"
        " tr -d '\\000' < FILE > NEW"
    )
