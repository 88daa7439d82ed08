"""Start: what this is, one question with its answer, the three doors, and the choice of model."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core.errors import ProbeError
from clif_core.sgns.bundle import Bundle
from clif_core.workspace.workspace import CatalogueEntry
from dashboard import state
from dashboard.data import models
from dashboard.data.scripts import Script, script_of
from dashboard.views.model.card import draw_abilities, draw_model_card
from dashboard.views.model.debias_form import draw_debias_form
from dashboard.views.model.doors import draw_doors
from dashboard.views.model.export_menu import draw_export
from dashboard.views.model.first_question import draw_first_question
from dashboard.views.model.import_form import draw_import_form
from dashboard.views.model.missing_parts_form import draw_missing_parts_form
from dashboard.views.model.pack_form import draw_pack_form
from dashboard.views.model.picker import draw_picker, draw_text_fetcher, is_form_open
from dashboard.views.model.starting_probes import draw_starting_probes
from dashboard.views.model.training_line import draw_training_line, was_opened
from dashboard.widgets import escape
from dashboard.widgets.html import into_view
from dashboard.widgets.notice import guard, show_empty
from dashboard.wording import say

__all__ = ["show"]


def show() -> None:
    """Draw the view."""
    heading = '<div id="start" class="clif-first"><h1>{}</h1><p class="clif-lead">{}</p></div>'
    html = Markup(heading).format(say("model.title"), say("model.lead"))
    if was_opened():  # the form, at whose end the person waited, is closed
        html += into_view("start")
    st.html(html, unsafe_allow_javascript=True)
    entries = models.catalogue()
    if not entries:
        show_empty(say("model.none_title"), say("model.none"))
    draw_picker(entries)
    if is_form_open():
        with st.container(border=True):
            st.subheader(say("own.title"), anchor=False)
            files, pack = st.tabs([say("own.tab_files"), say("own.tab_pack")])
            with files:
                draw_import_form()
                draw_training_line()  # beside the button that was pressed
            with pack:
                draw_pack_form()
    else:
        draw_training_line()
    chosen = next((e for e in entries if e.name == state.current().model), None)
    if chosen is None or chosen.problem:
        return
    with guard():
        bundle = models.selected_bundle()
        script = _script(bundle)
        if script is not None:
            draw_first_question(bundle, chosen, script.probe)
        draw_doors(script)
        if script is not None:
            draw_starting_probes(bundle)
        _draw_about(bundle, chosen)


def _script(bundle: Bundle) -> Script | None:
    """The question to begin with, where the model can trace one to its text."""
    model = bundle.model
    if model.context_vectors is None or model.settings is None:
        return None
    try:
        return script_of(bundle)
    except ProbeError:  # the model knows too few words of every shipped probe
        return None


def _draw_about(bundle: Bundle, chosen: CatalogueEntry) -> None:
    title = escape.markdown(chosen.title)
    st.subheader(say("model.allows", title=title), anchor=False, divider="gray")
    left, right = st.columns([5, 3], gap="large")
    with left:
        about = " ".join(filter(None, (str(chosen.card.get("description") or ""), _size(chosen))))
        st.html(Markup('<p class="clif-small">{}</p>').format(about))
        draw_abilities(bundle, chosen.has_corpus)
        if _script(bundle) is None:
            draw_text_fetcher(chosen)
        draw_missing_parts_form(bundle, chosen.has_corpus)
    with right:
        draw_export(bundle)
    with st.expander(say("model.details", title=title), icon=":material/description:"):
        draw_model_card(bundle)
    draw_debias_form(bundle)


def _size(entry: CatalogueEntry) -> str:
    if not entry.card:
        return ""
    words, dim = int(entry.card.get("n_words") or 0), int(entry.card.get("dim") or 0)
    text = say("model.text_here") if entry.has_corpus else say("model.text_absent")
    return say("model.size", words=words, dim=dim, text=text)
