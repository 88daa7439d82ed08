"""A home with one small real model in it, and a way to run a single view on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus
from clif_core.text.readers.plain import read_plain_text
from clif_core.training import train
from clif_core.workspace.workspace import Workspace


@pytest.fixture(scope="session")
def lee(tmp_path_factory: pytest.TempPathFactory) -> tuple[SkipGram, Corpus]:
    """300 short news stories (they come with gensim) and a small model trained on them."""
    from gensim.test.utils import datapath

    stories = Path(datapath("lee_background.cor")).read_text("utf-8", "replace")
    path = tmp_path_factory.mktemp("lee") / "lee.txt"
    path.write_text("\n\n".join(stories.splitlines()), "utf-8")
    corpus = read_plain_text(path, "blank-line", "lee")
    return train(corpus, TrainingSettings(dim=16, min_count=5, epochs=5, seed=1)), corpus


@pytest.fixture
def home(
    tmp_path: Path, lee: tuple[SkipGram, Corpus], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """A workspace whose only model is ``lee``; the app under test uses it."""
    model, corpus = lee
    monkeypatch.setenv("CLIF_HOME", str(tmp_path))
    monkeypatch.setattr("clif_core.workspace.workspace.Workspace.__init__", _without_samples)
    workspace = Workspace(tmp_path)
    card = {
        "title": "News & <b>stories</b>",
        "description": "300 short news stories.",
        "licence": "unknown",
        "corpus": {"name": "lee", "content_hash": corpus.content_hash, "title": "Lee"},
        "quality": {"wordsim353": {"spearman": 0.25, "n_pairs": 353, "n_known": 120}},
    }
    workspace.keep_model(Bundle(_named(model, "lee"), card), corpus)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield workspace
    for job in workspace.jobs.all():  # none goes on beside the tests that follow
        workspace.jobs.cancel(job.key)
    st.cache_resource.clear()


_make = Workspace.__init__


def _without_samples(
    self: Workspace, home: Path | None = None, *, max_bytes: int | None = None
) -> None:
    home = Path(home or os.environ["CLIF_HOME"])
    _make(self, home, home / "samples", max_bytes)


def _named(model: SkipGram, name: str) -> SkipGram:
    from dataclasses import replace

    return replace(model, name=name)


@pytest.fixture(autouse=True)
def no_unexpected_error(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A view whose guard hid an error that is no ClifError fails its test."""
    yield
    hidden = [r for when in ("setup", "call") for r in caplog.get_records(when) if r.exc_info]
    assert not hidden, [record.getMessage() for record in hidden]


@pytest.fixture
def run_view(home: Workspace) -> Callable[..., AppTest]:
    """``run_view("word_map", word="love")``: one view in its frame, the URL as given."""

    def run(view: str, **query: str) -> AppTest:
        app = AppTest.from_function(_script, args=(view,), default_timeout=120)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return run


def _script(view: str) -> None:
    import importlib

    from dashboard import state
    from dashboard.data import models
    from dashboard.widgets import navigation
    from dashboard.widgets.notice import guard, show_problem

    navigation.register(dict.fromkeys(("model", "map", "probe", "influence")))
    state.begin()
    with guard():
        if absent := models.select_existing_model():
            show_problem(absent)
        importlib.import_module(f"dashboard.views.{view}").show()
