"""The probe as a file: one to save, and one to open."""

from __future__ import annotations

from functools import partial

import streamlit as st

from clif_core.errors import ClifError
from clif_core.probes import Probe, parse_probe, probe_text
from dashboard import state
from dashboard.widgets.notice import show_problem
from dashboard.widgets.save_button import draw_save_button, file_stem
from dashboard.wording import say

__all__ = ["draw_file"]


def draw_file(current: Probe | None) -> None:
    """A button that saves the probe, and a field that opens another."""
    if current is not None:
        draw_save_button(
            say("probe.save"),
            partial(probe_text, current),
            f"{file_stem(current.name.lower(), 'probe')}.json",
            "application/json",
            "probe_save",
        )
    upload = st.file_uploader(
        say("probe.load"), type=["json", "csv", "tsv", "txt"], key="probe_load"
    )
    if upload is None or st.session_state.get("probe_loaded") == upload.file_id:
        return
    st.session_state["probe_loaded"] = upload.file_id
    try:
        probe = parse_probe(upload.getvalue(), upload.name)
    except ClifError as error:
        show_problem(str(error))
        return
    state.update(probe=probe.to_dict(), document=None, sentence=None)
    st.rerun()
