"""``import clif_core`` costs next to nothing: heavy packages are loaded by what needs them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"gensim", "numba", "pandas", "plotly", "scipy", "sklearn", "streamlit", "torch", "umap"}


def loaded_after(code: str) -> set[str]:
    """The top-level packages that a fresh interpreter has loaded after running ``code``."""
    show = "import json, sys; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", ["clif_core", "clif_core.errors", "clif_core.cli"])
def test_nothing_heavy_is_loaded_before_it_is_needed(module: str) -> None:
    loaded = loaded_after(f"import {module}")
    assert "clif_core" in loaded
    assert not loaded & HEAVY


def test_the_core_never_loads_the_app() -> None:
    loaded = loaded_after("import clif_core.workspace.tasks, clif_core.report")
    assert "torch" in loaded
    assert not loaded & {"streamlit", "dashboard"}
