"""Report: a figure with its evidence and limits on one page, to read, print and share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from clif_core.report import SECTIONS, Report
from dashboard import state
from dashboard.data import attribution, models, reports
from dashboard.selection import QUOTES
from dashboard.widgets.heading import draw_heading
from dashboard.widgets.offer import offer_probe
from dashboard.widgets.save_button import draw_save_button, file_stem
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["show"]

_FORMATS = (("html", "text/html"), ("md", "text/markdown"), ("json", "application/json"))


def show() -> None:
    """Draw the view."""
    draw_heading("report")
    selection = state.current()
    bundle = models.selected_bundle()
    if not selection.probe:
        offer_probe("report")
        return
    probe = attribution.read_probe(selection.probe)
    with st.spinner(say("report.making"), show_time=False):
        report = reports.report_of(probe, selection).signed(reports.signer())
    sections = selection.report_sections or SECTIONS
    report = replace(report, sections=tuple(s for s in SECTIONS if s in sections))
    _draw_controls(report, f"{bundle.model.name}-{probe.name}")
    variables = re.sub(r"^:root \{ | \}$", "", current_palette().css_variables())
    with st.container(key="report_sheet"):
        st.html(report.to_body(variables))


def _draw_controls(report: Report, stem: str) -> None:
    selection = state.current()
    with st.container(horizontal=True, vertical_alignment="bottom", key="report_controls"):
        st.pills(
            say("report.sections"),
            SECTIONS,
            selection_mode="multi",
            key=state.control("report_sections", list(report.sections)),
            format_func=lambda section: say(f"report.section_{section}"),
            on_change=_set_sections,
        )
        st.segmented_control(
            say("report.quotes"),
            QUOTES,
            key=state.control("report_quotes", selection.n_quotes),
            required=True,
            on_change=lambda: state.update(n_quotes=st.session_state["report_quotes"]),
            help=say("report.quotes_help"),
        )
        if (report.content["attribution"] or {}).get("runs"):
            st.toggle(
                say("report.only_holding"),
                key=state.control("report_only_holding", not selection.report_all),
                help=say("report.only_holding_help"),
                on_change=lambda: state.update(
                    report_all=not st.session_state["report_only_holding"]
                ),
            )
        with st.container(horizontal=True, width="content", key="report_saves"):
            for ending, mime in _FORMATS:
                draw_save_button(
                    say(f"report.save_{ending}"),
                    _writer(report, ending),
                    f"{file_stem(stem, 'report')}.{ending}",
                    mime,
                    f"report_save_{ending}",
                    type="primary" if ending == "html" else "secondary",
                    help=say(f"report.save_{ending}_help"),
                )


def _writer(report: Report, ending: str) -> Callable[[], str]:
    return {"html": report.to_html, "md": report.to_markdown, "json": report.to_json}[ending]


def _set_sections() -> None:
    chosen = st.session_state["report_sections"] or ["summary"]
    is_all = len(chosen) == len(SECTIONS)
    state.update(report_sections=() if is_all else tuple(s for s in SECTIONS if s in chosen))
