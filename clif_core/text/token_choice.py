"""Chooses the token rule that finds a model's words in a text.

A sample of the text is parted by one rule after another; each choice that is better is kept. What
counts is the share of the sample's tokens that are words of the model, and, three times, the share
of the model's words that the rule can make at all: with capitals folded no text gives ``Queen``,
with hyphens parted none gives ``well-known``. On a tie the default stays. Without a model the
default is taken, but for what a text shows by itself: words joined by ``_``, no capitals, no blanks
between words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from clif_core.text.coverage import Coverage, count_coverage
from clif_core.text.segmenters import MODULES, is_installed
from clif_core.text.sentences import is_lower_cased
from clif_core.text.token_rule import TokenRule
from clif_core.text.tokens import POINTS, iterate_tokens, strip_marks, to_type
from clif_core.text.unparted import say_unparted, unparted_language

__all__ = ["Choice", "choose_rule", "judge_rule"]

_SAMPLE, _N_PIECES = 200_000, 20  # characters that are looked at, in so many pieces
_TRIED = 50_000  # of them: one rule after another is tried on these
_N_WORDS = 20_000  # of a model that are looked at
_WEIGHT_OF_WORDS = 3.0
_LEAST_JOINED = 3  # times that a word joined by _ comes
_FOLDED = frozenset("ßẞςΣ")  # letters that casefold writes in another way than lower case
# Marks of words that a tokeniser cut: of subword-nmt, SentencePiece and WordPiece; what joins them.
_CUTS = (
    (re.compile(r"\w{1,30}@@ \w{1,30}"), "sed 's/@@ //g'"),
    (re.compile(r"▁\w{1,30}"), "sed 's/ //g; s/▁/ /g'"),
    (re.compile(r"\w{1,30} ##\w{1,30}"), "sed 's/ ##//g'"),
)
_LEAST_CUT = 3
_LIGATURES = re.compile("[\ufb00-\ufb06]")  # of print, as a PDF has them: one sign for fi
_JOINED = re.compile(r"\b[^\W\d_]+(?:_[^\W\d_]+)+\b")


@dataclass(frozen=True)
class Choice:
    """A rule, how much of the sample it finds, and what people should know of it.

    ``coverage`` is of the sample: None without a model; its ``word_share`` is that of the sample's
    few words.
    """

    rule: TokenRule
    coverage: Coverage | None
    lines: tuple[str, ...]


def judge_rule(
    rule: TokenRule,
    texts: Sequence[str],
    words: Sequence[str] | None = None,
    is_part: bool = False,
) -> Choice:
    """A rule that was set by hand, with what it finds; arguments as of ``choose_rule``."""
    sample = _Sample(_spread(texts))
    language = unparted_language(sample.spellings(rule).items())
    return _judge(rule, sample, words, is_part, language)


def choose_rule(
    texts: Sequence[str], words: Sequence[str] | None = None, is_part: bool = False
) -> Choice:
    """The rule for a text, by a sample of its documents and the words of its model.

    ``is_part``: the words are the first of the model, not all.
    """
    sample = _Sample(_spread(texts))
    rule = replace(TokenRule(), stops="any" if is_lower_cased(sample.text) else "capital")
    language = unparted_language(sample.spellings(rule).items())
    segmenters = _segmenters(language)
    if words is None:
        joined = Counter(_JOINED.findall(sample.text)).most_common(1)
        if joined and joined[0][1] >= _LEAST_JOINED:
            rule = replace(rule, underscore="keep")
        if _LIGATURES.search(sample.text):
            rule = replace(rule, form="NFKC")
        rule = replace(rule, segmenter=segmenters[0])
        return _judge(rule, sample, None, is_part, language)
    known, tried = _Known(words, sample.characters), _Sample(_spread([sample.text], _TRIED))
    rule = max(
        (
            _climb(replace(rule, parting=parting, segmenter=segmenter), tried, known)
            for parting in ("words", "blanks")
            for segmenter in segmenters
        ),
        key=lambda found: _score(found, tried, known),
    )
    return _judge(rule, sample, words, is_part, language)


def _segmenters(language: str) -> list[str]:
    """What may part the words of a text, the best first."""
    if not language:
        return ["none"]
    own = language.lower()
    if own in MODULES and is_installed(own):
        return [own, "characters", "none"]
    return ["none", "characters"]


def _judge(
    rule: TokenRule, sample: _Sample, words: Sequence[str] | None, is_part: bool, language: str
) -> Choice:
    lines, coverage = [f"Token rule: {rule.sentence}."], None
    if words is not None:
        coverage = count_coverage(words, sample.types(rule))
        which = f"among the first {len(words):,} words" if is_part else "words"
        share = f"{coverage.token_share:.1%} of the tokens are {which} of the model"
        lines.append(f"In a sample of the text {share}.")
        # What the first words lack may be among the others.
        lines += coverage.spelt_otherwise if is_part else coverage.token_lines
    if language and rule.segmenter == "none":
        lines.append(say_unparted(language))
    if rule.parting == "words":
        lines += _say_cut(sample.text)
    return Choice(rule, coverage, tuple(lines))


def _say_cut(text: str) -> list[str]:
    """That a text holds pieces of words, where it does."""
    return [
        f"A tokeniser cut words of this text into pieces ({found[0]!r:.40}), and each piece is read"
        f" as a word. Join them before: {step} FILE > NEW."
        for pattern, step in _CUTS
        if len(found := pattern.findall(text)) >= _LEAST_CUT
    ]


class _Sample:
    """A text, and its tokens by each rule that was asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.characters = set(text)
        self._spellings: dict[TokenRule, Counter[str]] = {}

    def spellings(self, rule: TokenRule) -> Counter[str]:
        """Token as in the text -> occurrences."""
        key = replace(  # what only changes how a token is written finds the same tokens
            rule, case="fold", form="NFC", marks="keep", digits="keep", joiners="keep",
            apostrophe=rule.apostrophe if rule.apostrophe in ("part", "split") else "straight",
        )  # fmt: skip
        if key not in self._spellings:
            spans = iterate_tokens(self.text, rule=key)
            self._spellings[key] = Counter(self.text[a:b] for a, b in spans)
        return self._spellings[key]

    def types(self, rule: TokenRule) -> Counter[str]:
        counts: Counter[str] = Counter()
        for token, n in self.spellings(rule).items():
            counts[to_type(token, rule)] += n
        return counts


