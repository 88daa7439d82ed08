"""What a rerun costs when nothing has changed since the last one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from seen import ASKED, html_of
from streamlit.testing.v1 import AppTest

from clif_core.workspace.workspace import Workspace

VIEWS = (
    "model",
    "word_map",
    "probe",
    "influence",
    "what_if",
    "trust",
    "compare",
    "report",
    "story",
)


@pytest.mark.parametrize("view", VIEWS)
def test_a_warm_rerun_reads_the_catalogue_at_most_once(
    view: str, run_view: Callable[..., AppTest], home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = run_view(view, probe=ASKED, word="police")
    app.run()
    read: list[Path] = []
    real = Path.read_text

    def read_text(path: Path, *args: Any, **kwargs: Any) -> str:
        if path.name == "card.json":
            read.append(path)
        return real(path, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", read_text)
    app.run()
    assert not app.exception
    assert len(read) <= 1  # the home has one model


def test_a_replaced_or_removed_model_is_seen_at_once(
    run_view: Callable[..., AppTest], home: Workspace
) -> None:
    app = run_view("model")
    assert "300 short news stories." in html_of(app)
    card = home.home / "models" / "lee" / "card.json"
    card.write_text(card.read_text("utf-8").replace("300 short", "Three hundred"), "utf-8")
    app.run()
    assert "Three hundred news stories." in html_of(app)
    home.remove_model("lee")
    app.run()
    assert "Three hundred" not in html_of(app)
