"""Which text is edited: the line of controls, and the words for the choice."""

from __future__ import annotations

from typing import get_args

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.text.filters import metadata_columns, metadata_values
from dashboard import state
from dashboard.data import attribution
from dashboard.data.attribution import Answer
from dashboard.data.edits import Choice, side_of
from dashboard.selection import REMOVAL_SIZES, REMOVAL_WEIGHTS, Removal, Selection
from dashboard.widgets import escape
from dashboard.widgets.estimator_words import in_sentence, label_of
from dashboard.widgets.late_popover import late_popover
from dashboard.widgets.removed import removed_html
from dashboard.widgets.ticks import draw_tick_table, n_ticked
from dashboard.wording import say

__all__ = ["describe", "draw_choice"]


def describe(answer: Answer, words: phrases.Voice, selection: Selection) -> str:
    """The chosen text in plain words: ``the 100 sentences that raise the bias most``."""
    corpus, kind = answer.corpus, selection.removal
    if kind in ("sentences", "documents"):
        do = words.does(
            "raises" if side_of(selection, words) == "lowers" else "lowers", is_many=True
        )
        return say(f"what_if.what_{kind}", n=f"{selection.removal_size:,}", do=do)
    if kind == "ticked":
        return _describe_ticked(answer, selection)
    if kind == "group":
        return say("what_if.what_group", value=selection.removal_value)
    document = selection.document
    if kind == "sentence" and selection.sentence is not None:
        document = int(corpus.sentences["document"].iloc[selection.sentence])
    return say(f"what_if.what_{kind}", title=str(corpus.documents["title"].iloc[document or 0]))


def _describe_ticked(answer: Answer, selection: Selection) -> str:
    """``3 ticked sentences and one ticked document``, counting those that the text has."""
    corpus = answer.corpus
    n = sum(sentence < corpus.n_sentences for sentence in selection.ticked)
    m = sum(document < corpus.n_documents for document in selection.ticked_documents)
    parts = [say(f"what_if.ticked_sentence{'s' * (n != 1)}", n=n)] if n else []
    parts += [say(f"what_if.ticked_document{'s' * (m != 1)}", n=m)] if m else []
    return say("what_if.what_ticked", what=say("what_if.and").join(parts))


def draw_choice(answer: Answer, words: phrases.Voice, choice: Choice | None) -> None:
    """The line of controls, and how much text is chosen."""
    selection = state.current()
    with st.container(horizontal=True, vertical_alignment="center", key="what_if_controls"):
        st.segmented_control(
            say("what_if.removal"),
            _offered(selection),
            key=state.control("what_if_removal", selection.removal),
            format_func=lambda name: (
                say("what_if.removal_ticked_n", n=n_ticked())
                if name == "ticked" and n_ticked()
                else say(f"what_if.removal_{name}")
            ),
            required=True,
            on_change=lambda: state.update(removal=st.session_state["what_if_removal"]),
            help=say("what_if.removal_help"),
            label_visibility="collapsed",
        )
        if selection.removal in ("sentences", "documents"):
            _draw_strongest(words, selection)
        elif selection.removal == "ticked":
            _draw_side(words, selection)
        elif selection.removal == "group":
            _draw_group(answer, selection)
        _draw_how(answer, selection)
    if selection.removal == "ticked":
        draw_tick_table(answer)
    if choice is not None:
        _draw_size(answer, choice)


def _offered(selection: Selection) -> list[Removal]:
    """The kinds of text; the open document and sentence only where one is open."""
    is_open = {
        "document": selection.document is not None,
        "sentence": selection.sentence is not None,
    }
    return [k for k in get_args(Removal) if is_open.get(k, True) or k == selection.removal]


def _draw_side(words: phrases.Voice, selection: Selection) -> None:
    headings = {"lowers": words.raising, "raises": words.lowering}
    st.segmented_control(
        say("what_if.side"),
        list(headings)[:: -1 if words.is_lowering_first else 1],
        key=state.control("what_if_side", side_of(selection, words)),
        format_func=lambda side: escape.markdown(headings[side]),
        required=True,
        on_change=lambda: state.update(removal_side=st.session_state["what_if_side"]),
        label_visibility="collapsed",
    )


