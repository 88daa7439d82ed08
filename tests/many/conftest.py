"""The ensemble that the tests of clusters gather, in this process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.ensemble import RunsInMemory
from clif_core.probes import Similarity
from tests.many.running import N_RUNS


@pytest.fixture(scope="module")
def marks(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("marks")


@pytest.fixture(scope="module")
def engine(lee_model, lee_corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.fixture(scope="module")
def probes(lee_model):
    pairs = (("police", "court"), ("australia", "test"))
    return [Similarity(*pair).resolve(lee_model.vocabulary) for pair in pairs]


@pytest.fixture(scope="module")
def serial(engine, probes) -> RunsInMemory:
    """The ensemble of eight, one run after another in this process."""
    assert "CLIF_SCHEDULER" not in os.environ
    runs = RunsInMemory()
    assert engine.gather_runs(probes, runs, n_runs=N_RUNS) == N_RUNS
    return runs
