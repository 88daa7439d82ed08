"""Our engine beside pyDVL, dattri and captum on one skip-gram model: ``run [N_PARAMETERS ...]``.

The same checkpoint, rows, fixed negatives, probe gradient, damping (of the Hessian of the mean
loss), float32 and one thread for all. The reference is our conjugate gradient in float64. Each
answer has a process of its own, so that its peak memory is known, and a time limit; an answer that
a package refuses or does not finish is n/a with the reason.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.machine import machine
from benchmarks.peers.ours import answer

HERE = Path(__file__).parent
SIZES = {16_000: (500, 16), 160_000: (2500, 32), 500_000: (5000, 50)}
N_ROWS, N_NEGATIVES, DAMPING, TOLERANCE = 5000, 5, 0.01, 1e-6
N_SCORED = {16_000: 1000, 160_000: 250, 500_000: 100}  # rows that the peers score
N_REPEATS = 3
LIMIT_SECONDS = int(os.environ.get("PEERS_LIMIT_SECONDS", "240"))
PEERS = {
    "pydvl_cg": "pyDVL, CG",
    "dattri_cg": "dattri, CG",
    "pydvl_lissa": "pyDVL, LiSSA (scale 1, 200 terms)",
    "pydvl_nystroem": "pyDVL, Nystroem (rank 200)",
    "pydvl_arnoldi": "pyDVL, Arnoldi (rank 100)",
    "captum_tracin": "captum, TracInCP",
    "captum_arnoldi": "captum, Arnoldi (200, projected to 50)",
}


def make_problem(n_words: int, dim: int, file: Path) -> None:
    """Zipfian rows in ten topics, vectors after 300 steps of Adam, the gradient of two cosines."""
    generator = np.random.default_rng(0)
    p = 1 / np.arange(1, n_words + 1) ** 0.75
    p /= p.sum()
    rows = generator.choice(n_words, (N_ROWS, 2 + N_NEGATIVES), p=p)
    rows[:, 1] += (rows[:, 0] - rows[:, 1]) % 10  # a centre and its context share their topic
    rows[:, 1] %= n_words
    torch.manual_seed(0)
    v, u = (torch.randn(n_words, dim, requires_grad=True) for _ in range(2))
    with torch.no_grad():
        v *= 0.3
        u *= 0.3
    optimiser = torch.optim.Adam([v, u], 0.02)
    at = torch.from_numpy(rows)
    signs = torch.ones(1 + N_NEGATIVES)
    signs[0] = -1
    for _ in range(300):
        optimiser.zero_grad()
        x = (v[at[:, :1]] * u[at[:, 1:]]).sum(-1)
        torch.nn.functional.softplus(signs * x).sum(1).mean().backward()
        optimiser.step()
    cosine = torch.nn.functional.cosine_similarity
    probe = cosine(v[0], v[10], 0) - cosine(v[1], v[23], 0)
    (gradient,) = torch.autograd.grad(probe, v)
    np.savez(
        file, rows=rows, centre_vectors=v.detach(), context_vectors=u.detach(),
        gradient=torch.stack([gradient, torch.zeros_like(gradient)]),
    )  # fmt: skip


def ask_ourselves(file: Path, dtype: type, tolerance: float) -> dict[str, Any]:
    with get_context("spawn").Pool(1) as pool:
        pool.apply(answer, (file, dtype, DAMPING, tolerance))  # loads the compiled code
        return pool.apply(answer, (file, dtype, DAMPING, tolerance, N_REPEATS))


def ask_repeatedly(name: str, file: Path, n_scored: int, n_steps: int) -> dict[str, Any]:
    """The median of three runs, or a single one where it takes a minute or more."""
    answers = [ask_peer(name, file, n_scored, n_steps)]
    if "refused" in answers[0] or seconds_of(answers[0]) >= 60:
        return answers[0]
    answers += [ask_peer(name, file, n_scored, n_steps) for _ in range(N_REPEATS - 1)]
    if any("refused" in answer for answer in answers):
        return answers[0]
    times = [key for key in answers[0] if key.endswith("_seconds")]
    return answers[0] | {key: float(np.median([a[key] for a in answers])) for key in times}


def seconds_of(answer: dict[str, Any]) -> float:
    return sum(value for key, value in answer.items() if key.endswith("_seconds"))


def ask_peer(name: str, file: Path, n_scored: int, n_steps: int) -> dict[str, Any]:
    out = file.with_name(f"{name}.npz")
    question = [name, file, DAMPING, n_scored, n_steps, out]
    command = [HERE / ".venv/bin/python", HERE / "ask_peer.py", *question]
    try:
        run = subprocess.run(
            [str(part) for part in command],
            capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"refused": f"not done in {LIMIT_SECONDS} s"}
    if run.returncode:
        lines = run.stderr.strip().splitlines() or [f"ended with {run.returncode}"]
        return {"refused": lines[-1][:110].replace("|", "/")}
    return {key: value if value.ndim else float(value) for key, value in np.load(out).items()}


def agreement(reference: np.ndarray, scores: np.ndarray) -> str:
    """Pearson, Spearman, overlap of the strongest tenth (at most 100), relative error."""
    truth, scores = reference[: len(scores)], scores.astype(np.float64)
    if not np.isfinite(scores).all():
        return "not finite | | | "
    ranks = [x.argsort().argsort() for x in (truth, scores)]
    k = min(100, len(truth) // 10)
    top = [set(np.argsort(-np.abs(x))[:k]) for x in (truth, scores)]
    error = np.linalg.norm(scores - truth) / np.linalg.norm(truth)
    return (
        f"{np.corrcoef(truth, scores)[0, 1]:.4f} | {np.corrcoef(*ranks)[0, 1]:.4f} | "
        f"{len(top[0] & top[1]) / k:.0%} | {error:.1e}"
    )


def line(title: str, given: dict[str, Any], reference: np.ndarray) -> str:
    if "refused" in given:
        return f"| {title} | n/a: {given['refused']} | | | | | | | | |"
    seconds = [given.get(f"{part}_seconds") for part in ("setup", "solve")]
    shown = " | ".join("–" if part is None else f"{part:.3g} s" for part in seconds)
    row = 1e6 * given["score_seconds"] / given["n_scored"]
    whole = sum(part or 0 for part in seconds) + row * N_ROWS / 1e6
    return (
        f"| {title} | {shown} | {row:.3g} µs | {whole:.3g} s | "
        f"{agreement(reference, given['scores'])} | {given['peak_mb']:.0f} MB |"
    )


HEADER = """
| who | set-up | solve | a row | all rows | Pearson | Spearman | top | rel. error | peak |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def main(sizes: list[int]) -> None:
    lines = [
        "# Peers",
        "",
        f"`benchmarks/peers/run`, {date.today().isoformat()}, {machine()}, one thread each.",
        f"{N_ROWS:,} rows of one centre, one context and {N_NEGATIVES} fixed negatives; damping "
        f"{DAMPING} on the Hessian of the mean loss. Agreement is with our conjugate gradient in "
        "float64, on the rows that the peer scored (the first 1,000, 250 or 100); 'top' is the "
        "overlap of the strongest tenth of those rows, at most 100. 'All rows' is end to end, "
        f"with the time of a row scaled to all {N_ROWS:,}. Imports and the loading of "
        f"compiled code are not timed. Medians of {N_REPEATS}, but for what takes over a minute.",
    ]
    for size in sizes:
        n_words, dim = SIZES[size]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "problem.npz"
            make_problem(n_words, dim, file)
            truth = ask_ourselves(file, np.float64, 1e-10)
            if not truth["converged"]:
                raise SystemExit(f"no reference at {size:,}: {truth['note']}")
            reference = truth["scores"]
            lines += ["", f"## P = {size:,} ({n_words:,} words, d = {dim})", HEADER[1:]]
            ours = ask_ourselves(file, np.float32, TOLERANCE)
            lines.append(line("**ours**", ours, reference))
            for name, title in PEERS.items():
                theirs = ask_repeatedly(name, file, N_SCORED[size], ours["n_steps"])
                lines.append(line(title, theirs, reference))
                print(lines[-1], f"load {os.getloadavg()[0]:.1f}", flush=True)
        (HERE.parent / "results" / "peers.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
