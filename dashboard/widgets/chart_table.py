"""The table under a chart, with the same figures, and the downloads of both."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from clif_core.storage.spreadsheet import to_csv
from dashboard.widgets.save_button import draw_save_button, file_stem
from dashboard.widgets.table import draw_table
from dashboard.wording import say

__all__ = ["draw_chart_table", "draw_downloads"]

_MAX_ROWS_SHOWN = 2_000


def draw_chart_table(
    table: pd.DataFrame | Callable[[], pd.DataFrame],
    name: str,
    figure: go.Figure | Callable[[], go.Figure] | None = None,
    title: str | None = None,
    draw: Callable[[], None] | None = None,
) -> None:
    """A folded table of what the chart shows, with CSV and (given its figure) HTML downloads.

    It is drawn when it is unfolded: even a folded table makes the browser load its table component,
    which delays the chart by a fifth of a second.

    ``table``: or a function that makes it, called when it is unfolded.
    ``name`` gives the file names and must be unique on a screen; a stranger may have chosen a part.
    ``figure``: or a function that makes it, called when it is downloaded.
    ``draw`` draws the table, where columns need more words than their names; the CSV has ``table``.
    """
    folded = st.expander(
        title or say("chart_table.title"),
        icon=":material/table_rows:",
        key=f"table_open_{name}",
        on_change="rerun",
    )
    if not folded.open:
        return
    frame = table() if callable(table) else table
    with folded:
        if draw is not None:
            draw()
            draw_downloads(frame, name, figure)
            return
        draw_table(frame.head(_MAX_ROWS_SHOWN), hide_index=True, key=f"table_{name}", height=320)
        note = say("chart_table.cut", shown=_MAX_ROWS_SHOWN, total=len(frame))
        draw_downloads(frame, name, figure, note if len(frame) > _MAX_ROWS_SHOWN else "")


def draw_downloads(
    frame: pd.DataFrame,
    name: str,
    figure: go.Figure | Callable[[], go.Figure] | None = None,
    note: str = "",
) -> None:
    """The downloads alone, for figures whose table stands on the page; ``note`` beside them.

    ``name`` and ``figure`` as of ``draw_chart_table``.
    """
    stem = file_stem(name, "table")
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_save_button(
            say("chart_table.csv"),
            lambda: to_csv(frame),
            f"{stem}.csv",
            "text/csv",
            f"table_csv_{name}",
        )
        if figure is not None:
            draw_save_button(
                say("chart_table.html"),
                lambda: (figure() if callable(figure) else figure).to_html(
                    include_plotlyjs=True, config={"displaylogo": False}
                ),
                f"{stem}.html",
                "text/html",
                f"table_html_{name}",
            )
        if note:
            st.caption(note)
