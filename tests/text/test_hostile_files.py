"""Files made to freeze the reader, to fill the memory, or to lose what they hold."""

from __future__ import annotations

import gzip
import json
import os
import re
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

import pytest

from clif_core.errors import FormatError, InputError
from clif_core.storage import gzipped
from clif_core.text import corpus, metadata, sentences, tokens
from clif_core.text.corpus import SourceDocument, build_corpus
from clif_core.text.corpus_files import load_corpus, save_corpus
from clif_core.text.readers import json_rows
from clif_core.text.readers.neutrality import read_neutrality
from clif_core.text.readers.own import read_own_text
from clif_core.text.readers.plain import read_jsonl, read_plain_text
from clif_core.text.readers.plots import read_plots
from clif_core.text.sentences import split_sentences
from clif_core.text.token_rule import TokenRule
from clif_core.text.tokens import iterate_tokens


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def neutral(path: Path, **options: int) -> object:
    return read_neutrality(path, "neutral", **options)


READERS = [read_plain_text, read_jsonl, read_plots, neutral]
UNITS = [".", ".!?…", ".)", ". ", "\n", "\n ", " ", "a.", "1.", "a'", "é", "Mr. ", "a\u0301\u0327"]
UNITS += ["\u0301", "।", "。」", "中", "ก็", "a_", "👩\u200d", "1,", "a\u200c", "n't", "\U0001f1e6"]
RULES = [
    TokenRule(),
    TokenRule(symbols="keep", apostrophe="split", underscore="keep"),
    TokenRule(parting="blanks", stops="any"),
    TokenRule(segmenter="characters"),
]


