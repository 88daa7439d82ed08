"""What a probe asks, what its value is called, and what the measurement found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from clif_core.errors import ClifError
from clif_core.phrases.numbers import number, signed
from clif_core.phrases.verdict import finding
from clif_core.probes import (
    ClusterMembership,
    Formula,
    Probe,
    Similarity,
    Weat,
    catalogue,
    from_dict,
    is_circle,
)

if TYPE_CHECKING:
    from clif_core.measurement.probe_report import ProbeReport

__all__ = [
    "Voice",
    "answer",
    "described_title",
    "probe_title",
    "question",
    "question_of",
    "sentence_case",
    "title_of",
    "voice",
    "without_capitals",
]

_NOUN = re.compile(r"[\w ,.'’-]{1,40}")  # a name that headings and the axes of charts can hold
_ROMAN = re.compile("[IVX]+[.,:]?")  # numbers of kings and popes


@dataclass(frozen=True)
class Voice:
    """The words of one probe: its question, what its value is called, and the two kinds of text.

    Attributes
    ----------
    noun : the probe's value in a sentence, such as ``the bias``
    raising_lead, lowering_lead : what text that raises, or lowers, the probe does; removing the
        one lowers the value, removing the other raises it
    is_lowering_first : whether the question asks for the text that lowers the probe: why a word
        is near its cluster, or why a WEAT is below 0
    draws : where the two draw the words, where the question says so: ``them together``
    """

    question: str
    noun: str
    raising_lead: str
    lowering_lead: str
    is_lowering_first: bool = False
    draws: tuple[str, str] | None = None

    @property
    def asked(self) -> Literal["lowers", "raises"]:
        """What removing the text does that the question asks for."""
        return self.sides[0]

    @property
    def sides(self) -> tuple[Literal["lowers", "raises"], Literal["lowers", "raises"]]:
        """The two things that removing text does, the one that the question asks for first."""
        return ("raises", "lowers") if self.is_lowering_first else ("lowers", "raises")

    @property
    def raising(self) -> str:
        """The heading of text that raises the probe."""
        return f"Text that {self.does('raises')}"

    @property
    def lowering(self) -> str:
        """The heading of text that lowers the probe."""
        return f"Text that {self.does('lowers')}"

    def does(self, side: Literal["raises", "lowers"], *, is_many: bool = False) -> str:
        """What text of that side does: ``raises the bias``, of several texts ``raise the bias``."""
        verb, whom = (
            (side, self.noun) if self.draws is None else ("draws", self.draws[side == "lowers"])
        )
        return f"{verb[:-1] if is_many else verb} {whom}"


def title_of(name: str) -> str:
    """The title of the shipped probe of that name, else the name."""
    return next((entry.title for entry in catalogue() if entry.probe.name == name), name)


def probe_title(probe: Probe) -> str:
    """The title of a shipped probe, else the name that its author gave it."""
    title = title_of(probe.name)
    return probe.shown_name if title == probe.name else title


def described_title(description: Mapping[str, Any]) -> str:
    """``probe_title`` of ``Probe.to_dict()``; of a description of no probe its name or kind."""
    try:
        return probe_title(from_dict(description))
    except ClifError:
        return title_of(str(description.get("name") or description.get("kind") or ""))


def sentence_case(text: str) -> str:
    """The text with its first letter a capital, the rest unchanged."""
    return text[:1].upper() + text[1:]


def without_capitals(text: str) -> str:
    """``King Henry IV`` for ``KING HENRY IV``; text that is not all capitals is unchanged."""
    if not text.isupper():
        return text
    words = text.split()
    return " ".join(word if _ROMAN.fullmatch(word) else word.capitalize() for word in words)


def voice(probe: Probe, value: float) -> Voice:
    """The words for a probe that has this value; a WEAT below 0 asks about the other attribute."""
    if isinstance(probe, Weat):
        return _weat(probe, is_against=value < 0)
    if isinstance(probe, Similarity):
        both = f"{probe.word_1} and {probe.word_2}"
        return Voice(
            f"Why are {both} as similar as they are?",
            "the similarity",
            f"Without it {both} would be less similar.",
            f"Without it {both} would be more similar.",
        )
    if isinstance(probe, ClusterMembership):
        word, own, other = probe.word, probe.label_own, probe.label_other
        company = [part for part in own.split(", ") if part != word]  # where words name the cluster
        return Voice(
            f"Why does {word} lie with {', '.join(company) or own}, and not with {other}?",
            "the value",
            f"Without it {word} would lie nearer to {own}.",
            f"Without it {word} would lie nearer to {other}.",
            is_lowering_first=True,
            draws=(f"{word} away from its cluster", f"{word} to its cluster"),
        )
    name, noun = probe.shown_name, _noun(probe)
    if is_circle(probe):
        return Voice(
            name,
            noun,
            "Without it they would lie less near to each other, or nearer to the others.",
            "Without it they would lie nearer to each other, or less near to the others.",
            draws=("them together", "them apart"),
        )
    return Voice(
        name if name.endswith("?") else f"Which text made “{name}” what it is?",
        noun,
        f"Without it {noun} would be lower.",
        f"Without it {noun} would be higher.",
    )


def _noun(probe: Probe) -> str:
    """What the value of a formula is called by its author, in quotes; else ``the value``."""
    if not isinstance(probe, Formula) or not _NOUN.fullmatch(probe.name):
        return "the value"
    return "the value" if probe.name in probe.expression else f"“{probe.name}”"


def _weat(probe: Weat, *, is_against: bool) -> Voice:
    x, y, a, b = probe.label_x, probe.label_y, probe.label_a, probe.label_b
    noun = "the value" if is_against else "the bias"
    further, nearer = (", further below 0", ", nearer to 0") if is_against else ("", "")
    return Voice(
        f"Why do {x} lean more towards {b if is_against else a} than {y} do?",
        noun,
        f"It draws {x} towards {a}, or {y} towards {b}. Without it {noun} would be lower{further}.",
        f"It draws {x} towards {b}, or {y} towards {a}. Without it {noun} would be higher{nearer}.",
        is_lowering_first=is_against,
    )


def question(measured: ProbeReport) -> str:
    """The probe's question as a heading, as far as its verdict allows it."""
    return question_of(measured.probe, measured.value, measured.verdict.kind)


