"""Context vectors for a model that came without them, fitted to its text.

With the centre vectors V held fixed, the expected training loss (``expected_loss``) is a sum over
context words j of convex functions of their own vector u_j,

    f_j(u) = sum_i [ n_ij softplus(-v_i . u) + K n_i P_j softplus(v_i . u) ] + ridge/2 |u|^2

a logistic regression for each word, with the pairs of the text as cases and the noise distribution
as controls. Its only minimum is found by Newton's method, the steps by conjugate gradients, for
many words at once. The sum over all centres i in the noise part is over all of them up to
``n_centres``, beyond that over a shared sample with importance weights that always has the most
frequent. The first steps take a smaller sample: they lead near the minimum for a third of the time.

A training that stopped early has shorter context vectors than this minimum, above all for rare
words; the ridge stands for that (docs/decisions/0033).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from clif_core.progress import Progress
from clif_core.sgns.expected_loss import Noise, as_array, noise_distribution
from clif_core.sgns.model import SkipGram
from clif_core.sgns.pair_kernels import padded_rows, pair_dots
from clif_core.sgns.pairs import Pairs
from clif_core.sgns.training_text import build_training_text
from clif_core.sgns.windows import build_windows
from clif_core.sparse import compressed_rows
from clif_core.text.corpus import Corpus

__all__ = ["RIDGE", "Keep", "fit_context_vectors", "fit_to_text"]

RIDGE = 5.0
N_CENTRES = 4096
_BLOCK = 2048  # words fitted together: a table of them x N_CENTRES in float64 is 64 MB
_FIRST_SHARE = 4  # the first steps take every so many-th of the centres,
_FEW_CENTRES = 64  # or all where there are no more,
_FIRST_TOLERANCE = 1e-2  # to this, about what so small a sample leaves
_MAX_STEPS = 50
_MAX_CG = 60
_MAX_HALVINGS = 30
_TINY = 1e-30

Float64Array = npt.NDArray[np.float64]
#: Takes a model, its text, the text's pairs, and what ``InfluenceEngine.tables`` is of the two.
Keep = Callable[[SkipGram, Corpus, Pairs, dict[str, npt.NDArray[Any]]], None]


def fit_to_text(
    model: SkipGram, corpus: Corpus, progress: Progress | None = None, keep: Keep | None = None
) -> SkipGram:
    """The model with context vectors fitted to its text, by its own settings and counts.

    ``keep`` is called with the model and what was counted for it, which the first question asks
    again. Raises CapabilityError where the model has no settings.
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
    pairs = windows.expected_pairs()
    fitted = fit_context_vectors(
        model.centre_vectors,
        pairs,
        noise_distribution(counts, settings.noise_exponent),
        settings.n_negatives,
        progress=progress,
    )
    whole = replace(model, context_vectors=np.asarray(fitted, dtype=np.float32))
    if keep is not None:
        keep(whole, corpus, pairs, text.tables | windows.tables)
    return whole


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
    n_noise = min(n_centres, len(v))
    n_first = max(n_noise // _FIRST_SHARE, min(n_noise, _FEW_CENTRES))
    sample, first_sample = (Noise.sampled(weights / total, n) for n in (n_noise, n_first))
    rates = torch.as_tensor(sample.weights * total)  # n_i, on the sample
    # In the basis of the centres' second moments a diagonal preconditioner fits all words.
    chosen = v[torch.as_tensor(sample.words)]
    scales, basis = torch.linalg.eigh((chosen * rates[:, None]).T @ chosen)
    v = (v @ basis).to(dtype)
    rows_of_v = padded_rows(as_array(v))
    fitted = torch.zeros_like(v)
    for start in range(0, len(v), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(v)))
        if not noise[rows].any():
            continue  # words that the text does not have keep 0
        block = _Block(
            v,
            rows_of_v,
            *_of_sample(sample, v, total),
            _rows_of(pairs, rows),
            torch.as_tensor(n_negatives * noise[rows]).to(dtype),
            ridge,
            (scales.clamp_min(0) / total).to(dtype),
        )
        v_noise, few_rates = _of_sample(first_sample, v, total)
        first = replace(block, v_noise=v_noise, rates=few_rates)
        at_zero = block.largest_at_zero()
        near = _minimise(first, torch.zeros_like(v[rows]), _FIRST_TOLERANCE * at_zero)
        fitted[rows] = _minimise(block, near, tolerance * at_zero)
        if progress is not None:
            progress(rows.stop / len(v), "fitting context vectors")
    return np.asarray((fitted @ basis.T.to(dtype)).numpy())


def _of_sample(sample: Noise, v: Tensor, total: float) -> tuple[Tensor, Tensor]:
    """The vectors of a sample of centres, and the rate n_i of each."""
    rates = torch.as_tensor(sample.weights * total).to(v.dtype)
    return v[torch.as_tensor(sample.words)], rates


def _rows_of(pairs: Pairs, rows: slice) -> Pairs:
    start, stop = pairs.offsets[rows.start], pairs.offsets[rows.stop]
    offsets = pairs.offsets[rows.start : rows.stop + 1] - start
    return Pairs(offsets, pairs.context_words[start:stop], pairs.weights[start:stop])


@dataclass(frozen=True, eq=False)
class _Block:
    """Some context words: what their functions f_j are made of."""

    v: Tensor  # (n_words, dim)
    rows_of_v: npt.NDArray[np.floating]  # padded
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
        left = as_array(u)
        return torch.from_numpy(
            pair_dots(self.pairs, left, self.rows_of_v, torch.get_num_threads())
        )

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

    def part(self, is_chosen: Tensor) -> _Block:
        """Some of the words."""
        chosen, sizes = is_chosen.numpy(), np.diff(self.pairs.offsets)
        kept = np.repeat(chosen, sizes)
        pairs = Pairs(
            np.append(0, np.cumsum(sizes[chosen])),
            self.pairs.context_words[kept],
            self.pairs.weights[kept],
        )
        return replace(self, pairs=pairs, factors=self.factors[is_chosen])

    def largest_at_zero(self) -> Tensor:
        """The largest entry of the gradient at u = 0, (n,); where every sigmoid is a half."""
        noise = self.factors[:, None] * (self.rates @ self.v_noise)
        return ((noise - self.spread(self.weights)) / 2).abs().amax(1).clamp_min(_TINY)

    def value(self, u: Tensor) -> Tensor:
        """f_j, (n,)."""
        softplus = torch.nn.functional.softplus
        positive = self.sums(self.weights * softplus(-self.dots(u)))
        negative = self.factors * (softplus(u @ self.v_noise.T) @ self.rates)
        return positive + negative + self.ridge / 2 * u.square().sum(1)


def _minimise(block: _Block, u: Tensor, goal: Tensor) -> Tensor:
    """Newton's method from ``u``, with halved steps where a word's loss would rise.

    ``goal``, (n,): of each word, how large its gradient's largest entry may stay.
    """
    weights = block.weights
    value = block.value(u)
    for _ in range(_MAX_STEPS):
        s_pairs = torch.sigmoid(block.dots(u))
        s_noise = torch.sigmoid(u @ block.v_noise.T)
        scaled = block.factors[:, None] * s_noise * block.rates
        gradient = block.spread(weights * (s_pairs - 1)) + scaled @ block.v_noise + block.ridge * u
        is_open = gradient.abs().amax(1) > goal
        if not is_open.any():
            break
        if is_open.sum() <= len(u) // 2:  # the others are done
            u[is_open] = _minimise(block.part(is_open), u[is_open], goal[is_open])
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
