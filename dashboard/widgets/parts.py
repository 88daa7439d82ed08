"""Small pieces of HTML that several views show: the heading of a part, figures, a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import streamlit as st
from markupsafe import Markup

from dashboard.widgets.html import render
from dashboard.wording import say

__all__ = ["Figure", "draw_figures", "draw_html_table", "draw_part_heading"]


class Figure(NamedTuple):
    """A named value with a tooltip; ``kind`` is a CSS class."""

    name: str
    value: str
    help: str
    kind: str = ""


def draw_part_heading(title: str, lead: str, **values: object) -> None:
    """Heading and lead of a part of a view, both names of wordings; ``values`` fill the lead."""
    st.html(render("part_heading.html", title=say(title), lead=say(lead, **values)))


def draw_figures(figures: Iterable[Figure]) -> None:
    """Figures side by side, each with its name above it and its help as a tooltip."""
    st.html(render("figures.html", figures=list(figures)))


def draw_html_table(
    heads: Sequence[str], rows: Iterable[tuple[str, Sequence[str | Markup]]], corner: str = ""
) -> None:
    """A table of text: a head for each column, and (name, cells) for each row."""
    st.html(render("table.html", heads=heads, rows=list(rows), corner=corner))
