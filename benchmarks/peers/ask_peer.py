"""The answer of one other package, in an environment of its own.

    ask_peer.py NAME PROBLEM DAMPING N_SCORED N_STEPS OUT

The model, the rows, the probe and the damping are those of ``compare.py``; every
package gets its best setting (see PEERS of ``compare.py``).
"""

from __future__ import annotations

import importlib
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")
N_NEGATIVES = 5
PACKAGES = {
    "pydvl": "pydvl.influence.torch",
    "dattri": "dattri.algorithm.influence_function",
    "captum": "captum.influence",
}


class Model(nn.Module):
    """x_ij of a row's context and negatives, (n_rows, 6)."""

    def __init__(self, v: Tensor, u: Tensor) -> None:
        super().__init__()
        self.v, self.u = (
            nn.Embedding.from_pretrained(v, False),
            nn.Embedding.from_pretrained(u, False),
        )

    def forward(self, rows: Tensor) -> Tensor:
        rows = rows.long()
        return (self.v(rows[..., :1]) * self.u(rows[..., 1:])).sum(-1)


def row_losses(logits: Tensor, labels: Tensor) -> Tensor:
    return binary_cross_entropy_with_logits(logits, labels, reduction="none").sum(-1)


def mean_loss(logits: Tensor, labels: Tensor) -> Tensor:
    return row_losses(logits, labels).mean()


class RowLoss(nn.Module):
    reduction = "none"

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        return row_losses(logits, labels)


class Problem:
    def __init__(self, file: Path, damping: float, n_scored: int, n_steps: int) -> None:
        data = np.load(file)
        self.model = Model(
            *(
                torch.from_numpy(data[f"{side}_vectors"].astype(np.float32))
                for side in ("centre", "context")
            )
        )
        self.rows = torch.from_numpy(data["rows"])
        self.labels = torch.zeros(len(self.rows), 1 + N_NEGATIVES)
        self.labels[:, 0] = 1
        self.gradient = torch.from_numpy(data["gradient"].astype(np.float32)).flatten()
        self.damping, self.n_scored, self.n_steps = damping, n_scored, n_steps

    def loader(self, n: int | None = None, size: int | None = None) -> DataLoader[Any]:
        n = n or len(self.rows)
        return DataLoader(TensorDataset(self.rows[:n], self.labels[:n]), batch_size=size or n)

    def probe_of(self, parameters: dict[str, Tensor]) -> Tensor:
        """A function of the parameters whose gradient is the probe's: linear, which is enough."""
        half = len(self.gradient) // 2
        v, u = parameters["v.weight"].flatten(), parameters["u.weight"].flatten()
        return v @ self.gradient[:half] + u @ self.gradient[half:]


def pydvl(p: Problem, make: Callable[..., Any], clock: Clock, **options: Any) -> Tensor:
    influence = make(p.model, mean_loss, p.damping, **options).fit(p.loader())
    clock.mark("setup")
    (block,) = influence.block_mapper.composable_block_dict.values()
    factor = block.op.apply(p.gradient)
    clock.mark("solve")
    parts = [
        influence.influences_from_factors(factor.reshape(1, -1), x, y)[0]
        for x, y in p.loader(p.n_scored, 50)
    ]
    clock.mark("score")
    return torch.cat(parts)


def pydvl_cg(p: Problem, clock: Clock) -> Tensor:
    from pydvl.influence.torch import CgInfluence

    return pydvl(p, CgInfluence, clock, rtol=1e-5, atol=1e-9)


def pydvl_lissa(p: Problem, clock: Clock) -> Tensor:
    from pydvl.influence.torch import LissaInfluence

    return pydvl(p, LissaInfluence, clock, scale=1.0, maxiter=200, rtol=1e-3)


def pydvl_nystroem(p: Problem, clock: Clock) -> Tensor:
    from pydvl.influence.torch import NystroemSketchInfluence

    return pydvl(p, NystroemSketchInfluence, clock, rank=200)


