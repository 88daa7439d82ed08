"""A model's card: what it is, how it was trained, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from clif_core.errors import InputError
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.token_rule import TokenRule
from dashboard.views.model.facts import draw_facts
from dashboard.widgets.html import render
from dashboard.wording import say

__all__ = ["draw_abilities", "draw_model_card", "neighbour_test"]

_TESTS = {"wordsim353": "WordSim-353", "simlex999": "SimLex-999", "analogies": "Analogies"}


def draw_model_card(bundle: Bundle) -> None:
    """Text, quality and history on the left, training settings on the right."""
    card, model = bundle.card, bundle.model
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(say("model.about"), anchor=False)
        draw_facts(_about(bundle))
        _draw_quality(card.get("quality") or {})
        _draw_history(card.get("history"))
    with right:
        st.subheader(say("model.training"), anchor=False)
        if model.settings is None:
            st.caption(say("model.no_settings"))
        else:
            draw_facts(_training(model.settings))


def _about(bundle: Bundle) -> Iterator[tuple[str, str]]:
    card, model = bundle.card, bundle.model
    corpus = card.get("corpus") or {}
    yield say("model.fact_words"), f"{model.n_words:,}"
    yield say("model.fact_dim"), f"{model.dim}"
    yield say("model.fact_text"), str(corpus.get("title") or corpus.get("name") or "")
    yield say("model.fact_source"), str(corpus.get("source") or "")
    yield say("model.fact_tokens"), _token_rule(corpus)
    yield say("model.fact_licence"), str(card.get("licence") or "")
    others = ", ".join(str(seed) for seed in model.other_seeds)
    yield say("model.fact_seeds"), others
    yield say("model.fact_hash"), model.content_hash
    yield say("model.fact_corpus_hash"), model.corpus_hash or ""
    for line in card.get("found") or ():
        yield say("model.fact_found"), str(line)
    for note in card.get("notes") or ():
        yield say("model.fact_note"), str(note)


def _token_rule(corpus: Mapping[str, Any]) -> str:
    """How the model's text was parted into words; empty where its card does not say."""
    try:
        return TokenRule.from_dict(corpus["token_rule"]).sentence
    except (KeyError, TypeError, InputError):
        return ""


def _training(settings: TrainingSettings) -> Iterator[tuple[str, str]]:
    yield (
        say("model.set_window"),
        say("model.set_window_value", n=settings.window, unit=settings.unit),
    )
    yield say("model.set_epochs"), f"{settings.epochs}"
    yield say("model.set_min_count"), f"{settings.min_count}"
    yield say("model.set_negatives"), f"{settings.n_negatives}"
    yield say("model.set_subsampling"), f"{settings.subsampling_threshold:g}"
    yield say("model.set_rate"), f"{settings.learning_rate:g}"
    yield say("model.set_start"), f"\u00b1{settings.start_range:g}/{settings.dim}"
    yield say("model.set_seed"), f"{settings.seed}"
    yield say("model.set_backend"), settings.backend


def _draw_quality(quality: Mapping[str, Any]) -> None:
    """The quality figures of the card, known kinds in words."""
    facts = [(_TESTS.get(name, str(name)), _figure(value)) for name, value in quality.items()]
    if any(text for _, text in facts):
        st.markdown(f"**{say('model.quality')}**", help=say("model.quality_help"))
        draw_facts(facts)


def _figure(value: Any) -> str:
    """A quality figure in words; empty for a kind without a wording."""
    if isinstance(value, int | float):
        return f"{value:.3g}"
    if not isinstance(value, Mapping):
        return str(value)[:200]
    try:
        if "spearman" in value:
            return say("model.quality_similarity", **value)
        return say("model.quality_analogies", **value)
    except (KeyError, ValueError):
        return ""


def _draw_history(history: Any) -> None:
    """Changes of the vectors after their training, oldest first."""
    known = history if isinstance(history, list) else []
    steps = [step for step in known if isinstance(step, Mapping)]
    facts = [(_step_name(step), _step(step)) for step in steps]
    if facts:
        st.markdown(f"**{say('model.history')}**", help=say("model.history_help"))
        draw_facts(facts)


def _step_name(step: Mapping[str, Any]) -> str:
    return say("model.step", method=step.get("method", "–"), about=step.get("about", "–"))


def _step(step: Mapping[str, Any]) -> str:
    parts = [say("model.step_of", name=step["of"])] if "of" in step else []
    return " ".join([*parts, neighbour_test(step)]).strip() or "–"


def neighbour_test(step: Mapping[str, Any]) -> str:
    """The neighbour test before and after a debiasing, in words; empty where the card has none."""
    before, after = step.get("neighbour_test_before"), step.get("neighbour_test_after")
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return ""
    return say("debias.test", before=100 * before, after=100 * after)


def draw_abilities(bundle: Bundle, has_corpus: bool) -> None:
    """What can be done with this model, and what is missing for the rest."""
    model = bundle.model
    missing = [
        reason
        for is_missing, reason in (
            (model.context_vectors is None, say("model.lacks_context")),
            (model.settings is None, say("model.lacks_settings")),
            (not has_corpus, say("model.lacks_text")),
        )
        if is_missing
    ]
    lines = [(True, say("model.can_explore")), (True, say("model.can_probe"))]
    lines.append((not missing, say("model.can_trace")))
    st.html(render("model_abilities.html", lines=lines, missing=missing))
