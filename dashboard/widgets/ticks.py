"""Ticking single texts: a table with ticks, and a tick beside a sentence card."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from clif_core.storage.store import make_key
from clif_core.text.corpus import Corpus
from dashboard import state
from dashboard.data import edits
from dashboard.data.attribution import Answer
from dashboard.selection import MAX_TICKED
from dashboard.widgets.table import draw_table
from dashboard.wording import say

__all__ = ["draw_tick", "draw_tick_table", "n_ticked"]

_LEVEL = "what_if_tick_level"


def n_ticked() -> int:
    """How many sentences and documents are ticked."""
    selection = state.current()
    return len(selection.ticked) + len(selection.ticked_documents)


def draw_tick(sentence: int) -> None:
    """A tick beside a sentence; ticked sentences are the text that What if edits."""
    ticked = state.current().ticked
    key = f"tick_{sentence}"

    def change() -> None:
        others = tuple(other for other in state.current().ticked if other != sentence)
        is_on = st.session_state[key]
        state.update(ticked=(*others, sentence)[-MAX_TICKED:] if is_on else others)

    st.checkbox(
        say("what_if.tick"),
        key=state.control(key, sentence in ticked),
        on_change=change,
    )


def draw_tick_table(answer: Answer) -> None:
    """The strongest texts of the current side and all ticked ones, each with a tick."""
    selection = state.current()
    with st.container(horizontal=True, vertical_alignment="center"):
        level = st.segmented_control(
            say("what_if.tick_level"),
            ("sentences", "documents"),
            key=_LEVEL,
            default="sentences",
            format_func=lambda name: say(f"what_if.removal_{name}"),
            required=True,
            label_visibility="collapsed",
        )
        n, m = len(selection.ticked), len(selection.ticked_documents)
        st.caption(say("what_if.ticked_n", n=n, m=m), width="content")
        if n_ticked():
            st.button(
                say("what_if.untick"),
                key="what_if_untick",
                type="tertiary",
                on_click=_untick,
            )
    _draw_table(answer, level or "sentences")


def _untick() -> None:
    state.update(ticked=(), ticked_documents=())
    st.session_state["what_if_tick_fresh"] = st.session_state.get("what_if_tick_fresh", 0) + 1


def _draw_table(answer: Answer, level: str) -> None:
    selection = state.current()
    field = "ticked" if level == "sentences" else "ticked_documents"
    items = edits.candidates(answer, selection, level).tolist()
    chosen = set(getattr(selection, field))
    # Streamlit keeps a table's ticks under its key; the key therefore depends on the rows.
    fresh = st.session_state.get("what_if_tick_fresh", 0)
    name = make_key("ticks", level=level, places=items, fresh=fresh)
    key = f"what_if_ticks_{name[-12:]}"

    def change() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        state.update(**{field: tuple(items[row] for row in rows)[:MAX_TICKED]})

    ticked_rows = [row for row, item in enumerate(items) if item in chosen]
    draw_table(
        _rows(answer, level, items),
        key=key,
        hide_index=True,
        height=320,
        on_select=change,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": ticked_rows}},
        column_config=_columns(),
    )


def _rows(answer: Answer, level: str, items: list[int]) -> pd.DataFrame:
    corpus, influence = answer.corpus, answer.influence
    is_of_documents = level == "documents"
    effects = influence.document_effects if is_of_documents else influence.sentence_effects
    return pd.DataFrame(
        {
            "effect": [float(effects[item]) for item in items],
            "text": [_text(corpus, item, is_of_documents) for item in items],
            "title": [_title(corpus, item, is_of_documents) for item in items],
        }
    )


def _text(corpus: Corpus, item: int, is_document: bool) -> str:
    text = corpus.documents["text"].iloc[item] if is_document else corpus.sentence_text(item)
    return " ".join(str(text)[:300].split())


def _title(corpus: Corpus, item: int, is_document: bool) -> str:
    document = item if is_document else int(corpus.sentences["document"].iloc[item])
    return str(corpus.documents["title"].iloc[document])


def _columns() -> dict[str, Any]:
    return {
        "effect": st.column_config.NumberColumn(
            say("what_if.tick_effect"),
            width=90,
            format="%+.4f",
            help=say("what_if.tick_effect_help"),
        ),
        "text": st.column_config.TextColumn(say("what_if.tick_text"), width="large"),
        "title": st.column_config.TextColumn(say("what_if.tick_title"), width="medium"),
    }
