"""Folders that come with the project beside its modules: sample models and the app's settings.

A checkout holds them at its top level; a wheel holds them inside a package (``force-include`` in
pyproject.toml). An editable installation runs from a checkout.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

__all__ = ["packaged"]


def packaged(folder: str, package: str = "clif_core") -> Path:
    """The path of a folder that a wheel holds inside ``package``, a checkout beside it.

    Raises FileNotFoundError where neither has it.
    """
    inside = Path(str(files(package)))
    for parent in (inside, inside.parent):
        if (parent / folder).is_dir():
            return parent / folder
    raise FileNotFoundError(
        f"There is no folder {folder!r} in {inside} or beside it; install clif-dashboard again."
    )
