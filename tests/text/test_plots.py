"""The reader of film plots, on small files in the exact form of the CMU Movie Summary Corpus."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clif_core.cli import app
from clif_core.errors import FormatError, InputError
from clif_core.text.readers.plots import read_plots

PLOTS = (
    "23890098\tShlykov, a hard-working taxi driver, drives. Lyosha plays the saxophone.\n"
    "31186339\tThe nation of Panem consists of a wealthy Capitol.\n"
    "20663735\tPoovalli Induchoodan is sentenced for six years.\n"
)
FILMS = (
    '31186339\t/m/0gkz15s\tThe Hunger Games\t2012-03-12\t686533290\t142.0\t{"/m/02h40lc": "English'
    ' Language"}\t{"/m/09c7w0": "United States of America"}\t{"/m/03btsm8": "Action/Adventure",'
    ' "/m/06n90": "Science Fiction"}\n'
    '23890098\t/m/076w2lb\tTaxi Blues\t\t\t110.0\t{}\t{}\t{"/m/07s9rl0": "Drama"}\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plot_summaries.txt").write_text(PLOTS, "utf-8")
    (tmp_path / "movie.metadata.tsv").write_text(FILMS, "utf-8")
    return tmp_path


def test_films_have_their_name_year_and_genres(folder: Path) -> None:
    corpus = read_plots(folder)
    documents = corpus.documents
    assert documents["title"].tolist() == ["Taxi Blues", "The Hunger Games", "Film 20663735"]
    assert documents["movie"].tolist() == ["23890098", "31186339", "20663735"]
    assert documents["year"].tolist() == ["", "2012", ""]
    assert documents["genres"].tolist() == ["Drama", "Action/Adventure; Science Fiction", ""]
    assert corpus.sentence_text(1) == "Lyosha plays the saxophone."


def test_a_genre_selects_its_films_in_upper_or_lower_case(folder: Path) -> None:
    corpus = read_plots(folder, genre="science fiction")
    assert corpus.documents["title"].tolist() == ["The Hunger Games"]
    assert corpus.about["title"] == "Film plots: science fiction"
    with pytest.raises(InputError, match="'western'; there are: Action/Adventure, Drama, Science"):
        read_plots(folder, genre="western")


def test_the_files_may_be_gzipped_and_the_metadata_missing(folder: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.mkdir()
    (packed / "plot_summaries.txt.gz").write_bytes(gzip.compress(PLOTS.encode()))
    corpus = read_plots(packed)
    assert corpus.documents["text"].tolist() == read_plots(folder).documents["text"].tolist()
    assert "genres" not in corpus.documents
    with pytest.raises(InputError, match=r"without movie\.metadata\.tsv"):
        read_plots(packed, genre="Drama")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (
            "plot_summaries.txt",
            "a plot without a number\n",
            "line 1 of .* must be a movie's number",
        ),
        ("plot_summaries.txt", "\n", "has no plots"),
        ("movie.metadata.tsv", "1\t2\t3\n", "line 1 of .* has 3 columns, expected 9"),
        (
            "movie.metadata.tsv",
            FILMS.replace('{"/m/07s9rl0": "Drama"}', "Drama"),
            "line 2 of .*JSON",
        ),
    ],
)
def test_errors_name_the_line(folder: Path, file: str, content: str, message: str) -> None:
    (folder / file).write_text(content, "utf-8")
    with pytest.raises(FormatError, match=message):
        read_plots(folder)


def test_a_wrong_byte_is_named(folder: Path) -> None:
    (folder / "plot_summaries.txt").write_bytes(b"1\tcaf\xe9\n")
    with pytest.raises(FormatError, match=r"line 1 of .* is not UTF-8"):
        read_plots(folder)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"holds no plot_summaries\.txt"):
        read_plots(tmp_path)


def test_the_command_line_trains_on_a_genre(folder: Path, tmp_path: Path) -> None:
    options = ["--format", "plots", "--dim", "4", "--epochs", "1", "--min-count", "1"]
    arguments = [
        "train",
        str(folder),
        "--name",
        "films",
        *options,
        "--home",
        str(tmp_path / "home"),
    ]
    result = CliRunner().invoke(app, [*arguments, "--genre", "Drama", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["n_words"] == 10
    wrong = CliRunner().invoke(app, [*arguments[:4], "--format", "novels", "--home", str(tmp_path)])
    assert wrong.exit_code == 1 and "got 'novels'" in " ".join(wrong.stderr.split())
