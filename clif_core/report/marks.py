"""Which words of a sentence are marked, and where a long sentence is cut.

A centre word is one whose vector the sentence moves; context words stand in its window. A word is
marked where it carries at least 15 % of what the strongest word of its role carries, at most ten
words a role. A word that ``carriers`` names is marked at least once, at its strongest token.
Effects are removal effects summed per token; the side says what the *word* does to the probe.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.influence.explain import explain_sentence
from clif_core.influence.result import Influence
from clif_core.phrases import side_of
from clif_core.report.carriers import carriers
from clif_core.text.corpus import Corpus

if TYPE_CHECKING:  # the engine brings torch, which a card without one need not wait for
    from clif_core.influence.engine import InfluenceEngine

__all__ = ["MarkedText", "Piece", "from_spans", "mark_sentence", "mark_text", "to_spans"]

_WEAKEST = 0.15  # of the strongest of its role
_MAX_MARKED = 10  # of a role
_MAX_TOKENS = 60  # of a long sentence, the part around its strongest word
_NEAR = 0.08  # of the sentence's effect: a context word of a neighbouring sentence worth showing
_MAX_NEAR = 14  # tokens shown before and after the sentence


@dataclass(frozen=True)
class Piece:
    """A run of text; ``role`` is empty where it is not marked.

    ``strength`` is the absolute effect relative to the strongest of its role, 0 to 1.
    """

    text: str
    role: Literal["", "centre", "context"] = ""
    side: Literal["", "raises", "lowers"] = ""
    strength: float = 0.0


@dataclass(frozen=True)
class MarkedText:
    """A sentence in pieces, with the parts of its neighbours that hold strong context words.

    The texts of the pieces are the original's typography; "…" stands where text was cut.
    """

    before: tuple[Piece, ...]
    body: tuple[Piece, ...]
    after: tuple[Piece, ...]


def mark_sentence(
    engine: InfluenceEngine,
    influence: Influence,
    sentence: int,
    by_pair: npt.NDArray[np.float32] | None = None,
) -> MarkedText:
    """The marked text of a sentence; ``by_pair`` as for ``influence.explain.explain_sentence``."""
    parts = explain_sentence(engine, influence, sentence, by_pair)
    effect = float(influence.sentence_effects[sentence])
    return mark_text(engine.corpus, sentence, parts, effect)


def mark_text(
    corpus: Corpus, sentence: int, parts: pd.DataFrame, effect: float, *, is_whole: bool = False
) -> MarkedText:
    """As ``mark_sentence``, from ``parts`` of ``explain_sentence`` and the sentence's effect.

    ``is_whole``: the sentence uncut, without its neighbours.
    """
    first, last = (int(token) for token in corpus.sentence_offsets[sentence : sentence + 2])
    centres = parts.groupby("centre_token")["effect"].sum()
    contexts = parts[parts["context_token"] >= 0].groupby("context_token")["effect"].sum()
    start, end, lead_in, run_out = first, last, first, last
    if not is_whole:
        start, end = _cut(first, last, centres)
        lead_in, run_out = _reach(corpus, sentence, contexts, effect)
    row = corpus.sentences.iloc[sentence]
    text = str(corpus.documents["text"].iloc[int(row["document"])])
    cut = partial(_pieces, corpus, text, _marks(parts, effect, centres, contexts))
    opens = int(row["start"]) if start == first else int(corpus.token_starts[start])
    closes = int(row["end"]) if end == last else int(corpus.token_ends[end - 1])
    body = cut(range(start, end), opens, closes)
    body = body if start == first else (Piece("… "), *body)
    body = body if end == last else (*body, Piece(" …"))
    before: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()
    if start == first and lead_in < first:
        near = cut(range(lead_in, first), int(corpus.token_starts[lead_in]), opens)
        before = (Piece("… "), *_on_one_line(near))
    if end == last and run_out > last:
        near = cut(range(last, run_out), closes, int(corpus.token_ends[run_out - 1]))
        after = (*_on_one_line(near), Piece(" …"))
    return MarkedText(before, body, after)


def to_spans(pieces: Iterable[Piece]) -> tuple[str, list[tuple[int, int, str, str, float]]]:
    """The text and its marks (start, end, role, side, strength), as a report's JSON has them."""
    text = ""
    spans: list[tuple[int, int, str, str, float]] = []
    for piece in pieces:
        start, text = len(text), text + piece.text
        if piece.role:
            strength = round(piece.strength, 3)
            spans.append((start, len(text), piece.role, piece.side, strength))
    return text, spans


