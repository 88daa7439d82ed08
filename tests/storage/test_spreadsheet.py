"""Tables for spreadsheets."""

from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest

from clif_core.storage.spreadsheet import to_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " ="])
def test_no_text_cell_is_a_formula(start: str) -> None:
    cell = f"{start}cmd|' /C calc'!A0"
    frame = pd.DataFrame(
        {"text": [cell, "fine"], "effect": [-0.5, 1.0], start + "name": ["x", None]}
    )
    for table in (frame, frame.astype({"text": "category"}), frame.astype(object)):
        lines = to_csv(table)
        assert f"'{cell}" in lines
        assert f"'{start}name" in lines.split("\r\n")[0]
    assert ",-0.5," in to_csv(frame)  # numbers stay numbers
    assert "'fine" not in to_csv(frame)


def test_csv_is_read_back() -> None:
    frame = pd.DataFrame({"text": ['a "quoted", cell', "two\nlines"], "effect": [-1e-7, 2.0]})
    pd.testing.assert_frame_equal(pd.read_csv(StringIO(to_csv(frame))), frame)
