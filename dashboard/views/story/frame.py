"""The frame of a story's step: words on the left, a picture on the right."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from dashboard.charts.figure import CONFIG
from dashboard.data.story import N_STEPS
from dashboard.widgets import escape
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.theme import draw_phone_rules
from dashboard.wording import say

__all__ = ["Frame"]


class Frame:
    """The two halves of a step: the words on the left, the picture on the right."""

    def __init__(self, step: int, left: Any, right: Any) -> None:
        self.step, self.left, self.right = step, left, right

    def tell(self, title: str, *paragraphs: str) -> None:
        """The words on the left."""
        said = Markup("").join(Markup("<p>{}</p>").format(text) for text in paragraphs if text)
        words = '<div class="clif-story"><p class="clif-kicker">{}</p><h1>{}</h1>{}</div>'
        step = say("story.step", step=self.step, n=N_STEPS)
        with self.left:
            st.html(Markup(words).format(step, phrases.sentence_case(title), said))

    def draw(self, figure: Any, name: str, table: pd.DataFrame, alt: str, note: str = "") -> None:
        """The picture on the right, a note on how to read it, and its table."""
        config = {**CONFIG, "scrollZoom": False, "displayModeBar": False}
        figure.update_layout(height=None)  # the style sheet gives it the height of the screen
        with self.right:
            draw_phone_rules(figure, "story_picture")
            with st.container(key="story_picture", height="stretch"):
                st.plotly_chart(
                    figure,
                    theme=None,
                    key=f"story_{name}",
                    alt=alt,
                    config=config,
                    height="stretch",
                )
            if note:
                st.caption(escape.markdown(note))
            draw_chart_table(table, f"story_{name}", figure, is_late=True)
