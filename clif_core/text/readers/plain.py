"""Readers of two formats by name: plain text and JSONL (``own`` finds out by itself)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clif_core.text.corpus import Corpus
from clif_core.text.readers.options import TextOptions
from clif_core.text.readers.own import read_own_text
from clif_core.text.token_rule import TokenRule

__all__ = ["read_jsonl", "read_plain_text"]


def read_plain_text(
    path: Path,
    documents: str = "auto",
    name: str | None = None,
    max_bytes: int | None = None,
    rule: TokenRule | None = None,
    words: Sequence[str] | None = None,
) -> Corpus:
    """A corpus from a text file, or from the text files of a folder, in the order of their names.

    ``documents``: blank-line, line or file; of a single file, auto is blank-line. Documents have
    ``file`` and ``line``, their first line.
    """
    is_folder = Path(path).is_dir()
    options = TextOptions(format="auto" if is_folder else "plain", one_document_per=documents)
    return read_own_text(Path(path), name, max_bytes, options, rule, words)


def read_jsonl(
    path: Path,
    text_field: str = "text",
    name: str | None = None,
    max_bytes: int | None = None,
    rule: TokenRule | None = None,
    words: Sequence[str] | None = None,
) -> Corpus:
    """A corpus from a JSONL file, a document a line; every other field becomes metadata.

    An underscore is appended to the fields that are named like a column of the corpus itself:
    ``start`` becomes ``start_``, and ``start_`` becomes ``start__``.
    """
    options = TextOptions(format="jsonl", text_column=text_field)
    return read_own_text(Path(path), name, max_bytes, options, rule, words)
