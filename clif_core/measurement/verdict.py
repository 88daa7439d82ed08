"""The verdict on a probe: one rule for the page, the report, the API and the command line.

A probe's value is compared with chance in two ways: by splits of its own words
(``permutation``, where the family has two exchangeable groups) and by random words of similar
frequency (``nulls``). They ask different questions, and a finding needs both, so the p of a
training is the larger of the two (an intersection-union test: Berger 1982, Technometrics 24).
A training *detects* the probe where that p is below ``DETECTED``. The verdict is then

    not_testable      the words allow no p below ``DETECTED``, or the probe has no test
    not_detected      this model does not detect it
    holds             this model does, and with it at least ``HOLDS_SHARE`` of the trainings at
                      hand detect it with the same sign; there are two or more
    this_model_only   this model does, but the other trainings do not, or there are none

The trainings are those that came with the model (``SkipGram.other_seeds``): they differ from it in
the random seed alone. Of three, ``HOLDS_SHARE`` asks all; of five, four.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = [
    "DETECTED",
    "HOLDS_SHARE",
    "KINDS",
    "TrainingTest",
    "Verdict",
    "VerdictKind",
    "judge",
]

DETECTED = 0.05  # a training whose p is below this detects the probe
HOLDS_SHARE = 0.8  # of the trainings must detect it, with the sign that it has in this model

VerdictKind = Literal["holds", "this_model_only", "not_detected", "not_testable"]
KINDS: tuple[VerdictKind, ...] = get_args(VerdictKind)


@dataclass(frozen=True)
class TrainingTest:
    """A probe on one training: its value and its two-sided p-values; None where there is no test.

    ``p_permutation`` is over splits of the probe's own words, ``p_nulls`` over random words.
    """

    seed: int
    value: float
    p_permutation: float | None
    p_nulls: float | None

    @property
    def p(self) -> float | None:
        """The larger of the two, or the one that there is."""
        found = [p for p in (self.p_permutation, self.p_nulls) if p is not None]
        return max(found, default=None)

    @property
    def is_detected(self) -> bool:
        return self.p is not None and self.p < DETECTED


@dataclass(frozen=True)
class Verdict:
    """What may be said of a probe; ``phrases.verdict_reason`` gives the reason in a sentence.

    ``trainings`` has this model first; ``smallest_p`` is the smallest p that the tests can give on
    so many words, None where the probe has no test; ``detected_below`` is the threshold for p.
    """

    kind: VerdictKind
    trainings: tuple[TrainingTest, ...]
    smallest_p: float | None
    detected_below: float = DETECTED

    @property
    def own(self) -> TrainingTest:
        return self.trainings[0]

    @property
    def p(self) -> float | None:
        """Of this model's training."""
        return self.own.p

    @property
    def n_trainings(self) -> int:
        return len(self.trainings)

    @property
    def n_agreeing(self) -> int:
        """Trainings, this one included, that detect the probe with the sign it has here."""
        return sum(t.is_detected and t.value * self.own.value > 0 for t in self.trainings)


def judge(trainings: Sequence[TrainingTest], smallest_p: float | None) -> Verdict:
    """The verdict from the trainings, this model's own first, by the rule of this module."""
    open_verdict = Verdict("not_testable", tuple(trainings), smallest_p)
    if smallest_p is None or smallest_p >= DETECTED:
        return open_verdict
    kind: VerdictKind = "not_detected"
    if open_verdict.own.is_detected:
        n, n_agreeing = open_verdict.n_trainings, open_verdict.n_agreeing
        kind = "holds" if n > 1 and n_agreeing >= HOLDS_SHARE * n else "this_model_only"
    return Verdict(kind, open_verdict.trainings, smallest_p)
