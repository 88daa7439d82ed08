"""Suggested probes of a model: one click from the first screen to its sentences."""

from __future__ import annotations

import streamlit as st

from clif_core.errors import ProbeError
from clif_core.phrases import voice
from clif_core.probes import Probe, Similarity
from clif_core.sgns.bundle import Bundle
from dashboard.data import attribution, word_geometry
from dashboard.data.story import script_of
from dashboard.data.suggested_probes import cluster_probe
from dashboard.widgets import escape, navigation
from dashboard.wording import say

__all__ = ["draw_starting_probes", "starting_probes"]


def draw_starting_probes(bundle: Bundle) -> None:
    """A button for each probe; nothing where the model knows too few words of all."""
    probes = starting_probes(bundle)
    if not probes:
        return
    st.subheader(say("model.ask"), anchor=False)
    with st.container(gap="small"):
        for at, probe in enumerate(probes):
            value = attribution.resolve(probe, bundle.model).value(bundle.model.centre_vectors)
            st.button(
                escape.markdown(voice(probe, value).question),
                key=f"model_ask_{at}",
                icon=":material/format_quote:",
                on_click=navigation.go,
                args=("influence",),
                kwargs={"probe": probe.to_dict(), "document": None, "sentence": None},
            )


def starting_probes(bundle: Bundle) -> list[Probe]:
    """The story's probe; then the similarity of a word to its nearest, and its cluster."""
    try:
        script = script_of(bundle)
    except ProbeError:  # the model knows too few words of every shipped probe
        return []
    nearest = word_geometry.neighbours(bundle, script.word, 1)["word"]
    similar = [Similarity(script.word, str(word)) for word in nearest]
    return [script.probe, *similar, *_of_a_cluster(bundle, script.word)]


def _of_a_cluster(bundle: Bundle, word: str) -> list[Probe]:
    """The cluster membership of a word, where the bundle has a clustering."""
    if bundle.map is None:
        return []
    grouping = word_geometry.clusters(bundle, "")
    row, labels = bundle.model.vocabulary.id(word), grouping[0].labels
    return [cluster_probe(bundle, grouping, row)] if labels[row] >= 0 else []
