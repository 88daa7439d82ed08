"""The same question has one key, whatever it is called; another question has another one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from clif_core import probes
from clif_core.probes import Probe, find_probe, question_key
from clif_core.workspace.workspace import Workspace
from tests.probe_examples import PAIRS, one_of_each, random_model, weat

MODEL = random_model(n_extra=50)
JOBS = ("doctor", "nurse", "teacher")


def key(probe: Probe) -> str:
    return question_key(probe.resolve(MODEL.vocabulary))


def turned(probe: probes.Weat) -> probes.Weat:
    return replace(probe, targets_x=probe.targets_y, targets_y=probe.targets_x)


def test_two_shipped_names_are_one_test_on_brown_and_two_where_their_words_differ() -> None:
    vocabulary = Workspace().open_model("brown").model.vocabulary
    keys = [question_key(find_probe(n).resolve(vocabulary)) for n in ("weat_6", "clif_career")]
    assert keys[0] == keys[1]
    assert question_key(find_probe("clif_math").resolve(vocabulary)) not in keys


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (weat(), replace(weat(), name="other", label_x="males", quantity="effect_size")),
        (weat(), replace(weat(), targets_x=("king", "boy", "he", "man", "xyzzy"))),
        (weat(), turned(weat())),
        (probes.Similarity("king", "queen"), probes.Similarity("queen", "king")),
        (probes.Ripa(JOBS, PAIRS), probes.Ripa(JOBS[::-1], PAIRS[::-1])),
        (probes.Ripa(JOBS, PAIRS), probes.Ripa(JOBS, tuple(pair[::-1] for pair in PAIRS))),
        (probes.Axis(JOBS, ("he",), ("she",)), probes.Axis(JOBS, ("she",), ("he",))),
        (probes.Mac(JOBS, (("he",), ("she",))), probes.Mac(JOBS, (("she",), ("he",)))),
    ],
)
def test_names_order_and_sign_do_not_matter(first: Probe, second: Probe) -> None:
    assert key(first) == key(second)
    figures = [
        p.resolve(MODEL.vocabulary).quantities(MODEL.centre_vectors) for p in (first, second)
    ]
    for name in figures[0]:
        assert abs(figures[0][name]) == pytest.approx(abs(figures[1][name]))


def test_exchanging_interchangeable_sets_changes_the_sign_at_most() -> None:
    for probe in one_of_each():
        resolved = probe.resolve(MODEL.vocabulary)
        rows = torch.from_numpy(MODEL.centre_vectors[resolved.word_ids].astype(np.float64))
        parts = resolved.parts(rows)
        for group in probe.interchangeable_sets:
            other = list(parts)
            for at, source in zip(group, group[::-1], strict=True):
                other[at] = parts[source]
            assert abs(float(probe.formula(other))) == pytest.approx(
                abs(float(probe.formula(parts)))
            ), probe.name


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (weat(), replace(weat(), targets_x=("he", "man", "king"))),
        (weat(), replace(weat(), attributes_a=weat().targets_x[:3], targets_x=("war", "sword"))),
        (probes.DirectBias(JOBS, PAIRS), probes.DirectBias(JOBS, PAIRS, strictness=0.5)),
        (probes.NeighbourMargin("king", "queen", 3), probes.NeighbourMargin("king", "queen", 4)),
        (probes.Projection(JOBS, PAIRS), probes.Ripa(JOBS, PAIRS)),
        (probes.Ripa(JOBS, PAIRS[:2]), probes.Ripa(JOBS, (PAIRS[0], PAIRS[1][::-1]))),
        (probes.Formula("f", "cos(he, she)", {}), probes.Formula("f", "dot(he, she)", {})),
        (probes.AnalogyMargin("france", "paris", "germany", "berlin"),
         probes.AnalogyMargin("germany", "paris", "france", "berlin")),
    ],
)  # fmt: skip
def test_another_question_has_another_key(first: Probe, second: Probe) -> None:
    assert key(first) != key(second)
