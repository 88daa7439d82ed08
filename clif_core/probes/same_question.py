"""Whether two probes ask one model the same question, whatever they are called.

Two names can stand for one test: on a model that lacks the words in which they differ, WEAT 6 and
the shipped career probe are equal. What counts is the words *as found*: the order of words in a
set, the order of sets that may be exchanged (which changes the sign alone), labels, and which
figure of a family is reported do not matter.
"""

from __future__ import annotations

import hashlib
import json

from clif_core.probes.base import ResolvedProbe

__all__ = ["question_key"]

_Rows = list[int]


def question_key(resolved: ResolvedProbe) -> str:
    """24 hexadecimal digits, equal for the same question on the same vocabulary."""
    probe = resolved.probe
    described = probe.to_dict()
    question = {
        "kind": probe.kind,
        "sets": _canonical_sets(resolved),
        "parameters": {name: described[name] for name in probe.parameters},
    }
    text = json.dumps(question, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _canonical_sets(resolved: ResolvedProbe) -> list[_Rows]:
    """The rows of each set; what the order of words and of sets does not change is sorted away."""
    probe = resolved.probe
    rows: list[_Rows] = [found.ids.tolist() for found in resolved.sets]
    sets = [row if at in probe.tied_sets else sorted(row) for at, row in enumerate(rows)]
    if probe.tied_sets:
        first, second = probe.tied_sets
        sets[first], sets[second] = _canonical_pairs(rows[first], rows[second])
    for group in probe.interchangeable_sets:
        for at, row in zip(group, sorted(sets[i] for i in group), strict=True):
            sets[at] = row
    return sets


def _canonical_pairs(first: _Rows, second: _Rows) -> tuple[_Rows, _Rows]:
    """Pairs in an order of their own; turning all of them round turns the sign round."""
    pairs = min(sorted(zip(first, second, strict=True)), sorted(zip(second, first, strict=True)))
    return [a for a, _ in pairs], [b for _, b in pairs]
