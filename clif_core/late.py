"""Packages that take long to import, imported when they are first used.

torch takes a second and a half, and the first page of the app does without it. A module of the
lower floors, which that page imports, names the package by ``late_import``; where a package is used
at import time (numba's decorators, subclasses of torch's classes) only the module that uses it can
be imported late.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

__all__ = ["late_import"]


class _Late(ModuleType):
    """Stands for a module; imports it when an attribute is read."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


def late_import(name: str) -> ModuleType:
    """The module ``name``, imported when an attribute of it is first read.

    For type checkers, import it under TYPE_CHECKING as well.
    """
    return _Late(name)
