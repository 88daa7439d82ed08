"""A field for words, whose words are looked up while a person types.

Beneath the field stand the words that the model has in another spelling and those that it lacks,
each with spellings that one clicks. The fields stand outside of a form, in a fragment: Streamlit
reads such a field when the person leaves it, and a script in the browser has it read when typing
pauses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import streamlit as st
from markupsafe import Markup

from clif_core.probes import Match, join_words, match, split_words
from clif_core.sgns.model import Vocabulary
from dashboard.widgets.escape import markdown
from dashboard.widgets.word_entry import chip
from dashboard.wording import say

__all__ = [
    "draw_live_typing",
    "draw_marks",
    "draw_text_field",
    "draw_word_field",
    "draw_words_field",
    "respell_list",
]

#: (text, a word in it, the words to put in its place) -> the new text.
Respell = Callable[[str, str, tuple[str, ...]], str]

_MAX_MARKED = 5  # words with suggestions beneath one field
_MAX_RESPELT = 12  # words in another spelling beneath one field
_CSS_CLASS = "clif_words"  # the beginning of the key of every container with such a field

_JS = """
export default function () {
  if (window.clifLiveWords) return;  // one listener serves every field of the page
  window.clifLiveWords = true;
  const timers = new WeakMap();
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (event.isComposing || !field.closest?.('[class*="st-key-CLASS"]')) return;
    clearTimeout(timers.get(field));
    timers.set(field, setTimeout(() => field.dispatchEvent(new KeyboardEvent("keydown", {
      key: "Enter", code: "Enter", keyCode: 13, ctrlKey: field.tagName === "TEXTAREA",
      bubbles: true, cancelable: true,
    })), 400));
  });
}
""".replace("CLASS", _CSS_CLASS)
_live = st.components.v2.component("clif_live_words", html="", js=_JS, isolate_styles=False)


def draw_live_typing() -> None:
    """Have the fields of this view read while a person types; without it when they are left."""
    _live(key="live_words", width="content", height="content")


def draw_words_field(
    label: str, words: Iterable[str], vocabulary: Vocabulary, *, key: str, **options: Any
) -> str:
    """A field for a list of words, and what the model has for them; returns the text."""
    text = join_words(tuple(words))
    options = {"max_chars": 20_000, **options}
    return draw_text_field(label, text, vocabulary, split_words, respell_list, key=key, **options)


def draw_text_field(
    label: str,
    text: str,
    vocabulary: Vocabulary,
    words_of: Callable[[str], Iterable[str]],
    respell: Respell,
    *,
    key: str,
    **options: Any,
) -> str:
    """A field for a text that holds words, such as a formula; returns the text."""
    with st.container(key=f"{_CSS_CLASS}_{key}", gap="xxsmall"):
        written = str(st.text_area(label, text, key=key, **options))
        draw_marks(words_of(written), vocabulary, key, partial(_put_into_field, key, respell))
    return written


def draw_word_field(
    label: str, word: str, vocabulary: Vocabulary, *, key: str, **options: Any
) -> str:
    """A field for one word, and what the model has for it; returns the text."""
    with st.container(key=f"{_CSS_CLASS}_{key}", gap="xxsmall"):
        text = st.text_input(label, word, key=key, max_chars=100, **options)
        words = [text.strip()] if text.strip() else []
        draw_marks(words, vocabulary, key, partial(_put_into_field, key, _respell_word))
    return str(text)


def draw_marks(
    words: Iterable[str],
    vocabulary: Vocabulary,
    key: str,
    take: Callable[[str, tuple[str, ...]], None],
) -> None:
    """The words that are spelt otherwise or missing.

    ``take`` (the word, what was clicked in its place) is called on a click.
    """
    matches = [match(word, vocabulary) for word in words]
    respelt = [found for found in matches if found.differs]
    missing = [found for found in matches if found.word is None]
    if respelt:
        shown = _respelt(respelt[:_MAX_RESPELT])
        more = say("entry.more", n=len(respelt) - _MAX_RESPELT)
        shown += f" {more}" if len(respelt) > _MAX_RESPELT else ""
        st.html(Markup('<p class="clif-respelt">{}</p>').format(shown))
    for found in missing[:_MAX_MARKED]:
        _draw_missing(found, key, take)
    if len(missing) > _MAX_MARKED:
        rest = ", ".join(found.written for found in missing[_MAX_MARKED:])
        st.html(Markup('<p class="clif-lost">{}</p>').format(say("entry.also_lost", words=rest)))


def _respelt(found: Iterable[Match]) -> str:
    """Such as "Frau → frau, Mann → mann: differs in case"; what they differ in is said once."""
    by_how: dict[str, list[str]] = {}
    for one in found:
        by_how.setdefault(one.how, []).append(f"{one.written} → {one.word}")
    return "; ".join(f"{', '.join(pairs)}: {how}" for how, pairs in by_how.items())


def _draw_missing(found: Match, key: str, take: Callable[[str, tuple[str, ...]], None]) -> None:
    """One word that is not taken, and what can be clicked in its place."""
    offers = (", ".join(found.offers),) if found.are_parts else found.offers
    said = "entry.which" if found.is_ambiguous else "entry.not_in" if offers else "entry.nothing"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.html(
            Markup('<span class="clif-marked">{} {}</span>').format(
                chip(found.written, "lost"), say(said)
            ),
            width="content",
        )
        for offer in offers:
            st.button(
                markdown(offer),
                key=f"{key}_take_{found.written}_{offer}",
                type="tertiary",
                on_click=take,
                args=(found.written, found.offers if found.are_parts else (offer,)),
            )


def _put_into_field(key: str, respell: Respell, word: str, taken: tuple[str, ...]) -> None:
    st.session_state[key] = respell(st.session_state[key], word, taken)


def respell_list(text: str, word: str, taken: tuple[str, ...]) -> str:
    """A list of words with others in the place of one."""
    words = split_words(text, has_repeats=True)
    return join_words([w for one in words for w in (taken if one == word else (one,))])


def _respell_word(_: str, __: str, taken: tuple[str, ...]) -> str:
    return ", ".join(taken)
