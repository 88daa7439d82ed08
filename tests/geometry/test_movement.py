"""Movement between two models: the rotation, the coordinates, and the shared frame."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core.errors import InputError
from clif_core.geometry.movement import move, shares_frame
from clif_core.geometry.projection import axis, pca
from clif_core.sgns.model import SkipGram, Vocabulary

WORDS = tuple(f"w{i}" for i in range(40))


def model(vectors: np.ndarray, words: tuple[str, ...] = WORDS, name: str = "m") -> SkipGram:
    counts = np.arange(len(words), 0, -1)
    return SkipGram(name, Vocabulary(words, counts), vectors.astype(np.float32))


@pytest.fixture
def first() -> SkipGram:
    return model(np.random.default_rng(0).normal(size=(40, 6)), name="first")


def test_a_rotated_copy_has_not_moved(first: SkipGram) -> None:
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))
    second = model(first.centre_vectors @ turn * 3)
    assert np.abs(move(first, second, is_shared=False).shifts).max() < 1e-6
    assert move(first, second, is_shared=True).shifts.mean() > 0.5  # not rotated back


def test_the_rotation_is_optimal(first: SkipGram) -> None:
    """No small random rotation of the result comes closer."""
    generator = np.random.default_rng(2)
    second = model(generator.normal(size=(40, 6)))
    found = move(first, second, is_shared=False)
    best = found.shifts.sum()
    for _ in range(200):
        step, _ = np.linalg.qr(np.eye(6) + 0.1 * generator.normal(size=(6, 6)))
        step *= np.sign(np.diag(step))
        assert (1 - np.einsum("kd,kd->k", found.before, found.after @ step)).sum() >= best - 1e-6


def test_the_rotation_is_that_of_the_singular_value_decomposition(first: SkipGram) -> None:
    """R = U W' with U S W' = svd(B' A), written out."""
    second = model(np.random.default_rng(3).normal(size=(40, 6)))
    a, b = (one.unit_vectors.astype(np.float64) for one in (first, second))
    left, _, right = np.linalg.svd(b.T @ a)
    found = move(first, second, is_shared=False)
    assert np.allclose(found.after, b @ left @ right, atol=1e-6)


def test_only_the_word_that_moved_moves_on_map_axis_and_table(first: SkipGram) -> None:
    vectors = first.centre_vectors.copy()
    vectors[7] = -vectors[7]
    found = move(first, model(vectors), is_shared=True)
    assert not found.is_turned
    assert found.table()["word"].iloc[0] == "w7"
    assert found.shifts[7] == pytest.approx(2, abs=1e-6)
    for before, after in (found.on_map(), found.on_axis(WORDS[:3], WORDS[3:6])):
        moved = np.linalg.norm(after - before, axis=1)
        assert moved[7] > 0.01
        assert np.delete(moved, 7).max() < 1e-6
    assert np.allclose(found.on_map()[0], pca(first.unit_vectors)[0], atol=1e-6)
    across = axis(first.unit_vectors, np.arange(3), np.arange(3, 6))
    assert np.allclose(found.on_axis(WORDS[:3], WORDS[3:6])[0][:, 0], across, atol=1e-6)


def test_models_may_differ_in_words_and_dimensions(first: SkipGram) -> None:
    words = ("unknown", *WORDS[5:25])
    wide = np.pad(first.centre_vectors[4:25], ((0, 0), (0, 3)))
    found = move(first, model(wide, words), is_shared=True)
    assert found.is_turned
    assert found.words == WORDS[5:25]
    assert np.abs(found.shifts).max() < 1e-6
    assert found.rows(["w6", "nobody"]).tolist() == [1]
    with pytest.raises(InputError, match="share 1 words"):
        move(first, model(np.eye(3), ("w1", "a", "b")), is_shared=False)


def test_the_last_step_of_the_history_decides_whether_the_frame_is_shared() -> None:
    plain: dict[str, object] = {}
    edited = {"history": [{"method": "retrained", "of": "first", "is_coupled": True}]}
    by_gensim = {"history": [{"method": "retrained", "of": "first", "is_coupled": False}]}
    debiased = {"history": [{"method": "hard debias", "of": "first"}]}
    assert shares_frame(plain, "first", edited, "second")
    assert shares_frame(edited, "second", plain, "first")
    assert shares_frame(edited, "second", debiased, "third")
    assert not shares_frame(plain, "other", edited, "second")
    assert not shares_frame(plain, "first", by_gensim, "second")
    assert not shares_frame(plain, "first", {"history": "nonsense"}, "second")
