"""Tables on the screen, whose own download button cannot export a formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from clif_core.storage.spreadsheet import safe_for_spreadsheets

__all__ = ["draw_table"]


def draw_table(data: pd.DataFrame | Mapping[str, Any], **options: Any) -> None:
    """``st.dataframe`` of a table in which text of a model or file is never a formula."""
    st.dataframe(safe_for_spreadsheets(pd.DataFrame(data)), **options)
