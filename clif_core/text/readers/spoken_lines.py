"""Lines of a plain text that say who speaks, or when: transcripts, interviews, captions pasted.

[00:01:02] Ann: ...     Ann [00:01:02]: ...     Ann (1:02): ...     Interviewer: ...
[00:00.000 --> 00:04.000] ...   (Whisper)       0:04 and the text on the next line (YouTube)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from clif_core.text.readers.markup import BLANK_LINE

__all__ = ["BY_NAMES", "FORMS", "find_form", "has_times_alone", "iterate_named", "without_times"]

_TIME = r"(?:\d{1,2}:)?\d{1,2}:\d\d(?:[.,]\d{1,3})?"
_WHO = r"[^\W_][^:：\n\[\]\t]{0,59}?"
_SAYS = r"(?::(?=[ \t]|$)|：)"
_TEXT = r"[ \t]*(?P<text>.*)$"
BY_NAMES = "name"
#: How a line names who speaks: with a time before or behind the name, or by the name alone.
FORMS = {
    "time, name": re.compile(
        rf"[\[(]?(?P<time>{_TIME})[\])]?[ \t]{{1,3}}(?:[-–][ \t])?"
        rf"(?P<who>{_WHO})[ \t]?{_SAYS}{_TEXT}"
    ),
    "name, time": re.compile(
        rf"(?P<who>{_WHO})(?:[:：][ \t]{{0,3}}[\[(](?P<time>{_TIME})[\])]"
        rf"|[ \t]{{0,3}}[\[(](?P<time2>{_TIME})[\])][ \t]?{_SAYS}){_TEXT}"
    ),
    BY_NAMES: re.compile(rf"(?P<who>{_WHO}){_SAYS}{_TEXT}"),
}
_TIMED = re.compile(
    rf"[\[(]?(?P<time>{_TIME})(?:[ \t]?(?:-->|[-–])[ \t]?{_TIME})?[\])]?"
    r"(?: {1,3}(?P<text>\S.*))?$"
)
_LEAST, _LEAST_ALONE, _SHARE = 3, 6, 1 / 3  # lines with a time and a name; names alone; of all
_NEARLY_ALL, _MOST_WORDS = 0.9, 4
_SEEN_CHARACTERS = 20_000


def find_form(body: str) -> str:
    """How a text that begins so names who speaks, a key of ``FORMS``; "" where it does not.

    Times never go back, and a name comes again. Where names stand alone, they begin nearly every
    block or line, and each comes three times on average; three and more do not follow one another
    in a fixed order, as the fields of records do.
    """
    body = body[:_SEEN_CHARACTERS]
    lines = [line.strip() for line in body.split("\n") if line.strip()]
    for form in ("time, name", "name, time"):
        found = [match for match in map(FORMS[form].match, lines) if match]
        names = [match["who"] for match in found]
        is_again = len(set(names)) < len(names)
        if len(found) >= max(_LEAST, _SHARE * len(lines)) and is_again and _are_rising(found):
            return form
    blocks = [block.strip() for block in BLANK_LINE.split(body) if block.strip()]
    parts = blocks if len(blocks) >= _LEAST_ALONE else lines
    return BY_NAMES if any(_are_named(found) for found in (parts, lines)) else ""


def _are_named(parts: Sequence[str]) -> bool:
    """Whether nearly all of these begin with the name of one of a few who speak."""
    found = [FORMS[BY_NAMES].match(part.partition("\n")[0]) for part in parts]
    names = [match["who"].strip() for match in found if match and _is_name(match["who"])]
    n, distinct = len(names), set(names)
    if n < max(_LEAST_ALONE, _NEARLY_ALL * len(parts)) or not 1 < len(distinct) <= n / 3:
        return False
    follow = dict[str, Counter[str]]()
    for one, other in pairwise(names):
        follow.setdefault(one, Counter())[other] += 1
    n_usual = sum(max(others.values()) for others in follow.values())
    return len(distinct) == 2 or n_usual < _NEARLY_ALL * (n - 1)


def _is_name(who: str) -> bool:
    return not who[0].islower() and len(who.split()) <= _MOST_WORDS


def _are_rising(found: Sequence[re.Match[str]]) -> bool:
    times = [_seconds(_time(match)) for match in found]
    return all(one <= other for one, other in pairwise(times))


def _time(match: re.Match[str]) -> str:
    groups = match.groupdict("")
    return groups["time"] or groups.get("time2", "")


def _seconds(time: str) -> float:
    total = 0.0
    for part in time.replace(",", ".").split(":"):
        total = 60 * total + float(part)
    return total


def iterate_named(text: str, form: str) -> Iterator[tuple[str, str, str]]:
    """(who speaks, when, what), a line each; ("", "", line) where one goes on.

    Of names alone, those are meant that come again.
    """
    lines = [line.strip() for line in text.split("\n")]
    found = [FORMS[form].match(line) for line in lines]
    n = Counter(match["who"].strip() for match in found if match)
    for line, match in zip(lines, found, strict=True):
        who = match["who"].strip() if match else ""
        if match is None or (form == BY_NAMES and (n[who] == 1 or not _is_name(who))):
            yield "", "", line
        else:
            time = _time(match) if form != BY_NAMES else ""
            yield who, time, match["text"]


def has_times_alone(body: str) -> bool:
    """Whether a text that begins so has times, which never go back, before what is said."""
    lines = [line.strip() for line in body[:_SEEN_CHARACTERS].split("\n") if line.strip()]
    found = [match for match in map(_TIMED.match, lines) if match]
    is_first = bool(lines) and _TIMED.match(lines[0]) is not None
    n = len(found)
    is_most = n >= _LEAST_ALONE and n >= _SHARE * len(lines)
    has_text = n < len(lines) or all(match["text"] for match in found)
    return is_first and is_most and has_text and _are_rising(found)


def without_times(text: str) -> str:
    """What is said, without the times before it."""
    lines = (line.strip() for line in text.split("\n"))
    said = ((_TIMED.match(line), line) for line in lines)
    return "\n".join(filter(None, (match["text"] if match else line for match, line in said)))
