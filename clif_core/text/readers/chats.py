"""Messages of a chat as programs save them: when, who wrote, and the text.

WhatsApp writes the date as the phone's language does; Zoom, logs of IRC, LINE, KakaoTalk and
DiscordChatExporter have forms of their own, the last three below some lines about the chat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TextIO

from clif_core.text.readers.tables import Row

__all__ = ["are_messages", "iterate_messages"]

_MARK = "[\u200e\u200f]{0,2}"  # that set the direction of writing
_DAY = rf"\d{{1,4}}{_MARK}[./-] ?\d{{1,2}}{_MARK}[./-] ?\d{{1,4}}\.?"
_TIME = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?"
_WORD = r"[^\s\d:,،\[\]-]{1,12}"  # klo, à, 下午 before the time; PM, p. m., ч. behind it
_DATE = (
    rf"{_DAY}(?:\s{_WORD})?[,،]?\s(?:{_WORD}\s?)?{_TIME}(?:\s?{_WORD}(?:\s{_WORD})?)?"
    rf"|{_TIME},? {_DAY}"
)
_WHATSAPP = re.compile(
    rf"{_MARK}\[?(?P<date>{_DATE})(?:\]| [-–])[ \t]"
    r"(?:(?P<author>[^:\n]{1,80}):[ \t])?(?P<text>.*)"
)
_KOREAN = re.compile(
    r"(?P<date>\d{4}(?:년|\.) ?\d{1,2}(?:월|\.) ?\d{1,2}(?:일|\.) (?:오전|오후) \d{1,2}:\d\d), "
    r"(?P<author>[^:\n]{1,80}?) : (?P<text>.*)"
)
_ZOOM = re.compile(
    r"(?P<time>\d\d:\d\d:\d\d)[ \t]{1,9}From[ \t]{1,9}(?P<author>[^:\n]{1,80}?)"
    r"(?:[ \t]{1,9}to[ \t]{1,9}[^:\n]{1,80}?)?[ \t]{0,9}:(?P<text>.*)"
)
_IRC = re.compile(
    rf"\[?(?P<time>(?:{_DAY}[ T])?{_TIME})\]? "
    r"(?:<[ @+%&~!]?(?P<author>[^<>\s]{1,30})> |(?=\*|-!-|-->|<--|===))(?P<text>.*)"
    r"|(?:---|===) (?:Log|Day|\S+ (?:\S+ )?(?:has|is)) .*"
)
_LINE = re.compile(r"(?P<time>\d{1,2}:\d\d)\t(?P<author>[^\t\n]{1,80})\t(?P<text>.*)")
_KAKAO = re.compile(
    r"\[(?P<author>[^\[\]\n]{1,80})\] \[(?P<time>(?:\w{1,4} )?\d{1,2}:\d\d(?: [AP]M)?)\] "
    r"(?P<text>.*)"
)
_DISCORD = re.compile(rf"\[(?P<date>{_DATE})\] (?P<author>[^:\n]{{1,80}})(?P<text>)$")
_FORMS = (_WHATSAPP, _KOREAN, _ZOOM, _IRC)
#: Of chats below some lines about them: these lines, how a message begins, what names a day only.
_HEADED: tuple[tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str] | None], ...] = (
    (
        re.compile(r"\[LINE\]"),
        _LINE,
        re.compile(r"\d{4}[./]\d\d?[./]\d\d? ?\(\w+\)$|\w{2,9}, [\d/]{8,10}$"),
    ),
    (re.compile(r"={20,}\s*\nGuild: "), _DISCORD, None),
    (
        re.compile(r"(?:[^\n]{0,200}\n){0,4}?-{5,} [^\n]{1,80} -{5,}\s*\n\["),
        _KAKAO,
        re.compile(r"-{5,} .{1,80} -{5,}$"),
    ),
)
_MEDIA = re.compile(r"[\u200e\u200f]?<[^<>]{1,60}>\Z")  # <Media omitted>, in any language
_SEEN = 20  # lines
_SEEN_BELOW = 50  # where the first lines are about the chat
_HEAD_LINES = 8  # that tell whether they are


def are_messages(body: str) -> bool:
    """Whether a text that begins so is an exported chat."""
    headed = _headed(body)
    most = _SEEN_BELOW if headed else _SEEN
    lines = [line for line in body.split("\n", most)[:most] if line.strip()]
    if headed:
        return sum(bool(headed[0].match(line.rstrip())) for line in lines) >= 3
    form = _form(lines)
    n = sum(bool(form.match(line)) for line in lines)
    return n >= 3 and 3 * n >= len(lines) and form.match(lines[0]) is not None


def _headed(body: str) -> tuple[re.Pattern[str], re.Pattern[str] | None] | None:
    """Of a chat with lines about it: how a message begins, and what only names a day."""
    return next(((begin, day) for head, begin, day in _HEADED if head.match(body)), None)


def _form(lines: Sequence[str]) -> re.Pattern[str]:
    """How a message begins, by the first line that begins one."""
    return next((form for line in lines for form in _FORMS if form.match(line)), _FORMS[0])


def iterate_messages(lines: TextIO, name: str, is_cut: bool) -> Iterator[Row]:
    """Each message as a row; a line that begins none goes on with the message before it."""
    head = list(islice(lines, _HEAD_LINES))
    headed = _headed("".join(head).replace("\r\n", "\n").lstrip("\ufeff \n"))
    form = headed[0] if headed else _form([line.lstrip("\ufeff").rstrip() for line in head])
    is_day = headed[1].match if headed and headed[1] else None
    begin, first, text = 0, None, list[str]()
    day = said_on = ""
    for number, line in enumerate(chain(head, lines), start=1):
        if is_cut and not line.endswith("\n"):
            break
        line = line.lstrip("\ufeff").rstrip()
        if is_day and is_day(line):
            day = line.strip("- ")
            continue
        found = form.match(line)
        if found is None:
            text.append(line)
            continue
        if first is not None:
            yield _row(f"line {begin:,} of {name}", first, text, said_on)
        elif text := [line for line in text if line]:
            yield f"line 1 of {name}", {}, "stands above the messages"
        begin, first, text, said_on = number, found, [(found["text"] or "").strip()], day
    if first is not None and not is_cut:
        yield _row(f"line {begin:,} of {name}", first, text, said_on)


def _row(where: str, first: re.Match[str], lines: list[str], day: str) -> Row:
    text = "\n".join(lines).strip()
    row = {"author": "", **first.groupdict(""), "text": "" if _MEDIA.match(text) else text}
    row["author"] = row["author"].strip()
    if day:
        row["date"] = day
    return where, row, "" if row["author"] else "is no message of a person"
