"""The first screen's one question: what is found, the sentences behind it, and the proof."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.probes import Probe, Weat
from clif_core.sgns.bundle import Bundle
from clif_core.workspace.shipped import shipped_verdict
from clif_core.workspace.shipped_removals import load_removal
from clif_core.workspace.workspace import CatalogueEntry
from dashboard.data.suggested_probes import value_of
from dashboard.views.model.first_sentences import draw_first_sentences
from dashboard.views.model.picker import draw_text_fetcher
from dashboard.widgets import navigation
from dashboard.widgets.html import render
from dashboard.widgets.notice import guard
from dashboard.wording import say

__all__ = ["draw_first_question"]


def draw_first_question(bundle: Bundle, entry: CatalogueEntry, probe: Weat) -> None:
    """The question and its number on the left, the strongest sentences on the right."""
    value = value_of(bundle, probe)
    words = phrases.voice(probe, value)
    verdict = shipped_verdict(bundle.card, probe.name)
    with st.container(key="first_question"):
        left, right = st.columns([5, 7], gap="large")
    with left:
        st.html(_finding_html(bundle, probe, value, verdict))
        if navigation.has_view("influence"):
            st.button(
                say("model.to_sentences"),
                type="primary",
                key="model_to_sentences",
                icon=":material/format_quote:",
                on_click=navigation.go,
                args=("influence",),
                kwargs={"probe": probe.to_dict(), "document": None, "sentence": None},
            )
    with right, guard():
        if entry.has_corpus:
            draw_first_sentences(bundle.model, probe, words)
        else:
            st.html(Markup('<p class="clif-small">{}</p>').format(say("model.no_sentences")))
            draw_text_fetcher(entry)


def _finding_html(bundle: Bundle, probe: Weat, value: float, verdict: str | None) -> Markup:
    """``verdict``: of the model's card; without one nothing is claimed, which was not tested."""
    x, y = probe.label_x, probe.label_y
    towards = probe.label_a if value > 0 else probe.label_b
    removal = load_removal(bundle.card, bundle.model, probe.key, "text")
    proof = ""
    if removal is not None:
        n_random = len(removal.random)
        proof = say(
            "model.proof",
            n=len(removal.edit.items),
            before=phrases.fixed(removal.before[0]),
            after=phrases.fixed(removal.after[0]),
            random=phrases.fixed(sum(removal.random) / n_random) if n_random else "–",
        )
    return render(
        "first_question.html",
        kicker=say("model.one_question", title=bundle.card.get("title") or bundle.model.name),
        question=phrases.question_of(probe, value, verdict),
        value=phrases.number(value, 3),
        means=say(
            "model.value_untested" if verdict is None else "model.value_means",
            x=x if verdict is None else phrases.sentence_case(x),
            y=y,
            a=towards,
        ),
        seeds=" ".join(filter(None, (_over_seeds(bundle, probe), _lost(bundle, probe)))),
        proof=proof,
    )


def _lost(bundle: Bundle, probe: Weat) -> str:
    """How many words of the question the model lacks; "" where it has all."""
    n = len(probe.resolve(bundle.model.vocabulary).out_of_vocabulary)
    total = sum(len(found.words) for found in probe.named_sets)
    return say("model.value_lost", n=n, total=total) if n else ""


def _over_seeds(bundle: Bundle, probe: Probe) -> str:
    """The range of the value over the trainings on the card; empty where it names none."""
    rows = bundle.card.get("probes") or []
    row = next((r for r in rows if isinstance(r, dict) and r.get("name") == probe.name), {})
    values = [seed.get("difference") for seed in row.get("by_seed") or []]
    known = [value for value in values if isinstance(value, float)]
    if len(known) < 2:
        return ""
    low, high = phrases.together(min(known), max(known))
    return say("model.value_seeds", n=len(known), low=low, high=high)
