"""The words of a report: numbers as people read them, and what a probe asks and answers.

Two subjects, never mixed up: *text* raises or lowers a probe; *removing* it does the opposite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from clif_core.measurement.probe_report import ProbeReport
from clif_core.probes import ClusterMembership, Probe, Similarity, Weat, catalogue

__all__ = [
    "DETECTED",
    "Voice",
    "answer",
    "fixed",
    "number",
    "p_value",
    "percent",
    "probe_title",
    "removal",
    "signed",
    "through",
    "voice",
]

DETECTED = 0.05  # a permutation p below this is called "detected by this probe"


@dataclass(frozen=True)
class Voice:
    """The question of a probe, what to call its value, and the headings of the two kinds of text.

    ``raising`` heads the text that raises the probe: removing it lowers the value.
    """

    question: str
    noun: str
    raising: str
    raising_lead: str
    lowering: str
    lowering_lead: str


def probe_title(probe: Probe) -> str:
    """The title of a shipped probe, else the name that its author gave it."""
    return {e.probe.name: e.title for e in catalogue()}.get(probe.name, probe.name)


def voice(probe: Probe, value: float) -> Voice:
    """The words for a probe that has this value."""
    if isinstance(probe, Weat):
        x, y, a, b = probe.label_x, probe.label_y, probe.label_a, probe.label_b
        is_against = value < 0
        noun = "value" if is_against else "bias"
        return Voice(
            f"Why do {x} lean more towards {b if is_against else a} than {y} do?",
            f"the {noun}",
            f"Text that raises the {noun}",
            f"It draws {x} towards {a}, or {y} towards {b}. Without it the {noun} would be lower.",
            f"Text that lowers the {noun}",
            f"It draws {x} towards {b}, or {y} towards {a}. Without it the {noun} would be higher.",
        )
    if isinstance(probe, Similarity):
        one, two = probe.word_1, probe.word_2
        return _plain(f"Why are {one} and {two} as similar as they are?", "the similarity")
    if isinstance(probe, ClusterMembership):
        question = f"Why is {probe.word} in {probe.label_own} and not in {probe.label_other}?"
        return _plain(question, "the distance to its own cluster")
    return _plain(f"Which text made “{probe.name}” what it is?", "the probe")


def _plain(question: str, noun: str) -> Voice:
    return Voice(
        question,
        noun,
        f"Text that raises {noun}",
        f"Without it {noun} would be lower.",
        f"Text that lowers {noun}",
        f"Without it {noun} would be higher.",
    )


def answer(measured: ProbeReport) -> str:
    """What was found, in one sentence; "not detected" is never "no bias"."""
    probe, value, test = measured.probe, measured.value, measured.permutation
    if isinstance(probe, Weat):
        x, y, a, b = probe.label_x, probe.label_y, probe.label_a, probe.label_b
        if test is not None and test.p_two_sided >= DETECTED:
            return (
                f"Not detected by this probe: {x} and {y} do not lean differently towards {a} and "
                f"{b}, beyond chance."
            )
        return _capital(f"{x} lean more towards {a if value > 0 else b} than {y} do.")
    if isinstance(probe, Similarity):
        return f"{probe.word_1} and {probe.word_2} have a cosine of {number(value)}."
    if isinstance(probe, ClusterMembership):
        near, far = probe.label_own, probe.label_other
        if value > 0:
            near, far = far, near
        return f"{probe.word} lies nearer to {near} than to {far}."
    return f"The probe's value is {signed(value, 3)}. {measured.meaning}"


def removal(effect: float, noun: str) -> str:
    """``Removing this lowers the bias by 0.0017``."""
    verb = "lowers" if effect < 0 else "raises"
    return f"Removing this {verb} {noun} by {number(abs(effect))}"


def through(words: Sequence[str], n_words: int, is_one: bool) -> str:
    """Through which words a sentence acts (``report.carriers``); the words may come marked up."""
    if not words:
        return ""
    if is_one:
        return f"{'mostly ' * (n_words > 1)}through {words[0]}"
    return f"spread over {n_words} words, most through {' and '.join(words)}"


def number(value: float | None, digits: int = 2) -> str:
    """A plain decimal with ``digits`` significant digits, at least two decimals: never 1e-05."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    decimals = max(2, digits - 1 - math.floor(math.log10(abs(value))))
    if abs(value) >= 10:
        decimals = 1 if abs(value) < 100 else 0
    return f"{value:,.{min(decimals, 8)}f}".replace("-", "−")


def fixed(value: float | None, decimals: int = 3) -> str:
    """With as many decimals in every row of a column, and a true minus sign."""
    return (
        "–"
        if value is None or not math.isfinite(value)
        else f"{value:.{decimals}f}".replace("-", "−")
    )


def signed(value: float | None, digits: int = 2) -> str:
    """As ``number``, with + or a true minus sign."""
    return ("+" if value is not None and value > 0 else "") + number(value, digits)


def percent(share: float) -> str:
    """``0.012`` as ``1.2 %``; ``0.4`` as ``40 %``."""
    return f"{100 * share:.0f} %" if abs(share) >= 0.1 else f"{number(100 * share)} %"


def p_value(p: float) -> str:
    """``p = 0.012``, ``p < 0.001``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
