"""The files of a text: one, several, those of a folder or of a zip, with what is left out of them.

Nothing is unpacked to disk. A file is named as the person knows it: by its path within the folder
or the zip, or by the name it was uploaded under.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast
from zipfile import ZipInfo

from clif_core.errors import FormatError
from clif_core.storage.gzipped import (
    is_hidden,
    open_file,
    open_member,
    packed_as,
    show_name,
    unzip,
    zip_members,
)

__all__ = ["Given", "LeftOut", "Source", "gather", "plain_suffix"]

Content = Path | bytes
#: A file, a folder or a zip; or files, on disk or in memory, by the names that people know them by.
Given = Path | Mapping[str, Content]
_MAX_FILES = 100_000  # of each 200 MB of text
_USUAL_RATIO = 3  # of prose to what gzip makes of it
_PACKED_SUFFIXES = (".gz", ".bz2", ".xz")
# A zip with these is a document of an office program or a book, and no folder of texts.
_OFFICE = {
    "word/document.xml": "a Word document (.docx). Save it as plain text (.txt) in Word, and give"
    " that",
    "xl/workbook.xml": "an Excel workbook (.xlsx). Save the sheet as CSV, and give that",
    "ppt/presentation.xml": "a PowerPoint file (.pptx). Save its outline as plain text, and give"
    " that",
    "META-INF/container.xml": "an e-book (.epub). Convert it to plain text, for example with"
    " calibre's ebook-convert, and give that",
    "content.xml": "an OpenDocument file. Save it as plain text (.txt), a table as CSV, and give"
    " that",
    "model/card.json": "a pack of this program. Open it as a pack: 'clif unpack', or 'A pack' on"
    " the page",
}


@dataclass(frozen=True)
class LeftOut:
    """Something that is not part of the text, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Source:
    """One file: its name for people, its size as it lies there (packed), and how to open it.

    ``n_unpacked``: its size after unpacking, where the file says it.
    """

    name: str
    n_bytes: int
    open: Callable[[], AbstractContextManager[BinaryIO]]
    n_unpacked: int | None = None

    @property
    def n_expected(self) -> int:
        """Its size after unpacking, guessed where the file does not say it."""
        if self.n_unpacked is not None:
            return self.n_unpacked
        is_packed = PurePosixPath(self.name).suffix in _PACKED_SUFFIXES
        return self.n_bytes * (_USUAL_RATIO if is_packed else 1)

    @property
    def suffix(self) -> str:
        return plain_suffix(self.name)

    @contextmanager
    def unzipped(self, max_bytes: int) -> Iterator[BinaryIO]:
        """The bytes, unzipped where they are packed; refuses to give more than ``max_bytes``."""
        with self.open() as file:
            yield unzip(file, self.name, max_bytes)


def plain_suffix(name: str) -> str:
    """The ending of a name without that of its packing: ``.txt`` of ``a.txt.gz``."""
    path = PurePosixPath(name)
    return (path.with_suffix("") if path.suffix in _PACKED_SUFFIXES else path).suffix.lower()


def gather(given: Given, times: int = 1) -> tuple[list[Source], list[LeftOut], bool]:
    """(files in the order of their names, what is no content, whether it is a single file).

    ``times``: of ``limits.times_larger``.

    Raises FormatError where there is no such file, or a zip is an office document.
    """
    if isinstance(given, Path):
        if given.is_dir():
            return *_split_hidden(_walk(given, _MAX_FILES * times)), False
        given = {show_name(given): given}
    if len(given) == 1:
        ((name, content),) = given.items()
        if (found := _list_zip(name, content)) is not None:
            sources, hidden = _split_hidden(_without_top(found))
            return sources, hidden, len(sources) == 1
        return [_of_file(name, content)], [], True
    found = [member for name, content in given.items() for member in _expand(name, content)]
    sources, hidden = _split_hidden(_without_top(found))
    return sources, hidden, False


def _expand(name: str, content: Content) -> list[Source]:
    """One of several files; of a zip, each of its files under the zip's name."""
    members = _list_zip(name, content)
    if members is None:
        return [_of_file(name, content)]
    stem = name.removesuffix(".zip")
    return [replace(m, name=f"{stem}/{m.name}") for m in members]


def _split_hidden(found: list[Source]) -> tuple[list[Source], list[LeftOut]]:
    """(files sorted by name, those that are hidden or that systems leave behind)."""
    hidden = [LeftOut(s.name, "a hidden file") for s in found if is_hidden(s.name)]
    shown = [source for source in found if not is_hidden(source.name)]
    return sorted(shown, key=lambda source: source.name), hidden


def _walk(folder: Path, most: int) -> list[Source]:
    """The regular files below a folder; links to folders are not followed."""
    found: list[Source] = []
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            path = Path(root) / name
            if path.is_file():
                relative = path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()
                found.append(_of_file(relative, path))
        if len(found) > most:
            raise FormatError(
                f"{show_name(folder)} holds more than {most:,} files, the limit here. Put"
                " the texts into one file, one a line or as JSONL."
            )
    return found


def _of_file(name: str, content: Content) -> Source:
    if isinstance(content, bytes):
        return Source(name, len(content), lambda: closing(io.BytesIO(content)))
    size = content.stat().st_size if content.is_file() else 0
    return Source(name, size, lambda: open_file(content))


def _list_zip(name: str, content: Content) -> list[Source] | None:
    """The files of a zip; None where the file is none."""
    with _of_file(name, content).open() as file:
        if packed_as(file.read(4)) != "zip":
            return None
    # Stays open as long as one of its files may be read: its list is read once, not for each file.
    file = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
    whole, members = zip_members(cast(BinaryIO, file), name)
    names = {info.filename for info in members}
    for inner, what in _OFFICE.items():
        if inner in names:
            raise FormatError(f"{name} is {what}.")

    def opener(info: ZipInfo) -> Callable[[], AbstractContextManager[BinaryIO]]:
        return lambda: closing(open_member(whole, info))

    return [
        Source(info.filename, info.compress_size, opener(info), info.file_size) for info in members
    ]


def _without_top(members: list[Source]) -> list[Source]:
    """Without the folder that all of them lie in, as a zip of a folder has it."""
    shown = [m for m in members if not is_hidden(m.name)]
    tops = {m.name.partition("/")[0] for m in shown}
    if len(tops) != 1 or any("/" not in m.name for m in shown):
        return members
    top = f"{tops.pop()}/"
    return [replace(m, name=m.name.removeprefix(top)) for m in members]
