"""A form that saves a debiased copy of the model, and the neighbour test of the last copy."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core.interventions.debias import ABOUT
from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.data import models
from dashboard.views.model.card import neighbour_test
from dashboard.widgets import escape, navigation
from dashboard.widgets.notice import guard
from dashboard.wording import say

__all__ = ["draw_debias_form"]

_MADE = "clif_debiased"  # model hash -> name of the copy last made of it in this session


def draw_debias_form(bundle: Bundle) -> None:
    """The form, and the outcome of the last copy made of this model."""
    made = st.session_state.setdefault(_MADE, {})
    copy = made.get(bundle.model.content_hash)
    is_here = copy in [entry.name for entry in models.catalogue()]
    with st.expander(say("debias.title"), icon=":material/tune:", expanded=is_here):
        st.caption(say("debias.lead"))
        with st.form("debias", border=False):
            about = st.selectbox(
                say("debias.about"),
                list(ABOUT),
                format_func=lambda name: say(f"debias.about_{name}"),
                key="debias_about",
                width=240,
            )
            method = st.radio(
                say("debias.method"),
                ("hard", "projected"),
                format_func=lambda name: say(f"debias.method_{name}"),
                captions=[say("debias.method_hard_note"), say("debias.method_projected_note")],
                key="debias_method",
            )
            pressed = st.form_submit_button(say("debias.make"))
        if pressed:
            with guard(say("debias.failed")):
                _make(bundle, about, method == "projected")
        elif is_here:
            with guard():
                _draw_outcome(models.bundle_named(str(copy)))


def _make(bundle: Bundle, about: str, is_projected: bool) -> None:
    source = state.current().model
    with st.spinner(say("debias.making"), show_time=True):
        copy = models.workspace().debias(source, about, is_projected)
    st.session_state[_MADE][bundle.model.content_hash] = copy.model.name
    st.rerun()  # the list of models above now shows the copy


def _draw_outcome(copy: Bundle) -> None:
    step = copy.card["history"][-1]
    outcome = '<p class="clif-answer">{}</p><p>{}</p><p class="clif-small">{}</p>'
    made = say("debias.made", title=copy.card.get("title", copy.model.name))
    st.html(Markup(outcome).format(made, neighbour_test(step), say("debias.caution")))
    name, source = copy.model.name, state.current().model
    with st.container(horizontal=True):
        st.button(
            say("debias.open"),
            key="debias_open",
            on_click=state.update,
            kwargs={"model": name},
        )
        if navigation.has_view("compare"):
            st.button(
                say("debias.compare", title=escape.markdown(models.model_title(source))),
                key="debias_compare",
                icon=":material/compare_arrows:",
                on_click=navigation.go,
                args=("compare",),
                kwargs={"other_model": name},
            )
