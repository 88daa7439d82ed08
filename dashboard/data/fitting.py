"""After a change of model: what is selected is checked against the new one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from clif_core.errors import ClifError
from clif_core.probes import from_dict
from clif_core.sgns.model import SkipGram
from dashboard import state
from dashboard.data import models
from dashboard.selection import Selection

__all__ = ["fit_selection", "unfit"]

_FITTED = "clif_fitted"  # the model that the selection was last checked against


def fit_selection() -> None:
    """Drop words, axes and a probe that the model does not know, where it is another than before.

    A link is shown as it is: the views name its unknown words.
    """
    selection = state.current()
    before = st.session_state.get(_FITTED)
    st.session_state[_FITTED] = selection.model
    if before is None or before == selection.model:
        return
    try:
        changes = unfit(selection, models.selected_bundle().model)
    except ClifError:  # the view says what is wrong with the model
        return
    if changes:
        state.update(**changes)


def unfit(selection: Selection, model: SkipGram) -> dict[str, Any]:
    """The fields that do not fit a model, with what they become."""
    known = model.vocabulary
    wanted: dict[str, Any] = {
        name: tuple(word for word in getattr(selection, name) if word in known)
        for name in ("words", "axis_from", "axis_to")
    }
    wanted["word"] = selection.word if selection.word in known else ""
    if not wanted["words"]:
        wanted["set_name"] = ""
    if selection.probe and not _is_answered(selection.probe, model):
        wanted["probe"] = None
    if selection.other_model == selection.model:
        wanted["other_model"] = ""
    return {name: value for name, value in wanted.items() if value != getattr(selection, name)}


def _is_answered(description: Any, model: SkipGram) -> bool:
    try:
        from_dict(description).resolve(model.vocabulary)
    except ClifError:
        return False
    return True
