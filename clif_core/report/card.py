"""A sentence as reports and notebooks quote it: its effect, its source, the words that carry it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from clif_core.influence.explain import explain_sentence
from clif_core.influence.result import Influence
from clif_core.phrases import without_capitals
from clif_core.probes import ResolvedProbe
from clif_core.report.carriers import carriers, pull_of
from clif_core.report.marks import mark_text, to_spans
from clif_core.report.rendering import render
from clif_core.report.sureness import of_sentence
from clif_core.text.corpus import Corpus

if TYPE_CHECKING:  # the engine brings torch, which a card without one need not wait for
    from clif_core.influence.engine import InfluenceEngine

__all__ = ["cards_html", "quote_sentence"]

_MAX_ABOUT = 60  # characters of a metadata value worth showing under a sentence


def quote_sentence(
    engine: InfluenceEngine,
    influence: Influence,
    resolved: ResolvedProbe,
    sentence: int,
    by_pair: npt.NDArray[np.float32] | None = None,
) -> dict[str, Any]:
    """A sentence as JSON-able data: one entry of a report, and what ``cards_html`` draws.

    Keys ``sentence``, ``document``, ``title``, ``about`` (metadata), ``effect`` (removal effect),
    ``pull`` (a word that carries it and where it is pulled, ``pull_of``), ``through``,
    ``n_carriers``, ``is_mostly_one`` (see ``carriers``), ``text`` (cut where long), ``marks``:
    (start, end, "centre" or "context", "raises" or "lowers", strength 0 to 1) each, and
    ``sureness`` over the runs of an ensemble (``report.sureness``), None without runs.

    ``by_pair``: ``explain.pair_effects``, for a caller that quotes many sentences.
    """
    corpus = engine.corpus
    effect = float(influence.sentence_effects[sentence])
    parts = explain_sentence(engine, influence, sentence, by_pair)
    carried = carriers(parts, effect)
    text, marks = to_spans(mark_text(corpus, sentence, parts, effect).body)
    document = int(corpus.sentences["document"].iloc[sentence])
    return {
        "sentence": sentence,
        "document": document,
        "title": str(corpus.documents["title"].iloc[document]),
        "about": _about(corpus, sentence),
        "effect": effect,
        "pull": pull_of(resolved, carried, parts, effect),
        "through": list(carried.named),
        "n_carriers": carried.n_words,
        "is_mostly_one": carried.is_one,
        "text": text,
        "marks": marks,
        "sureness": of_sentence(influence, sentence),
    }


def cards_html(sentences: Sequence[Mapping[str, Any]], noun: str, value: float) -> Markup:
    """Cards of ``quote_sentence`` entries as HTML that needs nothing else: style inline, no script.

    Light and dark follow the reader's system. Everything from model and text is escaped.

    Parameters
    ----------
    sentences : of all, the bar of each compares it with the strongest
    noun : what the probe's value is called, ``phrases.voice(probe, value).noun``
    value : the probe's value, of which each effect is also given as a share
    """
    return render(
        "cards.html",
        sentences=sentences,
        noun=noun,
        value=value,
        strongest=max((abs(sentence["effect"]) for sentence in sentences), default=0.0),
    )


def _about(corpus: Corpus, sentence: int) -> dict[str, str]:
    row = corpus.sentences.iloc[sentence].drop(["document", "start", "end"])
    return {
        str(name): without_capitals(value)
        for name, value in row.items()
        if isinstance(value, str) and value and len(value) <= _MAX_ABOUT
    }
