"""Who the visitor is, and the folder of a visitor of a shared server (``clif app --shared``).

A visitor is the person who signed in. Either the app itself asks an OpenID Connect provider that
the operator chose, or the reverse proxy does and names the person in a header; nobody else can
set that, because the proxy alone reaches the app. Without a sign-in a visitor is a session: what it
adds ends with it.

The command line hands its options down as environment variables, the names of which stand here.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import streamlit as st

from clif_core.errors import InputError
from clif_core.workspace.names import visitor_home
from clif_core.workspace.workspace import default_home

__all__ = ["address", "home", "is_shared", "max_bytes", "must_sign_in", "signed_in"]

IS_SHARED = "CLIF_SHARED"
SIGN_IN = "CLIF_SIGN_IN"
USER_HEADER = "CLIF_USER_HEADER"
MAX_MEGABYTES = "CLIF_VISITOR_MB"
_SESSION = "clif_visitor"


def is_shared() -> bool:
    """Whether each visitor has models, texts and jobs of their own."""
    return os.environ.get(IS_SHARED) == "1"


def must_sign_in() -> bool:
    """Whether this session may see the sign-in page alone."""
    return _has_sign_in() and not st.user.get("is_logged_in")


def address() -> str:
    """What a person who signed in at a provider is shown as; empty for everybody else."""
    if not _has_sign_in() or must_sign_in():
        return ""
    return str(st.user.get("email") or st.user.get("name") or st.user["sub"])


def _has_sign_in() -> bool:
    return is_shared() and os.environ.get(SIGN_IN) == "1"


def signed_in() -> str:
    """The person who signed in, as a text that tells people apart; empty without a sign-in.

    Raises InputError where people sign in, at a provider or at the operator's proxy, and this one
    has not. Of what a provider says, its own name and its number of the person are used: addresses
    change hands.
    """
    if _has_sign_in():
        if must_sign_in() or not st.user.get("sub"):
            raise InputError("Nobody is signed in here. Open the page again, and sign in.")
        return f"{st.user.get('iss') or ''} {st.user['sub']}"
    header = os.environ.get(USER_HEADER)
    if not header:
        return ""
    name = (st.context.headers.get(header) or "").strip()
    if not name:
        raise InputError(
            f"This server takes visitors from its sign-in alone, and the header {header} is absent."
            " Open it under the address that its operator gave you."
        )
    return f"{header} {name}"


def home() -> Path | None:
    """The folder of this visitor on a shared server; None on a machine of one's own."""
    if not is_shared():
        return None
    name = signed_in()
    if name:
        return visitor_home(default_home(), name, is_session=False)
    token = st.session_state.setdefault(_SESSION, secrets.token_hex(16))
    return visitor_home(default_home(), token, is_session=True)


def max_bytes() -> int | None:
    """Room for the models and texts of one visitor; None on a machine of one's own."""
    return int(os.environ.get(MAX_MEGABYTES, "1000")) * 1_000_000 if is_shared() else None
