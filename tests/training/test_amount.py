"""How many trainings are worth doing at once."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from clif_core.sgns.settings import TrainingSettings
from clif_core.training import amount
from clif_core.training.amount import PROCESS_BYTES, processes_for, units_of_training

COUNTS = np.full(1000, 1000)
LONG = TrainingSettings(dim=100, window=5, epochs=50, backend="coupled")
SHORT = replace(LONG, epochs=1, dim=10)


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.delenv("CLIF_PROCESSES", raising=False)
    monkeypatch.setattr(amount, "room_for", lambda n_tasks, n_bytes: _room(n_tasks, n_bytes, 64e9))


def _room(n_tasks: int, n_bytes: float, free: float) -> int:
    return max(1, min(n_tasks, 8, int(free / n_bytes)))


def test_as_many_as_there_are_tasks_and_cores_where_a_training_takes_long():
    assert units_of_training(COUNTS, LONG) > amount.SHORT > units_of_training(COUNTS, SHORT)
    assert [processes_for(COUNTS, LONG, n) for n in (0, 1, 3, 20)] == [1, 1, 3, 8]
    assert processes_for(COUNTS, SHORT, 20) == 1


def test_memory_bounds_them_with_what_a_derivative_holds(monkeypatch):
    free = 8 * (PROCESS_BYTES + 60e6)
    monkeypatch.setattr(amount, "room_for", lambda n, n_bytes: _room(n, n_bytes, free))
    assert processes_for(COUNTS, LONG, 20) == 8
    assert processes_for(COUNTS, LONG, 20, n_bytes_derivative=int(PROCESS_BYTES)) == 4


def test_a_card_is_filled_by_one(monkeypatch):
    batched = replace(LONG, backend="batched")
    monkeypatch.setattr("clif_core.device.pick_device", lambda: torch.device("cuda"))
    assert processes_for(COUNTS, batched, 20) == 1
    assert processes_for(COUNTS, LONG, 20) == 8  # pair by pair: on the CPU anyway
    monkeypatch.setattr("clif_core.device.pick_device", lambda: torch.device("cpu"))
    assert processes_for(COUNTS, batched, 20) == 8
