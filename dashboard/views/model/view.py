"""Model: pick a sample or add your own, and read what it is and what can be done with it."""

from __future__ import annotations

import streamlit as st

from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.data import models
from dashboard.views.model.card import draw_abilities, draw_model_card
from dashboard.views.model.debias_form import draw_debias_form
from dashboard.views.model.export_menu import draw_export
from dashboard.views.model.import_form import draw_import_form
from dashboard.views.model.missing_parts_form import draw_missing_parts_form
from dashboard.views.model.picker import draw_picker, draw_text_fetcher, is_form_open
from dashboard.views.model.starting_probes import draw_starting_probes
from dashboard.widgets import escape, navigation
from dashboard.widgets.heading import draw_heading
from dashboard.widgets.notice import guard, show_empty
from dashboard.wording import say

__all__ = ["show"]


def show() -> None:
    """Draw the view."""
    draw_heading("model")
    entries = models.catalogue()
    if not entries:
        show_empty(say("model.none_title"), say("model.none"))
    draw_picker(entries)
    if is_form_open():
        with st.container(border=True):
            st.subheader(say("own.title"), anchor=False)
            draw_import_form()
    chosen = next((e for e in entries if e.name == state.current().model), None)
    if chosen is not None and not chosen.problem:
        with guard():
            bundle = models.selected_bundle()
            model = bundle.model
            is_traceable = model.context_vectors is not None and model.settings is not None
            left, right = st.columns(2, gap="large")
            with left:
                st.subheader(say("model.allows", title=escape.markdown(chosen.title)), anchor=False)
                draw_abilities(bundle, chosen.has_corpus)
                draw_text_fetcher(chosen)
                draw_missing_parts_form(bundle, chosen.has_corpus)
                _draw_next_steps(bundle)
            with right:
                if is_traceable:
                    draw_starting_probes(bundle)
            draw_model_card(bundle)
            draw_debias_form(bundle)


def _draw_next_steps(bundle: Bundle) -> None:
    with st.container(horizontal=True):
        for name in ("map", "probe", "story"):
            if navigation.has_view(name):
                label = say(f"model.go_{name}")
                st.button(label, key=f"model_go_{name}", on_click=navigation.go, args=(name,))
        draw_export(bundle)
