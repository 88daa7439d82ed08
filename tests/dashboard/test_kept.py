"""What the server keeps is bounded by its bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from threading import Barrier
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from clif_core.storage.store import Store
from dashboard.data import kept
from dashboard.data.kept import Kept, n_bytes


@dataclass
class Holds:
    array: Any
    other: Any = None

    @cached_property
    def table(self) -> pd.DataFrame:
        return pd.DataFrame({"x": np.zeros(500)})


def megabytes(n: float) -> np.ndarray:
    return np.zeros(int(n * 250_000), np.float32)


def test_what_was_not_used_for_the_longest_goes_first():
    found = Kept(10e6)
    for name in "abc":
        found.add(name, megabytes(3))
    assert found.find("a") is not None
    found.add("d", megabytes(3))
    assert [found.find(name) is not None for name in "abcd"] == [True, False, True, True]


def test_what_is_larger_than_all_the_room_is_kept_alone():
    found = Kept(10e6)
    found.add("a", megabytes(3))
    found.add("b", megabytes(30))
    assert found.find("a") is None and found.find("b") is not None


def test_small_things_are_many_and_large_ones_few():
    small, large = Kept(10e6), Kept(10e6)
    for at in range(100):
        small.add(at, megabytes(0.05))
        large.add(at, megabytes(4))
    assert sum(small.find(at) is not None for at in range(100)) == 100
    assert sum(large.find(at) is not None for at in range(100)) == 2


def test_a_part_that_two_share_counts_once():
    text = megabytes(4)
    assert n_bytes([Holds(text), Holds(text[5:], {"t": torch.from_numpy(text)})]) == 4_000_000


def test_what_grows_later_is_counted_then():
    one = Holds(megabytes(1))
    before = n_bytes([one])
    assert len(one.table) and n_bytes([one]) == before + 4_000


def test_arrays_in_a_mapped_file_count_nothing(tmp_path):
    store = Store(tmp_path)
    store.put_arrays("text-1", {"words": megabytes(4)})
    mapped = store.get_arrays("text-1", is_mapped=True)
    read = store.get_arrays("text-1")
    assert mapped is not None and read is not None
    assert n_bytes([read]) == 4_000_000
    assert n_bytes([torch.from_numpy(mapped["words"]), mapped]) == 0


def test_a_model_and_its_engine_are_counted(lee_model, lee_corpus):
    from clif_core.influence.engine import InfluenceEngine

    engine = InfluenceEngine(lee_model, lee_corpus)
    least = 2 * lee_model.centre_vectors.nbytes + 12 * lee_corpus.n_tokens
    assert n_bytes([engine]) > least + 8 * engine.pairs.n_pairs
    assert n_bytes([lee_model, engine]) == n_bytes([engine])


def test_it_is_made_once_however_many_ask():
    found, made, start = Kept(1e6), [], Barrier(4)

    def make() -> int:
        made.append(1)
        return len(made)

    def ask(_: int) -> int:
        start.wait(60)
        return found.find_or_make("key", make)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [1, 1, 1, 1]


def test_what_fails_or_is_none_is_asked_again():
    found = Kept(1e6)
    with pytest.raises(ZeroDivisionError):
        found.find_or_make("key", lambda: 1 // 0)
    assert found.find_or_make("key", lambda: None) is None
    assert found.find_or_make("key", lambda: 7) == 7


def test_arguments_with_an_underscore_are_no_part_of_the_key(monkeypatch):
    mine = Kept(1e6)
    monkeypatch.setattr(kept, "everything", lambda: mine)
    asked: list[tuple[str, int]] = []

    @kept.by_bytes
    def look(name: str, _given: int) -> str:
        asked.append((name, _given))
        return name

    assert [look("a", 1), look("a", 2), look(name="a", _given=3), look("b", 1)] == [*"aaab"]
    assert asked == [("a", 1), ("b", 1)]
