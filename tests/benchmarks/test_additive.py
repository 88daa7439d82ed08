"""The additive part of effects is separated from interactions, where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.additive import overlap, partner, pooled
from clif_core.interventions.edit import Edit

N_DOCUMENTS, SIZE, N_PAIRS, N_PROBES = 120, 12, 150, 20


@pytest.fixture(scope="module")
def sets() -> np.ndarray:
    """(2, N_PAIRS, N_DOCUMENTS) 1 where a set or its partner contains a document."""
    generator = np.random.default_rng(1)
    marks = np.zeros((2, N_PAIRS, N_DOCUMENTS))
    for at in range(N_PAIRS):
        items = generator.choice(N_DOCUMENTS, SIZE, replace=False).tolist()
        edit = Edit("documents", tuple(items))
        other = partner(edit, at, N_DOCUMENTS)
        assert len(set(other.items)) == SIZE
        assert len(set(other.items) & set(items)) == SIZE // 2
        marks[0, at, items] = marks[1, at, list(other.items)] = 1
    return marks


def sums(sets: np.ndarray, of_documents: np.ndarray) -> np.ndarray:
    return np.einsum("snd,pd->spn", sets, of_documents)


def test_a_missed_additive_part_is_found_to_be_additive(sets: np.ndarray) -> None:
    known, missed = np.random.default_rng(2).normal(size=(2, N_PROBES, N_DOCUMENTS))
    rho = overlap(Edit("documents", tuple(range(SIZE))), N_DOCUMENTS)
    r, across, lowest, highest = pooled(sums(sets, known), sums(sets, known + missed), rho)
    assert r == pytest.approx(np.sqrt(0.5), abs=0.05)
    assert across == pytest.approx(rho, abs=0.05)
    assert lowest > 0.9 and highest == pytest.approx(1.0, abs=0.03)


def test_interactions_of_two_documents_are_found_not_to_be_additive(sets: np.ndarray) -> None:
    generator = np.random.default_rng(3)
    known = generator.normal(size=(N_PROBES, N_DOCUMENTS))
    together = generator.normal(size=(N_PROBES, N_DOCUMENTS, N_DOCUMENTS)) / np.sqrt(SIZE)
    pairs = np.einsum("snd,pde,sne->spn", sets, np.triu(together, 1), sets)
    pairs -= sums(sets, _main_effects(sets, pairs))  # a pair's own sum is a sum
    rho = overlap(Edit("documents", tuple(range(SIZE))), N_DOCUMENTS)
    r, _, lowest, highest = pooled(sums(sets, known), sums(sets, known) + pairs, rho)
    assert lowest == pytest.approx(r, abs=0.08)
    assert highest < 0.97


def _main_effects(sets: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least squares of the values on the documents, (n_probes, n_documents)."""
    rows = sets.reshape(-1, N_DOCUMENTS)
    stacked = np.moveaxis(values, 1, 2).reshape(-1, N_PROBES)
    return np.linalg.lstsq(rows, stacked, rcond=None)[0].T
