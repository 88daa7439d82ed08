"""Plain text as documents: one a file, a line, or a block between blank lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from clif_core.text.corpus import SourceDocument
from clif_core.text.readers.columns import make_title

__all__ = ["split_documents"]

_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")


def split_documents(text: str, file: str, rule: str) -> Iterator[SourceDocument]:
    """The documents of a file with ``file`` and ``line``, the first line of each, as metadata."""
    if rule == "file":
        yield SourceDocument(file, text, {"file": file, "line": 1})
        return
    separator = re.compile(r"\n") if rule == "line" else _BLANK_LINES
    start, line = 0, 1
    ends = (match.span() for match in separator.finditer(text))
    for end, following in chain(ends, [(len(text), len(text))]):
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            first = line + piece.count("\n", 0, piece.index(stripped[0]))
            yield SourceDocument(make_title(stripped), stripped, {"file": file, "line": first})
        line += text.count("\n", start, following)
        start = following
