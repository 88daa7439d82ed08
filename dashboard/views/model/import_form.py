"""A form that imports a model: vectors, context vectors, text and training settings.

Nothing is unpickled. A problem with a file is shown in words; the rest of the screen still works.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from clif_core.errors import InputError
from clif_core.text.fetch import SAMPLES
from clif_core.workspace.importing import import_model
from dashboard import state
from dashboard.data import models
from dashboard.views.model.picker import close_form
from dashboard.views.model.upload_fields import (
    Upload,
    draw_settings,
    draw_text_fields,
    read_text,
    write_upload,
)
from dashboard.widgets.notice import guard
from dashboard.wording import say

__all__ = ["draw_import_form"]


def draw_import_form() -> None:
    """The form; on success the new model is selected."""
    st.caption(say("own.lead"))
    with st.form("own_model", border=False):
        left, right = st.columns(2, gap="large")
        with left:
            name = st.text_input(say("own.name"), placeholder="my-model", help=say("own.name_help"))
            vectors = st.file_uploader(say("own.vectors"), help=say("own.vectors_help"))
            context = st.file_uploader(say("own.context"), help=say("own.context_help"))
            texts, written = draw_text_fields(say("own.text"))
        with right:
            settings = draw_settings()
        pressed = st.form_submit_button(say("own.submit"), type="primary")
    if pressed:
        with guard(say("own.failed")), st.spinner(say("own.reading"), show_time=True):
            _import(name.strip(), vectors, context, texts, written, settings)


def _import(
    name: str,
    vectors: Upload | None,
    context: Upload | None,
    texts: Sequence[Upload],
    written: str,
    settings: dict[str, Any] | None,
) -> None:
    if vectors is None:
        raise InputError(say("own.no_vectors"))
    if name in SAMPLES or name in (entry.name for entry in models.catalogue()):
        raise InputError(say("own.name_taken", name=name))
    with tempfile.TemporaryDirectory() as folder:
        bundle, corpus = import_model(
            name,
            write_upload(Path(folder), "vectors", vectors),
            write_upload(Path(folder), "context", context) if context else None,
            settings=settings,
            title=name,
            **read_text(Path(folder), texts, written),
        )
        models.workspace().keep_model(bundle, corpus)
    state.update(model=name)
    close_form()
    st.rerun()
