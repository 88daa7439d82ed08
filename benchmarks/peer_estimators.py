"""Estimators of other packages, computed from our products so that retraining can judge them.

The packages themselves need minutes a question and a dense gradient a row (``peers/``), too much
for a million contexts. Here their estimates use our exact Hessian of the expected loss and the same
damping.

    Arnoldi   pyDVL, captum, dattri: the inverse on the 100 strongest eigenvectors, 0 elsewhere
    Nystroem  pyDVL: a sketch of 200 random directions, the damping alone elsewhere
    LiSSA     pyDVL, dattri, the CLIF release: the truncated series, with a scale that converges

Conjugate gradient (pyDVL, dattri, torch-influence) is our ``exact``; TracInCP (captum, dattri) with
one checkpoint is our ``gradient``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor

from clif_core.evaluation import Trial
from clif_core.influence.curvature import SkipGramCurvature
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import find_estimator
from clif_core.influence.solvers import Operator, lissa
from clif_core.probes.base import ResolvedProbe

__all__ = ["PEERS", "arnoldi", "document_effects", "nystroem", "sums_of_sets"]

RANK, SKETCH, TERMS = 100, 200, 200
Floats = npt.NDArray[np.float64]


def arnoldi(hessian: Operator, gradients: Tensor, damping: float, rank: int = RANK) -> Tensor:
    """Q (x + damping)^-1 Q' g with the ``rank`` eigenvalues x of largest size; (k, *shape)."""
    shape, flat = gradients.shape[1:], gradients.flatten(1)

    def product(x: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        direction = torch.from_numpy(np.asarray(x).reshape(shape)).to(gradients)
        return np.asarray(hessian(direction).flatten().numpy())

    size = flat.shape[1]
    dtype = flat.numpy().dtype
    operator = LinearOperator((size, size), matvec=product, dtype=dtype)
    start = np.random.default_rng(0).normal(size=size).astype(dtype)
    values, vectors = eigsh(operator, k=rank, which="LM", v0=start, tol=1e-3)
    q = torch.from_numpy(np.ascontiguousarray(vectors.T)).to(gradients)
    x = torch.from_numpy(values).to(gradients)
    return (((flat @ q.T) / (x + damping)) @ q).view_as(gradients)


def nystroem(hessian: Operator, gradients: Tensor, damping: float, sketch: int = SKETCH) -> Tensor:
    """(Y (W'Y)^+ Y' + damping)^-1 g with Y = H W for random orthonormal W; (k, *shape).

    Where the Hessian is indefinite, as SGD leaves it, the negative part of W'Y is left out.
    """
    shape, flat = gradients.shape[1:], gradients.flatten(1)
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(flat.shape[1], sketch, generator=generator, dtype=flat.dtype)
    w = torch.linalg.qr(drawn).Q
    y = torch.stack([hessian(column.view(shape)).flatten() for column in w.T], 1)
    values, vectors = torch.linalg.eigh(((w.T @ y) + (w.T @ y).T) / 2)
    kept = values > 1e-6 * values.abs().max()
    root = (y @ vectors[:, kept]) / values[kept].sqrt()
    basis, singular, _ = torch.linalg.svd(root, full_matrices=False)
    within = flat @ basis
    inverse = within / (singular.square() + damping) - within / damping
    return (flat / damping + inverse @ basis.T).view_as(gradients)


def series(hessian: Operator, gradients: Tensor, damping: float) -> Tensor:
    """LiSSA, one series a probe; its best iterate where it diverges."""

    def damped(direction: Tensor) -> Tensor:
        return hessian(direction) + damping * direction

    return torch.stack([lissa(damped, g, depth=TERMS, tolerance=1e-3).value for g in gradients])


PEERS: dict[str, Callable[[Operator, Tensor, float], Tensor]] = {
    f"Arnoldi, rank {RANK}": arnoldi,
    f"Nystroem, sketch of {SKETCH}": nystroem,
    f"LiSSA, {TERMS} terms": series,
}


def document_effects(engine: InfluenceEngine, probes: Sequence[ResolvedProbe], peer: str) -> Floats:
    """(n_probes, n_documents) removal effects by a peer's estimator."""
    loss = engine.loss
    gradients = torch.zeros(len(probes), 2, *loss.v.shape)
    for at, probe in enumerate(probes):
        rows, gradient = probe.active_gradient(engine.model.centre_vectors)
        gradients[at, 0, torch.as_tensor(rows)] = torch.as_tensor(gradient, dtype=loss.v.dtype)
    hessian = SkipGramCurvature(loss, "exact")
    found = []
    for h_v, h_u in PEERS[peer](hessian, gradients, find_estimator("exact").default_damping):
        of_tokens = np.zeros(engine.corpus.n_tokens)
        of_tokens[engine.text.tokens] = engine.windows.sum_over_contexts(
            engine.pairs, loss.pair_effects(h_v, h_u).numpy()
        )
        sums = np.concatenate([[0.0], of_tokens.cumsum()])
        found.append(np.diff(sums[engine.corpus.document_token_offsets]))
    return np.array(found)


def sums_of_sets(trial: Trial, effects: Floats) -> Floats:
    """(n_probes, n_sets) of (n_probes, n_documents), for a trial that leaves documents out."""
    return np.array(
        [
            [of_probe[list(edit.items)].sum() for edit in edits]
            for of_probe, edits in zip(effects, trial.edits, strict=True)
        ]
    )