def question_of(probe: Probe, value: float, verdict_kind: str | None) -> str:
    """The question of a probe of this value: it asks *why* only of what was detected.

    ``verdict_kind`` None: not tested yet, so nothing is presupposed. Families other than WEAT ask
    about the value as it is, which needs no test.
    """
    asked = voice(probe, value).question
    if verdict_kind in ("holds", "this_model_only") or not isinstance(probe, Weat):
        return asked
    return asked.replace("Why do ", "Do ", 1)


def answer(measured: ProbeReport, *, has_meaning: bool = True) -> str:
    """The finding in one sentence, as far as the verdict allows it (``phrases.finding``).

    Families whose value makes no claim by itself give the value. They add what a positive value
    means, unless ``has_meaning`` is False.
    """
    probe, value, verdict = measured.probe, measured.value, measured.verdict
    if isinstance(probe, Weat):
        x, y, a, b = probe.label_x, probe.label_y, probe.label_a, probe.label_b
        claim = f"{x} lean more towards {a if value > 0 else b} than {y} do"
        asked = f"a difference between {x} and {y} in how they lean towards {a} and {b}"
        return sentence_case(finding(verdict, claim, asked))
    if isinstance(probe, Similarity):
        return sentence_case(f"{probe.word_1} and {probe.word_2} have a cosine of {number(value)}.")
    if isinstance(probe, ClusterMembership):
        near, far = probe.label_own, probe.label_other
        if value > 0:
            near, far = far, near
        claim = f"{probe.word} lies nearer to {near} than to {far}"
        asked = f"whether {probe.word} lies nearer to {near} or to {far}"
        return sentence_case(finding(verdict, claim, asked))
    found = f"The probe's value is {signed(value, 3)}."
    return f"{found} {measured.meaning}" if has_meaning else found
