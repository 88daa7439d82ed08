"""The Lab's controls: a click on the plane, the same by numbers, and what is trained."""

from __future__ import annotations

import hashlib
from typing import Any, Literal, cast

import streamlit as st

from clif_core.mixture import Points
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.lab import Plane, plane_figure
from dashboard.selection import MAX_LAB_EDITS
from dashboard.views.lab.results import Experiment, Ground
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["draw_choices", "draw_plane", "draw_point", "selected_experiment", "selected_point"]

Hand = Literal["ask", "move", "add"]
HANDS = ("ask", "move", "add")
_MAX_SEED = 999


def selected_experiment() -> Experiment:
    """The experiment that the selection describes."""
    selection = state.current()
    return Experiment(selection.lab_seed, selection.lab_edits, selection.lab_regime)


def selected_point(points: Points) -> int:
    """The point asked about; the last one where the link names one beyond it."""
    return min(state.current().lab_point, len(points) - 1)


def draw_choices() -> None:
    """Training regime, the two losses and the seed."""
    selection = state.current()
    with st.container(horizontal=True, vertical_alignment="bottom", key="lab_choices"):
        _draw_switch("lab_regime", ("converged", "two_steps"), "regime", selection.lab_regime)
        _draw_switch("lab_trained", ("kl", "nll"), "trained", selection.lab_trained)
        _draw_switch("lab_asked", ("kl", "nll"), "asked", selection.lab_asked)
        st.number_input(
            say("lab.seed"),
            0,
            _MAX_SEED,
            step=1,
            key=state.control("lab_seed", min(selection.lab_seed, _MAX_SEED)),
            help=say("lab.seed_help"),
            on_change=lambda: state.update(lab_seed=int(st.session_state["lab_seed"])),
            width=120,
        )
    kind = "matched" if selection.lab_trained == selection.lab_asked else "cross"
    st.caption(say(f"lab.{kind}"))


def _draw_switch(key: str, options: tuple[str, ...], name: str, value: str) -> None:
    prefix = "lab.regime_" if name == "regime" else "lab."

    def on_change() -> None:
        if st.session_state[key]:  # None after a second click on the selected option
            state.update(**{key: st.session_state[key]})

    st.segmented_control(
        say(f"lab.{name}"),
        options,
        format_func=lambda option: say(f"{prefix}{option}"),
        key=state.control(key, value),
        help=say(f"lab.{name}_help"),
        on_change=on_change,
    )


# --- the point by numbers


def draw_point(points: Points) -> None:
    """Number, position and class of the point asked about; add, undo and reset."""
    chosen, n = selected_point(points), len(points)
    x, y = (float(v) for v in points.places[chosen])
    with st.container(horizontal=True, vertical_alignment="bottom", key="lab_point_row"):
        st.number_input(
            say("lab.point"),
            0,
            n - 1,
            step=1,
            key=state.control("lab_point", chosen),
            on_change=lambda: state.update(lab_point=int(st.session_state["lab_point"])),
            width=125,
        )
        for name, value in (("x", x), ("y", y)):
            st.number_input(
                say(f"lab.{name}"),
                -20.0,
                20.0,
                step=0.5,
                format="%.2f",
                key=state.control(f"lab_{name}", round(value, 2)),
                on_change=_move_to_numbers,
                args=(chosen,),
                width=95,
            )
        st.selectbox(
            say("lab.class"),
            (0, 1, 2),
            key=state.control("lab_class", int(points.labels[chosen])),
            on_change=_move_to_numbers,
            args=(chosen,),
            width=80,
        )
    edits = state.current().lab_edits
    with st.container(horizontal=True, key="lab_edit_row"):
        full = len(edits) >= MAX_LAB_EDITS
        st.button(
            say("lab.add"),
            key="lab_add",
            on_click=_edit,
            args=(n, min(x + 1.0, 20.0), y, int(points.labels[chosen])),
            disabled=full,
        )
        if edits:
            st.button(
                say("lab.undo"),
                key="lab_undo",
                on_click=state.update,
                kwargs={"lab_edits": edits[:-1]},
            )
            st.button(
                say("lab.reset"), key="lab_reset", on_click=state.update, kwargs={"lab_edits": ()}
            )


def _move_to_numbers(chosen: int) -> None:
    store = st.session_state
    _edit(chosen, float(store["lab_x"]), float(store["lab_y"]), int(store["lab_class"]))


def _edit(index: int, x: float, y: float, label: int) -> None:
    """Move or add a point; a second move of the same point replaces the first."""
    edits = list(state.current().lab_edits)
    if edits and edits[-1][0] == index and len(edits) > 1 and edits[-2][0] == index:
        edits.pop()
    if len(edits) < MAX_LAB_EDITS:
        edits.append((index, round(x, 2), round(y, 2), label))
    state.update(lab_edits=tuple(edits), lab_point=index)


# --- the plane


def draw_plane(points: Points, ground: Ground, effects: Any) -> Any:
    """The chart with its clicks; returns the figure. ``effects`` (n,) on the point asked about."""
    chosen = selected_point(points)
    plane = Plane(
        points.places,
        points.labels,
        -effects,
        chosen,
        ground.places,
        ground.clusters,
        ground.shares,
    )
    names = (say("lab.class"), say("lab.pull"), str(chosen))
    figure = plane_figure(plane, names, current_palette())
    selection = state.current()
    hand = cast(
        Hand,
        st.segmented_control(
            say("lab.hand"),
            HANDS,
            default="ask",
            format_func=lambda option: say(f"lab.hand_{option}"),
            key="lab_hand",
        )
        or "ask",
    )
    shown = (
        selection.lab_seed,
        selection.lab_regime,
        selection.lab_trained,
        selection.lab_asked,
        chosen,
        selection.lab_edits,
        st.context.theme.type,
        hand,
    )
    key = f"lab_plane_{hashlib.sha256(repr(shown).encode()).hexdigest()[:10]}"

    def on_select() -> None:
        _take_click(st.session_state[key], points, ground, hand)

    st.plotly_chart(
        figure,
        theme=None,
        key=key,
        on_select=on_select,
        selection_mode="points",
        alt=say(
            "lab.plane_alt", n=len(points), point=chosen, loss=say(f"lab.{selection.lab_asked}")
        ),
        config=CONFIG | {"scrollZoom": False},
    )
    st.caption(say("lab.key"))
    return figure


def _take_click(event: Any, points: Points, ground: Ground, hand: Hand) -> None:
    """Handle a click on a point (trace 2) or on the ground (trace 1)."""
    clicked = event["selection"]["points"] if event else []
    if not clicked:
        return
    trace, at = int(clicked[0]["curve_number"]), int(clicked[0]["point_index"])
    if hand == "ask":
        if trace == 2 and at < len(points):
            state.update(lab_point=at)
        return
    places = {1: ground.places, 2: points.places}.get(trace)
    if places is None or at >= len(places):
        return
    x, y = (float(v) for v in places[at])
    chosen = selected_point(points)
    _edit(len(points) if hand == "add" else chosen, x, y, int(points.labels[chosen]))
