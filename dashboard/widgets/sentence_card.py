"""Sentence cards: the original's typography, with the words that carry the effect marked.

A centre word (one whose vector the sentence moves) has a tinted ground, stronger the more it
carries; context words are underlined. Orange and a solid line: the word raises the probe; blue and
a broken line: it lowers it. Which words are marked is decided in ``clif_core.report.marks``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

import pandas as pd
from markupsafe import Markup

from clif_core import phrases
from clif_core.report.carriers import Carriers, carriers, pull_of
from clif_core.report.marks import Piece, mark_text
from clif_core.report.rendering import pulls_html, sureness_html, through_html
from clif_core.report.sureness import of_sentence, of_this_run
from clif_core.text.corpus import Corpus
from dashboard.data.shipped_answer import ShippedAnswer
from dashboard.wording import say

if TYPE_CHECKING:  # it brings torch, which the first page does without
    from dashboard.data.attribution import Answer

__all__ = [
    "ARROWS",
    "AnyAnswer",
    "Card",
    "card_html",
    "compact_card_html",
    "excerpt_html",
    "facts",
    "make_card",
    "sure_line",
]

AnyAnswer: TypeAlias = "Answer | ShippedAnswer"
#: What text does to the probe -> the sign beside it.
ARROWS = {"raises": "▲", "lowers": "▼"}
_MAX_FACT = 60  # characters

_CARD = Markup(
    '<article class="clif-card clif-card-{side}{is_open}" aria-label="{label}">'
    '<details class="clif-pull"><summary title="{removal}">'
    '<span class="clif-{side}" aria-hidden="true">{arrow}</span> {pull} '
    '<span class="clif-size clif-{side}" style="--size:{size:.0f}%" role="img"'
    ' aria-label="{size_label}"></span></summary>'
    '<p class="clif-effect">{removal}{share}.</p>{carried}</details>{sure}'
    '<blockquote class="clif-text">{excerpt}</blockquote>'
    '<p class="clif-source"><cite>{title}</cite>{facts}</p></article>'
)
_COMPACT = Markup(
    '<article class="clif-card clif-card-{side} clif-card-compact" tabindex="0" '
    'aria-label="{removal}" data-pulls="{pulls}">'
    '<p class="clif-through"><span>{lead}</span><span class="clif-strength" title="{removal}">'
    '<i class="clif-strength-{side}" style="width:{width:.0f}%"></i></span></p>'
    '<blockquote class="clif-text">{excerpt}</blockquote>'
    '<p class="clif-source"><cite>{title}</cite></p></article>'
)


@dataclass(frozen=True)
class Card:
    """One sentence ready to draw: where it stands, its effect, and the words that carry it."""

    sentence: int
    document: int
    effect: float
    carriers: Carriers
    movement: str  # of the strongest carrier, where the probe's form says
    pull: tuple[str, str] | None  # a word that carries it, and where the text pulls it
    size: float  # of the effect, as a share of the strongest sentence's
    excerpt: Markup
    title: str
    facts: str


# Cached as long as their answer, for every session: making one takes some milliseconds.
_cards: WeakKeyDictionary[AnyAnswer, dict[int, Card]] = WeakKeyDictionary()


def make_card(answer: AnyAnswer, sentence: int) -> Card:
    """The card of a sentence."""
    cached = _cards.setdefault(answer, {})
    if sentence not in cached:
        cached[sentence] = _make_card(answer, sentence)
    return cached[sentence]


def _make_card(answer: AnyAnswer, sentence: int) -> Card:
    corpus = answer.corpus
    parts = answer.explain(sentence)
    effect, strongest = (
        float(answer.influence.sentence_effects[sentence]),
        answer.influence.strongest,
    )
    document = int(corpus.sentences.iloc[sentence]["document"])
    carried = carriers(parts, effect)
    word = carried.words[0] if carried.words else ""
    return Card(
        sentence=sentence,
        document=document,
        effect=effect,
        carriers=carried,
        movement=phrases.movement(answer.resolved, word, effect),
        pull=pull_of(answer.resolved, carried, parts, effect),
        size=abs(effect) / strongest if strongest else 0.0,
        excerpt=excerpt_html(corpus, sentence, parts, effect),
        title=str(corpus.documents["title"].iloc[document]),
        facts=facts(corpus, sentence),
    )


def facts(corpus: Corpus, sentence: int) -> str:
    """The metadata of a sentence and its document in one line: ``Silvia · speech``."""
    row = corpus.sentences.iloc[sentence]
    title = str(corpus.documents["title"].iloc[int(row["document"])])
    about = corpus.documents.iloc[int(row["document"])].drop(["title", "text"])
    own = row.drop(["document", "start", "end"])
    shown = [_fact(str(k), v) for k, v in [*own.items(), *about.items()]]
    return " · ".join(dict.fromkeys(f for f in shown if f and f.lower() not in title.lower()))


def _fact(name: str, value: object) -> str:
    text = str(value).strip()
    if name.startswith("is_"):
        return name.removeprefix("is_").replace("_", " ") if text in ("1", "True") else ""
    is_number = text.replace(".", "", 1).isdigit()
    if not text or text == "nan" or len(text) > _MAX_FACT:
        return ""
    if is_number:
        return f"{name.replace('_', ' ')} {text}"
    return phrases.without_capitals(text)


def card_html(
    card: Card,
    value: float,
    words: phrases.Voice,
    rank: int,
    is_open: bool = False,
    sure: Markup = Markup(""),  # noqa: B008 - Markup is immutable
) -> Markup:
    """The card as HTML; ``rank`` in its list from 1; ``is_open``: its document is being read.

    ``sure``: how sure the effect is (``sure_line``).
    """
    side = phrases.side_of(card.effect)
    of_value = phrases.share(card.effect, value)
    return _CARD.format(
        side=side,
        is_open=" clif-card-open" if is_open else "",
        label=say("influence.card_label", place=rank),
        arrow=ARROWS[side],
        pull=Markup("<b>{}</b>").format(pulls_html(card.pull, card.effect, words.noun)),
        size=100 * card.size,
        size_label=say("influence.size_label", share=phrases.percent(card.size)),
        removal=phrases.removal(card.effect, words.noun),
        sure=sure,
        share=Markup(' <span class="clif-share">{}</span>').format(of_value) if of_value else "",
        excerpt=card.excerpt,
        carried=_carried_html(card),
        title=card.title,
        facts=f" · {card.facts}" if card.facts else "",
    )


def compact_card_html(card: Card, strength: float, lead: Markup, pulls: str) -> Markup:
    """The card beside a map: what the sentence pulls, a bar for its effect, and the sentence.

    ``strength`` 0..1: of the bar. ``pulls``: what the map shows while one points at the card.
    """
    return _COMPACT.format(
        side=phrases.side_of(card.effect),
        removal=phrases.removal(card.effect, "the probe"),
        pulls=pulls,
        lead=lead,
        width=100 * strength,
        excerpt=card.excerpt,
        title=card.title,
    )


def sure_line(answer: AnyAnswer, other: AnyAnswer | None, sentence: int) -> Markup:
    """How sure a sentence's effect is, with one dot a training; empty where none can tell.

    ``other``: what other trainings say (``attribution.beside``), for an answer of this one model.
    """
    told = None if other is None else of_sentence(other.influence, sentence)
    if told is None:
        return Markup("")
    if answer.question != "text":
        told = of_this_run(told, float(answer.influence.sentence_effects[sentence]))
    return sureness_html(told)


def _carried_html(card: Card) -> Markup:
    carried = card.carriers
    if not carried.words:
        return Markup("")
    through = phrases.sentence_case(through_html(carried.named, carried.n_words, carried.is_one))
    movement = f": {card.movement}" if card.movement else ""
    return Markup('<p class="clif-through">{}{}</p>').format(through, movement)


def excerpt_html(
    corpus: Corpus, sentence: int, parts: pd.DataFrame, effect: float, is_whole: bool = False
) -> Markup:
    """The marked sentence as HTML; its neighbours, where they are shown, in grey.

    Arguments as for ``clif_core.report.marks.mark_text``.
    """
    marked = mark_text(corpus, sentence, parts, effect, is_whole=is_whole)
    name = str(corpus.sentences.iloc[sentence].get("speaker", ""))
    speaker, body = _split_speaker(marked.body, name)
    outside = Markup('<span class="clif-outside">{}</span>')
    lines = [
        outside.format(_pieces_html(marked.before)) if marked.before else "",
        Markup('<span class="clif-speaker">{}</span>').format(_pieces_html(speaker))
        if speaker
        else "",
        _pieces_html(body),
        outside.format(_pieces_html(marked.after)) if marked.after else "",
    ]
    return Markup("\n").join(line for line in lines if line)


def _pieces_html(pieces: Sequence[Piece]) -> Markup:
    return Markup("").join(_piece_html(piece) for piece in pieces)


def _piece_html(piece: Piece) -> str | Markup:
    if not piece.role:
        return piece.text
    tag = "mark" if piece.role == "centre" else "span"
    return Markup('<{0} class="clif-{1} clif-{1}-{2}" style="--s:{3:.2f}">{4}</{0}>').format(
        tag, piece.role, piece.side, piece.strength, piece.text
    )


def _split_speaker(
    pieces: tuple[Piece, ...], speaker: str
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The first line where it names who speaks, and the rest without the line's end."""
    if not speaker:
        return (), pieces
    for at, piece in enumerate(pieces):
        head, line_end, tail = piece.text.partition("\n")
        if line_end:
            line = (*pieces[:at], replace(piece, text=head))
            if "".join(part.text for part in line).strip().lower() != speaker.lower():
                break
            return line, (replace(piece, text=tail), *pieces[at + 1 :])
    return (), pieces
