"""Words as chips."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from dashboard.wording import say

__all__ = ["chip", "chips"]


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
