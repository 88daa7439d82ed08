"""Sentences as people read them: the original's typography, with the words that carry the effect.

A centre word (the word whose vector the sentence moves) stands on a tinted ground, the stronger the
more it carries; the context words beside it are underlined. Orange and a solid line: this raises
the probe; blue and a broken line: this lowers it. Every piece of text is escaped here.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import pandas as pd

from clif_core.report.carriers import Carriers, carriers
from clif_core.report.wording import through
from clif_core.text.corpus import Corpus
from dashboard.data.attribution import Answer
from dashboard.widgets import phrases
from dashboard.wording import say

__all__ = ["Card", "card_html", "excerpt_html", "facts", "make_card"]

Marks = dict[int, tuple[str, float]]  # token -> (class, strength from 0 to 1)

_MAX_TOKENS = 60  # of a long sentence, the part around its strongest word

_WEAK = 0.15  # of the strongest: a word below this is not marked
_MOST_MARKED = 10  # words of a kind: where nearly all carry a little, only the strongest stand out
_OUTSIDE = 0.08  # of the sentence's effect: a neighbour in another sentence worth showing
_MAX_OUTSIDE = 14  # tokens shown before and after


@dataclass(frozen=True)
class Card:
    """One sentence, ready to be drawn: its place, its effect and the words that carry it."""

    sentence: int
    document: int
    effect: float
    carriers: Carriers
    movement: str  # of the strongest carrier, where the probe's form says
    excerpt: str  # HTML
    title: str
    facts: str


# Kept as long as their answer, for every session: to make one takes some milliseconds.
_cards: WeakKeyDictionary[Answer, dict[int, Card]] = WeakKeyDictionary()


def make_card(answer: Answer, sentence: int) -> Card:
    """The card of a sentence."""
    kept = _cards.setdefault(answer, {})
    if sentence not in kept:
        kept[sentence] = _make_card(answer, sentence)
    return kept[sentence]


def _make_card(answer: Answer, sentence: int) -> Card:
    corpus = answer.corpus
    parts = answer.explain(sentence)
    effect = float(answer.influence.sentence_effects[sentence])
    document = int(corpus.sentences.iloc[sentence]["document"])
    carried = carriers(parts, effect)
    word = carried.words[0] if carried.words else ""
    return Card(
        sentence=sentence,
        document=document,
        effect=effect,
        carriers=carried,
        movement=phrases.movement(answer.resolved, word, effect),
        excerpt=excerpt_html(corpus, sentence, parts, effect),
        title=str(corpus.documents["title"].iloc[document]),
        facts=facts(corpus, sentence),
    )


def facts(corpus: Corpus, sentence: int) -> str:
    """What is known of a sentence beyond its document's title: ``Silvia · speech``."""
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
    if not text or text == "nan" or len(text) > 60:
        return ""
    if is_number:
        return f"{name.replace('_', ' ')} {text}"
    return text.title() if text.isupper() else text


def card_html(
    card: Card, value: float, words: phrases.Voice, place: int, is_open: bool = False
) -> str:
    """The card as HTML; ``is_open``: its document is being read."""
    side = "raises" if card.effect < 0 else "lowers"
    arrow = "▲" if card.effect < 0 else "▼"
    of_value = phrases.share(card.effect, value)
    share = f' <span class="clif-share">{html.escape(of_value)}</span>' if of_value else ""
    carried, told = card.carriers, ""
    if carried.words:
        named = [f"<b>{html.escape(word)}</b>" for word in carried.words]
        movement = f": {html.escape(card.movement)}" if card.movement else ""
        words_told = phrases.sentence_case(through(named, carried.n_words, carried.is_one))
        told = f'<p class="clif-through">{words_told}{movement}</p>'
    about = f" · {html.escape(card.facts)}" if card.facts else ""
    return (
        f'<article class="clif-card clif-card-{side}{" clif-card-open" * is_open}"'
        f' aria-label="{html.escape(say("influence.card_label", place=place), quote=True)}">'
        f'<p class="clif-effect"><span class="clif-{side}" aria-hidden="true">{arrow}</span> '
        f"{html.escape(phrases.removal(card.effect, words))}{share}</p>"
        f'<blockquote class="clif-text">{card.excerpt}</blockquote>{told}'
        f'<p class="clif-source"><cite>{html.escape(card.title)}</cite>{about}</p></article>'
    )


