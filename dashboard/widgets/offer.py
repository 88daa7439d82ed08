"""What a view offers where no probe is chosen, or where the model lacks what the view needs."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from clif_core.errors import CapabilityError, ClifError
from clif_core.probes import Probe
from clif_core.progress import Progress
from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.data import attribution, models, suggested_probes
from dashboard.widgets import navigation
from dashboard.widgets.notice import show_empty, show_problem
from dashboard.wording import say

__all__ = ["draw_missing", "offer_probe", "offer_view"]


def offer_probe(section: str) -> None:
    """No probe is chosen: show the model's own question, and offer it or the view that chooses one.

    A model that no shipped probe suits has none; the view that chooses takes people's own words.
    Wordings: ``<section>.empty_title``, ``.empty_text``, ``.try``; ``.choose``, but for the view
    that chooses.
    """
    bundle = models.selected_bundle()
    entry = suggested_probes.default_probe(bundle)
    example = _question(entry.probe, bundle)
    show_empty(say(f"{section}.empty_title"), say(f"{section}.empty_text"), example)
    with st.container(horizontal=True):
        if example:
            st.button(
                say(f"{section}.try", title=entry.title),
                type="primary",
                key=f"{section}_try",
                on_click=state.update,
                kwargs={"probe": entry.probe.to_dict()},
            )
        if section != "probe":
            label = say(f"{section}.choose")
            offer_view("probe", label, f"{section}_choose", is_next=not example)


def _question(probe: Probe, bundle: Bundle) -> str:
    """The question that a probe puts to a model; "" where the model lacks its words."""
    try:
        return attribution.known_question(attribution.resolve(probe, bundle.model), bundle)
    except ClifError:
        return ""


def offer_view(name: str, label: str, key: str, *, is_next: bool = False) -> None:
    """A button that opens another view; nothing where that view does not exist.

    ``is_next``: it is the one obvious next step.
    """
    if navigation.has_view(name):
        kind: Literal["primary", "secondary"] = "primary" if is_next else "secondary"
        st.button(label, key=key, type=kind, on_click=navigation.go, args=(name,))


def draw_missing(error: CapabilityError, section: str) -> None:
    """No text, context vectors or settings: show the reason and a button for the next step.

    A sample's text is fetched here; everything else is given under Start.
    """
    show_problem(str(error), say("influence.missing_title"))
    name = state.current().model
    entry = next((e for e in models.catalogue() if e.name == name), None)
    is_fetchable = entry is not None and entry.kind == "sample" and not entry.has_corpus
    with st.container(horizontal=True):
        is_asked = is_fetchable and st.button(
            say("influence.fetch"), type="primary", key=f"{section}_fetch"
        )
        is_addable = entry is not None and entry.kind != "sample" and models.is_imported(entry.card)
        label = say("influence.add_text" if is_addable else "influence.to_model")
        offer_view("model", label, f"{section}_to_model", is_next=is_addable)
    if is_asked:
        bar = st.progress(0.0, say("influence.fetching"))
        try:
            models.workspace().add_sample_text(name, _on(bar))
        except ClifError as problem:
            show_problem(str(problem))
            return
        st.rerun()


def _on(bar: Any) -> Progress:
    def progress(fraction: float, text: str) -> None:
        bar.progress(min(max(fraction, 0.0), 1.0), text)

    return progress
