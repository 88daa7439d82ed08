"""Export and re-import: word2vec text and binary, safetensors, and the card beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from clif_core.cli import app
from clif_core.errors import FormatError, InputError
from clif_core.interventions.edit import Edit
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.export import (
    KINDS,
    export_bytes,
    export_model,
    kind_of,
    read_safetensors,
    suffix_of,
)
from clif_core.sgns.vector_files import open_vectors
from clif_core.workspace.importing import import_model
from clif_core.workspace.tasks.retrained import keep_retrained
from clif_core.workspace.workspace import Workspace


@pytest.fixture
def bundle(lee_model) -> Bundle:
    history = [{"method": "retrained", "content_hash": "parent"}]
    return Bundle(lee_model, {"title": "Lee", "history": history})


@pytest.mark.parametrize("name", ["m.txt", "m.bin", "m.vec", "m.txt.gz", "m.bin.gz"])
def test_word2vec_files_hold_every_vector_exactly(bundle, tmp_path, name):
    path = export_model(bundle, tmp_path / name)
    read = open_vectors(path)
    assert read.words == tuple(bundle.model.vocabulary.words)
    np.testing.assert_array_equal(read.vectors, bundle.model.centre_vectors)
    imported, _ = import_model("again", path)
    np.testing.assert_array_equal(imported.model.centre_vectors, bundle.model.centre_vectors)


def test_gensim_reads_both_word2vec_formats(bundle, tmp_path):
    from gensim.models import KeyedVectors

    for name, is_binary in (("m.txt", False), ("m.bin", True)):
        path = export_model(bundle, tmp_path / name)
        read = KeyedVectors.load_word2vec_format(str(path), binary=is_binary)
        np.testing.assert_array_equal(read.vectors, bundle.model.centre_vectors)
        assert read.index_to_key == list(bundle.model.vocabulary.words)


def test_safetensors_loses_nothing(bundle, tmp_path):
    read = read_safetensors(export_model(bundle, tmp_path / "m.safetensors"))
    assert read.model.content_hash == bundle.model.content_hash
    assert read.model.corpus_hash == bundle.model.corpus_hash
    assert read.card["history"] == bundle.card["history"]


def test_the_card_beside_the_file_has_the_history(bundle, tmp_path):
    path = export_model(bundle, tmp_path / "m.bin")
    card = json.loads((tmp_path / "m.bin.card.json").read_text("utf-8"))
    assert card["history"] == bundle.card["history"]
    assert card["content_hash"] == bundle.model.content_hash
    assert card["settings"]["window"] == bundle.model.require_settings().window
    assert export_bytes(bundle, "word2vec-binary") == path.read_bytes()


def test_the_ending_means_the_kind_and_unknown_ones_are_refused(bundle, tmp_path):
    assert [kind_of(Path(f"m{suffix_of(kind)}")) for kind in KINDS] == list(KINDS)
    for name in ("m.pkl", "m", "m.safetensors.gz"):
        with pytest.raises(InputError, match="does not tell its format"):
            export_model(bundle, tmp_path / name)
    with pytest.raises(InputError, match="one of word2vec"):
        export_model(bundle, tmp_path / "m.txt", "pickle")
    assert list(tmp_path.iterdir()) == []


def test_word2vec_refuses_a_word_with_a_blank_and_safetensors_accepts_it(bundle, tmp_path):
    model = bundle.model
    words = ("new york", *model.vocabulary.words[1:])
    blank = Bundle(replace(model, vocabulary=replace(model.vocabulary, words=words)), {})
    with pytest.raises(InputError, match="has a blank"):
        export_model(blank, tmp_path / "m.txt")
    read = read_safetensors(export_model(blank, tmp_path / "m.safetensors"))
    assert read.model.vocabulary.words == words
    assert not (tmp_path / "m.txt").exists()


def test_files_that_are_no_exports_are_refused(tmp_path, bundle):
    from safetensors.numpy import save_file

    save_file({"x": np.zeros(3)}, tmp_path / "x.safetensors")
    (tmp_path / "y.safetensors").write_bytes(b"no")
    for name in ("x.safetensors", "y.safetensors", "none.safetensors"):
        with pytest.raises(FormatError, match="no model exported"):
            read_safetensors(tmp_path / name)


STRANGE = {
    "words": [
        "{",
        "[" * 100_000,
        '{"a": 1}',
        "[1, 2]",
        '["\\ud800", "b"]',
        '["", "b"]',
        '["a", "a"]',
    ],
    "counts": ["[1]", "[1.5, 2]", "[-1, 2]", "[1e400, 2]", f"[{10**19}, 2]", "[[1], 2]", "3"],
    "card": ["{}", "[]", "3", "[" * 100_000],
    "name": [3, "\ud800", None],
    "corpus_hash": [3, ["/etc"]],
    "dim": ["2", 1e400, 3, None],
    "settings": [3, "window", ["window"], {"window": "5"}, {"x": 1}, {"start_range": float("nan")}],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, vs in STRANGE.items() for v in vs])
def test_strange_structure_in_safetensors_is_refused(tmp_path, field, value):
    from safetensors.numpy import save_file

    card = {"name": "m", "dim": 2, "settings": None, "corpus_hash": None}
    texts = {"words": '["a", "b"]', "counts": "[2, 1]"}
    if field in card:
        card[field] = value
    else:
        texts[field] = value
    arrays = {"centre_vectors": np.ones((2, 2), np.float32)}
    save_file(arrays, tmp_path / "m.safetensors", metadata={"card": json.dumps(card), **texts})
    with pytest.raises(FormatError, match="no model exported"):
        read_safetensors(tmp_path / "m.safetensors")


def test_the_command_line_exports_a_retrained_model_with_its_history(
    tmp_path, lee_model, lee_corpus
):
    workspace = Workspace(tmp_path / "home", tmp_path / "samples")
    workspace.keep_model(Bundle(lee_model, {"title": "Lee"}), lee_corpus)
    chosen_by = {"estimator": "block", "direction": "lowers"}
    kept = keep_retrained(workspace, "lee", Edit("documents", (3, 4)), "two stories", chosen_by)
    file = tmp_path / "retrained.txt"
    arguments = ["export", kept.model.name, str(file), "--home", str(tmp_path / "home"), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    card = json.loads(Path(json.loads(result.stdout)["card"]).read_text("utf-8"))
    assert card["history"][-1]["content_hash"] == lee_model.content_hash
    assert card["history"][-1]["chosen_by"] == chosen_by
    assert card["history"][-1]["edit"]["items"] == [3, 4]
    np.testing.assert_array_equal(open_vectors(file).vectors, kept.model.centre_vectors)
