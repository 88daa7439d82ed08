"""Lab: the paper's mixture of Gaussians, live: move a point and see the effects between points."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.errors import InputError
from clif_core.mixture import Loss, Points
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.lab import agreement_figure
from dashboard.views.lab import plane, results
from dashboard.views.lab.results import Asked, Experiment
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.heading import draw_heading
from dashboard.widgets.notice import guard, show_problem
from dashboard.widgets.parts import draw_html_table
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["show"]

_NAMED = 3  # strongest points of each sign that are listed
LOSSES: tuple[Loss, Loss] = ("kl", "nll")
_LINE = Markup('<li><span class="clif-{}">●</span> {}</li>')
_EFFECTS = Markup(
    '<p class="clif-answer">{}</p><p class="clif-small">{}</p><ul class="clif-abilities">{}</ul>'
)


def show() -> None:
    """Draw the view: the plane once one model is trained, then what needs more training."""
    draw_heading("lab")
    plane.draw_choices()
    experiment = plane.selected_experiment()
    try:
        points = experiment.points()
    except InputError as error:
        show_problem(str(error), say("lab.bad_edit"))
        st.button(say("lab.reset"), on_click=state.update, kwargs={"lab_edits": ()})
        return
    if state.is_from_link("lab_seed", "lab_edits"):
        st.html(Markup("<p>{}</p>").format(say("lab.linked")))
        st.button(
            say("lab.compute"),
            key="lab_linked",
            type="primary",
            on_click=state.press,
            args=("lab_seed", "lab_edits"),
        )
        return
    selection = state.current()
    asked = Asked(selection.lab_trained, selection.lab_asked)
    left, right = st.columns([7, 5], gap="large")
    with left, guard():
        with st.spinner(say("lab.training")):
            ground = results.ground(experiment, asked.trained)
            effects = results.estimates(experiment, asked)
        chosen = plane.selected_point(points)
        figure = plane.draw_plane(points, ground, effects[chosen])
    with right, guard():
        plane.draw_point(points)
        _draw_effects(experiment, asked, points, effects[chosen])
        _draw_agreement(experiment, asked, points)
        _draw_two_by_two(experiment, chosen)
    with guard():
        draw_chart_table(
            lambda: _table(experiment, asked, points), "lab_effects", figure, say("lab.table")
        )


def _name(loss: str) -> str:
    return say(f"lab.{loss}")


def _draw_effects(experiment: Experiment, asked: Asked, points: Points, effects: Any) -> None:
    """The point's loss, its cluster, and the points that change the loss most."""
    chosen = plane.selected_point(points)
    losses, clusters = results.losses(experiment, asked)
    value = phrases.number(float(losses[chosen]), 3)
    answer = say("lab.answer", point=chosen, loss=_name(asked.probe), value=value)
    where = say("lab.place", label=int(points.labels[chosen]), cluster=int(clusters[chosen]))
    order = np.argsort(effects)
    lowest, highest = order[:_NAMED], order[::-1][:_NAMED]
    listed = [*lowest[effects[lowest] < 0], *highest[effects[highest] > 0]]
    sizes = phrases.together(*(abs(float(effects[row])) for row in listed))
    lines = []
    for row, size in zip(listed, sizes, strict=True):
        # A point whose presence raises the loss is orange, as on every page.
        css = phrases.side_of(float(effects[row]))
        way = "lowers" if effects[row] < 0 else "raises"
        lines.append(_LINE.format(css, say(f"lab.effect_{way}", point=int(row), effect=size)))
    st.html(_EFFECTS.format(answer, where, Markup().join(lines)))


def _draw_agreement(experiment: Experiment, asked: Asked, points: Points) -> None:
    chosen = plane.selected_point(points)
    st.subheader(say("lab.agreement"))
    with st.spinner(say("lab.retraining")):
        truth = results.left_out(experiment, asked)
        r = results.agreement(experiment, asked)[chosen]
    words = {"point": chosen, "loss": _name(asked.probe), "r": phrases.fixed(float(r), 2)}
    titles = (say("lab.left_out"), say("lab.estimated"))
    estimated = results.estimates(experiment, asked)[chosen]
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
            cells: list[Markup] = []
            for probe in LOSSES:
                r = results.agreement(experiment, Asked(trained, probe))
                is_here = (trained, probe) == (selection.lab_trained, selection.lab_asked)
                cells.append(_cell(float(r[chosen]), float(r.mean()), trained == probe, is_here))
            rows.append((say("lab.two_trained", loss=_name(trained)), cells))
    draw_html_table([say("lab.two_asked", loss=_name(probe)) for probe in LOSSES], rows)
    st.caption(say("lab.two_text", point=chosen))
    st.caption(say(f"lab.{selection.lab_regime}_note"))


def _cell(r: float, mean: float, is_matched: bool, is_here: bool) -> Markup:
    kind = say("lab.two_kind_matched" if is_matched else "lab.two_kind_cross")
    cell = "<b>{} ({})</b><br><small>{}</small>" if is_here else "{} ({})<br><small>{}</small>"
    return Markup(cell).format(phrases.fixed(r, 2), phrases.fixed(mean, 2), kind)


def _table(experiment: Experiment, asked: Asked, points: Points) -> pd.DataFrame:
    chosen = plane.selected_point(points)
    clusters = cast(Any, results.losses(experiment, asked)[1])
    return pd.DataFrame(
        {
            "point": np.arange(len(points)),
            "x": points.places[:, 0].round(3),
            "y": points.places[:, 1].round(3),
            "class": points.labels,
            "cluster": clusters,
            "estimated": results.estimates(experiment, asked)[chosen],
            "trained_without": results.left_out(experiment, asked)[chosen],
        }
    )
