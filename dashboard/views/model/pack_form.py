"""A form that opens a pack: a model with all that was found out about it elsewhere.

The pack is compared with its checksums and read in another process. A visitor of a shared server
brings models within the visitor's room, and no answers (``clif_core.workspace.packs.unpacking``).
"""

from __future__ import annotations

import streamlit as st

from clif_core.errors import InputError
from clif_core.storage.files import temporary_folder
from dashboard import state
from dashboard.data import models
from dashboard.views.model.picker import close_form
from dashboard.views.model.upload_fields import Upload, write_upload
from dashboard.widgets.notice import guard
from dashboard.widgets.reading_line import reading_line
from dashboard.wording import say

__all__ = ["draw_pack_form"]


@st.fragment
def draw_pack_form() -> None:
    """The form; on success the model of the pack is selected."""
    st.caption(say("own.pack_lead"))
    file: Upload | None = st.file_uploader(say("own.pack_file"), help=say("own.pack_file_help"))
    name = st.text_input(say("own.pack_name"), help=say("own.name_help"), key="own_pack_name")
    if st.button(say("own.pack_submit"), key="own_pack_submit", type="primary"):
        with guard(say("own.pack_failed")):
            _open(file, name.strip())


def _open(file: Upload | None, name: str) -> None:
    from clif_core.workspace.packs.brought import unpack_aside  # which brings torch

    if file is None:
        raise InputError(say("own.pack_none"))
    with temporary_folder() as folder:
        path = write_upload(folder, "pack", file)
        with reading_line() as progress:
            taken = unpack_aside(models.workspace(), path, folder, name or None, progress)
    found = say("own.pack_taken", probes=taken.n_probes, answers=taken.n_answers, jobs=taken.n_jobs)
    st.toast(" ".join((found, *taken.notes)), duration="long")
    state.update(model=taken.name)
    close_form()
    st.rerun()
