"""The two Streamlit components of the living map; see the package's docstring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard.charts.palette import Palette
from dashboard.components.living_map.words import MapWords

__all__ = ["draw_chosen", "draw_living_map", "draw_others"]

_HERE = Path(__file__).parent
_USED = ("paper", "ink", "ink_soft", "muted_point", "raises", "lowers")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


# Scripts as text, not as files of a manifest: those are found only where the package is installed.
_MAP = st.components.v2.component(
    "clif_living_map",
    html=_read("map.html"),
    css=_read("map.css"),
    js=_read("bundle/living_map.js"),
)
_OTHERS = st.components.v2.component("clif_living_map_others", js=_read("others.js"))
_CHOSEN = st.components.v2.component("clif_living_map_chosen", js=_read("chosen.js"))


def draw_living_map(
    words: MapWords,
    colours: Palette,
    text: Mapping[str, str],
    key: str,
    on_without_webgl: Callable[[], None],
) -> None:
    """The map; ``on_without_webgl`` is called when the browser cannot draw it.

    ``text`` has the words of its controls. Streamlit sends equal data to a browser once, so all
    that changes with a pick goes through ``draw_chosen``.
    """
    _MAP(
        key=key,
        data={
            "words": words.table,
            "version": words.version,
            "colours": list(words.colours),
            "names": list(words.names),
            "regions": [asdict(region) for region in words.regions],
            "axes": None if words.axes is None else asdict(words.axes),
            "palette": {name: getattr(colours, name) for name in _USED},
            "text": dict(text),
        },
        on_without_webgl_change=on_without_webgl,
    )


def draw_chosen(
    word: str, words: Sequence[str], key: str, on_pick: Callable[[str, tuple[str, ...]], None]
) -> None:
    """Show a word or a set of words on the map; ``on_pick(word, words)`` hears of another one.

    The browser is told which pick this answers, by the time of the pick, and ignores an answer to
    an earlier one.
    """
    answered = f"{key}_answered"

    def picked() -> None:
        told: Any = st.session_state[key].get("picked")
        if isinstance(told, Mapping):
            st.session_state[answered] = told.get("at", 0)
            on_pick(str(told.get("word", "")), tuple(map(str, told.get("words", ()))))

    at = st.session_state.get(answered, 0)
    _CHOSEN(key=key, data={"word": word, "words": list(words), "at": at}, on_picked_change=picked)


def draw_others(n: int, words: pa.Table | None, key: str, on_wanted: Callable[[], None]) -> None:
    """The ``n`` words that the map does not draw, for its search box.

    ``words``: a table with a column ``word``, the most frequent first; None before they are wanted,
    of which ``on_wanted`` hears.
    """
    _OTHERS(key=key, data={"n": n, "words": words}, on_wanted_change=on_wanted)
