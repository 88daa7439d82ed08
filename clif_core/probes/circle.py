"""The question of words circled on the map: how much nearer they lie to each other than to others.

    value = mean cosine of the circled words with each other - their mean cosine with the others

A ``Formula`` of two named sets; links and files hold it as any other formula.
"""

from __future__ import annotations

from collections.abc import Sequence

from clif_core.probes.base import Probe
from clif_core.probes.formula import Formula

__all__ = ["circle_probe", "is_circle"]

_EXPRESSION = "mean(cos(@circled, @circled)) - mean(cos(@circled, @others))"


def circle_probe(
    name: str, circled: Sequence[str], others: Sequence[str], positive: str
) -> Formula:
    """The probe of the circled words; ``positive``: what a value above 0 means, in a sentence.

    Raises InputError where a set has no word.
    """
    sets = {"circled": tuple(circled), "others": tuple(others)}
    return Formula(name, _EXPRESSION, sets, positive)


def is_circle(probe: Probe) -> bool:
    """Whether the probe asks what ``circle_probe`` asks, of whatever words."""
    return isinstance(probe, Formula) and probe.expression == _EXPRESSION
