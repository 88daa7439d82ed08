"""Probe: put a question to the model in sets of words, and read the answer and its statistics."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.measurement import Interval, ProbeReport
from clif_core.probes import Probe, Weat
from clif_core.sgns.model import SkipGram
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.probe import association_figure, carried_figure, null_figure
from dashboard.data import attribution, models
from dashboard.views.probe.catalogue import draw_catalogue
from dashboard.views.probe.forms import draw_form, was_measured
from dashboard.views.probe.probe_file import draw_file
from dashboard.views.probe.tried import correction, draw_tried
from dashboard.widgets import escape, navigation
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.heading import draw_heading
from dashboard.widgets.html import into_view
from dashboard.widgets.notice import guard
from dashboard.widgets.offer import offer_probe
from dashboard.widgets.theme import current_palette
from dashboard.widgets.word_entry import chip
from dashboard.wording import say

__all__ = ["show"]

_ANSWER = "probe-answer"
_MAX_UNKNOWN = 8  # words out of vocabulary named at once; the table has all of them
_DETECTED = ("holds", "this_model_only")  # verdicts after which one asks which text made it so
_TOO_MANY_ROWS = 120  # words of an association plot


def show() -> None:
    """Draw the view."""
    draw_heading("probe")
    bundle = models.selected_bundle()
    model = bundle.model
    with st.container(key="probe_desk"):  # on a phone the answer comes before the form
        left, right = st.columns([5, 8], gap="large")
    current: Probe | None = None
    with right, guard():
        description = state.current().probe
        current = attribution.read_probe(description) if description else None
        if current is None:
            offer_probe("probe")
        else:
            _draw_report(current, model)
    with left, guard():
        draw_catalogue(current, model)
        draw_form(current, model.vocabulary)
        with st.expander(say("probe.file"), icon=":material/draft:"):
            draw_file(current)


def _draw_report(probe: Probe, model: SkipGram) -> None:
    report, other = attribution.probe_report(probe, model)
    html = _answer_html(report, correction(report, model))
    if was_measured():  # the button stands below the fields, which may be far from the answer
        html += into_view(_ANSWER)
    st.html(html, unsafe_allow_javascript=True)
    st.html(_figures_html(report, other))
    if navigation.has_view("influence"):
        st.button(
            say("probe.to_text"),
            type="primary" if report.verdict.kind in _DETECTED else "secondary",
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
    titles = [say(f"probe.tab_{name}") for name in names]
    tabs = st.tabs(titles, key="probe_tabs", on_change="rerun")
    draw = {"words": _draw_words, "carried": _draw_carried, "nulls": _draw_nulls}
    for tab, name in zip(tabs, names, strict=True):
        if not tab.open:  # its chart would be drawn unseen, and before the figures show
            continue
        with tab, guard():
            if name == "tried":
                draw_tried(model)
            else:
                draw[name](report)


# --- the answer


def _answer_html(report: ProbeReport, corrected: str) -> Markup:
    answer = phrases.answer(report, has_meaning=False)
    verdict, name = report.verdict, phrases.verdict_name(report.verdict)
    is_said = answer.startswith(name)  # the headline begins with it
    named = Markup("") if is_said else Markup("<b>{}.</b> ").format(name)
    return Markup(
        '<p id="{}" class="clif-kicker">{}</p><p class="clif-answer">{}</p>'
        '<p class="clif-verdict">{}{} {}</p><p class="clif-through">{}</p>'
    ).format(
        _ANSWER,
        phrases.probe_title(report.probe),
        phrases.sentence_case(answer),
        named,
        phrases.verdict_reason(verdict),
        corrected,
        report.meaning,
    )


def _figures_html(report: ProbeReport, other: ProbeReport | None) -> Markup:
    intervals = {_value_name(report): report.interval}
    if other is not None:
        intervals[_value_name(other)] = other.interval
    shown = [n for n in ("effect_size", "difference", "value") if n in report.quantities]
    cells = [_figure(name, report.quantities[name], intervals.get(name)) for name in shown]
    test, nulls, seeds = report.permutation, report.nulls, report.seeds
    if test is not None:
        how = say(f"probe.scheme_{test.scheme}", n=test.n_draws)
        cells.append(_cell("permutation", phrases.p_value(test.p_two_sided), how))
    if nulls is not None:
        note = say("probe.nulls_note", p=phrases.p_value(nulls.p_two_sided))
        cells.append(_cell("nulls", phrases.spread(nulls.mean, nulls.std, report.value), note))
    if seeds is not None:
        note = say("probe.seeds_note", n=len(seeds.values))
        cells.append(_cell("seeds", phrases.spread(seeds.mean, seeds.std, report.value), note))
    return Markup('<div class="clif-figures">{}</div>').format(Markup("").join(cells))


def _value_name(report: ProbeReport) -> str:
    return report.probe.quantity if isinstance(report.probe, Weat) else "value"


def _figure(name: str, value: float, interval: Interval | None) -> Markup:
    note = phrases.interval(interval.low, interval.high, interval.level) if interval else ""
    return _cell(name, phrases.number(value, 3), note)


def _cell(name: str, figure: str, note: str) -> Markup:
    return Markup(
        '<div class="clif-figure" title="{}"><b>{}</b><strong>{}</strong><small>{}</small></div>'
    ).format(say(f"probe.figure_{name}_help"), say(f"probe.figure_{name}"), figure, note)


def _notes_html(report: ProbeReport) -> Markup:
    """The words out of vocabulary with their nearest spellings, and the notes of the report."""
    unknown = report.words[report.words["is_lost"]]
    paragraph = Markup("<p>{}</p>")
    notes = [paragraph.format(note) for note in report.notes]
    if len(unknown):
        named = unknown[:_MAX_UNKNOWN]
        pairs = zip(named["word"], named["nearest"], strict=True)
        chips = Markup("").join(_unknown_html(word, near) for word, near in pairs)
        n_more = len(unknown) - len(named)
        more = say("probe.lost_more", n=n_more) if n_more else ""
        lead = say("probe.lost", n=len(unknown))
        notes.insert(0, Markup("<p>{} {}{}</p>").format(lead, chips, more))
    kind = Markup(' class="clif-notes"') if notes else ""
    return Markup("<div{}>{}</div>").format(kind, Markup("").join(notes))


def _unknown_html(word: str, nearest: str) -> Markup:
    near = Markup('<span class="clif-near">{}</span>') if nearest else Markup("")
    both = chip(word, "lost") + near.format(say("probe.nearest", words=nearest))
    return Markup('<span class="clif-unknown">{}</span>').format(both)


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
        figure = association_figure(words, sets, attributes, current_palette())
        note = say("probe.words_note", a=probe.label_a, b=probe.label_b)
        st.caption(escape.markdown(note))
        _draw_chart(figure, "probe_words_chart", say("probe.words_alt", n=len(words)))
    draw_chart_table(report.words, "probe_words", figure)


def _draw_carried(report: ProbeReport) -> None:
    if report.words["carried"].notna().sum() == 0:
        st.caption(say("probe.no_carried"))
        return
    st.caption(say("probe.carried_note"))
    figure = carried_figure(report.words, current_palette())
    _draw_chart(figure, "probe_carried_chart", say("probe.carried_alt"))
    columns = ["set", "word", "count", "value_without", "carried"]
    draw_chart_table(report.words[columns], "probe_carried", figure)


def _draw_nulls(report: ProbeReport) -> None:
    nulls = report.nulls
    assert nulls is not None
    lead = say("probe.nulls_lead", n=len(nulls.values), sets=" and ".join(nulls.replaced))
    st.caption(escape.markdown(lead))
    figure = null_figure(nulls.values, report.value, current_palette())
    _draw_chart(figure, "probe_nulls_chart", say("probe.nulls_alt"))
    draw_chart_table(pd.DataFrame({"value": nulls.values}), "probe_nulls", figure)


def _draw_chart(figure: Any, key: str, alt: str) -> None:
    config = {**CONFIG, "scrollZoom": False}
    st.plotly_chart(figure, theme=None, key=key, alt=alt, config=config)
