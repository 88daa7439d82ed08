"""Form fields for a file of vectors, and what was found in it before it is read."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from markupsafe import Markup

from clif_core.errors import ClifError
from clif_core.workspace.bring import staging
from dashboard.data.looking import looker
from dashboard.views.model.upload_fields import Upload, write_upload
from dashboard.widgets.notice import show_problem
from dashboard.wording import say

__all__ = ["GivenVectors", "draw_vector_fields"]

_FIRST_WORDS = 1_000


@dataclass(frozen=True)
class GivenVectors:
    """A file of vectors, how it is read, and its first words; none where it cannot be read."""

    file: Upload | None
    words: Upload | None
    limit: int | None
    is_strict: bool
    first_words: tuple[str, ...]
    is_readable: bool


def draw_vector_fields() -> GivenVectors:
    """The fields, and what was found in the beginning of the file."""
    file: Upload | None = st.file_uploader(say("own.vectors"), help=say("own.vectors_help"))
    with st.expander(say("own.more_vectors"), icon=":material/tune:"):
        words: Upload | None = st.file_uploader(say("own.words"), help=say("own.words_help"))
        limit = st.number_input(say("own.limit"), 1, value=None, step=1)
        is_strict = st.checkbox(say("own.strict"), help=say("own.strict_help"))
    n = None if limit is None else int(limit)
    if file is None:
        return GivenVectors(None, words, n, is_strict, (), is_readable=True)
    try:
        lines, first = _look(file.file_id, words.file_id if words else None, is_strict, file, words)
    except ClifError as error:
        show_problem(str(error), say("own.failed"))
        return GivenVectors(file, words, n, is_strict, (), is_readable=False)
    shown = Markup().join(Markup("<li>{}</li>").format(line) for line in lines)
    st.html(Markup('<div class="clif-found"><ul>{}</ul></div>').format(shown))
    return GivenVectors(file, words, n, is_strict, first, is_readable=True)


@st.cache_data(show_spinner=False, max_entries=20)
def _look(
    file_id: str, words_id: str | None, is_strict: bool, _file: Upload, _words: Upload | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the first 1,000 words of the file show, and those words."""
    with staging() as folder:
        return looker().vectors(
            write_upload(folder, "vectors", _file),
            write_upload(folder, "words", _words) if _words else None,
            _FIRST_WORDS,
            is_strict,
        )
