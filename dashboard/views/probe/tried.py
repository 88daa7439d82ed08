"""Every probe tried on a model, its p corrected for their number, and a way to clear the list."""

from __future__ import annotations

import streamlit as st

from clif_core import phrases
from clif_core.measurement import DETECTED, ProbeReport
from clif_core.probes import question_key
from clif_core.sgns.model import SkipGram
from dashboard.data import models
from dashboard.widgets.notice import show_problem
from dashboard.widgets.table import draw_table
from dashboard.wording import say

__all__ = ["correction", "draw_tried"]

_ORDER = ("label", "verdict", "value", "p", "p_corrected", "time")  # the last may need a scroll


def correction(report: ProbeReport, model: SkipGram) -> str:
    """What the number of probes tried does to this one's p; "" where it does nothing."""
    tried = models.workspace().probes_tried(model)
    p = tried.corrected().get(question_key(report.resolved))
    if p is None or tried.n_tested < 2 or report.verdict.kind == "not_testable":
        return ""
    said = say("probe.tried_corrected", n=tried.n_tested, p=phrases.p_value(p))
    is_detected = report.verdict.kind != "not_detected"
    return f"{said} {say('probe.tried_lost')}" if is_detected and p >= DETECTED else said


def draw_tried(model: SkipGram) -> None:
    """The list, or why there is none."""
    tried = models.workspace().probes_tried(model)
    if tried.problem:
        show_problem(tried.problem)
    else:
        st.caption(say("probe.tried_note", n=tried.n, tested=tried.n_tested))
        if tried.n_forgotten:
            st.caption(say("probe.tried_forgotten", n=tried.n_forgotten))
        table = tried.table()
        table["verdict"] = table["verdict"].map(phrases.verdict_kind_name)
        table["time"] = table["time"].str.slice(0, 16).str.replace("T", " ")
        number = st.column_config.NumberColumn
        config = {
            "label": st.column_config.TextColumn(say("probe.column_label")),
            "time": st.column_config.TextColumn(say("probe.column_time")),
            "value": number(say("probe.column_value"), format="%.3f"),
            "p": number(say("probe.column_p"), format="%.4f", help=say("probe.column_p_help")),
            "p_corrected": number(say("probe.column_adjusted"), format="%.4f"),
            "verdict": st.column_config.TextColumn(say("probe.column_verdict")),
        }
        draw_table(
            table,
            hide_index=True,
            column_config=config,
            column_order=_ORDER,
            key="probe_tried_table",
        )
    with st.popover(say("probe.tried_clear"), icon=":material/delete_sweep:"):
        st.write(say("probe.tried_clear_help"))
        if st.button(say("probe.tried_clear_sure", n=tried.n), key="probe_tried_clear"):
            models.workspace().forget_probes(model)
            st.rerun()
