"""Vectors, counts and models that strangers give, and the words beside them."""

from __future__ import annotations

import io
import json
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pyarrow import parquet as pq

from clif_core.sgns.bundle import BUNDLE_FILES, Bundle, load_bundle, save_bundle
from clif_core.sgns.export import read_safetensors
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.vector_files import open_vectors
from clif_core.storage.files import checksum_file
from clif_core.workspace.importing import read_counts
from tests.fuzz.files import packed, read, to_bytes
from tests.fuzz.harness import fuzz
from tests.fuzz.strategies import json_values, long_texts, mostly, prose, texts

NUMBERS = [
    "1",
    "-0.5",
    "1e9",
    "1e999",
    "nan",
    "1_0",
    "0x1",
    "",
    "٣",
    "9" * 25,
    "1\0",
    "-",
    "5e-324",
]
WORDS = mostly(st.text("abcé", min_size=1, max_size=5), texts())
ODD_HEADERS = st.tuples(st.integers(), st.integers()).map(
    lambda header: f"{header[0]} {header[1]}\n"
) | st.sampled_from(["", "1 1", "1_0 2\n", "3 2 1\n", "9999999 1\n", "1e1 2\n"])


@st.composite
def vector_files(draw: st.DrawFn, numbers: SearchStrategy[Any], is_binary: bool) -> bytes:
    """A word2vec file that is whole in most of its places."""
    words, dim = draw(st.lists(WORDS, max_size=4, unique=True)), draw(st.integers(1, 3))
    content = draw(mostly(st.just(f"{len(words)} {dim}\n"), ODD_HEADERS)).encode()
    for word in words:
        row = draw(st.lists(numbers, min_size=dim, max_size=dim))
        text = struct.pack(f"<{dim}f", *row) if is_binary else " ".join(row).encode() + b"\n"
        content += to_bytes(word) + b" " + text
    return content


def check_vectors(content: bytes, words: bytes | None = None) -> None:
    """The file is refused, or read whole and at its beginning, and both are right."""
    with tempfile.TemporaryDirectory() as folder:
        path, listed = Path(folder) / "file", Path(folder) / "words"
        path.write_bytes(content)
        if words is not None:
            listed.write_bytes(words)
        for limit in (1, None):
            found = open_vectors(path, listed if words is not None else None, limit)
            vectors = found.vectors
            assert len(set(found.words)) == len(vectors) and np.isfinite(vectors).all()
            assert limit is None or len(vectors) <= limit
            if found.context_vectors is not None:
                assert found.context_vectors.shape == vectors.shape
            if found.counts is not None:
                assert len(found.counts) == len(vectors) and (found.counts >= 0).all()
            "\n".join(found.words + found.found.lines).encode()


TEXT_NUMBERS = mostly(st.floats(-9, 9).map(repr), st.sampled_from(NUMBERS))


@fuzz("word2vec text", packed(vector_files(TEXT_NUMBERS, False) | long_texts().map(str.encode)))
def test_word2vec_text(content: bytes) -> None:
    check_vectors(content)


@st.composite
def vector_tables(draw: st.DrawFn) -> bytes:
    """Rows of a word and numbers, in cells of their own or all in one, in any order."""
    words = draw(st.lists(WORDS, min_size=3, max_size=5, unique=True))
    dim, is_numbered = draw(st.integers(2, 4)), draw(st.booleans())
    separator, is_last = draw(st.sampled_from([",", ";", "\t", " "])), draw(st.booleans())
    shape = draw(st.sampled_from(["{}", '"[{}]"', '"{}"', "[{}]"]))
    lines = draw(mostly(st.just(["word,vector"]), st.just([])))
    for number, word in enumerate(words):
        row = draw(st.lists(TEXT_NUMBERS, min_size=dim, max_size=dim))
        numbers = (
            row if shape == "{}" else [shape.format(draw(st.sampled_from([" ", ","])).join(row))]
        )
        cells = [*numbers, word] if is_last else [word, *numbers]
        lines.append(separator.join([str(number), *cells] if is_numbered else cells))
    return to_bytes("\n".join(lines))


@fuzz("table of vectors", packed(vector_tables()))
def test_table(content: bytes) -> None:
    check_vectors(content)


@fuzz(
    "word2vec binary",
    packed(vector_files(mostly(st.floats(-9, 9), st.floats(width=32)), True) | st.binary()),
)
def test_word2vec_binary(content: bytes) -> None:
    check_vectors(content)


