"""What a test reads off a view, and the question that the tests of several views ask."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from clif_core.probes import Weat

__all__ = ["ASKED", "PROBE", "html_of", "selected", "told_by", "unfold"]

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
    """All HTML of the screen, in one string; that of components is in their data."""
    parts = [str(element.proto.body) for element in app.get("html")]
    parts += [told_by(element.proto).get("html", "") for element in app.get("bidi_component")]
    return " ".join(parts)


def unfold(app: AppTest, name: str) -> pd.DataFrame:
    """The table under a chart, unfolded."""
    app.session_state[f"table_open_{name}"] = True
    app.run()
    assert not app.exception
    key = f"-table_open_{name}"
    (folded,) = (fold for fold in app.expander if fold.proto.id.endswith(key))
    table = folded.dataframe[0].value
    assert isinstance(table, pd.DataFrame)
    return table


def told_by(proto: Any) -> dict[str, Any]:
    """The data of a component."""
    found: dict[str, Any] = json.loads(proto.json or "{}")
    return found


def selected(app: AppTest) -> Any:
    """The selection of the session."""
    return app.session_state["clif_selection"]
