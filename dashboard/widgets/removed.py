"""What "removed" means, where the numbers stand: one line, and the rest one click further."""

from __future__ import annotations

from markupsafe import Markup

from clif_core import phrases

__all__ = ["removed_html"]


def removed_html(more: Markup = Markup("")) -> Markup:  # noqa: B008 - Markup is immutable
    """The line; a click opens what is held fixed, and ``more``."""
    return Markup('<details class="clif-means"><summary>{}</summary><p>{}</p>{}</details>').format(
        phrases.REMOVED, phrases.REMOVED_IN_FULL, more
    )
