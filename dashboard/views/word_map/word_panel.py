"""The selected word: search, count, cluster and neighbours."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core.errors import UnknownWordError
from clif_core.probes import complete, match, split_words
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import Vocabulary
from dashboard import state
from dashboard.data import word_geometry
from dashboard.data.word_geometry import name_of_cluster
from dashboard.widgets.escape import markdown
from dashboard.widgets.notice import show_empty, show_problem
from dashboard.widgets.table import draw_table
from dashboard.wording import say

__all__ = ["draw_search", "draw_unknown_word", "draw_word_panel", "take_typed"]

_LONGEST = 200  # characters that are typed


def draw_search(vocabulary: Vocabulary) -> None:
    """The search box beside the simple map; the living map has its own."""
    st.text_input(
        say("map.search"),
        key=state.control("map_search", state.current().word),
        on_change=_searched,
        args=(vocabulary,),
        placeholder=say("map.search_hint"),
        type="search",
        icon=":material/search:",
        label_visibility="collapsed",
    )


def draw_unknown_word(bundle: Bundle) -> None:
    """For an out-of-vocabulary word, the nearest spellings; nothing for others.

    Of several that were typed together, the first that the model lacks.
    """
    word, vocabulary = state.current().word, bundle.model.vocabulary
    if not word or word in vocabulary:
        return
    parts = split_words(word)
    lost = [part for part in parts if match(part, vocabulary).word is None]
    unknown = lost[0] if lost and len(parts) > 1 else word
    nearest = complete(unknown, vocabulary, 5)
    show_problem(str(UnknownWordError(unknown, bundle.model.n_words)), say("map.unknown_title"))
    if nearest:
        st.pills(
            say("map.did_you_mean"),
            nearest,
            key="map_suggested",
            format_func=markdown,
            on_change=_suggested,
            args=(word, unknown, vocabulary),
        )


def _searched(vocabulary: Vocabulary) -> None:
    take_typed(st.session_state["map_search"], vocabulary)


def take_typed(typed: str, vocabulary: Vocabulary) -> None:
    """Pick the word that was typed, in whatever spelling, or the only one that it can be.

    Several words, with blanks or commas between them, are picked together.
    """
    typed = typed.strip()[:_LONGEST]
    found = match(typed, vocabulary)
    parts = match(" ".join(split_words(typed)), vocabulary)  # of which each comes once
    if found.word is None and parts.are_parts:
        state.update(word="", words=parts.offers, set_name="")
    else:
        only = complete(typed, vocabulary, 2)
        state.update(word=found.word or (only[0] if len(only) == 1 else typed), words=())
    st.session_state["map_panel"] = "why"


def _suggested(typed: str, unknown: str, vocabulary: Vocabulary) -> None:
    taken = st.session_state["map_suggested"] or unknown
    take_typed(typed.replace(unknown, taken), vocabulary)


def draw_word_panel(bundle: Bundle, grouping: word_geometry.Grouping) -> None:
    """Facts and neighbours of the selected word."""
    word = state.current().word
    if word not in bundle.model.vocabulary:
        if not word:
            show_empty(say("map.no_word_title"), say("map.no_word"))
        return
    clustering, names = grouping
    row, counts = bundle.model.vocabulary.id(word), bundle.model.vocabulary.counts
    cluster = int(clustering.labels[row])
    facts = say(
        "map.word_facts" if counts.any() else "map.word_facts_uncounted",
        count=int(counts[row]),
        rank=row + 1,
        cluster=name_of_cluster(names, cluster),
    )
    st.html(Markup('<h2 class="clif-word">{}</h2><p class="clif-lead">{}</p>').format(word, facts))
    words = state.current().words
    if word not in words:
        st.button(
            say("map.add_to_set"),
            key="map_add",
            on_click=lambda: state.update(words=(*words, word)),
        )
    _draw_neighbours(bundle, word)


def _draw_neighbours(bundle: Bundle, word: str) -> None:
    frame = word_geometry.neighbours(bundle, word)

    def picked() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows:
            state.update(word=str(frame["word"].iloc[rows[0]]), words=())

    key = f"map_neighbours_{word}"
    draw_table(
        frame,
        hide_index=True,
        key=key,
        on_select=picked,
        selection_mode="single-row",
        height=35 * (len(frame) + 1) + 3,
        alt=say("map.neighbours_alt", word=markdown(word)),
        column_config={
            "word": st.column_config.TextColumn(say("map.column_word")),
            "cosine": st.column_config.ProgressColumn(
                say("map.column_cosine"),
                help=say("map.column_cosine_help"),
                min_value=0.0,
                max_value=1.0,
                format="%.2f",
                color="gray",
            ),
            "count": st.column_config.NumberColumn(say("map.column_count"), format="localized"),
        },
    )
