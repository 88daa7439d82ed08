"""The text that is edited, to read and to download."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.storage.spreadsheet import to_csv
from dashboard.data.attribution import Answer
from dashboard.data.edits import Choice
from dashboard.widgets.html import render
from dashboard.widgets.save_button import draw_save_button
from dashboard.wording import say

__all__ = ["draw_text"]

_N_READ = 40  # texts shown; the CSV has them all
_MAX_SHOWN = 420  # characters of one text


def draw_text(answer: Answer, choice: Choice, words: phrases.Voice) -> None:
    """The edited text, the strongest first, with a download of all of it."""
    label, is_removed = say("what_if.text_part"), choice.edit.weight == 0
    st.html(Markup('<p class="clif-kicker">{}</p>').format(label))
    n = _n_read(choice)
    shown = phrases.decimals(*map(float, choice.effects[:n]))
    items = [_item(answer, choice, at, words, shown) for at in range(n)]
    st.html(render("edited_text.html", items=items, is_removed=is_removed, label=label))
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_save_button(
            say("what_if.csv"),
            lambda: to_csv(_table(answer, choice)),
            "what_if_text.csv",
            "text/csv",
            "what_if_text_csv",
        )
        if len(choice.order) > n:
            st.caption(say("what_if.list_more", shown=n, total=len(choice.order)))


def _n_read(choice: Choice) -> int:
    return min(len(choice.order), _N_READ)


def _item(
    answer: Answer, choice: Choice, at: int, words: phrases.Voice, shown: int
) -> dict[str, str]:
    title, text = _title_and_text(answer, choice, at)
    effect = float(choice.effects[at])
    return {
        "side": phrases.side_of(effect),
        "effect": phrases.removal(effect, words.noun, shown=shown),
        "text": text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]} …",
        "title": title,
    }


def _title_and_text(answer: Answer, choice: Choice, at: int) -> tuple[str, str]:
    corpus, item = answer.corpus, int(choice.order[at])
    if choice.edit.level == "documents":
        return str(corpus.documents["title"].iloc[item]), str(corpus.documents["text"].iloc[item])
    document = int(corpus.sentences["document"].iloc[item])
    return str(corpus.documents["title"].iloc[document]), corpus.sentence_text(item)


def _table(answer: Answer, choice: Choice) -> pd.DataFrame:
    rows = [_title_and_text(answer, choice, at) for at in range(len(choice.order))]
    return pd.DataFrame(
        {
            choice.edit.level.removesuffix("s"): choice.order,
            "removal_effect": choice.effects,
            "title": [title for title, _ in rows],
            "text": [text for _, text in rows],
        }
    )
