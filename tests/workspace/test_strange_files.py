"""One strange file is one bad line, of the catalogue, the jobs or the texts; nothing is lost."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from clif_core.cli import app
from clif_core.cli.printing import show
from clif_core.errors import ClifError, FormatError, InputError, StorageError
from clif_core.influence.result import Influence
from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle, read_card
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.text.corpus_files import load_corpus
from clif_core.workspace.jobs import Jobs
from clif_core.workspace.names import derive_name
from clif_core.workspace.workspace import Workspace

PIPES = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
DEEP = "[" * 900 + "]" * 900  # which Python reads, and nothing else would write or draw


@pytest.fixture
def workspace(tmp_path: Path, lee_model: SkipGram, lee_corpus: Corpus) -> Workspace:
    workspace = Workspace(tmp_path / "home", tmp_path / "no samples")
    workspace.keep_model(Bundle(lee_model, {"title": "Lee"}), lee_corpus)
    return workspace


def strange(workspace: Workspace) -> Path:
    folder = workspace.home / "models" / "strange"
    folder.mkdir()
    return folder


def problems(workspace: Workspace) -> dict[str, str]:
    return {entry.name: entry.problem for entry in workspace.catalogue()}


@pytest.mark.parametrize(
    "changed",
    [{"title": ["x"]}, {"history": [3]}, {"history": {}}, {"quality": []}, {"corpus": "x"},
     {"n_words": "many"}, {"derivatives": 1}, {"deep": json.loads(DEEP)}],
)  # fmt: skip
def test_a_card_of_wrong_types_is_one_bad_line(workspace: Workspace, changed: Any) -> None:
    card = read_card(workspace.home / "models" / "lee")
    (strange(workspace) / "card.json").write_text(json.dumps({**card, **changed}))
    found = problems(workspace)
    assert found["lee"] == ""
    assert "card.json" in found["strange"]
    workspace.remove_model("strange")
    assert problems(workspace) == {"lee": ""}


@PIPES
def test_a_pipe_as_a_card_is_one_bad_line_that_can_be_removed(workspace: Workspace) -> None:
    os.mkfifo(strange(workspace) / "card.json")
    assert "not a regular file" in problems(workspace)["strange"]
    workspace.remove_model("strange")
    assert problems(workspace) == {"lee": ""}


def test_a_folder_whose_name_is_no_text_is_one_bad_line(workspace: Workspace) -> None:
    try:
        (workspace.home / "models" / os.fsdecode(b"\xff")).mkdir()
    except OSError:
        pytest.skip("this system has no such names")
    assert problems(workspace)["\\udcff"]


def test_a_model_folder_with_a_strangers_file_is_neither_replaced_nor_deleted(
    workspace: Workspace, lee_model: SkipGram
) -> None:
    notes = workspace.home / "models" / "lee" / "notes.txt"
    notes.write_text("mine")
    for act in (lambda: workspace.remove_model("lee"),
                lambda: workspace.keep_model(Bundle(lee_model, {}), None)):  # fmt: skip
        with pytest.raises(InputError, match=r"'notes\.txt'"):
            act()
    assert notes.read_text() == "mine"
    assert problems(workspace) == {"lee": ""}


def test_a_link_to_a_model_is_removed_and_the_model_stays(workspace: Workspace) -> None:
    link = workspace.home / "models" / "link"
    link.symlink_to(workspace.home / "models" / "lee")
    workspace.remove_model("link")
    assert problems(workspace) == {"lee": ""}
    assert workspace.open_model("lee").model.n_words


def test_a_model_of_an_earlier_release_keeps_its_name(
    workspace: Workspace, lee_model: SkipGram
) -> None:
    """``clif train`` took any name: its model can still be completed, derived from and removed."""
    models = workspace.home / "models"
    (models / "lee").rename(models / "My Lee.v1")
    bundle = workspace.open_model("My Lee.v1")
    assert bundle.model.name == "My Lee.v1"
    assert workspace.keep_model(bundle, None) == models / "My Lee.v1"
    assert derive_name("My Lee.v1", "-gender-debiased") == "my-lee-v1-gender-debiased"
    assert derive_name("..", "-x") == "model-x"
    assert len(derive_name("a" * 64, "-gender-projected")) == 64
    workspace.remove_model("My Lee.v1")
    assert workspace.catalogue() == []


# --- texts


def test_a_text_under_the_hash_of_another_is_not_read(
    workspace: Workspace, lee_corpus: Corpus
) -> None:
    path = workspace.home / "corpora" / lee_corpus.content_hash
    card = json.loads((path / "corpus.json").read_text())
    for name, value in (("content_hash", "0" * 20), ("name", "leo")):
        (path / "corpus.json").write_text(json.dumps({**card, name: value}))
        with pytest.raises(FormatError, match="content hash"):
            load_corpus(path)
    (path / "corpus.json").write_text(json.dumps(card))
    assert load_corpus(path).content_hash == lee_corpus.content_hash
    other = path.with_name("0" * 20)
    path.rename(other)
    model = replace(workspace.open_model("lee").model, corpus_hash="0" * 20)
    with pytest.raises(FormatError, match="another text"):
        workspace.open_corpus(model)


@pytest.mark.parametrize("content", ["", "[]", "3", DEEP, "{}", '{"format_version": 1}'])
def test_a_damaged_corpus_card_is_said_to_be_so(
    workspace: Workspace, lee_corpus: Corpus, content: str
) -> None:
    path = workspace.home / "corpora" / lee_corpus.content_hash
    (path / "corpus.json").write_text(content)
    with pytest.raises(FormatError, match=r"corpus\.json is damaged"):
        load_corpus(path)
    assert problems(workspace) == {"lee": ""}


@pytest.mark.parametrize("key", ["name", "about", "files", "content_hash"])
def test_a_corpus_card_of_wrong_types_is_refused(
    workspace: Workspace, lee_corpus: Corpus, key: str
) -> None:
    path = workspace.home / "corpora" / lee_corpus.content_hash
    card = json.loads((path / "corpus.json").read_text())
    for value in (3, None, ["x"]):
        (path / "corpus.json").write_text(json.dumps({**card, key: value}))
        with pytest.raises(FormatError, match=r"corpus\.json is damaged"):
            load_corpus(path)


# --- jobs


@PIPES
@pytest.mark.parametrize("file", ["progress.json", "result.json", "process.json", "log.txt"])
def test_a_pipe_among_the_files_of_a_job_is_not_waited_for(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "count-x"
    folder.mkdir()
    asked = {"kind": "count", "request": {}, "ticket": 1}
    (folder / "request.json").write_text(json.dumps(asked))
    os.mkfifo(folder / file)
    jobs = Jobs(tmp_path)
    assert jobs.status("count-x").state == "failed"
    assert jobs.clean(0.0) == 1


def test_a_key_that_is_a_path_is_no_job(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    asked = {"kind": "count", "request": {}, "ticket": 1}
    (outside / "request.json").write_text(json.dumps(asked))
    jobs = Jobs(tmp_path / "jobs")
    jobs.root.mkdir()
    for key in ("../outside", str(outside), "", ".."):
        assert key not in jobs
        with pytest.raises(ClifError, match="no job"):
            jobs.status(key)


def test_a_job_whose_removal_was_cut_short_is_asked_again(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    key = jobs.submit("count", {"to": 1, "seconds": 0})
    jobs.wait(key, 300)
    (tmp_path / key / "request.json").unlink()
    assert jobs.submit("count", {"to": 1, "seconds": 0}) == key
    assert jobs.wait(key, 300) == {"counted": 1}


# --- a full disk and a read-only home


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("act", ["os.fsync", "pathlib.Path.rename"])
def test_a_refused_write_leaves_model_text_and_jobs_as_they_were(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, act: str, code: int
) -> None:
    bundle = workspace.open_model("lee")
    before = {path for path in workspace.home.rglob("*") if path.is_file()}

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(act, refuse)
        for write in (
            lambda: workspace.keep_model(replace(bundle, card={"title": "new"}), None),
            lambda: workspace.jobs.submit("count", {"to": 1, "seconds": 0}),
        ):
            with pytest.raises(StorageError):
                write()
    kept = {p for p in workspace.home.rglob("*") if p.is_file() and p.name != ".lock"}
    assert kept == before
    assert workspace.catalogue()[0].title == "Lee"
    assert workspace.jobs.all() == []
    key = workspace.jobs.submit("count", {"to": 1, "seconds": 0})
    assert workspace.jobs.wait(key, 300) == {"counted": 1}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_an_answer_that_cannot_be_cached_is_given_all_the_same(
    workspace: Workspace,
    lee_corpus: Corpus,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    code: int,
) -> None:
    model = workspace.open_model("lee").model
    probe = Similarity("man", "day").resolve(model.vocabulary)

    def answer() -> Influence:
        return workspace.results.influence(workspace.open_engine(model, lee_corpus), probe)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", refuse)
        given = answer()
    assert workspace.store.n_bytes == 0
    assert "not cached" in caplog.text
    assert np.array_equal(answer().context_effects, given.context_effects)
    assert workspace.store.n_bytes > 0


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="a folder nobody can write to")
def test_with_a_home_that_nobody_can_write_to_a_sample_is_measured_all_the_same() -> None:
    asked = ["probe", "shakespeare", "men_women_war_love", "--home", "/sys/clif-home"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "permutation" in done.stdout
    assert "is not kept" in done.stdout and "Set CLIF_HOME" in done.stdout


# --- the command line


def test_markup_in_a_warning_is_printed_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise FormatError("a file of [/b] and [bold]")

    monkeypatch.setattr(Workspace, "add_sample_text", refuse)
    done = CliRunner().invoke(app, ["fetch", "brown", "--optional", "--home", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "[/b] and [bold]" in done.stderr


def test_control_characters_of_an_error_do_not_reach_the_terminal(tmp_path: Path) -> None:
    named = "x\x1b]0;title\x07\x9b2J"
    done = CliRunner().invoke(app, ["probe", named, "weat_6", "--home", str(tmp_path)])
    assert done.exit_code == 1
    assert "title" in done.stderr
    assert not {"\x1b", "\x07", "\x9b"} & set(done.stderr)


@pytest.mark.parametrize("as_json", [False, True])
def test_control_characters_of_a_value_do_not_reach_the_terminal(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    show({"title": "a\x1b]0;b\x9bc\x7f"}, as_json)
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x9b", "\x7f"} & set(shown)
    if as_json:
        assert json.loads(shown) == {"title": "a\x1b]0;b\x9bc\x7f"}


def test_no_file_is_replaced_that_nobody_asked_to_replace(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "notes.txt"
    for name in ("notes.txt", "notes.txt.card.json"):
        (tmp_path / name).write_text("mine", "utf-8")
        arguments = ["export", "lee", str(file), "--home", str(workspace.home)]
        refused = CliRunner().invoke(app, arguments)
        assert refused.exit_code == 1
        assert "--overwrite" in refused.stderr
        assert (tmp_path / name).read_text("utf-8") == "mine"
        if name == "notes.txt":
            file.unlink()
    assert CliRunner().invoke(app, [*arguments, "--overwrite"]).exit_code == 0
    assert file.read_text("utf-8").startswith(str(workspace.open_model("lee").model.n_words))


def test_an_export_to_a_folder_is_one_line(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "out.txt").mkdir()
    arguments = ["export", "lee", str(tmp_path / "out.txt"), "--home", str(workspace.home)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr
