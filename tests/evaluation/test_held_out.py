"""Fixed lists under held-out seeds: which lists, which seeds, and figures against a hand count."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from clif_core.errors import FormatError, InputError
from clif_core.evaluation import (
    CHOOSERS,
    ListRow,
    ListTable,
    Retrainings,
    fixed_lists,
    held_out_seeds,
    judge_lists,
    list_edits,
    read_list_tables,
    write_list_tables,
)
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.ensemble import seeds_of
from clif_core.influence.estimators import ENSEMBLE, QUICK, UNROLLED
from clif_core.interventions.predict import FIRST_ORDER_ERROR
from clif_core.interventions.retrain import retrain
from clif_core.probes import Similarity
from clif_core.storage.store import Store


@pytest.fixture(scope="module")
def engine(lee_model, lee_corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.fixture(scope="module")
def probe(lee_model):
    return Similarity("police", "court").resolve(lee_model.vocabulary)


@pytest.fixture(scope="module")
def answers(engine, probe):
    return {
        ENSEMBLE: engine.ensemble([probe], n_runs=4)[0],
        UNROLLED: engine.influence(probe, UNROLLED),
        QUICK: engine.influence(probe, QUICK),
    }


def test_held_out_seeds_are_in_no_ensemble_and_not_the_models():
    seeds = held_out_seeds((1, 2, 3_000_004), 4)
    assert seeds == (3_000_003, 3_000_005, 3_000_006, 3_000_007)
    assert not set(seeds) & set(seeds_of(1, 64))
    with pytest.raises(InputError, match="2 to 64, got 1"):
        held_out_seeds((), 1)


def test_lists_are_the_strongest_both_ways_by_each_chooser(engine, probe, answers):
    lists = fixed_lists(engine, probe, answers, (5, 20))
    assert [one.size for one in lists] == [5] * 9 + [20] * 9
    assert {one.chooser for one in lists} == set(CHOOSERS)
    for one in lists:
        if one.chooser in answers:
            effects = answers[one.chooser].sentence_effects
            inside = effects[list(one.edit.items)]
            outside = np.delete(effects, list(one.edit.items))
            is_strongest = (
                inside.max() <= outside.min()
                if one.side == "lowers"
                else inside.min() >= outside.max()
            )
            assert is_strongest, one
    few = fixed_lists(engine, probe, {QUICK: answers[QUICK]}, (5,), (ENSEMBLE, QUICK))
    assert [one.chooser for one in few] == [QUICK, QUICK]  # no ensemble at hand
    with pytest.raises(InputError, match="half of the"):
        fixed_lists(engine, probe, answers, (engine.corpus.n_sentences,))
    with pytest.raises(InputError, match="unknown chooser 'luck'"):
        fixed_lists(engine, probe, answers, (5,), ("luck",))


def test_changes_are_those_of_whole_trainings_under_each_seed(
    tmp_path, engine, probe, answers, lee_model, lee_corpus
):
    lists = fixed_lists(engine, probe, answers, (20,), (ENSEMBLE,))
    seeds = held_out_seeds((lee_model.require_settings().seed,), 2)
    retrainings = Retrainings(Store(tmp_path), lee_model, lee_corpus)
    with pytest.raises(InputError, match="none of the 2 lists"):
        judge_lists(retrainings, probe, lists, answers, seeds)
    retrainings.train_all(list_edits(lists)[:1], seeds)
    table = judge_lists(retrainings, probe, lists, answers, seeds)
    (row,) = table.rows  # the other list is not trained
    for seed, measured in zip(seeds, row.measured, strict=True):
        without = probe.value(retrain(lee_model, lee_corpus, lists[0].edit, seed).centre_vectors)
        whole = probe.value(retrain(lee_model, lee_corpus, None, seed).centre_vectors)
        assert measured == pytest.approx(without - whole, abs=2e-4)
    runs = answers[ENSEMBLE].runs
    items = list(lists[0].edit.items)
    assert row.predicted[ENSEMBLE] == pytest.approx(answers[ENSEMBLE].sentence_effects[items].sum())
    assert row.low < row.predicted[ENSEMBLE] < row.high
    sums = runs.by_run[:, items].sum(1)
    of_runs = 3.182 * sums.std(ddof=1) / 2  # t, 3 degrees
    of_order = 1.96 * FIRST_ORDER_ERROR * abs(row.predicted[ENSEMBLE])
    half = math.hypot(of_runs, of_order)
    assert (row.high - row.low) / 2 == pytest.approx(half, rel=1e-3)


def _row(chooser, side, by_ensemble, by_block, low, high, measured) -> ListRow:
    predicted = {ENSEMBLE: by_ensemble, QUICK: by_block}
    return ListRow(chooser, side, 10, predicted, low, high, measured)


@pytest.fixture
def table() -> ListTable:
    return ListTable(
        "p", "key", (1, 2), 4,
        (
            _row(ENSEMBLE, "lowers", -0.1, -0.05, -0.13, -0.07, (-0.1, -0.12)),
            _row(ENSEMBLE, "raises", 0.2, 0.1, 0.19, 0.21, (0.29, 0.31)),
            _row(QUICK, "lowers", -0.05, -0.08, -0.06, -0.04, (-0.04, -0.06)),
            _row("random", "chance", 0.001, 0.0, -0.01, 0.01, (0.0, 0.002)),
        ),
    )  # fmt: skip


def test_figures_are_those_of_a_hand_count(table):
    fit = table.fit(ENSEMBLE)
    assert fit.n == 3
    expected = (0.1 * 0.11 + 0.2 * 0.3 + 0.05 * 0.05) / (0.01 + 0.04 + 0.0025)
    assert fit.slope == pytest.approx(expected)
    assert (fit.lowest, fit.highest) == (pytest.approx(1.0), pytest.approx(1.5))
    own = table.fit(ENSEMBLE, ENSEMBLE)
    assert (own.n, own.lowest) == (2, pytest.approx(1.1))
    assert table.held(lambda row: row.is_held) == (3, 4)
    assert table.held(lambda row: row.is_held_with_error) == (4, 4)  # 0.3 +- 0.127
    assert table.moved_by(QUICK) == pytest.approx(0.05 / 0.11)
    assert math.isnan(table.moved_by("random")) and math.isnan(table.fit(UNROLLED).slope)


def test_a_table_survives_the_card_and_a_damaged_one_is_named(table):
    card = write_list_tables({"name": "m"}, [table], {"date": "today"}, "hash")
    assert read_list_tables(card, "hash") == (table,)
    assert read_list_tables(card, "another") == () and read_list_tables({}, "hash") == ()
    unknown = replace(table, rows=(replace(table.rows[0], low=math.nan, high=math.nan),))
    (read,) = read_list_tables(write_list_tables({}, [unknown], {}, "hash"), "hash")
    assert read.held(lambda row: row.is_held) == (0, 0)
    card["held_out"]["tables"][0]["rows"][0]["measured"] = [1.0]
    with pytest.raises(FormatError, match="held-out trainings on the card of 'm' are damaged"):
        read_list_tables(card, "hash")
