"""What removing text would do to a probe, and through which words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from clif_core.phrases.numbers import compared, fixed, number
from clif_core.probes import ClusterMembership, ResolvedProbe, Similarity, Weat

__all__ = ["movement", "pull", "pulls", "removal", "share", "side_of", "thinned", "through"]

_N_THINNED = 3  # words named
_SMALLEST_SHARE_BASE = 0.02  # below this a value is too near 0 for a share of it to mean much


def side_of(effect: float) -> Literal["raises", "lowers"]:
    """What the *text* of a removal effect does to the probe: the opposite of its removal."""
    return "raises" if effect < 0 else "lowers"


def removal(effect: float, noun: str, what: str = "this", shown: int | None = None) -> str:
    """``Removing this lowers the bias by 0.0017``; ``shown`` are the decimals of its list."""
    if effect == 0:
        return f"Removing {what} does not change {noun}"
    verb = "lowers" if effect < 0 else "raises"
    size = number(abs(effect)) if shown is None else fixed(abs(effect), shown)
    return f"Removing {what} {verb} {noun} by {size}"


def share(effect: float, value: float) -> str:
    """The effect as a share of the probe's value: ``about a sixth of it``, ``0.80 % of it``.

    Empty where that misleads.
    """
    if abs(value) < _SMALLEST_SHARE_BASE or not math.isfinite(value) or abs(effect) > abs(value):
        return ""
    return f"{compared(abs(effect / value))} of it"


def through(words: Sequence[str], n_words: int, is_one: bool) -> str:
    """The words through which a sentence acts: ``mostly through he``; empty without a word.

    Arguments as in ``report.carriers.Carriers``. ``words`` may be ``{}`` gaps to fill later.
    """
    if not words:
        return ""
    if is_one:
        return f"{'mostly ' * (n_words > 1)}through {words[0]}"
    return f"spread over {n_words} words, most through {' and '.join(words)}"


def movement(resolved: ResolvedProbe, word: str, effect: float) -> str:
    """Which way the word moves without the text; empty where the probe's form does not say.

    ``effect`` is the sum over the contexts of that centre word. Valid for the difference of means
    and the statistic, where every word counts with the same sign; not for the effect size, where an
    outlying word counts with the opposite sign.
    """
    if effect == 0:
        return ""
    ends = _ends(resolved, word)
    if ends is None:
        return ""
    origin, goal = ends if effect < 0 else ends[::-1]
    return f"without it, {word} moves from {origin} towards {goal}"


def pull(resolved: ResolvedProbe, word: str, effect: float) -> tuple[str, str] | None:
    """(word, end): the text pulls this word towards that end of the probe; None as ``movement``.

    The end is the name of a set of words, or the other word of a similarity.
    """
    ends = _ends(resolved, word) if effect else None
    if ends is None:
        return None
    return word, ends[0] if effect < 0 else ends[1]


def pulls(pull: Sequence[str] | None, effect: float, noun: str) -> str:
    """In plain words what the text does: ``Pulls he towards war``, else ``Raises the bias``.

    ``pull`` as the function of that name gives it; its end may also be words of the text
    (``report.carriers.pull_of``). Its parts may be ``{}`` gaps to fill later.
    """
    if pull is None:
        return f"{side_of(effect).capitalize()} {noun}"
    word, end = pull
    return f"Pulls {word} towards {end}"


def thinned(words: Sequence[tuple[str, int, int]], weight: float = 0.0) -> str:
    """``takes 7 of the 19 occurrences of crown and 4 of the 7 of diana``; empty without words.

    ``words``: (word, how many of its occurrences an edit names, how many there are), worst first;
    the first three are named. The verb is that of the edit's weight.
    """
    if not words:
        return ""
    verb = "takes" if weight == 0 else "changes the weight of"
    (word, n, total), *others = words[:_N_THINNED]
    named = [f"{n:,} of the {total:,} occurrences of {word}"]
    named += [f"{n:,} of the {total:,} of {word}" for word, n, total in others]
    if len(words) > _N_THINNED:
        n_more = len(words) - _N_THINNED
        named.append(f"much of {n_more:,} more word{'s' * (n_more > 1)}")
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return f"{verb} {listed}"


def _ends(resolved: ResolvedProbe, word: str) -> tuple[str, str] | None:
    """(from, to): where the word moves when a removal lowers the probe through it."""
    probe = resolved.probe
    homes = [at for at, found in enumerate(resolved.sets) if word in found.words]
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
        return (other, "other words")
    return None
