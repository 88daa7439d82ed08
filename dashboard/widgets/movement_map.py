"""Before and after on one map: arrows for the probe's words and those that moved most.

What if shows a model and its retraining; Compare shows two models with words in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from clif_core import phrases
from clif_core.errors import InputError
from clif_core.geometry.movement import Movement
from clif_core.probes import Probe, Weat
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.movement import Arrow, movement_figure
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.parts import draw_part_heading
from dashboard.widgets.theme import current_palette, draw_phone_rules
from dashboard.wording import say

__all__ = ["draw_movement"]

_N_MOST = 12  # words that moved most, beside the probe's
_N_ASKED = 40
_N_GROUND = 3_000  # grey points: other words, the most frequent
_FEWEST = 20  # occurrences that a word needs to be shown for its movement


def draw_movement(found: Movement, probe: Probe | None, key: str) -> None:
    """Heading, map with arrows, caption, and the table of all words."""
    draw_part_heading("movement.title", "movement.lead", n=_N_MOST, fewest=_FEWEST)
    frame = _pick_frame(probe, key)
    shifts = found.shifts
    rows = _asked_rows(found, probe)
    arrows = _arrows(found, probe, rows, frame, shifts)
    figure = None
    if arrows is not None:
        ground, drawn, titles = arrows
        labels = (probe.label_x, probe.label_y) if isinstance(probe, Weat) else ("", "")
        figure = movement_figure(ground, drawn, labels, current_palette(), titles)
        alt = say("movement.alt", n=len(drawn))
        config = {**CONFIG, "scrollZoom": False}
        draw_phone_rules(figure, f"{key}_chart")
        st.plotly_chart(figure, theme=None, key=f"{key}_chart", alt=alt, config=config)
    st.caption(_summary(found, shifts))
    draw_chart_table(found.table, f"{key}_words", figure)


def _pick_frame(probe: Probe | None, key: str) -> str:
    """The frame that is picked; "map" for a probe without two poles."""
    if not isinstance(probe, Weat):
        return "map"
    chosen = st.segmented_control(
        say("movement.frame"),
        ("question", "map"),
        key=state.control(f"{key}_frame", st.session_state.get(f"{key}_frame", "question")),
        format_func=lambda name: say(f"movement.frame_{name}"),
        required=True,
        help=say("movement.frame_help"),
        label_visibility="collapsed",
    )
    return str(chosen)


def _asked_rows(found: Movement, probe: Probe | None) -> dict[int, str]:
    """Row -> kind: the probe's target words (or all its words), then the most moved."""
    kinds: dict[int, str] = {}
    if isinstance(probe, Weat):
        for kind, words in (("x", probe.targets_x), ("y", probe.targets_y)):
            kinds |= dict.fromkeys(found.rows(words).tolist()[: _N_ASKED // 2], kind)
    elif probe is not None:
        kinds |= dict.fromkeys(found.rows(probe.words).tolist()[:_N_ASKED], "other")
    common = np.flatnonzero(found.counts >= _FEWEST)
    order = common[np.argsort(-found.shifts[common], kind="stable")][:_N_MOST]
    return kinds | {row: "other" for row in order.tolist() if row not in kinds}


def _arrows(
    found: Movement,
    probe: Probe | None,
    rows: dict[int, str],
    frame: str,
    shifts: Sequence[float] | Any,
) -> tuple[Any, list[Arrow], tuple[str, str] | None] | None:
    """The grey points, the arrows and the axis titles; None where nothing can be drawn."""
    titles = None
    before, after = found.on_map()
    if frame == "question" and isinstance(probe, Weat):
        try:
            before, after = found.on_axis(probe.attributes_b, probe.attributes_a)
            titles = (
                say("movement.across", a=probe.label_a, b=probe.label_b),
                say("movement.up"),
            )
        except InputError:
            st.caption(say("movement.no_axis"))
    drawn = [
        Arrow(
            found.words[row],
            (float(before[row, 0]), float(before[row, 1])),
            (float(after[row, 0]), float(after[row, 1])),
            kind,  # type: ignore[arg-type]
            say("movement.hover", count=int(found.counts[row]), shift=phrases.number(shifts[row])),
        )
        for row, kind in rows.items()
    ]
    ground = before[np.argsort(-found.counts, kind="stable")[:_N_GROUND]]
    return (ground, drawn, titles) if drawn else None


def _summary(found: Movement, shifts: Any) -> str:
    how = say("movement.turned" if found.is_turned else "movement.shared")
    return say(
        "movement.told", n=len(found.words), mean=phrases.number(float(shifts.mean())), how=how
    )
