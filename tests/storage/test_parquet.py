"""Parquet tables of strangers: how many rows at once, and damage that ends a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from clif_core.storage.parquet import rows_at_once


def test_few_rows_at_once_where_one_text_is_large(tmp_path: Path) -> None:
    for text, expected in (("a short text", 1_000), ("a" * 32_000_000, 8)):
        pq.write_table(pa.table({"text": [text]}), tmp_path / "texts.parquet", compression=None)
        assert rows_at_once(pq.ParquetFile(tmp_path / "texts.parquet").metadata) == expected


def test_a_column_whose_metadata_are_damaged_does_not_end_the_process(tmp_path: Path) -> None:
    path = tmp_path / "texts.parquet"
    pq.write_table(pa.table({"text": ["one two three", "four five"]}), path)
    of_schema = b"\x25\x02\x18\x04text"  # OPTIONAL, and the name; its statistics say so, too
    content = path.read_bytes()
    assert content.count(of_schema) == 1
    path.write_bytes(content.replace(of_schema, b"\x25\x00\x18\x04text"))
    look = "import sys; from clif_core.cli import app; app(['look', sys.argv[1]])"
    done = subprocess.run([sys.executable, "-c", look, str(path)], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "is no Parquet file that can be read" in done.stderr
