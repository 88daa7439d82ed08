"""Modules that the first page does without: imported when they are needed, or a moment before.

The first page of a server that was just started waits for nothing but what it shows. Once it is
drawn, a thread imports the views behind the other pages, and torch, numba and scikit-learn with
them, so that the next click does not wait either.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from threading import Lock, Timer
from types import ModuleType
from typing import TypeVar

__all__ = ["begin", "import_late", "later"]

_T = TypeVar("_T")

_PAUSE_SECONDS = 1.0  # the browser fetches and draws the first page meanwhile
_log = logging.getLogger("dashboard")
# One import at a time: two threads inside one package's circular imports may see half a module.
_importing = Lock()
_begun: set[str] = set()


def import_late(module: str) -> ModuleType:
    """A module by its full name, imported now unless it is there."""
    with _importing:
        return importlib.import_module(module)


def begin(modules: Iterable[str]) -> None:
    """Import modules in the background, once a server; returns at once."""
    wanted = tuple(name for name in modules if name not in _begun)
    if wanted:
        _begun.update(wanted)
        timer = Timer(_PAUSE_SECONDS, _warm, [wanted])
        timer.daemon = True
        timer.start()


def later(work: Callable[[], _T]) -> Future[_T]:
    """Do work on a thread of its own: at once, but not before the server's first page is drawn."""
    future: Future[_T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # whoever asks for the result hears of it
            future.set_exception(error)

    timer = Timer(0.0 if _begun else _PAUSE_SECONDS, run)
    timer.daemon = True
    timer.start()
    return future


def _warm(modules: Iterable[str]) -> None:
    for name in modules:
        try:
            import_late(name)
        except Exception:  # the page that needs it shows the error
            _log.warning("%s could not be imported in advance", name, exc_info=True)
