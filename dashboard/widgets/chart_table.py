"""The table behind a chart, for those who read or hear it, and the downloads of both."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from clif_core.storage.spreadsheet import to_csv
from dashboard.wording import say

__all__ = ["draw_chart_table"]

_MAX_ROWS_SHOWN = 2_000


def draw_chart_table(
    frame: pd.DataFrame,
    name: str,
    figure: go.Figure | None = None,
    title: str | None = None,
    *,
    is_late: bool = False,
) -> None:
    """A folded table of what the chart shows, with CSV and (given its figure) HTML downloads.

    ``name`` is the stem of the file names and must differ between the twins of a screen.
    ``is_late``: made when it is unfolded. Even a folded table has the browser load all that draws
    tables, a fifth of a second in which the picture waits.
    """
    late: dict[str, Any] = {"key": f"twin_open_{name}", "on_change": "rerun"} if is_late else {}
    folded = st.expander(title or say("twin.title"), icon=":material/table_rows:", **late)
    if is_late and not folded.open:
        return
    with folded:
        st.dataframe(frame.head(_MAX_ROWS_SHOWN), hide_index=True, key=f"twin_{name}", height=320)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.download_button(
                say("twin.csv"),
                lambda: to_csv(frame),
                f"{name}.csv",
                "text/csv",
                key=f"twin_csv_{name}",
                on_click="ignore",
                icon=":material/download:",
            )
            if figure is not None:
                st.download_button(
                    say("twin.html"),
                    lambda: figure.to_html(include_plotlyjs=True, config={"displaylogo": False}),
                    f"{name}.html",
                    "text/html",
                    key=f"twin_html_{name}",
                    on_click="ignore",
                    icon=":material/download:",
                )
            if len(frame) > _MAX_ROWS_SHOWN:
                st.caption(say("twin.cut", shown=_MAX_ROWS_SHOWN, total=len(frame)))
