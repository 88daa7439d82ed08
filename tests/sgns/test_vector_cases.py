"""Vector files as people bring them (tests/cases/vectors): read alike, or refused by their name."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from clif_core.errors import FormatError, InputError
from clif_core.sgns.vector_files import VectorFile, open_vectors

CASES = Path(__file__).parents[1] / "cases" / "vectors"
GLOVE, WRAPPED = CASES / "11-glove", CASES / "12-wrong-name-for-the-fault"
FAULTY, PROJECTOR = CASES / "15-bad-words-stop-all", CASES / "17-projector-files"
OK = open_vectors(GLOVE / "ok.txt", is_strict=True)


def require_same(read: VectorFile, tolerance: float = 0.0) -> None:
    assert read.words == OK.words
    np.testing.assert_allclose(read.vectors, OK.vectors, rtol=0, atol=tolerance)


def test_the_plain_file() -> None:
    assert OK.vectors.shape == (16, 6) and OK.words[0] == "the" and OK.words[-1] == "mountain"
    assert OK.found.lines == ("word2vec text: 16 words of 6 dimensions.",)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (GLOVE / "glove_nohead.txt", "GloVe text (no header line)"),
        (WRAPPED / "bom.txt", "byte order mark"),
        (WRAPPED / "utf16.txt", "utf-16"),
        (WRAPPED / "ok.txt.bz2", "bzip2"),
        (WRAPPED / "ok.txt.xz", "xz"),
        (WRAPPED / "glove.mini.zip", "zip"),
        (FAULTY / "blank_middle.txt", "line is blank"),
        (FAULTY / "count_too_big.txt", "says 20 words, the file holds 16"),
        (FAULTY / "count_too_small.txt", "says 12 words, the file holds 16"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_the_same_in_another_wrapping(file: Path, said: str) -> None:
    read = open_vectors(file)
    require_same(read)
    assert said in " ".join(read.found.lines)


@pytest.mark.parametrize("name", ["double.bin", "vec.parquet"])  # numbers not rounded to 5 digits
def test_the_same_in_another_format(name: str) -> None:
    require_same(open_vectors(WRAPPED / name), 1e-5)
    assert open_vectors(WRAPPED / "double.bin").found.kind == "word2vec binary (float64)"


@pytest.mark.parametrize("name", ["vectors.npy", "plain.safetensors"])
def test_a_matrix_takes_its_words_from_a_second_file(name: str) -> None:
    with pytest.raises(FormatError, match=r"without words .*second file \(--words\)"):
        open_vectors(WRAPPED / name)
    read = open_vectors(WRAPPED / name, PROJECTOR / "metadata.tsv")
    require_same(read, 1e-5)
    assert read.counts is not None and read.counts.tolist() == list(range(100, 84, -1))


def test_projector_files() -> None:
    with pytest.raises(FormatError, match=r"numbers without words.*metadata\.tsv"):
        open_vectors(PROJECTOR / "vectors.tsv")
    read = open_vectors(PROJECTOR / "vectors.tsv", PROJECTOR / "metadata.tsv")
    require_same(read)
    assert read.found.kind == "Projector's vectors.tsv"
    with pytest.raises(FormatError, match="a word and one number a line"):
        open_vectors(PROJECTOR / "metadata.tsv")


@pytest.mark.parametrize("name", ["glove_spaces_nohead.txt", "w2v_spaces_head.txt"])
def test_words_may_hold_blanks(name: str) -> None:
    read = open_vectors(GLOVE / name)
    assert read.vectors.shape == (16, 6)
    assert read.words[6:8] == (". . .", "at name@example.org")
    np.testing.assert_array_equal(read.vectors[6:8], OK.vectors[6:8])
    assert "2 words hold a blank" in read.found.lines[1]


def test_the_facebook_binary_gives_words_and_says_what_ngrams_would_add() -> None:
    read = open_vectors(WRAPPED / "facebook_ft.bin")
    assert set(read.words) == set(OK.words) and read.vectors.shape == (16, 6)
    assert read.found.kind.startswith("fastText .bin (CBOW")
    assert "n-grams would add" in " ".join(read.found.lines)


REFUSED = {
    "comma.txt": "decimal commas",
    "essay.docx": "Word document",
    "reviews.parquet": "Parquet table without vectors",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_vectors_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(FormatError, match=REFUSED[name]):
        open_vectors(WRAPPED / name)


REPAIRED = {
    "dup.txt": (15, "1 x: word came before; its first vector is kept. Found: line 10 ('the')."),
    "dup.bin": (15, "1 x: word came before; its first vector is kept. Found: word 9 ('the')."),
    "truncword.txt": (16, "1 x: word ends within a letter"),
    "truncword.bin": (16, "1 x: word ends within a letter"),
    "latin1.txt": (16, "--words-encoding cp1252"),
}


@pytest.mark.parametrize("name", REPAIRED)
def test_every_repair_is_counted_and_listed(name: str) -> None:
    n_words, said = REPAIRED[name]
    read = open_vectors(FAULTY / name)
    assert len(read.words) == len(read.vectors) == n_words
    assert said in " ".join(read.found.lines) and read.found.n_repairs >= 1
    if name.startswith("truncword"):
        assert sum("\N{REPLACEMENT CHARACTER}" in word for word in read.words) == 1
        assert "größe" in read.words


@pytest.mark.parametrize("file", sorted(FAULTY.iterdir()), ids=lambda path: path.name)
def test_a_strict_reading_refuses_every_fault(file: Path) -> None:
    with pytest.raises(FormatError, match="Mend the file, or read it without 'strict'"):
        open_vectors(file, is_strict=True)


def test_the_first_of_two_vectors_of_a_word_is_kept() -> None:
    read = open_vectors(FAULTY / "dup.txt")
    np.testing.assert_array_equal(read.vectors[0], OK.vectors[0])


def test_words_of_windows_1252() -> None:
    read = open_vectors(FAULTY / "latin1.txt", encoding="cp1252")
    assert {"café", "señora", "größe"} <= set(read.words) and not read.found.n_repairs
    with pytest.raises(InputError, match="no encoding"):
        open_vectors(FAULTY / "latin1.txt", encoding="klingon")


@pytest.mark.parametrize("name", ["glove_nohead.txt", "ok.txt"])
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_any_packing_of_text(tmp_path: Path, name: str, pack: object) -> None:
    (tmp_path / "v").write_bytes(pack((GLOVE / name).read_bytes()))  # type: ignore[operator]
    require_same(open_vectors(tmp_path / "v"))


@pytest.mark.parametrize("name", ["vec.parquet", "double.bin", "vectors.npy", "facebook_ft.bin"])
def test_any_packing_of_binary_files(tmp_path: Path, name: str) -> None:
    words = PROJECTOR / "metadata.tsv" if name == "vectors.npy" else None
    (tmp_path / "v").write_bytes(gzip.compress((WRAPPED / name).read_bytes()))
    plain, packed = open_vectors(WRAPPED / name, words), open_vectors(tmp_path / "v", words)
    assert packed.words == plain.words and packed.found.wrapping == "gzip"
    np.testing.assert_array_equal(packed.vectors, plain.vectors)


def test_one_of_several_files_of_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "glove.zip", "w") as archive:
        archive.write(GLOVE / "glove_nohead.txt", "glove.6d.txt")
        archive.write(GLOVE / "glove_spaces_nohead.txt", "glove.spaces.txt")
    with pytest.raises(FormatError, match=r"glove\.6d\.txt, glove\.spaces\.txt"):
        open_vectors(tmp_path / "glove.zip")
    require_same(open_vectors(tmp_path / "glove.zip", inside="glove.6d.txt"))


@pytest.mark.parametrize("name", ["ok.txt", "glove_nohead.txt"])
def test_the_first_words_only(name: str) -> None:
    read = open_vectors(GLOVE / name, limit=5)
    assert read.words == OK.words[:5] and read.vectors.shape == (5, 6) and not read.found.n_repairs
    assert open_vectors(WRAPPED / "double.bin", limit=3).words == OK.words[:3]
    assert open_vectors(WRAPPED / "vec.parquet", limit=3).words == OK.words[:3]
    assert len(open_vectors(WRAPPED / "facebook_ft.bin", limit=3).words) == 3
    tsv = open_vectors(PROJECTOR / "vectors.tsv", PROJECTOR / "metadata.tsv", limit=3)
    assert tsv.words == OK.words[:3]
    with pytest.raises(InputError, match="at least 1"):
        open_vectors(GLOVE / name, limit=0)


FOREIGN = {
    b"%PDF-1.7\n": "PDF",
    b"{\\rtf1\\ansi the}": "RTF",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\x89HDF\r\n\x1a\n": "HDF5",
    b"\x80\x04\x95\x10\x00": "pickle.*clif convert",
    b"\x28\xb5\x2f\xfd\x00\x00": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"<!doctype html>\n<p>Sign in\n": "HTML",
    b'{"the": [0.1, 0.2]}': "JSON",
    b"version https://git-lfs.github.com/spec/v1\n": "pointer of Git LFS",
    b"%%MatrixMarket matrix coordinate real\n3 3 3\n1 1 1.0\n": "Matrix Market",
    b"word,x,y,z\nthe,0.1,0.2,0.3\n": "commas",
    b"the\nof\nand\n": "list of words",
    b"The nurse carried the lantern home.\nThe sailor sang.\n": "text without vectors",
    b"": "no line",
    b"\0\1\2\3 binary": "no known kind",
}


@pytest.mark.parametrize("content", FOREIGN, ids=FOREIGN.get)
def test_foreign_files_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v").write_bytes(content)
    with pytest.raises(FormatError, match=FOREIGN[content]):
        open_vectors(tmp_path / "v")


def test_an_npz_and_a_pickled_npy_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", vectors=OK.vectors)
    with pytest.raises(FormatError, match="npz archive"):
        open_vectors(tmp_path / "v.npz")
    np.save(tmp_path / "v.npy", np.array([{"a": 1}]), allow_pickle=True)
    with pytest.raises(FormatError, match="npy file that cannot be read"):
        open_vectors(tmp_path / "v.npy")


class Harm:
    """A pickle of it would run a command."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("echo harm",)