WORD_LISTS = st.one_of(
    st.lists(WORDS, max_size=4).map(lambda words: "\n".join(words)),
    st.lists(st.tuples(WORDS, texts()), max_size=4).map(
        lambda rows: "\n".join("\t".join(row) for row in [("word", "count"), *rows])
    ),
    mostly(st.lists(WORDS, max_size=4), json_values()).map(json.dumps),
    st.dictionaries(WORDS, st.integers(-1, 4), max_size=4).map(json.dumps),
).map(to_bytes)


def _npy(matrix: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, matrix)
    return file.getvalue()


def _checkpoint(value: Any) -> bytes:
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


MATRICES = [
    np.ones((2, 3), np.float32), np.zeros((2, 1)), np.ones((3, 2), np.float16), np.ones(4),
    np.ones((2, 2, 2)), np.ones((1, 2), np.int64), np.full((2, 2), np.nan), np.array([["a", "b"]]),
]  # fmt: skip
WHOLE_MATRICES = [
    *map(_npy, MATRICES),
    _checkpoint({"emb.weight": torch.ones(2, 3), "output.weight": torch.ones(2, 3), "epoch": 3}),
    _checkpoint({"state_dict": {"w": torch.ones(1, 2)}, "args": {"a": [1, "x"]}}),
    _checkpoint(torch.ones(2, 2)),
]


@fuzz("matrix and its words", st.tuples(packed(st.sampled_from(WHOLE_MATRICES)), WORD_LISTS))
def test_matrix(given: tuple[bytes, bytes]) -> None:
    check_vectors(*given)


def _fasttext(
    settings: dict[str, int], rate: float, entries: list[tuple[str, int, int]], extra: list[int]
) -> bytes:
    """A .bin of fastText from the values that its header and its dictionary hold."""
    values = [settings[name] for name in SETTINGS_OF_FASTTEXT]
    content = struct.pack("<2i12id", 793712314, 12, *values, rate)
    n, n_words, n_pruned, n_rows, dim = extra
    content += struct.pack("<3iqq", n, n_words, 0, 9, n_pruned)
    for word, count, kind in entries:
        content += to_bytes(word).replace(b"\0", b"") + b"\0" + struct.pack("<qb", count, kind)
    for rows in (n_rows, n_words):
        body = np.ones(max(0, min(rows, 50)) * max(0, min(dim, 50)), "<f4").tobytes()
        content += b"\0" + struct.pack("<2q", rows, dim) + body
    return content


SETTINGS_OF_FASTTEXT = {
    "dim": 2, "ws": 5, "epoch": 5, "min_count": 1, "neg": 5, "word_ngrams": 1, "loss": 2,
    "model": 2, "bucket": 3, "minn": 3, "maxn": 6, "rate": 100,
}  # fmt: skip
SMALL = st.integers(-(2**31), 2**31 - 1)


@st.composite
def fasttext_files(draw: st.DrawFn) -> bytes:
    settings = {
        name: draw(mostly(st.just(usual), SMALL | st.integers(-1, 40)))
        for name, usual in SETTINGS_OF_FASTTEXT.items()
    }
    entries = draw(
        st.lists(st.tuples(WORDS, mostly(st.just(3), st.integers(-(2**63), 2**63 - 1)), st.just(0)))
    )
    n, odd = len(entries), SMALL | st.integers(-1, 9)
    extra = [draw(mostly(st.just(usual), odd)) for usual in (n, n, 0, n + settings["bucket"], 2)]
    extra = [max(-(2**31), min(value, 2**31 - 1)) for value in extra]
    rate = draw(mostly(st.just(1e-4), st.floats()))
    return _fasttext(settings, rate, entries, extra)


@fuzz("fastText .bin", packed(fasttext_files()))
def test_fasttext(content: bytes) -> None:
    check_vectors(content)


def _parquet(columns: dict[str, Any]) -> bytes:
    file = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), file)
    return file.getvalue().to_pybytes()


TABLES = [
    _parquet(columns)
    for columns in (
        {"word": ["a", "b"], "x": [1.0, 2.0], "y": [0.5, None]},
        {"word": ["a", "b"], "vector": [[1.0, 2.0], [3.0, 4.0]], "count": [3, 1]},
        {"word": ["a", None], "vector": [[1.0], [3.0, 4.0]]},
        {"word": ["a"], "count": [-1], "x": [float("inf")]},
        {"text": ["One. Two.", "Three."], "year": [1999, 2000]},
        {"x": [], "word": []},
    )
]


@fuzz("Parquet of vectors", packed(st.sampled_from(TABLES)))
def test_parquet(content: bytes) -> None:
    check_vectors(content)


