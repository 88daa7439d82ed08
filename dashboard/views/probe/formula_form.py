"""The form of a probe that a person writes as a formula, and the display of its errors."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from clif_core.errors import ClifError
from clif_core.phrases import sentence_case
from clif_core.probes import FUNCTIONS, Formula, Probe
from clif_core.probes.grammar import MAX_LENGTH, respell
from clif_core.sgns.model import Vocabulary
from dashboard.widgets import escape
from dashboard.widgets.notice import show_problem
from dashboard.widgets.word_field import draw_text_field
from dashboard.wording import say

__all__ = ["draw_formula_form", "show_formula_problem"]

_EXAMPLE = "cos(king, queen) - cos(man, woman)"
_MAX_NAME = 100


def draw_formula_form(
    current: Probe | None, tag: str, vocabulary: Vocabulary
) -> Callable[[], Probe]:
    """Draw the fields of a formula; returns the function that makes the probe from them.

    A formula from a file keeps the word sets that it names with @.
    """
    old = current if isinstance(current, Formula) else None
    expression = draw_text_field(
        say("probe.formula"),
        getattr(old, "expression", ""),
        vocabulary,
        _words,
        respell,
        key=f"probe_formula_{tag}",
        height=104,
        max_chars=MAX_LENGTH,
        placeholder=_EXAMPLE,
    )
    name = st.text_input(
        say("probe.formula_name"),
        "" if old is None or old.name == _short(old.expression) else old.name,
        key=f"probe_formula_name_{tag}",
        max_chars=_MAX_NAME,
        help=say("probe.formula_name_help"),
    )
    positive = st.text_input(
        say("probe.positive"),
        getattr(old, "positive", ""),
        key=f"probe_positive_{tag}",
        max_chars=300,
        placeholder=say("probe.positive_hint"),
        help=say("probe.positive_help"),
    )
    sets = {} if old is None else old.sets
    with st.expander(say("probe.formula_how"), icon=":material/function:"):
        st.markdown(_how(sets))

    def build() -> Probe:
        text = expression.strip()
        return Formula(name.strip() or _short(text), text, dict(sets), positive.strip())

    return build


def _words(expression: str) -> tuple[str, ...]:
    """The words of a formula; none while it is not finished."""
    try:
        return Formula("", expression.strip()).words
    except ClifError:
        return ()


def _short(expression: str) -> str:
    """The default name of a formula: the formula itself, on one line."""
    text = " ".join(expression.split())
    return text if len(text) <= _MAX_NAME else text[: _MAX_NAME - 1] + "…"


def _how(sets: dict[str, tuple[str, ...]]) -> str:
    """The syntax of formulas, as Markdown; the names of sets come from links and files."""
    rows = "".join(f"\n| `{name}` | {help_text} |" for name, help_text in FUNCTIONS.items())
    text = f"{say('probe.formula_help')}\n\n| | |\n|:--|:--|{rows}"
    if sets:
        named = ", ".join(escape.markdown(f"@{name}") for name in sets)
        text += f"\n\n{say('probe.formula_sets', sets=named)}"
    return text


def show_formula_problem(message: str, title: str) -> None:
    """An error in a formula; the lines that point at the character keep their columns."""
    said, _, pointed = message.partition("\n")
    show_problem(sentence_case(said), title, html_id="probe-problem")
    if pointed:
        st.code(pointed, language=None)
