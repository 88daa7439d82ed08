"""No name leads out of the workspace, and nothing goes that this program did not make."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clif_core.cli import app
from clif_core.errors import InputError
from clif_core.sgns.bundle import Bundle, read_card, write_card
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace

EVIL = ["..", ".", "", "../corpora", "a/b", "/tmp/x", "a\\b", "A", "con.txt", "a" * 65, "a\n", "\0"]


@pytest.fixture
def workspace(tmp_path: Path, lee_model: SkipGram, lee_corpus: Corpus) -> Workspace:
    workspace = Workspace(tmp_path / "home", tmp_path / "no samples")
    workspace.keep_model(Bundle(lee_model, {}), lee_corpus)
    return workspace


def contents(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", EVIL)
def test_a_name_that_is_a_path_keeps_and_removes_nothing(
    workspace: Workspace, lee_model: SkipGram, name: str
) -> None:
    before = contents(workspace.home.parent)
    with pytest.raises(InputError, match="cannot name a model"):
        workspace.keep_model(Bundle(replace(lee_model, name=name), {}), None)
    with pytest.raises(InputError, match="of your own to delete"):
        workspace.remove_model(name)
    assert contents(workspace.home.parent) == before


def test_the_command_line_refuses_such_a_name_before_it_trains(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear all")
    text = tmp_path / "text.txt"
    text.write_text("a word and another word\n" * 20)
    home = ["--home", str(tmp_path / "home")]
    done = CliRunner().invoke(app, ["train", str(text), "--name", "../../mine", *home])
    assert done.exit_code == 1
    assert "cannot name a model" in done.stderr
    assert (mine / "letter.txt").read_text() == "dear all"


def test_a_folder_that_holds_no_model_is_neither_replaced_nor_deleted(
    workspace: Workspace, lee_model: SkipGram
) -> None:
    foreign = workspace.home / "models" / "notes"
    foreign.mkdir()
    (foreign / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds no model"):
        workspace.keep_model(Bundle(replace(lee_model, name="notes"), {}), None)
    with pytest.raises(InputError, match="of your own to delete"):
        workspace.remove_model("notes")
    assert (foreign / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("corpus_hash", ["/etc", "..", "../models", 3, ["x"], ""])
def test_a_card_cannot_name_a_text_elsewhere(workspace: Workspace, corpus_hash: object) -> None:
    path = workspace.home / "models" / "lee"
    write_card(path, {**read_card(path), "corpus_hash": corpus_hash})
    (entry,) = workspace.catalogue()
    assert not entry.has_corpus
