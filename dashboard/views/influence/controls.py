"""The line above the text: level, filter, estimator, downloads, and the answer's certificate."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.evaluation import read_card
from clif_core.influence.estimators import RUN_ESTIMATORS, find_estimator
from clif_core.phrases import sentence_case
from clif_core.probes import Probe, Weat
from clif_core.storage.spreadsheet import to_csv
from clif_core.text.filters import matching_sentences, metadata_columns, metadata_values
from clif_core.workspace.results import question_of
from dashboard import state
from dashboard.data import attribution, expected, models
from dashboard.data.attribution import Answer
from dashboard.selection import Level, Selection
from dashboard.views.influence.page import page_html, stand_in_note
from dashboard.widgets import escape, estimator_words, navigation
from dashboard.widgets.fidelity_words import fidelity_note
from dashboard.widgets.html import render
from dashboard.widgets.late_popover import late_popover
from dashboard.widgets.notice import guard
from dashboard.widgets.removed import removed_html
from dashboard.widgets.save_button import draw_save_button
from dashboard.widgets.ticks import n_ticked
from dashboard.widgets.time_words import on_this_machine
from dashboard.wording import say

__all__ = ["draw_controls", "shown_sentences"]

_N_DOWNLOAD = 500  # sentences each way in the CSV
_N_PAGE = 25  # cards each way in the HTML page
_ALL = ""
_CERTIFICATE = Markup('<p class="clif-certificate">{}</p>')


def draw_controls(answer: Answer, other: Answer | None, probe: Probe) -> None:
    """Draw the line."""
    selection = state.current()
    with st.container(horizontal=True, vertical_alignment="center", key="influence_controls"):
        st.segmented_control(
            say("influence.level"),
            get_args(Level),
            key=state.control("influence_level", selection.level),
            format_func=lambda name: say(f"influence.level_{name}"),
            required=True,
            on_change=_set_level,
            label_visibility="collapsed",
        )
        if selection.level == "sentences":
            _draw_filter(answer)
        _draw_method(answer, probe)
        _draw_downloads(answer, other)
        if navigation.has_view("map"):
            st.button(
                say("influence.to_map"),
                key="influence_to_map",
                type="tertiary",
                icon=":material/scatter_plot:",
                help=say("influence.to_map_help"),
                on_click=navigation.go,
                args=("map",),
                kwargs={"colour": "influence"},
            )
        if navigation.has_view("what_if"):
            n = n_ticked()
            is_open = state.current().document is not None
            removal = "ticked" if n else "document" if is_open else "sentences"
            st.button(
                say("influence.to_what_if_n", n=n) if n else say("influence.to_what_if"),
                key="influence_to_what_if",
                type="primary",
                icon=":material/content_cut:",
                help=say("influence.to_what_if_help"),
                on_click=navigation.go,
                args=("what_if",),
                kwargs={"removal": removal, "what_if": "edit"},
            )
        if navigation.has_view("report"):
            st.button(
                say("influence.to_report"),
                key="influence_to_report",
                type="tertiary",
                icon=":material/description:",
                help=say("influence.to_report_help"),
                on_click=navigation.go,
                args=("report",),
            )
    st.html(_legend_html() + _warning_html(answer) + removed_html(_certificate_html(answer)))


def _set_level() -> None:
    state.update(level=st.session_state["influence_level"])


# --- filter


def shown_sentences(
    answer: Answer, other: Answer | None, selection: Selection
) -> attribution.Bools | None:
    """(n_sentences,) those that pass the filter, the search and "only what holds"; None: all.

    ``other``: what other trainings say of the same probe (``attribution.beside``).
    """
    among = matching_sentences(
        answer.corpus, selection.only_column, selection.only_value, selection.search
    )
    if not selection.only_holding or other is None or other.holding is None:
        return among
    is_shared = other.influence.sentence_effects * answer.influence.sentence_effects > 0
    kept = other.holding & is_shared
    return kept if among is None else among & kept


def _draw_filter(answer: Answer) -> None:
    selection = state.current()
    parts = [selection.only_value, f"“{selection.search}”" if selection.search else ""]
    label = " · ".join(part for part in parts if part) or say("influence.filter")
    opened = late_popover(escape.markdown(label), ":material/filter_alt:", "influence_filter")
    if opened is None:
        return
    with opened:
        st.text_input(
            say("influence.search"),
            key=state.control("influence_search", selection.search),
            on_change=lambda: state.update(search=st.session_state["influence_search"].strip()),
            placeholder=say("influence.search_placeholder"),
            help=say("influence.search_help"),
            max_chars=200,
        )
        columns = [_ALL, *metadata_columns(answer.corpus), "title"]
        st.selectbox(
            say("influence.only"),
            columns,
            key=state.control("influence_only", selection.only_column),
            format_func=lambda name: _column_name(name) if name else say("influence.only_all"),
            on_change=lambda: state.update(
                only_column=st.session_state["influence_only"], only_value=""
            ),
        )
        if selection.only_column in columns[1:]:
            values = metadata_values(answer.corpus, selection.only_column)
            st.selectbox(
                escape.markdown(_column_name(selection.only_column)),
                values,
                key=state.control("influence_only_value", selection.only_value or None),
                on_change=lambda: state.update(
                    only_value=st.session_state["influence_only_value"] or ""
                ),
                placeholder=say("influence.only_pick"),
            )
        if selection.only_column or selection.search:
            st.button(
                say("influence.filter_clear"),
                key="influence_filter_clear",
                on_click=state.update,
                kwargs={"only_column": "", "only_value": "", "search": ""},
            )


def _column_name(column: str) -> str:
    return column.replace("_", " ").capitalize() if column != "title" else say("influence.document")


# --- estimator


def _draw_method(answer: Answer, probe: Probe) -> None:
    selection = state.current()
    label = estimator_words.label_of(answer.influence.estimator)
    opened = late_popover(label, ":material/tune:", "influence_method")
    if opened is None:
        return
    with opened:
        if isinstance(probe, Weat):
            _draw_quantity(probe)
        st.radio(
            say("influence.estimator"),
            attribution.ESTIMATORS,
            key=state.control("influence_estimator", _known(selection.estimator)),
            format_func=estimator_words.label_of,
            captions=_captions(answer),
            on_change=_set_estimator,
        )
        default = _default_damping(_known(selection.estimator))
        if default:
            st.number_input(
                say("influence.damping"),
                min_value=0.0,
                max_value=1e6,
                key=state.control(
                    "influence_damping",
                    default if selection.damping is None else selection.damping,
                ),
                on_change=lambda: state.update(damping=st.session_state["influence_damping"]),
                help=say("influence.damping_help", default=default),
            )


def _set_estimator() -> None:
    name = st.session_state["influence_estimator"]
    is_of_runs = name in RUN_ESTIMATORS
    asked = question_of(name) if is_of_runs else state.current().question
    state.update(estimator=name, damping=None, question=asked)


def _captions(answer: Answer) -> list[str]:
    """The help of each estimator, with the time it takes and its agreement on this model."""
    bundle = models.selected_bundle()
    captions = {name: estimator_words.help_of(name) for name in attribution.ESTIMATORS}
    for name in RUN_ESTIMATORS:
        takes = on_this_machine(expected.of_derivative(answer.engine.model, name))
        captions[name] += f" {sentence_case(takes)}."
    with guard():
        tables = read_card(bundle.card, bundle.model.content_hash)
        for name, text in captions.items():
            captions[name] = f"{text} {fidelity_note(tables, name)}".strip()
    return list(captions.values())


def _known(estimator: str) -> str:
    return estimator if estimator in attribution.ESTIMATORS else attribution.BEST


def _default_damping(estimator: str) -> float:
    return 0.0 if estimator == attribution.BEST else find_estimator(estimator).default_damping


def _draw_quantity(probe: Weat) -> None:
    st.radio(
        say("influence.explains"),
        ("difference", "effect_size"),
        key=state.control("influence_quantity", probe.quantity),
        format_func=lambda name: say(f"probe.quantity_{name}"),
        on_change=lambda: state.update(
            probe=replace(probe, quantity=st.session_state["influence_quantity"]).to_dict()
        ),
        help=say("probe.quantity_help"),
        horizontal=True,
    )


def _legend_html() -> Markup:
    """What the marks in the sentences mean; once, above all cards. Bars have none."""
    selection = state.current()
    is_reading = selection.level == "sentences" or selection.document is not None
    return render("marks_legend.html", say=say) if is_reading else Markup("")


def _warning_html(answer: Answer) -> Markup:
    """What makes the effects less than they seem, in the open; empty where nothing does."""
    entry, solution = find_estimator(answer.influence.estimator), answer.influence.solution
    told = [
        "" if entry.has_size else say("influence.unscaled"),
        "" if solution.converged or entry.is_of_runs else say("influence.unconverged"),
        stand_in_note(answer, models.selected_bundle()),
    ]
    return Markup("").join(_CERTIFICATE.format(part) for part in told if part)


def _certificate_html(answer: Answer) -> Markup:
    """The estimator with its damping, residual, seconds and device."""
    influence, solution = answer.influence, answer.influence.solution
    quantity = ""
    if isinstance(answer.resolved.probe, Weat):
        quantity = say(
            "influence.explains_this",
            quantity=say(f"probe.quantity_{answer.resolved.probe.quantity}"),
        )
    entry = find_estimator(influence.estimator)
    spent = {"seconds": phrases.number(solution.seconds), "device": solution.device}
    if entry.is_of_runs:
        how = estimator_words.certificate(entry.name, **spent)
        return _CERTIFICATE.format(f"{quantity} {how} {phrases.sentence_case(solution.note)}.")
    state_of = "influence.converged" if solution.converged else "influence.not_converged"
    solved = say(state_of, residual=f"{solution.relative_residual:.1g}", n=solution.iterations)
    how = estimator_words.certificate(
        entry.name,
        estimator=entry.name,
        damping=f"{influence.damping:g}",
        solved=solved,
        **spent,
    )
    note = f" {phrases.sentence_case(solution.note)}." if solution.note else ""
    return _CERTIFICATE.format(" ".join(part for part in (quantity, how + note) if part))


# --- downloads


def _draw_downloads(answer: Answer, other: Answer | None) -> None:
    opened = late_popover(say("influence.download"), ":material/download:", "influence_save")
    if opened is None:
        return
    selection = state.current()
    bundle = models.selected_bundle()
    question = attribution.known_question(answer.resolved, bundle)

    def among() -> attribution.Bools | None:
        return shown_sentences(answer, other, selection)

    with opened:
        draw_save_button(
            say("influence.csv", n=_N_DOWNLOAD),
            lambda: to_csv(answer.both_ways(_N_DOWNLOAD, among())),
            "influence_sentences.csv",
            "text/csv",
            "influence_csv",
            icon=None,
        )
        draw_save_button(
            say("influence.html", n=_N_PAGE),
            lambda: page_html(answer, _N_PAGE, among(), question, stand_in_note(answer, bundle)),
            "influence.html",
            "text/html",
            "influence_html",
            icon=None,
        )
