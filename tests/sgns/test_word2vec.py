"""word2vec files: compatible with gensim in both directions, and refused where they are wrong."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import gensim
import numpy as np
import pytest
from gensim.models import KeyedVectors

from clif_core.errors import FormatError, InputError
from clif_core.sgns.vector_files import open_vectors, show_bytes
from clif_core.sgns.word2vec import write_word2vec

WORDS = ["the", "naïve", "</s>", "5", "東京", "e"]
GENSIM_DATA = Path(gensim.__file__).parent / "test" / "test_data"


def random_vectors(dim: int = 4) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(len(WORDS), dim)).astype(np.float32)


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.txt.gz", "v.bin.gz"])
@pytest.mark.parametrize("dim", [1, 4, 300])
def test_files_go_to_gensim_and_back_exactly(tmp_path: Path, name: str, dim: int) -> None:
    path, vectors = tmp_path / name, random_vectors(dim)
    write_word2vec(path, WORDS, vectors, is_binary=".bin" in name)
    read = open_vectors(path)
    assert read.words == tuple(WORDS)
    np.testing.assert_array_equal(read.vectors, vectors)
    theirs = KeyedVectors.load_word2vec_format(str(path), binary=".bin" in name)
    assert theirs.index_to_key == WORDS
    np.testing.assert_array_equal(theirs.vectors, vectors)


@pytest.mark.parametrize("is_binary", [False, True])
def test_files_that_gensim_wrote_are_read(tmp_path: Path, is_binary: bool) -> None:
    theirs = KeyedVectors(4)
    theirs.add_vectors(WORDS, random_vectors())
    theirs.save_word2vec_format(str(tmp_path / "v"), binary=is_binary)
    read = open_vectors(tmp_path / "v")
    assert set(read.words) == set(WORDS)
    order = [read.words.index(word) for word in WORDS]
    np.testing.assert_allclose(read.vectors[order], random_vectors(), rtol=1e-6)


def test_a_real_binary_file_is_read_as_gensim_reads_it() -> None:
    path = GENSIM_DATA / "euclidean_vectors.bin"
    read = open_vectors(path)
    theirs = KeyedVectors.load_word2vec_format(str(path), binary=True)
    assert read.vectors.shape == (2747, 10)
    assert list(read.words) == theirs.index_to_key
    np.testing.assert_array_equal(read.vectors, theirs.vectors)


def test_the_newlines_and_blanks_of_the_original_tool_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_bytes(b"2 2\r\na 1.0 -2e-1 \r\nb 0 .5 \r\n\r\n")
    assert open_vectors(tmp_path / "v.txt").vectors.tolist() == [
        [1.0, pytest.approx(-0.2)],
        [0.0, 0.5],
    ]
    rows = b"".join(w + b" " + struct.pack("<2f", 1, 2) + b"\n" for w in (b"a", b"b"))
    (tmp_path / "v.bin").write_bytes(b"2 2\n" + rows)
    assert open_vectors(tmp_path / "v.bin").words == ("a", "b")


def test_a_binary_number_may_begin_with_a_newline(tmp_path: Path) -> None:
    vectors = np.frombuffer(b"\n\x11\x11\x3f" * 2, dtype="<f4").reshape(2, 1)
    write_word2vec(tmp_path / "v", ["a", "b"], vectors, is_binary=True)
    np.testing.assert_array_equal(open_vectors(tmp_path / "v").vectors, vectors)


def binary(*rows: tuple[bytes, list[float]]) -> bytes:
    return b"".join(w + b" " + struct.pack(f"<{len(r)}f", *r) for w, r in rows)


#: A file, and its fault in a strict reading.
WRONG = {
    "empty": (b"", "no line of a word and its numbers"),
    "no words": (b"0 5\n", "text without vectors"),
    "wide": (b"3 99999\n", "text without vectors"),
    "huge": (b"999999999999 2\na 1 2\n", "Read the most frequent words only"),
    "many words": (b"10000001 1\na 1\n", "10,000,000 words"),
    "short text": (b"3 2\na 1 2\nb 1 2\n", "says 3 words, the file holds 2"),
    "long text": (b"1 2\na 1 2\nb 1 2\n", "says 1 words, the file holds 2"),
    "blank line": (b"2 2\na 1 2\n\nb 1 2\n", "line 3 of v is blank"),
    "narrow": (b"2 2\na 1 2\nb 1\n", "line 3 of v has another number of numbers"),
    "grouped digits": (b"2 2\na 1 2\nb 1 1_0\n", "line 3 of v holds something that is no number"),
    "cut in the last number": (b"2 2\na 1 2\nb 1 2.34", "line 3 .* last number may be cut"),
    "another width": (b"2 3\na 1 2\nb 1 2\n", "says 3 numbers a word, its lines have 2"),
    "long line": (b"2 2\na 1 2\nb" + b" " * 2000 + b"1 2\n", "line 3 of v has another number"),
    "zero byte": (b"2 2\na 1 2\nb 1 2\0\n" + b"c" * 2_000, "no end within"),
    "no number": (b"2 2\na 1 2\nb 1 x\n", "line 3 of v holds something that is no number"),
    "nan": (b"2 2\na 1 2\nb 1 nan\n", "line 3 of v holds a number that is not finite .'b'"),
    "overflow": (b"2 2\na 1 2\nb 1 1e99\n", "not finite"),
    "duplicate": (b"2 2\na 1 2\na 1 2\n", "line 3 of v came before .'a'"),
    "latin-1": ("2 2\na 1 2\nnaïve 1 2\n".encode("latin-1"), "line 3 of v is not UTF-8"),
    "short binary": (b"3 2\n" + binary((b"a", [1, 2]), (b"b", [1, 2])), "the file holds 2"),
    "half a vector": (b"2 2\n" + binary((b"a", [1, 2]), (b"b", [1])), "the file holds 1"),
    "long binary": (b"1 2\n" + binary((b"a", [1, 2]), (b"b", [1, 2])), "the file holds 2"),
    "rest": (b"1 2\n" + binary((b"a", [1, 2])) + b"\0\1", "goes on after its 1 words"),
    "endless word": (b"2 2\n" + binary((b"a", [1, 2]), (b"b" * 1500, [1, 2])), "no end within"),
    "binary nan": (b"1 2\n" + binary((b"a", [1, float("nan")])), "not finite"),
    "binary duplicate": (b"2 2\n" + binary((b"a", [1, 2]), (b"a", [1, 2])), "word 2 of v came"),
    "binary latin-1": (b"1 2\n" + binary((b"\xefve", [1, 2])), "not UTF-8"),
    "empty word": (b"1 2\n" + binary((b"", [1, 2])), "is empty"),
    "cut gzip": (gzip.compress(b"1 2\na 1 2\n" * 9)[:-6], "gzip|cut short|damaged"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_strict_error_says_where_a_file_is_wrong(tmp_path: Path, case: str) -> None:
    content, message = WRONG[case]
    (tmp_path / "v").write_bytes(content)
    with pytest.raises(FormatError, match=message):
        open_vectors(tmp_path / "v", is_strict=True)


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.txt.gz"])
def test_a_strict_reading_refuses_every_truncated_file(tmp_path: Path, name: str) -> None:
    write_word2vec(tmp_path / name, WORDS, random_vectors() - 9, is_binary=".bin" in name)
    whole = (tmp_path / name).read_bytes()
    n_unnoticed = 0
    for n_bytes in range(len(whole) - (0 if name == "v.txt" else 2)):
        (tmp_path / name).write_bytes(whole[:n_bytes])
        try:
            open_vectors(tmp_path / name, is_strict=True)
            n_unnoticed += 1
        except FormatError:
            pass
    assert n_unnoticed == 0


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
def test_what_is_whole_of_a_truncated_file_is_read_and_the_loss_said(
    tmp_path: Path, name: str
) -> None:
    write_word2vec(tmp_path / name, WORDS, random_vectors() - 9, is_binary=".bin" in name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    read = open_vectors(tmp_path / name)
    assert 1 < len(read.words) < len(WORDS) and read.words == tuple(WORDS[: len(read.words)])
    assert "may be cut" in " ".join(read.found.lines)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="No such file"):
        open_vectors(tmp_path / "none")


def test_the_limit_is_a_parameter(tmp_path: Path) -> None:
    write_word2vec(tmp_path / "v", WORDS, random_vectors())
    with pytest.raises(FormatError, match="Read the most frequent words only"):
        open_vectors(tmp_path / "v", is_strict=True, max_bytes=50)


@pytest.mark.parametrize("word", ["", "new york", "a\nb"])
def test_words_that_the_format_cannot_hold_are_refused(tmp_path: Path, word: str) -> None:
    with pytest.raises(InputError, match="blank"):
        write_word2vec(tmp_path / "v", [word], np.zeros((1, 2), np.float32))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("raw", "quoted"),
    [
        (b"the 0.1\t0.2\n", "'the 0.1 0.2'"),
        ("naïve".encode("latin-1"), "'na\N{REPLACEMENT CHARACTER}ve'"),
        (b"\x80\x04\x95\x00\x00", "not text"),
        (b"a" * 50, repr("a" * 40)),
    ],
)
def test_a_message_quotes_text_and_no_raw_bytes(raw: bytes, quoted: str) -> None:
    assert show_bytes(raw) == quoted
