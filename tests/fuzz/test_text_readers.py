"""Texts that strangers give: of every format, packed or not, one file or many."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pyarrow import parquet as pq

from clif_core.text.corpus import Corpus, hash_content
from clif_core.text.corpus_files import load_corpus, save_corpus
from clif_core.text.readers import look
from clif_core.text.readers.neutrality import read_neutrality
from clif_core.text.readers.options import DOCUMENT_RULES, FORMATS, SENTENCE_RULES, TextOptions
from clif_core.text.readers.own import read_own_text
from clif_core.text.readers.plain import read_jsonl, read_plain_text
from clif_core.text.readers.plots import read_plots
from tests.fuzz.files import packed, read, to_bytes
from tests.fuzz.harness import fuzz, is_variant
from tests.fuzz.strategies import json_values, mostly, prose, texts


def rows(*columns: SearchStrategy[str]) -> SearchStrategy[bytes]:
    """Tab-separated lines, mostly of these columns."""
    cells = [column.map(lambda cell: " ".join(cell.split())) for column in columns]
    odd = st.lists(cells[-1] | texts(), max_size=9)
    row = mostly(st.tuples(*cells), odd, 40).map("\t".join)
    return st.lists(row, max_size=6).map("\n".join).map(to_bytes)


def check_stored(corpus: Corpus) -> None:
    """What was read is loaded again, every column of it."""
    if is_variant():
        return
    with tempfile.TemporaryDirectory() as folder:
        save_corpus(corpus, Path(folder) / "corpus")
        loaded = load_corpus(Path(folder) / "corpus")
    pd.testing.assert_frame_equal(loaded.documents, corpus.documents)
    pd.testing.assert_frame_equal(loaded.sentences, corpus.sentences)
    parts = (loaded.documents, loaded.sentences, loaded.words, loaded.token_words)
    offsets = (loaded.sentence_offsets, loaded.document_offsets)
    spans = (loaded.token_starts, loaded.token_ends)
    assert hash_content(loaded.name, *parts, *spans, *offsets) == corpus.content_hash


PROSE = prose()


def _parquet(columns: dict[str, Any]) -> bytes:
    file = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), file)
    return file.getvalue().to_pybytes()


OF_PARQUET = [
    _parquet(columns)
    for columns in (
        {"text": ["One. Two.", "Three."], "year": [1999, None]},
        {"text": [["a", "b"], ["c"]], "meta": [{"a": 1}, {"a": None}]},
        {"text": [b"x", b"\xff"], "at": pa.array([0, 2**62], pa.timestamp("ns"))},
        {"x": pa.array([], pa.string())},
    )
]


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
_CUE = "00:00:0{}.000 --> 00:00:09.000\n{}One. Two &amp; three.\n\n"
WHOLE = st.sampled_from(
    [
        "WEBVTT\n\n" + "".join(_CUE.format(i, "Ann: ") for i in range(4)),
        "WEBVTT\n\n" + "".join(_CUE.format(i, "<v Ann>") for i in range(4)),
        "".join(_CUE.format(i, "Ann\n").replace(":00:0", ":0:") for i in range(4)),
        "".join(f"Ann  0:0{i}\nOne. Two.\n\n" for i in range(4)),
        "".join(f"10:00:0{i} From Ann to Ben : One. Two.\n" for i in range(4)),
        "".join(f"L{i} +++$+++ ANN +++$+++ One. Two.\n" for i in range(4)),
        'id,said\nYour id?,"Say,\nplease"\n' + '"{""ImportId"":""a""}",' * 2 + "\n1,One. Two.\n",
        "<PubmedArticleSet>"
        + "<PubmedArticle><Article><ArticleTitle>One</ArticleTitle><Abstract><AbstractText>Two"
        "</AbstractText></Abstract></Article></PubmedArticle>" * 2 + "</PubmedArticleSet>",
        "<article><front><article-meta><abstract>One</abstract></article-meta></front><body><p>Two"
        "<xref ref-type='bibr'>1</xref></p></body></article>",
    ]
)
NAMES = st.sampled_from(["a.csv", "a.tsv", "a.txt", "a.json", "a.html", "a.xml", "a", "a.parquet"])


@fuzz(
    "own text",
    st.tuples(
        packed(
            (TABLES | TAGS | WHOLE | json_values().map(json.dumps)).map(to_bytes)
            | st.binary().map(lambda content: b"PAR1" + content)
        ),
        NAMES,
    ),
)
def test_own_text(given: tuple[bytes, str]) -> None:
    content, name = given
    check_stored(read(content, read_own_text, name))


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "format": st.sampled_from(FORMATS),
        "one_document_per": st.sampled_from(DOCUMENT_RULES),
        "sentences": st.sampled_from(SENTENCE_RULES),
        "text_column": st.sampled_from(["text", "a.b", "."]) | texts(),
        "encoding": st.sampled_from(["utf-8", "utf-16", "cp1252", "shift_jis", "zip"]) | texts(),
        "has_header": st.booleans(),
        "passage_words": st.integers(0, 200),
    },
)


@fuzz(
    "own text with options",
    st.tuples(packed((TABLES | TAGS | OBJECTS.map(json.dumps)).map(to_bytes)), NAMES, OPTIONS),
)
def test_options(given: tuple[bytes, str, dict[str, Any]]) -> None:
    content, name, asked = given
    known = {key: value for key, value in asked.items() if key in OPTION_TYPES}
    if any(not isinstance(value, OPTION_TYPES[key]) for key, value in known.items()):
        return  # the form and the command line give values of these types
    options = TextOptions(**known)
    look({name: content}, options)
    check_stored(read(content, lambda path: read_own_text(path, options=options), name))


OPTION_TYPES: dict[str, Any] = dict.fromkeys(
    ("format", "one_document_per", "sentences", "text_column", "encoding"), str
) | {"has_header": bool | None, "passage_words": int}
PATHS = st.sampled_from(["a/b.txt", "a/c.csv", "a/../x", "/etc/x", ".hidden", "a/", "x.zip"])


@fuzz(
    "several texts",
    st.tuples(
        st.dictionaries(
            PATHS | NAMES | texts(), packed((PROSE | TABLES).map(to_bytes)), min_size=1, max_size=4
        ),
        st.booleans(),
    ),
)
def test_several(given: tuple[dict[str, bytes], bool]) -> None:
    files, is_zipped = given
    if not is_zipped:
        check_stored(read_own_text(files))
        return
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(
                name.encode("utf-8", "replace").decode().replace("\0", "") or "-", content
            )
    check_stored(read(file.getvalue(), read_own_text, "a.zip"))


@fuzz("Parquet of texts", packed(st.sampled_from(OF_PARQUET)))
def test_parquet(content: bytes) -> None:
    look({"a.parquet": content})
    check_stored(read(content, read_own_text, "a.parquet"))


MOVIES = mostly(st.sampled_from(["1", "2"]), texts(), 40)
GENRES = mostly(st.sampled_from(["", "{}", '{"a": "Drama"}']), json_values().map(json.dumps))
DATES = mostly(st.sampled_from(["", "1999-01"]), texts())


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
