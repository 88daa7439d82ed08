"""The expected training loss of skip-gram with negative sampling, in closed form.

With x_ij = v_i . u_j and s the logistic function, for one pass over the text,

    L(V, U) = sum_ij [ n_ij softplus(-x_ij) + K n_i P_j softplus(x_ij) ]

**a sum, not a mean**, where n_ij is the expected weight of the pair (centre i, context word j),
n_i = sum_j n_ij, K the number of negatives and P the noise distribution. The expectation over
window sizes, subsampling and negatives is exact, so there is no sampling noise, and

    residual    G_ij = -n_ij (1 - s) + K n_i P_j s        dL/dV = G U      dL/dU = G' V
    curvature   S_ij = (n_ij + K n_i P_j) s (1 - s)

(Derived from Mikolov et al. 2013, arXiv:1310.4546, eq. 4. A negative may equal the positive here;
gensim skips that rare case.)

The part with n_ij is nonzero only on the observed pairs, hence sparse. The noise part is dense;
``Noise`` gives the words that it is summed over: all of them (exact), or a fixed shared sample with
importance weights that always includes the most frequent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from clif_core.errors import InputError
from clif_core.sgns.pair_kernels import Floats, pair_dots, pair_dots_along
from clif_core.sgns.pairs import Pairs
from clif_core.sparse import compressed_rows

__all__ = ["ExpectedLoss", "Noise", "as_array", "noise_distribution"]


def noise_distribution(
    counts: npt.NDArray[np.int64], exponent: float = 0.75
) -> npt.NDArray[np.float64]:
    """P: unigram counts to a power, scaled to sum to 1, (n_words,)."""
    powered = np.asarray(counts, dtype=np.float64) ** exponent
    return np.asarray(powered / powered.sum())


@dataclass(frozen=True, eq=False)
class Noise:
    """sum_j P_j f(j) as sum_m weights_m f(words_m); exact when every word is listed."""

    words: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]

    @classmethod
    def exact(cls, distribution: npt.NDArray[np.float64]) -> Noise:
        return cls(np.arange(len(distribution)), distribution)

    @classmethod
    def sampled(cls, distribution: npt.NDArray[np.float64], n_samples: int, seed: int = 0) -> Noise:
        """Half of the sample are the likeliest words, exact; the other half is drawn from P.

        Unbiased: a word drawn c times out of m has the weight c / m of the probability outside the
        exact half. Raises InputError for fewer than 2 samples.
        """
        if n_samples < 2:
            raise InputError(f"a noise sample needs at least 2 words, got {n_samples}.")
        if n_samples >= len(distribution):
            return cls.exact(distribution)
        order = np.argsort(-distribution, kind="stable")
        n_exact = n_samples // 2
        n_drawn = n_samples - n_exact
        exact, rest = order[:n_exact], order[n_exact:]
        left = distribution[rest].sum()
        if left <= 0:  # fewer words than that ever come
            return cls(exact, distribution[exact])
        generator = np.random.default_rng(seed)
        counts = generator.multinomial(n_drawn, distribution[rest] / left)
        drawn = counts > 0
        words = np.concatenate([exact, rest[drawn]])
        weights = np.concatenate([distribution[exact], counts[drawn] * left / n_drawn])
        return cls(words, weights)


#: Scores of some centres against all words at once; each takes some 16 bytes.
_MOST_SCORES = 1 << 26
_COMPILED = (torch.float32, torch.float64)
#: A table of all centres x the noise words is kept up to this size; a larger one is computed in
#: blocks of centres each time. Four such tables, the most at once, stay within 1 GB.
NOISE_TABLE_BYTES = 1 << 28
#: Centres of a block: on the CPU its products stay in the cache, elsewhere few launches matter.
_CPU_BLOCK, _DEVICE_BLOCK = 2048, 1 << 15


def as_array(tensor: Tensor) -> Floats:
    """A tensor for the compiled products; copied only when it is not contiguous."""
    array: Floats = tensor.detach().contiguous().numpy()
    return array


class ExpectedLoss:
    """The loss of one model on one text; every tensor on one device and of one dtype.

    Parameters
    ----------
    centre_vectors, context_vectors : (n_words, dim); their device and dtype are those of the loss
    pairs : expected pair weights of the text
    noise : the words that the noise part is summed over
    n_negatives : K

    The scores s(x_ij), n_pairs + n_words x n_noise numbers, are computed once and cached, so that
    another probe or another damping costs its own products only; those against the noise words are
    cached up to ``NOISE_TABLE_BYTES``. The vectors must not change.
    Raises InputError where shapes do not match.
    """

    def __init__(
        self,
        centre_vectors: Tensor,
        context_vectors: Tensor,
        pairs: Pairs,
        noise: Noise,
        n_negatives: int,
    ) -> None:
        if centre_vectors.shape != context_vectors.shape:
            raise InputError(
                "centre and context vectors must have one shape, got "
                f"{tuple(centre_vectors.shape)} and {tuple(context_vectors.shape)}."
            )
        if len(centre_vectors) != pairs.n_words:
            raise InputError(
                f"the text has {pairs.n_words:,} words but the vectors {len(centre_vectors):,}."
            )
        self.v, self.u = centre_vectors, context_vectors
        self.pairs, self.noise, self.n_negatives = pairs, noise, n_negatives
        self.offsets = self._integers(pairs.offsets)
        self.weights = self._floats(pairs.weights)
        self.centre_weights = self._floats(pairs.centre_weights)
        self.noise_words = self._integers(noise.words)
        self.noise_rates = n_negatives * self._floats(noise.weights)  # K P_j, on the sample
        # On other devices and dtypes torch's own sparse products are used.
        self.is_compiled = self.v.device.type == "cpu" and self.v.dtype in _COMPILED

    def without_negatives(self) -> ExpectedLoss:
        """The part of the loss on the observed pairs only."""
        return self._without_negatives

    @cached_property
    def _without_negatives(self) -> ExpectedLoss:
        nothing = Noise(np.empty(0, np.int64), np.empty(0))
        return ExpectedLoss(self.v, self.u, self.pairs, nothing, self.n_negatives)

    def _floats(self, values: npt.NDArray[np.floating]) -> Tensor:
        return torch.as_tensor(values, dtype=self.v.dtype, device=self.v.device)

    def _integers(self, values: npt.NDArray[np.integer]) -> Tensor:
        return torch.as_tensor(values, dtype=torch.int64, device=self.v.device)

    def contexts(self, at: slice | Tensor) -> Tensor:
        """The context words of some pairs."""
        return self._contexts[at].long()

    @cached_property
    def _contexts(self) -> Tensor:
        return torch.as_tensor(self.pairs.context_words, device=self.v.device)

    @cached_property
    def _columns(self) -> Tensor:
        """As torch's sparse products take them, twice as large: the quick estimate has none."""
        return self._integers(self.pairs.context_words)

    # --- products on the pattern of observed pairs

    def on_pairs(self, left: Tensor, right: Tensor) -> Tensor:
        """left_i . right_j for every observed pair, (n_pairs,); never a dense matrix."""
        if self.is_compiled:
            factors = (as_array(left), as_array(right))
            return torch.from_numpy(pair_dots(self.pairs, *factors, torch.get_num_threads()))
        zero = self.sparse(torch.zeros_like(self.weights))
        product: Tensor = torch.sparse.sampled_addmm(zero, left, right.T, beta=0.0)
        return product.values()

    def along(self, a: Tensor, b: Tensor) -> Tensor:
        """The change of x_ij along a direction: a_i . u_j + v_i . b_j, (n_pairs,)."""
        if self.is_compiled:
            factors = (as_array(self.v), as_array(self.u), as_array(a), as_array(b))
            return torch.from_numpy(pair_dots_along(self.pairs, *factors, torch.get_num_threads()))
        return self.on_pairs(torch.cat([a, self.v], 1), torch.cat([self.u, b], 1))

    def sparse(self, values: Tensor) -> Tensor:
        """The (n_words, n_words) sparse matrix with these values on the observed pairs."""
        n = len(self.v)
        return compressed_rows(self.offsets, self._columns, values, (n, n))

    # --- the loss and its gradient

    def pair_scores(self) -> Tensor:
        """s(x_ij) on the observed pairs, (n_pairs,); cached."""
        return self._pair_scores

    @cached_property
    def _pair_scores(self) -> Tensor:
        return torch.sigmoid(self.on_pairs(self.v, self.u))

    def noise_scores(self, rows: Tensor | slice) -> Tensor:
        """s(x_ij) of some centres against the noise words, (n_rows, n_noise)."""
        if isinstance(rows, slice) and self.keeps_noise:
            return self._noise_scores[rows]
        return (self.v[rows] @ self.u_noise.T).sigmoid_()

    @property
    def keeps_noise(self) -> bool:
        """Whether a table of all centres x the noise words is small enough to be kept."""
        n_bytes = len(self.v) * len(self.noise_words) * self.v.element_size()
        return n_bytes <= NOISE_TABLE_BYTES

    def noise_blocks(self) -> Iterator[slice]:
        """Slices of all centres, so that a table of each against the noise words is small."""
        size = _CPU_BLOCK if self.v.device.type == "cpu" else _DEVICE_BLOCK
        for start in range(0, len(self.v), size):
            yield slice(start, start + size)

    @cached_property
    def u_noise(self) -> Tensor:
        """The context vectors of the noise words, (n_noise, dim)."""
        return self.u[self.noise_words]

    @cached_property
    def _noise_scores(self) -> Tensor:
        return (self.v @ self.u_noise.T).sigmoid_()

    @cached_property
    def _noise_pull(self) -> Tensor:
        """sum_j K P_j s_ij u_j, (n_words, dim): the gradient of one context's negatives by its
        centre vector."""
        return self._noise_sums(self.u_noise)

    def _noise_sums(self, values: Tensor) -> Tensor:
        """sum_j K P_j s_ij values_j over the noise words, (n_noise, dim) -> (n_words, dim)."""
        rated = self.noise_rates[:, None] * values
        if self.keeps_noise:
            return self._noise_scores @ rated
        return torch.cat([self.noise_scores(rows) @ rated for rows in self.noise_blocks()])

    def value(self) -> Tensor:
        """L, a sum over one pass."""
        softplus = torch.nn.functional.softplus
        total = (self.weights * softplus(-self.on_pairs(self.v, self.u))).sum()
        for rows in self.noise_blocks():
            of_rows = softplus(self.v[rows] @ self.u_noise.T) @ self.noise_rates
            total = total + of_rows @ self.centre_weights[rows]
        return total

    def residual(self) -> Tensor:
        """G on the observed pairs, (n_pairs,), without their share as noise."""
        return self.weights * (self.pair_scores() - 1)

    def noise_residual(self, rows: slice) -> Tensor:
        """The noise part of G, (n_rows, n_noise)."""
        return (self.noise_scores(rows) * self.noise_rates).mul_(self.centre_weights[rows, None])

    def curvature(self) -> Tensor:
        """S on the observed pairs, (n_pairs,), without their share as noise."""
        s = self.pair_scores()
        return self.weights * s * (1 - s)

    def noise_curvature(self, rows: slice) -> Tensor:
        """The noise part of S, (n_rows, n_noise)."""
        t = self.noise_scores(rows)
        return (1 - t).mul_(t).mul_(self.noise_rates).mul_(self.centre_weights[rows, None])

    def transposition(self) -> Tensor:
        return self._transposition

    @cached_property
    def _transposition(self) -> Tensor:
        return self._integers(self.pairs.transposition())

    def gradient(self) -> tuple[Tensor, Tensor]:
        """dL/dV and dL/dU, each (n_words, dim)."""
        positive = self.residual()
        grad_v = self.sparse(positive) @ self.u
        grad_u = self.sparse(positive[self.transposition()]) @ self.v
        on_noise = torch.zeros_like(self.u_noise)
        for rows in self.noise_blocks():
            negative = self.noise_residual(rows)
            grad_v[rows].addmm_(negative, self.u_noise)
            on_noise.addmm_(negative.T, self.v[rows])
        return grad_v, grad_u.index_add(0, self.noise_words, on_noise)

    # --- the contribution of one pair along a direction

    def pair_effects(self, h_v: Tensor, h_u: Tensor) -> Tensor:
        """(gradient of one occurrence of the pair) . h, with its share of negatives, (n_pairs,).

        score_ij = (s_ij - 1) y_ij + K sum_j' P_j' s_ij' y_ij' with y_ij = h_Vi . u_j + v_i . h_Uj:
        the removal effect of a pair of weight 1, when h = M grad probe.
        """
        effects = (self.pair_scores() - 1) * self.along(h_v, h_u)
        on_contexts = self._noise_sums(h_u[self.noise_words])
        noise = (self._noise_pull * h_v + self.v * on_contexts).sum(1)
        return effects.add_(torch.repeat_interleave(noise, self.offsets.diff()))

    def pair_effects_of(self, rows: Tensor, h_rows: Tensor) -> tuple[Tensor, Tensor]:
        """As pair_effects where h is zero except on the centre vectors ``rows``.

        Returns the indices of those rows' pairs and their effects; costs only the given rows.
        """
        if len(rows) > 1 and len(rows) * len(self.v) > _MOST_SCORES:
            half = len(rows) // 2
            parts = [
                self.pair_effects_of(rows[part], h_rows[part])
                for part in (slice(half), slice(half, None))
            ]
            return torch.cat([at for at, _ in parts]), torch.cat([found for _, found in parts])
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        within = torch.arange(int(lengths.sum()), device=rows.device)
        starts = lengths.cumsum(0) - lengths
        at = torch.repeat_interleave(self.offsets[rows] - starts, lengths) + within
        s = torch.sigmoid(self.v[rows] @ self.u.T)  # (n_rows, n_words): exact noise, few rows
        y = h_rows @ self.u.T
        row = torch.repeat_interleave(torch.arange(len(rows), device=rows.device), lengths)
        column = self.contexts(at)
        words = self.noise_words
        noise = (s[:, words] * y[:, words]) @ self.noise_rates
        return at, (s[row, column] - 1) * y[row, column] + noise[row]

    def pair_effects_along(self, rows: Tensor | None, h: Tensor) -> Tensor:
        """As pair_effects, (n_pairs,), for an h of either shape: (k, dim) on the centre vectors
        ``rows`` only, or (2, n_words, dim) where ``rows`` is None."""
        if rows is None:
            return self.pair_effects(h[0], h[1])
        at, of_rows = self.pair_effects_of(rows, h)
        effects = torch.zeros_like(self.weights)
        effects[at] = of_rows
        return effects
