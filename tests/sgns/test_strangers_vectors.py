"""Files of vectors of kinds that nobody planned for: read as they are meant, or refused by name."""

from __future__ import annotations

import gzip
import io
import json
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from safetensors.numpy import save_file

from clif_core.errors import FormatError
from clif_core.probes import match
from clif_core.sgns.model import Vocabulary
from clif_core.sgns.vector_files import VectorFile, open_vectors

WORDS = "the of and nurse sailor harbour lantern river boat doctor".split()  # noqa: SIM905
VECTORS = np.random.default_rng(0).normal(size=(10, 6)).astype("<f4").round(5)
HEAD = "10 6\n"


def lines(words: list[str] = WORDS, *, end: str = "\n", trail: str = "", blank: str = " ") -> str:
    rows = (blank.join(map(str, row)) for row in VECTORS[: len(words)])
    return "".join(f"{w}{blank}{row}{trail}{end}" for w, row in zip(words, rows, strict=True))


def binary(dtype: str, head: str = HEAD) -> bytes:
    rows = zip(WORDS, VECTORS, strict=True)
    return head.encode() + b"".join(w.encode() + b" " + r.astype(dtype).tobytes() for w, r in rows)


def read(folder: Path, content: str | bytes, **options: object) -> VectorFile:
    path = folder / "v"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_vectors(path, **options)  # type: ignore[arg-type]


def require_same(found: VectorFile) -> None:
    assert found.words == tuple(WORDS)
    np.testing.assert_allclose(found.vectors, VECTORS, atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        HEAD + lines(), lines(end="\r\n"), HEAD + lines(end="\r\n"),
        (HEAD + lines()).replace("\n", "\r"), HEAD + lines(trail=" "), lines(blank="\t"),
        HEAD + lines(blank="  "), (HEAD + lines()).encode("utf-16-le"), binary("<f8"),
        binary(">f4"), binary(">f8"), "\n \n" + HEAD + lines(),
    ],
    ids=["GloVe with a header", "CRLF", "header and CRLF", "CR alone", "blanks behind", "tabs",
         "two blanks", "UTF-16 without a mark", "float64", "big-endian", "big-endian float64",
         "blank lines first"],
)  # fmt: skip
def test_the_same_however_it_is_written(tmp_path: Path, content: str | bytes) -> None:
    found = read(tmp_path, content)
    require_same(found)
    assert not found.found.n_repairs


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ('"{}"', "stand in quotes"),
        ("b'{}'", "stand in quotes"),
        ("{},", "stands behind every word"),
        ("{}:", "stands behind every word"),
    ],
)
def test_signs_around_all_words_are_taken_off_and_said(
    tmp_path: Path, shape: str, said: str
) -> None:
    content = lines([shape.format(word) for word in WORDS])
    found = read(tmp_path, content)
    require_same(found)
    assert said in " ".join(found.found.lines)
    with pytest.raises(FormatError, match=said):
        read(tmp_path, content, is_strict=True)


def test_unknown_words_and_numbers_that_are_none(tmp_path: Path) -> None:
    extra = "<unk> " + " ".join(["0.5"] * 6) + "\nbad nan 1 1 1 1 1\nworse 1 inf 1 1 1 1\n"
    found = read(tmp_path, lines() + extra)
    assert found.words == (*WORDS, "<unk>")
    assert "2 x: row holds a number that is not finite" in " ".join(found.found.lines)


