"""How much work reading a person's files is: what it will take, and how far it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from clif_core.workspace.rates import Work, machine_name

__all__ = ["ImportWork", "import_work"]

# Bytes a second, on a slow machine.
_VECTORS = 8e6
_TEXT = 0.7e6
_START = 10.0  # seconds: importing, and saving the model


@dataclass(frozen=True)
class ImportWork:
    """The seconds that a slow machine takes for the vectors, and for the text and what it gives."""

    vectors: float
    text: float

    @property
    def share_of_vectors(self) -> float:
        """Of the time for both."""
        return self.vectors / max(self.vectors + self.text, 1e-9)

    @property
    def work(self) -> Work:
        """As ``rates`` takes it."""
        seconds = _START + self.vectors + self.text
        return Work("import", machine_name(), seconds, guess=1.0)


def import_work(vectors: Iterable[Path | None], texts: Iterable[Path]) -> ImportWork:
    """The work of reading files of vectors and of a text."""
    return ImportWork(_size(vectors) / _VECTORS, _size(texts) / _TEXT)


def _size(paths: Iterable[Path | None]) -> int:
    return sum(path.stat().st_size for path in paths if path is not None and path.is_file())
