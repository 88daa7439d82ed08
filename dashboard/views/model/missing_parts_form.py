"""A form that adds to an imported model what it lacks: text, context vectors or settings."""

from __future__ import annotations

from typing import Any

import streamlit as st

from clif_core.errors import InputError
from clif_core.sgns.bundle import Bundle
from clif_core.storage.files import temporary_folder
from clif_core.workspace.bring import Brought, expect_reading, read_brought
from clif_core.workspace.looker import VectorsSeen
from dashboard import state
from dashboard.data import models
from dashboard.views.model.upload_fields import (
    NO_TEXT,
    GivenText,
    Upload,
    draw_settings,
    draw_text_fields,
    write_texts,
    write_upload,
)
from dashboard.widgets.notice import guard
from dashboard.widgets.reading_line import reading_line
from dashboard.wording import say

__all__ = ["draw_missing_parts_form"]

_FIRST = 50_000  # words that a look at a text knows


def draw_missing_parts_form(bundle: Bundle, has_corpus: bool) -> None:
    """Fields for what this model lacks; nothing for a complete model or a changed copy."""
    is_complete = has_corpus and not _lacks_context(bundle) and not _lacks_settings(bundle)
    if is_complete or not models.is_imported(bundle.card):
        return
    with st.expander(say("own.add"), icon=":material/upload:"):
        _draw_fields(bundle, has_corpus)


def _lacks_context(bundle: Bundle) -> bool:
    """Whether the output matrix of the training is not there; fitted vectors stand in at most."""
    return bundle.model.context_vectors is None or bundle.has_fitted_contexts


def _lacks_settings(bundle: Bundle) -> bool:
    return bundle.model.settings is None or bundle.has_assumed_settings


@st.fragment
def _draw_fields(bundle: Bundle, has_corpus: bool) -> None:
    model, context, settings = bundle.model, None, None
    text = NO_TEXT
    left, right = st.columns(2, gap="large")
    with left:
        if not has_corpus:
            words = model.vocabulary.words
            known = VectorsSeen((), tuple(words[:_FIRST]), len(words) > _FIRST, bundle.is_of_lines)
            text = draw_text_fields(say("own.text_bare"), "missing_text", known)
        if _lacks_context(bundle):
            context = st.file_uploader(say("own.context_bare"), help=say("own.context_help"))
    with right:
        if _lacks_settings(bundle):
            settings = draw_settings()
    if st.button(say("own.add_submit"), type="primary", disabled=not text.is_readable):
        with guard(say("own.add_failed")):
            _add(bundle, context, settings, text)


def _add(
    bundle: Bundle, context: Upload | None, settings: dict[str, Any] | None, text: GivenText
) -> None:
    if context is None and settings is None and not text.files:
        raise InputError(say("own.nothing_given"))
    with temporary_folder() as folder:
        brought = Brought(
            bundle.model.name,
            context=write_upload(folder, "context", context) if context else None,
            texts=write_texts(folder, text.files),
            written=text.written,
            options=text.options,
            rule=text.rule,
            settings=settings,
            are_settings_assumed=True,
            is_added=True,
        )
        here = models.workspace()
        with reading_line(expect_reading(here, brought)) as progress:
            read_brought(here, brought, folder, progress)
    state.update(document=None, sentence=None, clustering="")
    st.rerun()
