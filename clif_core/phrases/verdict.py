"""A verdict in words: its name, its reason in a sentence, and the finding that it qualifies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clif_core.phrases.numbers import number, p_value, span

if TYPE_CHECKING:
    from clif_core.measurement.verdict import Verdict

__all__ = ["finding", "verdict_kind_name", "verdict_name", "verdict_reason"]

_NAMES = {
    "holds": "Holds",
    "this_model_only": "Holds in this model only",
    "not_detected": "Not detected",
    "not_testable": "Cannot be tested with so few words",
}
_ONE_TRAINING = "No other training is at hand, so the verdict is of this one training."


def verdict_name(verdict: Verdict) -> str:
    """The verdict in two to seven words."""
    if verdict.smallest_p is None:
        return "Cannot be tested"
    return verdict_kind_name(verdict.kind)


def verdict_kind_name(kind: str) -> str:
    """The name of a kind of verdict alone."""
    return _NAMES[kind]


def finding(verdict: Verdict, claim: str, open_question: str) -> str:
    """The ``claim`` as far as the verdict allows it.

    ``claim`` is a clause, such as ``men lean more towards war than women do``; ``open_question``
    names what was asked without an answer, such as ``a difference between men and women``.
    """
    if verdict.kind == "holds":
        return f"{claim}."
    if verdict.kind == "this_model_only":
        only = " only" if verdict.n_trainings > 1 else ""
        return f"In this model{only}, {claim}."
    if verdict.kind == "not_detected":
        return f"Not detected by this probe: {open_question}."
    return f"{verdict_name(verdict)}: {open_question}."


def verdict_reason(verdict: Verdict) -> str:
    """Why the verdict is what it is, from its figures; one sentence, or two."""
    if verdict.kind == "not_testable":
        return _why_not_testable(verdict)
    if verdict.kind == "not_detected":
        return f"{_why_not_detected(verdict)} {_others(verdict)}"
    p = p_value(verdict.p or 0.0)
    tests = _tests(verdict)
    if verdict.n_trainings == 1:
        return f"Detected in this model: {tests} ({p}). {_ONE_TRAINING}"
    if verdict.kind == "holds":
        return (
            f"Detected with the same sign in {verdict.n_agreeing} of {verdict.n_trainings}"
            f" trainings that differ in the random seed, this one included."
            f" {tests[0].upper()}{tests[1:]} ({p} in this one)."
            f" These {verdict.n_trainings} trainings give {_range(verdict)}."
        )
    return f"Detected in this model: {tests} ({p}). {_others(verdict)}"


def _why_not_testable(verdict: Verdict) -> str:
    if verdict.smallest_p is None:
        return "This probe has no test against chance: its value is given without a verdict."
    smallest = number(min(verdict.smallest_p, 1.0))
    return (
        f"So few words allow no p below {smallest}, and a finding needs one below"
        f" {verdict.detected_below}:"
        " whatever the model holds, this test cannot show it. Add words that the model knows."
    )


def _why_not_detected(verdict: Verdict) -> str:
    own = verdict.own
    p = p_value(verdict.p or 0.0)
    if own.p_nulls is not None and own.p_nulls == verdict.p:
        also = ""
        if own.p_permutation is not None and own.p_permutation < verdict.detected_below:
            also = f", though splits of its own words hardly do ({p_value(own.p_permutation)})"
        return f"Random words as frequent as these lie as far from 0 with {p}{also}."
    return f"Splits of the same words made by chance lie as far apart with {p}."


def _tests(verdict: Verdict) -> str:
    """What it was compared with, where it was detected."""
    own = verdict.own
    compared = []
    if own.p_permutation is not None:
        compared.append("few splits of the same words by chance")
    if own.p_nulls is not None:
        compared.append("few random words as frequent")
    return f"{' and '.join(compared)} lie as far out"


def _others(verdict: Verdict) -> str:
    """What the other trainings say, where the probe was not found to hold in them."""
    if verdict.n_trainings == 1:
        return _ONE_TRAINING
    n_others = verdict.n_trainings - 1
    n_detecting = sum(t.is_detected for t in verdict.trainings[1:])
    found = "none" if n_detecting == 0 else f"{n_detecting}"
    return (
        f"Of {n_others} other training{'s' * (n_others > 1)}, with other random seeds, {found}"
        f" detect{'s' * (n_detecting <= 1)} it (with this one {_range(verdict)})."
    )


def _range(verdict: Verdict) -> str:
    return span(*(training.value for training in verdict.trainings))
