"""How a probe and its effects are put into words. No Streamlit, no HTML: plain strings.

Two subjects, never mixed up. *Text* raises or lowers a probe; *removing* it does the opposite. A
removal effect below 0 (removing lowers the probe) therefore belongs to text that raises it, and
colours and headings go by what the text does. Figures are written as in a report.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from clif_core.probes import ClusterMembership, Probe, ResolvedProbe, Similarity, Weat, catalogue
from clif_core.report.wording import number, p_value, probe_title, signed
from dashboard.wording import say

__all__ = [
    "Voice",
    "movement",
    "number",
    "p_value",
    "probe_title",
    "removal",
    "sentence_case",
    "share",
    "signed",
    "title_of",
    "voice",
]

_SMALLEST_SHARE_BASE = 0.02  # below this a value is too near 0 for a share of it to mean much


@dataclass(frozen=True)
class Voice:
    """The words of one probe: its question, what to call it, and the two kinds of text."""

    question: str
    noun: str
    raising: str  # heading of text that raises the probe: removing it lowers the value
    raising_lead: str
    lowering: str
    lowering_lead: str
    is_lowering_first: bool = False  # the text that the question asks for lowers the probe


def title_of(name: str) -> str:
    """As ``probe_title``, for a probe of which only the name is known."""
    return next((e.title for e in catalogue() if e.probe.name == name), name)


def sentence_case(text: str) -> str:
    """The text with its first letter a capital, the rest as it is."""
    return text[:1].upper() + text[1:]


def voice(probe: Probe, value: float) -> Voice:
    """The words for a probe that has this value."""
    if isinstance(probe, Weat):
        return _weat_voice(probe, value)
    if isinstance(probe, Similarity):
        words = {"first": probe.word_1, "second": probe.word_2}
        return _from_wording("similarity", **words)
    if isinstance(probe, ClusterMembership):
        labels = {"word": probe.word, "own": probe.label_own, "other": probe.label_other}
        return replace(_from_wording("cluster", **labels), is_lowering_first=True)
    return _from_wording("other", name=probe.name)


def _from_wording(kind: str, **values: str) -> Voice:
    names = ("question", "noun", "raising", "raising_lead", "lowering", "lowering_lead")
    question, noun, raising, raising_lead, lowering, lowering_lead = (
        say(f"voice.{kind}_{name}", **values) for name in names
    )
    return Voice(question, noun, raising, raising_lead, lowering, lowering_lead)


def _weat_voice(probe: Weat, value: float) -> Voice:
    x, y = probe.label_x, probe.label_y
    a, b = probe.label_a, probe.label_b
    if value < 0:
        return _from_wording("weat_against", x=x, y=y, a=a, b=b)
    return _from_wording("weat", x=x, y=y, a=a, b=b)


def removal(effect: float, words: Voice, what: str = "this") -> str:
    """``Removing this lowers the bias by 0.0017``; never a bare score. ``what``: a wording."""
    values = {"what": say(f"voice.{what}"), "noun": words.noun}
    if effect == 0:
        return say("voice.no_change", **values)
    key = "voice.removal_lowers" if effect < 0 else "voice.removal_raises"
    return say(key, size=number(abs(effect)), **values)


def share(effect: float, value: float) -> str:
    """The effect as a share of the probe's value: ``0.8 % of it``; empty where that misleads."""
    if abs(value) < _SMALLEST_SHARE_BASE or not math.isfinite(value):
        return ""
    percent = 100 * abs(effect / value)
    if percent > 100:
        return ""
    return say("voice.share", percent=number(percent) if percent >= 0.01 else "under 0.01")


def movement(resolved: ResolvedProbe, word: str, effect: float) -> str:
    """Which way the word moves without the text; empty where the probe's form does not say.

    ``effect`` is what the contexts of that centre word contribute. True for the difference of means
    and the statistic, where every word counts the same way; the effect size is left unsaid, because
    there an outlying word counts with the opposite sign.
    """
    if effect == 0:
        return ""
    ends = _ends(resolved, word)
    if ends is None:
        return ""
    origin, goal = ends if effect < 0 else ends[::-1]
    return say("voice.moves", word=word, origin=origin, goal=goal)


def _ends(resolved: ResolvedProbe, word: str) -> tuple[str, str] | None:
    """(from, to): where the word moves when a removal lowers the probe through it."""
    probe = resolved.probe
    homes = [i for i, found in enumerate(resolved.sets) if word in found.words]
    if isinstance(probe, ClusterMembership) and 0 in homes:  # in its own centroid too
        return (probe.label_other, probe.label_own)
    if len(homes) != 1:
        return None
    home = homes[0]
    if isinstance(probe, Weat) and probe.quantity != "effect_size":
        x, y, a, b = probe.label_x, probe.label_y, probe.label_a, probe.label_b
        return ((a, b), (b, a), (x, y), (y, x))[home]
    if isinstance(probe, Similarity):
        other = resolved.sets[1 - home].words[0]
        return (other, say("voice.elsewhere"))
    return None
