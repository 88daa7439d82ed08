"""A pack: a model with its text and all that was found out about it, from one home to another."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clif_core.errors import FormatError, InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import Edit
from clif_core.measurement import measure
from clif_core.probes import Similarity
from clif_core.workspace.packs.packing import pack
from clif_core.workspace.packs.unpacking import unpack
from clif_core.workspace.tasks.history import results_for_report
from clif_core.workspace.tasks.retrain import (
    RetrainQuestion,
    find_retraining,
    submit_retraining,
)
from clif_core.workspace.workspace import Workspace

PROBE = Similarity("police", "court")
QUESTION = RetrainQuestion(Edit("sentences", (0, 1, 2)), (PROBE,), (7,), 1)


@pytest.fixture
def packed(workspace: Workspace, engine: InfluenceEngine, tmp_path: Path) -> Path:
    """A pack of a model with an ensemble, a quick answer, a retraining and a probe tried."""
    model, probe = engine.model, PROBE.resolve(engine.model.vocabulary)
    workspace.gather_runs(engine, [probe], 2)
    workspace.influence(engine, probe, damping=0.5)
    workspace.enter_probe(model, measure(PROBE, model, n_nulls=0, n_resamples=0))
    workspace.jobs.wait(submit_retraining(workspace, model, QUESTION), 300)
    workspace.store.put_json("influence-" + "0" * 24, {"probe_key": "of another model"})
    made = pack(workspace, "lee", tmp_path / "lee.zip")
    assert (made.has_text, made.n_probes, made.n_answers, made.n_jobs) == (True, 1, 3, 1)
    assert made.notes == ()
    return made.path


@pytest.fixture
def other(tmp_path: Path) -> Workspace:
    """The home of another machine."""
    return Workspace(tmp_path / "other", tmp_path / "no samples")


def test_round_trip(packed: Path, workspace: Workspace, other: Workspace) -> None:
    taken = unpack(other, packed, "renamed")
    assert (taken.name, taken.is_new, taken.has_text) == ("renamed", True, True)
    assert (taken.n_probes, taken.n_answers, taken.n_jobs, taken.notes) == (1, 3, 1, ())
    before, model = workspace.open_model("lee").model, other.open_model("renamed").model
    assert model.content_hash == before.content_hash
    corpus = other.open_corpus(model)
    assert corpus is not None and corpus.content_hash == before.corpus_hash
    assert [e.key for e in other.probes_tried(model).entries] == [PROBE.key]
    status = find_retraining(other, model, QUESTION)
    assert status is not None and status.state == "done"
    assert results_for_report(other, model, PROBE) == results_for_report(workspace, before, PROBE)
    assert len(results_for_report(other, model, PROBE)) == 1
    engine = other.open_engine(model, corpus)
    probe = PROBE.resolve(model.vocabulary)
    assert other.n_runs_at_hand(engine, probe) == 2
    assert other.cached_influence(engine, probe, "block", 0.5) is not None
    found, kept = (
        w.cached_influence(w.open_engine(m, corpus), probe, "ensemble")
        for w, m in ((other, model), (workspace, before))
    )
    assert found is not None and kept is not None
    np.testing.assert_array_equal(found.context_effects, kept.context_effects)
