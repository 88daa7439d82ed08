"""The lists of probes tried: kept, counted once, corrected, bounded, and safe from damage."""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clif_core.measurement import ProbeReport, measure
from clif_core.measurement.multiple_testing import adjust_p_values
from clif_core.measurement.probes_tried import ProbesTried, TriedProbe
from clif_core.probes import Probe, Similarity
from clif_core.workspace import probes_tried
from clif_core.workspace.workspace import Workspace
from tests.probe_examples import random_model, weat

MODEL = random_model(n_extra=200)


def measured(probe: Probe) -> ProbeReport:
    return measure(probe, MODEL, n_nulls=100, n_resamples=0)


FIRST, SECOND = measured(weat()), measured(Similarity("king", "queen"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home", tmp_path / "no samples")


def test_a_probe_is_entered_once_and_stays(workspace: Workspace) -> None:
    assert workspace.probes_tried(MODEL) == ProbesTried()
    workspace.enter_probe(MODEL, FIRST)
    workspace.enter_probe(MODEL, SECOND)
    again = measured(replace(weat(), name="the same by another name", label_x="males"))
    tried = workspace.enter_probe(MODEL, again)
    assert tried == Workspace(workspace.home).probes_tried(MODEL)
    assert tried.n == tried.n_tested == 2
    entry = tried.entries[0]
    assert entry.labels == (weat().name, "the same by another name")
    assert (entry.key, entry.p, entry.value) == (weat().key, FIRST.verdict.p, FIRST.value)
    ps = [FIRST.verdict.p, SECOND.verdict.p]
    assert tried.table()["p_corrected"].tolist() == pytest.approx(adjust_p_values(ps))  # type: ignore[arg-type]
    assert workspace.probes_tried(random_model(seed=8)).n == 0  # another model


def test_nothing_is_written_for_what_is_known(workspace: Workspace) -> None:
    workspace.enter_probe(MODEL, FIRST)
    (path,) = (workspace.home / "tried").glob("*.json")
    os.utime(path, (1, 1))
    workspace.enter_probe(MODEL, FIRST)
    assert path.stat().st_mtime == 1


def test_the_list_is_cleared_by_name_of_the_model_alone(workspace: Workspace) -> None:
    other = random_model(seed=8)
    workspace.enter_probe(MODEL, FIRST)
    workspace.enter_probe(other, FIRST)
    workspace.forget_probes(MODEL)
    workspace.forget_probes(MODEL)  # nothing there: no error
    assert workspace.probes_tried(MODEL).n == 0
    assert workspace.probes_tried(other).n == 1


def test_beyond_its_bound_the_oldest_are_forgotten_but_counted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes_tried, "MAX_ENTRIES", 2)
    third = measured(Similarity("war", "love"))
    for report in (FIRST, SECOND, third):
        tried = workspace.enter_probe(MODEL, report)
    assert [e.key for e in tried.entries] == [SECOND.probe.key, third.probe.key]
    assert (tried.n, tried.n_tested, tried.n_forgotten) == (3, 3, 1)
    ps = [SECOND.verdict.p, third.verdict.p, 1.0]
    expected = adjust_p_values(ps)[:2]  # type: ignore[arg-type]
    assert list(tried.corrected().values()) == pytest.approx(expected)


def test_probes_without_a_test_are_counted_but_not_corrected() -> None:
    entry = TriedProbe("a", "k", ("A",), "2026-01-01T00:00:00+00:00", 0.5, 0.04, "holds")
    untested = replace(entry, question="b", p=None)
    tried = ProbesTried((entry, untested))
    assert (tried.n, tried.n_tested) == (2, 1)
    assert tried.corrected() == {"a": pytest.approx(0.04)}
    assert tried.table()["p_corrected"].isna().tolist() == [False, True]


def whole(workspace: Workspace) -> tuple[Path, dict[str, Any]]:
    workspace.enter_probe(MODEL, FIRST)
    (path,) = (workspace.home / "tried").glob("*.json")
    return path, json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize(
    "change",
    [{"format_version": 2}, {"entries": {}}, {"entries": [3]}, {"n_forgotten": -1},
     {"n_forgotten": True}, {"entries": [{}]}],
)  # fmt: skip
def test_a_damaged_list_says_so_is_left_alone_and_can_be_cleared(
    workspace: Workspace, change: dict[str, Any]
) -> None:
    path, content = whole(workspace)
    path.write_text(json.dumps({**content, **change}))
    before = path.read_bytes()
    tried = workspace.enter_probe(MODEL, SECOND)
    assert tried.n == 0
    assert "is damaged" in tried.problem
    assert path.read_bytes() == before
    workspace.forget_probes(MODEL)
    assert workspace.enter_probe(MODEL, SECOND).n == 1


@pytest.mark.parametrize(
    "change",
    [{"p": 1.5}, {"p": "0.1"}, {"p": True}, {"value": None}, {"value": float("nan")},
     {"verdict": "true"}, {"labels": []}, {"labels": [1]}, {"labels": ["x" * 201]}, {"key": None}],
)  # fmt: skip
def test_a_damaged_entry_is_refused(workspace: Workspace, change: dict[str, Any]) -> None:
    path, content = whole(workspace)
    path.write_text(json.dumps({**content, "entries": [{**content["entries"][0], **change}]}))
    assert "is damaged" in workspace.probes_tried(MODEL).problem


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_in_its_place_is_a_damaged_list(workspace: Workspace) -> None:
    path, _ = whole(workspace)
    path.unlink()
    os.mkfifo(path)
    assert "is damaged" in workspace.probes_tried(MODEL).problem


def test_where_the_disk_does_not_take_it_measuring_goes_on(workspace: Workspace) -> None:
    workspace.home.mkdir()
    (workspace.home / "tried").write_text("a file where the folder would be")
    tried = workspace.enter_probe(MODEL, FIRST)
    assert tried.problem


def _enter_some(args: tuple[Path, int]) -> None:
    home, start = args
    words = MODEL.vocabulary.words
    for i in range(start, start + 6):
        report = measure(Similarity(words[i], words[i + 20]), MODEL, n_nulls=0, n_resamples=0)
        Workspace(home).enter_probe(MODEL, report)


def test_processes_that_enter_at_once_lose_nothing(workspace: Workspace) -> None:
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_enter_some, [(workspace.home, 0), (workspace.home, 6)]))
    assert workspace.probes_tried(MODEL).n == 12
