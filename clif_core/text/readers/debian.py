"""Texts that Debian packages: a dictionary, an FAQ, the glosses of WordNet.

A package is unpacked by ``dpkg-deb``, which is where apt-get is; nothing of it is installed.
"""

from __future__ import annotations

import gzip
import html
import io
import re
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path, PurePosixPath

from clif_core.errors import FormatError
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus

__all__ = ["read_dictionary", "read_faq", "read_glosses"]

_LIMIT_SECONDS = 120

# --- the GNU Collaborative International Dictionary of English

_HEADWORD = re.compile(r"([^\W\d_][^\\\n]*?) +\\")  # at the start of a line, before its sound
_SOURCE = re.compile(r"\[(?:1913 Webster|WordNet[^\]]*|PJC|[A-Za-z .&]{1,20}\d*)\]")
_SOUND = re.compile(r"\\[^\\\n]{1,80}\\")


def read_dictionary(path: Path) -> Corpus:
    """The entries of the package ``dict-gcide``; a document holds those that begin alike.

    Documents have ``begins``: the first two letters. Braces, sounds and marks of the editors are
    left out. Raises FormatError where the package holds no dictionary.
    """
    files = _unpack(path, ("gcide.dict.dz",))
    text = gzip.decompress(files["gcide.dict.dz"]).decode("utf-8", "replace")
    entries = re.split(r"\n(?=[^\W\d_])", "A " + text.partition("\nA ")[2])
    named = [(found[1], entry) for entry in entries if (found := _HEADWORD.match(entry))]
    documents = [
        SourceDocument(
            f"Entries from {begins}", "\n\n".join(map(_plain_entry, group)), {"begins": begins}
        )
        for begins, group in _by_beginning(named)
    ]
    about = {
        "title": "The Collaborative International Dictionary of English",
        "licence": "GPL, version 2 or later",
        "source": "Debian package dict-gcide",
        "reader": "dictionary",
        "unit": "sentence",
    }
    return build_corpus("gcide", documents, about)


def _by_beginning(named: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    def begins(entry: tuple[str, str]) -> str:
        letters = re.sub(r"[^a-z]", "", entry[0].lower())
        return letters[:2]

    for key, group in groupby(sorted(named, key=begins), begins):
        yield key, [entry for _, entry in group]


def _plain_entry(entry: str) -> str:
    plain = _SOUND.sub(" ", _SOURCE.sub("", entry)).replace("{", "").replace("}", "")
    return "\n".join(line.strip() for line in plain.splitlines() if line.strip())


# --- An Anarchist FAQ

_HREF = re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)")
_MARKS = re.compile(r"(?m)^[#> \t*+-]+|[*_`]+|\\(?=\W)")


def read_faq(path: Path) -> Corpus:
    """The sections of the package ``anarchism``, from its Markdown; documents have ``file``."""
    files = _unpack(path, (".md.gz",))
    documents = []
    for name, content in sorted(files.items()):
        text = gzip.decompress(content).decode("utf-8", "replace")
        plain = html.unescape(_MARKS.sub("", _HREF.sub(r"\1", text))).strip()
        if plain:
            title = plain.partition("\n")[0][:100]
            documents.append(SourceDocument(title, plain, {"file": name.removesuffix(".md.gz")}))
    about = {
        "title": "An Anarchist FAQ",
        "licence": "GPL, version 2",
        "source": "Debian package anarchism",
        "reader": "faq",
        "unit": "sentence",
    }
    return build_corpus("anarchism", documents, about)


# --- WordNet

_PARTS_OF_SPEECH = ("adj", "adv", "noun", "verb")


def read_glosses(path: Path) -> Corpus:
    """What WordNet says of each of its meanings, from the package ``wordnet-base``.

    A document is one of its 45 fields of meaning; documents have ``part_of_speech`` and ``field``
    (its number). A meaning is a sentence: its words, then the gloss.
    """
    wanted = tuple(f"data.{part}" for part in _PARTS_OF_SPEECH)
    files = _unpack(path, wanted)
    documents = []
    for part in _PARTS_OF_SPEECH:
        lines = files[f"data.{part}"].decode("utf-8").splitlines()
        meanings = [_meaning(line) for line in lines if not line.startswith("  ")]
        for field, group in groupby(sorted(meanings, key=lambda m: m[0]), lambda m: m[0]):
            text = io.StringIO()
            sentences: list[tuple[int, int, dict[str, str]]] = []
            for _, meaning in group:
                start = text.tell()
                text.write(meaning)
                sentences.append((start, text.tell(), {}))
                text.write("\n")
            metadata = {"part_of_speech": part, "field": field}
            title = f"WordNet, {part} {field}"
            documents.append(SourceDocument(title, text.getvalue(), metadata, sentences))
    about = {
        "title": "The glosses of WordNet 3.0",
        "licence": "WordNet 3.0 licence, Princeton University",
        "source": "Debian package wordnet-base",
        "reader": "glosses",
        "unit": "sentence",
    }
    return build_corpus("wordnet", documents, about)


def _meaning(line: str) -> tuple[int, str]:
    """The field of a line of WordNet's data, and its words with their gloss."""
    head, _, gloss = line.partition(" | ")
    _, field, _, n_words, *rest = head.split()
    words = [rest[2 * at].replace("_", " ") for at in range(int(n_words, 16))]
    return int(field), f"{', '.join(words)}: {gloss.strip()}"


# --- packages


def _unpack(path: Path, endings: tuple[str, ...]) -> dict[str, bytes]:
    """File name -> content of the files of a package that end so; FormatError where none does."""
    advice = "Fetch it again with 'make samples NAME=library'."
    try:
        done = subprocess.run(
            ["dpkg-deb", "--fsys-tarfile", str(path)],
            capture_output=True,
            timeout=_LIMIT_SECONDS,
            check=True,
        )
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as files:
            found = {
                PurePosixPath(member.name).name: file.read()
                for member in files
                if member.name.endswith(endings) and (file := files.extractfile(member)) is not None
            }
    except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
        raise FormatError(
            f"{path} cannot be read as a Debian package ({error}). {advice}"
        ) from error
    if not found:
        raise FormatError(f"{path} holds no {' or '.join(endings)}. {advice}")
    return found