@pytest.mark.parametrize("rule", RULES, ids=TokenRule.to_text)
@pytest.mark.parametrize("unit", UNITS)
def test_a_run_of_anything_is_split_in_linear_time(unit: str, rule: TokenRule) -> None:
    text = unit * (400_000 // len(unit))  # 40,000 dots took 20 s
    started = perf_counter()
    split_sentences(text, rule=rule)
    for _ in iterate_tokens(text, rule=rule):
        pass
    assert perf_counter() - started < 60


@pytest.mark.parametrize("pattern", [*map(tokens._pattern, RULES), sentences._END])
@pytest.mark.parametrize("unit", [".", "a", " ", "-"])
def test_no_single_step_scans_a_whole_text(pattern: re.Pattern[str], unit: str) -> None:
    matches = list(pattern.finditer(unit * 1_000_000))  # 20 MB held the interpreter for 1.2 s
    longest = max(match.end() - match.start() for match in matches)
    assert longest <= 100_000 or (unit == "." and pattern is sentences._END)
    assert matches[0].start() == 0 and matches[-1].end() == 1_000_000


def test_a_giant_word_takes_no_memory_for_each_letter(tmp_path: Path) -> None:
    text = "a" * 2_000_000  # 20 MB took 2.3 GB
    tracemalloc.start()
    assert sum(b - a for a, b in iterate_tokens(text)) == len(text)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    with pytest.raises(FormatError, match="word of more than 10,000 characters, 'aaa"):
        read_plain_text(write(tmp_path / "a.txt", text))


def test_a_new_field_on_every_line_is_refused_early(tmp_path: Path) -> None:
    lines = [json.dumps({"text": "some words", f"k{i}": i}) for i in range(2_000)]
    started = perf_counter()  # 45 KB took 35 s
    with pytest.raises(FormatError, match=r"more than 200 fields.*'k200'"):
        read_jsonl(write(tmp_path / "a.jsonl", "\n".join(lines)))
    assert perf_counter() - started < 10


def test_two_hundred_fields_are_accepted(tmp_path: Path) -> None:
    lines = [json.dumps({"text": "some words", f"k{i}": i}) for i in range(200)]
    found = read_jsonl(write(tmp_path / "a.jsonl", "\n".join(lines)))
    assert found.documents["k7"].tolist() == [*[""] * 7, "7", *[""] * 192]


@pytest.mark.parametrize(
    ("module", "limit", "message"),
    [
        (corpus, "_MAX_DOCUMENTS", "more than 3 documents"),
        (corpus, "_MAX_SENTENCES", "more than 3 sentences"),
        (corpus, "_MAX_TYPES", "more than 3 distinct words"),
        (metadata, "_MAX_VALUES", "allowed are 3 values"),
    ],
)
def test_every_bound_of_a_corpus_has_its_message(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, limit: str, message: str
) -> None:
    monkeypatch.setattr(module, limit, 3)
    documents = [SourceDocument("d", f"a w{i}. B.", {"n": i}) for i in range(5)]
    with pytest.raises(InputError, match=message):
        build_corpus("x", documents, {}, max_bytes=gzipped.MAX_TEXT_BYTES)
    build_corpus("x", documents, {}, max_bytes=4 * gzipped.MAX_TEXT_BYTES)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("is_zipped", [False, True])
def test_every_reader_has_the_same_cap(
    tmp_path: Path, read: Callable[..., Any], is_zipped: bool
) -> None:
    line = b'{"text": ""}\n' if read is read_jsonl else b"12\ta\tb\tsome words\tother words\n"
    content = line * 2_000
    path = write(tmp_path / "a.txt", gzip.compress(content) if is_zipped else content)
    with pytest.raises(FormatError, match="more than 0 MB of text"):
        read(path, max_bytes=20_000)


@pytest.mark.parametrize("read", [read_jsonl, read_plots, neutral])
def test_one_giant_line_is_refused_before_it_is_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "plot_summaries.txt"  # a gzip of 2 MB with one line of 500 MB took 1.5 GB
    with gzip.open(path, "wb", 1) as file:
        for _ in range(60):
            file.write(b"a" * 1_000_000)
    monkeypatch.setattr(gzipped.iterate_lines, "__defaults__", (200_000_000, 2_000_000, "utf-8"))
    monkeypatch.setattr(json_rows, "MAX_LINE_BYTES", 2_000_000)
    tracemalloc.start()
    with pytest.raises(FormatError, match=r"line 1 .* longer than 2,000,000 bytes"):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


INNER = ["document", "start", "end", "clif_first_sentence", "clif_first_token", "start_", "text_"]


def test_fields_named_like_inner_columns_are_loaded_again(tmp_path: Path) -> None:
    row = {"text": "One. Two.", **{name: f"own {name}" for name in INNER}}
    found = read_jsonl(write(tmp_path / "a.jsonl", json.dumps(row)))
    save_corpus(found, tmp_path / "corpus")
    loaded = load_corpus(tmp_path / "corpus").documents
    assert {f"{name}_": f"own {name}" for name in INNER}.items() <= dict(loaded.iloc[0]).items()
    with pytest.raises(InputError, match="may not be called 'clif_first_token'"):
        build_corpus("x", [SourceDocument("d", "word", {"clif_first_token": 1})], {})


def test_the_field_text_is_kept_where_another_is_the_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"body": "some words", "text": 3}')
    assert read_jsonl(path, text_field="body").documents["text_"].tolist() == [3]