def excerpt_html(
    corpus: Corpus, sentence: int, parts: pd.DataFrame, effect: float, is_whole: bool = False
) -> str:
    """The sentence with its words marked, cut around the strongest one when it is long.

    Context words that matter may lie in the sentences before and after; those are shown in grey.
    ``is_whole`` gives all of the sentence and nothing around it.
    """
    first, last = (int(t) for t in corpus.sentence_offsets[sentence : sentence + 2])
    centres = parts.groupby("centre_token")["effect"].sum()
    contexts = parts[parts["context_token"] >= 0].groupby("context_token")["effect"].sum()
    strongest = int(centres.index.to_numpy()[centres.abs().argmax()]) if len(centres) else first
    start, end, lead_in, run_out = first, last, first, last
    if not is_whole:
        start, end = _cut(first, last, strongest)
        lead_in, run_out = _reach(corpus, sentence, contexts, effect)
    marks = _marks(centres, contexts)
    row = corpus.sentences.iloc[sentence]
    text = str(corpus.documents["text"].iloc[int(row["document"])])
    open_at = int(row["start"]) if start == first else int(corpus.token_starts[start])
    close_at = int(row["end"]) if end == last else int(corpus.token_ends[end - 1])
    starts, ends = corpus.token_starts, corpus.token_ends
    body = _marked(corpus, text, range(start, end), (open_at, close_at), marks)
    if start == first:
        body = _with_speaker(body, str(row.get("speaker", "")))
    before = after = ""
    if start == first and lead_in < first:
        place = (int(starts[lead_in]), open_at)
        before = _marked(corpus, text, range(lead_in, first), place, marks)
        before = f'<span class="clif-outside">… {_on_one_line(before)}</span>\n'
    if end == last and run_out > last:
        place = (close_at, int(ends[run_out - 1]))
        after = _marked(corpus, text, range(last, run_out), place, marks)
        after = f'\n<span class="clif-outside">{_on_one_line(after)} …</span>'
    cut_before, cut_after = "" if start == first else "… ", "" if end == last else " …"
    return f"{before}{cut_before}{body}{cut_after}{after}"


def _cut(first: int, last: int, strongest: int) -> tuple[int, int]:
    if last - first <= _MAX_TOKENS:
        return first, last
    start = min(max(first, strongest - _MAX_TOKENS // 2), last - _MAX_TOKENS)
    return start, start + _MAX_TOKENS


def _reach(
    corpus: Corpus, sentence: int, contexts: pd.Series[float], effect: float
) -> tuple[int, int]:
    """How far before and after the sentence context words that matter lie, as tokens."""
    first, last = (int(t) for t in corpus.sentence_offsets[sentence : sentence + 2])
    document = int(corpus.sentences.iloc[sentence]["document"])
    low, high = (int(t) for t in corpus.document_token_offsets[document : document + 2])
    strong = contexts.index[contexts.abs() >= _OUTSIDE * abs(effect)]
    before = [int(t) for t in strong if t < first]
    after = [int(t) + 1 for t in strong if t >= last]
    lead_in = max(min(before, default=first), first - _MAX_OUTSIDE, low)
    run_out = min(max(after, default=last), last + _MAX_OUTSIDE, high)
    return lead_in, run_out


def _marks(centres: pd.Series[float], contexts: pd.Series[float]) -> Marks:
    """Token -> (class, strength from 0 to 1); a centre that is also a context stays a centre."""
    marks: Marks = {}
    for kind, effects in (("context", contexts), ("centre", centres)):
        most = effects.abs().max() if len(effects) else 0.0
        kept = effects.loc[effects.abs().nlargest(_MOST_MARKED).index]
        for token, effect in zip(kept.index.tolist(), kept.to_numpy(), strict=True):
            strength = abs(float(effect)) / most if most else 0.0
            if strength > _WEAK:
                side = "raises" if effect < 0 else "lowers"
                marks[int(token)] = (f"clif-{kind} clif-{kind}-{side}", strength)
    return marks


def _marked(corpus: Corpus, text: str, tokens: range, place: tuple[int, int], marks: Marks) -> str:
    """The text between two characters as HTML, its marked tokens wrapped."""
    pieces, at = [], place[0]
    for token in tokens:
        if token not in marks:
            continue
        start, end = int(corpus.token_starts[token]), int(corpus.token_ends[token])
        kind, strength = marks[token]
        tag = "mark" if kind.startswith("clif-centre") else "span"
        pieces.append(html.escape(text[at:start]))
        pieces.append(
            f'<{tag} class="{kind}" style="--s:{strength:.2f}">'
            f"{html.escape(text[start:end])}</{tag}>"
        )
        at = end
    pieces.append(html.escape(text[at : place[1]]))
    return "".join(pieces).strip("\n")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _with_speaker(body: str, speaker: str) -> str:
    """The body with its first line set apart where it names who speaks."""
    name, line_end, rest = body.partition("\n")
    bare = re.sub(r"<[^>]+>", "", name)
    if line_end and speaker and bare.strip().lower() == html.escape(speaker).lower():
        return f'<span class="clif-speaker">{name}</span>\n{rest}'
    return body
