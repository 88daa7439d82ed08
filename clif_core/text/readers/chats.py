"""Messages of a chat as WhatsApp and Zoom save them: when, who wrote, a colon, and the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from clif_core.text.readers.tables import Row

__all__ = ["are_messages", "iterate_messages"]

_DATE = (
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s?[AaPp]\.?\s?[Mm]\.?)?"
)
_WHATSAPP = re.compile(
    rf"[\u200e\u200f]?\[?(?P<date>{_DATE})(?:\]| -)[ \t]"
    r"(?:(?P<author>[^:\n]{1,80}):[ \t])?(?P<text>.*)"
)
_ZOOM = re.compile(
    r"(?P<time>\d\d:\d\d:\d\d)[ \t]{1,9}From[ \t]{1,9}(?P<author>[^:\n]{1,80}?)"
    r"(?:[ \t]{1,9}to[ \t]{1,9}[^:\n]{1,80}?)?[ \t]{0,9}:(?P<text>.*)"
)
_MEDIA = re.compile(r"[\u200e\u200f]?<[^<>]{1,60}>\Z")  # <Media omitted>, in any language
_SEEN = 20  # lines


def are_messages(body: str) -> bool:
    """Whether a text that begins so is an exported chat."""
    lines = [line for line in body.split("\n", _SEEN)[:_SEEN] if line.strip()]
    n = sum(bool(_begin(line)) for line in lines)
    return n >= 3 and 3 * n >= len(lines) and _begin(lines[0]) is not None


def _begin(line: str) -> re.Match[str] | None:
    return _WHATSAPP.match(line) or _ZOOM.match(line)


def iterate_messages(lines: TextIO, name: str, is_cut: bool) -> Iterator[Row]:
    """Each message as a row; a line without a date goes on with the message before it."""
    begin, first, text = 0, None, list[str]()
    for number, line in enumerate(lines, start=1):
        if is_cut and not line.endswith("\n"):
            break
        found = _begin(line.lstrip("\ufeff"))
        if found is None:
            text.append(line.rstrip())
            continue
        if first is not None:
            yield _row(f"line {begin:,} of {name}", first, text)
        begin, first, text = number, found, [found["text"].strip()]
    if first is not None and not is_cut:
        yield _row(f"line {begin:,} of {name}", first, text)


def _row(where: str, first: re.Match[str], lines: list[str]) -> Row:
    text = "\n".join(lines).strip()
    row = {"author": "", **first.groupdict(""), "text": "" if _MEDIA.match(text) else text}
    return where, row, "" if row["author"] else "is no message of a person"
