"""Story: one finding in seven steps on the whole screen, for a room.

Every step is in the page when the story opens, so that none waits for the server: the browser
shows a step and then tells the server, which writes the address.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from clif_core.errors import ClifError, ProbeError
from clif_core.phrases import sentence_case
from dashboard import state
from dashboard.data import attribution, background, models, retraining
from dashboard.data.story import N_STEPS, Tale, asked_retraining, told_probe
from dashboard.views.story.slides import controls, slides_html
from dashboard.widgets import navigation
from dashboard.widgets.notice import guard, show_empty
from dashboard.widgets.offer import offer_view
from dashboard.wording import say

__all__ = ["show"]

_HERE = Path(__file__).parent
_KEY, _PROBLEM, _LEAVING = "story", "clif_story_problem", "clif_story_leaving"
_TURNED, _SHOWN = "clif_story_turned", "clif_story_shown"
_WAYS = ("report", "influence", "what_if", "probe", "model")
_draw = st.components.v2.component(
    "clif_story",
    html=(_HERE / "frame.html").read_text(encoding="utf-8"),
    css=(_HERE / "story.css").read_text(encoding="utf-8"),
    js=(_HERE / "story.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)  # once per server: Streamlit warns of a name that is registered again


def show() -> None:
    """Draw the view."""
    bundle = models.selected_bundle()
    try:
        probe = told_probe(bundle)
    except ProbeError:
        _offer_ways_out()
        return
    background.prepare(bundle.model, attribution.resolve(probe, bundle.model))
    with guard():
        tale = Tale.of(bundle, probe)
        is_running = tale.retraining is not None and tale.retraining.is_running
        st.fragment(_present, run_every=1.0 if is_running else None)(tale, is_running)


def _offer_ways_out() -> None:
    """No shipped question suits the model: this screen has no header, so it shows the ways on."""
    show_empty(say("story.none_title"), say("story.none"))
    with st.container(horizontal=True, key="story_ways_out"):
        offer_view("probe", say("story.to_probe"), "story_to_probe", is_next=True)
        offer_view("model", say("story.to_start"), "story_to_start")


def _present(tale: Tale, was_running: bool) -> None:
    if st.session_state.pop(_LEAVING, False):
        st.rerun()  # a fragment alone cannot open another view
    if was_running:
        tale = Tale.of(tale.bundle, tale.probe)
        if tale.retraining is not None and not tale.retraining.is_running:
            st.rerun()
    _draw(
        key=_KEY,
        data={
            "html": slides_html(tale),
            "problem": st.session_state.pop(_PROBLEM, ""),
            **_turned(),
            **controls(tale),
        },
        on_step_change=lambda: _turn_to(tale),
        on_asked_change=lambda: _answer(tale),
    )


def _turned() -> dict[str, int]:
    """The step that the server turned to last, and how often it turned by itself.

    Where the browser turned, nothing of this changes: every step has one and the same message,
    which the browser therefore still has, however fast somebody goes to and fro.
    """
    step = min(max(state.current().step, 1), N_STEPS)
    turned: dict[str, int] = st.session_state.get(_TURNED, {"step": 0, "turn": 0})
    is_new = getattr(st.session_state.get(_KEY), "step", None) is None  # it shows what is sent
    if st.session_state.get(_SHOWN) != step or (is_new and turned["step"] != step):
        turned = {"step": step, "turn": turned["turn"] + 1}
    st.session_state[_TURNED], st.session_state[_SHOWN] = turned, step
    return turned


def _turn_to(tale: Tale) -> None:
    """Follow the browser. Other views open on the story's probe, unless one was chosen."""
    step = getattr(st.session_state[_KEY], "step", None)
    if isinstance(step, int | float):
        shown = min(max(int(step), 1), N_STEPS)
        st.session_state[_SHOWN] = shown
        state.update(step=shown, probe=state.current().probe or tale.probe.to_dict())


def _answer(tale: Tale) -> None:
    """Do what a button of the page asks for."""
    asked = getattr(st.session_state[_KEY], "asked", None)
    try:
        if asked == "measure":
            retraining.submit(tale.bundle.model, asked_retraining(tale))
        elif asked == "stop":
            retraining.cancel(tale.bundle.model, asked_retraining(tale))
        elif asked == "fetch":
            models.workspace().add_sample_text(tale.bundle.model.name)
        elif asked == "leave":
            _leave_for("model")
        elif asked in _WAYS:
            _leave_for(asked, probe=tale.probe.to_dict(), document=None, sentence=None)
    except ClifError as error:
        st.session_state[_PROBLEM] = sentence_case(str(error))


def _leave_for(view: str, **changes: Any) -> None:
    navigation.go(view, **changes)
    st.session_state[_LEAVING] = True
