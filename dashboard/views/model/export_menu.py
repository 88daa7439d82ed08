"""Export a model: its vectors in a format that other programs read."""

from __future__ import annotations

from functools import partial

import streamlit as st

from clif_core.sgns.bundle import Bundle
from clif_core.sgns.export import KINDS, export_bytes, suffix_of
from dashboard.wording import say

__all__ = ["draw_export"]


def draw_export(bundle: Bundle) -> None:
    """A menu with a download for each format; the file is made on demand."""
    with st.popover(say("export.title"), icon=":material/download:", key="export_menu"):
        st.caption(say("export.lead"))
        for kind in KINDS:
            st.download_button(
                say(f"export.{kind}"),
                partial(export_bytes, bundle, kind),
                f"{bundle.model.name}{suffix_of(kind)}",
                "application/octet-stream",
                key=f"export_{kind}",
                on_click="ignore",
                help=say(f"export.{kind}_help"),
            )
