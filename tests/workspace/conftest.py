"""A workspace that keeps the small model of the tests, with its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from clif_core.influence.engine import InfluenceEngine
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path, lee_model: SkipGram, lee_corpus: Corpus) -> Workspace:
    workspace = Workspace(tmp_path / "home", tmp_path / "no samples")
    workspace.keep_model(Bundle(lee_model, {"title": "Lee"}), lee_corpus)
    return workspace


@pytest.fixture
def engine(workspace: Workspace) -> InfluenceEngine:
    model = workspace.open_model("lee").model
    corpus = workspace.open_corpus(model)
    assert corpus is not None
    return workspace.open_engine(model, corpus)


@pytest.fixture
def made(lee_model: SkipGram, lee_corpus: Corpus) -> tuple[SkipGram, Corpus]:
    """A model and its text, not kept anywhere yet."""
    return lee_model, lee_corpus
