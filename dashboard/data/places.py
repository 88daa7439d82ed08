"""Places in the queue of long work: what one visitor may have unfinished at once.

A visitor is the person who signed in, else the session. One question takes one place, however many
jobs answer it; a series of questions takes all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

import streamlit as st

from clif_core.errors import JobError
from dashboard.data import models, visitors

__all__ = ["MAX_PLACES", "Place", "take_place"]

MAX_PLACES = 2
_MINE = "clif_places"
_taking = Lock()


@dataclass(eq=False)
class Place:
    """The work behind one press: keys of jobs, and solves on this server's worker thread.

    ``is_beginning``: what the place is for is not known yet; nobody else gets the place.
    """

    n_places: int
    is_beginning: bool = True
    jobs: list[str] = field(default_factory=list)
    is_solving: Callable[[], bool] | None = None

    @property
    def is_unfinished(self) -> bool:
        is_solving = self.is_solving is not None and self.is_solving()
        return self.is_beginning or is_solving or any(map(_is_open, self.jobs))


def _is_open(key: str) -> bool:
    try:
        return not models.workspace().jobs.status(key).is_finished
    except JobError:  # removed meanwhile
        return False


@contextmanager
def take_place(n_places: int = 1) -> Iterator[Place]:
    """Begin work inside this; the caller adds what it began to the place.

    Raises JobError where the visitor has too much unfinished.
    """
    mine, place = _places(), Place(n_places)
    with _taking:  # a person who signed in may press in two windows at once
        mine[:] = [place for place in mine if place.is_unfinished]
        n_taken = sum(place.n_places for place in mine)
        if n_taken + n_places > MAX_PLACES:
            wanted = "A series starts only when none is" if n_places > 1 else "No other was started"
            raise JobError(
                f"{len(mine)} of your computations are unfinished, and at most {MAX_PLACES} may be."
                f" {wanted}; wait for one to finish, or stop one, and ask again."
            )
        mine.append(place)  # it stays where only some of its jobs could be submitted
    try:
        yield place
    finally:
        place.is_beginning = False


def _places() -> list[Place]:
    name = visitors.signed_in()
    if name:
        return _of_users().setdefault(name, [])
    mine: list[Place] = st.session_state.setdefault(_MINE, [])
    return mine


@st.cache_resource(show_spinner=False)
def _of_users() -> dict[str, list[Place]]:
    return {}