def pydvl_arnoldi(p: Problem, clock: Clock) -> Tensor:
    from pydvl.influence.torch import ArnoldiInfluence

    return pydvl(p, ArnoldiInfluence, clock, rank=100)


def dattri_cg(p: Problem, clock: Clock) -> Tensor:
    from dattri.algorithm.influence_function import IFAttributorCG
    from dattri.task import AttributionTask
    from torch.func import functional_call

    def loss(parameters: dict[str, Tensor], data: tuple[Tensor, Tensor]) -> Tensor:
        rows, labels = data
        return mean_loss(functional_call(p.model, parameters, rows), labels)

    def probe(parameters: dict[str, Tensor], data: Any) -> Tensor:
        return p.probe_of(parameters) + 0 * loss(parameters, data)

    task = AttributionTask(loss, p.model, p.model.state_dict(), target_func=probe)
    # It ignores its tolerance and diverges after convergence, so the number of steps is given.
    attributor = IFAttributorCG(task, max_iter=p.n_steps, regularization=p.damping)
    attributor.cache(p.loader())
    clock.mark("setup")
    question = p.loader(1)  # the probe looks at the parameters alone, not at this row
    scores = attributor.attribute(p.loader(p.n_scored), question)[:, 0]
    clock.mark("solve")
    # One call does both; the gradients of the rows, made again, are the share of the scoring.
    batch = tuple(part.unsqueeze(0) for part in next(iter(p.loader(p.n_scored))))
    attributor.generate_train_rep(ckpt_idx=0, data=batch)
    clock.mark("score")
    clock.times["solve"] = max(clock.times["solve"] - clock.times["score"], 0.0)
    return scores


def captum(p: Problem, make: Callable[..., Any], clock: Clock, **options: Any) -> Tensor:
    def probe(logits: Tensor, labels: Tensor) -> Tensor:
        value = p.probe_of(dict(p.model.named_parameters()))
        return value + 0 * row_losses(logits, labels)

    data = TensorDataset(p.rows[: p.n_scored], p.labels[: p.n_scored])
    probe.reduction = "none"  # type: ignore[attr-defined]
    influence = make(p.model, data, loss_fn=RowLoss(), test_loss_fn=probe, batch_size=50, **options)
    clock.mark("setup")
    scores = influence.influence((p.rows[:1], p.labels[:1]))[0]
    clock.mark("score")
    return scores


def captum_tracin(p: Problem, clock: Clock) -> Tensor:
    from captum.influence import TracInCP

    return captum(
        p, TracInCP, clock, checkpoints=["here"], checkpoints_load_func=lambda model, path: 1.0
    )


def captum_arnoldi(p: Problem, clock: Clock) -> Tensor:
    from captum.influence._core.arnoldi_influence_function import ArnoldiInfluenceFunction

    return captum(
        p, ArnoldiInfluenceFunction, clock, checkpoint="here",
        checkpoints_load_func=lambda model, path: 1.0,
        hessian_dataset=p.loader(), projection_dim=50, arnoldi_dim=200,
        hessian_reg=p.damping * len(p.rows),
    )  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self.last = time.perf_counter()

    def mark(self, name: str) -> None:
        now = time.perf_counter()
        self.times[name], self.last = now - self.last, now


def main(name: str, file: str, damping: str, n_scored: str, n_steps: str, out: str) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    problem = Problem(Path(file), float(damping), int(n_scored), int(n_steps))
    importlib.import_module(PACKAGES[name.split("_")[0]])  # importing is not timed
    clock = Clock()
    scores = globals()[name](problem, clock).detach().numpy()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times = {f"{key}_seconds": value for key, value in clock.times.items()}
    np.savez(out, scores=scores, peak_mb=peak, n_scored=len(scores), **times)


if __name__ == "__main__":
    main(*sys.argv[1:])
