"""The settings of the map: layout, dimensions, colour, clusters, named axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from clif_core.probes import join_words, split_words
from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.selection import MAX_CLUSTERS, POINT_LIMITS, Selection
from dashboard.wording import say

__all__ = ["draw_toolbar"]


def draw_toolbar(bundle: Bundle, selection: Selection) -> None:
    """One line of controls; their values are in the selection, and so in the link."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _draw_choice("layout", ("umap", "pca", "axis"), selection.layout)
        st.selectbox(
            say("map.colour"),
            ("cluster", "count", "association", "influence"),
            key=state.control("map_colour", selection.colour),
            format_func=lambda colour: say("map.colour_by", what=say(f"map.by_{colour}")),
            on_change=_changed("colour", "map_colour"),
            label_visibility="collapsed",
            width=190,
        )
        with st.popover(say("map.more"), icon=":material/tune:"):
            _draw_clustering(selection)
            if bundle.model.n_words > POINT_LIMITS[0]:
                st.select_slider(
                    say("map.max_points"),
                    POINT_LIMITS,
                    key=state.control("map_max_points", selection.max_points),
                    on_change=_changed("max_points", "map_max_points"),
                    format_func=lambda n: f"{n:,}",
                    help=say("map.max_points_help"),
                )
    if selection.layout == "axis":
        _draw_axis(selection)


def _changed(field: str, key: str) -> Callable[[], Any]:
    return lambda: state.update(**{field: st.session_state[key]})


def _draw_choice(field: str, options: tuple[Any, ...], value: Any) -> None:
    st.segmented_control(
        say(f"map.{field}"),
        options,
        required=True,
        key=state.control(f"map_{field}", value),
        format_func=lambda option: say(f"map.{field}_{option}"),
        help=say(f"map.{field}_help"),
        on_change=_changed(field, f"map_{field}"),
        label_visibility="collapsed",
    )


def _draw_clustering(selection: Selection) -> None:
    kind, _, number = selection.clustering.partition(":")
    st.radio(
        say("map.clustering"),
        ("", "kmeans", "islands"),
        key=state.control("map_clustering", kind),
        format_func=lambda option: say(f"map.clustering_{option or 'shipped'}"),
        on_change=_clustering_changed,
        help=say("map.clustering_help"),
    )
    if kind:
        low, high = (2, 60) if kind == "kmeans" else (5, MAX_CLUSTERS)
        st.slider(
            say(f"map.{kind}_number"),
            low,
            high,
            key=state.control("map_number", min(max(int(number), low), high)),
            on_change=_clustering_changed,
        )


def _clustering_changed() -> None:
    kind = st.session_state["map_clustering"]
    was = state.current().clustering.partition(":")[0]
    number = st.session_state.get("map_number") if kind == was else None
    number = number or {"kmeans": 24, "islands": 20}.get(kind)
    state.update(clustering=f"{kind}:{number}" if kind else "")


def _draw_axis(selection: Selection) -> None:
    columns = st.columns(2)
    for column, field in zip(columns, ("axis_from", "axis_to"), strict=True):
        key = f"map_{field}"
        column.text_input(
            say(f"map.{field}"),
            key=state.control(key, join_words(getattr(selection, field))),
            on_change=_axis_changed,
            args=(field, key),
            placeholder=say(f"map.{field}_hint"),
        )


def _axis_changed(field: str, key: str) -> None:
    state.update(**{field: split_words(st.session_state[key])})
