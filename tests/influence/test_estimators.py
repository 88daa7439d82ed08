"""The registry of estimators: its entries are complete, and every name of one finds it."""

from __future__ import annotations

import subprocess
import sys
from string import Formatter

import pytest

from clif_core.errors import InputError
from clif_core.evaluation import PREDICTORS
from clif_core.evaluation.predictors import HAS_NO_SIZE, IS_BASELINE
from clif_core.influence.closed_form import estimate
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import (
    CLOSED_FORM,
    ENSEMBLE,
    ESTIMATORS,
    QUICK,
    RUN_ESTIMATORS,
    UNROLLED,
    canonical_name,
    find_estimator,
)
from clif_core.influence.result import Influence
from clif_core.probes import Similarity
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from dashboard.data import attribution
from dashboard.widgets import estimator_words


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_entry_has_its_texts_and_its_computation(name):
    entry = ESTIMATORS[name]
    assert entry.name == name
    assert entry.label and entry.in_sentence and entry.care
    assert entry.help.startswith(f"{name}: ")
    gaps = {gap for _, gap, _, _ in Formatter().parse(entry.certificate) if gap}
    assert {"seconds", "device"} <= gaps
    assert gaps <= {"seconds", "device", "estimator", "damping", "solved"}
    if entry.is_of_runs:
        assert callable(getattr(InfluenceEngine, name))
        assert entry.action and entry.action_help
    else:
        assert callable(entry.load())


def test_the_labels_are_those_of_every_screen():
    labels = {name: entry.label for name, entry in ESTIMATORS.items()}
    assert labels == {
        "unrolled": "Exact derivative",
        "ensemble": "Seed ensemble",
        "block": "Quick estimate",
        "gauss_newton": "Gauss-Newton",
        "absolute": "Absolute curvature",
        "exact": "Full Hessian",
        "gradient": "Plain gradient",
        "published": "CLIF as released",
    }
    assert {name: estimator_words.label_of(name) for name in ESTIMATORS} == labels
    assert estimator_words.label_of("twins") == "Seed ensemble"
    assert estimator_words.label_of("word_count") == "Word counts"
    assert estimator_words.label_of("best") == "Best at hand"


def test_every_other_list_follows_from_the_registry():
    assert (*RUN_ESTIMATORS, *CLOSED_FORM) == tuple(ESTIMATORS)
    assert RUN_ESTIMATORS == (UNROLLED, ENSEMBLE)
    assert PREDICTORS[: len(ESTIMATORS)] == tuple(ESTIMATORS)
    assert {"gradient", "published", "random", "word_count", "pmi"} == IS_BASELINE == HAS_NO_SIZE
    assert attribution.ESTIMATORS == (
        "best", "unrolled", "ensemble", "block", "gauss_newton", "absolute", "exact", "gradient",
    )  # fmt: skip
    assert {"best", "block", "gradient"} == attribution.QUICK


def test_an_earlier_name_finds_its_entry_and_an_unknown_one_is_refused():
    assert find_estimator("twins") is find_estimator("ensemble")
    assert (canonical_name("twins"), canonical_name("plug_in")) == ("ensemble", "plug_in")
    with pytest.raises(InputError, match="unknown estimator 'magic'; known: unrolled, ensemble"):
        find_estimator("magic")


def test_names_on_disk_are_those_of_earlier_versions():
    assert {entry.stored_as for entry in ESTIMATORS.values()} == {
        "unrolled", "twins shrunk", "block", "gauss_newton", "absolute", "exact", "gradient",
        "published",
    }  # fmt: skip
    assert find_estimator("ensemble").wire_name == "twins"
    assert all(entry.version == 1 for entry in ESTIMATORS.values())


@pytest.mark.parametrize("name", ESTIMATORS)
def test_whether_pairs_are_scored_is_as_the_entry_says(engine, name):
    probe = Similarity("police", "court").resolve(engine.model.vocabulary)
    options = {"n_runs": 1} if name == ENSEMBLE else {}
    entry = ESTIMATORS[name]
    answer: Influence = (
        getattr(engine, name)([probe], **options)[0]
        if entry.is_of_runs
        else engine.influence(probe, name)
    )
    assert answer.has_pairs == entry.reads_pairs
    assert (answer.estimator, answer.damping) == (name, entry.default_damping)


def test_a_computation_is_refused_under_the_name_of_the_other_kind(engine):
    with pytest.raises(InputError, match="'block' differentiates no training run"):
        engine.run_derivatives(QUICK, [])
    assert engine.run_derivatives("twins", []) == []
    with pytest.raises(InputError, match="'ensemble' differentiates training runs"):
        estimate(engine.loss, None, None, "twins")


def test_the_registry_is_read_without_torch():
    code = "import sys, clif_core.influence.estimators; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
