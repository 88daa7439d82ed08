"""A DataFrame that a notebook shows as cards to read."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

__all__ = ["Table"]


class Table(pd.DataFrame):
    """A DataFrame whose view in a notebook is ``html()``, made when it is asked for.

    A selection or a sort of it is a plain DataFrame.
    """

    _metadata = ["_draw"]  # noqa: RUF012  pandas reads this name from the class
    _draw: Callable[[], str]

    @classmethod
    def of(cls, frame: pd.DataFrame, draw: Callable[[], str]) -> Table:
        """The frame, shown by ``draw``."""
        table = cls(frame)
        table._draw = draw
        return table

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def html(self) -> str:
        """The sentences as cards with their words marked: self-contained HTML."""
        return self._draw()

    def _repr_html_(self) -> str:
        return self.html()
