"""The compiled run in batches against the coupled trainer, and how it would do on more cores.

    python -m benchmarks.cores > benchmarks/results/cores.md

Brown (``clif fetch``) with the settings of its sample model, but fewer epochs. What is compared is
measured in turns; the median of ``REPEATS`` counts. With T threads a thread does the work of one
line in T, but all draws. So what T cores would do is a run of one thread at a T-th of the
dimensions, with one meeting of T threads twice a batch added; the meeting of two is measured.
That run computes the steps of all contexts where a thread computes a T-th of them: the estimate is
on the safe side. It leaves out what the cores take from each other: cache and memory bandwidth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from time import perf_counter

import numba
import numpy as np
import torch

from benchmarks.machine import machine
from clif_core.influence.unrolled.coupled import differentiate
from clif_core.influence.unrolled.reverse_pass import Gradient
from clif_core.sgns.training_text import build_training_text, build_vocabulary
from clif_core.training.batch_kernels import _meet
from clif_core.training.compiled import CompiledRun, at_once
from clif_core.training.coupled import Schedule, start_vectors, train_segment
from clif_core.workspace.workspace import Workspace

EPOCHS, EPOCHS_OF_MANY, REPEATS, MANY, MEETINGS = 4, 2, 3, 8, 100_000


def schedule(epochs: int, dim: int | None = None) -> Schedule:
    workspace = Workspace()
    model = workspace.open_model("brown").model
    corpus, settings = workspace.open_corpus(model), model.settings
    assert corpus is not None and settings is not None, "run: clif fetch brown"
    settings = replace(settings, epochs=epochs, backend="coupled", dim=dim or settings.dim)
    vocabulary = build_vocabulary(corpus, settings.min_count)
    text = build_training_text(corpus, vocabulary, settings.unit, settings.max_unit_length)
    return Schedule.build(text, vocabulary.counts, settings)


def all_present(of: Schedule) -> np.ndarray:
    return np.ones(len(of.text.word_ids), np.float32)


def some_gradients(of: Schedule, n_probes: int) -> list[Gradient]:
    generator = np.random.default_rng(0)
    return [
        (
            generator.choice(of.n_words, 32, replace=False),
            generator.normal(size=(32, of.settings.dim)),
        )
        for _ in range(n_probes)
    ]


def train_pair_by_pair(of: Schedule) -> None:
    centre, context = start_vectors(of.n_words, of.settings)
    for epoch in range(of.settings.epochs):
        train_segment(of, of.epoch(epoch), centre, context, all_present(of))


def train_compiled(of: Schedule, n_threads: int) -> None:
    run = CompiledRun.build(of, all_present(of), n_threads)
    state = run.start()
    for batches in run.segments():
        run.advance(state, batches)


def differentiate_compiled(of: Schedule, n_threads: int, n_probes: int) -> None:
    run = CompiledRun.build(of, all_present(of), n_threads)
    state, held, segments = run.start(), [], run.segments()
    for batches in segments:
        held.append((state[0].clone(), state[1].clone()))
        run.advance(state, batches)
    adjoints = tuple(torch.zeros((of.n_words, n_probes, run.width)) for _ in range(2))
    for probe, (words, rows) in enumerate(some_gradients(of, n_probes)):
        adjoints[0][words, probe, : of.settings.dim] = torch.as_tensor(rows).float()
    scores = torch.zeros((len(of.text.word_ids), n_probes), dtype=torch.float64)
    for batches in reversed(segments):
        run.reverse(held.pop(), batches, (adjoints[0], adjoints[1]), scores)


def seconds(
    calls: dict[str, Callable[[], object]], repeats: int = REPEATS
) -> dict[str, list[float]]:
    """Of each call, ``repeats`` times in turns, after one turn that loads the compiled code."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats + 1):
        for name, call in calls.items():
            begun = perf_counter()
            call()
            if turn:
                found[name].append(perf_counter() - begun)
    return found


