"""The kernels of the fused run as a card's compiler takes them; no card need be here.

The interpreter of ``test_fused`` shows what kernels compute. This shows what it cannot: that they
compile for the cards in use, without a warning that users see, within a thread's registers, and
with the atomics that make them fast.
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import TrainingText
from clif_core.training.batches import Batches
from clif_core.training.coupled import Schedule

pytest.importorskip("triton")  # there is none for macOS and Windows
if torch.cuda.is_available():
    pytest.skip("the launches are recorded from the interpreter", allow_module_level=True)

from triton.runtime.interpreter import InterpretedFunction

from clif_core.training.fused import FusedRun

ROOT = Path(__file__).parents[2]
LAYOUT = ("keep_tokens", "count_pairs", "lay_pairs")
TYPES = {torch.int8: "i8", torch.int32: "i32", torch.int64: "i64", torch.float32: "fp32"}
TYPES |= {torch.float64: "fp64"}
#: Turing to Blackwell.
CAPABILITIES = (75, 90, 120)
MOST_SPILLED = 64  # bytes a thread; one warp for every shape spilled up to 19,000


def record(settings: TrainingSettings, n_probes: int, patch: pytest.MonkeyPatch) -> list[Any]:
    """One launch of every kernel of a run and its reverse, as ``compile_kernels`` reads them."""
    launches: dict[str, Any] = {}
    run_interpreted = InterpretedFunction.run

    def run(self: Any, *args: Any, grid: Any, warmup: bool, **options: Any) -> Any:
        name = self.fn.__name__
        launches[name] = describe(self.fn, args, options)
        if name in LAYOUT:  # the others' results are not needed
            run_interpreted(self, *args, grid=grid, warmup=warmup, **options)

    patch.setattr(InterpretedFunction, "run", run)
    words = np.arange(40, dtype=np.int32) ** 2 % 13  # an odd number of words
    text = TrainingText(words, np.arange(len(words)), np.array([0, len(words)]))
    counts = np.bincount(words, minlength=13).astype(np.int64)
    run_of = FusedRun(
        Schedule.build(text, counts, settings), np.ones(40, np.float32), torch.device("cpu")
    )
    batches = Batches(0, 0, 1)
    state = run_of.start()
    run_of.advance(state, batches)
    scores = torch.zeros(len(words), n_probes, dtype=torch.float64)
    run_of.reverse(state, batches, run_of.start_adjoints(n_probes), scores)
    return list(launches.values())


def describe(kernel: Any, args: Any, options: dict[str, Any]) -> dict[str, Any]:
    parameters = inspect.signature(kernel).parameters
    given = dict(zip(parameters, args, strict=False)) | options
    arguments = {
        name: {"value": given[name]}
        if "constexpr" in str(parameter.annotation)
        else {"type": type_of(given[name])}
        for name, parameter in parameters.items()
    }
    others = {name: value for name, value in options.items() if name not in parameters}
    return {"kernel": kernel.__name__, "arguments": arguments, "options": others}


def type_of(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"*{TYPES[value.dtype]}"
    return "fp32" if isinstance(value, float) else "i32"


def compiled(launches: list[Any], capability: int, cache: Path) -> dict[str, dict[str, int]]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TRITON_CACHE_DIR": str(cache)}
    environment.pop("TRITON_INTERPRET", None)
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-m", "tests.training.compile_kernels"],
        input=json.dumps({"capability": capability, "launches": launches}),
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    names = [launch["kernel"] for launch in launches]
    return dict(zip(names, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_kernels_compile_for_cards_without_a_warning_and_fit_the_registers(
    capability: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    launches = record(TrainingSettings(dim=100, backend="batched"), 8, monkeypatch)
    found = compiled(launches, capability, tmp_path)
    assert set(found) == {*LAYOUT, "moves", "settle", "back_moves", "settle_back"}
    assert max(of["spilled"] for of in found.values()) <= MOST_SPILLED


@pytest.mark.parametrize(("dim", "n_negatives"), [(300, 5), (300, 20), (100, 15), (1024, 5)])
def test_wide_vectors_and_many_negatives_fit_the_registers(
    dim: int, n_negatives: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = TrainingSettings(dim=dim, n_negatives=n_negatives, backend="batched")
    found = compiled(record(settings, 1, monkeypatch), 90, tmp_path)
    assert max(of["spilled"] for of in found.values()) <= MOST_SPILLED


def test_sums_are_added_four_at_once_whatever_the_number_of_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = TrainingSettings(dim=100, backend="batched")
    found = compiled(record(settings, 1, monkeypatch), 90, tmp_path)
    for name in ("moves", "back_moves"):
        assert found[name]["by_four"] > 0
        assert found[name]["one_by_one"] == 0
