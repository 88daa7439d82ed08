"""A form that adds to an imported model what it lacks: text, context vectors or settings."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from clif_core.errors import InputError
from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.data import missing_parts, models
from dashboard.views.model.upload_fields import (
    Upload,
    draw_settings,
    draw_text_fields,
    read_text,
    write_upload,
)
from dashboard.widgets.notice import guard
from dashboard.wording import say

__all__ = ["draw_missing_parts_form"]


def draw_missing_parts_form(bundle: Bundle, has_corpus: bool) -> None:
    """Fields for what this model lacks; nothing for a complete model or a changed copy."""
    model = bundle.model
    lacks_context, lacks_settings = model.context_vectors is None, model.settings is None
    is_complete = has_corpus and not lacks_context and not lacks_settings
    if is_complete or not models.is_imported(bundle.card):
        return
    context, settings, written = None, None, "text"
    texts: Sequence[Upload] = []
    with st.expander(say("own.add"), icon=":material/upload:"):
        with st.form("complete_model", border=False, enter_to_submit=False):
            left, right = st.columns(2, gap="large")
            with left:
                if not has_corpus:
                    texts, written = draw_text_fields(say("own.text_bare"))
                if lacks_context:
                    context = st.file_uploader(
                        say("own.context_bare"), help=say("own.context_help")
                    )
            with right:
                if lacks_settings:
                    settings = draw_settings()
            pressed = st.form_submit_button(say("own.add_submit"), type="primary")
        if pressed:
            with guard(say("own.add_failed")), st.spinner(say("own.reading"), show_time=True):
                _add(bundle, context, settings, texts, written)


def _add(
    bundle: Bundle,
    context: Upload | None,
    settings: dict[str, Any] | None,
    texts: Sequence[Upload],
    written: str,
) -> None:
    if context is None and settings is None and not texts:
        raise InputError(say("own.nothing_given"))
    with tempfile.TemporaryDirectory() as folder:
        missing_parts.add_missing_parts(
            bundle,
            write_upload(Path(folder), "context", context) if context else None,
            settings,
            read_text(Path(folder), texts, written),
        )
    state.update(document=None, sentence=None, clustering="")
    st.rerun()
