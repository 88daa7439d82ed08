"""The words of a matrix in a second file, as people write it; none stands on another's row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clif_core.sgns.vector_files import open_vectors
from clif_core.sgns.vector_files.words_file import read_words

WORDS = ["the", "of", "and", "new york", "queen", "naïve"]
COUNTS = [900, 800, 700, 60, 60, 4]
FRAME = pd.DataFrame({"word": WORDS, "count": COUNTS})
INDEXED = pd.DataFrame({"word": WORDS, "index": range(6)})
SHUFFLED = INDEXED.iloc[[3, 1, 0, 2, 5, 4]]


@pytest.mark.parametrize(
    ("content", "has_counts"),
    [
        (FRAME.to_csv(index=False), True),
        (FRAME.to_csv(), True),
        (FRAME.to_csv(index=False, header=False), True),
        (FRAME.to_csv(index=False, sep=";"), True),
        (FRAME.to_csv(index=False, sep="\t"), True),
        (FRAME.to_csv(index=False, sep="\t", header=False), True),
        (FRAME[["word"]].to_csv(index=False, quoting=1), False),
        (INDEXED.to_csv(index=False), False),
        (INDEXED.to_csv(index=False, sep="\t", header=False), False),
        (SHUFFLED.to_csv(index=False), False),
        (SHUFFLED.to_csv(index=False, sep="\t", header=False), False),
        (SHUFFLED[["index", "word"]].to_csv(index=False, sep="\t", header=False), False),
        (SHUFFLED.assign(count=np.array(COUNTS)[SHUFFLED["index"]]).to_csv(index=False), True),
        ("\ufeff" + "\r\n".join(WORDS), False),
    ],
    ids=["CSV", "CSV with an index", "no header", "semicolons", "TSV", "TSV without header",
         "quoted", "rows behind", "rows behind, TSV", "rows in any order", "any order, TSV",
         "any order, rows first", "any order and counts", "mark and CRLF"],
)  # fmt: skip
def test_columns_of_words(tmp_path: Path, content: str, has_counts: bool) -> None:
    (tmp_path / "words.txt").write_bytes(content.encode())
    found = read_words(tmp_path / "words.txt", 6)
    assert found.words == WORDS
    assert (found.counts is not None) == has_counts
    assert found.counts is None or found.counts.tolist() == COUNTS


@pytest.mark.parametrize("separator", [" ", ","])
def test_a_list_of_signs_and_numbers_is_a_list(tmp_path: Path, separator: str) -> None:
    words = ["1", "2", ",", ";", f"a{separator}b", '"', "3"]
    (tmp_path / "words.txt").write_text("\n".join(words) + "\n")
    assert read_words(tmp_path / "words.txt", 7).words == words


def test_the_first_rows_are_those_of_the_numbers(tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", np.arange(12, dtype=np.float32).reshape(6, 2) + 0.5)
    SHUFFLED.to_csv(tmp_path / "words.csv", index=False)
    found = open_vectors(tmp_path / "m.npy", tmp_path / "words.csv", limit=2)
    assert found.words == ("the", "of") and found.vectors.tolist() == [[0.5, 1.5], [2.5, 3.5]]
