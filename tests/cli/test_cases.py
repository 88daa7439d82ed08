"""Inputs that people brought, a test for each kind, through the command line.

The kinds were rebuilt after public reports; each has a right value. ``tests/cases`` holds the
files, ``tests/dashboard/test_cases_on_the_page.py`` has the same through the page, and the tests of
the readers have the variations.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from clif_core.cli import app
from clif_core.sgns.vector_files import open_vectors
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace

CASES = Path(__file__).parents[1] / "cases"
TEXTS, TOKENS, PROBES, VECTORS = (CASES / n for n in ("texts", "tokens", "probes", "vectors"))
GLOVE, WRAPPED, FAULTY, PROJECTOR = (
    VECTORS / name
    for name in (
        "11-glove", "12-wrong-name-for-the-fault", "15-bad-words-stop-all", "17-projector-files",
    )
)  # fmt: skip
SMALL = ("--dim", "8", "--epochs", "1", "--min-count", "1", "--backend", "coupled")


def run(*arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == status, result.output
    return result


def said(*arguments: str | Path, status: int = 1) -> str:
    """What a command said beside its result, on one line."""
    return " ".join(run(*arguments, status=status).stderr.split())


def look(path: Path, *options: str) -> Any:
    return json.loads(run("look", path, *options, "--json").stdout)


def read(home: Path, text: Path, *options: str) -> Corpus:
    """The text of a model trained on it."""
    run("train", text, "--name", "trained", *SMALL, *options, "--home", home)
    workspace = Workspace(home)
    corpus = workspace.open_corpus(workspace.open_model("trained").model)
    assert corpus is not None
    return corpus


def bring(home: Path, *arguments: str | Path) -> Any:
    """The result of an import of a model called mine."""
    result = run("import", *arguments, "--name", "mine", "--home", home, "--json")
    return json.loads(result.stdout) | {"said": " ".join(result.stderr.split())}


def probe(home: Path, path: Path, model: str = "mine") -> Any:
    return json.loads(run("probe", model, path, "--home", home, "--json").stdout)


# --- 01 lines as sentences, and endless lines


def test_lines_are_sentences_and_influence_lists_single_lines(tmp_path: Path) -> None:
    lines = (TEXTS / "lines.txt").read_text("utf-8").splitlines()
    corpus = read(tmp_path, TEXTS / "lines.txt")
    assert corpus.n_sentences == len(lines) == 3_000
    found = json.loads(
        run("influence", "trained", TEXTS / "mf.json", "--question", "model", "--top", "10",
            "--home", tmp_path, "--json").stdout
    )  # fmt: skip
    listed = [row["text"] for way in ("lowers", "raises") for row in found[f"removal_{way}"]]
    assert len(listed) == 20 and set(listed) <= set(lines)


def test_lines_give_the_value_of_the_same_text_with_full_stops(tmp_path: Path) -> None:
    """Word for word the same sentences, so the same training. An endless line gives another one."""
    lines = (TEXTS / "lines.txt").read_text("utf-8").splitlines()
    values = {}
    for name, text in (
        ("lines", "\n".join(lines)),
        ("dots", "\n".join(f"{line.capitalize()}." for line in lines)),
        ("oneline", " ".join(lines)),
    ):
        path = tmp_path / f"{name}.txt"
        path.write_text(text, "utf-8")
        run("train", path, "--name", name, *DEFAULT, "--home", tmp_path)
        values[name] = probe(tmp_path, TEXTS / "mf.json", name)["difference"]
    assert values["lines"] == pytest.approx(values["dots"], abs=1e-6)
    assert abs(values["oneline"] - values["dots"]) > 1e-3


DEFAULT = ("--dim", "16", "--epochs", "2", "--backend", "coupled")


def test_an_endless_line_is_cut_into_passages_of_a_set_length(tmp_path: Path) -> None:
    path = tmp_path / "oneline.txt"
    path.write_text((TEXTS / "lines.txt").read_text("utf-8").replace("\n", " "), "utf-8")
    assert "cut into 286 passages of 100 words" in " ".join(look(path)["found"])
    assert read(tmp_path, path, "--passage-words", "50").n_sentences == 571


# --- 02 tables


@pytest.mark.parametrize(
    ("name", "n_documents", "kept"),
    [("table.csv", 3_000, {"source", "year"}), ("reviews.tsv", 60, {"author", "year"})],
)
def test_a_table_is_documents_with_metadata(
    tmp_path: Path, name: str, n_documents: int, kept: set[str]
) -> None:
    corpus = read(tmp_path, TEXTS / name)
    assert corpus.n_documents == n_documents and kept | {"id"} <= set(corpus.documents)
    header = (TEXTS / name).read_text("utf-8").splitlines()[0]
    assert not set(header.replace("\t", ",").split(",")) & set(corpus.words)


# --- 03 a model with capitals and its own text


def test_a_cased_model_finds_every_word_and_lists_sentences_both_ways(tmp_path: Path) -> None:
    bring(tmp_path, TOKENS / "cased_vec.txt", "--context-vectors", TOKENS / "cased_ctx.txt",
          "--corpus", TOKENS / "cased.txt", "--window", "5")  # fmt: skip
    card = Workspace(tmp_path).open_model("mine").card
    assert card["coverage"]["words"] == 1
    found = json.loads(
        run("influence", "mine", TOKENS / "cased.json", "--question", "model", "--home", tmp_path,
            "--json").stdout
    )  # fmt: skip
    for way, sign in (("lowers", -1), ("raises", 1)):
        rows = found[f"removal_{way}"]
        assert rows and all(sign * row["effect"] > 0 for row in rows)
        assert all(any(c.isupper() for c in row["text"][1:]) for row in rows)


# --- 04, 05 scripts with marks, and without blanks


@pytest.mark.parametrize(
    ("name", "n_tokens", "n_sentences"),
    [("hindi.txt", 460, 60), ("arabic_vocalised.txt", 200, 40), ("chinese_segmented.txt", 520, 60)],
)
def test_marks_stay_with_their_letters_and_sentences_end(
    tmp_path: Path, name: str, n_tokens: int, n_sentences: int
) -> None:
    corpus = read(tmp_path, TOKENS / name)
    assert (corpus.n_tokens, corpus.n_sentences) == (n_tokens, n_sentences)
    if name == "hindi.txt":
        assert corpus.sentence_offsets[1] == 7


@pytest.mark.parametrize(("name", "extra"), [("thai.txt", "thai"), ("chinese.txt", "chinese")])
def test_a_clause_is_never_a_word(tmp_path: Path, name: str, extra: str) -> None:
    found = " ".join(look(TOKENS / name)["found"])
    if f"parted as {extra.capitalize()}" in found:  # its package is installed
        corpus = read(tmp_path, TOKENS / name)
        assert np.mean([len(word) for word in corpus.words]) < 5
        return
    assert f"clif-dashboard[{extra}]" in found
    refused = said("train", TOKENS / name, "--name", "x", *SMALL, "--home", tmp_path)
    assert f"clif-dashboard[{extra}]" in refused and "segmenter=characters" in refused


# --- 06 markup


def test_of_a_page_the_visible_text_alone_is_read(tmp_path: Path) -> None:
    """60 paragraphs of two sentences: one of the text, and "Fish & chips."."""
    corpus = read(tmp_path, TEXTS / "page.html")
    sentences = [corpus.sentence_text(at) for at in range(corpus.n_sentences)]
    assert sentences[1::2] == ["Fish & chips."] * 60
    assert len(sentences[::2]) == 60 and sentences[0] == (
        "The nurse carried the lantern to the old harbour."
    )
    assert not {"p", "href", "para", "color", "nbsp", "amp", "var"} & set(corpus.words)


@pytest.mark.parametrize(
    ("name", "what"),
    [("notes.rtf", "an RTF document"), ("paper.pdf", "a PDF"), ("wiki.xml", "a dump of a wiki"),
     ("essay.docx", "a Word document")],
)  # fmt: skip
def test_markup_that_is_not_read_is_refused_by_name(tmp_path: Path, name: str, what: str) -> None:
    assert what in said("look", TEXTS / name)
    assert what in said("train", TEXTS / name, "--name", "x", "--home", tmp_path)


# --- 07 folders


@pytest.mark.parametrize(
    ("name", "folders"),
    [("half_nested", {"", "more"}), ("mixed_folder", None), ("nested_folder", {"neg", "pos"})],
)
def test_a_folder_is_read_whole(tmp_path: Path, name: str, folders: set[str] | None) -> None:
    corpus = read(tmp_path, TEXTS / name)
    assert corpus.n_documents == 6
    assert (set(corpus.documents["folder"]) if folders else None) == folders


# --- 08 phrases


def test_words_joined_by_underscores_stay_joined(tmp_path: Path) -> None:
    corpus = read(tmp_path, TOKENS / "phrases.txt")
    assert np.sum(corpus.token_words == list(corpus.words).index("new_york")) == 60


# --- 09, 10, 18 probes


@pytest.fixture(scope="module", params=["german.txt", "german_nfd.txt"])
def german(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("german")
    bring(home, PROBES / request.param)
    return home


@pytest.mark.parametrize(
    "name",
    ["exact.json", "lower.json", "upper.json", "nfd.json", "bomfile.json", "wefe_query.json"],
)
def test_every_spelling_and_file_gives_the_same(german: Path, name: str) -> None:
    found = probe(german, PROBES / name)
    assert found["effect_size"] == pytest.approx(1.9936, abs=1e-4)
    assert found["difference"] == pytest.approx(1.8526, abs=1e-4)
    assert found["lost_words"] == []
    assert all(written in " ".join(found["notes"]) for written in found["matched"])


def test_phrases_and_other_quotes_are_found_and_said(german: Path) -> None:
    phrases = probe(german, PROBES / "multi_us.json")
    assert phrases["matched"].items() >= {"new_york": "New_York"}.items()
    assert phrases["lost_words"] == []
    quotes = probe(german, PROBES / "curly.json")
    assert quotes["matched"].items() >= {"don’t": "don't"}.items() and not quotes["lost_words"]


# --- 11, 12, 15, 17 files of vectors

OK = open_vectors(GLOVE / "ok.txt")


@pytest.mark.parametrize(
    "name", ["glove_nohead.txt", "glove_spaces_nohead.txt", "w2v_spaces_head.txt"]
)
def test_glove_and_words_with_blanks(tmp_path: Path, name: str) -> None:
    found = bring(tmp_path, GLOVE / name)
    model = Workspace(tmp_path).open_model("mine").model
    assert (found["n_words"], found["dim"]) == (16, 6)
    np.testing.assert_array_equal(model.centre_vectors, OK.vectors)
    if "spaces" in name:
        assert model.vocabulary.words[6:8] == (". . .", "at name@example.org")


@pytest.mark.parametrize(
    "name",
    ["bom.txt", "utf16.txt", "ok.txt.bz2", "ok.txt.xz", "glove.mini.zip", "double.bin",
     "vec.parquet", "vectors.npy", "plain.safetensors", "facebook_ft.bin"],
)  # fmt: skip
def test_the_same_in_another_wrapping(tmp_path: Path, name: str) -> None:
    is_bare = name in ("vectors.npy", "plain.safetensors")
    words = ("--words", PROJECTOR / "metadata.tsv") if is_bare else ()
    bring(tmp_path, WRAPPED / name, *words)
    model = Workspace(tmp_path).open_model("mine").model
    assert set(model.vocabulary.words) == set(OK.words) and model.dim == 6
    if name != "facebook_ft.bin":  # a training of its own
        np.testing.assert_allclose(model.centre_vectors, OK.vectors, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "what"),
    [("comma.txt", "decimal commas"), ("essay.docx", "a Word document"),
     ("reviews.parquet", "a Parquet table without vectors"), ("vectors.npy", "--words"),
     ("plain.safetensors", "--words")],
)  # fmt: skip
def test_what_is_no_vectors_is_refused_by_name(tmp_path: Path, name: str, what: str) -> None:
    arguments = ("import", WRAPPED / name, "--name", "mine", "--home", tmp_path)
    assert what in said(*arguments)
    assert not list(tmp_path.iterdir())


def test_our_own_export_comes_back_whole(tmp_path: Path) -> None:
    run("export", "brown", tmp_path / "brown.safetensors", "--home", tmp_path)
    found = bring(tmp_path, tmp_path / "brown.safetensors")
    assert (found["n_words"], found["dim"], found["has_context_vectors"]) == (14_172, 64, True)
    sample, own = (Workspace(tmp_path).open_model(name) for name in ("brown", "mine"))
    assert own.model.content_hash == sample.model.content_hash
    assert own.model.vocabulary.has_counts and own.card["title"] == sample.card["title"]


@pytest.mark.parametrize(
    ("name", "n_words", "repair"),
    [
        ("dup.txt", 15, "word came before; its first vector is kept"),
        ("dup.bin", 15, "word came before; its first vector is kept"),
        ("truncword.txt", 16, "read with U+FFFD"),
        ("truncword.bin", 16, "read with U+FFFD"),
        ("count_too_big.txt", 16, "says 20 words, the file holds 16"),
        ("count_too_small.txt", 16, "says 12 words, the file holds 16"),
        ("blank_middle.txt", 16, "line is blank; passed over"),
        ("latin1.txt", 16, "--words-encoding cp1252"),
    ],
)
def test_faults_are_repaired_counted_and_listed(
    tmp_path: Path, name: str, n_words: int, repair: str
) -> None:
    found = bring(tmp_path, FAULTY / name)
    assert found["n_words"] == n_words and repair in found["said"]
    assert repair in " ".join(Workspace(tmp_path).open_model("mine").card["found"])
    strict = ("import", FAULTY / name, "--name", "other", "--strict", "--home", tmp_path)
    assert "without 'strict'" in said(*strict)


def test_the_projectors_two_files(tmp_path: Path) -> None:
    bring(tmp_path, PROJECTOR / "vectors.tsv", "--words", PROJECTOR / "metadata.tsv")
    model = Workspace(tmp_path).open_model("mine").model
    assert model.vocabulary.words == OK.words
    np.testing.assert_array_equal(model.centre_vectors, OK.vectors)


# --- 14 Windows-1252


@pytest.mark.parametrize("name", ["cp_apos.txt", "cp_apos_right.txt", "cp_apos_latin1advice.txt"])
def test_apostrophes_of_windows_1252(tmp_path: Path, name: str) -> None:
    corpus = read(tmp_path, TEXTS / name)
    assert corpus.n_sentences == 60 and {"didn't", "sailor's"} <= set(corpus.words)
    found = " ".join(look(TEXTS / name)["found"])
    assert ("cp1252" in found) == (name == "cp_apos.txt")


# --- 16 JSON


def test_json_of_another_field(tmp_path: Path) -> None:
    lines = (TEXTS / "lines.txt").read_text("utf-8").splitlines()
    path = tmp_path / "docs.jsonl"
    path.write_text(
        "\n".join(json.dumps({"id": i, "content": line}) for i, line in enumerate(lines))
    )
    assert look(path)["text_column"] == "content"
    assert read(tmp_path, path).n_documents == 3_000


@pytest.mark.parametrize(
    ("name", "n", "column"),
    [("array.json", 60, "text"), ("object.json", 60, "text"), ("null.jsonl", 59, "text"),
     ("nested.jsonl", 60, "document.text"), ("tokens.jsonl", 60, "text")],
)  # fmt: skip
def test_json_of_every_shape(tmp_path: Path, name: str, n: int, column: str) -> None:
    found = look(TEXTS / name)
    assert read(tmp_path, TEXTS / name).n_documents == n == found["n_documents"]
    assert found["text_column"] == column or name == "tokens.jsonl"
    if name == "null.jsonl":
        assert found["left_out"][0]["name"] == "line 8 of null.jsonl"
