"""The workspace of a visitor of a shared server: own models and jobs, shared samples and cache."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from clif_core.errors import InputError, StorageError
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.names import session_homes, visitor_home
from clif_core.workspace.workspace import Workspace

Made = tuple[SkipGram, Corpus]


def of(home: Path, name: str, **options: int) -> Workspace:
    return Workspace(visitor_home(home, name, is_session=False), home / "none", **options)


def test_a_model_belongs_to_the_visitor_who_made_it(tmp_path: Path, made: Made) -> None:
    ann, bob = of(tmp_path, "ann"), of(tmp_path, "../ann")
    ann.keep_model(Bundle(made[0], {}), made[1])
    name = made[0].name
    assert [entry.name for entry in ann.catalogue()] == [name]
    assert ann.open_corpus(made[0]) is not None
    assert bob.catalogue() == []
    assert bob.open_corpus(made[0]) is None
    with pytest.raises(InputError, match="no model"):
        bob.remove_model(name)
    assert Workspace(tmp_path, tmp_path / "none").catalogue() == []
    assert {path.parent for path in (ann.home, bob.home)} == {tmp_path / "visitors"}


def test_the_text_of_a_sample_is_there_for_all(tmp_path: Path, made: Made) -> None:
    Workspace(tmp_path, tmp_path / "none").keep_corpus(made[1])
    ann = of(tmp_path, "ann")
    assert ann.open_corpus(made[0]) is not None
    ann.keep_model(Bundle(made[0], {}), made[1])
    assert not (ann.home / "corpora").exists()  # it is not stored twice


def test_a_visitors_jobs_are_its_own_in_one_queue(tmp_path: Path) -> None:
    ann, bob, operator = of(tmp_path, "ann"), of(tmp_path, "bob"), Workspace(tmp_path)
    key = ann.jobs.submit("count", {"to": 2, "seconds": 0.01, "home": str(ann.home)})
    assert [job.key for job in ann.own_jobs()] == [key]
    assert bob.own_jobs() == []
    assert [job.key for job in operator.own_jobs()] == [key]
    ann.jobs.wait(key, 300)


def test_a_visitors_room_is_bounded(tmp_path: Path, made: Made) -> None:
    ann = of(tmp_path, "ann", max_bytes=1000)
    path = ann.keep_model(Bundle(made[0], {}), None)
    with pytest.raises(StorageError, match="Delete a model"):
        ann.keep_model(Bundle(made[0], {}), None)
    ann.remove_model(path.name)
    ann.keep_model(Bundle(made[0], {}), None)


def test_what_old_sessions_left_is_cleaned_and_people_keep_theirs(
    tmp_path: Path, made: Made
) -> None:
    old, new = (visitor_home(tmp_path, name, is_session=True) for name in ("old", "new"))
    for home in (old, new, of(tmp_path, "ann").home):
        Workspace(home, tmp_path / "none").keep_model(Bundle(made[0], {}), None)
    long_ago = time.time() - 8 * 86_400
    for path in (old, old / "models", of(tmp_path, "ann").home):
        os.utime(path, (long_ago, long_ago))
    assert set(session_homes(tmp_path)) == {old, new}
    Workspace(tmp_path).clean()
    assert session_homes(tmp_path) == [new]
    assert len(of(tmp_path, "ann").catalogue()) == 1
