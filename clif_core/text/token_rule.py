"""A token rule: how a text is parted into words, and how a word is written as the model writes it.

The default is the rule of every text that names none. A model trained elsewhere may have kept
capitals, joined phrases by ``_``, parted ``don't`` as ``do n't`` or read the text at its blanks;
``clif_core.text.token_choice`` finds the rule that finds the model's words. The rule is kept with
the text (``Corpus.token_rule``) and on the card of the model; ``clif_core.text.tokens`` and
``clif_core.text.sentences`` carry it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from clif_core.errors import InputError

__all__ = ["OPTIONS", "Option", "TokenRule", "parse_tokens"]


@dataclass(frozen=True)
class Option:
    """One choice of a rule: its title, and value -> what it does; the first is the default."""

    title: str
    values: Mapping[str, str]


OPTIONS: Mapping[str, Option] = {
    "parting": Option(
        "Words end at",
        {
            "words": "punctuation and blanks",
            "blanks": "blanks alone, as word2vec and fastText read a text",
        },
    ),
    "symbols": Option(
        "Punctuation marks and emoji",
        {"skip": "are no words", "keep": "are words of their own"},
    ),
    "case": Option(
        "Capitals",
        {
            "fold": "lower-cased",
            "keep": "kept",
            "turkish": "lower-cased, with dotted and dotless i told apart",
            "casefold": "lower-cased, ß as ss and the final ς as σ",
            "plain": "lower-cased as programs do it: İ is an i with a dot above it",
        },
    ),
    "form": Option(
        "Unicode form",
        {
            "NFC": "composed (NFC)",
            "NFD": "decomposed (NFD)",
            "NFKC": "composed, compatibility forms replaced (NFKC)",
            "NFKD": "decomposed, compatibility forms replaced (NFKD)",
        },
    ),
    "marks": Option(
        "Accents and vowel points",
        {
            "keep": "kept",
            "points": "without the vowel points of Arabic and Hebrew",
            "none": "without any mark: naïve is naive",
        },
    ),
    "apostrophe": Option(
        "Apostrophes",
        {
            "straight": "within a word, written straight: don't",
            "curly": "within a word, written curly: don’t",
            "keep": "within a word, as in the text",
            "part": "part words: don t",
            "split": "part endings: do n't, it 's",
        },
    ),
    "hyphen": Option(
        "Hyphens", {"keep": "within a word: well-known", "part": "part words: well known"}
    ),
    "underscore": Option(
        "Underscores", {"part": "part words: new york", "keep": "join words: new_york"}
    ),
    "digits": Option(
        "Digits",
        {"keep": "kept: 1984", "zeros": "written as zeros: 0000", "hashes": "written as ####"},
    ),
    "joiners": Option(
        "Zero-width joiners", {"keep": "kept within a word", "drop": "left out of a word"}
    ),
    "stops": Option(
        "A full stop ends a sentence",
        {
            "capital": "unless a lower-case letter follows",
            "any": "whatever follows, for a text without capitals",
        },
    ),
    "segmenter": Option(
        "Text without blanks between words",
        {
            "none": "is not parted",
            "characters": "a character is a word",
            "chinese": "parted as Chinese (needs clif-dashboard[chinese])",
            "japanese": "parted as Japanese (needs clif-dashboard[japanese])",
            "thai": "parted as Thai (needs clif-dashboard[thai])",
        },
    ),
}


@dataclass(frozen=True)
class TokenRule:
    """A value of each of ``OPTIONS``; InputError for any other."""

    parting: str = "words"
    symbols: str = "skip"
    case: str = "fold"
    form: Literal["NFC", "NFD", "NFKC", "NFKD"] = "NFC"
    marks: str = "keep"
    apostrophe: str = "straight"
    hyphen: str = "keep"
    underscore: str = "part"
    digits: str = "keep"
    joiners: str = "keep"
    stops: str = "capital"
    segmenter: str = "none"

    def __post_init__(self) -> None:
        for name, option in OPTIONS.items():
            value = getattr(self, name)
            if not isinstance(value, str) or value not in option.values:
                raise InputError(
                    f"{name}={value!r:.60} is no value of a token rule; {name} is"
                    f" {_one_of(option.values)}."
                )

    def to_dict(self) -> dict[str, str]:
        """What differs from the default; an empty mapping is the default."""
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if getattr(self, f.name) != f.default
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TokenRule:
        """The inverse of ``to_dict``; InputError names an unknown choice."""
        unknown = [name for name in values if name not in OPTIONS]
        if unknown:
            raise InputError(
                f"{unknown[0]!r:.60} is no choice of a token rule; those are {_one_of(OPTIONS)}."
            )
        return cls(**values)

    def to_text(self) -> str:
        """Such as ``case=keep, underscore=keep``; ``default`` for the default."""
        return ", ".join(f"{k}={v}" for k, v in self.to_dict().items()) or "default"

    @property
    def sentence(self) -> str:
        """For people: each choice that differs from the default, or that none does."""
        chosen = [f"{OPTIONS[k].title}: {OPTIONS[k].values[v]}" for k, v in self.to_dict().items()]
        return "; ".join(chosen) or "Lower-cased words, parted at blanks and punctuation"


def parse_tokens(text: str) -> TokenRule | None:
    """A rule as a person writes it: ``auto`` is None (choose it), else as ``TokenRule.to_text``."""
    text = text.strip()
    if text in ("auto", ""):
        return None
    if text == "default":
        return TokenRule()
    values = {}
    for part in text.replace(",", " ").split():
        name, sign, value = part.partition("=")
        if not sign:
            raise InputError(
                f"{part!r:.60} is no choice of a token rule. Write auto, default, or choices such"
                " as 'case=keep, underscore=keep'."
            )
        values[name] = value
    return TokenRule.from_dict(values)


def _one_of(names: Mapping[str, Any]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}"
