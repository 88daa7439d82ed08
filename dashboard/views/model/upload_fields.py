"""Form fields for a model's text and training settings, and reading the uploaded files.

The server reads the uploaded bytes itself and trusts nothing that the browser says of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import streamlit as st

from clif_core.errors import InputError
from clif_core.text.readers.neutrality import SIDES, read_neutrality
from clif_core.text.readers.plots import read_plots
from dashboard.wording import say

__all__ = ["Upload", "draw_settings", "draw_text_fields", "read_text", "write_upload"]

_WRITTEN = ("text", "plots", *(f"neutrality-{side}" for side in SIDES))
_SUFFIXES = {".txt", ".jsonl", ".tsv", ".bin", ".vec", ".gz"}


class Upload(Protocol):
    """An uploaded file, as ``st.file_uploader`` returns it."""

    @property
    def name(self) -> str: ...

    def getbuffer(self) -> memoryview: ...


def draw_text_fields(label: str) -> tuple[Sequence[Upload], str]:
    """How the text is written, and its files."""
    written = st.selectbox(
        say("own.written"), _WRITTEN, format_func=lambda way: say(f"own.written_{way}")
    )
    files = st.file_uploader(label, accept_multiple_files=True, help=say("own.text_help"))
    return files, written


def draw_settings() -> dict[str, Any] | None:
    """The training settings, or None until the user ticks that they are known."""
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


def read_text(folder: Path, texts: Sequence[Upload], written: str) -> dict[str, Any]:
    """The text as ``import_model`` takes it: the path of a saved upload, or a corpus."""
    if not texts:
        return {}
    lists = [file for file in texts if ".tsv" in file.name.lower()] if written == "plots" else []
    rest = [file for file in texts if file not in lists]
    if len(rest) != 1 or len(lists) > 1:
        raise InputError(say("own.texts_wrong"))
    path = write_upload(folder, "text", rest[0])
    if written == "plots":
        for films in lists:
            write_upload(folder, "movie.metadata", films)  # where read_plots looks for it
        return {"corpus": read_plots(path)}
    for side in SIDES:
        if written == f"neutrality-{side}":
            return {"corpus": read_neutrality(path, side)}
    return {"corpus_path": path}


def write_upload(folder: Path, stem: str, upload: Upload) -> Path:
    """Save an upload under a name of ours; only known suffixes come from the browser."""
    suffixes = [s for s in Path(upload.name).suffixes if s.lower() in _SUFFIXES]
    path = folder / (stem + "".join(suffixes).lower())
    path.write_bytes(upload.getbuffer())
    return path
