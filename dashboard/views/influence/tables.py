"""An influence by document, by metadata group, by word pair, and its spread over sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.measurement.over_runs import HOLDS_RUNS
from clif_core.text.filters import metadata_columns
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.influence import spread_figure, strongest_both_ways
from dashboard.data import attribution
from dashboard.data.attribution import Answer
from dashboard.widgets import escape
from dashboard.widgets.bars import effect_bars
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["draw_documents", "draw_groups", "draw_pairs", "draw_spread"]

_N_BARS = 12  # each way
_FEWEST_TOKENS = 200  # for a figure per 1,000 words
_SCALES = ("effect", "effect_per_1000")


def draw_documents(answer: Answer, words: phrases.Voice) -> None:
    """The documents whose removal would change the probe most; a bar opens its document."""
    scale = _pick_scale("documents")
    bars = answer.bars(answer.documents, "title")
    shown = strongest_both_ways(_enough(_holding(bars), scale), scale, _N_BARS)
    st.caption(_with_marks(say("influence.documents_note"), bars))
    _draw_none_holds(shown)
    figure = _bars(shown, scale, words)

    def open_document() -> None:
        bar = _clicked("influence_documents_chart")
        if bar is not None:
            document = int(shown["row"].iloc[bar])
            state.update(document=document, sentence=None)

    _draw_bars(figure, "influence_documents_chart", open_document)
    options = shown["row"].tolist()
    st.selectbox(
        say("influence.open_document"),
        answer.documents["document"].tolist() if len(answer.documents) < 5_000 else options,
        index=None,
        key="influence_open_document",
        format_func=lambda d: str(answer.corpus.documents["title"].iloc[d]),
        on_change=_open_picked,
        placeholder=say("influence.open_placeholder"),
    )
    draw_chart_table(lambda: answer.documents.sort_values("effect"), "influence_documents", figure)


def _open_picked() -> None:
    picked = st.session_state["influence_open_document"]
    if picked is not None:
        state.update(document=int(picked), sentence=None)


def draw_groups(answer: Answer, words: phrases.Voice) -> None:
    """Effects summed by a metadata column; a bar narrows the sentences to its group."""
    columns = metadata_columns(answer.corpus)
    if not columns:
        st.caption(say("influence.no_groups"))
        return
    wanted = state.current().group
    column = wanted if wanted in columns else columns[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            say("influence.group"),
            columns,
            key=state.control("influence_group", column),
            format_func=lambda name: escape.markdown(name.replace("_", " ").capitalize()),
            required=True,
            on_change=lambda: state.update(group=st.session_state["influence_group"]),
        )
        scale = _pick_scale("groups")
    table = answer.roll_up(column)
    bars = answer.bars(table, column)
    shown = strongest_both_ways(_enough(_holding(bars), scale), scale, _N_BARS)
    st.caption(_with_marks(say("influence.groups_note"), bars))
    _draw_none_holds(shown)
    figure = _bars(shown, scale, words)

    def narrow() -> None:
        bar = _clicked("influence_groups_chart")
        if bar is not None:
            value = str(shown["name"].iloc[bar])
            state.update(level="sentences", only_column=column, only_value=value)

    _draw_bars(figure, "influence_groups_chart", narrow)
    draw_chart_table(table, f"influence_by_{column}", figure)


def draw_pairs(answer: Answer, words: phrases.Voice) -> None:
    """The word pairs that carry the probe; a bar searches for the sentences that hold both.

    A training's derivative has no effects of pairs; the quick estimate's are shown instead. With
    the trainings of an ensemble a bar is the effect of the sentences that hold both words, which
    they can judge.
    """
    is_over_runs = answer.n_runs > 0
    if is_over_runs:
        table, column = answer.pairs_over_runs(_by_quick_estimate(answer).pairs), "sentences_effect"
    else:
        if not answer.has_pairs:
            st.caption(say("influence.pairs_by_quick"))
            answer = _by_quick_estimate(answer)
        table, column = answer.pairs, "effect"
    shown = strongest_both_ways(_holding(table), column, _N_BARS)
    labels = (shown["centre"] + " · " + shown["context_word"]).tolist()
    effects = [phrases.removal(float(effect), words.noun) for effect in shown[column]]
    details = [
        say("influence.pair_detail", effect=effect, weight=f"{weight:,.0f}")
        for effect, weight in zip(effects, shown["weight"], strict=True)
    ]
    figure = effect_bars(labels, shown, column, details, _axis_title(words))
    _draw_none_holds(shown)
    note = "influence.pairs_over_runs" if is_over_runs else "influence.pairs_note"
    st.caption(_with_marks(say(note, n=answer.n_runs), table))

    def search() -> None:
        bar = _clicked("influence_pairs_chart")
        if bar is not None:
            row = shown.iloc[bar]
            state.update(level="sentences", search=f"{row['centre']} {row['context_word']}")

    _draw_bars(figure, "influence_pairs_chart", search)
    draw_chart_table(table, "influence_pairs", figure)


def _by_quick_estimate(found: Answer) -> Answer:
    quick = attribution.answer(found.engine, found.resolved, "block", None, is_computed=True)
    assert quick is not None
    return quick


def draw_spread(answer: Answer, words: phrases.Voice) -> None:
    """How the effects spread over the sentences, and the share that the strongest hold."""
    effects = answer.influence.sentence_effects
    sizes = np.sort(np.abs(effects))[::-1]
    total = float(sizes.sum()) or 1.0
    n_any = int((sizes > 0).sum())
    ranks = [n for n in (10, 100, 1_000, 10_000) if n < n_any]
    shares = ", ".join(
        say("influence.spread_share", n=n, share=phrases.percent(float(sizes[:n].sum()) / total))
        for n in ranks
    )
    lead = say("influence.spread_lead", n=n_any, total=len(sizes))
    st.html(Markup('<p class="clif-lead">{}</p>').format(lead))
    if answer.holding is not None:
        n_holding = int(answer.holding.sum())
        st.caption(say("influence.spread_holding", n=n_holding, runs=answer.n_runs))
    if shares:
        st.caption(say("influence.spread_shares", shares=shares))
    figure = spread_figure(effects, _axis_title(words), current_palette())
    config = {**CONFIG, "scrollZoom": False}
    alt = say("influence.spread_alt")
    st.plotly_chart(figure, theme=None, key="influence_spread_chart", alt=alt, config=config)
    by_rank = pd.DataFrame(
        {"strongest_sentences": ranks, "share": [float(sizes[:n].sum()) / total for n in ranks]}
    )
    draw_chart_table(by_rank, "influence_spread", figure)


# --- bars


def _pick_scale(name: str) -> str:
    picked = st.segmented_control(
        say("influence.scale"),
        _SCALES,
        default="effect",
        key=f"influence_scale_{name}",
        format_func=lambda scale: say(f"influence.scale_{scale}"),
        required=True,
        help=say("influence.scale_help", fewest=_FEWEST_TOKENS),
    )
    return picked or "effect"


def _enough(table: pd.DataFrame, scale: str) -> pd.DataFrame:
    """Without the groups that are too small for a figure per 1,000 words."""
    return table if scale == "effect" else table[table["n_tokens"] >= _FEWEST_TOKENS]


def _bars(shown: pd.DataFrame, scale: str, words: phrases.Voice) -> go.Figure:
    labels = [name if name.strip() else say("influence.nameless") for name in shown["name"]]
    details = [
        say("influence.bar_detail", effect=phrases.removal(float(effect), words.noun), n=int(n))
        for effect, n in zip(shown["effect"], shown["n_tokens"], strict=True)
    ]
    return effect_bars(labels, shown, scale, details, _axis_title(words, scale))


def _holding(table: pd.DataFrame) -> pd.DataFrame:
    """Only what holds, where that is asked and trainings can tell."""
    if not state.current().only_holding or not _can_tell(table):
        return table
    return table[table["holds"]]


def _can_tell(table: pd.DataFrame) -> bool:
    return "holds" in table and bool((table["n_runs"] >= HOLDS_RUNS).all())


def _with_marks(note: str, table: pd.DataFrame) -> str:
    """The note, and how many rows hold and what the marks mean where trainings can tell."""
    if not _can_tell(table) or table.empty:
        return note
    n_runs, n = int(table["n_runs"].iloc[0]), int(table["holds"].sum())
    return f"{note} {say('influence.n_hold', n=n, total=len(table), runs=n_runs)}"


def _draw_none_holds(shown: pd.DataFrame) -> None:
    if shown.empty and state.current().only_holding:
        st.caption(say("influence.none_holds"))


def _axis_title(words: phrases.Voice, scale: str = "effect") -> str:
    name = "axis" if scale == "effect" else "axis_per_1000"
    return say(f"influence.{name}", noun=phrases.sentence_case(words.noun))


def _draw_bars(figure: go.Figure, key: str, on_select: Any) -> None:
    st.plotly_chart(
        figure,
        theme=None,
        key=key,
        on_select=on_select,
        selection_mode="points",
        alt=say("influence.bars_alt"),
        config={**CONFIG, "scrollZoom": False, "displayModeBar": False},
    )


def _clicked(key: str) -> int | None:
    """The index of the bar that was clicked."""
    points = st.session_state[key]["selection"]["points"]
    if not points:
        return None
    return int(points[0]["point_index"])
