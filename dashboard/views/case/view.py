"""Case file: one claim, its evidence box by box, and the report that carries it."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.errors import ClifError
from clif_core.measurement.probes_tried import TriedProbe
from clif_core.probes import Probe, from_dict
from clif_core.report.sections import BOX_MARKS, BOX_TITLES
from clif_core.sgns.model import SkipGram
from dashboard import state
from dashboard.data import attribution, case, models, reports
from dashboard.data.case import Case
from dashboard.widgets import escape, navigation
from dashboard.widgets.job_line import draw_job_line, draw_trouble
from dashboard.widgets.notice import guard, show_problem
from dashboard.widgets.offer import offer_probe, offer_view
from dashboard.widgets.save_button import draw_save_button, file_stem
from dashboard.widgets.time_words import on_this_machine
from dashboard.wording import say

__all__ = ["show"]

#: Where each box is looked into.
_VIEWS = {
    "claim": "probe",
    "robust": "probe",
    "text": "influence",
    "proof": "what_if",
    "trust": "trust",
}
_HEAD = Markup('<p class="clif-kicker">{}</p><h1 class="clif-question">{}</h1>')
_BOX = Markup(
    '<div class="clif-box clif-box-{state}"><span class="clif-box-mark" aria-hidden="true">{mark}'
    "</span><div><h3>{title}<small>{told}</small></h3><p>{finding}</p></div></div>"
)
_N_OTHERS = 12  # other cases that are listed
_SETS_SHOWN, _WORDS_SHOWN = 2, 3  # of another case
_STEP = "case_step"  # which job the page saw running, and how many trainings were in


def show() -> None:
    """Draw the view."""
    selection, model = state.current(), models.selected_bundle().model
    if not selection.probe:
        st.html(_HEAD.format(say("case.title"), say("case.empty_heading")))
        offer_probe("case")
        _draw_others(model, None)
        return
    probe = attribution.read_probe(selection.probe)
    with st.spinner(say("case.opening"), show_time=False):
        found = case.case_of(probe, selection)
    st.html(_HEAD.format(say("case.title"), found.report.content["question"]))
    with guard():
        _draw_next(found, probe, model)
    _draw_boxes(found)
    _draw_others(model, probe)


def _draw_boxes(found: Case) -> None:
    for box in found.boxes:
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"case_{box.name}", gap="medium"
        ):
            html = _BOX.format(
                state=box.state,
                mark=BOX_MARKS[box.state],
                title=BOX_TITLES[box.name],
                told=box.told,
                finding=box.finding,
            )
            st.html(html)
            offer_view(_VIEWS[box.name], say(f"case.to_{box.name}"), f"case_to_{box.name}")


def _draw_next(found: Case, probe: Probe, model: SkipGram) -> None:
    """The one next step: fill the open boxes, wait for that, or sign and save the report."""
    job = case.running(model, probe)
    if job is not None:
        st.fragment(_poll, run_every=1.0)(model, probe)
    elif found.is_open:
        _draw_prepare(model, probe, is_detected=found.is_detected)
    elif found.why_not:
        show_problem(found.why_not, say("case.cannot_title"))
    _draw_report(found, is_next=job is None and not found.is_open)


def _draw_prepare(model: SkipGram, probe: Probe, *, is_detected: bool) -> None:
    stopped = case.trouble(model, probe)
    if stopped is not None:
        draw_trouble(stopped, say("case.failed_title"))
    takes = case.expected(model, attribution.resolve(probe, model))
    if not is_detected:
        st.caption(say("case.prepare_undetected"))
    with st.container(horizontal=True, vertical_alignment="center", key="case_prepare_row"):
        is_asked = st.button(
            say("case.prepare"),
            key="case_prepare",
            type="primary" if is_detected else "secondary",
            icon=":material/playlist_add_check:",
            help=say("case.prepare_help"),
        )
        st.caption(say("case.prepare_takes", time=on_this_machine(takes)), width="content")
    if not is_asked:
        return
    try:
        case.prepare(model, probe)
    except ClifError as error:
        show_problem(str(error), say("case.failed_title"))
    else:
        st.rerun()


def _poll(model: SkipGram, probe: Probe) -> None:
    """Show the work under way once a second; draw the page again when a part of it is done."""
    job = case.running(model, probe)
    now = (job and job.key, case.n_trainings(model, probe))
    if job is None or st.session_state.setdefault(_STEP, now) != now:
        st.session_state.pop(_STEP, None)
        st.rerun()
    draw_job_line(job, f"case.running_{job.kind}", lambda: case.stop(model, probe), "case")


def _draw_report(found: Case, *, is_next: bool) -> None:
    if is_next and not found.why_not:
        st.html(Markup('<p class="clif-lead">{}</p>').format(say("case.complete")))
    with st.container(horizontal=True, vertical_alignment="center", key="case_report"):
        st.text_input(
            say("case.signed_by"),
            key=state.control("case_signed_by", reports.signer()),
            on_change=lambda: reports.sign_by(st.session_state["case_signed_by"]),
            max_chars=80,
            placeholder=say("case.signed_by"),
            label_visibility="collapsed",
            help=say("case.signed_by_help"),
            width=260,
        )
        report = found.report.signed(reports.signer())
        stem = f"{report.content['model']['name']}-{report.content['probe']['name']}"
        draw_save_button(
            say("case.save"),
            report.to_html,
            f"{file_stem(stem, 'report')}.html",
            "text/html",
            "case_save",
            type="primary" if is_next else "secondary",
            help=say("case.save_help"),
        )
        offer_view("report", say("case.to_report"), "case_to_report")


def _draw_others(model: SkipGram, probe: Probe | None) -> None:
    """The other probes that were tried on this model, each a case to open."""
    key = None if probe is None else probe.key
    others = [entry for entry in case.other_cases(model) if entry.key != key][:_N_OTHERS]
    if not others:
        return
    st.subheader(say("case.others"))
    for at, entry in enumerate(others):
        _draw_other(entry, at)


def _draw_other(entry: TriedProbe, at: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"case_other_{at}"):
        st.button(
            escape.markdown(entry.labels[0]),
            key=f"case_open_{at}",
            type="tertiary",
            on_click=navigation.go,
            args=("case",),
            kwargs={"probe": entry.definition},
        )
        told = (phrases.verdict_kind_name(entry.verdict), *_words(entry), entry.time[:10])
        st.caption(escape.markdown(" · ".join(told)), width="content")


def _words(entry: TriedProbe) -> list[str]:
    """How its first sets begin, by which two questions of one name are told apart."""
    sets = from_dict(entry.definition or {}).named_sets[:_SETS_SHOWN]
    return [", ".join((*found.words[:_WORDS_SHOWN], *["…"] * (len(found.words) > _WORDS_SHOWN)))
            for found in sets]  # fmt: skip
