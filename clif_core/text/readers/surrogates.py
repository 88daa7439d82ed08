"""CESU-8: UTF-8 in which a character beyond U+FFFF is a surrogate pair, three bytes each half.

Programs write it that keep text as UTF-16 and encode each half by itself (Unicode Technical Report
26); an emoji is ED A0 BD ED B8 80 there. Python has no such codec; importing this module adds one.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["CESU", "is_cesu"]

CESU = "cesu_8"
_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_HALF = 3  # bytes


def is_cesu(sample: bytes) -> bool:
    """Whether bytes from the middle of a text are UTF-8 but for surrogate pairs, of which some are.

    The first and the last character may be cut.
    """
    if not _PAIR.search(sample):
        return False
    rest = _PAIR.sub(b"?", sample).decode("utf-8", "replace")
    return "\ufffd" not in rest.strip("\ufffd")


class _Decoder(codecs.BufferedIncrementalDecoder):
    def _buffer_decode(self, content: ReadableBuffer, errors: str, final: bool) -> tuple[str, int]:
        text, n = codecs.utf_8_decode(content, "surrogatepass", final)
        if text and "\ud800" <= text[-1] <= "\udbff" and not final:
            text, n = text[:-1], n - _HALF  # its other half is still to come
        # By way of UTF-16 the pairs become characters; a lone half is an error there.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", errors), n


def _decode(content: ReadableBuffer, errors: str = "strict", /) -> tuple[str, int]:
    return _Decoder(errors).decode(content, final=True), memoryview(content).nbytes


def _encode(text: str, errors: str = "strict", /) -> tuple[bytes, int]:
    halves = np.frombuffer(text.encode("utf-16-le", errors), "<u2").tolist()
    return "".join(map(chr, halves)).encode("utf-8", "surrogatepass"), len(text)


def _find(name: str) -> codecs.CodecInfo | None:
    if name != CESU:
        return None
    return codecs.CodecInfo(_encode, _decode, name=CESU, incrementaldecoder=_Decoder)


codecs.register(_find)
