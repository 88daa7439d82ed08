"""The sentences of an influence as one page that opens anywhere, without script or network."""

from __future__ import annotations

from typing import Literal

from markupsafe import Markup

from clif_core import phrases
from clif_core.influence.estimators import find_estimator
from clif_core.sgns.bundle import Bundle
from dashboard.charts.palette import LIGHT
from dashboard.data.attribution import Answer, Bools, beside
from dashboard.views.influence.question import value_in_trainings
from dashboard.widgets.sentence_card import card_html, make_card, sure_line
from dashboard.widgets.theme import STYLE
from dashboard.wording import say

__all__ = ["page_html", "stand_in_note"]

_PAGE_STYLE = Markup("""
body { font: 16px/1.5 "Source Sans 3", system-ui, sans-serif; background: var(--clif-paper);
  color: var(--clif-ink); max-width: 1200px; margin: 2rem auto; padding: 0 1.5rem; }
h1, h2 { font-family: "Source Serif 4", Georgia, serif; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 2.5rem; }
@media (max-width: 800px) { .columns { grid-template-columns: 1fr; } }
""")
_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    "<style>{style}</style></head><body><h1>{title}</h1><p>{about}</p><p>{removed}</p><p>{warning}</p>"
    '<div class="columns">{columns}</div></body></html>'
)


def stand_in_note(answer: Answer, bundle: Bundle) -> str:
    """What stands in for what the model came without, and how far to trust the answer then."""
    is_of_runs = find_estimator(answer.influence.estimator).is_of_runs
    said = [phrases.FITTED] if bundle.has_fitted_contexts and not is_of_runs else []
    said += [phrases.ASSUMED] if bundle.has_assumed_settings else []
    return " ".join(said)


def page_html(
    answer: Answer, n: int, among: Bools | None, question: str = "", note: str = ""
) -> Markup:
    """The n strongest sentences each way with the question, the value and how it was computed.

    ``question`` empty: one that presupposes no verdict. ``note``: what else the reader must know.
    """
    influence, probe = answer.influence, answer.resolved.probe
    words = phrases.voice(probe, influence.probe_value)
    about = say(
        "influence.page_about",
        model=answer.engine.model.name,
        corpus=answer.corpus.name,
        corpus_hash=answer.corpus.content_hash,
        probe=phrases.probe_title(probe),
        value=phrases.number(influence.probe_value, 3),
        estimator=influence.estimator,
        damping=f"{influence.damping:g}",
    )
    if influence.runs is not None:
        about = f"{about} {value_in_trainings(influence.runs)}"
    columns = Markup("").join(
        _column(answer, direction, n, among, words) for direction in words.sides
    )
    return _PAGE.format(
        title=question or phrases.question_of(probe, influence.probe_value, None),
        style=Markup(LIGHT.css_variables()) + Markup(STYLE) + _PAGE_STYLE,
        about=about,
        removed=phrases.REMOVED,
        warning=" ".join(filter(None, (note, say("influence.page_warning")))),
        columns=columns,
    )


def _column(
    answer: Answer,
    direction: Literal["lowers", "raises"],
    n: int,
    among: Bools | None,
    words: phrases.Voice,
) -> Markup:
    influence, other = answer.influence, beside(answer)
    top = influence.top_sentences(n, direction, among=among, by="sure")
    heading = words.raising if direction == "lowers" else words.lowering
    cards = Markup("").join(
        card_html(
            make_card(answer, int(s)),
            influence.trained_value,
            words,
            rank,
            sure=sure_line(answer, other, int(s)),
        )
        for rank, s in enumerate(top["sentence"].tolist(), start=1)
    )
    return Markup("<section><h2>{}</h2>{}</section>").format(heading, cards)
