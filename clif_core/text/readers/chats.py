"""Messages of a chat as WhatsApp exports them: a date, who wrote, a colon, and the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from clif_core.text.readers.tables import Row

__all__ = ["are_messages", "iterate_messages"]

_DATE = (
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s?[AaPp]\.?\s?[Mm]\.?)?"
)
_MESSAGE = re.compile(rf"[\u200e\u200f]?\[?({_DATE})(?:\]| -)[ \t](?:([^:\n]{{1,80}}):[ \t])?(.*)")
_MEDIA = re.compile(r"[\u200e\u200f]?<[^<>]{1,60}>\Z")  # <Media omitted>, in any language
_SEEN = 20  # lines


def are_messages(body: str) -> bool:
    """Whether a text that begins so is an exported chat."""
    lines = [line for line in body.split("\n", _SEEN)[:_SEEN] if line.strip()]
    n = sum(bool(_MESSAGE.match(line)) for line in lines)
    return n >= 3 and 2 * n > len(lines) and _MESSAGE.match(lines[0]) is not None


def iterate_messages(lines: TextIO, name: str, is_cut: bool) -> Iterator[Row]:
    """Each message as a row; a line without a date goes on with the message before it."""
    begin, first, text = 0, None, list[str]()
    for number, line in enumerate(lines, start=1):
        if is_cut and not line.endswith("\n"):
            break
        found = _MESSAGE.match(line.lstrip("\ufeff"))
        if found is None:
            text.append(line.rstrip())
            continue
        if first is not None:
            yield _row(f"line {begin:,} of {name}", first, text)
        begin, first, text = number, found, [found[3].strip()]
    if first is not None and not is_cut:
        yield _row(f"line {begin:,} of {name}", first, text)


def _row(where: str, first: re.Match[str], lines: list[str]) -> Row:
    text = "\n".join(lines)
    row = {"author": first[2] or "", "date": first[1], "text": "" if _MEDIA.match(text) else text}
    return where, row, "" if first[2] else "is no message of a person"
