"""A form that imports a model (vectors, context vectors, text, settings), or trains one on a text.

It is no ``st.form``: what was found in a text is shown before anything is read. The files are read
in another process, so that nobody else waits; nothing is unpickled. A problem with a file is shown
in words; the rest of the screen still works.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from clif_core.errors import InputError
from clif_core.storage.files import temporary_folder
from clif_core.text.fetch import SAMPLES
from clif_core.workspace.bring import (
    Brought,
    expect_reading,
    read_brought,
    read_brought_text,
)
from clif_core.workspace.names import check_model_name
from dashboard import state
from dashboard.data import models, own_training
from dashboard.data.looking import looker
from dashboard.views.model.picker import close_form
from dashboard.views.model.upload_fields import (
    GivenText,
    Upload,
    draw_settings,
    draw_text_fields,
    draw_training_settings,
    write_texts,
    write_upload,
)
from dashboard.views.model.vector_fields import GivenVectors, draw_vector_fields
from dashboard.widgets.notice import guard
from dashboard.widgets.reading_line import reading_line
from dashboard.wording import say

__all__ = ["draw_import_form"]


@st.fragment
def draw_import_form() -> None:
    """The form; on success the new model is selected. It has every option of ``clif import``.

    With a text and no vectors it asks how to train a model on that text.
    """
    looker().start()  # which takes longer than a person to choose a file
    st.caption(say("own.lead"))
    left, right = st.columns(2, gap="large")
    with left:
        name = st.text_input(say("own.name"), placeholder="my-model", help=say("own.name_help"))
        vectors = draw_vector_fields()
        context = st.file_uploader(say("own.context"), help=say("own.context_help"))
        text = draw_text_fields(say("own.text"), "own_text", vectors.seen)
    is_trained = vectors.file is None and bool(text.files)
    with right:
        settings = draw_training_settings() if is_trained else draw_settings()
        with st.expander(say("own.more_model"), icon=":material/tune:"):
            title = st.text_input(say("own.model_title"), max_chars=200)
            licence = st.text_input(say("own.licence"), max_chars=200, help=say("own.licence_help"))
    pressed = st.button(
        say("own.train" if is_trained else "own.submit"),
        key="own_submit",
        type="primary",
        disabled=not (text.is_readable and vectors.is_readable),
    )
    if pressed:
        about = (title.strip(), licence.strip())
        with guard(say("own.failed")):
            if is_trained:
                assert settings is not None
                _train(name.strip(), about, text, settings)
            else:
                _import(name.strip(), about, vectors, context, text, settings)


def _require_new(name: str) -> None:
    """Raise InputError for a name that is taken, or cannot name a model."""
    if name in SAMPLES or name in (entry.name for entry in models.catalogue()):
        raise InputError(say("own.name_taken", name=name))
    check_model_name(name)


def _train(name: str, about: tuple[str, str], text: GivenText, settings: dict[str, Any]) -> None:
    """Read and keep the text, and begin to train: a job, whose line the page shows."""
    _require_new(name)
    with temporary_folder() as folder:
        brought = Brought(
            name,
            texts=write_texts(folder, text.files),
            written=text.written,
            options=text.options,
            rule=text.rule,
        )
        here = models.workspace()
        with reading_line(expect_reading(here, brought)) as progress:
            corpus_hash = read_brought_text(here, brought, folder, progress)
    own_training.begin(corpus_hash, settings, name, *about)
    st.rerun()


def _import(
    name: str,
    about: tuple[str, str],
    vectors: GivenVectors,
    context: Upload | None,
    text: GivenText,
    settings: dict[str, Any] | None,
) -> None:
    if vectors.file is None:
        raise InputError(say("own.context_alone" if context else "own.no_vectors"))
    _require_new(name)
    with temporary_folder() as folder:
        brought = Brought(
            name,
            *about,
            vectors=write_upload(folder, "vectors", vectors.file),
            words=write_upload(folder, "words", vectors.words) if vectors.words else None,
            limit=vectors.limit,
            is_strict=vectors.is_strict,
            words_encoding=vectors.encoding,
            inside=vectors.inside,
            counts=write_upload(folder, "counts", vectors.counts) if vectors.counts else None,
            context=write_upload(folder, "context", context) if context else None,
            texts=write_texts(folder, text.files),
            written=text.written,
            options=text.options,
            rule=text.rule,
            settings=settings,
            are_settings_assumed=True,
        )
        here = models.workspace()
        with reading_line(expect_reading(here, brought)) as progress:
            read_brought(here, brought, folder, progress)
    state.update(model=name)
    close_form()
    st.rerun()
