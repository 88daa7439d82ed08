"""Processor time and peak memory of every reader on the worst input of 1, 10 and 100 MB.

    python -m benchmarks.readers [--megabytes 1 10 100] [--only NAME ...] [--at-most 600]

Each reading runs in a process of its own; the memory is the growth of its peak over the imports and
the making of the file. Worst inputs are those that cost the most for each byte: runs of marks,
one giant word, a sentence every three characters, distinct words, a document a line, many fields.
An input that a limit refuses is part of the table: the refusal, too, takes its time. A reading that
would take more than ``--at-most`` seconds, by that of the size before, is left out. The table is
written after every row.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from benchmarks.machine import machine
from clif_core.errors import ClifError
from clif_core.sgns.export import read_safetensors
from clif_core.sgns.vector_files import open_vectors
from clif_core.text.readers.neutrality import read_neutrality
from clif_core.text.readers.options import TextOptions
from clif_core.text.readers.own import read_own_text
from clif_core.text.readers.plain import read_jsonl, read_plain_text
from clif_core.text.readers.plots import read_plots
from clif_core.workspace.importing import read_counts

RESULT = Path(__file__).parent / "results" / "readers.md"
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
_CHUNK = 1_000_000


def lines(path: Path) -> Any:
    return read_plain_text(path, "line")


def as_kind(kind: str) -> Callable[[Path], Any]:
    """The reader of a user's own text, told its format."""
    return lambda path: read_own_text(path, options=TextOptions(format=kind))


def neutral(path: Path) -> Any:
    return read_neutrality(path, "neutral")