def _draw_strongest(words: phrases.Voice, selection: Selection) -> None:
    _draw_side(words, selection)
    st.segmented_control(
        say("what_if.size"),
        REMOVAL_SIZES,
        key=state.control("what_if_size", selection.removal_size),
        required=True,
        on_change=lambda: state.update(removal_size=st.session_state["what_if_size"]),
        help=say("what_if.size_help"),
        label_visibility="collapsed",
    )


def _draw_how(answer: Answer, selection: Selection) -> None:
    """The weight of the text, and the estimate that orders it."""
    label = say(f"what_if.weight_{_WEIGHT_NAMES[selection.removal_weight]}")
    opened = late_popover(label, ":material/tune:", "what_if_how")
    if opened is None:
        return
    with opened:
        st.radio(
            say("what_if.weight"),
            REMOVAL_WEIGHTS,
            key=state.control("what_if_weight", selection.removal_weight),
            format_func=lambda weight: say(f"what_if.weight_{_WEIGHT_NAMES[weight]}"),
            captions=[say(f"what_if.weight_{n}_help") for n in _WEIGHT_NAMES.values()],
            on_change=lambda: state.update(removal_weight=st.session_state["what_if_weight"]),
        )
        ready = _ready_estimators(answer)
        chosen = selection.estimator if selection.estimator in ready else attribution.BEST
        st.radio(
            say("what_if.estimator"),
            ready,
            key=state.control("what_if_estimator", chosen),
            format_func=label_of,
            on_change=lambda: state.update(
                estimator=st.session_state["what_if_estimator"], damping=None
            ),
            help=say("what_if.estimator_help"),
        )


_WEIGHT_NAMES = dict(zip(REMOVAL_WEIGHTS, ("without", "half", "twice"), strict=True))


def _ready_estimators(answer: Answer) -> list[str]:
    """Those that cost no wait: the quick ones, and those whose answer is cached."""
    engine, resolved = answer.engine, answer.resolved
    return [
        name
        for name in attribution.ESTIMATORS
        if name in attribution.QUICK
        or attribution.answer(engine, resolved, name, None, is_computed=False) is not None
    ]


def _draw_group(answer: Answer, selection: Selection) -> None:
    columns = metadata_columns(answer.corpus)
    chosen = selection.group if selection.group in columns else None
    st.selectbox(
        say("what_if.group"),
        columns,
        key=state.control("what_if_group", chosen),
        index=None,
        format_func=lambda name: name.replace("_", " "),
        placeholder=say("what_if.group"),
        on_change=lambda: state.update(
            group=st.session_state["what_if_group"] or "", removal_value=""
        ),
        label_visibility="collapsed",
        width=180,
    )
    if chosen is not None:
        values = metadata_values(answer.corpus, chosen)
        value = selection.removal_value if selection.removal_value in values else None
        st.selectbox(
            say("what_if.value"),
            values,
            key=state.control("what_if_value", value),
            index=None,
            placeholder=say("what_if.pick"),
            on_change=lambda: state.update(removal_value=st.session_state["what_if_value"] or ""),
            label_visibility="collapsed",
            width=300,
        )


def _chosen_by(answer: Answer) -> str:
    """Which estimate put the texts in order, and whether it speaks of the text or one training."""
    name = in_sentence(answer.influence.estimator)
    if answer.n_runs:
        return say("what_if.chosen_by_runs", name=name, n=answer.n_runs)
    return say("what_if.chosen_by", name=name)


def _draw_size(answer: Answer, choice: Choice) -> None:
    size = say(
        "what_if.size_note",
        n=choice.n_tokens,
        total=choice.n_tokens_text,
        percent=phrases.number(100 * choice.n_tokens / choice.n_tokens_text),
    )
    note = Markup('<p class="clif-certificate">{} {}</p>{}')
    st.html(note.format(size, _chosen_by(answer), removed_html()))
