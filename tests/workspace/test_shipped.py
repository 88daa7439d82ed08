"""The value and the verdict of a probe that a model's card brings."""

from __future__ import annotations

from typing import Any

import pytest

from clif_core.measurement.probe_report import measure
from clif_core.probes import find_probe
from clif_core.sgns.bundle import load_bundle
from clif_core.workspace.shipped import shipped_value, shipped_verdict
from clif_core.workspace.workspace import SAMPLE_MODELS


@pytest.mark.parametrize("name", ["shakespeare", "brown"])
def test_a_sample_brings_the_value_of_its_first_probe(name: str) -> None:
    bundle = load_bundle(SAMPLE_MODELS / name)
    model, probe = bundle.model, find_probe(bundle.card["probes"][0]["name"])
    value = shipped_value(bundle.card, model.content_hash, probe.key)
    here = probe.resolve(model.vocabulary).value(model.centre_vectors)
    assert value == pytest.approx(here, abs=1e-6)
    assert shipped_value(bundle.card, "another", probe.key) is None
    assert shipped_value(bundle.card, model.content_hash, "another") is None


@pytest.mark.parametrize("name", ["shakespeare", "brown"])
def test_a_sample_brings_the_verdicts_of_its_probes(name: str) -> None:
    bundle = load_bundle(SAMPLE_MODELS / name)
    for row in bundle.card["probes"]:
        measured = measure(find_probe(row["name"]), bundle.model)
        assert shipped_verdict(bundle.card, row["name"]) == measured.verdict.kind
    assert shipped_verdict(bundle.card, "another") is None
    for bad in ({}, {"probes": 3}, {"probes": [3, {"name": "p", "verdict": 1}]}):
        assert shipped_verdict(bad, "p") is None


@pytest.mark.parametrize(
    "derivatives",
    [None, [], "x", {"content_hash": "h"}, {"content_hash": "h", "probes": []},
     {"content_hash": "h", "probes": {"k": 3}}, {"content_hash": "h", "probes": {"k": {}}},
     *({"content_hash": "h", "probes": {"k": {"probe_value": bad}}}
       for bad in ("1", True, None, float("nan"), float("inf"), 10**400))],
)  # fmt: skip
def test_a_card_of_another_form_brings_none(derivatives: Any) -> None:
    assert shipped_value({"derivatives": derivatives}, "h", "k") is None
