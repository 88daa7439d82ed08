"""Projections: PCA against scikit-learn, named axes, and the sample of words to draw."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clif_core.errors import InputError
from clif_core.geometry.projection import (
    MOST_EXACT,
    axis,
    near_words,
    pca,
    sample_words,
    umap,
)


@pytest.mark.parametrize("dims", [2, 3])
def test_pca_equals_that_of_scikit_learn(dims: int) -> None:
    from sklearn.decomposition import PCA

    generator = np.random.default_rng(0)
    vectors = (generator.normal(size=(60, 9)) @ generator.normal(size=(9, 9))).astype(np.float32)
    coordinates, shares = pca(vectors, dims)  # type: ignore[arg-type]
    reference = PCA(dims, svd_solver="full").fit(vectors.astype(np.float64))
    np.testing.assert_allclose(
        np.abs(coordinates), np.abs(reference.transform(vectors)), rtol=1e-3, atol=1e-4
    )
    np.testing.assert_allclose(shares, reference.explained_variance_ratio_, rtol=1e-5)
    np.testing.assert_array_equal(coordinates, pca(vectors, dims)[0])  # type: ignore[arg-type]


def test_pca_of_identical_words_is_a_point() -> None:
    coordinates, shares = pca(np.ones((5, 4), dtype=np.float32))
    assert not coordinates.any()
    assert not shares.any()


def test_too_few_words_for_a_projection() -> None:
    with pytest.raises(InputError, match=r"\(1, 8\)"):
        pca(np.ones((1, 8), dtype=np.float32))
    with pytest.raises(InputError, match="more than 15 words, got 10"):
        near_words(np.ones((10, 8), dtype=np.float32))


def test_near_words_are_all_of_the_nearest_by_cosine() -> None:
    generator = np.random.default_rng(0)
    vectors = (generator.normal(size=(300, 9)) * generator.uniform(0.1, 9, (300, 1))).astype("f4")
    near = near_words(vectors)
    assert near is not None
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    distances = 1 - unit @ unit.T
    np.testing.assert_array_equal(near[0], np.argsort(distances, axis=1)[:, :15])
    np.testing.assert_allclose(near[1], np.sort(distances, axis=1)[:, :15], atol=1e-5)
    assert near_words(np.ones((MOST_EXACT + 1, 2), dtype=np.float32)) is None


@pytest.mark.parametrize("n", [90, 4_200])  # UMAP has another way for fewer than 4,096
def test_umap_keeps_what_is_near_together(n: int) -> None:
    from sklearn.manifold import trustworthiness

    generator = np.random.default_rng(1)
    centres = generator.normal(size=(n // 30, 12))
    vectors = (np.repeat(centres, 30, axis=0) + 0.3 * generator.normal(size=(n, 12))).astype("f4")
    near = near_words(vectors)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        coordinates = umap(vectors, 2, near=near)
    assert coordinates.shape == (n, 2)
    np.testing.assert_array_equal(coordinates, umap(vectors, 2, near=near))
    assert trustworthiness(vectors, coordinates, metric="cosine") > 0.9


def test_importing_projection_does_not_import_umap() -> None:
    code = "import sys, clif_core.geometry.projection; sys.exit('umap' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_axis_runs_from_one_end_to_the_other() -> None:
    unit = np.eye(3, dtype=np.float32)
    coordinates = axis(unit, np.array([0]), np.array([1]))
    np.testing.assert_allclose(coordinates, [-(0.5**0.5), 0.5**0.5, 0.0], rtol=1e-6)
    with pytest.raises(InputError, match="at least one known word"):
        axis(unit, np.array([], dtype=np.int64), np.array([1]))
    with pytest.raises(InputError, match="the same"):
        axis(unit, np.array([1]), np.array([1]))


@given(
    counts=st.lists(st.integers(1, 100_000), min_size=1, max_size=300),
    n=st.integers(1, 120),
    keep=st.sets(st.integers(0, 299), max_size=5),
)
def test_sample_has_the_size_and_the_kept_words(counts: list[int], n: int, keep: set[int]) -> None:
    kept = sorted(row for row in keep if row < len(counts))
    rows = sample_words(np.array(counts), n, kept)
    assert set(kept) <= set(rows.tolist())
    assert len(rows) == min(len(counts), max(n, len(kept)))
    assert (np.diff(rows) > 0).all()


def test_sample_keeps_all_frequent_words_and_thins_rare_ones() -> None:
    counts = np.concatenate([np.full(50, 5_000), np.full(5_000, 6), np.full(5_000, 12)])
    rows = sample_words(counts, 1_050)
    assert (rows < 50).sum() == 50
    assert (rows >= 5_050).sum() == 500
