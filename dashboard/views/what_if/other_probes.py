"""What else a retraining changed: other probes, word similarity, and how far words moved."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from dashboard.data import attribution, retraining
from dashboard.data.attribution import Answer
from dashboard.views.what_if.measured import Measured, Result
from dashboard.widgets.table import draw_table
from dashboard.wording import say

__all__ = ["draw_others"]


def draw_others(answer: Answer, measured: Measured) -> None:
    """Other probes, mean shift and word similarity before and after, in an expander.

    Nothing for a measurement that came with the model: it is of its first probe alone.
    """
    if measured.result is None:
        return
    with st.expander(say("what_if.others"), icon=":material/balance:"):
        st.caption(say("what_if.others_lead"))
        _draw_others(answer, measured.result, measured.is_coupled)


def _draw_others(answer: Answer, result: Result, is_coupled: bool) -> None:
    probe = attribution.resolve(answer.resolved.probe, answer.engine.model).probe
    table = retraining.others_table(answer.engine, result)
    table["name"] = [phrases.title_of(name) for name in table["name"]]
    table = table[[named["key"] != probe.key for named in result["probes"]]]
    number = st.column_config.NumberColumn
    draw_table(
        table,
        hide_index=True,
        key="what_if_others",
        column_config={
            "name": st.column_config.TextColumn(say("what_if.column_probe")),
            "before": number(say("what_if.column_before"), format="%.3f"),
            "predicted": number(say("what_if.column_predicted"), format="%+.4f"),
            "after": number(say("what_if.column_after"), format="%.3f"),
            "change": number(say("what_if.column_change"), format="%+.4f"),
        },
    )
    notes = []
    shift = result["mean_shift"]
    if shift is not None:
        notes.append(say("what_if.shift", shift=phrases.number(shift)))
    before, after = result["wordsim353"]
    if before is not None and after is not None:
        before, after = phrases.together(before, after)
        notes.append(say("what_if.wordsim", before=before, after=after))
    notes.append(say("what_if.how_coupled" if is_coupled else "what_if.how_gensim"))
    lines = Markup().join(Markup("<p>{}</p>").format(note) for note in notes)
    st.html(Markup('<div class="clif-notes">{}</div>').format(lines))
