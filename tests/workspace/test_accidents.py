"""Accidents around a home: clocks that were set, links, files of others, two servers at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clif_core.errors import ClifError
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.storage.files import restore_interrupted
from clif_core.storage.store import make_key
from clif_core.workspace.jobs import Jobs
from clif_core.workspace.workspace import Workspace

_LONG_AGO = (1e9, 1e9)


def test_a_clock_that_was_set_back_lets_no_dead_job_wait_for_years(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    for at, ticket in enumerate((time.time_ns() + 3_600 * 10**9, 1e299, -1e299)):
        folder = tmp_path / f"count-{at}"
        folder.mkdir()
        asked = {"kind": "count", "request": {}, "ticket": ticket}
        (folder / "request.json").write_text(json.dumps(asked))
        assert jobs.status(folder.name).state == "failed"
    assert jobs.unfinished() == []


def test_a_replacement_of_the_future_is_put_back(tmp_path: Path) -> None:
    """It was killed between its renames, and the clock was set back then."""
    old = tmp_path / ".lee.x.part" / "old"
    old.mkdir(parents=True)
    (old / "card.json").write_text("{}")
    for distance in (0, 3_600):
        when = time.time() + distance
        os.utime(old.parent, (when, when))
        restore_interrupted(tmp_path)
        assert (tmp_path / "lee").exists() is bool(distance)


def test_cleaning_follows_no_link_and_removes_no_file_of_others(tmp_path: Path) -> None:
    outside, home = tmp_path / "outside", tmp_path / "home"
    (outside / "models").mkdir(parents=True)
    (home / "visitors" / "session-a").mkdir(parents=True)
    entry = f"{make_key('influence', model='m')}.json"
    kept = ["thesis.json", "results-2026.json", "notes.txt", "model.safetensors"]
    for name in (entry, *kept):
        (outside / name).write_text("mine")
    (home / "cache").symlink_to(outside)
    (home / "visitors" / "session-link").symlink_to(outside)
    (home / "visitors" / "session-file").write_text("mine")
    (home / "visitors" / "session-a" / "models").symlink_to(tmp_path / "nowhere")
    for path in (*outside.rglob("*"), outside, *(home / "visitors").iterdir()):
        os.utime(path, _LONG_AGO)
    Workspace(home).clean(is_all=True)
    assert sorted(path.name for path in outside.iterdir()) == sorted(["models", *kept])
    assert (home / "visitors" / "session-file").read_text() == "mine"


@pytest.mark.parametrize("name", ["cache", "corpora", "tried", "models"])
def test_a_loop_of_links_in_place_of_a_folder_is_refused_in_words(
    tmp_path: Path, lee_model: SkipGram, name: str
) -> None:
    (tmp_path / name).symlink_to(tmp_path / name)
    workspace = Workspace(tmp_path, tmp_path / "none")
    assert workspace.catalogue() == []
    if name == "models":
        with pytest.raises(ClifError):
            workspace.keep_model(Bundle(lee_model, {}), None)
        return
    workspace.keep_model(Bundle(lee_model, {}), None)
    assert workspace.open_model("lee").model.n_words == lee_model.n_words
    assert workspace.open_corpus(lee_model) is None


def test_two_servers_that_keep_one_name_leave_one_whole_model(
    tmp_path: Path, lee_model: SkipGram
) -> None:
    Workspace(tmp_path, tmp_path / "none").keep_model(Bundle(lee_model, {}), None)
    command = [sys.executable, "-c", _KEEP_OFTEN, str(tmp_path)]
    servers = [subprocess.Popen([*command, title], stderr=subprocess.PIPE) for title in "ab"]
    assert [server.communicate(timeout=300)[1] for server in servers] == [b"", b""]
    workspace = Workspace(tmp_path, tmp_path / "none")
    assert {path.name for path in (tmp_path / "models").iterdir()} == {"lee", "shared"}
    assert workspace.open_model("shared").card["title"] in ("a", "b")


_KEEP_OFTEN = """
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from clif_core.errors import ClifError
from clif_core.sgns.bundle import Bundle
from clif_core.workspace.workspace import Workspace
home, title = Path(sys.argv[1]), sys.argv[2]
workspace = Workspace(home, home / "none")
model = replace(workspace.open_model("lee").model, name="shared")
for _ in range(30):
    with suppress(ClifError):  # a refusal in words, while the other is at it
        workspace.keep_model(Bundle(model, {"title": title}), None)
"""
