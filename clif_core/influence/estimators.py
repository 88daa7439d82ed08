"""The registry of estimators: one entry each, with its algorithm, its texts, needs and cost.

Every list of estimators elsewhere (on screen, in reports, on the command line, in the fidelity
tables) is derived from ``ESTIMATORS``. A new estimator is an entry here, the file with its
algorithm, and a test. The registry imports no algorithm, so that it is read without torch.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from clif_core.errors import InputError
from clif_core.sgns.model import SkipGram

__all__ = [
    "CLOSED_FORM",
    "ENSEMBLE",
    "ESTIMATORS",
    "N_RUNS",
    "QUICK",
    "RUN_ESTIMATORS",
    "UNROLLED",
    "Cost",
    "Estimator",
    "Need",
    "canonical_name",
    "find_estimator",
    "run_estimator",
    "wire_name",
]

UNROLLED = "unrolled"
ENSEMBLE = "ensemble"
QUICK = "block"  # the default: it answers at once
N_RUNS = 8  # of a seed ensemble, unless more are asked for

Cost = Literal["instant", "seconds", "one training", "several trainings"]
Need = Literal["text", "context vectors", "settings", "repeatable run"]

_NEEDS: frozenset[Need] = frozenset({"text", "context vectors", "settings"})
_CLOSED_FORM = "clif_core.influence.closed_form"
_SOLVED = (
    "A prediction of retraining without the text, by {estimator}, damping {damping}; {solved},"
    " {seconds} s on the {device}."
)
_CARE_OF_CURVATURE = (
    "The effects are an estimate from the curvature at the trained vectors. Its correlation "
    "with the exact derivative of the training is limited: take the order as where to read first, "
    "not as a measurement of each sentence."
)


@dataclass(frozen=True)
class Estimator:
    """How removal effects can be estimated, and everything that is said of it.

    Attributes
    ----------
    name : in the code, on the command line, in JSON
    label : on every screen, in lists, tables and legends
    in_sentence : within a sentence, with its article
    help : one line that follows the label where estimators are listed
    certificate : said of a computed answer; a format with ``{seconds}`` and ``{device}``, for
        closed forms also ``{estimator}``, ``{damping}`` and ``{solved}``
    care : how far a reader of a report may trust the effects
    cost : of one probe
    algorithm : "module:function" of a closed form; empty where the method of ``InfluenceEngine``
        called ``name`` differentiates whole training runs
    damping : default; None where the estimator has no damping
    has_size : False where only the order of its effects has a meaning
    reads_pairs : whether it scores word pairs, or contexts as a whole
    has_negatives : whether the gradient of a text counts its negatives
    is_offered : in the dashboard's lists
    action, action_help : the button that starts its job, where it is one; the help is a format
        with ``{time}``, such as "about 50 s on this machine"
    aliases : earlier names, still read everywhere
    stored_as : its name in store keys, where that is not ``name``
    wire_name : its name in links and in job requests, where that is not ``name``
    version : of the algorithm; raise it when the numbers change, and cached results are left alone
    """

    name: str
    label: str
    in_sentence: str
    help: str
    cost: Cost
    algorithm: str = ""
    certificate: str = _SOLVED
    care: str = _CARE_OF_CURVATURE
    needs: frozenset[Need] = _NEEDS
    damping: float | None = None
    is_baseline: bool = False
    has_size: bool = True
    reads_pairs: bool = True
    has_negatives: bool = True
    is_offered: bool = True
    action: str = ""
    action_help: str = ""
    aliases: tuple[str, ...] = ()
    stored_as: str = ""
    wire_name: str = ""
    version: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "stored_as", self.stored_as or self.name)
        object.__setattr__(self, "wire_name", self.wire_name or self.name)

    @property
    def is_of_runs(self) -> bool:
        """Whether it differentiates training runs: long work, a job where somebody waits."""
        return not self.algorithm

    @property
    def default_damping(self) -> float:
        """As a number: 0 where the estimator has no damping."""
        return self.damping or 0.0

    def load(self) -> Callable[..., Any]:
        """The function of a closed form (``clif_core.influence.closed_form``)."""
        module, _, function = self.algorithm.partition(":")
        found: Callable[..., Any] = getattr(importlib.import_module(module), function)
        return found


_ENTRIES = (
    Estimator(
        UNROLLED,
        label="Exact derivative",
        in_sentence="the exact derivative",
        help="unrolled: the derivative of the training run itself, by a reverse pass through all"
        " its steps. Computed once, then stored.",
        cost="one training",
        certificate="The derivative of the training run itself: to first order, the leave-one-out"
        " effect of training again without the text. {seconds} s on the {device}.",
        care="The effects are the derivative of this very training run by the weight of every token"
        " position: exact for the run, first order in the size of what is removed.",
        needs=_NEEDS | {"repeatable run"},
        reads_pairs=False,
        action="Compute the exact derivative",
        action_help="Repeats the whole training and differentiates it in the background: {time};"
        " then it is stored. The quick estimate stays on screen meanwhile.",
    ),
    Estimator(
        ENSEMBLE,
        label="Seed ensemble",
        in_sentence="the seed ensemble",
        help="ensemble: the derivatives of other trainings of this text with these settings,"
        " averaged; where they disagree, the quick estimate counts. Says what holds in every"
        " training. Shown run by run, then stored.",
        cost="several trainings",
        certificate="The derivative of other trainings of this text: to first order, what a"
        " training without the text would change. {seconds} s on the {device}.",
        care="The effects are the derivative of other trainings of the same text and settings,"
        " averaged, and drawn towards the quick estimate where those trainings disagree: what a"
        " training would give, not what this one did; first order in the size of what is removed.",
        reads_pairs=False,
        action="Compute the seed ensemble",
        action_help="Trains the text eight times more with the same settings and other seeds, and"
        " differentiates each of those runs in the background: {time}. Each run is stored when it"
        " is done. The quick estimate stays on screen meanwhile.",
        aliases=("twins",),
        stored_as="twins shrunk",
        wire_name="twins",
    ),
    Estimator(
        QUICK,
        label="Quick estimate",
        in_sentence="the quick estimate",
        help="block: the influence function of each word of the probe by itself, its context"
        " vectors held fixed.",
        cost="instant",
        algorithm=f"{_CLOSED_FORM}:block",
        damping=10.0,
    ),
    Estimator(
        "gauss_newton",
        label="Gauss-Newton",
        in_sentence="Gauss-Newton",
        help="gauss_newton: the influence function with all vectors moving together; the"
        " Gauss-Newton matrix in place of the Hessian. Some seconds.",
        cost="seconds",
        algorithm=f"{_CLOSED_FORM}:gauss_newton",
        damping=10.0,
    ),
    Estimator(
        "absolute",
        label="Absolute curvature",
        in_sentence="absolute curvature",
        help="absolute: the inverse of the absolute Hessian, for models whose training stopped"
        " early. Some seconds.",
        cost="seconds",
        algorithm=f"{_CLOSED_FORM}:absolute",
        damping=10.0,
    ),
    Estimator(
        "exact",
        label="Full Hessian",
        in_sentence="the full Hessian",
        help="exact: the inverse Hessian-vector product; stops where the curvature turns negative,"
        " and says so.",
        cost="seconds",
        algorithm=f"{_CLOSED_FORM}:exact",
        damping=10.0,
    ),
    Estimator(
        "gradient",
        label="Plain gradient",
        in_sentence="the plain gradient",
        help="gradient: TracIn with one checkpoint, no curvature; a baseline. Only the order"
        " counts, not the size.",
        cost="instant",
        algorithm=f"{_CLOSED_FORM}:gradient",
        is_baseline=True,
        has_size=False,
    ),
    Estimator(
        "published",
        label="CLIF as released",
        in_sentence="CLIF as released",
        help="published: the estimator of the CLIF release, positives and centre vectors alone;"
        " a baseline. Only the order counts, not the size.",
        cost="instant",
        algorithm=f"{_CLOSED_FORM}:published",
        damping=0.25,
        is_baseline=True,
        has_size=False,
        has_negatives=False,
        is_offered=False,
    ),
)

#: Every estimator by name, in the order of every list.
ESTIMATORS = {entry.name: entry for entry in _ENTRIES}
#: Names of those that differentiate training runs, and of the rest.
RUN_ESTIMATORS = tuple(entry.name for entry in _ENTRIES if entry.is_of_runs)
CLOSED_FORM = tuple(entry.name for entry in _ENTRIES if not entry.is_of_runs)

_ALIASES = {alias: entry.name for entry in _ENTRIES for alias in entry.aliases}


def canonical_name(name: str) -> str:
    """Today's name of an estimator that was given by an earlier one; any other name as it is."""
    return _ALIASES.get(name, name)


def wire_name(name: str) -> str:
    """The name of an estimator in links and job requests; any other name as it is."""
    found = ESTIMATORS.get(canonical_name(name))
    return name if found is None else found.wire_name


def find_estimator(name: str) -> Estimator:
    """The entry of a name or of an alias; InputError for an unknown one."""
    found = ESTIMATORS.get(canonical_name(name))
    if found is None:
        raise InputError(f"unknown estimator {name!r}; known: {', '.join(ESTIMATORS)}.")
    return found


def run_estimator(model: SkipGram) -> str:
    """The estimator that a model allows: by its own training run, else the seed ensemble."""
    return next(
        name
        for name in RUN_ESTIMATORS
        if model.is_repeatable or "repeatable run" not in ESTIMATORS[name].needs
    )