def test_a_row_of_one_number_more_is_left_out(tmp_path: Path) -> None:
    rows = lines().splitlines()
    rows[5] += " 0.25"
    found = read(tmp_path, "\n".join(rows) + "\n")
    assert found.words == tuple(w for w in WORDS if w != "harbour")
    assert "another number of numbers than the rest; left out" in " ".join(found.found.lines)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("".join(f"the nurse sang {i} songs in 2 3 4 5\n" for i in range(30)), "without vectors"),
        (binary("<f4", "10 8\n"), "hold control characters.*its header is wrong"),
        (b"\x0a\x05hello\x12\x02\x01" * 20, "binary file of no known kind"),
    ],
)  # fmt: skip
def test_what_is_none_is_refused_by_name(tmp_path: Path, content: str | bytes, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        read(tmp_path, content)


def zipped(names: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, text in names.items():
            file.writestr(name, text)
    return content.getvalue()


def test_a_licence_beside_the_vectors_in_a_zip(tmp_path: Path) -> None:
    require_same(read(tmp_path, zipped({"LICENSE": "x", "README": "y", "model.txt": lines()})))
    with pytest.raises(FormatError, match=r"2 files \(a\.txt, b\.txt\).*--inside"):
        read(tmp_path, zipped({"a.txt": lines(), "b.txt": lines(), "meta.json": "{}"}))
    with pytest.raises(FormatError, match="is a pack of this program"):
        read(tmp_path, zipped({"model/card.json": "{}", "manifest.json": "{}"}))


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("en/meta.json", "en/vocab/vectors", "en/vocab/strings.json"), "spaCy.*numpy.save"),
        (("modules.json", "config.json", "model.safetensors"), "sentence-transformers"),
        (("metadata.json", "config.json", "model.weights.h5"), "Keras.*numpy.save"),
    ],
)
def test_models_of_other_libraries_in_a_zip(
    tmp_path: Path, names: tuple[str, ...], what: str
) -> None:
    with pytest.raises(FormatError, match=what):
        read(tmp_path, zipped(dict.fromkeys(names, "x")))


def test_a_matrix_with_too_few_words_or_words_of_windows_1252(tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", VECTORS)
    (tmp_path / "w").write_text("\n".join(WORDS[:-1]), "utf-8")
    with pytest.raises(FormatError, match="has 9 words, the vectors have 10 rows"):
        open_vectors(tmp_path / "m.npy", tmp_path / "w")
    (tmp_path / "w").write_bytes("\n".join([*WORDS[:-1], "größe"]).encode("cp1252"))
    with pytest.raises(FormatError, match="not UTF-8"):
        open_vectors(tmp_path / "m.npy", tmp_path / "w")
    found = open_vectors(tmp_path / "m.npy", tmp_path / "w", encoding="cp1252")
    assert found.words[-1] == "größe"


@pytest.mark.parametrize(
    ("change", "typed"),
    [
        (str.upper, "nurse"), (str.capitalize, "NURSE"),
        (lambda word: unicodedata.normalize("NFD", word), "größe"),
    ],
    ids=["capitals only", "capitalised", "NFD"],
)  # fmt: skip
def test_words_are_found_as_people_type_them(
    tmp_path: Path, change: Callable[[str], str], typed: str
) -> None:
    found = read(tmp_path, lines([*map(change, ["größe", *WORDS[1:]])]))
    vocabulary = Vocabulary(found.words, np.ones(len(found.words), np.int64))
    assert match(typed, vocabulary).word == change(typed.lower() if typed.isupper() else typed)


@pytest.mark.parametrize("first", [0, 1])
def test_numbers_of_rows_before_the_words_are_left_out_and_said(tmp_path: Path, first: int) -> None:
    found = read(tmp_path, lines([f"{i} {word}" for i, word in enumerate(WORDS, first)]))
    require_same(found)
    assert "number of its row stands before every word" in " ".join(found.found.lines)


@pytest.mark.parametrize(
    "content",
    [
        "".join(f"{w} [{' '.join(map(str, r))}]\n" for w, r in zip(WORDS, VECTORS, strict=True)),
        "".join(f"{w}={','.join(map(str, r))}\n" for w, r in zip(WORDS, VECTORS, strict=True)),
    ],
    ids=["brackets", "equals signs"],
)  # fmt: skip
def test_mixtures_are_refused_in_words(tmp_path: Path, content: str) -> None:
    with pytest.raises(
        FormatError, match=r"parted by (commas|semicolons)|no word with its numbers"
    ):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        "".join(f"{i}\t{word}\n" for i, word in enumerate(WORDS)),
        "".join(f"{i} {word} {99 - i}\n" for i, word in enumerate(WORDS)),
        "id,word,count\n" + "".join(f"{i},{word},{99 - i}\n" for i, word in enumerate(WORDS)),
        json.dumps({str(i): word for i, word in enumerate(WORDS)}),
        json.dumps({word: i for i, word in enumerate(WORDS)}),
    ],
    ids=["numbered", "numbered with counts", "CSV", "number to word", "word to number"],
)
def test_lists_of_words_with_their_numbers(tmp_path: Path, content: str) -> None:
    np.save(tmp_path / "m.npy", VECTORS)
    (tmp_path / "w").write_text(content, "utf-8")
    found = open_vectors(tmp_path / "m.npy", tmp_path / "w")
    require_same(found)
    if "99" in content:
        assert found.counts is not None and found.counts.tolist() == list(range(99, 89, -1))


