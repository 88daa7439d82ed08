"""Tells whether a text leaves its words unparted: Chinese, Japanese, Thai and others."""

from __future__ import annotations

import re
from collections.abc import Iterable

from clif_core.text.segmenters import MODULES, is_installed

__all__ = ["HAS_UNPARTED", "say_unparted", "unparted_language"]

# The first that a text has more than a trace of names it: Japanese has Chinese characters as well.
_SCRIPTS = {
    "Japanese": "\u3040-\u309f\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "Chinese": "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "Thai": "\u0e00-\u0e7f",
    "Lao": "\u0e80-\u0eff",
    "Burmese": "\u1000-\u109f",
    "Khmer": "\u1780-\u17ff",
}
HAS_UNPARTED = re.compile(f"[{''.join(_SCRIPTS.values())}]")
_ONE = {name: re.compile(f"[{characters}]") for name, characters in _SCRIPTS.items()}
_KATAKANA = re.compile(r"[\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9f]+")  # foreign words, often long
# Mean letters of a word: parted Chinese has 1.7, a verse of Chinese 5, parted Thai 3.5, Khmer 5.
_LONGEST = {"Japanese": 4.5, "Chinese": 4.5}
_LONGEST_ELSEWHERE = 7.0
_LEAST_SHARE, _TRACE = 0.3, 0.05  # of all letters; of those of such scripts


def unparted_language(counts: Iterable[tuple[str, int]]) -> str:
    """The language whose words are not parted, "" where they are; counts: (token, occurrences).

    It is said where such scripts have at least three tenths of the letters, and their mean token
    is longer than a word.
    """
    n_letters = n_tokens = n_there = 0
    by_script = dict.fromkeys(_SCRIPTS, 0)
    for token, count in counts:
        letters = sum(map(str.isalnum, token))
        n_letters += letters * count
        if not HAS_UNPARTED.search(token) or _KATAKANA.fullmatch(token):
            continue
        n_tokens, n_there = n_tokens + count, n_there + letters * count
        for name, pattern in _ONE.items():
            by_script[name] += len(pattern.findall(token)) * count
    if n_there < _LEAST_SHARE * n_letters or not n_there:
        return ""
    total = sum(by_script.values())
    language = next(name for name, n in by_script.items() if n > _TRACE * total)
    mean = n_there / n_tokens
    return language if mean > _LONGEST.get(language, _LONGEST_ELSEWHERE) else ""


def say_unparted(language: str) -> str:
    """What to do with a text whose words are not parted, for people."""
    ways = [
        "part the words of the text by blanks",
        "take a character for a word (segmenter=characters)",
    ]
    if language.lower() in MODULES:
        extra = language.lower()
        install = "" if is_installed(extra) else f"install 'clif-dashboard[{extra}]' and "
        ways.insert(0, f"{install}choose segmenter={extra}")
    return (
        f"The words of this text are not parted by blanks ({language}), so that a clause would be"
        f" one word. What helps: {', or '.join(ways)}."
    )
