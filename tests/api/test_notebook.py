"""docs/quickstart.ipynb runs from the first cell to the last."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from clif_core.workspace.workspace import Workspace

NOTEBOOK = Path(__file__).parents[2] / "docs" / "quickstart.ipynb"


def test_the_quickstart_runs_and_shows_cards() -> None:
    if not Workspace().has_sample_text("shakespeare"):
        pytest.skip("the text of Shakespeare is not fetched: run 'clif fetch shakespeare'")
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=300).execute()
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    shown = [out["data"]["text/html"] for out in outputs if "text/html" in out.get("data", {})]
    assert shown[0].count("<figure") == 4
    printed = "".join(out.get("text", "") for out in outputs)
    assert "predicted -" in printed
    assert "measured -" in printed
