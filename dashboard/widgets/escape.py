"""Words of a model are a stranger's text: escaped wherever Streamlit reads Markdown."""

from __future__ import annotations

import re

__all__ = ["markdown"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&])")


def markdown(text: str) -> str:
    """Text with every Markdown sign (and Streamlit's ``:colour[...]``) made harmless."""
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))
