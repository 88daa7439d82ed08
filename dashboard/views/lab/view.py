"""Lab: the paper's mixture of Gaussians, live; move a point and see who owes what to whom."""

from __future__ import annotations

import html
from typing import Any, cast

import numpy as np
import pandas as pd
import streamlit as st

from clif_core import phrases
from clif_core.errors import InputError
from clif_core.mixture import Loss, Points
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.lab import agreement_figure
from dashboard.views.lab import plane, scene
from dashboard.views.lab.scene import Asked, Experiment
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.heading import draw_heading
from dashboard.widgets.notice import guard, show_problem
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["show"]

_NAMED = 3  # points told in words, each way
LOSSES: tuple[Loss, Loss] = ("kl", "nll")


def show() -> None:
    """Draw the view: the plane as soon as one model is trained, the rest as it comes."""
    draw_heading("lab")
    plane.draw_choices()
    experiment = plane.chosen_experiment()
    try:
        points = experiment.points()
    except InputError as error:
        show_problem(str(error), say("lab.bad_edit"))
        st.button(say("lab.reset"), on_click=state.update, kwargs={"lab_edits": ()})
        return
    selection = state.current()
    asked = Asked(selection.lab_trained, selection.lab_asked)
    left, right = st.columns([7, 5], gap="large")
    with left, guard():
        with st.spinner(say("lab.training")):
            ground = scene.ground(experiment, asked.trained)
            effects = scene.estimates(experiment, asked)
        chosen = plane.point_in_hand(points)
        figure = plane.draw_plane(points, ground, effects[chosen])
    with right, guard():
        plane.draw_point(points)
        _tell(experiment, asked, points, effects[chosen])
        _draw_agreement(experiment, asked, points)
        _draw_two_by_two(experiment, chosen)
    with guard():
        table = _table(experiment, asked, points)
        draw_chart_table(table, "lab_effects", figure, say("lab.table"))


def _name(loss: str) -> str:
    return say(f"lab.{loss}")


def _tell(experiment: Experiment, asked: Asked, points: Points, effects: Any) -> None:
    """The point's loss, its cluster, and who changes it most."""
    chosen = plane.point_in_hand(points)
    losses, clusters = scene.losses(experiment, asked)
    value = phrases.number(float(losses[chosen]), 3)
    answer = say("lab.answer", point=chosen, loss=_name(asked.probe), value=value)
    where = say("lab.place", label=int(points.labels[chosen]), cluster=int(clusters[chosen]))
    order = np.argsort(effects)
    lines = []
    for way, rows in (("lowers", order[:_NAMED]), ("raises", order[::-1][:_NAMED])):
        for row in rows:
            if (effects[row] < 0) == (way == "lowers") and effects[row] != 0:
                size = f"{abs(float(effects[row])):.2g}"
                said = html.escape(say(f"lab.effect_{way}", point=int(row), effect=size))
                # What raises the loss by being there is orange, on every page.
                css = "raises" if way == "lowers" else "lowers"
                lines.append(f'<li><span class="clif-{css}">●</span> {said}</li>')
    st.html(
        f'<p class="clif-answer">{html.escape(answer)}</p>'
        f'<p class="clif-small">{html.escape(where)}</p>'
        f'<ul class="clif-abilities">{"".join(lines)}</ul>'
    )


def _draw_agreement(experiment: Experiment, asked: Asked, points: Points) -> None:
    chosen = plane.point_in_hand(points)
    st.subheader(say("lab.agreement"))
    with st.spinner(say("lab.retraining")):
        truth = scene.left_out(experiment, asked)
        r = scene.agreement(experiment, asked)[chosen]
    words = {"point": chosen, "loss": _name(asked.probe), "r": phrases.number(float(r), 2)}
    titles = (say("lab.left_out"), say("lab.estimated"))
    estimated = scene.estimates(experiment, asked)[chosen]
    figure = agreement_figure(estimated, truth[chosen], points.labels, titles, current_palette())
    config = {**CONFIG, "scrollZoom": False, "displayModeBar": False}
    alt = say("lab.agreement_alt", n=len(points), **words)
    st.plotly_chart(figure, theme=None, key="lab_agreement", alt=alt, config=config)
    st.caption(say("lab.agreement_text", **words))


def _draw_two_by_two(experiment: Experiment, chosen: int) -> None:
    """r of the chosen point and the mean r of all, for each pair of losses."""
    selection = state.current()
    st.subheader(say("lab.two"))
    rows = []
    with st.spinner(say("lab.retraining")):
        for trained in LOSSES:
            cells = []
            for probe in LOSSES:
                r = scene.agreement(experiment, Asked(trained, probe))
                is_here = (trained, probe) == (selection.lab_trained, selection.lab_asked)
                cells.append(_cell(float(r[chosen]), float(r.mean()), trained == probe, is_here))
            head = html.escape(say("lab.two_trained", loss=_name(trained)))
            rows.append(f"<tr><th>{head}</th>{''.join(cells)}</tr>")
    heads = "".join(
        f"<th>{html.escape(say('lab.two_asked', loss=_name(probe)))}</th>" for probe in LOSSES
    )
    st.html(
        f'<table class="clif-compare"><thead><tr><td></td>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
    st.caption(say("lab.two_text", point=chosen))
    st.caption(say(f"lab.{selection.lab_regime}_note"))


def _cell(r: float, mean: float, is_matched: bool, is_here: bool) -> str:
    kind = html.escape(say("lab.two_kind_matched" if is_matched else "lab.two_kind_cross"))
    figure = f"{phrases.number(r, 2)} ({phrases.number(mean, 2)})"
    if is_here:
        figure = f"<b>{figure}</b>"
    return f"<td>{figure}<br><small>{kind}</small></td>"


def _table(experiment: Experiment, asked: Asked, points: Points) -> pd.DataFrame:
    chosen = plane.point_in_hand(points)
    clusters = cast(Any, scene.losses(experiment, asked)[1])
    return pd.DataFrame(
        {
            "point": np.arange(len(points)),
            "x": points.places[:, 0].round(3),
            "y": points.places[:, 1].round(3),
            "class": points.labels,
            "cluster": clusters,
            "estimated": scene.estimates(experiment, asked)[chosen],
            "trained_without": scene.left_out(experiment, asked)[chosen],
        }
    )
