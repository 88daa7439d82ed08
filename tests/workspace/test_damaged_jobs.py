"""One damaged file of a job is one damaged job, never the end of all jobs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clif_core.workspace.jobs import Jobs

DAMAGE = ["", "{}", "[]", "[1]", "null", '"x"', "7", "\0\0\0", '{"kind": 3}', "[" * 5000]
WORK = {"to": 2, "seconds": 0}


@pytest.fixture
def done(tmp_path: Path) -> tuple[Jobs, str]:
    jobs = Jobs(tmp_path)
    key = jobs.submit("count", WORK)
    jobs.wait(key, 300)
    return jobs, key


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("file", ["request", "progress", "result", "error", "process"])
def test_a_damaged_file_is_one_damaged_job(tmp_path: Path, file: str, damage: str) -> None:
    jobs = Jobs(tmp_path)
    folder = tmp_path / "count-damaged"
    folder.mkdir()
    asked = {"kind": "count", "request": WORK, "ticket": 1}
    (folder / "request.json").write_text(json.dumps(asked))
    (folder / f"{file}.json").write_text(damage)
    (status,) = jobs.all()
    is_old_result = file == "result" and damage.startswith("{")  # an object without a checksum
    assert status.state == ("done" if is_old_result else "failed")
    assert bool(status.error) is not is_old_result
    assert jobs.find("count", {"to": 9, "seconds": 0}) is None
    assert jobs.clean(0.0) == 1
    assert jobs.all() == []


def test_a_job_with_a_damaged_request_is_said_to_be_so_and_runs_when_asked_again(
    done: tuple[Jobs, str],
) -> None:
    jobs, key = done
    (jobs.root / key / "request.json").write_text("[]")
    assert "damaged" in jobs.status(key).error
    other = jobs.submit("count", {"to": 1, "seconds": 0})
    assert jobs.wait(other, 300) == {"counted": 1}
    assert jobs.submit("count", WORK) == key
    assert jobs.wait(key, 300) == {"counted": 2}


def test_an_edited_result_is_not_served(done: tuple[Jobs, str]) -> None:
    jobs, key = done
    file = jobs.root / key / "result.json"
    file.write_text(file.read_text().replace('"counted": 2', '"counted": 3'))
    assert jobs.status(key).state == "failed"
    jobs.submit("count", WORK)
    assert jobs.wait(key, 300) == {"counted": 2}
