"""What a table on the screen would export."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
from streamlit.testing.v1 import AppTest

import dashboard


def _script() -> None:
    from dashboard.widgets.table import draw_table
    from tests.dashboard.test_tables import HOSTILE

    draw_table(HOSTILE, hide_index=True)


HOSTILE = pd.DataFrame(
    {"=1+1": ['=HYPERLINK("x")', "@SUM(1)", "-2+3", "plain", None], "effect": [-1.0, 2, 3, 4, 5]}
)


def test_no_cell_of_a_shown_table_is_a_formula() -> None:
    app = AppTest.from_function(_script).run()
    assert not app.exception
    shown = app.dataframe[0].value
    assert list(shown.columns) == ["'=1+1", "effect"]
    assert shown.iloc[:4, 0].tolist() == ['\'=HYPERLINK("x")', "'@SUM(1)", "'-2+3", "plain"]
    assert shown["effect"].tolist() == [-1.0, 2, 3, 4, 5]


def test_every_table_of_the_app_is_drawn_so() -> None:
    folder = Path(dashboard.__file__).parent
    direct = [
        path.name
        for path in folder.rglob("*.py")
        if re.search(r"st\.(dataframe|data_editor|table)\(", path.read_text("utf-8"))
    ]
    assert direct == ["table.py"]
