"""Projections of vectors: 2-D and 3-D coordinates, named axes, and the sample of words to draw.

PCA is fast and preserves large distances; UMAP preserves neighbourhoods, and its large distances
have no meaning. UMAP takes seconds to import and to compile, and two fits at once in threads can
abort the process, so callers run it ahead of time or in a separate process.

UMAP would look for neighbours approximately, with code that it compiles for half a minute in every
process. Up to ``MOST_EXACT`` words an exact search takes less and finds all of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.geometry.samples import LARGE, random_rows

__all__ = [
    "Frame",
    "Near",
    "axis",
    "axis_direction",
    "near_words",
    "pca",
    "pca_frame",
    "sample_words",
    "umap",
]

MOST_EXACT = 50_000  # words; an exact search grows with their square, 8 s for 40,000
_NEIGHBOURS = 15  # the word itself is one
_BLOCK = 8192  # words whose vectors stay in the processor's cache

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
#: Of each word the nearest ones by cosine, itself first, and their cosine distances; (n, k) each.
Near = tuple[IntArray, FloatArray]


@dataclass(frozen=True, eq=False)
class Frame:
    """Principal components for projecting the vectors they came from, or other vectors.

    ``mean`` (dim,), ``components`` (dim, dims), ``shares`` (dims,) of the variance.
    """

    mean: npt.NDArray[np.float64]
    components: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]

    def coordinates(self, vectors: FloatArray) -> FloatArray:
        """(n, dims) coordinates of (n, dim) vectors."""
        blocks = (vectors[at : at + _BLOCK] for at in range(0, max(len(vectors), 1), _BLOCK))
        found = [(block.astype(np.float64) - self.mean) @ self.components for block in blocks]
        return np.concatenate(found).astype(np.float32)


def pca_frame(vectors: FloatArray, dims: Literal[2, 3] = 2) -> Frame:
    """The first principal components of (n, dim) vectors.

    Exact, from the (dim, dim) covariance in float64; of more than ``samples.LARGE`` vectors that of
    so many drawn at random. The arbitrary sign of a component is chosen so that its largest loading
    is positive: the same vectors always give the same picture.
    """
    _check_dims(vectors, dims)
    if len(vectors) > LARGE:
        vectors = vectors[random_rows(len(vectors), LARGE)]
    mean = vectors.mean(axis=0, dtype=np.float64)
    centred = vectors.astype(np.float64) - mean
    eigenvalues, components = np.linalg.eigh(centred.T @ centred)
    components = components[:, ::-1][:, :dims]
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=0)[None], axis=0)
    components = components * np.where(largest < 0, -1.0, 1.0)
    total = max(float(eigenvalues.sum()), 1e-300)
    return Frame(mean, components, np.clip(eigenvalues[::-1][:dims], 0, None) / total)


def pca(vectors: FloatArray, dims: Literal[2, 3] = 2) -> tuple[FloatArray, npt.NDArray[np.float64]]:
    """Coordinates (n, dims) on the first principal components and variance shares (dims,)."""
    frame = pca_frame(vectors, dims)
    return frame.coordinates(vectors), frame.shares


def near_words(vectors: FloatArray) -> Near | None:
    """The neighbours that UMAP lays out, of (n, dim) vectors; one search serves several layouts.

    None for more than ``MOST_EXACT`` words: UMAP looks for them itself. Raises InputError for too
    few words.
    """
    if len(vectors) <= _NEIGHBOURS:
        raise InputError(
            f"UMAP with {_NEIGHBOURS} neighbours needs more than {_NEIGHBOURS} words, got "
            f"{len(vectors)}. Use PCA."
        )
    if len(vectors) > MOST_EXACT:
        return None
    from sklearn.neighbors import NearestNeighbors  # takes a second to import

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    search = NearestNeighbors(n_neighbors=_NEIGHBOURS, algorithm="brute").fit(unit)
    lengths_of_gaps, rows = search.kneighbors(unit)
    distances = (lengths_of_gaps**2 / 2).astype(np.float32)  # of unit vectors that is 1 - cosine
    # UMAP takes the least distance above 0 for that of the nearest word: no rounding may be left.
    distances[rows == np.arange(len(rows))[:, None]] = 0
    return rows, distances


def umap(
    vectors: FloatArray,
    dims: Literal[2, 3] = 2,
    seed: int = 1,
    near: Near | None = None,
    min_dist: float = 0.1,
) -> FloatArray:
    """Coordinates (n, dims) float32 by UMAP on cosine distance (McInnes et al. 2018).

    ``near``: what ``near_words`` of the same vectors gave. One thread, because it is seeded. About
    10 s for 10,000 words, after some 5 s of compilation.
    """
    _check_dims(vectors, dims)
    from umap import UMAP  # takes seconds to import

    reducer = UMAP(
        n_components=dims,
        n_neighbors=_NEIGHBOURS,
        min_dist=min_dist,
        metric="cosine",
        random_state=seed,
        n_jobs=1,
        precomputed_knn=(None, None, None) if near is None else (*near, None),
        force_approximation_algorithm=near is not None,  # else small models ignore what is near
    )
    with warnings.catch_warnings():
        # It could not place further words, which nobody asks of it.
        warnings.filterwarnings("ignore", message=r"precomputed_knn\[2\]")
        return np.asarray(reducer.fit_transform(vectors), dtype=np.float32)


def axis(unit_vectors: FloatArray, from_ids: IntArray, to_ids: IntArray) -> FloatArray:
    """Each word's coordinate on a named axis, (n,): from -1 (near ``from``) to 1 (near ``to``).

    The cosine with mean(to) - mean(from) of unit vectors (SemAxis, An et al. 2018,
    arXiv:1806.05521). The words that define the axis lie near its ends by construction.
    """
    return np.asarray(unit_vectors @ axis_direction(unit_vectors, from_ids, to_ids), np.float32)


def axis_direction(unit_vectors: FloatArray, from_ids: IntArray, to_ids: IntArray) -> FloatArray:
    """(dim,) of length 1: the direction of mean(to) - mean(from); InputError where it is zero."""
    if not len(from_ids) or not len(to_ids):
        raise InputError(
            f"A named axis needs at least one known word at each end, got {len(from_ids)} and"
            f" {len(to_ids)}."
        )
    direction = unit_vectors[to_ids].mean(axis=0) - unit_vectors[from_ids].mean(axis=0)
    length = float(np.linalg.norm(direction))
    if length < 1e-6:
        raise InputError("Both ends of the axis are the same; give different words for each end.")
    return np.asarray(direction / length, dtype=np.float32)


def sample_words(
    counts: npt.NDArray[np.integer | np.floating], n: int, keep: Sequence[int] = (), seed: int = 1
) -> IntArray:
    """Sorted rows of at most ``n`` words, all of ``keep`` included (more only if it is longer).

    ``counts`` says how often each word occurs, or ``Vocabulary.frequencies`` does.
    Every frequency band (a factor of two in count) gets an equal share; what a small band does not
    fill goes to the others. So the few frequent words all stay, and rare ones are thinned evenly.
    """
    n_words = len(counts)
    if n_words <= n:
        return np.arange(n_words, dtype=np.int64)
    chosen = np.zeros(n_words, dtype=bool)
    chosen[list(keep)] = True
    bands = np.log2(np.maximum(counts, 1)).astype(np.int64)
    generator = np.random.default_rng(seed)
    members = [generator.permutation(np.flatnonzero((bands == b) & ~chosen)) for b in set(bands)]
    members.sort(key=len)
    n_left = n - int(chosen.sum())
    for i, band in enumerate(members):  # smallest first, so that unused shares go to later bands
        share = min(len(band), max(n_left, 0) // (len(members) - i))
        chosen[band[:share]] = True
        n_left -= share
    return np.flatnonzero(chosen).astype(np.int64)


def _check_dims(vectors: FloatArray, dims: int) -> None:
    if vectors.ndim != 2 or min(vectors.shape) < dims:
        raise InputError(
            f"A {dims}-dimensional projection needs at least {dims} words and dimensions; the"
            f" vectors have shape {vectors.shape}."
        )
