"""What every figure has in common: type, margins, plain axes, background, escaped labels."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from functools import wraps
from hashlib import blake2b
from threading import Lock
from typing import Any, ParamSpec

import plotly.graph_objects as go

from dashboard.charts.palette import Palette

__all__ = [
    "CONFIG",
    "crowded_notes",
    "drawn_once",
    "escape_label",
    "hide_on_phones",
    "plain_layout",
    "quiet_axis",
]

# For st.plotly_chart(config=...): no logo, few buttons.
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "scrollZoom": True,
    "modeBarButtonsToRemove": ["autoScale2d", "zoomIn2d", "zoomOut2d"],
}


_P = ParamSpec("_P")
_KEPT = 64  # figures of one function


def drawn_once(draw: Callable[_P, go.Figure]) -> Callable[_P, go.Figure]:
    """Keep the figures that a function made of its arguments, the most recent of every session.

    Plotly checks every property that is set: a figure takes 10 to 100 ms, and a page is drawn again
    for every press. Whoever gets a figure must leave it as it is.
    """
    made: dict[bytes, go.Figure] = {}
    lock = Lock()

    @wraps(draw)
    def find(*args: _P.args, **kwargs: _P.kwargs) -> go.Figure:
        key = blake2b(pickle.dumps((args, kwargs)), digest_size=16).digest()
        figure = made.get(key)
        if figure is None:
            figure = draw(*args, **kwargs)
        with lock:
            made.pop(key, None)
            made[key] = figure  # the last
            while len(made) > _KEPT:
                made.pop(next(iter(made)))
        return figure

    return find


def plain_layout(colours: Palette, height: int = 360) -> dict[str, Any]:
    """Keyword arguments for ``figure.update_layout``; give ``theme=None`` to st.plotly_chart."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "paper_bgcolor": colours.paper,
        "plot_bgcolor": colours.paper,
        "font": {"family": "Source Sans, sans-serif", "size": 14, "color": colours.ink},
        "hoverlabel": {
            "bgcolor": colours.panel,
            "bordercolor": colours.rule,
            "font": {"family": "Source Sans, sans-serif", "size": 14, "color": colours.ink},
        },
        "modebar": {
            "bgcolor": "rgba(0,0,0,0)",
            "color": colours.ink_soft,
            "activecolor": colours.ink,
        },
        "showlegend": False,
    }


def escape_label(text: str) -> str:
    """Text as Plotly shows it literally: Plotly reads tags, and only some entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def hide_on_phones(figure: go.Figure, notes: Iterable[int]) -> None:
    """Mark annotations of the figure, by number, for which a phone has no room."""
    figure.update_layout(meta={"crowded": list(notes)})


def crowded_notes(figure: go.Figure) -> list[int]:
    """The annotations that ``hide_on_phones`` marked."""
    return list((figure.layout.meta or {}).get("crowded", ()))


def quiet_axis(colours: Palette, **more: Any) -> dict[str, Any]:
    """An axis with a hairline grid and no frame; ``more`` overrides."""
    return {
        "gridcolor": colours.rule,
        "gridwidth": 1,
        "zeroline": False,
        "showline": False,
        "tickfont": {"color": colours.ink_soft, "size": 13},
        "title": {"font": {"color": colours.ink_soft, "size": 14}},
        **more,
    }
