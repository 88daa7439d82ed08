"""A small real text and a small real model, shared by every test that needs one.

The text is the Lee background corpus (300 news stories) that ships inside gensim's wheel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gensim
import pytest
import torch

from clif_core.sgns.model import SkipGram
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.training import train
from tests.pretended_cuda import pretended_cuda

LEE = Path(gensim.__file__).parent / "test" / "test_data" / "lee_background.cor"
SMALL = TrainingSettings(
    dim=12, window=4, min_count=5, epochs=5, learning_rate=0.05, unit="document", backend="coupled"
)
NO_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
REAL = ["cpu", pytest.param("cuda", marks=[pytest.mark.cuda, NO_CUDA])]


@pytest.fixture(params=REAL)
def real_device_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[*REAL, "pretended"])
def device_name(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of each device there is, and of one that is none but is as strict as CUDA."""
    if request.param == "pretended":
        with pretended_cuda():
            yield "cuda"
    else:
        yield request.param


@pytest.fixture(scope="session")
def lee_corpus() -> Corpus:
    stories = LEE.read_text("utf-8").splitlines()
    return build_corpus(
        "lee",
        [
            SourceDocument(f"Story {at + 1}", story, {"half": "first" if at < 150 else "second"})
            for at, story in enumerate(stories)
        ],
        {"title": "Lee background corpus", "licence": "as in gensim"},
    )


@pytest.fixture(scope="session")
def lee_model(lee_corpus: Corpus) -> SkipGram:
    return replace(train(lee_corpus, SMALL), name="lee")
