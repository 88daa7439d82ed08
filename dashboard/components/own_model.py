"""Bring one's own: a form for vectors, context vectors, text and settings.

The server reads the uploaded bytes itself and trusts nothing that the browser says of them; nothing
is unpickled. What is wrong with a file is said in words, and the rest of the screen goes on.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from clif_core.errors import InputError
from clif_core.formats.fetch import SAMPLES
from clif_core.formats.neutrality import SIDES, read_neutrality
from clif_core.formats.own import import_model
from clif_core.formats.plots import read_plots
from dashboard import services, state
from dashboard.components.model_picker import close_form
from dashboard.components.notice import guard
from dashboard.wording import say

__all__ = ["draw_own_model_form"]

_WRITTEN = ("text", "plots", *(f"neutrality-{side}" for side in SIDES))


def draw_own_model_form() -> None:
    """The form; on success the new model is the chosen one."""
    st.caption(say("own.lead"))
    with st.form("own_model", border=False):
        left, right = st.columns(2, gap="large")
        with left:
            name = st.text_input(say("own.name"), placeholder="my-model", help=say("own.name_help"))
            vectors = st.file_uploader(say("own.vectors"), help=say("own.vectors_help"))
            context = st.file_uploader(say("own.context"), help=say("own.context_help"))
            written = st.selectbox(
                say("own.written"), _WRITTEN, format_func=lambda way: say(f"own.written_{way}")
            )
            texts = st.file_uploader(
                say("own.text"), accept_multiple_files=True, help=say("own.text_help")
            )
        with right:
            settings = _draw_settings()
        pressed = st.form_submit_button(say("own.submit"), type="primary")
    if pressed:
        with guard(say("own.failed")), st.spinner(say("own.reading"), show_time=True):
            _take(name.strip(), vectors, context, texts, written, settings)


def _draw_settings() -> dict[str, Any] | None:
    is_known = st.checkbox(say("own.settings_known"), help=say("own.settings_help"))
    settings: dict[str, Any] = {
        "window": st.number_input(say("model.set_window"), 1, 100, 5),
        "n_negatives": st.number_input(say("model.set_negatives"), 1, 100, 5),
        "subsampling_threshold": st.number_input(
            say("model.set_subsampling"), 0.0, 1.0, 1e-3, format="%.5f"
        ),
        "epochs": st.number_input(say("model.set_epochs"), 1, 1_000, 5),
        "unit": st.radio(
            say("own.unit"),
            ("sentence", "document"),
            format_func=lambda unit: say(f"own.unit_{unit}"),
            horizontal=True,
        ),
    }
    return settings | {"backend": "unknown"} if is_known else None


def _take(
    name: str,
    vectors: UploadedFile | None,
    context: UploadedFile | None,
    texts: list[UploadedFile],
    written: str,
    settings: dict[str, Any] | None,
) -> None:
    if vectors is None:
        raise InputError(say("own.no_vectors"))
    if name in SAMPLES or name in (entry.name for entry in services.catalogue()):
        raise InputError(say("own.name_taken", name=name))
    with tempfile.TemporaryDirectory() as folder:
        bundle, corpus = import_model(
            name,
            _write(Path(folder), "vectors", vectors),
            _write(Path(folder), "context", context) if context else None,
            settings=settings,
            title=name,
            **_read_text(Path(folder), texts, written),
        )
        services.workspace().keep_model(bundle, corpus)
    state.update(model=name, document=None, sentence=None, clustering="")
    close_form()
    st.rerun()


def _read_text(folder: Path, texts: list[UploadedFile], written: str) -> dict[str, Any]:
    """The text as ``import_model`` takes it: a file of ours to read, or a corpus read."""
    if not texts:
        return {}
    lists = [file for file in texts if ".tsv" in file.name.lower()] if written == "plots" else []
    rest = [file for file in texts if file not in lists]
    if len(rest) != 1 or len(lists) > 1:
        raise InputError(say("own.texts_wrong"))
    path = _write(folder, "text", rest[0])
    if written == "plots":
        for films in lists:
            _write(folder, "movie.metadata", films)  # where read_plots looks for it
        return {"corpus": read_plots(path)}
    for side in SIDES:
        if written == f"neutrality-{side}":
            return {"corpus": read_neutrality(path, side)}
    return {"corpus_path": path}


def _write(folder: Path, stem: str, upload: UploadedFile) -> Path:
    """Put an upload into a file of our own naming; only its suffixes come from the browser."""
    suffixes = [s for s in Path(upload.name).suffixes if s.lower() in _SUFFIXES]
    path = folder / (stem + "".join(suffixes).lower())
    path.write_bytes(upload.getbuffer())
    return path


_SUFFIXES = {".txt", ".jsonl", ".tsv", ".bin", ".vec", ".gz"}
