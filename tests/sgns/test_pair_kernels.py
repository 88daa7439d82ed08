"""The compiled products against torch's, for any number of threads."""

from __future__ import annotations

import pytest
import torch

from clif_core.influence.curvature import SkipGramCurvature
from clif_core.influence.engine import InfluenceEngine
from clif_core.sgns.expected_loss import ExpectedLoss, as_array
from clif_core.sgns.model import SkipGram
from clif_core.sgns.pair_kernels import curvature_product
from clif_core.text.corpus import Corpus


@pytest.fixture(scope="module", params=[torch.float32, torch.float64])
def loss(request, lee_model: SkipGram, lee_corpus: Corpus) -> ExpectedLoss:
    return InfluenceEngine(lee_model, lee_corpus, dtype=request.param).loss


@pytest.fixture
def plain(loss: ExpectedLoss) -> ExpectedLoss:
    """The same loss as on a device without compiled products."""
    plain = ExpectedLoss(loss.v, loss.u, loss.pairs, loss.noise, loss.n_negatives)
    plain.is_compiled = False
    return plain


def _direction(loss: ExpectedLoss) -> torch.Tensor:
    return torch.randn(2, *loss.v.shape, dtype=loss.v.dtype, generator=torch.manual_seed(0))


def _close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    error = float((ours - theirs).norm() / theirs.norm())
    assert error < (1e-5 if ours.dtype == torch.float32 else 1e-13)


@pytest.mark.parametrize("kind", ["exact", "gauss_newton"])
def test_a_product_equals_that_of_torch(loss, plain, kind):
    direction = _direction(loss)
    _close(
        SkipGramCurvature(loss, kind, 0.3)(direction),
        SkipGramCurvature(plain, kind, 0.3)(direction),
    )


def test_pair_effects_equal_those_of_torch(loss, plain):
    a, b = _direction(loss)
    _close(loss.pair_effects(a, b), plain.pair_effects(a, b))
    _close(loss.on_pairs(a, b), plain.on_pairs(a, b))


def test_products_are_identical_for_any_number_of_threads(loss):
    a, b = (as_array(side) for side in _direction(loss))
    curvature = SkipGramCurvature(loss, "exact")
    v, u, s, g = (as_array(x) for x in (loss.v, loss.u, curvature.s_pairs, curvature.g_pairs))
    one, three = (curvature_product(loss.pairs, v, u, a, b, s, g, n) for n in (1, 3))
    assert (one[0] == three[0]).all()
    assert (one[1] == three[1]).all()


def test_transposing_twice_changes_nothing(loss):
    swap = loss.transposition()
    assert torch.equal(swap[swap], torch.arange(len(swap)))
    _close(loss.weights[swap], loss.weights)  # n_ij = n_ji