STRANGE = {
    "deep list": '{"text": "a", "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "deep title": '{"text": "a", "title": ' + "[" * 900 + "]" * 900 + "}",
    "huge number": '{"text": "a", "x": ' + "1" * 100_000 + "}",
    "surrogate value": '{"text": "a", "x": "\\udfff"}',
    "surrogate in a list": '{"text": "a", "x": [{"y": "\\ud800"}]}',
    "surrogate field": '{"text": "a", "\\ud800": 1}',
    "surrogate title": '{"text": "a", "title": "\\ud800"}',
    "surrogate in a title's list": '{"text": "a", "title": ["\\ud800"]}',
    "number as text": '{"text": 10}',
    "many fields": json.dumps({f"k{i}": 1 for i in range(100_000)}),
}


@pytest.mark.parametrize("case", STRANGE)
def test_strange_json_is_read_or_refused_in_a_short_message(tmp_path: Path, case: str) -> None:
    path = write(tmp_path / "a.jsonl", STRANGE[case])
    try:
        save_corpus(read_jsonl(path), tmp_path / "corpus")
    except FormatError as error:
        assert len(str(error)) < 500
        str(error).encode()


@pytest.mark.parametrize("genres", ['{"a": 3}', '{"a": null}', '{"a": "\\ud800"}', "[" * 100_000])
def test_a_genre_that_is_no_text_is_refused(tmp_path: Path, genres: str) -> None:
    write(tmp_path / "plot_summaries.txt", "1\tA plot.\n")
    write(tmp_path / "movie.metadata.tsv", "1\t\tA film\t\t\t\t\t\t" + genres + "\n")
    with pytest.raises(FormatError, match="genres must be a JSON object"):
        read_plots(tmp_path)


def test_halves_of_surrogate_pairs_are_refused_by_the_corpus() -> None:
    for document in (
        SourceDocument("\ud800", "word"),
        SourceDocument("d", "word \ud800"),
        SourceDocument("d", "word", {"x": "\ud800"}),
        SourceDocument("d", "word", {"\ud800": "x"}),
    ):
        with pytest.raises(InputError, match="surrogate pair"):
            build_corpus("x", [document], {})


@pytest.mark.skipif(os.name == "nt", reason="file names are bytes on POSIX only")
def test_a_file_name_that_is_not_utf_8_is_shown_and_stored(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    found = read_own_text(write(tmp_path / name, "some words"))
    assert found.documents["file"][0] == "caf?.txt" and found.about["source"] == "caf?.txt"
    save_corpus(found, tmp_path / "corpus")
    write(tmp_path / name, b"\0")
    with pytest.raises(FormatError, match=r"caf\?\.txt is no text"):
        read_own_text(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize("read", READERS)
def test_a_pipe_is_refused_and_not_waited_for(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "plot_summaries.txt"
    os.mkfifo(path)
    with pytest.raises(FormatError, match=r"pipe|holds no"):
        read(path)


def test_lines_may_open_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"text": "some words"}\r\n')
    assert read_jsonl(path).n_tokens == 2
    assert read_jsonl(write(path, '{"text": "a"}'.encode("utf-16"))).n_tokens == 1


@pytest.mark.parametrize("before", ["[[\r", "[" * 60, '{"text": "fine", "n": '])
def test_a_number_of_too_many_digits_is_refused(tmp_path: Path, before: str) -> None:
    path = write(tmp_path / "a.json", before + "9" * 5_000)
    with pytest.raises(FormatError, match=r"more than 4,300 digits|is no JSON"):
        read_own_text(path, "a")


def zipped(path: Path, names: list[str], content: bytes) -> bytearray:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, content)
    return bytearray(path.read_bytes())


def test_a_zip_that_lies_about_a_size_is_damaged(tmp_path: Path) -> None:
    content = zipped(tmp_path / "a.zip", ["a.txt"], b"some words " * 100_000)
    at = content.rfind(b"PK\1\2")
    content[at + 24 : at + 28] = struct.pack("<L", 10)  # instead of 1,100,000
    with pytest.raises(FormatError, match="is damaged"):
        read_own_text(write(tmp_path / "a.zip", bytes(content)))


def test_a_zip_whose_files_overlap_is_damaged(tmp_path: Path) -> None:
    """5,000 names of one file: 22 GB in 150 kB."""
    content = zipped(tmp_path / "a.zip", ["a.txt"], os.urandom(1_000).hex().encode() + b"\n")
    start, end = content.rfind(b"PK\1\2"), content.rfind(b"PK\5\6")
    entry, tail = content[start:end], content[end:]
    tail[8:12] = struct.pack("<HH", 5_000, 5_000)
    tail[12:16] = struct.pack("<L", 5_000 * len(entry))
    path = write(tmp_path / "a.zip", bytes(content[:start] + entry * 5_000 + tail))
    with pytest.raises(FormatError, match="files overlap"):
        read_own_text(path)
