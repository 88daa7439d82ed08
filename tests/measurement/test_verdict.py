"""The verdict on a probe: the rule, what is said of it, and the shipped probes on the samples."""

from __future__ import annotations

import re

import numpy as np
import pytest

from clif_core import phrases
from clif_core.measurement import TrainingTest, Verdict, judge, measure
from clif_core.measurement.permutation import permutation_test
from clif_core.probes import Formula, Weat, find_probe
from clif_core.sgns.model import SkipGram
from clif_core.workspace.workspace import Workspace
from tests.probe_examples import random_model, weat


def training(value: float = 1.0, p: float = 0.01, p_nulls: float | None = 0.02) -> TrainingTest:
    return TrainingTest(1, value, p, p_nulls)


FOUND, LOST = training(), training(p_nulls=0.2)


@pytest.mark.parametrize(
    ("trainings", "kind"),
    [
        ([FOUND, FOUND, FOUND], "holds"),
        ([FOUND, FOUND], "holds"),
        ([FOUND, FOUND, LOST], "this_model_only"),
        ([FOUND, *[FOUND] * 3, LOST], "holds"),  # four of five
        ([FOUND, training(-1.0), FOUND], "this_model_only"),  # another sign
        ([FOUND], "this_model_only"),
        ([LOST, FOUND, FOUND, FOUND, FOUND], "not_detected"),
        ([training(p=0.2, p_nulls=None)], "not_detected"),
        ([training(p=0.05), FOUND], "not_detected"),  # not below the threshold
    ],
)
def test_the_rule(trainings: list[TrainingTest], kind: str) -> None:
    assert judge(trainings, smallest_p=0.002).kind == kind
    assert judge(trainings, smallest_p=0.05).kind == "not_testable"
    assert judge(trainings, smallest_p=None).kind == "not_testable"


def test_the_p_of_a_training_is_the_larger_one() -> None:
    assert training(p=0.3, p_nulls=0.1).p == 0.3
    assert TrainingTest(1, 1.0, None, 0.1).p == 0.1
    assert TrainingTest(1, 1.0, None, None).p is None


@pytest.mark.parametrize(("n", "m"), [(3, 3), (2, 3), (1, 8), (4, 4)])
def test_the_smallest_p_is_that_of_the_most_extreme_split(n: int, m: int) -> None:
    rng = np.random.default_rng(n + m)
    values = np.sort(rng.exponential(size=n + m) + np.geomspace(1, 50, n + m))[::-1]
    test = permutation_test(values[:n], values[n:])
    assert test.p_two_sided == pytest.approx(test.smallest_p)
    sampled = permutation_test(np.arange(5.0, 8), np.zeros(4), n_draws=99, max_exact=1)
    assert sampled.smallest_p == 1 / 100


def test_other_trainings_are_tested_like_the_own_one() -> None:
    model, other = random_model(n_extra=200), random_model(n_extra=200, seed=9)
    several = SkipGram(
        "m", model.vocabulary, model.centre_vectors, other_seeds={7: other.centre_vectors}
    )
    verdict = measure(weat(), several, n_nulls=200).verdict
    alone = measure(weat(), other, n_nulls=200).verdict.own
    assert [t.seed for t in verdict.trainings] == [0, 7]
    assert verdict.trainings[1].value == pytest.approx(alone.value)
    assert verdict.trainings[1].p_permutation == alone.p_permutation
    assert verdict.trainings[1].p_nulls == alone.p_nulls


def test_a_probe_without_a_test_gets_no_verdict() -> None:
    report = measure(weat(), random_model(n_extra=100), n_permutations=0, n_nulls=0, n_resamples=0)
    assert report.verdict.kind == "not_testable"
    assert phrases.verdict_name(report.verdict) == "Cannot be tested"
    assert "no test against chance" in phrases.verdict_reason(report.verdict)


def said(verdict: Verdict) -> str:
    return f"{phrases.verdict_name(verdict)}. {phrases.verdict_reason(verdict)}".replace(
        "\xa0", " "
    )


def test_each_verdict_says_why() -> None:
    holds = said(judge([FOUND, training(2.0)], 0.002))
    assert holds.startswith("Holds. Detected with the same sign in 2 of 2 trainings")
    assert "(p = 0.020 in this one). These 2 trainings give 1.00 to 2.00." in holds
    only = said(judge([FOUND, LOST, LOST], 0.002))
    assert only.startswith("Holds in this model only. Detected in this model: few splits")
    assert "Of 2 other trainings, with other random seeds, none detects it" in only
    one = said(judge([FOUND], 0.002))
    assert one.endswith("No other training is at hand, so the verdict is of this one training.")
    lost = said(judge([LOST, FOUND], 0.002))
    assert lost.startswith("Not detected. Random words as frequent as these lie as far from 0 with")
    assert "though splits of its own words hardly do (p = 0.010)" in lost
    assert "Of 1 other training, with other random seeds, 1 detects it" in lost
    few = said(judge([LOST], 0.1))
    assert few.startswith("Cannot be tested with so few words. So few words allow no p below 0.10")


def test_the_answer_claims_no_more_than_the_verdict() -> None:
    """ "Do not lean differently" would be a finding; the test only did not find."""
    model = random_model(n_extra=200)
    report = measure(weat(), model)
    assert report.verdict.kind == "not_detected"
    assert phrases.answer(report) == (
        "Not detected by this probe: a difference between men and women in how they lean towards"
        f" {weat().label_a} and {weat().label_b}."
    )
    assert phrases.question(report).startswith("Do men lean")
    probe = weat()
    few = Weat(
        "few", probe.targets_x[:2], probe.targets_y[:2], probe.attributes_a, probe.attributes_b
    )
    assert phrases.answer(measure(few, model)).startswith("Cannot be tested with so few words: a")
    plain = Formula("f", "cos(he, she)", {})
    assert re.match(r"The probe's value is .0\.\d+\.", phrases.answer(measure(plain, model)))


@pytest.mark.parametrize(
    ("model", "probe", "kind"),
    [
        ("brown", "weat_6", "holds"),
        ("brown", "clif_career", "holds"),
        ("brown", "gender_terms_career_family", "not_detected"),  # p .002; .115 and .013 elsewhere
        ("brown", "weat_7", "not_detected"),
        ("brown", "weat_10", "not_testable"),
        ("brown", "clif_race", "not_testable"),
        ("shakespeare", "men_women_war_love", "holds"),
        ("shakespeare", "clif_math", "holds"),
        ("shakespeare", "gender_terms_career_family", "not_detected"),
        ("shakespeare", "weat_6", "not_testable"),
        ("shakespeare", "weat_7", "not_testable"),  # ten splits, of which none can give p < .10
    ],
)
def test_the_shipped_probes_on_the_samples(model: str, probe: str, kind: str) -> None:
    report = measure(find_probe(probe), Workspace().open_model(model).model, n_resamples=10)
    assert report.verdict.kind == kind


def test_a_verdict_of_a_sample_hangs_little_on_which_training_is_the_own_one() -> None:
    """What holds on Brown holds with each of its three trainings as the model."""
    model = Workspace().open_model("brown").model
    vectors = [model.centre_vectors, *model.other_seeds.values()]
    for at in range(3):
        others = {n: v for n, v in enumerate(vectors) if n != at}
        turned = SkipGram("t", model.vocabulary, vectors[at], other_seeds=others)
        assert measure(find_probe("weat_6"), turned, n_resamples=10).verdict.kind == "holds"
