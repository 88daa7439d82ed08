"""A bundle is loaded as it was saved, or the error names the faulty file."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file, save_file

from clif_core.errors import FormatError, InputError
from clif_core.sgns.bundle import MAP_COLUMNS, Bundle, load_bundle, read_table, save_bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.storage.files import checksum_file


def random_bundle(n_words: int = 7, dim: int = 5, has_context: bool = True) -> Bundle:
    generator = np.random.default_rng(0)

    def matrix() -> np.ndarray:
        return generator.normal(size=(n_words, dim)).astype(np.float32)

    model = SkipGram(
        name="tiny",
        vocabulary=Vocabulary(
            tuple(f"wörd{i}" for i in range(n_words)), np.arange(n_words, 0, -1, dtype=np.int64)
        ),
        centre_vectors=matrix(),
        context_vectors=matrix() if has_context else None,
        settings=TrainingSettings(dim=dim, seed=3) if has_context else None,
        corpus_hash="abc" if has_context else None,
        other_seeds={4: matrix(), 5: matrix()} if has_context else {},
    )
    table = pd.DataFrame(generator.normal(size=(n_words, 5)), columns=MAP_COLUMNS[:5])
    return Bundle(model, {"title": "Tiny"}, table.assign(cluster=np.arange(n_words) - 1))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_bundle(random_bundle(), tmp_path / "tiny")
    return tmp_path / "tiny"


def with_new_checksum(path: Path, name: str) -> None:
    """Make the card agree with a file that a test has changed."""
    card = json.loads((path / "card.json").read_text("utf-8"))
    card["files"][name] = checksum_file(path / name)
    (path / "card.json").write_text(json.dumps(card), "utf-8")


@pytest.mark.parametrize("has_context", [True, False])
def test_float32_round_trip_is_exact(tmp_path: Path, has_context: bool) -> None:
    bundle = random_bundle(has_context=has_context)
    save_bundle(bundle, tmp_path / "tiny", dtype="float32")
    loaded = load_bundle(tmp_path / "tiny")
    assert loaded.model.content_hash == bundle.model.content_hash
    assert loaded.model.settings == bundle.model.settings
    assert loaded.model.corpus_hash == bundle.model.corpus_hash
    assert set(loaded.model.other_seeds) == set(bundle.model.other_seeds)
    for seed, vectors in bundle.model.other_seeds.items():
        np.testing.assert_array_equal(loaded.model.other_seeds[seed], vectors)
    assert loaded.card["title"] == "Tiny"
    assert bundle.map is not None and loaded.map is not None
    np.testing.assert_allclose(loaded.map.to_numpy(), bundle.map.to_numpy(), rtol=1e-6)
    assert loaded.map["cluster"].dtype == np.int32


def test_float16_is_the_default_and_within_its_rounding(saved: Path) -> None:
    model, original = load_bundle(saved).model, random_bundle().model
    assert model.centre_vectors.dtype == np.float32
    np.testing.assert_allclose(model.centre_vectors, original.centre_vectors, rtol=1e-3, atol=1e-6)
    assert load_file(saved / "vectors.safetensors")["centre_vectors"].dtype == np.float16


def test_saving_again_replaces_the_folder_and_leaves_nothing_beside_it(saved: Path) -> None:
    save_bundle(Bundle(random_bundle(n_words=3).model), saved)
    assert load_bundle(saved).model.n_words == 3
    assert not (saved / "map.parquet").exists()
    assert [p.name for p in saved.parent.iterdir()] == ["tiny"]


@pytest.mark.parametrize("name", ["vectors.safetensors", "vocabulary.parquet", "map.parquet"])
def test_a_missing_or_damaged_file_is_named(saved: Path, name: str) -> None:
    content = bytearray((saved / name).read_bytes())
    content[len(content) // 2] ^= 1
    (saved / name).write_bytes(content)
    with pytest.raises(FormatError, match=rf"{name} is damaged.*make samples"):
        load_bundle(saved)
    (saved / name).unlink()
    with pytest.raises(FormatError, match=f"{name} is missing"):
        load_bundle(saved)


def test_a_folder_without_a_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"it has no card\.json"):
        load_bundle(tmp_path)


def change_card(**changes: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        card = json.loads((path / "card.json").read_text("utf-8"))
        card.update(changes)
        (path / "card.json").write_text(json.dumps(card), "utf-8")

    return change


def change_vectors(edit: Callable[[dict[str, np.ndarray]], None]) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        arrays = load_file(path / "vectors.safetensors")
        edit(arrays)
        save_file(arrays, path / "vectors.safetensors")
        with_new_checksum(path, "vectors.safetensors")

    return change


def change_table(name: str, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        edit(pd.read_parquet(path / name)).to_parquet(path / name)
        with_new_checksum(path, name)

    return change


def put_nan(arrays: dict[str, np.ndarray]) -> None:
    arrays["context_vectors"][2, 1] = np.nan


WRONG = {
    "future": (change_card(format_version=99), r"format_version 99.*Update"),
    "no version": (change_card(format_version=None), "no format_version"),
    "no name": (change_card(name=None), "lacks 'name'"),
    "settings": (change_card(settings={"windov": 5}), "unknown training setting 'windov'"),
    "settings type": (change_card(settings={"window": "5"}), r"settings in .*card\.json"),
    "no vectors": (change_card(files={"vocabulary.parquet": ""}), "needed are"),
    "outside": (
        change_card(
            files={"vectors.safetensors": "", "vocabulary.parquet": "", "../secret.txt": ""}
        ),
        "own folder",
    ),
    "nan": (change_vectors(put_nan), "context_vectors .* not finite in row 2"),
    "shape": (
        change_vectors(lambda a: a.update(context_vectors=a["context_vectors"][:-1].copy())),
        r"shape \(6, 5\); it must be .* \(7, 5\)",
    ),
    "whole numbers": (
        change_vectors(lambda a: a.update(centre_vectors=np.zeros((7, 5), dtype=np.int32))),
        "floating",
    ),
    "unknown array": (
        change_vectors(lambda a: a.update(other=np.zeros(3, dtype=np.float32))),
        "unknown array 'other'",
    ),
    "no centre vectors": (
        change_vectors(lambda a: a.update(zz=a.pop("centre_vectors"))),
        "has no centre_vectors",
    ),
    "duplicate word": (
        change_table("vocabulary.parquet", lambda t: t.assign(word=["a", "b"] + ["c"] * 5)),
        "the word 'c' twice",
    ),
    "null word": (
        change_table("vocabulary.parquet", lambda t: t.assign(word=[None, *"abcdef"])),
        "empty or no text",
    ),
    "negative count": (
        change_table("vocabulary.parquet", lambda t: t.assign(count=-1)),
        "from 0 up",
    ),
    "no counts": (
        change_table("vocabulary.parquet", lambda t: t[["word"]]),
        "with the columns word, count",
    ),
    "short map": (change_table("map.parquet", lambda t: t.head(2)), "2 rows for 7 words"),
    "nan in map": (change_table("map.parquet", lambda t: t.assign(x=np.nan)), "not finite"),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_error_says_what_is_wrong_in_a_bundle(saved: Path, case: str) -> None:
    change, message = WRONG[case]
    change(saved)
    with pytest.raises(FormatError, match=message):
        load_bundle(saved)


@pytest.mark.parametrize(
    ("name", "content"),
    [("card.json", b"{"), ("vectors.safetensors", b"no"), ("vocabulary.parquet", b"PAR1")],
)
def test_a_file_of_another_kind_is_named(saved: Path, name: str, content: bytes) -> None:
    (saved / name).write_bytes(content)
    if name != "card.json":
        with_new_checksum(saved, name)
    with pytest.raises(FormatError, match=name):
        load_bundle(saved)


def test_a_link_out_of_the_folder_is_refused(saved: Path, tmp_path: Path) -> None:
    shutil.move(saved / "map.parquet", tmp_path / "elsewhere.parquet")
    (saved / "map.parquet").symlink_to(tmp_path / "elsewhere.parquet")
    with pytest.raises(FormatError, match="points out of"):
        load_bundle(saved)


def test_numbers_too_large_for_float16_are_refused_on_saving(tmp_path: Path) -> None:
    model = SkipGram("big", Vocabulary(("a",), np.array([1])), np.full((1, 2), 1e6, np.float32))
    with pytest.raises(InputError, match="float32"):
        save_bundle(Bundle(model), tmp_path / "big")
    assert list(tmp_path.iterdir()) == []
    save_bundle(Bundle(model), tmp_path / "big", dtype="float32")


def test_a_map_of_another_length_is_refused_on_saving(tmp_path: Path) -> None:
    bundle = random_bundle()
    assert bundle.map is not None
    with pytest.raises(InputError, match="3 rows"):
        save_bundle(Bundle(bundle.model, {}, bundle.map.head(3)), tmp_path / "tiny")


@pytest.mark.parametrize(
    "card",
    [
        "[" * 100_000,
        '{"a": "\\ud800", "format_version": 1}',
        '{"a": "' + "x" * 10_000_001 + '"}',
        "\xff",
    ],
    ids=["deep", "surrogate", "huge", "no UTF-8"],
)
def test_a_strange_card_is_damaged(saved: Path, card: str) -> None:
    (saved / "card.json").write_bytes(card.encode("latin-1"))
    with pytest.raises(FormatError, match=r"card\.json is damaged"):
        load_bundle(saved)


@pytest.mark.parametrize("value", [3, ["/etc"], {}])
def test_a_corpus_hash_that_is_no_text_is_refused(saved: Path, value: object) -> None:
    card = json.loads((saved / "card.json").read_text("utf-8"))
    (saved / "card.json").write_text(json.dumps({**card, "corpus_hash": value}), "utf-8")
    with pytest.raises(FormatError, match="corpus_hash that is no text"):
        load_bundle(saved)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize("name", ["card.json", "vectors.safetensors", "vocabulary.parquet"])
def test_a_pipe_in_a_bundle_is_refused_and_not_waited_for(saved: Path, name: str) -> None:
    (saved / name).unlink()
    os.mkfifo(saved / name)
    with pytest.raises(FormatError, match=r"damaged|cannot be read"):
        load_bundle(saved)


@pytest.mark.parametrize("settings", [3, ["window"], {"window": "5"}, {"unit": 2}, {"seed": 1.5}])
def test_strange_settings_are_refused(saved: Path, settings: object) -> None:
    card = json.loads((saved / "card.json").read_text("utf-8"))
    (saved / "card.json").write_text(json.dumps({**card, "settings": settings}), "utf-8")
    with pytest.raises(FormatError, match=r"settings in .* are wrong"):
        load_bundle(saved)


def test_a_table_that_gives_its_columns_other_names_is_refused(tmp_path):
    """pandas takes the names from a note in the file, whatever its columns are called."""
    table = pa.Table.from_pandas(pd.DataFrame({"word": ["a"], "count": [1]}))
    note = json.loads(table.schema.metadata[b"pandas"])
    note["columns"][1]["name"] = "other"
    file = tmp_path / "vocabulary.parquet"
    pq.write_table(table.replace_schema_metadata({b"pandas": json.dumps(note)}), file)
    with pytest.raises(FormatError, match="no Parquet table with the columns word, count"):
        read_table(file, ("word", "count"))
