"""A document to read in full, every sentence tinted by what removing it would do.

The chosen sentence is outlined and scrolled to. A long document is cut around it, with a note that
says so. The tint follows the square root of the effect, so that weak text is still visible beside
strong text.
"""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from clif_core import phrases
from clif_core.text.corpus import Corpus
from dashboard.data.attribution import Answer
from dashboard.widgets.sentence_card import excerpt_html
from dashboard.wording import say

__all__ = ["document_html", "rank_in_document"]

_MAX_SENTENCES = 600
_WEAKEST = 0.02  # tint below which a sentence is not tinted
_SCROLL = Markup("""<script>(() => {
  const box = document.getElementById("clif-reader");
  const here = document.getElementById("clif-here");
  if (!box || !here) return;
  box.scrollTop = here.offsetTop - box.offsetTop - box.clientHeight / 3;
  box.scrollIntoView({block: "nearest"});  // the page follows only as far as it must
})();</script>""")


def document_html(
    answer: Answer, document: int, sentence: int | None, words: phrases.Voice
) -> Markup:
    """The document's text, or the part of it around the sentence, with the script that scrolls."""
    corpus, effects = answer.corpus, answer.influence.sentence_effects
    first, last = (int(s) for s in corpus.document_offsets[document : document + 2])
    start, end = _around(first, last, sentence)
    most = float(np.abs(effects[first:last]).max(initial=0.0))
    text = str(corpus.documents["text"].iloc[document])
    spans = corpus.sentences[["start", "end"]].to_numpy()
    pieces: list[str | Markup] = []
    at = int(spans[start, 0]) if start > first else 0
    for here in range(start, end):
        pieces.append(text[at : int(spans[here, 0])])
        pieces.append(_sentence(answer, here, text, here == sentence, most, words))
        at = int(spans[here, 1])
    pieces.append(text[at:] if end == last else "")
    is_cut = end - start < last - first
    cut = say("influence.cut", shown=end - start, total=last - first) if is_cut else ""
    return Markup(
        '{note}<div id="clif-reader" class="clif-reader" tabindex="0" role="region"'
        ' aria-label="{label}">{text}</div>{scroll}'
    ).format(
        note=Markup('<p class="clif-through">{}</p>').format(cut) if cut else "",
        label=say("influence.reader_label"),
        text=Markup("").join(pieces),
        scroll=_SCROLL if sentence is not None else "",
    )


def _around(first: int, last: int, sentence: int | None) -> tuple[int, int]:
    if last - first <= _MAX_SENTENCES:
        return first, last
    middle = first if sentence is None else sentence
    start = min(max(first, middle - _MAX_SENTENCES // 2), last - _MAX_SENTENCES)
    return start, start + _MAX_SENTENCES


def _sentence(
    answer: Answer, here: int, text: str, is_chosen: bool, most: float, words: phrases.Voice
) -> Markup:
    corpus: Corpus = answer.corpus
    effect = float(answer.influence.sentence_effects[here])
    body: str | Markup
    if is_chosen:
        body = excerpt_html(corpus, here, answer.explain(here), effect, is_whole=True)
    else:
        row = corpus.sentences.iloc[here]
        body = text[int(row["start"]) : int(row["end"])]
    strength = (abs(effect) / most) ** 0.5 if most else 0.0
    if strength < _WEAKEST and not is_chosen:
        return Markup("<span>{}</span>").format(body)
    return Markup(
        '<span{id} class="clif-tint clif-tint-{side}" style="--s:{strength:.2f}"'
        ' title="{removal}">{body}</span>'
    ).format(
        id=Markup(' id="clif-here"') if is_chosen else "",
        side=phrases.side_of(effect),
        strength=strength,
        removal=_removal(answer, here, effect, words),
        body=body,
    )


def _removal(answer: Answer, here: int, effect: float, words: phrases.Voice) -> str:
    """What removing the sentence would do, and whether that holds where trainings can tell."""
    said, statistics = phrases.removal(effect, words.noun), answer.influence.sentence_statistics
    if statistics is None:
        return said
    seen = phrases.in_trainings(int(statistics.n_agree[here]), statistics.n_runs)
    return f"{said} ({phrases.standing(bool(statistics.holds[here]))}, {seen})"


def rank_in_document(answer: Answer, document: int) -> list[int]:
    """The document's sentences that have an effect, strongest first, of either sign."""
    first, last = (int(s) for s in answer.corpus.document_offsets[document : document + 2])
    effects = np.abs(answer.influence.sentence_effects[first:last])
    order = np.argsort(-effects, kind="stable")
    return [int(s) + first for s in order if effects[s] > 0]
