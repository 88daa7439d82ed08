"""Files that strangers give: texts of every format, vectors, counts and models."""

from __future__ import annotations

import gzip
import json
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from clif_core.sgns.export import read_safetensors
from clif_core.sgns.word2vec import read_word2vec
from clif_core.text.corpus import Corpus, _hash_content
from clif_core.text.corpus_files import load_corpus, save_corpus
from clif_core.text.readers.neutrality import read_neutrality
from clif_core.text.readers.plain import read_jsonl, read_plain_text
from clif_core.text.readers.plots import read_plots
from clif_core.workspace.importing import read_counts
from tests.fuzz.harness import fuzz
from tests.fuzz.strategies import json_values, long_texts, texts

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


def to_bytes(text: str) -> bytes:
    """UTF-8 as a damaged program would write it, halves of surrogate pairs included."""
    return text.encode("utf-8", "surrogatepass")


def packed(contents: SearchStrategy[bytes]) -> SearchStrategy[bytes]:
    """The content as it is, gzipped, or damaged in one place."""
    return st.one_of(
        contents,
        contents.map(lambda content: gzip.compress(content, 1)),
        st.builds(damage, contents, st.integers(0, 1 << 30), st.binary(max_size=3)),
        st.builds(
            damage, contents.map(gzip.compress), st.integers(0, 1 << 30), st.binary(max_size=3)
        ),
    )


def damage(content: bytes, at: int, patch: bytes) -> bytes:
    """One place overwritten; without a patch, the content is cut there."""
    at %= len(content) + 1
    return content[:at] + patch + content[at + len(patch) :] if patch else content[:at]


def rows(cells: SearchStrategy[str], n_columns: int) -> SearchStrategy[bytes]:
    """Tab-separated lines, mostly of that many columns."""
    row = st.lists(cells, min_size=n_columns, max_size=n_columns) | st.lists(cells, max_size=9)
    return st.lists(row.map("\t".join), max_size=6).map("\n".join).map(to_bytes)


def read(content: bytes, reader: Callable[[Path], Any], name: str = "file") -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return reader(path)


def check_stored(corpus: Corpus) -> None:
    """What was read is loaded again, every column of it."""
    with tempfile.TemporaryDirectory() as folder:
        save_corpus(corpus, Path(folder) / "corpus")
        loaded = load_corpus(Path(folder) / "corpus")
    pd.testing.assert_frame_equal(loaded.documents, corpus.documents)
    pd.testing.assert_frame_equal(loaded.sentences, corpus.sentences)
    parts = (loaded.documents, loaded.sentences, loaded.words, loaded.token_words)
    offsets = (loaded.sentence_offsets, loaded.document_offsets)
    spans = (loaded.token_starts, loaded.token_ends)
    assert _hash_content(loaded.name, *parts, *spans, *offsets) == corpus.content_hash


PROSE = (
    texts() | long_texts() | st.text(st.sampled_from("aB. !?…\n\t\r'’-\u0301019Ω東"), max_size=200)
)


@fuzz(
    "plain text",
    st.tuples(packed(PROSE.map(to_bytes) | st.binary()), st.sampled_from(["blank-line", "line"])),
)
def test_plain_text(given: tuple[bytes, Any]) -> None:
    content, rule = given
    check_stored(read(content, lambda path: read_plain_text(path, rule)))


FIELDS = st.sampled_from(
    [
        "text",
        "title",
        "start",
        "start_",
        "document",
        "clif_first_sentence",
        "__index_level_0__",
        "x",
    ]
)
OBJECTS = st.dictionaries(FIELDS | texts(), json_values(), max_size=5).flatmap(
    lambda value: st.sampled_from([value, {**value, "text": "Some words. More."}])
)


@fuzz(
    "jsonl",
    packed(
        st.lists(OBJECTS | json_values(), max_size=4)
        .map(lambda values: "\n".join(json.dumps(value) for value in values))
        .map(to_bytes)
        | PROSE.map(to_bytes)
    ),
)
def test_jsonl(content: bytes) -> None:
    check_stored(read(content, read_jsonl, "file.jsonl"))


GENRES = json_values().map(json.dumps) | st.sampled_from(["", "{}", '{"a": "Drama"}', "[" * 9_000])


