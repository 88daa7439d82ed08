"""``import clif_core`` costs next to nothing: heavy packages are loaded by what needs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clif_core.workspace.workspace import Workspace
from dashboard.data.models import FIRST_MODEL
from tests.browser.served import borrow_texts

ROOT = Path(__file__).parents[1]
HEAVY = {"gensim", "numba", "pandas", "plotly", "scipy", "sklearn", "streamlit", "torch", "umap"}


def loaded_after(code: str) -> set[str]:
    """The top-level packages that a fresh interpreter has loaded after running ``code``."""
    show = "import json, sys; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("module", ["clif_core", "clif_core.errors", "clif_core.cli"])
def test_nothing_heavy_is_loaded_before_it_is_needed(module: str) -> None:
    loaded = loaded_after(f"import {module}")
    assert "clif_core" in loaded
    assert not loaded & HEAVY


EVERY_JOB = """
import importlib
from clif_core import report
from clif_core.workspace.jobs import KINDS
for work in KINDS.values():
    importlib.import_module(work.partition(":")[0])
"""


def test_the_core_never_loads_the_app() -> None:
    loaded = loaded_after(EVERY_JOB)
    assert "torch" in loaded
    assert not loaded & {"streamlit", "dashboard"}


FIRST_PAGE = f"""
from streamlit.testing.v1 import AppTest
from dashboard import warming
warming.begin = lambda modules: None  # what follows the first page
app = AppTest.from_file({str(ROOT / "dashboard" / "app.py")!r}, default_timeout=120).run()
assert not app.exception
asked = [button.label for button in app.button if str(button.key).startswith("model_ask")]
assert len(asked) == 2, asked
"""


def test_the_first_page_of_a_server_needs_nothing_heavy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIF_HOME", str(tmp_path))
    loaded = loaded_after(FIRST_PAGE)
    assert "dashboard" in loaded
    assert not loaded & {"gensim", "numba", "scipy", "sklearn", "torch", "umap"}


FIRST_SENTENCES = f"""
from concurrent.futures import Future
from streamlit.testing.v1 import AppTest
from dashboard import warming
warming.begin = lambda modules: None
warming.later = lambda work: Future()  # what the next click needs
app = AppTest.from_file({str(ROOT / "dashboard" / "app.py")!r}, default_timeout=120).run()
assert not app.exception
assert sum("<article" in element.proto.body for element in app.get("html")) == 2
"""


def test_the_first_sentences_of_a_sample_need_no_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    borrow_texts(tmp_path)
    if not Workspace(tmp_path).has_sample_text(FIRST_MODEL):
        pytest.skip("the text of the sample is not here; 'clif fetch' gets it")
    monkeypatch.setenv("CLIF_HOME", str(tmp_path))
    loaded = loaded_after(FIRST_SENTENCES)
    assert not loaded & {"gensim", "numba", "sklearn", "torch", "umap"}


def test_what_the_next_click_needs_is_imported_after_the_first_page() -> None:
    begin = """
import threading
from dashboard import warming
warming.begin(["dashboard.views.influence", "no.such.module", "dashboard.views.lab"])
warming.begin(["dashboard.views.influence"])
(timer,) = [t for t in threading.enumerate() if isinstance(t, threading.Timer)]
timer.join(120)
import sys
assert "dashboard.views.lab" in sys.modules
"""
    assert loaded_after(begin) >= {"torch", "numba"}


def test_a_package_imported_late_is_the_package() -> None:
    late = "from clif_core.late import late_import; decimal = late_import('decimal')"
    assert "decimal" not in loaded_after(late)
    assert "decimal" in loaded_after(f"{late}; assert str(decimal.Decimal(3)) == '3'")
