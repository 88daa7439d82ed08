"""How far the words of a model and the tokens of a text overlap, and why some do not.

Where fewer than nine tenths of either are found, each that is missing is compared with the words of
the other side: does one differ in capitals alone, in its Unicode form, in accents, in how its words
are joined? Most often the text was parted or written otherwise when the model was trained.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clif_core.text.corpus import Corpus
from clif_core.text.tokens import strip_marks

__all__ = ["LOW", "Coverage", "Missing", "count_coverage", "measure_coverage"]

LOW = 0.9
_N_EXAMPLES = 5
_REASONS = {
    "case": "differ from {other} in capitals alone",
    "form": "differ from {other} in their Unicode form alone",
    "letters": "differ from {other} in how a letter is written alone (ß as ss, final ς as σ)",
    "marks": "differ from {other} in accents or vowel points alone",
    "joined": "differ from {other} in how words are joined (by _, - or an apostrophe)",
    "symbols": "are punctuation marks or other signs",
    "special": "are signs of a trainer",
    "numbers": "hold digits",
    "script": "are in a script that {elsewhere} does not have",
    "absent": "are not in {elsewhere} in any spelling: too rare there, another language or text",
}
_SPELLINGS = frozenset({"case", "form", "letters", "marks", "joined"})
_SPECIAL = re.compile(r"<.+>|\[.+\]|##\w+", re.DOTALL)
_JOINS = dict.fromkeys(map(ord, "_-'’ʼ\u2010\u2011 \u00ad\u200c\u200d"))


@dataclass(frozen=True)
class Missing:
    """What is not found for one reason; ``sentence`` says it to people.

    ``n`` counts tokens of the text, or words of the model; ``examples`` are the most frequent.
    """

    reason: str
    n: int
    examples: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Coverage:
    """How far a model's words and a text's tokens overlap.

    ``missing_tokens`` and ``missing_words`` are empty where that side is not low (under 0.9).
    """

    token_share: float  # share of the text's tokens that are words of the model
    word_share: float  # share of the model's words that are in the text
    missing_tokens: tuple[Missing, ...] = ()
    missing_words: tuple[Missing, ...] = ()

    @property
    def is_low(self) -> bool:
        return min(self.token_share, self.word_share) < LOW

    @property
    def sentence(self) -> str:
        return (
            f"{self.token_share:.1%} of the text's tokens are words of the model, and"
            f" {self.word_share:.1%} of the model's words are in the text."
        )

    @property
    def token_lines(self) -> tuple[str, ...]:
        """What of the text is not found and why it may be; () where at least 90 % is."""
        return tuple(missing.sentence for missing in self.missing_tokens)

    @property
    def spelt_otherwise(self) -> tuple[str, ...]:
        """Those of ``token_lines`` whose words the model has in another spelling."""
        return tuple(m.sentence for m in self.missing_tokens if m.reason in _SPELLINGS)

    @property
    def lines(self) -> tuple[str, ...]:
        """``token_lines``, and likewise of the model's words."""
        return self.token_lines + tuple(missing.sentence for missing in self.missing_words)


def measure_coverage(words: Sequence[str], corpus: Corpus) -> Coverage:
    """How much of a corpus a vocabulary covers, and how much of the vocabulary the corpus."""
    counts = np.bincount(corpus.token_words, minlength=len(corpus.words))
    return count_coverage(words, dict(zip(corpus.words, counts.tolist(), strict=True)))


def count_coverage(words: Sequence[str], counts: Mapping[str, int]) -> Coverage:
    """The coverage of a vocabulary and a text of which each type's occurrences are known."""
    known = set(words)
    n_tokens = sum(counts.values())
    strange = {word: n for word, n in counts.items() if n and word not in known}
    unseen = [word for word in words if not counts.get(word)]
    token_share = 1 - sum(strange.values()) / max(n_tokens, 1)
    word_share = 1 - len(unseen) / max(len(words), 1)
    missing_tokens: tuple[Missing, ...] = ()
    missing_words: tuple[Missing, ...] = ()
    if token_share < LOW:
        others = ("a word of the model", "the model")
        missing_tokens = _explain("of the text's tokens", others, strange, words)
    if word_share < LOW:
        others = ("a word of the text", "the text")
        ones = dict.fromkeys(unseen, 1)
        missing_words = _explain("of the model's words", others, ones, counts)
    return Coverage(token_share, word_share, missing_tokens, missing_words)


def _explain(
    what: str, others: tuple[str, str], missing: Mapping[str, int], known: Iterable[str]
) -> tuple[Missing, ...]:
    """The missing by reason, the most first."""
    known = [word for word in known if word not in missing]
    like = {_loosen(word): word for word in reversed(known)}
    scripts = {_script(word) for word in known}
    found: dict[str, list[str]] = {}
    numbers = dict.fromkeys(_REASONS, 0)
    for word, n in sorted(missing.items(), key=lambda item: -item[1]):
        reason = _reason(word, like.get(_loosen(word)), scripts)
        numbers[reason] += n
        found.setdefault(reason, []).append(word)
    result = []
    for reason in sorted(found, key=lambda reason: -numbers[reason]):
        examples = tuple(found[reason][:_N_EXAMPLES])
        why = _REASONS[reason].format(other=others[0], elsewhere=others[1])
        shown = ", ".join(repr(word[:40]) for word in examples)
        end = " ..." if len(found[reason]) > len(examples) else "."
        sentence = f"{numbers[reason]:,} {what} {why}: {shown}{end}"
        result.append(Missing(reason, numbers[reason], examples, sentence))
    return tuple(result)


def _reason(word: str, other: str | None, scripts: set[str]) -> str:
    if other is not None:
        return _difference(word, other)
    if _SPECIAL.fullmatch(word):
        return "special"
    if not any(map(str.isalnum, word)):
        return "symbols"
    if any(map(str.isdigit, word)):
        return "numbers"
    return "absent" if _script(word) in scripts else "script"


def _difference(word: str, other: str) -> str:
    """In what a word differs from one that is alike when all of this is put aside."""
    one, two = (unicodedata.normalize("NFKC", w) for w in (word, other))
    if one == two:
        return "form"
    if one.lower() == two.lower():
        return "case"
    if one.casefold() == two.casefold():
        return "letters"
    if strip_marks(one).casefold() == strip_marks(two).casefold():
        return "marks"
    return "joined"


def _loosen(word: str) -> str:
    """A word without what writers and trainers treat in different ways."""
    if not word.isascii():
        word = strip_marks(unicodedata.normalize("NFKC", word))
    return word.casefold().translate(_JOINS) or word


def _script(word: str) -> str:
    """The script of a word's first letter, such as LATIN; "" where it has none."""
    first = next(filter(str.isalpha, word), "")
    return unicodedata.name(first, "").partition(" ")[0] if first else ""
