"""Subtitles: what is spoken; and transcripts: also who speaks, a row a turn.

A transcript of Zoom or Teams is a file of subtitles with a name in each cue; Otter, Rev and Zoom's
saved captions put a line with a name and a time above what is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice, pairwise
from typing import TextIO

from clif_core.text.readers.chats import are_messages
from clif_core.text.readers.markup import BLANK_LINE, unescape
from clif_core.text.readers.spoken_lines import (
    FORMS,
    find_form,
    has_times_alone,
    iterate_named,
    without_times,
)
from clif_core.text.readers.tables import Row

__all__ = ["are_cues", "how_named", "iterate_turns", "strip_subtitles"]

_CUES = re.compile(
    r"WEBVTT\b|\d+[ \t]*\n\d+:\d\d:\d\d[,.]\d{1,3} *-->"
    r"|\d+:\d\d:\d\d\.\d{3},\d+:\d\d:\d\d\.\d{3}\n"
    r"|\d+:\d{1,2}:\d{1,2}\.\d{1,9} *--> *\d"  # Teams, saved from Word
)
_TIMES = re.compile(r"(\d[\d:.,]*)[ \t]*-->|(\d+:\d\d:\d\d\.\d{3}),\d+:\d\d:\d\d\.\d{3}$")
_TAGS = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}")
_ROLLING = re.compile(r"<\d\d:\d\d:\d\d\.\d{3}>")  # within lines, of YouTube's own captions
_VOICES = re.compile(r"(?=<v[. \t])")
_VOICE = re.compile(r"<v(?:\.[\w.-]{1,80})?[ \t]+([^<>\n]{1,80})>")
_NAMED = re.compile(r"(?:[->]{1,3}\s?)?([^\s:<>][^:<>\n]{0,79}):(?:\s+|\Z)")
_HEADING = re.compile(
    r"^\[?([^\W\d_][^\[\]:\n]{0,79}?)(?:\][ \t]{1,9}|[ \t]{2,9}|\t|[ \t]?\()"
    r"(\d{1,2}:\d\d(?::\d\d)?)(?:[ \t]?[-–][ \t]?\d{1,2}:\d\d(?::\d\d)?)?\)?:?[ \t]*$",
    re.M,
)
_END = re.compile(r"[.?!,;]\Z")
_OF_OTTER = re.compile(r"Transcribed by https?://otter\.ai\s*\Z")
_SEEN_CHARACTERS, _SEEN, _LEAST = 20_000, 50, 3  # of them cues, and those that name somebody
_NEARLY_ALL = 0.9

_Turn = tuple[str, str, str]  # who speaks ("": as before), from when on, what


def are_cues(body: str) -> bool:
    """Whether a text that begins so is a file of subtitles, or has a time before what is said."""
    body = body.replace("\r\n", "\n")
    return _CUES.match(body) is not None or has_times_alone(body)


def strip_subtitles(text: str) -> str:
    """What is spoken, of SubRip (.srt), WebVTT (.vtt) and YouTube (.sbv), or behind times alone.

    A sentence may go on in the next one.
    """
    if not _CUES.match(body := _normalised(text)) and has_times_alone(body):
        return without_times(text)
    spoken = (_spoken(line) for _, lines in _iterate_cues(text) for line in lines)
    if _ROLLING.search(text):  # a line stands again in the next cues, until it has left the screen
        spoken = (line for line, _ in groupby(filter(None, spoken)))
    return "\n".join(filter(None, spoken))


def how_named(text: str) -> str:
    """How a text that begins so names who speaks; "" where it does not.

    "voice": <v Ann> in cues; "colon": Ann: before what a cue says; "line": a cue's first line;
    "heading": a line with a name and a time above what is said; else one of ``FORMS`` of lines
    that begin with a name. A name has to come again.
    """
    body = _normalised(text[:_SEEN_CHARACTERS])
    if not _CUES.match(body):
        found = list(_HEADING.finditer(body))
        has_texts = all(body[a.end() : b.start()].strip() for a, b in pairwise(found))
        is_first = bool(found) and found[0].start() == 0
        is_named = is_first and has_texts and _is_named([a[1] for a in found], len(found))
        if is_named or are_messages(body):
            return "heading" if is_named else ""
        return find_form(body)
    cues = [lines for _, lines in islice(_iterate_cues(body), _SEEN) if lines]
    n_voices = sum(any(map(_VOICE.search, lines)) for lines in cues)
    if n_voices and 2 * n_voices >= len(cues):
        return "voice"
    if _is_named([named[1] for lines in cues if (named := _NAMED.match(lines[0]))], len(cues)):
        return "colon"
    above = [lines[0] for lines in cues if len(lines) > 1 and not _END.search(lines[0])]
    return "line" if 2 * len(set(above)) <= len(above) and _is_named(above, len(cues)) else ""


def _is_named(names: Sequence[str], n: int) -> bool:
    """Whether nearly all of ``n`` parts have a name, and one comes again."""
    return len(names) >= max(_LEAST, _NEARLY_ALL * n) and len(set(names)) < len(names)


def iterate_turns(lines: TextIO, name: str, how: str) -> Iterator[Row]:
    """What somebody says until somebody else speaks, as a row; ``how`` as of ``how_named``.

    A sentence may go on in the next cue, so that a turn is whole.
    """
    text = _normalised(lines.read())
    begin, who, said = "", "", list[str]()
    for speaker, time, words in _parts(text, how):
        if speaker and speaker != who and said:
            yield _row(name, begin, who, said)
            said = []
        begin, who = begin if said else time, speaker or who
        said += [words] if words else []
    if said:
        yield _row(name, begin, who, said)


def _parts(text: str, how: str) -> Iterator[_Turn]:
    if how in FORMS:
        return iterate_named(text, how)
    return _of_headings(text) if how == "heading" else _of_cues(text, how)


def _row(name: str, begin: str, who: str, said: Sequence[str]) -> Row:
    row = {"speaker": who, "time": begin, "text": "\n".join(said).strip()}
    if not begin:  # of an interview
        del row["time"]
    return f"what is said at {begin} of {name}" if begin else f"a turn of {name}", row, ""


def _of_headings(text: str) -> Iterator[_Turn]:
    text = _OF_OTTER.sub("", text)
    found = list(_HEADING.finditer(text))
    ends = [*(heading.start() for heading in found[1:]), len(text)]
    for heading, end in zip(found, ends, strict=True):
        yield heading[1].strip(), heading[2], text[heading.end() : end].strip()


def _of_cues(text: str, how: str) -> Iterator[_Turn]:
    for time, lines in _iterate_cues(text):
        if how == "line" and len(lines) > 1:
            yield lines[0].strip(), time, ""
            lines = lines[1:]
        elif how == "colon" and (named := _NAMED.match(lines[0] if lines else "")):
            yield named[1].strip(), time, ""
            lines = [lines[0][named.end() :], *lines[1:]]
        for piece in (piece for line in lines for piece in _VOICES.split(line)):
            voice = _VOICE.match(piece)
            yield unescape(voice[1]).strip() if voice else "", time, _spoken(piece)


def _iterate_cues(text: str) -> Iterator[tuple[str, list[str]]]:
    """When each cue begins, and its lines."""
    for block in BLANK_LINE.split(text.strip()):
        lines = block.split("\n")
        times = (_TIMES.match(line.strip()) for line in lines[:3])
        at, begin = next(((i, found) for i, found in enumerate(times) if found), (0, None))
        if begin:  # else a head, a note or a style
            yield begin[1] or begin[2], [line for line in lines[at + 1 :] if line.strip()]


def _spoken(line: str) -> str:
    return unescape(_TAGS.sub("", line)).strip()


def _normalised(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff \t\n")
