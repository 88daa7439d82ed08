"""The job that makes the evidence of a case, from the ensemble to the retrainings."""

from __future__ import annotations

from pathlib import Path

import pytest

from clif_core.errors import CapabilityError
from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Similarity, find_probe
from clif_core.report.case import boxes
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.workspace.tasks.evidence import find_evidence, proof_question, submit_evidence
from clif_core.workspace.tasks.history import results_for_report
from clif_core.workspace.tasks.retrain import find_retraining
from clif_core.workspace.workspace import Workspace

PROBE = Similarity("police", "court")


def test_one_press_fills_the_case(workspace: Workspace, engine: InfluenceEngine) -> None:
    model, resolved = engine.model, PROBE.resolve(engine.model.vocabulary)
    assert find_evidence(workspace, model, PROBE) is None
    result = workspace.jobs.wait(submit_evidence(workspace, model, PROBE), 300)
    assert result["n_computed"] == 8
    for key in result["retrainings"]:
        workspace.jobs.wait(key, 300)
    influence = workspace.results.ensemble_at_hand(engine, resolved)
    assert influence is not None
    assert influence.runs is not None
    assert influence.runs.n_runs == 8
    # The What if page finds each by the question that it asks itself.
    parts = proof_question(model, PROBE, influence).parts()
    found = [find_retraining(workspace, model, part) for part in parts.values()]
    assert [job.state for job in found if job is not None] == ["done"] * 3
    (entry,) = results_for_report(workspace, model, PROBE)
    assert len(entry["random_changes"]) == 3
    assert entry["over_seeds"]["n"] == 3
    assert entry["change"] * influence.probe_value < 0  # text that carries the value was left out
    report = workspace.report(model.name, PROBE, what_if=[entry])
    found_boxes = boxes(report.content)
    states = {box.name: box.state for box in found_boxes}
    # Random words as frequent lie as far from 0: no evidence makes that a claim.
    assert (found_boxes[0].state, found_boxes[0].word) == ("failed", "Not detected")
    assert "open" not in (states["text"], states["proof"], states["trust"])
    # Asked again, nothing is computed anew.
    again = workspace.jobs.wait(submit_evidence(workspace, model, PROBE), 300)
    assert again == {"n_computed": 0, "retrainings": result["retrainings"]}


def test_a_model_that_cannot_be_trained_again_is_refused_at_once(
    workspace: Workspace, lee_model: SkipGram
) -> None:
    from dataclasses import replace

    bare = replace(lee_model, name="bare", settings=None)
    workspace.keep_model(Bundle(bare, {}), None)
    with pytest.raises(CapabilityError, match="cannot be trained again"):
        submit_evidence(workspace, bare, PROBE)
    assert workspace.jobs.all() == []


def test_what_a_sample_was_measured_by_is_proof_at_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    model = workspace.open_model("brown").model
    probe = find_probe("clif_career")
    entries = results_for_report(workspace, model, probe)
    assert [len(entry["edit"]["items"]) for entry in entries] == [100, 100]
    (of_text,) = [entry for entry in entries if entry["random_changes"]]
    assert of_text["over_seeds"]["n"] == 6
    assert of_text["over_seeds"]["high"] < min(of_text["random_changes"])
    assert results_for_report(workspace, model, PROBE) == []
