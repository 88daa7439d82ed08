"""``clif pack`` and ``clif unpack``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from clif_core.cli import app
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace


def run(home: Path, *arguments: str, status: int = 0) -> Any:
    as_json = ["--json"] if status == 0 else []
    result = CliRunner().invoke(app, [*arguments, "--home", str(home), *as_json])
    assert result.exit_code == status, result.output
    return json.loads(result.stdout) if status == 0 else " ".join(result.stderr.split())


def test_a_model_goes_to_another_home(
    tmp_path: Path, lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "lee.zip"
    Workspace(here).keep_model(Bundle(lee_model, {"title": "Lee"}), lee_corpus)
    made = run(here, "pack", "lee", str(file))
    assert (made["model"], made["path"], made["has_text"]) == ("lee", str(file), True)
    assert "give --overwrite" in run(here, "pack", "lee", str(file), status=1)
    taken = run(there, "unpack", str(file), "--name", "other")
    assert (taken["name"], taken["is_new"], taken["has_text"]) == ("other", True, True)
    (own,) = [entry for entry in run(there, "models") if entry["kind"] == "own"]
    assert own["name"] == "other"
    assert own["has_corpus"]
    assert "cannot name a model" in run(there, "unpack", str(file), "--name", "../x", status=1)
    assert "no pack, or a damaged one" in run(there, "unpack", str(tmp_path), status=1)
