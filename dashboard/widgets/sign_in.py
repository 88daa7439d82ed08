"""Signing in to a shared server at a provider that its operator chose, and out again."""

from __future__ import annotations

import streamlit as st

from dashboard.data import visitors
from dashboard.widgets import escape
from dashboard.wording import say

__all__ = ["draw_account", "draw_sign_in"]


def draw_sign_in() -> None:
    """The whole page of somebody who has not signed in."""
    st.title(say("app.name"))
    st.write(say("sign_in.lead"))
    if st.button(say("sign_in.press"), type="primary"):
        st.login()


def draw_account() -> None:
    """Who is signed in, and the way out; nothing where the app has no sign-in."""
    address = visitors.address()
    if address:
        with st.popover(":material/account_circle:", help=say("sign_in.account")):
            st.markdown(escape.markdown(address))
            if st.button(say("sign_in.out")):
                st.logout()