def test_a_pickled_list_of_words_is_never_opened(tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", VECTORS)
    (tmp_path / "w.pkl").write_bytes(b"\x80\x04\x95\x10\x00\x00")
    with pytest.raises(FormatError, match="a pickle of Python, which is never opened"):
        open_vectors(tmp_path / "m.npy", tmp_path / "w.pkl")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lines(), "about 10 words of 6 dimensions; the first 4 were read."),
        (HEAD + lines(), "about 10 words of 6 dimensions; the first 4 were read."),
        (binary("<f4"), "about 10 words of 6 dimensions; the first 4 were read."),
        (gzip.compress(lines().encode()), "the first 4 words, of 6 dimensions."),
    ],
    ids=["GloVe", "header", "binary", "packed"],
)
def test_of_the_first_words_it_is_said_that_there_are_more(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    found = read(tmp_path, content, limit=4)
    assert said in found.found.lines[0] and found.found.is_part
    assert not read(tmp_path, content).found.is_part
    assert not read(tmp_path, content, limit=11).found.is_part


def test_bfloat16_is_told_from_float16(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).normal(scale=0.3, size=(10, 50)).astype("<f4")
    halves = {
        "bfloat16": (vectors.view("<u4") >> 16).astype("<u2"),
        "float16": vectors.astype("<f2"),
    }
    for kind, numbers in halves.items():
        rows = zip(WORDS, numbers, strict=True)
        body = b"".join(word.encode() + b" " + row.tobytes() for word, row in rows)
        found = read(tmp_path, b"10 50\n" + body)
        assert found.found.kind == f"word2vec binary ({kind})"
        np.testing.assert_allclose(found.vectors, vectors, rtol=1 / 128, atol=1e-6)


@pytest.mark.parametrize("head", ["", "30 6\n"])
def test_a_count_behind_every_word_is_no_dimension(tmp_path: Path, head: str) -> None:
    vectors = np.random.default_rng(2).normal(size=(30, 6)).astype("<f4").round(5)
    counts = [9_000 // (n + 1) for n in range(30)]
    rows = [f"w{n} {counts[n]} " + " ".join(map(str, vectors[n])) + "\n" for n in range(30)]
    found = read(tmp_path, head + "".join(rows), is_strict=True)
    np.testing.assert_allclose(found.vectors, vectors, atol=1e-6)
    assert found.counts is not None and found.counts.tolist() == counts
    assert "A count stands behind every word" in " ".join(found.found.lines)
    few = read(tmp_path, "".join(rows[:10]))
    assert few.counts is None and few.vectors.shape == (10, 7)


def test_a_damaged_checkpoint_is_refused_in_words(tmp_path: Path) -> None:
    import torch

    whole, words = tmp_path / "whole.pt", tmp_path / "words.txt"
    words.write_text("\n".join(WORDS))
    torch.save({"emb.weight": torch.tensor(VECTORS)}, whole)
    content = whole.read_bytes()
    (tmp_path / "v.pt").write_bytes(content)
    require_same(open_vectors(tmp_path / "v.pt", words))
    n_refused = 0
    for at in range(0, len(content), 41):  # a run of other bytes at each place
        damaged = content[:at] + b"9" * 60 + content[at + 60 :]
        (tmp_path / "v.pt").write_bytes(damaged)
        try:
            open_vectors(tmp_path / "v.pt", words)
        except FormatError:
            n_refused += 1
    assert n_refused > 5


def test_half_a_surrogate_pair_in_a_list_of_words_is_repaired(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", VECTORS)
    words = tmp_path / "words.json"
    words.write_text(json.dumps(["\ud800x", *WORDS[1:]]))
    found = open_vectors(tmp_path / "v.npy", words)
    assert found.words == ("\ufffdx", *WORDS[1:])
    assert "word is not UTF-8" in " ".join(found.found.lines)


def test_a_list_of_words_by_numbers_without_end_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", VECTORS)
    words = tmp_path / "words.json"
    words.write_text(json.dumps({"9" * 5_000: "a", "1": "b"}))
    with pytest.raises(FormatError):
        open_vectors(tmp_path / "v.npy", words)


@pytest.mark.parametrize("dim", [3, 50])
def test_words_with_blanks_in_a_binary_of_gensim(tmp_path: Path, dim: int) -> None:
    words = ["new york", "king", "a b", "z", "Los Angeles Times", "ab cde", "queen", "the end"]
    words += [f"x{i} of {'y' * (i % 9)}{i}" for i in range(40)]
    theirs = KeyedVectors(dim)
    theirs.add_vectors(words, np.random.default_rng(3).normal(size=(len(words), dim)))
    theirs.save_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    read = open_vectors(tmp_path / "v.bin")
    assert list(read.words) == words
    np.testing.assert_array_equal(read.vectors, theirs.vectors)
    assert read.found.n_repairs == 0
    assert any("hold blanks: 45" in line for line in read.found.lines)


def test_the_words_of_a_transformer_are_in_its_tokenizer(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    weights = {"bert.embeddings.word_embeddings.weight": rows, "bert.pooler.bias": rows[0]}
    save_file(weights, tmp_path / "model.safetensors")
    added = [{"id": 4, "content": "[MASK]"}, {"id": 0, "content": "the"}]
    words = ["the", "queen", "##s", "king", "[MASK]"]
    vocabularies: tuple[object, ...] = (
        {word: row for row, word in enumerate(words[:4])},  # WordPiece, BPE
        [[word, -1.5] for word in words[:4]],  # Unigram
    )
    for vocabulary in vocabularies:
        tokenizer = {"model": {"type": "x", "vocab": vocabulary}, "added_tokens": added}
        (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
        read = open_vectors(tmp_path / "model.safetensors", tmp_path / "tokenizer.json")
        assert list(read.words) == words
        np.testing.assert_array_equal(read.vectors, rows)


@pytest.mark.parametrize(
    ("name", "start", "what"),
    [
        ("a.lz4", b"\x04\x22\x4d\x18", "lz4"),
        ("a.Z", b"\x1f\x9d\x90", "compress"),
        ("a.arrows", b"\xff\xff\xff\xff\x78\0\0\0", "stream of Arrow"),
        ("a.mat", b"MATLAB 5.0 MAT-file, Platform", "MATLAB"),
        ("a.index", b"IxFI\x06\0\0\0", "faiss"),
        ("a.onnx", b"\x08\x07\x12\x07pytorch", "ONNX"),
        ("a.pb", b"\x08\x01\x12\xa0\x01", "TensorFlow"),
        ("a.ann", b"\x01\0\0\0", "Annoy"),
    ],
)
def test_more_binaries_of_programs_are_named(
    tmp_path: Path, name: str, start: bytes, what: str
) -> None:
    (tmp_path / name).write_bytes(start + bytes(range(256)))
    with pytest.raises(FormatError, match=what):
        open_vectors(tmp_path / name)
