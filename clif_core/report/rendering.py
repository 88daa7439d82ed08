"""The templates of a report and the one environment that renders them.

Autoescape is on: every value is text unless it is ``Markup``. A name that a template misspells
raises instead of printing nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from clif_core import phrases
from clif_core.report.marks import from_spans
from clif_core.report.sureness import places

__all__ = ["pulls_html", "render", "sureness_html", "through_html"]


def render(template: str, **values: Any) -> Markup:
    """A template of ``report/templates`` with its values, as HTML."""
    return Markup(_ENVIRONMENT.get_template(template).render(values))


def through_html(words: Sequence[str], n_words: int, is_one: bool) -> Markup:
    """``phrases.through`` with its words in bold."""
    pattern = Markup(phrases.through(["{}"] * len(words), int(n_words), is_one))
    return pattern.format(*(Markup("<b>{}</b>").format(word) for word in words))


def pulls_html(pull: Sequence[str] | None, effect: float, noun: str) -> Markup:
    """``phrases.pulls`` with the word and its goal in italics."""
    gaps = None if pull is None else ("{}", "{}")
    pattern = Markup(phrases.pulls(gaps, effect, "{noun}"))
    return pattern.format(*(Markup("<em>{}</em>").format(part) for part in pull or ()), noun=noun)


def sureness_html(told: Mapping[str, Any]) -> Markup:
    """A line on how sure an effect is, from ``report.sureness``."""
    return render("sureness.html", told=told)


def _make_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("clif_core.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "pulls_html": pulls_html,
        "removal": phrases.removal,
        "share": phrases.share,
        "side_of": phrases.side_of,
        "decimals": phrases.decimals,
        "from_spans": from_spans,
        "in_trainings": phrases.in_trainings,
        "likely": phrases.likely,
        "marks": phrases.MARKS,
        "places": places,
        "removed": phrases.REMOVED,
        "removed_in_full": phrases.REMOVED_IN_FULL,
        "standing": phrases.standing,
        "standing_elsewhere": phrases.standing_elsewhere,
        "through_html": through_html,
    }
    environment.filters |= {
        "fixed": phrases.fixed,
        "grouped": "{:,}".format,
        "number": phrases.number,
        "percent": phrases.percent,
        "sentence_case": phrases.sentence_case,
        "signed": phrases.signed,
    }
    return environment


_ENVIRONMENT = _make_environment()
