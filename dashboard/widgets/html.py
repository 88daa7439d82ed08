"""HTML from templates: every value is escaped, unless it is Markup already."""

from __future__ import annotations

from functools import cache
from uuid import uuid4

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["into_view", "render"]

_INTO_VIEW = Markup("""<script>(() => {{
  const here = document.getElementById("{html_id}");  // of the press {press}: each is a new script
  here?.scrollIntoView({{block: "nearest"}});  // the page moves only as far as it must
}})();</script>""")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("dashboard", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, **values: object) -> Markup:
    """The template ``dashboard/templates/NAME`` with its values; raises for a missing value."""
    return Markup(_environment().get_template(name).render(**values))


def into_view(html_id: str) -> Markup:
    """A script that brings an element into view, for the answer to a press far below or above it.

    ``st.html`` runs it with ``unsafe_allow_javascript``.
    """
    return _INTO_VIEW.format(html_id=html_id, press=uuid4().hex)
