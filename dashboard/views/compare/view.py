"""Compare: one probe on two models, the neighbours of a word in each, and how words moved."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.errors import ProbeError
from clif_core.geometry.neighbours import nearest
from clif_core.measurement.probe_report import ProbeReport
from clif_core.probes import Match, Probe, Weat, match
from dashboard import state
from dashboard.charts.compare import slope_figure
from dashboard.charts.figure import CONFIG
from dashboard.data import attribution, models, suggested_probes
from dashboard.views.compare.sides import Side, choices, movement, sides
from dashboard.widgets import escape
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.heading import draw_heading
from dashboard.widgets.html import render
from dashboard.widgets.movement_map import draw_movement
from dashboard.widgets.notice import guard, show_empty, show_problem
from dashboard.widgets.offer import offer_probe
from dashboard.widgets.parts import draw_html_table
from dashboard.widgets.theme import current_palette
from dashboard.widgets.word_field import draw_marks
from dashboard.wording import say

__all__ = ["show"]

_NEAR = 12
_TOO_MANY = 60  # words of a slope chart


def show() -> None:
    """Draw the view."""
    draw_heading("compare")
    models.selected_bundle()
    known = choices()
    if not known:
        show_empty(say("compare.none_title"), say("compare.none"))
        return
    selection = state.current()
    chosen = selection.other_model if selection.other_model in known else next(iter(known))
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare_controls"):
        st.selectbox(
            say("compare.other"),
            list(known),
            key=state.control("compare_other", chosen),
            format_func=known.__getitem__,
            on_change=lambda: state.update(other_model=st.session_state["compare_other"]),
            width=340,
        )
        st.text_input(
            say("compare.word"),
            key=state.control("compare_word", selection.word),
            on_change=lambda: state.update(word=st.session_state["compare_word"].strip()),
            placeholder=say("compare.word_hint"),
            max_chars=100,
            width=260,
        )
    both = sides(known)
    found = tuple(match(selection.word, side.model.vocabulary) for side in both)
    _draw_spellings(both, found)
    left, right = st.columns([7, 5], gap="large")
    with left, guard():
        _draw_probe(both)
    with right, guard():
        _draw_near(both, found)
    with guard(say("movement.title")):
        described = selection.probe
        probe = attribution.read_probe(described) if described else None
        draw_movement(movement(both), probe, "compare_movement")


# --- one probe, two models


def _draw_probe(both: tuple[Side, Side]) -> None:
    described = state.current().probe
    if not described:
        offer_probe("compare")
        return
    probe = attribution.read_probe(described)
    st.html(Markup('<p class="clif-kicker">{}</p>').format(phrases.probe_title(probe)))
    reports = []
    for side in both:
        try:
            reports.append(attribution.probe_report(probe, side.model))
        except ProbeError as error:
            show_problem(str(error), say("compare.not_measured", model=side.title))
    if len(reports) < 2:
        return
    _draw_figures(both, reports)
    _draw_slopes(both, probe, (reports[0][0], reports[1][0]))


def _draw_figures(
    both: tuple[Side, Side], reports: list[tuple[ProbeReport, ProbeReport | None]]
) -> None:
    rows: list[tuple[str, Sequence[str | Markup]]] = [
        (say("compare.row_answer"), [phrases.answer(report) for report, _ in reports])
    ]
    verdicts = [
        Markup("<b>{}.</b> {}").format(
            phrases.verdict_name(report.verdict), phrases.verdict_reason(report.verdict)
        )
        for report, _ in reports
    ]
    rows.append((say("compare.row_verdict"), verdicts))
    for name in ("effect_size", "difference", "value"):
        if all(name in report.quantities for report, _ in reports):
            rows.append((say(f"probe.figure_{name}"), _with_intervals(name, reports)))
    tests = [report.permutation for report, _ in reports]
    if all(tests):
        ps = [phrases.p_value(test.p_two_sided) for test in tests if test is not None]
        rows.append((say("probe.figure_permutation"), ps))
    if any(report.out_of_vocabulary for report, _ in reports):
        unknown = [", ".join(report.out_of_vocabulary) or "–" for report, _ in reports]
        rows.append((say("compare.row_out_of_vocabulary"), unknown))
    draw_html_table([side.title for side in both], rows)


def _with_intervals(name: str, reports: list[tuple[ProbeReport, ProbeReport | None]]) -> list[str]:
    """A figure of each model, with its interval where one was drawn."""
    rows = []
    for report, other in reports:
        drawn = [
            (measured.interval.low, measured.interval.high)
            for measured in (report, other)
            if measured is not None
            and measured.interval is not None
            and name == getattr(measured.probe, "quantity", "value")
        ]
        rows.append((report.quantities[name], *(drawn[0] if drawn else ())))
    shown = phrases.decimals(*(x for row in rows for x in row))
    told = [[phrases.fixed(x, shown) for x in row] for row in rows]
    return [f"{value} ({' to '.join(ends)})" if ends else value for value, *ends in told]


def _draw_slopes(
    both: tuple[Side, Side], probe: Probe, reports: tuple[ProbeReport, ProbeReport]
) -> None:
    first, second = (r.words[~r.words["is_lost"]] for r in reports)
    table = first.merge(second[["set", "word", "association"]], on=["set", "word"])
    table = table.rename(columns={"association_x": "first", "association_y": "second"})
    table = table[["set", "word", "first", "second"]].dropna()
    if table.empty:
        st.caption(say("probe.no_associations"))
        return
    table["change"] = table["second"] - table["first"]
    figure = None
    if isinstance(probe, Weat):
        shown = table[table["set"].isin([probe.label_x, probe.label_y])]
        if 0 < len(shown) <= _TOO_MANY:
            figure = slope_figure(
                shown,
                (probe.label_x, probe.label_y),
                (probe.label_a, probe.label_b),
                (both[0].title, both[1].title),
                current_palette(),
            )
            config = {**CONFIG, "scrollZoom": False}
            alt = say("compare.slope_alt", n=len(shown))
            st.plotly_chart(figure, theme=None, key="compare_slopes", alt=alt, config=config)
            st.caption(say("compare.slope_note"))
    draw_chart_table(table, "compare_words", figure)


# --- one word, two models


def _draw_spellings(both: tuple[Side, Side], found: tuple[Match, ...]) -> None:
    """What each model has for the word that was typed; what holds for both is said once."""
    said = [(own.note, own.offers, own.word is None) for own in found]
    for at in range(1 if said[0] == said[1] else 2):
        if found[at].written and (found[at].word is None or found[at].differs):
            if said[0] != said[1]:
                st.caption(escape.markdown(both[at].title))
            vocabulary = both[at].model.vocabulary
            draw_marks([found[at].written], vocabulary, f"compare_word_{at}", _take_word)


def _take_word(_: str, taken: tuple[str, ...]) -> None:
    state.update(word=taken[0])


def _draw_near(both: tuple[Side, Side], found: tuple[Match, ...]) -> None:
    word = state.current().word
    if not word:
        show_empty(say("compare.no_word_title"), say("compare.no_word"))
        example = _example(both)
        if example:
            label = say("compare.try_word", word=escape.markdown(example))
            st.button(label, key="compare_try_word", on_click=_take_word, args=("", (example,)))
        return
    none = pd.DataFrame({"word": [], "cosine": [], "count": []})
    tables = [
        none if own.word is None else nearest(side.model, own.word, _NEAR)
        for side, own in zip(both, found, strict=True)
    ]
    shared = set(tables[0]["word"]) & set(tables[1]["word"])
    columns = [_neighbours(side, table, shared) for side, table in zip(both, tables, strict=True)]
    st.html(
        render(
            "compare_neighbours.html",
            title=say("compare.near_title"),
            word=word,
            n_shared=say("compare.near_shared", n=len(shared), k=_NEAR),
            columns=columns,
        )
    )
    merged = tables[0][["word", "cosine"]].merge(
        tables[1][["word", "cosine"]], on="word", how="outer", suffixes=("_first", "_second")
    )
    draw_chart_table(merged, "compare_near")


def _example(both: tuple[Side, Side]) -> str:
    """A word that both models know: of the probe, or the one on offer; "" where they share none."""
    described = state.current().probe
    offered = suggested_probes.default_probe(models.selected_bundle()).probe
    probe = attribution.read_probe(described) if described else offered
    asked = (word for part in probe.named_sets for word in part.words)
    first, second = (side.model.vocabulary for side in both)
    known = (word for word in (*asked, *first.words) if word in first and word in second)
    return next(known, "")


def _neighbours(side: Side, table: pd.DataFrame, shared: set[str]) -> dict[str, object]:
    """A column of ``compare_neighbours.html``; without neighbours for an unknown word."""
    return {
        "title": side.title,
        "unknown": say("compare.unknown"),
        "neighbours": [
            (str(other), phrases.fixed(float(cosine), 2), str(other) in shared)
            for other, cosine in zip(table["word"], table["cosine"], strict=True)
        ],
    }
