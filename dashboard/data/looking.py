"""The process that looks into uploaded files, one for all sessions of this server."""

from __future__ import annotations

import streamlit as st

from clif_core.workspace.looker import Looker

__all__ = ["looker"]


@st.cache_resource(show_spinner=False, on_release=Looker.close)
def looker() -> Looker:
    return Looker()
