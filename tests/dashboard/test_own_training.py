"""A text alone on the page: a job trains a model on it, and can be stopped and asked again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from seen import html_of, selected
from streamlit.testing.v1 import AppTest

from clif_core.errors import JobError
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.workspace import Workspace

LINES = Path(__file__).parents[1] / "cases" / "texts" / "lines.txt"
Run = Callable[..., AppTest]
LONG = 300


def give(app: AppTest, **settings: int) -> AppTest:
    """The form with a text, a name and no vectors."""
    app.button("model_own_open").click().run()
    text = next(one for one in app.file_uploader if one.label.startswith("Training text"))
    text.set_value((LINES.name, LINES.read_bytes(), "text/plain")).run()
    assert app.button("own_submit").label == "Train a model on this text"
    next(field for field in app.text_input if field.label == "Name").set_value("mine")
    for name, value in settings.items():
        app.number_input(f"train_{name}").set_value(value)
    return app


def submit(app: AppTest) -> AppTest:
    app.button("own_submit").click().run()
    assert not app.exception
    return app


def job_of(home: Workspace) -> JobStatus:
    (job,) = (job for job in home.jobs.all() if job.kind == "train")
    return job


def test_a_model_is_trained_on_a_text_alone_and_opened(run_view: Run, home: Workspace) -> None:
    app = submit(give(run_view("model"), dim=8, epochs=2, min_count=3))
    home.jobs.wait(job_of(home).key, LONG)
    app.run()
    assert selected(app).model == "mine"
    assert "A question to mine" in html_of(app)
    bundle = home.open_model("mine")
    settings = bundle.model.require_settings()
    assert (settings.dim, settings.epochs, settings.min_count) == (8, 2, 3)
    assert settings.is_repeatable and settings.start_range == 12.0  # as of clif train
    corpus = home.open_corpus(bundle.model)
    assert corpus is not None and bundle.card["corpus"]["n_tokens"] == corpus.n_tokens


def test_what_was_not_tested_is_not_claimed_of_it(run_view: Run, home: Workspace) -> None:
    app = submit(give(run_view("model"), dim=8, epochs=2, min_count=1))
    home.jobs.wait(job_of(home).key, LONG)
    page = html_of(app.run())
    assert "It may be chance: that was not tested yet." in page
    assert ">Do " in page and ">Why do " not in page


def test_a_training_is_stopped_and_asked_again(run_view: Run, home: Workspace) -> None:
    home.jobs.submit("count", {"to": 20_000, "seconds": 0.1})  # it holds the queue
    app = submit(give(run_view("model")))
    app.button("own_training_cancel").click().run()
    with pytest.raises(JobError):
        home.jobs.wait(job_of(home).key, LONG)
    app.run()
    assert any("stopped, as asked" in caption.value for caption in app.caption)
    app.button("own_training_again").click().run()
    assert not job_of(home).is_finished
    assert "own_training_cancel" in [button.key for button in app.button]


def test_a_training_that_fails_says_why_and_keeps_what_was_typed(
    run_view: Run, home: Workspace
) -> None:
    app = submit(give(run_view("model"), min_count=10_000))
    with pytest.raises(JobError):
        home.jobs.wait(job_of(home).key, LONG)
    assert "Lower min_count or add text" in html_of(app.run())
    assert app.number_input("train_min_count").value == 10_000
    app.button("own_training_drop").click().run()
    assert "Lower min_count" not in html_of(app)


@pytest.mark.parametrize(
    ("name", "said"),
    [("lee", "There is a model &#39;lee&#39; already"), ("", "cannot name a model")],
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_read(
    run_view: Run, home: Workspace, name: str, said: str
) -> None:
    app = give(run_view("model"))
    next(field for field in app.text_input if field.label == "Name").set_value(name)
    assert said in html_of(submit(app))
    assert not [job for job in home.jobs.all() if job.kind == "train"]