def test_checkpoints_give_their_weights_and_run_nothing(tmp_path: Path) -> None:
    centre = torch.from_numpy(OK.vectors.copy())
    state = {"u_embeddings.weight": centre, "v_embeddings.weight": centre + 1}
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "checkpoint.pth")
    with pytest.raises(FormatError, match=r"without words .*PyTorch weights"):
        open_vectors(tmp_path / "checkpoint.pth")
    read = open_vectors(tmp_path / "checkpoint.pth", PROJECTOR / "metadata.tsv")
    require_same(read)
    assert read.context_vectors is not None
    np.testing.assert_array_equal(read.context_vectors, OK.vectors + 1)
    assert "Read as context vectors: 'state_dict.v_embeddings.weight'." in read.found.lines
    torch.save({"weights": centre, "other": Harm()}, tmp_path / "harm.pth")
    with pytest.raises(FormatError, match="more than weights"):
        open_vectors(tmp_path / "harm.pth", PROJECTOR / "metadata.tsv")


@pytest.mark.parametrize(
    "text",
    ["\n".join(OK.words), "word\n" + "\n".join(OK.words) + "\n", json.dumps(list(OK.words)),
     json.dumps({word: i for i, word in enumerate(OK.words)}),
     "\n".join(f"{word}\t{9}" for word in OK.words)],
)  # fmt: skip
def test_words_of_a_matrix_as_people_keep_them(tmp_path: Path, text: str) -> None:
    (tmp_path / "words").write_text(text, "utf-8")
    require_same(open_vectors(PROJECTOR / "vectors.tsv", tmp_path / "words"))
    (tmp_path / "words").write_text("the\nof\n", "utf-8")
    with pytest.raises(FormatError, match="has 2 words, the vectors have 16 rows"):
        open_vectors(PROJECTOR / "vectors.tsv", tmp_path / "words")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_the_binary_numbers_are_told_apart(tmp_path: Path, dtype: str, end: bytes) -> None:
    file = io.BytesIO()
    file.write(b"16 6\n")
    for word, row in zip(OK.words, OK.vectors, strict=True):
        file.write(word.encode() + b" " + row.astype(dtype).tobytes() + end)
    (tmp_path / "v.bin").write_bytes(file.getvalue())
    read = open_vectors(tmp_path / "v.bin")
    assert read.words == OK.words and dtype in read.found.kind
    np.testing.assert_array_equal(read.vectors, OK.vectors.astype(dtype).astype(np.float32))
