"""The README's lines of Python run, but for the training at their end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import clif_core as clif
from clif_core.workspace.workspace import Workspace

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_the_lines_of_python_run() -> None:
    if not Workspace().has_sample_text("brown"):
        pytest.skip("the text of Brown is not fetched: run 'clif fetch brown'")
    (block,) = re.findall(r"^```python\n(.*?)^```", README, re.M | re.S)
    assert "result.without(100).retrain()" in block
    names: dict[str, Any] = {}
    exec(block.replace(".retrain()", ""), names)
    result = names["result"]
    assert len(result.documents()) > 0
    assert len(names["model"].influence(clif.probe("weat_6"), "block").pairs()) > 0


def test_what_is_named_beside_them_exists() -> None:
    for name in re.findall(r"`clif\.(\w+)\(", README):
        assert callable(getattr(clif, name)), name
