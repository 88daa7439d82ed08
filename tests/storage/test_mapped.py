"""Arrays of the store that stay on the disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from clif_core.storage.mapped import map_arrays
from clif_core.storage.store import Store, make_key

ARRAYS = {
    "words": np.arange(10, dtype=np.int32),
    "weights": np.linspace(0, 1, 7, dtype=np.float32).reshape(7, 1),
    "offsets": np.array([0, 2**40], dtype=np.int64),
    "marks": np.array([True, False, True]),
    "half": np.ones((2, 3), np.float16),
    "none": np.empty((0, 4), np.float64),
}
KEY = make_key("pairs", model="m")


def test_mapped_arrays_are_those_that_were_stored(tmp_path: Path):
    store = Store(tmp_path)
    store.put_arrays(KEY, ARRAYS)
    mapped, read = store.get_arrays(KEY, is_mapped=True), store.get_arrays(KEY)
    assert mapped is not None and read is not None
    assert mapped.keys() == ARRAYS.keys() == read.keys()
    for name, array in ARRAYS.items():
        for found in (mapped[name], read[name]):
            assert found.dtype == array.dtype and found.shape == array.shape
            np.testing.assert_array_equal(found, array)
    assert not mapped["words"].flags.owndata
    assert read["words"].flags.owndata


def test_what_is_written_into_a_mapped_array_stays_in_memory(tmp_path: Path):
    store = Store(tmp_path)
    store.put_arrays(KEY, ARRAYS)
    first = store.get_arrays(KEY, is_mapped=True)
    assert first is not None
    first["words"][:] = 0
    again = store.get_arrays(KEY, is_mapped=True)
    assert again is not None
    np.testing.assert_array_equal(again["words"], ARRAYS["words"])


@pytest.mark.parametrize("place", [-1, -20, 30, 9])
def test_a_damaged_entry_is_a_miss(tmp_path: Path, place: int):
    store = Store(tmp_path)
    store.put_arrays(KEY, ARRAYS)
    (path,) = store.paths(KEY)
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    assert store.get_arrays(KEY, is_mapped=True) is None


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]},
        {"dtype": "F32", "shape": [10**30], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [100], "data_offsets": [0, 400]},
        {"dtype": "F33", "shape": [2], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": ["2"], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2]},
        [],
        None,
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, entry: object):
    header = json.dumps({"a": entry}).encode()
    path = tmp_path / "file"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 8)
    with pytest.raises((ValueError, KeyError, TypeError)):
        map_arrays(path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 8, b"\x02" + b"\0" * 7 + b"[]", b"\x05"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises((ValueError, OSError)):
        map_arrays(path)


def test_files_of_the_library_are_read_as_it_reads_them(tmp_path: Path):
    save_file(ARRAYS, tmp_path / "file", metadata={"a": "b"})
    arrays, metadata, _ = map_arrays(tmp_path / "file")
    assert metadata == {"a": "b"}
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