@fuzz(
    "film plots",
    st.tuples(
        packed(rows(st.sampled_from(["1", "2"]) | PROSE, 2)),
        packed(rows(st.sampled_from(["1", "2", "1999-01"]) | GENRES | texts(), 9)),
        st.none() | st.sampled_from(["Drama", ""]),
    ),
)
def test_plots(given: tuple[bytes, bytes, str | None]) -> None:
    plots, films, genre = given
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plot_summaries.txt").write_bytes(plots)
        (Path(folder) / "movie.metadata.tsv").write_bytes(films)
        check_stored(read_plots(Path(folder), genre))


@fuzz("neutrality corpus", packed(rows(PROSE, 5)))
def test_neutrality(content: bytes) -> None:
    check_stored(read(content, lambda path: read_neutrality(path, "neutral")))


HEADERS = st.tuples(st.integers(-1, 4) | st.integers(), st.integers(0, 4) | st.integers()).map(
    lambda header: f"{header[0]} {header[1]}\n"
) | st.sampled_from(["", "1 1", "1_0 2\n", "3 2 1\n", "9999999 1\n", "1e1 2\n"])


def check_vectors(content: bytes) -> None:
    found = read(content, read_word2vec)
    assert len(set(found.words)) == len(found.vectors) and np.isfinite(found.vectors).all()
    "\n".join(found.words).encode()


LINES = st.lists(
    st.tuples(texts() | st.text("ab", min_size=1), st.lists(st.sampled_from(NUMBERS), max_size=4)),
    max_size=4,
).map(lambda lines: "".join(f"{word} {' '.join(row)}\n" for word, row in lines))


@fuzz("word2vec text", packed(st.tuples(HEADERS, LINES | long_texts()).map("".join).map(to_bytes)))
def test_word2vec_text(content: bytes) -> None:
    check_vectors(content)


RECORDS = st.lists(
    st.tuples(
        (texts() | st.text("ab", min_size=1)).map(to_bytes),
        st.lists(st.floats(width=32), max_size=4),
    ),
    max_size=4,
).map(lambda records: b"".join(w + b" " + struct.pack(f"<{len(r)}f", *r) for w, r in records))


@fuzz(
    "word2vec binary",
    packed(st.tuples(HEADERS.map(str.encode), RECORDS | st.binary()).map(b"".join)),
)
def test_word2vec_binary(content: bytes) -> None:
    check_vectors(content)


@fuzz(
    "counts",
    packed(
        st.lists(st.tuples(texts(), st.sampled_from([*NUMBERS, "7", str(2**62)])), max_size=6)
        .map(lambda lines: "\n".join(f"{word} {count}" for word, count in lines))
        .flatmap(lambda text: st.sampled_from([text, text + "\n"]))
        .map(to_bytes)
        | PROSE.map(to_bytes)
    ),
)
def test_counts(content: bytes) -> None:
    np.array(list(read(content, read_counts).values()), dtype=np.int64).sum()


CARDS = st.fixed_dictionaries(
    {"name": st.just("m") | json_values(), "dim": st.just(2) | json_values()},
    optional={
        "settings": st.none()
        | st.dictionaries(st.sampled_from(["window", "unit", "seed", "x"]), json_values())
        | json_values(),
        "corpus_hash": st.none() | json_values(),
        "history": json_values(),
    },
)
WORDS = st.just(["a", "b"]) | json_values() | st.lists(texts(), max_size=3)
COUNTS = st.just([2, 1]) | json_values() | st.lists(st.integers(), max_size=3)


@fuzz(
    "safetensors",
    st.tuples(
        CARDS.map(lambda card: json.dumps({"settings": None, "corpus_hash": None, **card})),
        WORDS.map(json.dumps),
        COUNTS.map(json.dumps),
        st.sampled_from(["F32", "F16", "BF16", "I64", "X"]),
        st.sampled_from([[2, 2], [2, 0], [4], [2, 3], [-1, 2], [1 << 40, 1 << 40], "x"]),
        st.binary(max_size=24) | st.just(np.ones((2, 2), np.float32).tobytes()),
        st.integers(0, 1 << 30),
        st.none() | st.binary(max_size=3),
    ),
)
def test_safetensors(given: tuple[Any, ...]) -> None:
    card, words, counts, dtype, shape, content, at, patch = given
    header = {
        "__metadata__": {"card": card, "words": words, "counts": counts},
        "centre_vectors": {"dtype": dtype, "shape": shape, "data_offsets": [0, len(content)]},
    }
    text = json.dumps(header).encode()
    whole = struct.pack("<Q", len(text)) + text + content
    model = read(whole if patch is None else damage(whole, at, patch), read_safetensors).model
    assert len(model.content_hash) == 20 and model.centre_vectors.shape == (
        len(model.vocabulary),
        2,
    )
