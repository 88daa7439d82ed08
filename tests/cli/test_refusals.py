"""What the system refuses, and numbers that are none: one line, status 1, and nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from clif_core.cli import app
from clif_core.probes import Similarity, save_probe
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace

LONG = "a" * 300
PIPES = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, lee_model: SkipGram, lee_corpus: Corpus) -> Path:
    home = tmp_path_factory.mktemp("home")
    Workspace(home).keep_model(Bundle(lee_model, {}), lee_corpus)
    save_probe(Similarity("police", "court"), home / "probe.json")
    (home / "text.txt").write_text("Some words that a person wrote.\n\n" * 200)
    return home


def refused(*arguments: object, home: Path, env: dict[str, str] | None = None) -> str:
    """What a command that must be refused says, without line breaks."""
    done = CliRunner().invoke(app, [*map(str, arguments), "--home", str(home)], env=env)
    assert done.exit_code in (1, 2), (done.output, done.exception)
    assert isinstance(done.exception, SystemExit), done.exception
    return " ".join(done.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "lee", "{home}/probe.json", "--output", f"{{home}}/{LONG}.html"),
        ("export", "lee", "{home}/" + "b" * 245 + ".txt"),  # the card's name is too long
        ("pack", "lee", f"{{home}}/{LONG}"),
        ("unpack", LONG),
        ("probe", "lee", "q" * 5_000),
        ("train", LONG, "--name", "x"),
        ("import", LONG, "--name", "x"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_name_that_is_too_long_is_refused(home: Path, arguments: tuple[str, ...]) -> None:
    said = refused(*(one.format(home=home) for one in arguments), home=home)
    assert "name too long" in said


@pytest.mark.parametrize("command", [("models",), ("probe", "brown", "weat_6"), ("clean",)])
def test_a_home_that_cannot_be_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert "name too long" in refused(*command, home=tmp_path / LONG)


def test_a_file_in_place_of_the_jobs_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("mine")
    assert "jobs" in refused("clean", home=tmp_path)
    assert (tmp_path / "jobs").read_text() == "mine"


@PIPES
@pytest.mark.parametrize(("command", "name"), [("export", "a.txt"), ("pack", "a.clif")])
def test_a_pipe_or_a_device_is_not_replaced_by_a_file(
    home: Path, tmp_path: Path, command: str, name: str
) -> None:
    """As root, ``clif export lee /dev/null`` would have left a file there."""
    os.mkfifo(tmp_path / name)
    for asked in ((), ("--overwrite",)):
        assert "pipe or a device" in refused(command, "lee", tmp_path / name, *asked, home=home)
    assert (tmp_path / name).is_fifo()


@pytest.mark.parametrize("number", ["nan", "inf", "1e300", "1e400", "-1"])
def test_gigabytes_that_are_no_number_are_refused(home: Path, number: str) -> None:
    text = ("train", home / "text.txt", "--name", "x")
    refused("clean", f"--max-gb={number}", home=home)
    refused(*text, f"--max-gb={number}", home=home)
    for name, command in (("CLIF_CACHE_GB", ("clean", "--all")), ("CLIF_MEMORY_GB", text)):
        said = refused(*command, home=home, env={name: number})
        assert f"{name} is a number of gigabytes above 0, got '{number}'" in said


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("dim", ["0", "-1", "99999999999999999999"]),
        ("window", ["0", "99999999999999999999"]),
        ("n-negatives", ["0", "2147483648"]),  # 36 GB of memory
        ("seed", ["-1", "99999999999999999999"]),
        ("subsampling-threshold", ["nan", "inf", "-1", "1e-320"]),
        ("learning-rate", ["nan", "inf", "0", "1e308"]),
        ("start-range", ["nan", "inf", "0", "-1"]),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(
    home: Path, option: str, values: list[Any]
) -> None:
    for value in values:
        said = refused("train", home / "text.txt", "--name", "x", f"--{option}={value}", home=home)
        assert option.replace("-", "_").removeprefix("learning_") in said
    assert not (home / "models" / "x").exists()


@pytest.mark.parametrize("name", ["brоwn", "ｌｅｅ", "lee\u200b", "LEE", "lee.", "-x", ".git"])
def test_a_name_that_looks_like_another_is_refused(home: Path, name: str) -> None:
    said = refused("train", home / "text.txt", f"--name={name}", home=home)
    assert "cannot name a model" in said


@pytest.mark.skipif(os.name == "nt", reason="arguments are bytes on POSIX only")
def test_an_argument_that_is_no_utf_8_is_refused_and_nothing_is_half_kept(home: Path) -> None:
    title = os.fsdecode(b"caf\xe9")
    training = ("--dim", "4", "--epochs", "1", "--backend", "coupled", "--min-count", "1")
    text = ("train", home / "text.txt", "--name", "titled", *training)
    assert "not UTF-8" in refused(*text, "--title", title, home=home)
    assert [path.name for path in (home / "models").iterdir()] == ["lee"]
