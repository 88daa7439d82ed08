"""From a probe to ranked sentences by the closed forms, on the CPU or on a card.

    python -m benchmarks.closed_form_rows [cpu | cuda]

``measure_closed_form`` gives rows to print: the whole answer, and the parts of ``block`` one after
another, each waited for. A part that the host computes says so; the share of these is the host's.
The sample text must be here (``clif fetch brown``). On a card it takes well under half a minute.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from benchmarks.machine import machine
from clif_core.errors import InputError
from clif_core.influence.curvature import solve_blocks
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.result import Influence
from clif_core.probes import find_probe
from clif_core.probes.base import ResolvedProbe
from clif_core.workspace.workspace import Workspace

__all__ = ["Row", "measure_closed_form"]

SAMPLE, PROBE = "brown", "weat_6"
ESTIMATORS = ("block", "gauss_newton", "exact")
N_RANKED = 50
MAX_SECONDS = 4.0  # of one row


@dataclass(frozen=True)
class Row:
    """Median milliseconds of one computation, over ``n`` repetitions after a first one."""

    what: str
    milliseconds: float
    n: int
    note: str = ""


def measure_closed_form(
    device: str | torch.device = "cuda", name: str = SAMPLE, probe_name: str = PROBE
) -> list[Row]:
    """Median times on a sample model, the first answer (which fills all tables) apart.

    Raises InputError or CapabilityError where the text or the device is not here.
    """
    workspace = Workspace()
    model = workspace.open_model(name).model
    corpus = workspace.open_corpus(model)
    if corpus is None:
        raise InputError(f"the text of {name} is not here: run 'clif fetch {name}'.")
    engine = workspace.open_engine(model, corpus, str(device))
    probe = find_probe(probe_name).resolve(model.vocabulary)
    started = time.perf_counter()
    _rank(engine.influence(probe, "block"))
    first = 1000 * (time.perf_counter() - started)
    rows = [Row("the first answer of an engine, by block", first, 1, "fills the tables")]
    for estimator in ESTIMATORS:
        answer = engine.influence(probe, estimator)
        note = f"{answer.solution.iterations} steps, residual {_residual(answer)}"
        whole = _time(lambda: _rank(engine.influence(probe, estimator)), engine)  # noqa: B023
        rows.append(Row(f"{estimator}, probe to ranked sentences", *whole, note))
    return rows + _parts(engine, probe, rows[1].milliseconds)


def _parts(engine: InfluenceEngine, probe: ResolvedProbe, whole: float) -> list[Row]:
    """The parts of ``block``, and the host's share of the whole."""
    loss, device = engine.loss, engine.loss.v.device
    answer = engine.influence(probe, "block")
    ids, gradient = probe.active_gradient(engine.model.centre_vectors)
    rows = torch.as_tensor(ids, device=device)
    g = torch.as_tensor(gradient, dtype=loss.v.dtype, device=device)
    h = solve_blocks(loss, rows, g, answer.damping).value
    by_pair = loss.pair_effects_along(rows, h)
    parts: list[tuple[str, bool, Callable[[], Any]]] = [
        (
            "gradient and value of the probe",
            True,
            lambda: (
                probe.active_gradient(engine.model.centre_vectors),
                probe.value(engine.model.centre_vectors),
            ),
        ),
        ("blocks, solved", False, lambda: solve_blocks(loss, rows, g, answer.damping)),
        ("effects of pairs", False, lambda: loss.pair_effects_along(rows, h)),
        (
            "sums over contexts and sentences, fetched",
            False,
            lambda: engine.sum_over_contexts(by_pair, ids),
        ),
        ("top sentences", True, lambda: _rank(answer)),
    ]
    found = [
        Row(f"of block: {what}", *_time(run, engine), "on the host" if is_host else "")
        for what, is_host, run in parts
    ]
    on_host = sum(row.milliseconds for row in found if row.note)
    share = f"{on_host / whole:.0%} of the whole"
    return [*found, Row("of block: the host's parts", on_host, 1, share)]


def _rank(answer: Influence) -> None:
    answer.top_sentences(N_RANKED, "lowers")
    answer.top_sentences(N_RANKED, "raises")


def _residual(answer: Influence) -> str:
    state = "" if answer.solution.converged else ", not converged"
    return f"{answer.solution.relative_residual:.2g}{state}"


def _time(run: Callable[[], Any], engine: InfluenceEngine) -> tuple[float, int]:
    """Median milliseconds and the number of repetitions, after one that is not counted."""
    is_cuda = engine.loss.v.is_cuda
    seconds: list[float] = []
    run()
    while not seconds or (sum(seconds) < MAX_SECONDS and len(seconds) < 30):
        if is_cuda:
            torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        if is_cuda:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return 1000 * float(np.median(seconds)), len(seconds)


def main(arguments: list[str]) -> int:
    device = arguments[0] if arguments else "cpu"
    print(f"{machine()}, torch {torch.__version__}, on {device}\n")
    print("| what | median ms | repetitions | |\n|---|---:|---:|---|")
    for row in measure_closed_form(device):
        print(f"| {row.what} | {row.milliseconds:,.2f} | {row.n} | {row.note} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
