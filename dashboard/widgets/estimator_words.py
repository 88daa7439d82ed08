"""What estimates are called on screen: the texts of the registry, and of the choice "best".

No Streamlit, no HTML: strings.
"""

from __future__ import annotations

from clif_core.influence.estimators import ESTIMATORS, canonical_name, find_estimator
from clif_core.phrases import sentence_case
from clif_core.workspace.rates import Expected
from dashboard.data.attribution import BEST
from dashboard.widgets.time_words import on_this_machine
from dashboard.wording import bind_units, say

__all__ = ["action_help", "certificate", "help_of", "in_sentence", "label_of"]


def label_of(name: str) -> str:
    """The label of an estimator, a baseline or "best"; its code name where it has none."""
    found = ESTIMATORS.get(canonical_name(name))
    if found is not None:
        return found.label
    return say("influence.estimator_best") if name == BEST else sentence_case(in_sentence(name))


def in_sentence(name: str) -> str:
    """An estimator or baseline within a sentence; its code name where it has no other."""
    found = ESTIMATORS.get(canonical_name(name))
    if found is not None:
        return found.in_sentence
    try:
        return say(f"trust.name_{name}")
    except KeyError:
        return name


def help_of(name: str) -> str:
    """One line about an estimator, or about "best"."""
    if name == BEST:
        return say("influence.estimator_best_help")
    return bind_units(find_estimator(name).help)


def action_help(name: str, expected: Expected) -> str:
    """What the button does that starts an estimator's job, and how long that takes."""
    return bind_units(find_estimator(name).action_help.format(time=on_this_machine(expected)))


def certificate(name: str, **values: str) -> str:
    """What kind of statement an answer is, with its ``{gaps}`` filled."""
    return bind_units(find_estimator(name).certificate.format(**values))
