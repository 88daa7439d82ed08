"""Escaping for Markdown, which Streamlit reads in captions, labels and buttons.

Words, titles and metadata come from models and texts of strangers. HTML is made by
``markupsafe.Markup.format``, which escapes by itself.
"""

from __future__ import annotations

import re

__all__ = ["markdown"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&])")


def markdown(text: str) -> str:
    """Text on one line with every Markdown sign escaped, Streamlit's ``:colour[...]`` included."""
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))
