"""The questions that a model is offered with: one click from the first screen to its sentences."""

from __future__ import annotations

import streamlit as st

from clif_core.errors import ProbeError
from clif_core.formats.bundle import Bundle
from clif_core.probes import Probe, Similarity, catalogue
from dashboard import attribution, services
from dashboard.components import navigation
from dashboard.components.phrases import voice
from dashboard.components.story_script import script_of
from dashboard.components.word_panel import cluster_probe
from dashboard.wording import say

__all__ = ["draw_starting_questions", "starting_probes"]


def draw_starting_questions(bundle: Bundle) -> None:
    """A button a question; nothing where the model has no words for any."""
    asked = starting_probes(bundle)
    if not asked:
        return
    st.subheader(say("model.ask"), anchor=False)
    with st.container(gap="small"):
        for at, probe in enumerate(asked):
            value = attribution.resolve(probe, bundle.model).value(bundle.model.centre_vectors)
            st.button(
                voice(probe, value).question,
                key=f"model_ask_{at}",
                icon=":material/format_quote:",
                on_click=navigation.go,
                args=("influence",),
                kwargs={"probe": probe.to_dict(), "document": None, "sentence": None},
            )


def starting_probes(bundle: Bundle) -> list[Probe]:
    """The first probe of the card, or the story's; then of a word its nearest and its place."""
    try:
        script = script_of(bundle)
    except ProbeError:  # no shipped question has words here
        return []
    nearest = services.neighbours(bundle, script.word, 1)["word"]
    similar = [Similarity(script.word, str(word)) for word in nearest]
    return [_of_the_card(bundle) or script.probe, *similar, *_of_a_cluster(bundle, script.word)]


def _of_the_card(bundle: Bundle) -> Probe | None:
    """The shipped probe for which the model was made, of which a sample brings the answer."""
    rows = bundle.card.get("probes")
    first = rows[0] if isinstance(rows, list) and rows else None
    name = first.get("name") if isinstance(first, dict) else None
    return next((e.probe for e in catalogue() if e.probe.name == name), None)


def _of_a_cluster(bundle: Bundle, word: str) -> list[Probe]:
    """Why the word lies where it does, where a map is at hand: no clustering is waited for."""
    if bundle.map is None:
        return []
    grouping = services.clusters(bundle, "")
    row, labels = bundle.model.vocabulary.id(word), grouping[0].labels
    return [cluster_probe(bundle, grouping, row)] if labels[row] >= 0 else []
