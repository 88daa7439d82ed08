"""What a CUDA device computes, how fast, and whether it is right: ``python -m benchmarks.cuda``.

Runs every test marked ``cuda``, then measures on the Brown sample (``clif fetch brown``): window 5,
5 negatives, ten epochs. At most four minutes. The table goes to ``results/cuda.md``.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.closed_form_rows import measure_closed_form
from benchmarks.machine import machine
from clif_core.device import name_device, pick_device
from clif_core.influence.unrolled.batched import differentiate_batched
from clif_core.influence.unrolled.reverse_pass import Gradient, RunDerivative
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import build_training_text, build_vocabulary
from clif_core.text.corpus import Corpus
from clif_core.training.batched import build_run, play
from clif_core.training.batches import BatchRun
from clif_core.training.coupled import AnyFloatArray, Schedule
from clif_core.workspace.workspace import Workspace

RESULTS = Path(__file__).parent / "results"
SETTINGS = TrainingSettings(dim=100, window=5, epochs=10, backend="batched")
N_SETS = 30


@dataclass(frozen=True, eq=False)
class Brown:
    """The text of the sample, at several settings, on one device."""

    corpus: Corpus
    device: torch.device

    @classmethod
    def open(cls) -> Brown:
        workspace = Workspace()
        corpus = workspace.open_corpus(workspace.open_model("brown").model)
        if corpus is None:
            sys.exit("The Brown text is not here; run: clif fetch brown")
        return cls(corpus, pick_device())

    def schedule(self, **changes: Any) -> Schedule:
        settings = replace(SETTINGS, **changes)
        vocabulary = build_vocabulary(self.corpus, settings.min_count)
        text = build_training_text(self.corpus, vocabulary, settings.unit, settings.max_unit_length)
        return Schedule.build(text, vocabulary.counts, settings)

    def run(self, schedule: Schedule, device: torch.device | None = None) -> BatchRun:
        weights = np.ones(len(schedule.text.word_ids), np.float32)
        return build_run(schedule, weights, device or self.device)

    def derivative(
        self, schedule: Schedule, n_probes: int, device: torch.device | None = None
    ) -> RunDerivative:
        """Of as many probes, each reading 32 words."""

        def gradients(centre: AnyFloatArray) -> list[Gradient]:
            generator = np.random.default_rng(0)
            return [
                (
                    generator.choice(len(centre), 32, replace=False),
                    generator.normal(size=(32, centre.shape[1])),
                )
                for _ in range(n_probes)
            ]

        return differentiate_batched(schedule, gradients, device=device or self.device)


def timed(work: Callable[[], Any], n: int = 3) -> float:
    """Median seconds; every ``work`` ends with its result on the host."""
    took = []
    for _ in range(n):
        started = perf_counter()
        work()
        took.append(perf_counter() - started)
    return median(took)


def seconds(x: float) -> str:
    return f"{x:.2f} s"


def rows_of_runs(brown: Brown, dim: int) -> list[tuple[str, str]]:
    schedule = brown.schedule(dim=dim)
    run = brown.run(schedule)
    n_batches = sum(b.last - b.first for b in run.segments())
    play(run, schedule.settings)  # compiles
    training = timed(lambda: play(brown.run(schedule), schedule.settings))
    rows = [(f"d = {dim}: ten epochs ({n_batches:,} batches)", seconds(training))]
    rows.append((f"d = {dim}: one batch forward", f"{1e6 * training / n_batches:.1f} µs"))
    for n_probes in (1, 8):
        brown.derivative(brown.schedule(dim=dim, epochs=1), n_probes)
        _reset_peak()
        whole = timed(partial(brown.derivative, schedule, n_probes))
        text = f"{seconds(whole)}, peak memory {_peak()}"
        rows.append((f"d = {dim}: derivative of {n_probes} probe{'s'[: n_probes - 1]}", text))
        if n_probes == 1:
            back = 1e6 * (whole - training) / n_batches
            rows.append((f"d = {dim}: one batch back, with its second run", f"{back:.1f} µs"))
    started = perf_counter()
    for seed in range(8):
        brown.derivative(brown.schedule(dim=dim, seed=seed + 2), 1)
    rows.append((f"d = {dim}: ensemble of 8 runs, one probe", seconds(perf_counter() - started)))
    return rows


def rows_of_agreement(brown: Brown) -> list[tuple[str, str]]:
    whole, again = (brown.derivative(brown.schedule(), 1) for _ in range(2))
    same = np.array_equal(whole.scores, again.scores)
    one = brown.schedule(epochs=1)
    eight, alone = brown.derivative(one, 8), brown.derivative(one, 1)
    cpu = brown.derivative(one, 1, torch.device("cpu"))
    gap = np.abs(alone.scores - cpu.scores).max() / np.abs(cpu.scores).max()
    vectors = np.abs(alone.centre_vectors - cpu.centre_vectors).max()
    largest = np.abs(cpu.centre_vectors).max()
    return [
        ("the same scores, bit for bit, when repeated", _yes(same)),
        (
            "the same for one probe as for eight together",
            _yes(np.array_equal(eight.scores[:, 0], alone.scores[:, 0])),
        ),
        ("one epoch, largest difference of a score from the CPU's", f"{gap:.1e} of the largest"),
        ("one epoch, of a vector's entry", f"{vectors / largest:.1e} of the largest"),
    ]


def rows_of_retraining(brown: Brown) -> list[tuple[str, str]]:
    """Prediction by the derivative against retraining without random hundredths of documents."""
    schedule = brown.schedule()
    found = brown.derivative(schedule, 1)
    generator = np.random.default_rng(0)
    words = generator.choice(len(found.centre_vectors), 32, replace=False)
    gradient = generator.normal(size=(32, SETTINGS.dim))

    def value(centre: AnyFloatArray) -> float:
        return float((centre[words] * gradient).sum())

    documents = _document_of(brown.corpus, schedule)
    predicted, measured, took = [], [], []
    for at in range(N_SETS):
        n = brown.corpus.n_documents
        chosen = np.random.default_rng(at).choice(n, n // 100, replace=False)
        gone = np.isin(documents, chosen)
        predicted.append(-found.scores[gone, 0].sum())
        started = perf_counter()
        run = build_run(schedule, (~gone).astype(np.float32), brown.device)
        measured.append(value(play(run, schedule.settings)[0]) - value(found.centre_vectors))
        took.append(perf_counter() - started)
    p, m = np.array(predicted), np.array(measured)
    fit = f"Pearson {np.corrcoef(p, m)[0, 1]:.3f}, slope {p @ m / (p @ p):.2f}"
    return [
        ("retraining without a random hundredth", seconds(median(took))),
        (f"the derivative against {N_SETS} such retrainings", fit),
    ]


def _document_of(corpus: Corpus, schedule: Schedule) -> npt.NDArray[np.int64]:
    """The document of each position of the training text."""
    offsets = np.asarray(corpus.document_token_offsets)
    return np.asarray(np.searchsorted(offsets, schedule.text.tokens, side="right") - 1)


def rows_of_closed_forms(brown: Brown) -> list[tuple[str, str]]:
    return [
        (row.what, f"{row.milliseconds:.1f} ms" + (f"; {row.note}" if row.note else ""))
        for row in measure_closed_form(brown.device)
    ]


def run_tests() -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-m", "cuda", "-p", "no:cacheprovider"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout[-3000:], flush=True)
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-200:]


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "NO"


def _reset_peak() -> None:
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def _peak() -> str:
    return (
        f"{torch.cuda.max_memory_allocated() / 2**30:.1f} GB" if torch.cuda.is_available() else "–"
    )


def versions() -> str:
    try:
        import triton
    except ImportError:
        return f"torch {torch.__version__}, no Triton"
    return f"torch {torch.__version__}, Triton {triton.__version__}"


def main() -> None:
    brown = Brown.open()
    if brown.device.type != "cuda" and "--cpu" not in sys.argv:
        sys.exit("There is no CUDA device here. With --cpu the CPU is measured (many minutes).")
    rows = [("tests marked cuda", run_tests())] if "--no-tests" not in sys.argv else []
    parts: list[Callable[[], list[tuple[str, str]]]] = [
        partial(rows_of_runs, brown, 100),
        partial(rows_of_runs, brown, 64),
        partial(rows_of_agreement, brown),
        partial(rows_of_retraining, brown),
        partial(rows_of_closed_forms, brown),
    ]
    for part in parts:
        found = part()
        rows += found
        print("\n".join(f"{what}: {result}" for what, result in found), flush=True)
    head = (
        f"`python -m benchmarks.cuda`, {date.today().isoformat()}, {machine()}, {versions()},"
        f" {platform.system()}. Brown, window 5, 5 negatives, ten epochs; medians of three on"
        f" {name_device(brown.device)}."
    )
    table = ["# cuda", "", head, "", "| what | result |", "|---|---:|"]
    table += [f"| {what} | {result} |" for what, result in rows]
    (RESULTS / "cuda.md").write_text("\n".join(table) + "\n", "utf-8")


if __name__ == "__main__":
    main()
