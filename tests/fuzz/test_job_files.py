"""Whatever lies in the files of a job, the list of jobs can be read."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import strategies as st

from clif_core.workspace.jobs import Jobs
from tests.fuzz.harness import fuzz
from tests.fuzz.strategies import json_values

FILES = ("request", "progress", "result", "error", "process")
FIELDS = ("kind", "request", "ticket", "fraction", "message", "is_cancelled", "pid", "birth")
OBJECTS = st.dictionaries(st.sampled_from(FIELDS), json_values(), max_size=5)


@fuzz(
    "job files",
    st.dictionaries(
        st.sampled_from(FILES),
        (OBJECTS | json_values()).map(lambda value: json.dumps(value).encode())
        | st.binary(max_size=40),
        max_size=5,
    ),
)
def test_job_files(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        jobs = Jobs(Path(folder))
        job = Path(folder) / "count-fuzzed"
        job.mkdir()
        for name, content in files.items():
            (job / f"{name}.json").write_bytes(content)
        for status in jobs.all():
            assert status.key == "count-fuzzed"
            assert isinstance(status.error, str)
        jobs.clean(0.0)
