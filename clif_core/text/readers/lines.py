"""Lines as sentences, and sentences that do not end.

word2vec, fastText and gensim take one sentence a line, without full stops. Such a text is told from
prose that was wrapped at some width, and from verse, by where its full stops and commas stand. A
text without any ends at all (text8) is cut into passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, pairwise

from clif_core.text.corpus import Span
from clif_core.text.sentences import iterate_sentences, split_sentences
from clif_core.text.token_rule import TokenRule

__all__ = ["Cuts", "are_lines_sentences", "split_lines", "split_own"]

_ENDLESS = 1_000  # words: no sentence that somebody wrote for readers is longer
_LEAST_LINES = 3
_LEAST_LENGTH = 10  # characters, where blanks part no words; those of a list are shorter
_MOST_WORDS = 200  # of a usual line that can be a sentence
_INNER_END = re.compile(r"[.!?…。！？।؟][\"'”’)\]]*\s")
_LAST_END = re.compile(r"[.!?…。！？।؟][\"'”’)\]]*\Z")
_NOT_LAST = (",", ";", ":", "-", "–", "—")
_WORD = re.compile(r"\S+")
_FOLDED = range(40, 200)  # usual widths at which programs wrap lines


def are_lines_sentences(sample: str) -> bool:
    """Whether each line of a text that begins so is a sentence of its own."""
    lines = [line.strip() for line in sample.split("\n") if line.strip()]
    if len(lines) < _LEAST_LINES:
        return False
    n_words = sorted(len(line.split()) for line in lines)[len(lines) // 2]
    length = sorted(map(len, lines))[len(lines) // 2]
    if n_words > _MOST_WORDS or (n_words < 2 and length < _LEAST_LENGTH):
        return False
    if _n_crossing(sample) < 0.05 * len(lines):
        return False  # full stops and blank lines end them already
    if sum(bool(_LAST_END.search(line)) for line in lines) >= 0.9 * len(lines):
        return True
    n_inner = sum(len(_INNER_END.findall(line)) for line in lines)
    n_open = sum(line.endswith(_NOT_LAST) for line in lines)
    return n_inner < 0.05 * len(lines) and n_open < 0.05 * len(lines) and not _is_folded(lines)


def _n_crossing(sample: str) -> int:
    """How many line ends lie inside a sentence, where full stops end sentences."""
    return sum(
        sum(bool(line.strip()) for line in sample[start:end].split("\n")) - 1
        for start, end in split_sentences(sample)
    )


def _is_folded(lines: list[str]) -> bool:
    """Whether lines were wrapped: nearly all are as long as the next word allows."""
    longest = max(map(len, lines))
    n_full = sum(
        len(line) + 1 + len(after.split(" ", 1)[0]) > longest for line, after in pairwise(lines)
    )
    return longest in _FOLDED and n_full > 0.8 * (len(lines) - 1)


def split_lines(text: str) -> Iterator[tuple[int, int]]:
    """Each line that is not blank as a sentence: (start, end)."""
    at = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            start = at + len(line) - len(line.lstrip())
            yield start, start + len(stripped)
        at += len(line) + 1


@dataclass
class Cuts:
    """How many endless sentences were cut, and into how many passages."""

    n_sentences: int = 0
    n_passages: int = 0


def split_own(
    text: str, rule: TokenRule, are_lines: bool, n_words: int, cuts: Cuts
) -> Iterator[Span]:
    """The sentences of a text: its lines, or what full stops end by the rule.

    Those of more than 1,000 words are cut into passages of ``n_words``, and counted in ``cuts``.
    """
    spans = split_lines(text) if are_lines else iterate_sentences(text, rule=rule)
    for start, end in spans:
        if end - start <= 2 * _ENDLESS:  # a word and a blank take two characters
            yield start, end, {}
            continue
        words = _WORD.finditer(text, start, end)
        first = list(islice(words, _ENDLESS + 1))
        if len(first) <= _ENDLESS:
            yield start, end, {}
            continue
        cuts.n_sentences += 1
        whole = chain(first, words)
        while piece := list(islice(whole, n_words)):
            cuts.n_passages += 1
            yield piece[0].start(), piece[-1].end(), {}
