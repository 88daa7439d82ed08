"""What a seed ensemble predicts of an edit for any training on the text, with its interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.ensemble_runs import EnsembleRuns
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit
from clif_core.interventions.predict import FIRST_ORDER_ERROR, predict_of_text, predict_sum
from clif_core.measurement.over_runs import judge_units
from clif_core.probes import Similarity
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus

N_RUNS = 6


@pytest.fixture(scope="module")
def ensemble(lee_model: SkipGram, lee_corpus: Corpus) -> Influence:
    """A quick answer that carries runs scattered about it; drawn by half."""
    quick = InfluenceEngine(lee_model, lee_corpus).influence(
        Similarity("police", "government").resolve(lee_model.vocabulary)
    )
    rng = np.random.default_rng(3)
    effects = quick.sentence_effects
    by_run = (effects + rng.normal(0, 0.01, (N_RUNS, len(effects)))).astype(np.float32)
    seeds, values = tuple(range(100, 100 + N_RUNS)), np.full(N_RUNS, quick.probe_value)
    return replace(quick, runs=EnsembleRuns(seeds, values, by_run, effects, 0.5))


@pytest.mark.parametrize("weight", [0.0, 0.5, 2.0])
def test_sentences_are_summed_in_each_run(
    ensemble: Influence, lee_corpus: Corpus, weight: float
) -> None:
    edit = Edit("sentences", (3, 40, 41, 77), weight)
    found = predict_of_text(ensemble, edit, lee_corpus)
    assert found is not None and ensemble.runs is not None
    items = list(edit.items)
    sums = ensemble.runs.by_run[:, items].sum(1, dtype=np.float64)[:, None]
    known = np.array([ensemble.sentence_effects[items].sum()])
    expected = judge_units(sums, known, 0.5)
    share = 1 - weight
    assert found.change == pytest.approx(share * expected.effect[0])
    of_runs = share * (expected.high[0] - expected.low[0]) / 2
    half = np.hypot(of_runs, 1.96 * FIRST_ORDER_ERROR * found.change)
    assert (found.low, found.high) == pytest.approx((found.change - half, found.change + half))
    assert found.n_runs == N_RUNS
    assert found.before == pytest.approx(ensemble.runs.values.mean())
    assert found.after == pytest.approx(found.before + found.change)
    assert found.low < found.change < found.high


def test_a_document_is_the_sum_of_its_sentences(ensemble: Influence, lee_corpus: Corpus) -> None:
    whole = predict_of_text(ensemble, Edit("documents", (5, 9)), lee_corpus)
    sentences = np.flatnonzero(lee_corpus.sentences["document"].isin([5, 9]))
    assert whole == predict_of_text(
        ensemble, Edit("sentences", tuple(sentences.tolist())), lee_corpus
    )


def test_without_enough_runs_there_is_no_interval(ensemble: Influence, lee_corpus: Corpus) -> None:
    edit = Edit("sentences", (3,))
    assert predict_of_text(replace(ensemble, runs=None), edit, lee_corpus) is None
    assert predict_of_text(ensemble, Edit("contexts", (3,)), lee_corpus) is None
    runs = ensemble.runs
    assert runs is not None
    few = replace(runs, seeds=runs.seeds[:2], values=runs.values[:2], by_run=runs.by_run[:2])
    assert predict_of_text(replace(ensemble, runs=few), edit, lee_corpus) is None
    assert predict_sum(ensemble, edit) == pytest.approx(ensemble.sentence_effects[3])
