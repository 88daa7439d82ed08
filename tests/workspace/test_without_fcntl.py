"""The core imports, trains and runs a job on systems that lack ``fcntl``, such as Windows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import LEE

CODE = """
import sys
sys.modules["fcntl"] = None
import importlib, pkgutil
from pathlib import Path
import clif_core
names = [m.name for m in pkgutil.walk_packages(clif_core.__path__, "clif_core.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)

from clif_core.sgns.settings import TrainingSettings
from clif_core.text.readers.plain import read_plain_text
from clif_core.training import train
from clif_core.workspace.jobs import Jobs
corpus = read_plain_text(Path(sys.argv[1]), "line", "lee")
model = train(corpus, TrainingSettings(dim=4, epochs=1, unit="document"))
jobs = Jobs(Path(sys.argv[2]))
result = jobs.wait(jobs.submit("count", {"to": 1, "seconds": 0}), 300)
print(len(names), model.n_words, result["counted"])
"""


def test_all_modules_import_and_a_model_trains(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(LEE), str(tmp_path / "jobs")],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    n_modules, n_words, counted = map(int, done.stdout.split())
    assert n_modules > 100
    assert n_words > 100
    assert counted == 1
