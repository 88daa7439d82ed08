"""A small real text and a small real model, shared by every test that needs one.

The text is the Lee background corpus (300 news stories) that ships inside gensim's wheel.

``make test`` runs two workers (pytest-xdist). A file goes to one worker, so that its fixtures are
made once; all browser tests go to one worker, with one app and one Chromium, and start first
because they take longest, and after them the files marked ``long``. The model is trained by the
first worker and read by the others. docs/tests.md says how the suite is kept quick.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import gensim
import pytest
import torch
from filelock import FileLock
from hypothesis import HealthCheck, settings
from streamlit.components.v2 import manifest_scanner

from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle, load_bundle, save_bundle
from clif_core.sgns.model import SkipGram
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.training import train
from tests.pretended_cuda import pretended_cuda

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # read when kernels are defined

# Every run of the suite draws the same inputs, so that it fails by what was changed alone.
# Others are looked for on purpose:  pytest tests/property --hypothesis-profile=explore
# No property is about time: a busy machine draws and checks more slowly.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("suite", _PATIENT, derandomize=True)
settings.register_profile("explore", _PATIENT, print_blob=True)
settings.load_profile("suite")

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


def on_devices(argument: str, variants: Sequence[Any]) -> pytest.MarkDecorator:
    """Every variant on every real device; on the stand-in, which is slow, the first one alone."""
    marks = {"cpu": (), "cuda": (pytest.mark.cuda, NO_CUDA)}
    cases = [
        pytest.param(variant, name, marks=mark)
        for name, mark in marks.items()
        for variant in variants
    ]
    cases.append(pytest.param(variants[0], "pretended"))
    return pytest.mark.parametrize((argument, "device_name"), cases, indirect=["device_name"])


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
def lee_model(lee_corpus: Corpus, shared_folder: Path) -> SkipGram:
    """Trained once a run. Kernels are compiled under the same lock: numba's cache on disk is not
    made for two processes that compile one function at the same time."""
    path = shared_folder / "lee"
    with FileLock(shared_folder / "lee.lock"):
        if not path.is_dir():
            model = replace(train(lee_corpus, SMALL), name="lee")
            _compile_kernels(model, lee_corpus)
            save_bundle(Bundle(model, {}), path, dtype="float32")
    return load_bundle(path).model


def _compile_kernels(model: SkipGram, corpus: Corpus) -> None:
    engine = InfluenceEngine(model, corpus)
    probe = Similarity("police", "court").resolve(model.vocabulary)
    for estimator in ("block", "absolute"):
        engine.influence(probe, estimator)
    engine.unrolled([probe])


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run that all of its workers see."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if _is_worker() else own


@pytest.fixture(scope="session", autouse=True)
def _kernels(request: pytest.FixtureRequest) -> None:
    if _is_worker():
        request.getfixturevalue("lee_model")


@pytest.fixture(scope="session", autouse=True)
def _look_for_components_once() -> Iterator[None]:
    """Every AppTest reads the metadata of all installed packages, which takes as long as a small
    view; what is installed stays the same during the tests."""
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests start first, then what takes minutes, so that no worker waits at the end."""

    def place(item: pytest.Item) -> int:
        marks = [item.get_closest_marker(name) is not None for name in ("browser", "long")]
        return [*marks, True].index(True)

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out whole files, and all browser tests together."""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            return "browser" if file.startswith("tests/browser/") else file

    return Files(config, log)
