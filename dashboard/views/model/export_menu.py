"""Export a model: its vectors for other programs, or all work on it for another machine."""

from __future__ import annotations

from functools import partial

import streamlit as st

from clif_core.sgns.bundle import Bundle
from clif_core.sgns.export import KINDS, export_bytes, suffix_of
from clif_core.storage.files import temporary_folder
from clif_core.workspace.workspace import Workspace
from dashboard.data import models
from dashboard.widgets.save_button import draw_save_button
from dashboard.wording import say

__all__ = ["draw_export"]


def draw_export(bundle: Bundle) -> None:
    """A menu with a download for each format; the file is made on demand."""
    with st.popover(say("export.title"), icon=":material/download:", key="export_menu"):
        st.caption(say("export.lead"))
        for kind in KINDS:
            draw_save_button(
                say(f"export.{kind}"),
                partial(export_bytes, bundle, kind),
                f"{bundle.model.name}{suffix_of(kind)}",
                "application/octet-stream",
                f"export_{kind}",
                icon=None,
                help=say(f"export.{kind}_help"),
            )
        draw_save_button(
            say("export.pack"),
            partial(_pack_bytes, models.workspace(), bundle.model.name),
            f"{bundle.model.name}.zip",
            "application/zip",
            "export_pack",
            icon=None,
            help=say("export.pack_help"),
        )


def _pack_bytes(workspace: Workspace, name: str) -> bytes:
    from clif_core.workspace.packs.packing import pack  # which brings torch

    with temporary_folder() as folder:
        return pack(workspace, name, folder / "pack.zip").path.read_bytes()
