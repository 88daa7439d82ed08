"""A document to read in full, every sentence tinted by what removing it would do.

The chosen sentence is outlined and scrolled to. A long document is cut around it, with a word on
where the cut is. Strength of tint goes with the square root of the effect, so that weak text is
still seen beside strong text.
"""

from __future__ import annotations

import html

import numpy as np

from clif_core.text.corpus import Corpus
from dashboard.data.attribution import Answer
from dashboard.widgets import phrases
from dashboard.widgets.kwic import excerpt_html
from dashboard.wording import say

__all__ = ["document_html", "rank_in_document"]

_MAX_SENTENCES = 600
_SCROLL = """<script>(() => {
  const box = document.getElementById("clif-reader");
  const here = document.getElementById("clif-here");
  if (!box || !here) return;
  box.scrollTop = here.offsetTop - box.offsetTop - box.clientHeight / 3;
  box.scrollIntoView({block: "nearest"});  // the page follows only as far as it must
})();</script>"""


def document_html(answer: Answer, document: int, sentence: int | None, words: phrases.Voice) -> str:
    """The document's text, or the part of it around the sentence, with the script that scrolls."""
    corpus, effects = answer.corpus, answer.influence.sentence_effects
    first, last = (int(s) for s in corpus.document_offsets[document : document + 2])
    start, end = _around(first, last, sentence)
    most = float(np.abs(effects[first:last]).max(initial=0.0))
    text = str(corpus.documents["text"].iloc[document])
    places = corpus.sentences[["start", "end"]].to_numpy()
    pieces, at = [], int(places[start, 0]) if start > first else 0
    for here in range(start, end):
        pieces.append(html.escape(text[at : int(places[here, 0])]))
        pieces.append(_sentence(answer, here, text, here == sentence, most, words))
        at = int(places[here, 1])
    pieces.append(html.escape(text[at:]) if end == last else "")
    cut = (
        say("influence.cut", shown=end - start, total=last - first)
        if end - start < last - first
        else ""
    )
    note = f'<p class="clif-through">{html.escape(cut)}</p>' if cut else ""
    return (
        f'{note}<div id="clif-reader" class="clif-reader" tabindex="0" role="region"'
        f' aria-label="{html.escape(say("influence.reader_label"), quote=True)}">'
        f"{''.join(pieces)}</div>{_SCROLL if sentence is not None else ''}"
    )


def _around(first: int, last: int, sentence: int | None) -> tuple[int, int]:
    if last - first <= _MAX_SENTENCES:
        return first, last
    middle = first if sentence is None else sentence
    start = min(max(first, middle - _MAX_SENTENCES // 2), last - _MAX_SENTENCES)
    return start, start + _MAX_SENTENCES


def _sentence(
    answer: Answer, here: int, text: str, is_chosen: bool, most: float, words: phrases.Voice
) -> str:
    corpus: Corpus = answer.corpus
    effect = float(answer.influence.sentence_effects[here])
    if is_chosen:
        body = excerpt_html(corpus, here, answer.explain(here), effect, is_whole=True)
    else:
        row = corpus.sentences.iloc[here]
        body = html.escape(text[int(row["start"]) : int(row["end"])])
    strength = (abs(effect) / most) ** 0.5 if most else 0.0
    if strength < 0.02 and not is_chosen:
        return f"<span>{body}</span>"
    side = "raises" if effect < 0 else "lowers"
    place = ' id="clif-here"' if is_chosen else ""
    told = html.escape(phrases.removal(effect, words), quote=True)
    return (
        f'<span{place} class="clif-tint clif-tint-{side}" style="--s:{strength:.2f}"'
        f' title="{told}">{body}</span>'
    )


def rank_in_document(answer: Answer, document: int) -> list[int]:
    """The document's sentences that have an effect, strongest first whichever way."""
    first, last = (int(s) for s in answer.corpus.document_offsets[document : document + 2])
    effects = np.abs(answer.influence.sentence_effects[first:last])
    order = np.argsort(-effects, kind="stable")
    return [int(s) + first for s in order if effects[s] > 0]
