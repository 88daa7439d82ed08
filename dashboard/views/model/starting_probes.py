"""Suggested probes of a model: one click from the first screen to its sentences."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core.errors import ProbeError
from clif_core.phrases import question_of
from clif_core.probes import Probe, Similarity
from clif_core.sgns.bundle import Bundle
from clif_core.workspace.shipped import shipped_verdict
from dashboard.data import word_geometry
from dashboard.data.scripts import script_of
from dashboard.data.suggested_probes import cluster_probe, value_of
from dashboard.widgets import escape, navigation
from dashboard.wording import say

__all__ = ["draw_starting_probes", "starting_probes"]


def draw_starting_probes(bundle: Bundle) -> None:
    """A button for each probe after the first; nothing where the model knows too few words."""
    probes = starting_probes(bundle)[1:]
    if not probes:
        return
    st.html(Markup('<p class="clif-kicker">{}</p>').format(say("model.ask")))
    with st.container(horizontal=True, gap="small", key="model_questions"):
        for at, probe in enumerate(probes):
            st.button(
                escape.markdown(_question(bundle, probe)),
                key=f"model_ask_{at}",
                type="tertiary",
                icon=":material/format_quote:",
                on_click=navigation.go,
                args=("influence",),
                kwargs={"probe": probe.to_dict(), "document": None, "sentence": None},
            )


def _question(bundle: Bundle, probe: Probe) -> str:
    """It asks *why* only where the model's card says that the probe was detected."""
    return question_of(probe, value_of(bundle, probe), shipped_verdict(bundle.card, probe.name))


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
