"""What a test reads off a view, and the question that the tests of several views ask."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from clif_core.probes import Weat

__all__ = ["ASKED", "PROBE", "html_of", "selected"]

PROBE = Weat(
    "lee",
    ("he", "his", "him", "man"),
    ("she", "her", "women", "woman"),
    ("government", "minister", "police", "force"),
    ("people", "family", "children", "home"),
    "men",
    "women",
    "power",
    "home",
)
#: The probe as a URL carries it.
ASKED = json.dumps(PROBE.to_dict())


def html_of(app: AppTest) -> str:
    """All HTML of the screen, in one string."""
    return " ".join(str(element.proto.body) for element in app.get("html"))


def selected(app: AppTest) -> Any:
    """The selection of the session."""
    return app.session_state["clif_selection"]