def from_spans(text: str, spans: Sequence[Sequence[Any]]) -> tuple[Piece, ...]:
    """The pieces of a text and its marks: ``to_spans`` reversed."""
    pieces, at = [], 0
    for start, end, role, side, strength in spans:
        pieces += [Piece(text[at:start]), Piece(text[start:end], role, side, float(strength))]
        at = end
    return tuple(piece for piece in (*pieces, Piece(text[at:])) if piece.text)


def _cut(first: int, last: int, centres: pd.Series[float]) -> tuple[int, int]:
    """The tokens to show: all of them, or those around the strongest centre."""
    if last - first <= _MAX_TOKENS:
        return first, last
    strongest = int(centres.index.to_numpy()[centres.abs().argmax()]) if len(centres) else first
    start = min(max(first, strongest - _MAX_TOKENS // 2), last - _MAX_TOKENS)
    return start, start + _MAX_TOKENS


def _reach(
    corpus: Corpus, sentence: int, contexts: pd.Series[float], effect: float
) -> tuple[int, int]:
    """The tokens (from, to) that reach the strong context words in neighbouring sentences."""
    first, last = (int(token) for token in corpus.sentence_offsets[sentence : sentence + 2])
    document = int(corpus.sentences.iloc[sentence]["document"])
    low, high = (int(t) for t in corpus.document_token_offsets[document : document + 2])
    strong = contexts.index[contexts.abs() >= _NEAR * abs(effect)]
    before = [int(token) for token in strong if token < first]
    after = [int(token) + 1 for token in strong if token >= last]
    lead_in = max(min(before, default=first), first - _MAX_NEAR, low)
    run_out = min(max(after, default=last), last + _MAX_NEAR, high)
    return lead_in, run_out


def _marks(
    parts: pd.DataFrame, effect: float, centres: pd.Series[float], contexts: pd.Series[float]
) -> dict[int, Piece]:
    """Token -> its mark, without text; a token that is both stays a centre."""
    shown = _strong(centres)
    for word in carriers(parts, effect).named:
        own = centres[parts.loc[parts["centre"] == word, "centre_token"].unique()]
        if shown.isdisjoint(own.index):
            shown.add(int(own.index.to_numpy()[own.abs().argmax()]))
    return {
        **_with_role("context", contexts, _strong(contexts)),
        **_with_role("centre", centres, shown),
    }


def _strong(effects: pd.Series[float]) -> set[int]:
    """The tokens that carry enough to be marked."""
    strongest = effects.abs().nlargest(_MAX_MARKED)
    most = float(strongest.max()) if len(strongest) else 0.0
    return set(strongest.index[(strongest >= _WEAKEST * most) & (strongest > 0)].tolist())


def _with_role(
    role: Literal["centre", "context"], effects: pd.Series[float], tokens: set[int]
) -> dict[int, Piece]:
    most = float(effects.abs().max()) if len(effects) else 0.0
    marks = {}
    for token in sorted(tokens):
        effect = float(effects[token])
        marks[token] = Piece("", role, side_of(effect), abs(effect) / most)
    return marks


def _pieces(
    corpus: Corpus, text: str, marks: dict[int, Piece], tokens: range, start: int, end: int
) -> tuple[Piece, ...]:
    """The text between two characters, its marked tokens as pieces of their own."""
    pieces, at = [], start
    for token in tokens:
        if token in marks:
            opens, closes = int(corpus.token_starts[token]), int(corpus.token_ends[token])
            pieces += [Piece(text[at:opens]), replace(marks[token], text=text[opens:closes])]
            at = closes
    pieces.append(Piece(text[at:end]))
    pieces[0] = replace(pieces[0], text=pieces[0].text.lstrip("\n"))
    pieces[-1] = replace(pieces[-1], text=pieces[-1].text.rstrip("\n"))
    return tuple(piece for piece in pieces if piece.text)


def _on_one_line(pieces: Sequence[Piece]) -> list[Piece]:
    """Every run of white space as one space; none at the ends."""
    flat = [replace(piece, text=_one_space(piece.text)) for piece in pieces]
    if flat:
        flat[0] = replace(flat[0], text=flat[0].text.lstrip())
        flat[-1] = replace(flat[-1], text=flat[-1].text.rstrip())
    return [piece for piece in flat if piece.text]


def _one_space(text: str) -> str:
    lead, trail = text[:1].isspace(), text[-1:].isspace()
    inner = " ".join(text.split())
    return f"{' ' * lead}{inner}{' ' * trail}" if inner else " " * bool(text)
