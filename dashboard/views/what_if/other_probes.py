"""What else a retraining changed: other probes, word similarity, and how far words moved."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from dashboard.data import attribution, retraining
from dashboard.data.attribution import Answer
from dashboard.views.what_if.effect import Measured
from dashboard.widgets.table import draw_table
from dashboard.wording import say

__all__ = ["draw_others"]


def draw_others(answer: Answer, measured: Measured) -> None:
    """Other probes, mean shift and word similarity before and after, in an expander."""
    with st.expander(say("what_if.others"), icon=":material/balance:"):
        st.caption(say("what_if.others_lead"))
        _draw_others(answer, measured)


def _draw_others(answer: Answer, measured: Measured) -> None:
    probe = attribution.resolve(answer.resolved.probe, answer.engine.model).probe
    table = retraining.others_table(answer.engine, measured.result)
    table["name"] = [phrases.title_of(name) for name in table["name"]]
    table = table[[named["key"] != probe.key for named in measured.result["probes"]]]
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
    shift = measured.result["mean_shift"]
    if shift is not None:
        notes.append(say("what_if.shift", shift=phrases.number(shift)))
    before, after = measured.result["wordsim353"]
    if before is not None and after is not None:
        values = {"before": phrases.number(before, 3), "after": phrases.number(after, 3)}
        notes.append(say("what_if.wordsim", **values))
    notes.append(say("what_if.how_coupled" if measured.is_coupled else "what_if.how_gensim"))
    lines = Markup().join(Markup("<p>{}</p>").format(note) for note in notes)
    st.html(Markup('<div class="clif-notes">{}</div>').format(lines))
