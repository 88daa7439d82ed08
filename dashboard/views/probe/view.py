"""Probe: ask the model a question in words, and read the answer with what stands behind it."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from clif_core.measurement import Interval, ProbeReport, adjust_p_values
from clif_core.probes import ClusterMembership, Probe, Similarity, Weat
from clif_core.sgns.model import SkipGram
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.palette import Palette
from dashboard.charts.probe import association_figure, carried_figure, null_figure
from dashboard.data import attribution, questions, services
from dashboard.views.probe import forms
from dashboard.widgets import navigation, phrases
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.heading import draw_heading
from dashboard.widgets.notice import guard, show_empty
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["show"]

_TRIED = "clif_probes_tried"
_DETECTED = 0.05
_MAX_LOST = 8  # lost words named at once; the table has all of them
_TOO_MANY_ROWS = 120  # words of an association plot


def show() -> None:
    """Draw the view."""
    draw_heading("probe")
    bundle = services.selected_bundle()
    model = bundle.model
    with st.container(key="probe_desk"):  # on a phone the answer comes before the form
        left, right = st.columns([5, 8], gap="large")
    current: Probe | None = None
    with right, guard():
        description = state.current().probe
        current = attribution.read_probe(description) if description else None
        if current is None:
            _draw_offer(model, str(bundle.card.get("default_probe", "")))
        else:
            _draw_report(current, model)
    with left, guard():
        forms.draw_catalogue(current, model.vocabulary)
        forms.draw_form(current, model.vocabulary)
        with st.expander(say("probe.file"), icon=":material/draft:"):
            forms.draw_file(current)


def _draw_offer(model: SkipGram, preferred: str) -> None:
    entry = questions.default_probe(model, preferred)
    show_empty(say("probe.empty_title"), say("probe.empty_text"))
    st.button(
        say("probe.try", title=entry.title),
        type="primary",
        key="probe_try",
        on_click=state.update,
        kwargs={"probe": entry.probe.to_dict()},
    )


def _draw_report(probe: Probe, model: SkipGram) -> None:
    report, other = attribution.probe_report(probe, model)
    _note_tried(report, model)
    st.html(_answer_html(report))
    st.html(_figures_html(report, other))
    if navigation.has_view("influence"):
        st.button(
            say("probe.to_text"),
            type="primary",
            key="probe_to_text",
            icon=":material/format_quote:",
            on_click=navigation.go,
            args=("influence",),
            kwargs={"document": None, "sentence": None},
            disabled=not probe.is_differentiable,
            help=say("probe.to_text_help"),
        )
    st.html(_notes_html(report))
    names = ["words", "carried", "nulls", "tried"]
    if report.nulls is None:
        names.remove("nulls")
    tabs = st.tabs([say(f"probe.tab_{name}") for name in names], key="probe_tabs")
    draw = {"words": _draw_words, "carried": _draw_carried, "nulls": _draw_nulls}
    for tab, name in zip(tabs, names, strict=True):
        with tab, guard():
            if name == "tried":
                _draw_tried()
            else:
                draw[name](report)


# --- the answer


def _answer_html(report: ProbeReport) -> str:
    return (
        f'<p class="clif-kicker">{html.escape(phrases.probe_title(report.probe))}</p>'
        f'<p class="clif-answer">{html.escape(phrases.sentence_case(_answer(report)))}</p>'
        f'<p class="clif-through">{html.escape(report.meaning)}</p>'
    )


def _answer(report: ProbeReport) -> str:
    """What was found, in one sentence; "not detected" is never "no bias"."""
    probe, value = report.probe, report.value
    if isinstance(probe, Weat):
        labels = {"x": probe.label_x, "y": probe.label_y}
        labels |= {"a": probe.label_a, "b": probe.label_b}
        test = report.permutation
        if test is not None and test.p_two_sided >= _DETECTED:
            return say("probe.answer_weat_none", **labels)
        return say("probe.answer_weat" if value > 0 else "probe.answer_weat_against", **labels)
    if isinstance(probe, Similarity):
        values = {"first": probe.word_1, "second": probe.word_2}
        return say("probe.answer_similarity", value=phrases.number(value), **values)
    if isinstance(probe, ClusterMembership):
        key = "probe.answer_cluster_home" if value < 0 else "probe.answer_cluster_away"
        labels = {"own": probe.label_own, "other": probe.label_other}
        return say(key, word=probe.word, **labels)
    return say("probe.answer_other", value=phrases.signed(value, 3))


def _figures_html(report: ProbeReport, other: ProbeReport | None) -> str:
    intervals = {_value_name(report): report.interval}
    if other is not None:
        intervals[_value_name(other)] = other.interval
    shown = [n for n in ("effect_size", "difference", "value") if n in report.quantities]
    cells = [_figure(n, report.quantities[n], intervals.get(n), n in intervals) for n in shown]
    if report.permutation is not None:
        test = report.permutation
        exact = say(f"probe.scheme_{test.scheme}", n=test.n_draws)
        cells.append(_cell("permutation", phrases.p_value(test.p_two_sided), exact))
    if report.nulls is not None:
        spread = f"{phrases.number(report.nulls.mean)} ± {phrases.number(report.nulls.std)}"
        p = phrases.p_value(report.nulls.p_two_sided)
        cells.append(_cell("nulls", spread, say("probe.nulls_note", p=p)))
    if report.seeds is not None:
        spread = f"{phrases.number(report.seeds.mean)} ± {phrases.number(report.seeds.std)}"
        cells.append(_cell("seeds", spread, say("probe.seeds_note", n=len(report.seeds.values))))
    return f'<div class="clif-figures">{"".join(cells)}</div>'


def _value_name(report: ProbeReport) -> str:
    return report.probe.quantity if isinstance(report.probe, Weat) else "value"


def _figure(name: str, value: float, interval: Interval | None, is_known: bool) -> str:
    note = ""
    if is_known and interval is not None:
        low, high = phrases.number(interval.low, 3), phrases.number(interval.high, 3)
        note = say("probe.interval", level=round(100 * interval.level), low=low, high=high)
    return _cell(name, phrases.number(value, 3), note)


def _cell(name: str, figure: str, note: str) -> str:
    label, told = say(f"probe.figure_{name}"), say(f"probe.figure_{name}_help")
    return (
        f'<div class="clif-figure" title="{html.escape(told, quote=True)}">'
        f"<b>{html.escape(label)}</b><strong>{html.escape(figure)}</strong>"
        f"<small>{html.escape(note)}</small></div>"
    )


def _notes_html(report: ProbeReport) -> str:
    lost = report.words[report.words["is_lost"]]
    chips = "".join(
        f'<span class="clif-chip clif-chip-lost">{html.escape(word)}</span>'
        + (f'<span class="clif-near">{html.escape(say("probe.nearest", words=near))}</span>')
        * bool(near)
        for word, near in zip(lost["word"][:_MAX_LOST], lost["nearest"][:_MAX_LOST], strict=True)
    )
    if len(lost) > _MAX_LOST:
        chips += html.escape(say("probe.lost_more", n=len(lost) - _MAX_LOST))
    intro = f"<p>{html.escape(say('probe.lost', n=len(lost)))} {chips}</p>" if len(lost) else ""
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in report.notes)
    return f'<div class="clif-notes">{intro}{notes}</div>' if intro or notes else "<div></div>"


# --- the four tabs


def _draw_words(report: ProbeReport) -> None:
    words = report.words.dropna(subset=["association"])
    if words.empty:
        st.caption(say("probe.no_associations"))
        draw_chart_table(report.words, "probe_words")
        return
    probe = report.probe
    figure = None
    if isinstance(probe, Weat) and len(words) <= _TOO_MANY_ROWS:
        sets, attributes = (probe.label_x, probe.label_y), (probe.label_a, probe.label_b)
        figure = _kept(report, "words", lambda p: association_figure(words, sets, attributes, p))
        st.caption(say("probe.words_note", a=probe.label_a, b=probe.label_b))
        _draw_chart(figure, "probe_words_chart", say("probe.words_alt", n=len(words)))
    draw_chart_table(report.words, "probe_words", figure)


def _draw_carried(report: ProbeReport) -> None:
    if report.words["carried"].notna().sum() == 0:
        st.caption(say("probe.no_carried"))
        return
    st.caption(say("probe.carried_note"))
    figure = _kept(report, "carried", lambda palette: carried_figure(report.words, palette))
    _draw_chart(figure, "probe_carried_chart", say("probe.carried_alt"))
    columns = ["set", "word", "count", "value_without", "carried"]
    draw_chart_table(report.words[columns], "probe_carried", figure)


def _draw_nulls(report: ProbeReport) -> None:
    nulls = report.nulls
    assert nulls is not None
    st.caption(say("probe.nulls_lead", n=len(nulls.values), sets=" and ".join(nulls.replaced)))
    figure = _kept(report, "nulls", lambda p: null_figure(nulls.values, report.value, p))
    _draw_chart(figure, "probe_nulls_chart", say("probe.nulls_alt"))
    draw_chart_table(pd.DataFrame({"value": nulls.values}), "probe_nulls", figure)


def _kept(report: ProbeReport, name: str, draw: Callable[[Palette], go.Figure]) -> go.Figure:
    """A chart of a report, made once a theme: three of them take longer than all the rest."""
    model, palette = services.selected_bundle().model, current_palette()
    return _drawn(model.content_hash, report.probe.key, name, palette.theme, lambda: draw(palette))


@st.cache_resource(show_spinner=False, max_entries=256)
def _drawn(
    model_hash: str, probe_key: str, name: str, theme: str, _draw: Callable[[], go.Figure]
) -> go.Figure:
    return _draw()


def _draw_chart(figure: Any, key: str, alt: str) -> None:
    config = {**CONFIG, "scrollZoom": False}
    st.plotly_chart(figure, theme=None, key=key, alt=alt, config=config)


# --- every probe tried


def _note_tried(report: ProbeReport, model: SkipGram) -> None:
    tried = st.session_state.setdefault(_TRIED, {})
    test = report.permutation
    tried[(model.content_hash, report.probe.key)] = {
        "probe": phrases.probe_title(report.probe),
        "model": model.name,
        "value": report.value,
        "p": None if test is None else test.p_two_sided,
    }


def _draw_tried() -> None:
    table = pd.DataFrame(st.session_state.get(_TRIED, {}).values())
    p_values = table["p"].to_numpy(float)
    tested = np.isfinite(p_values)
    adjusted = np.full(len(table), np.nan)
    adjusted[tested] = adjust_p_values(p_values[tested].tolist())
    table["p_adjusted"] = adjusted
    st.caption(say("probe.tried_note", n=len(table), tested=int(tested.sum())))
    config = {
        "p": st.column_config.NumberColumn(say("probe.column_p"), format="%.4f"),
        "p_adjusted": st.column_config.NumberColumn(say("probe.column_adjusted"), format="%.4f"),
        "value": st.column_config.NumberColumn(format="%.3f"),
    }
    st.dataframe(table, hide_index=True, column_config=config, key="probe_tried_table")
