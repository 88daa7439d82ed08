"""Texts through the command line: the look, and the same options for training and importing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from clif_core.cli import app
from clif_core.sgns.word2vec import write_word2vec
from clif_core.text.corpus import Corpus
from clif_core.text.readers import look
from clif_core.workspace.workspace import Workspace

CASES = Path(__file__).parents[1] / "cases" / "texts"
SMALL = ("--dim", "8", "--epochs", "2", "--min-count", "1", "--backend", "coupled")


def run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == status, result.output
    return result


def train(home: Path, text: Path, name: str, *options: str) -> tuple[Corpus, str]:
    """The text of a model trained on it, and what was said."""
    said = run("train", str(text), "--name", name, *SMALL, *options, "--home", str(home)).stderr
    workspace = Workspace(home)
    corpus = workspace.open_corpus(workspace.open_model(name).model)
    assert corpus is not None
    return corpus, said


def test_lines_train_as_the_same_text_with_full_stops(tmp_path: Path) -> None:
    lines = (CASES / "lines.txt").read_text().splitlines()[:600]
    differences = []
    for name, end in (("lines", ""), ("dots", ".")):
        path = tmp_path / f"{name}.txt"
        path.write_text("\n".join(f"{line.capitalize() if end else line}{end}" for line in lines))
        corpus, said = train(tmp_path, path, name)
        assert corpus.n_sentences == 600
        assert ("One sentence a line" in said) == (name == "lines")
        probed = run("probe", name, str(CASES / "mf.json"), "--home", str(tmp_path), "--json")
        differences.append(json.loads(probed.stdout)["difference"])
    assert differences[0] == pytest.approx(differences[1], abs=1e-6)


def test_what_was_found_is_said_before_a_training(tmp_path: Path) -> None:
    corpus, said = train(tmp_path, CASES / "reviews.tsv", "reviews")
    assert corpus.n_documents == 60 and "author" in corpus.documents
    assert said.index("Text: 'text'. Kept with it: id, author, year.") >= 0
    card = Workspace(tmp_path).open_model("reviews").card
    assert "Text: 'text'. Kept with it: id, author, year." in card["corpus"]["reading"]


def test_the_options_of_a_text_are_those_of_training_and_importing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("1;caf\xe9 one two;no\n2;three four;no\n".encode("cp1252"))
    options = ("--text-column", "column2", "--no-header", "--encoding", "latin1",
               "--format", "csv", "--sentences", "line", "--passage-words", "50")  # fmt: skip
    trained, _ = train(tmp_path, path, "trained", *options)
    write_word2vec(tmp_path / "v.txt", ["café", "two", "four"], np.eye(3, dtype=np.float32))
    run("import", str(tmp_path / "v.txt"), "--name", "imported", "--corpus", str(path), *options,
        "--window", "3", "--epochs", "7", "--min-count", "2", "--learning-rate", "0.05",
        "--seed", "5", "--start-range", "2", "--home", str(tmp_path))  # fmt: skip
    model = Workspace(tmp_path).open_model("imported").model
    imported = Workspace(tmp_path).open_corpus(model)
    assert imported is not None
    assert imported.documents["text"].tolist() == trained.documents["text"].tolist()
    assert imported.documents["text"][0] == "café one two"
    settings = model.require_settings()
    assert (settings.window, settings.epochs, settings.min_count) == (3, 7, 2)
    assert (settings.learning_rate, settings.seed, settings.start_range) == (0.05, 5, 2)


def test_the_old_name_of_an_option_is_accepted(tmp_path: Path) -> None:
    corpus, _ = train(tmp_path, CASES / "cp_apos.txt", "apos", "--documents", "line")
    assert corpus.n_documents == 30 and "didn't" in corpus.words


def test_a_look_imports_nothing(tmp_path: Path) -> None:
    look = run("look", str(CASES / "nested_folder"))
    assert "6 files (plain text); the names of their folders are kept" in look.stdout
    found = json.loads(run("look", str(CASES / "null.jsonl"), "--json").stdout)
    assert (found["n_documents"], found["text_column"], found["is_whole"]) == (59, "text", True)
    assert found["columns"] == ["id", "author", "year", "text"]
    assert found["left_out"] == [{"name": "line 8 of null.jsonl", "reason": "its 'text' is empty"}]
    said = run("look", str(CASES / "cp_apos.txt")).stdout
    assert "Windows-1252 (cp1252)" in said and "latin" not in said.lower()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["notes.rtf"], "an RTF document"),
        (["paper.pdf"], "a PDF"),
        (["essay.docx"], "a Word document"),
        (["wiki.xml"], "a dump of a wiki"),
        (["reviews.tsv", "--text-column", "body"], "has no column or field 'body'; it has id,"),
        (["reviews.tsv", "--encoding", "rot13"], "encoding 'rot13' is unknown"),
        (["reviews.tsv", "--format", "word"], "format is auto, plain, csv"),
        (["reviews.tsv", "--one-document-per", "page"], "one_document_per is auto, file, line"),
        (["reviews.tsv", "--passage-words", "1"], "passage_words is 5 to 10,000"),
    ],
)
@pytest.mark.parametrize("command", [("look",), ("train", "--name", "x")])
def test_refusals_name_the_fault_and_the_next_step(
    tmp_path: Path, command: tuple[str, ...], arguments: list[str], message: str
) -> None:
    home = ["--home", str(tmp_path)] if command[0] == "train" else []
    given = [command[0], str(CASES / arguments[0]), *command[1:], *arguments[1:], *home]
    assert message in " ".join(run(*given, status=1).stderr.split())
    assert not list(tmp_path.iterdir())


def test_the_example_of_the_handbook(tmp_path: Path) -> None:
    """What docs/your-text.md shows of ``clif look reviews.csv`` is what it prints."""
    rows = ["review;id;author;year"]
    rows += [f"“It’s a café, and a good one”, said guest {i};{i};Ann;1999" for i in range(1_206)]
    rows[16], rows[89] = ";16;Ann;1999", "A cell; too many;90;Ann;1999"
    (tmp_path / "reviews.csv").write_bytes("\n".join(rows).encode("cp1252"))
    page = (Path(__file__).parents[2] / "docs" / "your-text.md").read_text("utf-8")
    _, _, shown = page.partition("$ clif look reviews.csv\n")
    lines = [line.removeprefix("    ") for line in shown.partition("\n\n")[0].splitlines()]
    preview = look(tmp_path / "reviews.csv")
    assert [line for line in preview.lines if not line.startswith("Token rule")] == lines
