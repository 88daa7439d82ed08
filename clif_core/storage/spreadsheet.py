"""Tables for spreadsheets, in which no text of a corpus is run as a formula."""

from __future__ import annotations

from typing import Any

import pandas as pd

__all__ = ["safe_for_spreadsheets", "to_csv"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def to_csv(frame: pd.DataFrame) -> str:
    """The table as CSV without its index, with text cells made safe for spreadsheets."""
    return str(safe_for_spreadsheets(frame).to_csv(index=False, lineterminator="\r\n"))


def safe_for_spreadsheets(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy in which no text cell and no column name is run as a formula.

    A spreadsheet runs a cell that begins with = + - @ (also after a tab or a line end) as a
    formula, so such text gets an apostrophe in front. Numbers are not changed.
    """
    safe = frame.rename(columns=_neutralise)
    for i, dtype in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            safe.isetitem(i, frame.iloc[:, i].map(_neutralise).to_numpy(object))
    return safe


def _neutralise(cell: Any) -> Any:
    is_formula = isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA_STARTS)
    return f"'{cell}" if is_formula else cell
