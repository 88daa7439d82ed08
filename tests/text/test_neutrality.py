"""The reader of biased and neutral sentences, in the form of the Wikipedia Neutrality Corpus."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clif_core.cli import app
from clif_core.errors import FormatError, InputError
from clif_core.text.readers.neutrality import read_neutrality, read_neutrality_pair

ROWS = [
    (
        "275581160",
        "the surrounding countryside is beautiful .",
        "the surrounding countryside is hilly .",
        "The surrounding countryside is beautiful.",
        "The surrounding countryside is hilly.",
        "DET VERB NOUN VERB ADJ PUNCT",
        "det amod nsubj ROOT acomp punct",
    ),
    (
        "8015",
        "jewish forces overcame arab militants .",
        "jewish forces overcame arab forces .",
        "Jewish forces overcame Arab militants. They went on.",
        "Jewish forces overcame Arab forces. They went on.",
        "ADJ NOUN VERB ADJ NOUN PUNCT",
        "amod nsubj ROOT amod dobj punct",
    ),
]


def write(path: Path, rows: list[tuple[str, ...]]) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "biased.word.train", ROWS)


def test_both_sides_keep_the_pairs_in_order(file: Path) -> None:
    biased, neutral = read_neutrality_pair(file)
    assert biased.documents["text"].tolist() == [row[3] for row in ROWS]
    assert neutral.documents["text"].tolist() == [row[4] for row in ROWS]
    for corpus in (biased, neutral):
        assert corpus.documents["revision"].tolist() == ["275581160", "8015"]
        assert corpus.documents["line"].tolist() == [1, 2]
        assert corpus.n_sentences == 2
    assert biased.name == "neutrality-biased" and biased.about["side"] == "biased"
    assert biased.content_hash != neutral.content_hash


def test_the_tags_may_be_missing_and_the_file_gzipped(file: Path, tmp_path: Path) -> None:
    short = write(tmp_path / "short", [row[:5] for row in ROWS])
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    hashes = {read_neutrality(path, "neutral").content_hash for path in (file, short, packed)}
    assert len(hashes) == 1


def test_errors_name_the_line_and_the_side(file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="biased, neutral, got 'both'"):
        read_neutrality(file, "both")  # type: ignore[arg-type]
    with pytest.raises(FormatError, match="line 2 of bad has 3 columns"):
        read_neutrality(write(tmp_path / "bad", [ROWS[0], ROWS[1][:3]]), "biased")
    with pytest.raises(FormatError, match="has no pairs"):
        read_neutrality(write(tmp_path / "empty", []), "biased")
    (tmp_path / "latin").write_bytes(b"1\ta\tb\tcaf\xe9\tb\n")
    with pytest.raises(FormatError, match="line 1 of latin is not UTF-8"):
        read_neutrality(tmp_path / "latin", "biased")
    with pytest.raises(FormatError, match="cannot be read"):
        read_neutrality(tmp_path / "none", "biased")


def test_the_command_line_imports_vectors_with_one_side(file: Path, tmp_path: Path) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("3 2\nthe 0.1 0.2\nforces 0.3 0.1\ncountryside 0.2 0.2\n", "utf-8")
    arguments = ["import", str(vectors), "--name", "wiki", "--corpus", str(file), "--home"]
    options = [str(tmp_path / "home"), "--format", "neutrality-neutral", "--json"]
    result = CliRunner().invoke(app, [*arguments, *options])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["has_corpus"]