class _Known:
    """The words of a model, and which characters they are made of."""

    def __init__(self, words: Sequence[str], characters: set[str]) -> None:
        self.words = frozenset(words)
        # Of a text without "_" no rule makes a phrase such as New_York.
        found = words if "_" in characters else [word for word in words if "_" not in word]
        self.some = (found or words)[:: 1 + len(words) // _N_WORDS]
        self.text = _Sample("\n".join(self.some))
        self.characters = set("".join(words))

    @cached_property
    def has_symbols(self) -> bool:
        return any(not any(map(str.isalnum, w)) for w in self.words if w)

    def __contains__(self, word: str) -> bool:
        return word in self.words


def _score(rule: TokenRule, sample: _Sample, known: _Known) -> float:
    types = sample.types(rule)
    n_found = sum(n for word, n in types.items() if word in known)
    words = known.text.spellings(rule)
    n_made = sum(word in known and to_type(word, rule) == word for word in words)
    return n_found / max(1, types.total()) + _WEIGHT_OF_WORDS * n_made / len(known.some)


def _climb(rule: TokenRule, sample: _Sample, known: _Known) -> TokenRule:
    """The rule that no change of one choice improves on the sample."""
    best, is_changed = _score(rule, sample, known), True
    while is_changed:
        is_changed = False
        for field, value in _worth_trying(rule, sample, known):
            changed: dict[str, Any] = {field: value}
            other = replace(rule, **changed)
            score = _score(other, sample, known)
            if score > best + 1e-9:
                rule, best, is_changed = other, score, True
    return rule


def _worth_trying(rule: TokenRule, sample: _Sample, known: _Known) -> Iterator[tuple[str, str]]:
    """(choice, value) of what can matter to this text and this model."""
    text, words = sample.characters, known.characters
    if known.has_symbols and rule.parting == "words":
        yield "symbols", "keep"
    if any(c != c.lower() for c in words):
        yield "case", "keep"
    if "ı" in words:
        yield "case", "turkish"
    if text & _FOLDED and not words & _FOLDED:
        yield "case", "casefold"
    if "İ" in text and "\u0307" in words:
        yield "case", "plain"
    is_decomposed = any(unicodedata.category(c) == "Mn" for c in words)
    compatible = "".join(text)
    if not compatible.isascii():
        is_compatible = unicodedata.normalize("NFKC", compatible) != unicodedata.normalize(
            "NFC", compatible
        )
        yield from (("form", f) for f in ["NFD"] * is_decomposed + ["NFKC"] * is_compatible)
        if is_decomposed and is_compatible:
            yield "form", "NFKD"
        if any(map(POINTS.match, text)):
            yield "marks", "points"
        if strip_marks(compatible) != compatible:
            yield "marks", "none"
    if text & set("'’ʼ"):
        yield from (("apostrophe", v) for v in _apostrophes(known))
    for field, value, sign in (
        ("hyphen", "part", "-"),
        ("underscore", "keep", "_"),
        ("joiners", "drop", "\u200c\u200d"),
    ):
        if text & set(sign):
            yield field, value
    if any(map(str.isdigit, text)):
        yield from (("digits", v) for v, sign in (("zeros", "0"), ("hashes", "#")) if sign in words)


def _apostrophes(known: _Known) -> Iterator[str]:
    if "’" in known.characters:
        yield from ("curly", "keep")
    if "n't" in known or "'s" in known or "’s" in known:
        yield "split"
    yield "part"


def _spread(texts: Sequence[str], most: int = _SAMPLE) -> str:
    """Up to ``most`` characters: all of the texts, or pieces from the first to the last."""
    whole = "\n\n".join(texts)
    if len(whole) <= most:
        return whole
    piece = most // _N_PIECES
    starts = [i * (len(whole) - piece) // (_N_PIECES - 1) for i in range(_N_PIECES)]
    return "\n\n".join(whole[start : start + piece] for start in starts)