def repeated(unit: str, end: str = "") -> Callable[[Path, int], None]:
    """A file of one unit again and again."""
    content = unit.encode() * (_CHUNK // len(unit.encode()))

    def write(path: Path, n_bytes: int) -> None:
        with path.open("wb") as file:
            for _ in range(max(1, n_bytes // len(content))):
                file.write(content)
            file.write(end.encode())

    return write


def zipped(path: Path, n_bytes: int) -> None:
    with gzip.open(path, "wb", 1) as file:
        for _ in range(n_bytes // _CHUNK):
            file.write(b"a" * _CHUNK)


def numbered(line: Callable[[int], str]) -> Callable[[Path, int], None]:
    """A file of lines that differ by their number, from 0."""

    def write(path: Path, n_bytes: int) -> None:
        n_written, number = 0, iter(range(1 << 60))
        with path.open("wb") as file:
            while n_written < n_bytes:
                chunk = "".join(line(i) for i in islice(number, 10_000)).encode()
                n_written += file.write(chunk[: chunk.rfind(b"\n") + 1])

    return write


def object_line(i: int) -> str:
    return json.dumps({"text": f"w{i}", **{f"k{j}": i for j in range(15)}}) + "\n"


def vectors_text(path: Path, n_bytes: int) -> None:
    n_words = n_bytes // 12
    with path.open("wb") as file:
        file.write(f"{n_words} 1\n".encode())
        for start in range(0, n_words, 10_000):
            stop = min(start + 10_000, n_words)
            file.write("".join(f"w{i:07d} 1\n" for i in range(start, stop)).encode())


def vectors_binary(path: Path, n_bytes: int) -> None:
    n_words, number = n_bytes // 13, struct.pack("<f", 1)
    with path.open("wb") as file:
        file.write(f"{n_words} 1\n".encode())
        for i in range(n_words):
            file.write(b"w%07d " % i + number)


def exported(path: Path, n_bytes: int) -> None:
    words = [f"w{i:07d}" for i in range(n_bytes // 20)]
    card = {"name": "m", "dim": 1, "settings": None, "corpus_hash": None}
    metadata = {"words": words, "counts": [1] * len(words), "card": card}
    texts = {key: json.dumps(value) for key, value in metadata.items()}
    save_file({"centre_vectors": np.ones((len(words), 1), np.float32)}, path, metadata=texts)


Case = tuple[Callable[[Path], Any], Callable[[Path, int], None]]
CASES: dict[str, Case] = {
    "plain text: dots": (read_plain_text, repeated(".", " word")),
    "plain text: marks and blanks": (read_plain_text, repeated(". ", " word")),
    "plain text: one word": (read_plain_text, repeated("a")),
    "plain text: a sentence every three characters": (read_plain_text, repeated("A. ")),
    "plain text: distinct words": (read_plain_text, numbered(lambda i: f"w{i} \n")),
    "plain text: a document a line": (lines, repeated("a\n")),
    "plain text: gzip of one line": (read_plain_text, zipped),
    "JSONL: a document a line": (read_jsonl, repeated('{"text":"a"}\n')),
    "JSONL: sixteen fields": (read_jsonl, numbered(object_line)),
    "JSONL: a new field a line": (read_jsonl, numbered(lambda i: f'{{"text":"a","k{i}":1}}\n')),
    "JSONL: gzip of one line": (read_jsonl, zipped),
    "CSV: short rows": (as_kind("csv"), repeated("1,ab cd\n")),
    "CSV: separators": (as_kind("csv"), repeated(",")),
    "CSV: quotes": (as_kind("csv"), repeated('"a b"\n"')),
    "JSON: short objects": (as_kind("json"), repeated('{"text":"a b"}\n')),
    "HTML: paragraphs": (as_kind("html"), repeated("<p>a b")),
    "film plots: short lines": (read_plots, repeated("1\ta\n")),
    "film plots: gzip of one line": (read_plots, zipped),
    "Neutrality Corpus: short lines": (neutral, repeated("1\ta\tb\tc\td\n")),
    "Neutrality Corpus: gzip of one line": (neutral, zipped),
    "counts: distinct words": (read_counts, numbered(lambda i: f"w{i} 1\n")),
    "counts: gzip of one line": (read_counts, zipped),
    "word2vec text: one dimension": (open_vectors, vectors_text),
    "word2vec binary: one dimension": (open_vectors, vectors_binary),
    "safetensors: one dimension": (read_safetensors, exported),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--megabytes", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--at-most", type=float, default=600)
    given = parser.parse_args()
    rows: list[str] = []
    for row in map(_row(given.megabytes, given.at_most), given.only):
        rows.append(row)
        RESULT.write_text("\n".join([*_head(given), *rows]) + "\n", "utf-8")
        print(row, flush=True)


def _head(given: argparse.Namespace) -> Iterator[str]:
    sizes = given.megabytes
    options = f"--megabytes {' '.join(map(str, sizes))} --at-most {given.at_most:g}"
    yield "# Readers on their worst input"
    yield ""
    yield (
        f"`python -m benchmarks.readers {options}`, {date.today().isoformat()},"
        f" {machine()}. Seconds of processor time, growth of the peak memory, and the limit that"
        " refused the input; sizes are those after unzipping, each reading in a process of its own."
    )
    yield ""
    yield f"| input | {' | '.join(f'{size} MB' for size in sizes)} |"
    yield f"|---|{'---:|' * len(sizes)}"


def _row(sizes: list[int], at_most: float) -> Callable[[str], str]:
    def row(name: str) -> str:
        cells: list[str] = []
        seconds, read = 0.0, 1
        for size in sizes:
            expected = seconds * size / read
            if expected > at_most:
                cells.append(f"not read, about {expected:.0f} s")
                continue
            with tempfile.TemporaryDirectory() as folder, get_context("spawn").Pool(1) as pool:
                path = Path(folder) / "file"
                CASES[name][1](path, size * 1_000_000)
                seconds, megabytes, refused = pool.apply(_measure, (name, path))
                read = size
            cells.append(f"{seconds:.2f} s, {megabytes:,.0f} MB{refused and f'; {refused}'}")
        return f"| {name} | {' | '.join(cells)} |"

    return row


def _measure(name: str, path: Path) -> tuple[float, float, str]:
    """(processor seconds, growth of the peak memory in MB, why it was refused) of a reading."""
    before, started, refused = _peak(), process_time(), ""
    try:
        CASES[name][0](path)
    except ClifError as error:
        message = str(error).removeprefix(f"{path.name}: ").replace("|", "/")
        refused = f"refused: {message.split(', ', 1)[0][:70]}"
    return process_time() - started, _peak() - before, refused


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 1e6


if __name__ == "__main__":
    main()
