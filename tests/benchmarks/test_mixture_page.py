"""The page of the mixture study: its tables and figures are written from a run of the study."""

from __future__ import annotations

import re

from benchmarks.mixture import write_study
from clif_core.mixture.points import Points, sample_points


def few(seed: int = 0, n_each: int = 3) -> Points:
    """Some points of each component: the same experiment, small enough for a test."""
    points = sample_points(seed)
    chosen = [c * 50 + i for c in range(3) for i in range(n_each)]
    return Points(points.places[chosen], points.labels[chosen])


def test_the_command_writes_tables_and_figures(tmp_path, monkeypatch):
    monkeypatch.setattr("clif_core.mixture.study.sample_points", lambda seed: few(seed))
    heard = []
    path = write_study(tmp_path, 2, ["two_steps"], lambda done, message: heard.append(done))
    text = path.read_text("utf-8")
    assert "`python -m benchmarks.mixture --seeds 2 --regime two_steps`" in text
    assert len(re.findall(r"^\| (KL|NLL), asked about", text, re.M)) == 4 + 12
    assert "as the release judged it (NLL retraining, one optimiser never reset)" in text
    for name in ("mixture-two_steps.svg", "mixture-two_steps-classes.svg"):
        assert (tmp_path / name).read_text("utf-8").startswith("<svg")
        assert name in text
    assert heard == sorted(heard)
