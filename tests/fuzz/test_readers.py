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
from clif_core.sgns.vector_files import open_vectors
from clif_core.text.corpus import Corpus, hash_content
from clif_core.text.corpus_files import load_corpus, save_corpus
from clif_core.text.readers.neutrality import read_neutrality
from clif_core.text.readers.own import read_own_text
from clif_core.text.readers.plain import read_jsonl, read_plain_text
from clif_core.text.readers.plots import read_plots
from clif_core.workspace.importing import read_counts
from tests.fuzz.harness import fuzz
from tests.fuzz.strategies import json_values, long_texts, mostly, texts

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


def rows(*columns: SearchStrategy[str]) -> SearchStrategy[bytes]:
    """Tab-separated lines, mostly of these columns."""
    cells = [column.map(lambda cell: " ".join(cell.split())) for column in columns]
    row = mostly(st.tuples(*cells), st.lists(cells[-1] | texts(), max_size=9)).map("\t".join)
    return st.lists(row, max_size=6).map("\n".join).map(to_bytes)


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
    assert hash_content(loaded.name, *parts, *spans, *offsets) == corpus.content_hash


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
OBJECTS = st.dictionaries(FIELDS | texts(), json_values(), max_size=5)
DOCUMENTS = st.builds(lambda value, text: {**value, "text": text}, OBJECTS, st.just("One. Two"))


@fuzz(
    "jsonl",
    packed(
        (st.lists(DOCUMENTS, max_size=4) | st.lists(OBJECTS | json_values(), max_size=4))
        .map(lambda values: "\n".join(json.dumps(value) for value in values))
        .map(to_bytes)
        | PROSE.map(to_bytes)
    ),
)
def test_jsonl(content: bytes) -> None:
    check_stored(read(content, read_jsonl, "file.jsonl"))


CELLS = PROSE | st.sampled_from(["1", '"', '"a, b"', "text", "", "<b>x</b>", "&amp;", "[", "{"])
TABLES = st.tuples(
    st.lists(st.lists(CELLS, max_size=4), max_size=6), st.sampled_from([",", ";", "\t", "|"])
).map(lambda given: "\n".join(given[1].join(row) for row in given[0]))
TAGS = st.lists(
    st.sampled_from(["<p>", "</p>", "<a href=x>", "<br/>", "<!--", "-->", "<script>", "&#x0;", "<"])
    | PROSE,
    max_size=12,
).map("".join)
NAMES = st.sampled_from(["a.csv", "a.tsv", "a.txt", "a.json", "a.html", "a.xml", "a", "a.parquet"])


@fuzz(
    "own text",
    st.tuples(
        packed(
            (TABLES | TAGS | json_values().map(json.dumps)).map(to_bytes)
            | st.binary().map(lambda content: b"PAR1" + content)
        ),
        NAMES,
    ),
)
def test_own_text(given: tuple[bytes, str]) -> None:
    content, name = given
    check_stored(read(content, read_own_text, name))


MOVIES = mostly(st.sampled_from(["1", "2"]), texts())
GENRES = mostly(st.sampled_from(["", "{}", '{"a": "Drama"}']), json_values().map(json.dumps))
DATES = st.sampled_from(["", "1999-01"]) | texts()


@fuzz(
    "film plots",
    st.tuples(
        packed(rows(MOVIES, PROSE)),
        packed(rows(MOVIES, DATES, DATES, DATES, DATES, DATES, DATES, DATES, GENRES)),
        st.none() | st.sampled_from(["Drama", ""]),
    ),
)
def test_plots(given: tuple[bytes, bytes, str | None]) -> None:
    plots, films, genre = given
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plot_summaries.txt").write_bytes(plots)
        (Path(folder) / "movie.metadata.tsv").write_bytes(films)
        check_stored(read_plots(Path(folder), genre))


@fuzz("neutrality corpus", packed(rows(MOVIES, PROSE, PROSE, PROSE, PROSE)))
def test_neutrality(content: bytes) -> None:
    check_stored(read(content, lambda path: read_neutrality(path, "neutral")))


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


def check_vectors(content: bytes) -> None:
    found = read(content, open_vectors)
    assert len(set(found.words)) == len(found.vectors) and np.isfinite(found.vectors).all()
    "\n".join(found.words).encode()


TEXT_NUMBERS = mostly(st.floats(-9, 9).map(repr), st.sampled_from(NUMBERS))


@fuzz("word2vec text", packed(vector_files(TEXT_NUMBERS, False) | long_texts().map(str.encode)))
def test_word2vec_text(content: bytes) -> None:
    check_vectors(content)


@fuzz(
    "word2vec binary",
    packed(vector_files(mostly(st.floats(-9, 9), st.floats(width=32)), True) | st.binary()),
)
def test_word2vec_binary(content: bytes) -> None:
    check_vectors(content)


COUNTS = mostly(st.integers(0, 10**9).map(str), st.sampled_from([*NUMBERS, str(2**62)]))


@fuzz(
    "counts",
    packed(
        st.lists(st.tuples(WORDS, COUNTS), max_size=6)
        .map(lambda lines: "\n".join(f"{word} {count}" for word, count in lines))
        .flatmap(lambda text: st.sampled_from([text, text + "\n"]))
        .map(to_bytes)
        | PROSE.map(to_bytes)
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
VECTORS = st.just(np.ones((2, 2), np.float32).tobytes())
SHAPES = st.sampled_from([[2, 0], [4], [2, 3], [-1, 2], [1 << 40, 1 << 40], "x"])


@fuzz(
    "safetensors",
    st.tuples(
        CARDS.map(json.dumps),
        mostly(st.just(["a", "b"]), json_values() | st.lists(texts())).map(json.dumps),
        mostly(st.just([2, 1]), json_values() | st.lists(st.integers())).map(json.dumps),
        mostly(st.just("F32"), st.sampled_from(["F16", "BF16", "I64", "X"])),
        mostly(st.just([2, 2]), SHAPES),
        mostly(VECTORS, st.binary(max_size=24)),
        st.integers(0, 1 << 30),
        st.none() | st.none() | st.binary(max_size=3),
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
