"""Deep embedded clustering in 228 numbers, for one model or for many at once.

An encoder 2 -> 12 -> 12 and three centres (Xie, Girshick & Farhadi 2016). Point x lies in cluster j
by Student's t with one degree of freedom,

    q_j  ~  1 / (1 + |encode(x) - centre_j|^2)        rows sum to 1

and is pulled towards the *target* p_j ~ q_j^2 / f_j, where f_j = sum_z w_z q_zj is how much of
all points lies in cluster j. So the target of every point depends on all the others.

The parameters are one vector theta, (..., 228): leading dimensions are models, trained side by
side. ``sharpness`` is that of the hidden layer's softplus; None is its limit, the ReLU of the
release. Everything is float64.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from clif_core.mixture.points import N_CLASSES, Points

__all__ = ["N_PARAMETERS", "Loss", "assign", "point_losses", "start", "target_of", "turned_onto"]

Loss = Literal["kl", "nll"]
HIDDEN = 12
SHAPES = {
    "inner_weight": (2, HIDDEN),
    "inner_bias": (HIDDEN,),
    "outer_weight": (HIDDEN, HIDDEN),
    "outer_bias": (HIDDEN,),
    "centres": (N_CLASSES, HIDDEN),
}
N_PARAMETERS = sum(math.prod(shape) for shape in SHAPES.values())


def _parts(theta: Tensor) -> list[Tensor]:
    lead = theta.shape[:-1]
    pieces = torch.split(theta, [math.prod(shape) for shape in SHAPES.values()], -1)
    return [p.reshape(*lead, *s) for p, s in zip(pieces, SHAPES.values(), strict=True)]


def encode(theta: Tensor, places: Tensor, sharpness: float | None) -> Tensor:
    """(..., n, 12) encoded points."""
    inner, inner_bias, outer, outer_bias, _ = _parts(theta)
    sums = places @ inner + inner_bias[..., None, :]
    hidden = torch.relu(sums) if sharpness is None else softplus(sums, sharpness)
    return hidden @ outer + outer_bias[..., None, :]


def assign(theta: Tensor, places: Tensor, sharpness: float | None) -> Tensor:
    """q, (..., n, 3): how far each point belongs to each cluster; rows sum to 1."""
    encoded, centres = encode(theta, places, sharpness), _parts(theta)[-1]
    squares = encoded.square().sum(-1, keepdim=True) + centres.square().sum(-1)[..., None, :]
    kernel = 1 / (1 + squares - 2 * encoded @ centres.transpose(-1, -2))
    return kernel / kernel.sum(-1, keepdim=True)


def turned_onto(anchor: Tensor, theta: Tensor) -> Tensor:
    """Models (m, 228) with their encoded spaces turned onto that of ``anchor`` (228,): Procrustes.

    Distances in the encoded space, and so assignments, losses and |theta|, stay the same.
    """
    parts, wanted = _parts(theta), torch.cat([p.reshape(-1, HIDDEN) for p in _parts(anchor)[2:]])
    own = torch.cat([p.reshape(len(theta), -1, HIDDEN) for p in parts[2:]], 1)
    left, _, right = torch.linalg.svd(own.transpose(-1, -2) @ wanted)
    return torch.cat([*(p.flatten(1) for p in parts[:2]), (own @ (left @ right)).flatten(1)], 1)


def target_of(q: Tensor, weights: Tensor) -> Tensor:
    """p, (..., n, 3), from q and each point's weight (..., n); weight 0 leaves a point out.

    Equation 3 of Xie et al., with weights. Gradients flow through; the trainer detaches it.
    """
    frequencies = (weights[..., None] * q).sum(-2, keepdim=True)
    raw = q.square() / frequencies
    return raw / raw.sum(-1, keepdim=True)


def point_losses(q: Tensor, loss: Loss, labels: Tensor, target: Tensor | None) -> Tensor:
    """(..., n) loss of each point: KL(target || q), or -log of the share of its own class."""
    if loss == "nll":
        picked = labels.expand(q.shape[:-1])[..., None]
        return -q.gather(-1, picked)[..., 0].log()
    assert target is not None
    return (target * (target.log() - q.log())).sum(-1)


def start(points: Points, seed: int, sharpness: float | None, noise: float = 0.0) -> Tensor:
    """(228,) untrained parameters: random layers, and k-means centres of the encoded points.

    Layers are uniform in +- 1 / sqrt(inputs), torch's default. The release adds Gaussian noise of
    standard deviation 0.5 to the centres. Centre j is that of the cluster with most points of
    class j (the release leaves the order to chance, so its NLL training starts by undoing it).
    """
    generator = torch.Generator().manual_seed(seed)

    def uniform(name: str, n_inputs: int) -> Tensor:
        drawn = torch.rand(SHAPES[name], generator=generator, dtype=torch.float64)
        return (2 * drawn - 1).flatten() / math.sqrt(n_inputs)

    layers = [
        uniform("inner_weight", 2),
        uniform("inner_bias", 2),
        uniform("outer_weight", HIDDEN),
        uniform("outer_bias", HIDDEN),
    ]
    no_centres = torch.zeros(math.prod(SHAPES["centres"]), dtype=torch.float64)
    places = torch.from_numpy(points.places)
    encoded = encode(torch.cat([*layers, no_centres]), places, sharpness).numpy()
    centres = torch.from_numpy(_centres(encoded, points.labels, seed))
    drawn = torch.randn(centres.shape, generator=generator, dtype=torch.float64)
    return torch.cat([*layers, (centres + noise * drawn).flatten()])


def _centres(
    encoded: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    labels: np.ndarray[tuple[int], np.dtype[np.int64]],
    seed: int,
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(3, 12) k-means centres, numbered by the class that is most frequent in each."""
    from scipy.optimize import linear_sum_assignment
    from sklearn.cluster import KMeans

    found = KMeans(N_CLASSES, n_init=N_CLASSES, random_state=seed).fit(encoded)
    shared = np.zeros((N_CLASSES, N_CLASSES))
    np.add.at(shared, (found.labels_, labels), 1)
    cluster_of_class = np.argsort(linear_sum_assignment(-shared)[1])
    centres: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    centres = found.cluster_centers_[cluster_of_class].astype(np.float64)
    return centres