COUNTS = mostly(st.integers(0, 10**9).map(str), st.sampled_from([*NUMBERS, str(2**62)]))


@fuzz(
    "counts",
    packed(
        st.lists(st.tuples(WORDS, COUNTS), max_size=6)
        .map(lambda lines: "\n".join(f"{word} {count}" for word, count in lines))
        .flatmap(lambda text: st.sampled_from([text, text + "\n"]))
        .map(to_bytes)
        | prose().map(to_bytes)
    ),
)
def test_counts(content: bytes) -> None:
    np.array(list(read(content, read_counts).values()), dtype=np.int64).sum()


SETTINGS = mostly(
    st.none() | st.just({"window": 3, "unit": "document"}),
    st.dictionaries(st.sampled_from(["window", "unit", "seed", "x"]), json_values())
    | json_values(),
)
CARDS = st.fixed_dictionaries(
    {
        "name": mostly(st.just("m"), json_values()),
        "dim": mostly(st.just(2), json_values()),
        "settings": SETTINGS,
        "corpus_hash": mostly(st.none(), json_values()),
    },
    optional={"history": mostly(st.just([]), json_values())},
)
SHAPES = st.sampled_from([[2, 0], [4], [2, 3], [-1, 2], [1 << 40, 1 << 40], "x"])
TENSORS = st.fixed_dictionaries(
    {
        "dtype": mostly(st.just("F32"), st.sampled_from(["F16", "BF16", "I64", "X"])),
        "shape": mostly(st.just([2, 2]), SHAPES),
        "data_offsets": mostly(st.just([0, 16]), st.lists(st.integers(), max_size=3)),
    }
)
COUNTED = mostly(st.just([2, 1]), json_values() | st.lists(st.integers()))
HEADERS = st.fixed_dictionaries(
    {
        "__metadata__": st.fixed_dictionaries(
            {
                "card": CARDS.map(json.dumps),
                "words": mostly(st.just(["a", "b"]), json_values() | st.lists(texts())).map(
                    json.dumps
                ),
                "counts": COUNTED.map(json.dumps),
            }
        ),
        "centre_vectors": TENSORS,
    },
    optional={"context_vectors": TENSORS, "x": TENSORS},
)
NUMBERS_OF_TENSORS = mostly(st.just(np.ones((2, 2), np.float32).tobytes()), st.binary(max_size=40))


def _safetensors(header: Any, content: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


@fuzz("safetensors", st.tuples(HEADERS, NUMBERS_OF_TENSORS))
def test_safetensors(given: tuple[Any, bytes]) -> None:
    model = read(_safetensors(*given), read_safetensors).model
    assert len(model.content_hash) == 20
    assert model.centre_vectors.shape == (len(model.vocabulary), model.dim)


@fuzz("bytes of safetensors", packed(st.builds(_safetensors, HEADERS, NUMBERS_OF_TENSORS)))
def test_safetensors_as_vectors(content: bytes) -> None:
    check_vectors(content, b"a\nb")


FOLDER = tempfile.TemporaryDirectory()  # removed when the tests end
BUNDLE = Path(FOLDER.name) / "mine"
save_bundle(
    Bundle(SkipGram("mine", Vocabulary(("a", "b"), np.array([2, 1])), np.ones((2, 2), np.float32))),
    BUNDLE,
)
PARTS = {
    name: (BUNDLE / name).read_bytes() for name in sorted(BUNDLE_FILES) if (BUNDLE / name).exists()
}
CARD = json.loads(PARTS["card.json"])
BODIES = {
    "vectors.safetensors": st.builds(_safetensors, HEADERS, NUMBERS_OF_TENSORS),
    "vocabulary.parquet": st.sampled_from(TABLES),
}


@fuzz(
    "model with right checksums",
    st.fixed_dictionaries(
        {name: mostly(st.just(PARTS[name]), body, 2) for name, body in BODIES.items()}
    ),
)
def test_bundle(parts: dict[str, bytes]) -> None:
    """A stranger computes checksums too."""
    for name in BODIES:
        (BUNDLE / name).write_bytes(parts.get(name, b""))
    files = {name: checksum_file(BUNDLE / name) for name in BODIES}
    (BUNDLE / "card.json").write_text(json.dumps({**CARD, "files": files}))
    model = load_bundle(BUNDLE).model
    assert model.centre_vectors.shape == (len(model.vocabulary), model.dim)
    assert np.isfinite(model.centre_vectors).all()
