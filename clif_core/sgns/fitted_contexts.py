"""Context vectors for a model that came without them, fitted to its text.

With the centre vectors V held fixed, the expected training loss (``expected_loss``) is a sum over
context words j of convex functions of their own vector u_j,

    f_j(u) = sum_i [ n_ij softplus(-v_i . u) + K n_i P_j softplus(v_i . u) ] + ridge/2 |u|^2

a logistic regression for each word, with the pairs of the text as cases and the noise distribution
as controls. Its only minimum is found by Newton's method, the steps by conjugate gradients, for
many words at once. The sum over all centres i in the noise part is over all of them up to
``n_centres``, beyond that over a shared sample with importance weights that always has the most
frequent.

A training that stopped early has shorter context vectors than this minimum, above all for rare
words; the ridge stands for that (docs/decisions/0033).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from clif_core.progress import Progress
from clif_core.sgns.expected_loss import Noise, as_array, noise_distribution
from clif_core.sgns.model import SkipGram
from clif_core.sgns.pair_kernels import pair_dots
from clif_core.sgns.pairs import Pairs
from clif_core.sgns.training_text import build_training_text
from clif_core.sgns.windows import build_windows
from clif_core.sparse import compressed_rows
from clif_core.text.corpus import Corpus

__all__ = ["RIDGE", "fit_context_vectors", "fit_to_text"]

RIDGE = 5.0
N_CENTRES = 4096
_BLOCK = 2048  # words fitted together: a table of them x N_CENTRES in float64 is 64 MB
_MAX_STEPS = 50
_MAX_CG = 60
_MAX_HALVINGS = 30
_TINY = 1e-30

Float64Array = npt.NDArray[np.float64]


def fit_to_text(model: SkipGram, corpus: Corpus, progress: Progress | None = None) -> SkipGram:
    """The model with context vectors fitted to its text, by its own settings and counts.

    Raises CapabilityError where the model has no settings.
    """
    settings, counts = model.require_settings(), model.vocabulary.counts
    text = build_training_text(corpus, model.vocabulary, settings.unit, settings.max_unit_length)
    windows = build_windows(
        text.word_ids,
        text.unit_offsets,
        counts,
        window=settings.window,
        subsampling_threshold=settings.subsampling_threshold,
        is_window_reduced=settings.is_window_reduced,
        is_subsampled_first=settings.is_subsampled_first,
    )
    fitted = fit_context_vectors(
        model.centre_vectors,
        windows.expected_pairs(),
        noise_distribution(counts, settings.noise_exponent),
        settings.n_negatives,
        progress=progress,
    )
    return replace(model, context_vectors=np.asarray(fitted, dtype=np.float32))


def fit_context_vectors(
    centre_vectors: npt.NDArray[np.floating],
    pairs: Pairs,
    noise: Float64Array,
    n_negatives: int,
    *,
    ridge: float = RIDGE,
    n_centres: int = N_CENTRES,
    tolerance: float = 1e-3,
    dtype: torch.dtype = torch.float32,
    progress: Progress | None = None,
) -> npt.NDArray[np.floating]:
    """The context vectors, (n_words, dim) of ``dtype``, that minimise the expected loss of a text.

    Parameters
    ----------
    centre_vectors : (n_words, dim), held fixed
    pairs : expected pair weights of one pass over the text
    noise : P, (n_words,), sums to 1
    n_negatives : K
    ridge : weight of |u|^2 / 2 for each word
    tolerance : the gradient's largest entry over that at u = 0, for every word; float32 reaches
        1e-4 or so, float64 1e-10
    """
    v = torch.as_tensor(np.asarray(centre_vectors)).to(torch.float64)
    weights = pairs.centre_weights
    total = max(float(weights.sum()), _TINY)
    sample = Noise.sampled(weights / total, min(n_centres, len(v)))
    chosen = torch.as_tensor(sample.words)
    rates = torch.as_tensor(sample.weights * total)  # n_i, on the sample
    # In the basis of the centres' second moments a diagonal preconditioner fits all words.
    moments = (v[chosen] * rates[:, None]).T @ v[chosen]
    scales, basis = torch.linalg.eigh(moments)
    v = (v @ basis).to(dtype)
    fitted = torch.zeros_like(v)
    for start in range(0, len(v), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(v)))
        if not noise[rows].any():
            continue  # words that the text does not have keep 0
        block = _Block(
            v,
            v[chosen],
            rates.to(dtype),
            _rows_of(pairs, rows),
            torch.as_tensor(n_negatives * noise[rows]).to(dtype),
            ridge,
            (scales.clamp_min(0) / total).to(dtype),
        )
        fitted[rows] = _minimise(block, tolerance)
        if progress is not None:
            progress(rows.stop / len(v), "fitting context vectors")
    return np.asarray((fitted @ basis.T.to(dtype)).numpy())


def _rows_of(pairs: Pairs, rows: slice) -> Pairs:
    start, stop = pairs.offsets[rows.start], pairs.offsets[rows.stop]
    offsets = pairs.offsets[rows.start : rows.stop + 1] - start
    return Pairs(offsets, pairs.context_words[start:stop], pairs.weights[start:stop])


@dataclass(frozen=True, eq=False)
class _Block:
    """Some context words: what their functions f_j are made of."""

    v: Tensor  # (n_words, dim)
    v_noise: Tensor  # (n_centres, dim)
    rates: Tensor  # n_i of these
    pairs: Pairs  # the rows of the words: n_ij = n_ji
    factors: Tensor  # K P_j, (n,)
    ridge: float
    scales: Tensor  # (dim,) second moments of the centres

    @property
    def weights(self) -> Tensor:
        return torch.as_tensor(self.pairs.weights).to(self.v.dtype)

    def dots(self, u: Tensor) -> Tensor:
        """u_j . v_i on the observed pairs."""
        left, right = as_array(u), as_array(self.v)
        return torch.from_numpy(pair_dots(self.pairs, left, right, torch.get_num_threads()))

    def spread(self, values: Tensor) -> Tensor:
        """sum_i values_ij v_i, (n, dim)."""
        shape = (self.pairs.n_words, len(self.v))
        offsets, columns = map(torch.as_tensor, (self.pairs.offsets, self.pairs.context_words))
        product: Tensor = compressed_rows(offsets, columns.long(), values, shape) @ self.v
        return product

    def sums(self, values: Tensor) -> Tensor:
        """sum_i values_ij, (n,)."""
        lengths = torch.as_tensor(np.diff(self.pairs.offsets))
        rows = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
        return torch.zeros(len(lengths), dtype=values.dtype).index_add(0, rows, values)

    def value(self, u: Tensor) -> Tensor:
        """f_j, (n,)."""
        softplus = torch.nn.functional.softplus
        positive = self.sums(self.weights * softplus(-self.dots(u)))
        negative = self.factors * (softplus(u @ self.v_noise.T) @ self.rates)
        return positive + negative + self.ridge / 2 * u.square().sum(1)


def _minimise(block: _Block, tolerance: float) -> Tensor:
    """Newton's method from 0, with halved steps where a word's loss would rise."""
    u = torch.zeros((block.pairs.n_words, block.v.shape[1]), dtype=block.v.dtype)
    weights = block.weights
    value, first = block.value(u), None
    for _ in range(_MAX_STEPS):
        s_pairs = torch.sigmoid(block.dots(u))
        s_noise = torch.sigmoid(u @ block.v_noise.T)
        scaled = block.factors[:, None] * s_noise * block.rates
        gradient = block.spread(weights * (s_pairs - 1)) + scaled @ block.v_noise + block.ridge * u
        size = gradient.abs().amax(1)
        first = size.clamp_min(_TINY) if first is None else first
        if (size <= tolerance * first).all():
            break
        on_pairs = weights * s_pairs * (1 - s_pairs)
        on_noise = scaled * (1 - s_noise)
        step = _solve(block, on_pairs, on_noise, gradient)
        u, value = _walk(block, u, value, step, gradient)
    return u


def _solve(block: _Block, on_pairs: Tensor, on_noise: Tensor, gradient: Tensor) -> Tensor:
    """H^-1 gradient, (n, dim), by conjugate gradients, every word with steps of its own."""
    strength = block.sums(on_pairs) + on_noise.sum(1)
    diagonal = strength[:, None] * block.scales + block.ridge
    x, residual = torch.zeros_like(gradient), gradient.clone()
    z = residual / diagonal
    p, rz = z.clone(), (residual * z).sum(1)
    target = 1e-2 * rz.clone()
    for _ in range(_MAX_CG):
        product = block.spread(on_pairs * block.dots(p)) + block.ridge * p
        product += (on_noise * (p @ block.v_noise.T)) @ block.v_noise
        alpha = rz / (p * product).sum(1).clamp_min(_TINY)
        x += alpha[:, None] * p
        residual -= alpha[:, None] * product
        z = residual / diagonal
        new = (residual * z).sum(1)
        if (new <= target).all():
            break
        p = z + (new / rz.clamp_min(_TINY))[:, None] * p
        rz = new
    return x


def _walk(
    block: _Block, u: Tensor, value: Tensor, step: Tensor, gradient: Tensor
) -> tuple[Tensor, Tensor]:
    """(the next u, its values): the whole step, or for each word the half, the quarter, ..."""
    length = torch.ones(len(u), dtype=u.dtype)
    promised = (step * gradient).sum(1)
    for _ in range(_MAX_HALVINGS):
        tried = u - length[:, None] * step
        new = block.value(tried)
        rounding = 8 * torch.finfo(u.dtype).eps * value.abs()
        is_worse = new > value - 1e-4 * length * promised + rounding
        if not is_worse.any():
            break
        length[is_worse] /= 2
    is_better = new <= value + rounding
    return torch.where(is_better[:, None], tried, u), torch.where(is_better, new, value)
