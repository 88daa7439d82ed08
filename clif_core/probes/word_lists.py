"""Reads a list of words as people write, paste and export them.

Commas, semicolons, tabs and lines part words, those of Chinese and Arabic too; where a list has
none of them, blanks do. What stands in double quotes is one word. The brackets and quotes of a list
of Python or JSON, bullets and empty places fall away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["join_words", "name_of_words", "split_words"]

_MARKS = r",;\t\r\n\v\f\u2028\u2029\uff0c\uff1b\u3001\u060c\u061b"
# No quote holds its own opening mark: a run of them is not searched to the end from each.
_QUOTED = r"\"[^\"]*\"|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»"
_BY_MARKS = re.compile(rf"(?:{_QUOTED}|[^{_MARKS}])+")
_BY_BLANKS = re.compile(rf"(?:{_QUOTED}|[^\s])+")
_MARK = re.compile(rf"[{_MARKS}]")
_MAX_BRACKETS = 10  # around one another
_BRACKETS = {"[": "]", "(": ")", "{": "}"}
_PAIRS = ('""', "''", "``", "“”", "„“", "„”", "‘’", "‚‘", "«»", "»«", "「」")
_BULLET = re.compile(r"[-•*–]\s+")


def split_words(text: str, *, has_repeats: bool = False) -> tuple[str, ...]:
    """The words of the list, in order, each once unless ``has_repeats``."""
    text = _without_brackets(text.replace("\ufeff", "").strip())
    by = _BY_MARKS if _MARK.search(re.sub(_QUOTED, "", text)) else _BY_BLANKS
    words = [word for piece in by.findall(text) if (word := _bare(piece))]
    return tuple(words if has_repeats else dict.fromkeys(words))


def _without_brackets(text: str) -> str:
    for _ in range(_MAX_BRACKETS):
        if len(text) < 2 or _BRACKETS.get(text[0]) != text[-1]:
            break
        text = text[1:-1].strip()
    return text


def _bare(piece: str) -> str:
    """The piece without bullet, outer blanks and one pair of quotes around it."""
    word = _BULLET.sub("", piece.strip(), count=1) if _BULLET.match(piece.strip()) else piece
    word = word.strip()
    if len(word) > 1 and word[0] + word[-1] in _PAIRS:
        word = word[1:-1].strip()
    return " ".join(word.split())


def join_words(words: Sequence[str]) -> str:
    """The list as text that ``split_words`` reads back; a word is quoted where it must be."""
    return ", ".join(f'"{word}"' if _needs_quotes(word, len(words)) else word for word in words)


def _needs_quotes(word: str, n_words: int) -> bool:
    alone = word if n_words == 1 else f"{word},"
    return split_words(alone) != (word,) and '"' not in word


def name_of_words(words: Sequence[str]) -> str:
    """A name for a set that has none: "man", "man and boy", "man, boy …"."""
    if len(words) > 2:
        return f"{words[0]}, {words[1]} …"
    return " and ".join(words)
