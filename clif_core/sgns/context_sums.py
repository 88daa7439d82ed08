"""Sums over the contexts of a text on a device, from values of pairs to tokens and sentences.

On the CPU ``Windows.sum_over_contexts`` does the same, compiled. Here everything that no probe
changes lies on the device, so that an answer moves the sums alone.

Sums are of integers in fixed point. These are exact in any order, so the sum of a slice is the
difference of two running sums, and the result is bitwise the same in every run; running sums of
floating-point numbers are neither on CUDA.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from clif_core.sgns.pairs import Pairs
from clif_core.sgns.windows import Windows

__all__ = ["ContextSums", "fits"]

IntArray = npt.NDArray[np.int64]

_BYTES = 4 << 30  # of the tables on the device
_CHUNK = 1 << 24  # neighbours that are summed together; each takes some 50 bytes meanwhile
# The largest number becomes 2^36: finer than float32 by 2^12, and 2^27 such numbers can be added.
_BITS = 36


def fits(windows: Windows) -> bool:
    """Whether the tables of a text stay within the memory meant for them (4 GB).

    Each neighbour takes 8 bytes. Subsampling stretches windows, at most to some 3 neighbours for
    each unit of the window's size.
    """
    return 8 * 3 * windows.window * windows.n_positions <= _BYTES


class ContextSums:
    """The neighbours of every context of a text, as pairs with weights, on one device.

    Parameters
    ----------
    windows, pairs : of the text
    tokens : (n_positions,) the token of each position of the windows, ascending
    sentence_offsets : (n_sentences + 1,) in tokens; the last is the number of tokens
    """

    def __init__(
        self,
        windows: Windows,
        pairs: Pairs,
        tokens: npt.NDArray[np.integer],
        sentence_offsets: IntArray,
        device: torch.device,
    ) -> None:
        sizes, words, weights = windows.neighbours_in_order()
        of_tokens = np.zeros(sentence_offsets[-1], np.int64)  # none where no vocabulary word is
        of_tokens[tokens] = sizes
        self._starts = np.concatenate([[0], np.cumsum(of_tokens)])
        self.starts = torch.as_tensor(self._starts, device=device)
        self.weights = torch.as_tensor(weights, device=device)
        self.sentence_offsets = torch.as_tensor(sentence_offsets, device=device)
        self.pair_of = torch.empty(len(words), dtype=torch.int32, device=device)
        n_words = pairs.n_words
        keys = torch.as_tensor(pairs.centres().astype(np.int64) * n_words, device=device)
        keys += torch.as_tensor(pairs.context_words, device=device)  # ascending
        centres = np.repeat(windows.words, sizes)
        for _, part in self._chunks():
            centre = torch.as_tensor(centres[part], dtype=torch.int64, device=device)
            word = torch.as_tensor(words[part], dtype=torch.int64, device=device)
            self.pair_of[part] = torch.searchsorted(
                keys, centre.mul_(n_words).add_(word), out_int32=True
            )

    def of_tokens(self, pair_values: Tensor) -> Tensor:
        """sum_q weight(p, q) * pair_values[word_p, word_q] for every token p, (n_tokens,) float64.

        0 for tokens that are no position of the windows.
        """
        scale = _scale(pair_values)
        out = torch.zeros(len(self.starts) - 1, dtype=torch.float64, device=self.starts.device)
        for tokens, part in self._chunks():
            near = self.weights[part].double() * pair_values.index_select(0, self.pair_of[part])
            offsets = self.starts[tokens.start : tokens.stop + 1] - part.start
            out[tokens] = _sums(near, offsets, scale)
        return out

    def of_sentences(self, by_token: Tensor) -> Tensor:
        """Sums over the tokens of each sentence, (n_sentences,) float64."""
        return _sums(by_token.double(), self.sentence_offsets, _scale(by_token))

    def _chunks(self) -> Iterator[tuple[slice, slice]]:
        """Slices of tokens with the slices of their neighbours, each of at most ``_CHUNK``.

        The neighbours of one token are never divided.
        """
        first, n_tokens = 0, len(self._starts) - 1
        while first < n_tokens:
            limit = self._starts[first] + _CHUNK
            last = int(np.searchsorted(self._starts, limit, side="right")) - 1
            last = min(max(last, first + 1), n_tokens)
            yield slice(first, last), slice(int(self._starts[first]), int(self._starts[last]))
            first = last


def _scale(values: Tensor) -> Tensor:
    """The power of two that takes the largest value to about 2^_BITS, without a wait for it."""
    if not len(values):
        return torch.ones((), dtype=torch.float64, device=values.device)
    exponent = torch.frexp(values.abs().max().double()).exponent
    return torch.ldexp(torch.ones_like(exponent, dtype=torch.float64), _BITS - exponent)


def _sums(values: Tensor, offsets: Tensor, scale: Tensor) -> Tensor:
    """Sums of consecutive slices of float64 values, rounded to multiples of 1 / scale."""
    running = torch.zeros(len(values) + 1, dtype=torch.int64, device=values.device)
    torch.cumsum((values * scale).round_().long(), 0, out=running[1:])
    return running[offsets].diff() / scale
