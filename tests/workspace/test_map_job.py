"""The job that computes the map of a user's model and saves it with that model alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clif_core.errors import InputError
from clif_core.sgns.bundle import MAP_COLUMNS, Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.workspace.tasks.word_map import find_map_job, submit_map, work_map
from clif_core.workspace.workspace import Workspace


def keep_small_model(workspace: Workspace, seed: int = 0) -> Bundle:
    """Two clusters of forty words each, which any map must separate."""
    generator = np.random.default_rng(seed)
    clouds = np.repeat([[5.0] + [0.0] * 7, [0.0] * 7 + [5.0]], 40, axis=0)
    vectors = (clouds + generator.normal(size=(80, 8))).astype(np.float32)
    words = Vocabulary(tuple(f"word{i}" for i in range(80)), np.arange(80, 0, -1))
    workspace.keep_model(Bundle(SkipGram("mine", words, vectors), {"title": "Mine"}), None)
    return workspace.open_model("mine")


def quietly(fraction: float, text: str) -> None:
    assert 0 <= fraction <= 1
    assert text


def test_the_map_is_saved_with_the_model(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    before = keep_small_model(workspace)
    key = submit_map(workspace, before)
    assert workspace.jobs.wait(key, 300) == {"model": "mine", "n_words": 80}
    after = workspace.open_model("mine")
    assert after.map is not None
    assert tuple(after.map.columns) == MAP_COLUMNS
    assert after.model.content_hash == before.model.content_hash
    flat = after.map[["x", "y"]].to_numpy()
    gap = np.linalg.norm(flat[:40].mean(axis=0) - flat[40:].mean(axis=0))
    assert gap > 2 * flat[:40].std(axis=0).max()
    assert find_map_job(workspace, after) is None  # with its map the bundle has other files


def test_a_model_that_changed_meanwhile_gets_no_map(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    keep_small_model(workspace)
    request = {"home": str(tmp_path), "model": "mine", "content_hash": "another"}
    with pytest.raises(InputError, match="has changed since"):
        work_map(request, tmp_path, quietly)
    assert workspace.open_model("mine").map is None


def test_a_map_needs_enough_words(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    bundle = keep_small_model(workspace)
    few = SkipGram("few", Vocabulary(("a", "b"), np.array([2, 1])), bundle.model.centre_vectors[:2])
    workspace.keep_model(replace(bundle, model=few), None)
    request = {"home": str(tmp_path), "model": "few", "content_hash": few.content_hash}
    with pytest.raises(InputError, match="needs more than 15 words"):
        work_map(request, tmp_path, quietly)
