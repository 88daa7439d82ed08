"""Form fields for a file of vectors, and what was found in it before it is read."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

import streamlit as st
from markupsafe import Markup

from clif_core.errors import ClifError
from clif_core.storage.files import temporary_folder
from clif_core.storage.gzipped import is_hidden, packed_as, zip_members
from clif_core.workspace.looker import VectorsSeen
from dashboard.data.looking import looker
from dashboard.views.model.upload_fields import CODECS, Upload, write_upload
from dashboard.widgets.notice import show_problem
from dashboard.wording import say

__all__ = ["GivenVectors", "draw_vector_fields"]

_NOTHING = VectorsSeen()
_ONE_FILE = (".xml", ".pkl", ".npy")  # of documents, checkpoints and archives of NumPy


@dataclass(frozen=True)
class GivenVectors:
    """A file of vectors and how it is read.

    ``inside``: which file of a zip; "" for the only one. ``seen``: what a look at its beginning
    found, nothing where it cannot be read.
    """

    file: Upload | None
    words: Upload | None
    counts: Upload | None
    limit: int | None
    is_strict: bool
    encoding: str
    inside: str
    seen: VectorsSeen = _NOTHING
    is_readable: bool = True


def draw_vector_fields() -> GivenVectors:
    """The fields, and what was found in the beginning of the file."""
    file: Upload | None = st.file_uploader(say("own.vectors"), help=say("own.vectors_help"))
    inside = "" if file is None else _draw_inside(file)
    with st.expander(say("own.more_vectors"), icon=":material/tune:"):
        words: Upload | None = st.file_uploader(say("own.words"), help=say("own.words_help"))
        counts: Upload | None = st.file_uploader(say("own.counts"), help=say("own.counts_help"))
        limit = st.number_input(say("own.limit"), 1, value=None, step=1)
        encoding = st.selectbox(say("own.words_encoding"), CODECS, key="own_words_encoding")
        is_strict = st.checkbox(say("own.strict"), help=say("own.strict_help"))
    n = None if limit is None else int(limit)
    given = GivenVectors(file, words, counts, n, is_strict, encoding, inside)
    if file is None:
        return given
    try:
        with st.spinner(say("own.looking"), show_time=True):
            seen = _look(
                file.file_id, words.file_id if words else None, is_strict, encoding, inside, given
            )
    except ClifError as error:
        show_problem(str(error), say("own.failed"))
        return replace(given, is_readable=False)
    shown = Markup().join(Markup("<li>{}</li>").format(line) for line in seen.lines)
    st.html(Markup('<div class="clif-found"><ul>{}</ul></div>').format(shown))
    return replace(given, seen=seen)


def _draw_inside(file: Upload) -> str:
    """The choice among the files of a zip; "" where there is one, or the reader knows the zip."""
    names = _names_inside(file)
    if len(names) < 2 or any(name.endswith(_ONE_FILE) for name in names):
        return ""
    return str(st.selectbox(say("own.inside"), names, key=f"own_inside_{file.file_id}"))


def _names_inside(file: Upload) -> list[str]:
    content = file.getvalue()
    if packed_as(content[:6]) != "zip":
        return []
    try:
        _, members = zip_members(cast(BinaryIO, io.BytesIO(content)), file.name)
    except ClifError:  # which the reader says
        return []
    return [info.filename for info in members if not is_hidden(info.filename)]


@st.cache_data(show_spinner=False, max_entries=20)
def _look(
    file_id: str,
    words_id: str | None,
    is_strict: bool,
    encoding: str,
    inside: str,
    _given: GivenVectors,
) -> VectorsSeen:
    assert _given.file is not None
    with temporary_folder() as folder:
        return looker().vectors(
            write_upload(folder, "vectors", _given.file),
            write_upload(folder, "words", _given.words) if _given.words else None,
            is_strict,
            encoding,
            inside,
        )
