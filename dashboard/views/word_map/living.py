"""The living map of a scene, and what a pick on it does to the selection."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import streamlit as st

from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.charts.paint import colour_steps
from dashboard.charts.palette import Palette
from dashboard.charts.word_map import PointColours
from dashboard.components.living_map import (
    MapAxes,
    MapWords,
    Region,
    draw_chosen,
    draw_living_map,
    draw_others,
    word_table,
)
from dashboard.data.kept import by_bytes
from dashboard.data.word_geometry import Grouping, name_of_cluster
from dashboard.selection import Selection
from dashboard.views.word_map.scene import Scene
from dashboard.views.word_map.word_panel import take_typed
from dashboard.widgets.html import render
from dashboard.wording import say

__all__ = ["cannot_draw", "draw_pick", "draw_scene"]

_WITHOUT_WEBGL = "map_without_webgl"
_PICKED, _OTHERS, _WANTED = "map_picked", "map_others", "map_others_wanted"
_MOST_OTHERS = 1_000_000  # words, of some ten bytes each
_CONTROLS = ("search", "found", "lasso", "lasso_help", "clear", "closer", "farther", "whole",
             "no_cluster")  # fmt: skip


def cannot_draw() -> bool:
    """Whether this session's browser said that it has no WebGL."""
    return bool(st.session_state.get(_WITHOUT_WEBGL))


def draw_scene(
    bundle: Bundle, scene: Scene, grouping: Grouping, selection: Selection, colours: Palette
) -> None:
    """The map; it is the same for every pick, so a browser gets its words once."""
    _draw_scale(scene.paint)
    alt = say("map.alt", shown=len(scene.rows), layout=scene.layout, colour=selection.colour)
    draw_living_map(
        _words(bundle, scene, grouping),
        colours,
        {name: say(f"map.{name}") for name in _CONTROLS}
        | {"times": say("map.times", count="{count}"), "alt": alt},
        key="map_living",
        on_without_webgl=_use_simple_map,
    )


def _use_simple_map() -> None:
    st.session_state[_WITHOUT_WEBGL] = True


def _words(bundle: Bundle, scene: Scene, grouping: Grouping) -> MapWords:
    numbers, shades = colour_steps(scene.paint)
    _, names = grouping
    return MapWords(
        table=_table(scene.version, bundle, scene, grouping, numbers),
        version=scene.version,
        colours=shades,
        names=[name_of_cluster(names, cluster) for cluster in range(len(names))],
        regions=[Region(*label) for label in scene.labels],
        axes=MapAxes(*scene.titles) if scene.titles else None,
    )


@by_bytes
def _table(
    version: str,
    _bundle: Bundle,
    _scene: Scene,
    _grouping: Grouping,
    _numbers: npt.NDArray[np.int32],
) -> pa.Table:
    vocabulary, rows = _bundle.model.vocabulary, _scene.rows
    return word_table(
        [vocabulary.words[row] for row in rows],
        _scene.places,
        vocabulary.counts[rows],
        _grouping[0].labels[rows],
        _numbers,
        _scene.weights,
        _bundle.model.unit_vectors[rows],
    )


def _draw_scale(paint: PointColours) -> None:
    """What the colours say, where they are no areas."""
    if paint.ticks is None:
        return
    stops = ", ".join(f"{colour} {100 * stop:.0f}%" for stop, colour in paint.scale)
    low, high = paint.limits
    marks = [
        (100 * (value - low) / (high - low), text) for value, text in zip(*paint.ticks, strict=True)
    ]
    st.html(render("map_scale.html", title=paint.title, stops=stops, marks=marks))


def draw_pick(bundle: Bundle, scene: Scene) -> None:
    """Show the selection's words on the map, and take the words that are picked there.

    A word that was searched and is not among the drawn ones is drawn by a run of the whole page.
    """
    selection, vocabulary = state.current(), bundle.model.vocabulary

    def take(word: str, words: tuple[str, ...]) -> None:
        if word:
            take_typed(word, vocabulary)
            return
        state.update(word="", words=words, set_name="")
        if words:
            st.session_state["map_panel"] = "why"

    draw_chosen(selection.word, selection.words, _PICKED, take)
    _draw_others(bundle, scene)
    if selection.word in vocabulary and vocabulary.id(selection.word) not in scene.rows:
        st.rerun(scope="app")


def _draw_others(bundle: Bundle, scene: Scene) -> None:
    """What the search box completes besides the drawn words, once somebody searches."""
    n = bundle.model.n_words - len(scene.rows)
    if n == 0:
        return
    is_wanted = st.session_state.get(_WANTED) == bundle.model.content_hash

    def want() -> None:
        st.session_state[_WANTED] = bundle.model.content_hash

    words = _other_words(scene.version, bundle, scene) if is_wanted else None
    draw_others(n, words, _OTHERS, want)


@by_bytes
def _other_words(version: str, _bundle: Bundle, _scene: Scene) -> pa.Table:
    words = _bundle.model.vocabulary.words
    is_drawn = np.zeros(len(words), dtype=bool)
    is_drawn[_scene.rows] = True
    rows = np.flatnonzero(~is_drawn)[:_MOST_OTHERS].tolist()
    return pa.table({"word": pa.array([words[row] for row in rows], pa.string())})
