"""The questions that a model is offered with: one click from the first screen to its sentences."""

from __future__ import annotations

import streamlit as st

from clif_core.errors import ProbeError
from clif_core.phrases import voice
from clif_core.probes import Probe, Similarity
from clif_core.sgns.bundle import Bundle
from dashboard.data import attribution, services
from dashboard.data.questions import cluster_probe
from dashboard.data.story import script_of
from dashboard.widgets import navigation
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
    """The story's probe; then, of a word, why its nearest is near and why it lies where it does."""
    try:
        script = script_of(bundle)
    except ProbeError:  # no shipped question has words here
        return []
    nearest = services.neighbours(bundle, script.word, 1)["word"]
    similar = [Similarity(script.word, str(word)) for word in nearest]
    return [script.probe, *similar, *_of_a_cluster(bundle, script.word)]


def _of_a_cluster(bundle: Bundle, word: str) -> list[Probe]:
    """Why the word lies where it does, where a map is at hand: no clustering is waited for."""
    if bundle.map is None:
        return []
    grouping = services.clusters(bundle, "")
    row, labels = bundle.model.vocabulary.id(word), grouping[0].labels
    return [cluster_probe(bundle, grouping, row)] if labels[row] >= 0 else []
