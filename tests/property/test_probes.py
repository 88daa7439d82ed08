"""Invariants of every probe on any vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group

from clif_core import probes
from clif_core.errors import ClifError
from clif_core.sgns.model import Vocabulary

DIM = 6
WORDS = [f"w{i}" for i in range(14)]
VOCABULARY = Vocabulary(WORDS, np.ones(len(WORDS), dtype=np.int64))
X, Y, A, B = ("w0", "w1", "w2"), ("w3", "w4"), ("w5", "w6", "w7"), ("w8", "w9")
PAIRS = (("w0", "w3"), ("w1", "w4"), ("w2", "w5"))
COSINE_PROBES: list[probes.Probe] = [
    *(probes.Weat("w", X, Y, A, B, quantity=quantity) for quantity in probes.QUANTITIES),
    probes.SingleWeat("w0", A, B),
    probes.Similarity("w0", "w1"),
    probes.ClusterMembership("w0", X, Y),
    probes.NeighbourMargin("w0", "w1", rank=2),
    probes.AnalogyMargin("w0", "w1", "w2", "w3"),
    probes.Projection(A, PAIRS[:2]),
    probes.DirectBias(B, PAIRS),
    probes.Mac(X, (A, B)),
]
OTHERS: list[probes.Probe] = [
    probes.Axis(X, A, B),
    probes.Ripa(B, PAIRS),
    probes.RelativeNormDistance(X, Y, A),
    probes.Coherence(X, Y, A + B),
    probes.Formula("f", "distance(w0, w1) - mean(cos({w2, w3}, w4)) * norm(centre({w5, w6}))"),
]
seeds = st.integers(0, 2**32 - 1)


def value(probe: probes.Probe, vectors: np.ndarray) -> float:
    return probe.resolve(VOCABULARY).value(vectors)


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_a_rotation_changes_no_probe(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(len(WORDS), DIM))
    rotation = ortho_group.rvs(DIM, random_state=seed)
    for probe in COSINE_PROBES + OTHERS:
        assert value(probe, vectors @ rotation) == pytest.approx(value(probe, vectors), abs=1e-9)


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_vector_lengths_do_not_change_probes_of_cosines(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(len(WORDS), DIM))
    lengths = rng.uniform(0.1, 10, size=(len(WORDS), 1))
    for probe in COSINE_PROBES:
        assert value(probe, vectors * lengths) == pytest.approx(value(probe, vectors), abs=1e-9)


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_exchanging_sides_changes_the_sign(seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(len(WORDS), DIM))
    turned_pairs = tuple((second, first) for first, second in PAIRS)
    there_and_back: list[tuple[probes.Probe, probes.Probe]] = [
        *(
            (probes.Weat("w", X, Y, A, B, quantity=q), probes.Weat("w", X, Y, B, A, quantity=q))
            for q in probes.QUANTITIES
        ),
        (probes.Weat("w", X, Y, A, B), probes.Weat("w", Y, X, A, B)),
        (probes.SingleWeat("w0", A, B), probes.SingleWeat("w0", B, A)),
        (probes.Axis(X, A, B), probes.Axis(X, B, A)),
        (probes.Ripa(B, PAIRS), probes.Ripa(B, turned_pairs)),
        (probes.Projection(A, PAIRS), probes.Projection(A, turned_pairs)),
        (probes.RelativeNormDistance(X, Y, A), probes.RelativeNormDistance(Y, X, A)),
    ]
    for there, back in there_and_back:
        assert value(there, vectors) == pytest.approx(-value(back, vectors), abs=1e-9)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(COSINE_PROBES + OTHERS), st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_description_is_refused_or_read(probe: probes.Probe, data: st.DataObject) -> None:
    description: dict[str, Any] = probe.to_dict()
    description[data.draw(st.sampled_from(sorted(description)))] = data.draw(json_values)
    try:
        probes.from_dict(description)
    except ClifError as error:
        assert str(error)
