"""The store returns exactly what was stored, or a miss; its keys stay what they were."""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clif_core.errors import InputError, StorageError
from clif_core.storage.files import (
    remove_directory,
    replace_directory,
    replace_file,
    restore_interrupted,
)
from clif_core.storage.store import Store, make_key

KEY = make_key("thing", a=1)
ARRAYS = {
    "effects": np.linspace(-1, 1, 10, dtype=np.float32),
    "ids": np.arange(6, dtype=np.int32).reshape(2, 3).T,  # not contiguous
    "mask": np.array([True, False]),
    "empty": np.zeros((0, 3)),
}


def test_arrays_come_back_with_shape_and_type(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    assert store.get_arrays(KEY) is None
    assert not store.has_arrays(KEY)
    store.put_arrays(KEY, ARRAYS, {"probe": "weat"})
    assert store.has_arrays(KEY)
    loaded = store.get_arrays(KEY)
    assert loaded is not None and set(loaded) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype


def test_json_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.get_json(KEY) is None
    value = {"text": "naïve\nlines", "numbers": [1, 2.5, None]}
    store.put_json(KEY, value)
    assert store.get_json(KEY) == value


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_every_damaged_entry_is_a_miss(tmp_path: Path, suffix: str) -> None:
    store = Store(tmp_path)
    store.put_arrays(KEY, ARRAYS, {})
    store.put_json(KEY, [1, "two"])
    get = store.get_arrays if suffix == ".safetensors" else store.get_json
    file = tmp_path / f"{KEY}{suffix}"
    whole = file.read_bytes()
    for byte in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[byte] ^= 4
        file.write_bytes(damaged)
        if (found := get(KEY)) is not None:  # only the free text of ``about`` may differ
            assert suffix == ".safetensors" and set(found) == set(ARRAYS)
            np.testing.assert_array_equal(found["effects"], ARRAYS["effects"])
    for content in (b"", whole[: len(whole) // 2], b"\xff" * 50):
        file.write_bytes(content)
        assert get(KEY) is None
    file.write_bytes(whole)
    assert get(KEY) is not None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_and_a_folder_in_place_of_an_entry_are_misses(tmp_path: Path) -> None:
    store = Store(tmp_path, max_bytes=10)
    os.mkfifo(tmp_path / f"{KEY}.json")
    os.mkfifo(tmp_path / f"{KEY}.safetensors")
    (tmp_path / "x-1.json").mkdir()
    (tmp_path / "My notes.json").write_text("mine")
    assert store.get_json(KEY) is None and store.get_arrays(KEY) is None
    store.put_json("x-2", "longer than the limit")
    store.clear()
    assert (tmp_path / "My notes.json").read_text() == "mine"


def test_two_writers_on_a_full_store_do_not_disturb_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one lists, the other removes before it is looked at."""
    store = Store(tmp_path, max_bytes=1)
    real = Path.iterdir

    def iterdir(self: Path) -> Iterator[Path]:
        yield from [*real(self), self / ".abcdefgh.part", self / "gone-1.json"]

    monkeypatch.setattr(Path, "iterdir", iterdir)
    store.put_json(KEY, 1)
    assert store.get_json(KEY) is None


@pytest.mark.parametrize("act", ["os.fsync", "pathlib.Path.replace"])
def test_a_full_disk_at_any_step_leaves_the_old_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    store = Store(tmp_path)
    store.put_json(KEY, "old")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(act, refuse)
    with pytest.raises(StorageError, match="no room left"):
        store.put_json(KEY, "new")
    assert store.get_json(KEY) == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_is_never_lost_in_its_replacement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "corpus"
    with replace_directory(target) as folder:
        (folder / "a").write_text("old")
    real = Path.rename

    def rename(self: Path, to: Path) -> Path:
        if self.name == "new":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, to)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(StorageError), replace_directory(target) as folder:
        (folder / "a").write_text("new")
    assert (target / "a").read_text() == "old"
    monkeypatch.undo()
    part = tmp_path / ".corpus.abcdefgh.part"  # killed between the two renames
    part.mkdir()
    target.rename(part / "old")
    restore_interrupted(tmp_path)
    assert not target.exists()  # its writer may still be at work
    os.utime(part, (1e9, 1e9))
    restore_interrupted(tmp_path)
    assert (target / "a").read_text() == "old"


def test_a_folder_with_files_of_others_is_neither_replaced_nor_removed(tmp_path: Path) -> None:
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "chapter 1.txt").write_text("years of work")
    refused = pytest.raises(InputError, match=r"'chapter 1\.txt'")
    with refused, replace_directory(target, own={"card.json"}) as folder:
        (folder / "card.json").write_text("{}")
    with pytest.raises(InputError, match="Nothing was changed"):
        remove_directory(target, {"card.json"})
    link = tmp_path / "link"
    link.symlink_to(target)
    remove_directory(link, {"card.json"})
    assert not link.exists() and (target / "chapter 1.txt").read_text() == "years of work"
    assert [p.name for p in tmp_path.iterdir()] == ["thesis"]


def test_a_failed_write_leaves_the_old_entry_and_no_temporary_file(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put_json(KEY, 1)
    with pytest.raises(TypeError):
        store.put_json(KEY, object())
    with pytest.raises(RuntimeError), replace_file(tmp_path / f"{KEY}.json") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert store.get_json(KEY) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_failed_directory_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "corpus"
    with replace_directory(target) as folder:
        (folder / "a").write_text("old")
    with pytest.raises(RuntimeError), replace_directory(target) as folder:
        (folder / "a").write_text("new")
        raise RuntimeError
    assert (target / "a").read_text() == "old"
    with replace_directory(target) as folder:
        (folder / "b").write_text("new")
    assert [p.name for p in target.iterdir()] == ["b"]
    assert [p.name for p in tmp_path.iterdir()] == ["corpus"]


def test_keys_are_equal_exactly_when_kind_and_inputs_are() -> None:
    assert make_key("k", a=1, b=[1, {"x": 2}]) == make_key("k", b=[1, {"x": 2}], a=1)
    different = [
        make_key("k", a=1),
        make_key("k", a="1"),
        make_key("k", a=1.5),
        make_key("k", b=1),
        make_key("other", a=1),
        make_key("k", a=None),
    ]
    assert len(set(different)) == len(different)


@pytest.mark.parametrize(
    ("kind", "inputs", "key"),
    [
        ("pairs", {"model": "abc", "corpus": "def"}, "pairs-9a16a1d8fa1e411ab46e3c0d"),
        (
            "influence",
            {
                "model": "abc",
                "corpus": "def",
                "probe": {"kind": "similarity", "first": "a", "second": "ü"},
                "estimator": "block",
                "damping": 0.0,
                "n_noise": 25,
            },
            "influence-6da5febde4282d2572ac3e60",
        ),
        (
            "retraining",
            {"model": "abc", "edit": None, "seed": 1},
            "retraining-5359b1448e2f07be0faa74e8",
        ),
        (
            "repair-sweep",
            {"model": "abc", "question": [1, 2.5, None, True]},
            "repair-sweep-db4506d02cc7b809e63ac60f",
        ),
    ],
)
def test_keys_without_a_version_are_those_of_earlier_releases(
    kind: str, inputs: dict[str, Any], key: str
) -> None:
    """The literal keys were made before keys had a version."""
    assert make_key(kind, **inputs) == key
    assert make_key(kind, version=1, **inputs) == key


def test_a_higher_version_gives_another_key() -> None:
    keys = [make_key("k", version=version, a=1) for version in (1, 2, 3)]
    assert len(set(keys)) == 3
    assert keys[1] == make_key("k", version=2, a=1)
    with pytest.raises(InputError, match="counts from 1, got 0"):
        make_key("k", version=0, a=1)


@pytest.mark.parametrize("value", [object(), float("nan"), np.float32(1)])
def test_an_input_that_is_not_json_able_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="strings, finite numbers"):
        make_key("k", a=value)


@pytest.mark.parametrize("key", ["", "../up", "a/b", ".hidden", "A", "x" * 101, "a\n"])
def test_a_key_cannot_leave_the_store(tmp_path: Path, key: str) -> None:
    with pytest.raises(InputError, match="not a key"):
        Store(tmp_path).put_json(key, 1)


def test_size_and_clear(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert Store(tmp_path / "none").n_bytes == 0
    store.put_json(KEY, "x" * 100)
    store.put_arrays(KEY, ARRAYS, {})
    (tmp_path / "note.txt").write_text("mine")
    size = store.n_bytes
    assert size > 200
    assert store.clear() == size
    assert store.n_bytes == 0 and store.get_json(KEY) is None
    assert (tmp_path / "note.txt").exists()


def test_swapped_entries_are_misses(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for key, number in (("kind-a", 1.0), ("kind-b", 2.0)):
        store.put_arrays(key, {"x": np.array([number])})
        store.put_json(key, number)
    for ending in ("safetensors", "json"):
        one, other = tmp_path / f"kind-a.{ending}", tmp_path / f"kind-b.{ending}"
        (tmp_path / "aside").write_bytes(one.read_bytes())
        one.write_bytes(other.read_bytes())
        other.write_bytes((tmp_path / "aside").read_bytes())
    for key in ("kind-a", "kind-b"):
        assert store.get_arrays(key) is None
        assert store.get_json(key) is None


def test_an_entry_of_an_earlier_release_without_its_key_is_read(tmp_path: Path) -> None:
    store = Store(tmp_path)
    text = "[1, 2]"
    (tmp_path / "kind-old.json").write_text(f"{zlib.crc32(text.encode()):08x}\n{text}")
    assert store.get_json("kind-old") == [1, 2]
