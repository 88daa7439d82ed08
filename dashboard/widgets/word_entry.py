"""Words that people type: checked against the vocabulary, and shown as chips."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from markupsafe import Markup

from clif_core.probes import find_row, split_words
from clif_core.sgns.model import Vocabulary
from dashboard.wording import say

__all__ = ["chip", "chips", "draw_unknown", "split_words"]

_MAX_SUGGESTED = 5


def chips(words: Iterable[str], style: str = "", limit: int = 60) -> Markup:
    """Words as HTML chips; ``style`` is "", "x", "y" or "lost"."""
    words = list(words)
    more = f" {say('entry.more', n=len(words) - limit)}" if len(words) > limit else ""
    shown = Markup("").join(chip(word, style) for word in words[:limit])
    return Markup("<div>{}{}</div>").format(shown, more)


def chip(word: str, style: str = "") -> Markup:
    """One word as an HTML chip; ``style`` as for ``chips``."""
    css = f"clif-chip clif-chip-{style}" if style else "clif-chip"
    return Markup('<span class="{}">{}</span>').format(css, word)


def draw_unknown(words: Iterable[str], vocabulary: Vocabulary) -> None:
    """Name the words out of vocabulary, each with its nearest spellings; nothing if none."""
    unknown = [word for word in words if find_row(word, vocabulary) is None]
    if not unknown:
        return
    hints = [_hint(word, vocabulary) for word in unknown[:_MAX_SUGGESTED]]
    if len(unknown) > _MAX_SUGGESTED:
        more = say("entry.more", n=len(unknown) - _MAX_SUGGESTED)
        hints.append(Markup("<li>{}</li>").format(more))
    st.html(
        Markup('<div class="clif-lost"><p>{}</p><ul>{}</ul></div>').format(
            say("entry.lost", n=len(unknown)), Markup("").join(hints)
        )
    )


def _hint(word: str, vocabulary: Vocabulary) -> Markup:
    nearest = ", ".join(vocabulary.suggest(word))
    hint = say("entry.nearest", words=nearest) if nearest else say("entry.no_nearest")
    return Markup("<li>{}{}</li>").format(chip(word, "lost"), hint)
