"""The button that saves a file, where a stranger chose a part of its key and of the file's name."""

from __future__ import annotations

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.widgets import chart_table

# A column of a text, by which a view groups: its table is saved under that name.
HOSTILE = ["name of the play", "x, .st-key-model_remove", '"]', "é/../..\\\r\nX: y", "\u202egnp"]


def _script(key: str) -> None:
    from dashboard.widgets.save_button import draw_save_button

    draw_save_button("Save", lambda: "a,b", "table.csv", "text/csv", key)


@pytest.mark.parametrize("column", HOSTILE)
def test_no_key_is_a_selector_of_another_button(column: str) -> None:
    """The script that presses the hidden button finds that one, whatever a text's column is."""
    app = AppTest.from_function(_script, args=(f"table_csv_{column}",)).run()
    app.button[0].click().run()
    assert not app.exception
    (file,), (script,) = app.get("download_button"), app.get("bidi_component")
    told = json.loads(script.proto.json)
    assert re.fullmatch(r"file_[0-9a-f]{32}", told)
    assert file.proto.id.endswith(told)


def _table(name: str) -> None:
    import pandas as pd
    import streamlit as st

    from dashboard.widgets.chart_table import draw_chart_table

    st.session_state[f"table_open_{name}"] = True
    draw_chart_table(pd.DataFrame({"a": [1]}), name)


@pytest.mark.parametrize("column", HOSTILE)
def test_no_file_of_a_table_is_named_by_a_path_or_a_header(
    column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    save = chart_table.draw_save_button
    monkeypatch.setattr(
        chart_table, "draw_save_button", lambda *given: names.append(given[2]) or save(*given)
    )
    app = AppTest.from_function(_table, args=(f"influence_by_{column}",)).run()
    assert not app.exception
    assert re.fullmatch(r"influence_by[A-Za-z0-9_-]*\.csv", *names)