@numba.njit(nogil=True)  # type: ignore[untyped-decorator]
def _meetings(counters: np.ndarray, n_threads: int, n: int) -> None:
    n_met = 1
    for _ in range(n):
        n_met = _meet(counters, n_threads, n_met)


def seconds_of_meeting() -> list[float]:
    """Of two threads that do nothing else: sorted, one number for each of ten tries."""
    found = []
    for _ in range(11):
        counters = np.zeros(64, np.int64)
        begun = perf_counter()
        at_once(lambda _, shared=counters: _meetings(shared, 2, MEETINGS), 2)  # type: ignore[misc]
        found.append((perf_counter() - begun) / MEETINGS)
    return sorted(found[1:])


def compared(names: str, of: Schedule, n_probes: int = 0) -> list[str]:
    """Rows of the table; the first is what the others are compared with."""
    if n_probes:
        parts = some_gradients(of, n_probes)
        calls: dict[str, Callable[[], object]] = {
            "pair by pair, 2 threads": lambda: differentiate(of, lambda _: parts, n_threads=2),
            "compiled, 1 thread": lambda: differentiate_compiled(of, 1, n_probes),
            "compiled, 2 threads": lambda: differentiate_compiled(of, 2, n_probes),
        }
    else:
        calls = {
            "pair by pair, 1 thread": lambda: train_pair_by_pair(of),
            "compiled, 1 thread": lambda: train_compiled(of, 1),
            "compiled, 2 threads": lambda: train_compiled(of, 2),
        }
    times = seconds(calls)
    first = float(np.median(next(iter(times.values()))))
    return [
        f"| {names}, {of.settings.epochs} epochs | {name} | {np.median(taken):.2f} |"
        f" {min(taken):.2f} to {max(taken):.2f} | {first / np.median(taken):.2f} |"
        for name, taken in times.items()
    ]


def on_more_cores(dim: int) -> list[str]:
    meeting = float(np.median(seconds_of_meeting()))
    counts = [n for n in (1, 2, 4, 8) if dim // n >= 16]
    ofs = {n: schedule(1, dim // n) for n in counts}
    taken = seconds({str(n): lambda n=n: train_compiled(ofs[n], 1) for n in counts})  # type: ignore[misc]
    n_batches = sum(
        b.last - b.first for b in CompiledRun.build(ofs[1], all_present(ofs[1]), 1).segments()
    )
    rows = []
    for n in counts:
        # A meeting of n is counted as n / 2 meetings of two: their arrivals come one by one.
        at_meetings = 0.0 if n == 1 else 2 * n_batches * meeting * n / 2
        whole = float(np.median(taken[str(n)])) + at_meetings
        gain = float(np.median(taken["1"])) / whole
        rows.append(
            f"| {dim} | {n} | {at_meetings:.3f} | {whole:.3f} | {gain:.2f} | {gain / n:.2f} |"
        )
    return rows


def main() -> None:
    torch.set_num_threads(1)
    print(
        "# The compiled run in batches on the CPU\n\n"
        f"{date.today()}, `python -m benchmarks.cores`.\n"
    )
    print("| what | how | seconds, median | range | times as fast |\n|---|---|---:|---:|---:|")
    for row in (
        *compared("training", schedule(EPOCHS)),
        *compared("derivative of 1 probe", schedule(EPOCHS), 1),
        *compared(f"derivative of {MANY} probes", schedule(EPOCHS_OF_MANY), MANY),
    ):
        print(row, flush=True)
    tries = seconds_of_meeting()
    print(
        f"\nA meeting of two threads: {tries[0] * 1e9:.0f} to {tries[-1] * 1e9:.0f} ns, median"
        f" {np.median(tries) * 1e9:.0f}.\n\nOne epoch on more cores, estimated:\n"
    )
    print("| dim | cores | meetings, s | epoch, s | times as fast | of linear |")
    print("|---:|---:|---:|---:|---:|---:|")
    for dim in (64, 128):
        print("\n".join(on_more_cores(dim)), flush=True)
    print(f"\n{machine()}; other programs were running, so the ratios count, not the seconds.")


if __name__ == "__main__":
    main()
