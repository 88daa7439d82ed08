"""The Report view: nothing asked, a report with and without text, and what its controls do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

from seen import html_of
from streamlit.testing.v1 import AppTest

from clif_core.probes import Similarity
from clif_core.workspace.workspace import Workspace

Run = Callable[..., AppTest]
ASKED = json.dumps(Similarity("police", "government").to_dict())


def test_without_a_probe_it_offers_one(run_view: Run) -> None:
    app = run_view("report")
    assert not app.exception
    assert "Nothing to report yet" in html_of(app)
    assert app.button(key="report_choose")


def test_the_report_is_on_the_page(run_view: Run) -> None:
    app = run_view("report", probe=ASKED)
    assert not app.exception
    page = html_of(app)
    assert "Why are police and government as similar as they are?" in page
    assert page.count("<figure") == 20
    assert "News &amp; &lt;b&gt;stories&lt;/b&gt;" in page


def test_sections_and_sentences_are_chosen(run_view: Run) -> None:
    app = run_view("report", probe=ASKED, n_quotes="5")
    assert html_of(app).count("<figure") == 10
    app.button_group(key="report_sections").set_value(["summary", "limits"]).run()
    assert app.session_state["clif_selection"].report_sections == ("summary", "limits")
    page = html_of(app)
    assert 'class="r-limits"' in page
    assert 'class="r-text"' not in page


def test_without_its_text_the_report_says_so(run_view: Run, home: Workspace) -> None:
    shutil.rmtree(home.home / "corpora")
    app = run_view("report", probe=ASKED)
    assert not app.exception
    assert "Not traced" in html_of(app)


def test_a_made_up_probe_is_refused_in_words(run_view: Run) -> None:
    app = run_view("report", probe='{"kind":"nonsense"}')
    assert not app.exception
    assert "That did not work" in html_of(app)
