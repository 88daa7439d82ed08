"""Seconds and peak memory of opening large files of word vectors.

    python -m benchmarks.vector_files [--words 1000000] [--dim 300]

The files are made up, with five decimals a number as GloVe's have, in a temporary folder; each is
opened in a process of its own. The memory is the peak of that process, imports included.
"""

from __future__ import annotations

import argparse
import gzip
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from benchmarks.machine import machine
from clif_core.sgns.vector_files import open_vectors

RESULT = Path(__file__).parent / "results" / "vector-files.md"
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
_ROWS = 1000  # distinct rows, repeated under other words: making them is not what is measured


def write_text(path: Path, n_words: int, dim: int) -> None:
    rows = np.random.default_rng(1).normal(size=(_ROWS, dim))
    numbers = [" ".join(f"{x:.5f}" for x in row).encode() for row in rows]
    with path.open("wb") as file:
        for i in range(n_words):
            file.write(b"w%d %s\n" % (i, numbers[i % _ROWS]))


def write_binary(path: Path, n_words: int, dim: int) -> None:
    rows = np.random.default_rng(1).normal(size=(_ROWS, dim)).astype("<f4")
    numbers = [row.tobytes() for row in rows]
    with path.open("wb") as file:
        file.write(f"{n_words} {dim}\n".encode())
        for i in range(n_words):
            file.write(b"w%d %s\n" % (i, numbers[i % _ROWS]))


def write_gzip(path: Path, n_words: int, dim: int) -> None:
    plain = path.with_suffix(".plain")
    write_text(plain, n_words, dim)
    with plain.open("rb") as source, gzip.open(path, "wb", compresslevel=1) as target:
        shutil.copyfileobj(source, target, 1 << 20)
    plain.unlink()


CASES: dict[str, tuple[Callable[[Path, int, int], None], int | None]] = {
    "word2vec binary": (write_binary, None),
    "GloVe text": (write_text, None),
    "GloVe text in gzip": (write_gzip, None),
    "GloVe text, the first 1,000 words": (write_text, 1000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    given = parser.parse_args()
    lines = [
        "# Opening large files of word vectors",
        "",
        f"`python -m benchmarks.vector_files --words {given.words} --dim {given.dim}`,"
        f" {date.today().isoformat()}, {machine()}. {given.words:,} words of {given.dim}"
        " dimensions; each file opened in a process of its own, memory with all imports.",
        "",
        "| file | size | seconds | of it processor | peak memory |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [_row(name, given.words, given.dim) for name in given.only]
    RESULT.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


def _row(name: str, n_words: int, dim: int) -> str:
    write, limit = CASES[name]
    with tempfile.TemporaryDirectory() as folder, get_context("spawn").Pool(1) as pool:
        path = Path(folder) / "file"
        write(path, n_words, dim)
        seconds, busy, peak = pool.apply(_measure, (path, limit))
        size = path.stat().st_size / 1e6
    return f"| {name} | {size:,.0f} MB | {seconds:.1f} | {busy:.1f} | {peak:,.0f} MB |"


def _measure(path: Path, limit: int | None) -> tuple[float, float, float]:
    started, worked = perf_counter(), process_time()
    open_vectors(path, limit=limit)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 1e6
    return perf_counter() - started, process_time() - worked, peak


if __name__ == "__main__":
    main()
