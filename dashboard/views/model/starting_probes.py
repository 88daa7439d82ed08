"""Suggested probes of a model: one click from the first screen to its sentences."""

from __future__ import annotations

import streamlit as st

from clif_core.errors import ProbeError
from clif_core.phrases import voice
from clif_core.probes import Probe, Similarity, Weat
from clif_core.sgns.bundle import Bundle
from clif_core.workspace.shipped import shipped_value
from dashboard.data import word_geometry
from dashboard.data.scripts import script_of
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
            st.button(
                escape.markdown(voice(probe, _value(bundle, probe)).question),
                key=f"model_ask_{at}",
                icon=":material/format_quote:",
                on_click=navigation.go,
                args=("influence",),
                kwargs={"probe": probe.to_dict(), "document": None, "sentence": None},
            )


def _value(bundle: Bundle, probe: Probe) -> float:
    """The value of a WEAT, whose question depends on its sign; 0 for the other families.

    A sample brings the value of its first probe, so its first page computes none (and needs no
    torch, which takes a second and a half to import).
    """
    if not isinstance(probe, Weat):
        return 0.0
    model = bundle.model
    shipped = shipped_value(bundle.card, model.content_hash, probe.key)
    if shipped is not None:
        return shipped
    return probe.resolve(model.vocabulary).value(model.centre_vectors)


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
