"""Words that people type: split, told apart into known and unknown, and shown as chips."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

import streamlit as st

from clif_core.sgns.model import Vocabulary
from dashboard.wording import say

__all__ = ["chips", "draw_lost", "split_words"]

_SEPARATORS = re.compile(r"[\s,;]+")
_MAX_SUGGESTED = 5


def split_words(text: str) -> tuple[str, ...]:
    """Words separated by spaces, commas, semicolons or lines; the first of equal ones is kept."""
    return tuple(dict.fromkeys(word for word in _SEPARATORS.split(text) if word))


def chips(words: Iterable[str], style: str = "", limit: int = 60) -> str:
    """Words as HTML chips, escaped; ``style`` is "", "x", "y" or "lost"."""
    words = list(words)
    css = f"clif-chip clif-chip-{style}" if style else "clif-chip"
    shown = "".join(f'<span class="{css}">{html.escape(word)}</span>' for word in words[:limit])
    more = f" {say('entry.more', n=len(words) - limit)}" if len(words) > limit else ""
    return f"<div>{shown}{more}</div>"


def draw_lost(words: Iterable[str], vocabulary: Vocabulary) -> None:
    """Name the words that the model lacks, each with its nearest spellings; nothing if none."""
    lost = [word for word in words if word not in vocabulary]
    if not lost:
        return
    hints = []
    for word in lost[:_MAX_SUGGESTED]:
        nearest = ", ".join(html.escape(w) for w in vocabulary.suggest(word))
        hint = say("entry.nearest", words=nearest) if nearest else say("entry.no_nearest")
        hints.append(f'<li><span class="clif-chip clif-chip-lost">{html.escape(word)}</span>{hint}')
    if len(lost) > _MAX_SUGGESTED:
        hints.append(f"<li>{say('entry.more', n=len(lost) - _MAX_SUGGESTED)}")
    st.html(
        f'<div class="clif-lost"><p>{say("entry.lost", n=len(lost))}</p>'
        f"<ul>{'</li>'.join(hints)}</li></ul></div>"
    )
