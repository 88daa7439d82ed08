"""``clif train``, ``clif import`` and the page's form say the same things about a model."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from clif_core.cli import app
from clif_core.workspace.bring import Brought
from clif_core.workspace.workspace import Workspace

CASES = Path(__file__).parents[1] / "cases"


def options(command: str) -> set[str]:
    found = typer.main.get_command(app).commands[command].params  # type: ignore[attr-defined]
    return {str(one.name) for one in found}


def test_importing_has_every_option_of_training() -> None:
    assert options("train") - options("import") == set()


def test_the_form_takes_every_option_of_importing() -> None:
    """``Brought`` is what the form hands over; its parts hold those of text and training.

    ``home`` to ``max_gb`` are of a command's run: on a page the server decides them, not a visitor.
    """
    named = {"corpus": "texts", "context_vectors": "context", "strict": "is_strict",
             "assume_settings": "are_settings_assumed", "text_format": "written"}  # fmt: skip
    of_text = {"one_document_per", "sentences", "text_column", "encoding", "has_header",
               "passage_words", "tokens", "genre"}  # fmt: skip
    of_training = {"window", "n_negatives", "subsampling_threshold", "unit", "min_count", "epochs",
                   "learning_rate", "start_range", "seed", "backend", "dim"}  # fmt: skip
    rest = options("import") - of_text - of_training - {"home", "as_json", "max_gb"}
    assert {named.get(name, name) for name in rest} <= {field.name for field in fields(Brought)}


def run(home: Path, *arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, [*arguments, "--home", str(home)])
    assert result.exit_code == status, result.output
    return " ".join(result.stderr.split())


def test_title_licence_and_dimensions(tmp_path: Path) -> None:
    vectors, about = (
        str(CASES / "vectors" / "11-glove" / "ok.txt"),
        ("--title", "T", "--licence", "L"),
    )
    run(tmp_path, "import", vectors, "--name", "a", *about, "--dim", "6")
    run(tmp_path, "train", str(CASES / "texts/reviews.tsv"), "--name", "b", *about, "--dim", "4",
        "--epochs", "1", "--min-count", "1", "--backend", "coupled")  # fmt: skip
    for name in ("a", "b"):
        card = Workspace(tmp_path).open_model(name).card
        assert (card["title"], card["licence"]) == ("T", "L")
    said = run(tmp_path, "import", vectors, "--name", "c", "--dim", "7", status=1)
    assert "has 6 dimensions, not 7" in said
    said = run(tmp_path, "import", vectors, "--name", "c", "--backend", "coupled", status=1)
    assert "backend gensim or unknown" in said


@pytest.mark.parametrize("is_assumed", [True, False])
def test_settings_are_assumed_where_that_is_asked(tmp_path: Path, is_assumed: bool) -> None:
    tokens = CASES / "tokens"
    given = ("import", str(tokens / "cased_vec.txt"), "--corpus", str(tokens / "cased.txt"))
    run(tmp_path, *given, "--name", "a", *(["--assume-settings"] if is_assumed else []))
    bundle = Workspace(tmp_path).open_model("a")
    assert bundle.has_assumed_settings is bundle.has_fitted_contexts is is_assumed
    assert (bundle.model.settings is not None) is is_assumed
    if is_assumed:
        asked = ("influence", "a", str(tokens / "cased.json"), "--question", "model", "--json")
        answer = CliRunner().invoke(app, [*asked, "--home", str(tmp_path)])
        found = json.loads(answer.stdout)
        assert "fitted to the text" in found["context_vectors"]
        assert "assumed" in found["settings"]
