"""A look into a stranger's file happens in a process of its own, and harms no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from clif_core.errors import FormatError, JobError
from clif_core.sgns.vector_files import open_vectors
from clif_core.text.readers import TextOptions, look
from clif_core.workspace.looker import Looker


@pytest.fixture
def looker() -> Iterator[Looker]:
    looker = Looker(seconds=600)
    yield looker
    looker.close()


def test_it_finds_what_a_look_here_finds(looker: Looker, tmp_path: Path) -> None:
    text, vectors = tmp_path / "1", tmp_path / "2"
    text.write_text("id,text\n1,The old king came.\n2,\n3,The queen too came late.\n")
    vectors.write_text("a 1 2 3\nb 2 3 4\n\nc 3 4 5\n")
    found = looker.text({"plays.csv": text}, TextOptions(), None, ("king",))
    here = look({"plays.csv": text}, TextOptions(), None, ("king",))
    assert (found.lines, found.columns, found.column) == (here.lines, here.columns, here.column)
    assert [d.text for d in found.documents] == [d.text for d in here.documents]
    assert found.left_out == here.left_out and found.n_documents == here.n_documents
    assert found.need == here.need and found.encoding == here.encoding
    opened, seen = open_vectors(vectors), looker.vectors(vectors, None, False)
    assert (seen.lines, seen.words) == (opened.found.lines, opened.words) and not seen.is_part
    with pytest.raises(FormatError, match="text without vectors"):
        looker.vectors(text, None, False)


def test_a_look_that_takes_too_long_or_is_killed_is_said_and_the_next_one_works(
    looker: Looker, tmp_path: Path
) -> None:
    vectors = tmp_path / "v"
    vectors.write_text("a 1 2 3\nb 2 3 4\n")
    hasty = Looker(seconds=0.01)
    with pytest.raises(JobError, match="took too long or too much memory"):
        hasty.vectors(vectors, None, False)
    hasty.close()
    assert looker.vectors(vectors, None, False).words == ("a", "b")
    process = looker._process
    assert process is not None
    process.kill()
    process.wait()
    assert looker.vectors(vectors, None, False).words == ("a", "b")


def test_a_small_parquet_file_of_a_large_text_is_read_a_few_rows_at_once(
    tmp_path: Path,
) -> None:
    """A thousand rows of one text of 30 MB are a file of some KB, and 30 GB in memory."""
    file = tmp_path / "bomb.parquet"
    one = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), ["word " * 6_000_000])
    pq.write_table(pa.table({"text": one, "title": ["x"] * 1000}), file, compression="zstd")
    assert file.stat().st_size < 100_000
    with pytest.raises(FormatError, match=r"more than 200 MB, the limit here\. Give less of it"):
        look(file)


def test_the_process_can_be_there_before_the_first_look(looker: Looker, tmp_path: Path) -> None:
    looker.start()
    started = looker._process
    looker.start()
    assert started is not None and looker._process is started
    vectors = tmp_path / "v"
    vectors.write_text("".join(f"w{i} 1 2 3\n" for i in range(5)))
    assert len(looker.vectors(vectors, None, False).words) == 5
    assert looker._process is started


def test_of_many_words_the_first_are_seen(looker: Looker, tmp_path: Path) -> None:
    vectors = tmp_path / "v"
    row = " ".join(["0.5"] * 3_000)
    vectors.write_text("".join(f"w{i} {row}\n" for i in range(1_100)))
    seen = looker.vectors(vectors, None, False)
    assert seen.is_part and len(seen.words) == 1_000
    assert "about 1,100 words of 3000 dimensions; the first 1,000 were read." in seen.lines[0]
    text = tmp_path / "t"
    text.write_text("W1 w2 stranger w1099. " * 20)
    found = looker.text({"t.txt": text}, TextOptions(), None, seen.words, seen.is_part)
    assert "among the first 1,000 words of the model" in " ".join(found.lines)
    assert "stranger" not in " ".join(found.lines)
