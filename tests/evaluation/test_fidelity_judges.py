"""The judges against scipy, and the table they fill against JSON."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from clif_core.errors import FormatError, InputError
from clif_core.evaluation import (
    Points,
    ProbeRow,
    Row,
    Table,
    add_to_card,
    judges,
    rank_estimators,
    read_card,
)
from clif_core.sgns.bundle import Bundle, load_bundle, save_bundle


@pytest.fixture(scope="module")
def changes():
    generator = np.random.default_rng(4)
    predicted = generator.normal(size=(3, 25))
    return predicted, 0.7 * predicted + generator.normal(size=(3, 25))


def test_judges_agree_with_scipy(changes):
    predicted, actual = changes
    for at in range(3):
        p, a = predicted[at], actual[at]
        assert judges.pearson(p, a) == pytest.approx(stats.pearsonr(p, a).statistic, abs=1e-12)
        assert judges.lds(p, a) == pytest.approx(stats.spearmanr(p, a).statistic, abs=1e-12)
        assert judges.r2(p, a) == pytest.approx(stats.linregress(p, a).rvalue ** 2, abs=1e-12)
        through_origin = np.linalg.lstsq(p[:, None], a, rcond=None)[0][0]
        assert judges.slope(p, a) == pytest.approx(through_origin, abs=1e-12)
        same = sum(x * y > 0 for x, y in zip(p, a, strict=True)) / 25
        assert judges.sign_agreement(p, a) == pytest.approx(same)
    ties = np.array([1.0, 1.0, 2.0, 3.0, 3.0])
    other = np.array([2.0, 1.0, 1.0, 5.0, 4.0])
    assert judges.lds(ties, other) == pytest.approx(stats.spearmanr(ties, other).statistic)


def test_the_correlation_of_a_constant_prediction_is_nan(changes):
    _, actual = changes
    assert np.isnan(judges.pearson(np.full((3, 25), 0.1), actual)).all()
    assert np.isnan(judges.slope(np.zeros((3, 25)), actual)).all()
    assert judges.pearson(1e-9 * actual, actual) == pytest.approx(np.ones(3))


def test_the_interval_of_the_lds_holds_it_and_narrows_with_more_sets(changes):
    predicted, actual = changes
    found = judges.lds(predicted, actual)
    draws = judges.resampled_lds(predicted, actual)
    assert draws.shape == (judges.N_RESAMPLES, 3)
    low, high = judges.interval(draws[:, 0])
    assert low < found[0] < high
    few_low, few_high = judges.interval(judges.resampled_lds(predicted[:, :8], actual[:, :8])[:, 0])
    assert few_high - few_low > high - low


def test_the_ceiling_is_one_where_the_answer_is_definite_and_sees_noise_elsewhere():
    generator = np.random.default_rng(0)
    truth = generator.normal(size=(4, 400))
    by_seed = truth + generator.normal(size=(6, 4, 400))  # each seed: reliability 1/2
    assert judges.ceiling(by_seed[:1], True) == 1.0
    assert judges.ceiling(by_seed[:1], False) is None
    # Spearman-Brown: six seeds of reliability 1/2 together have 6 r / (1 + 5 r) = 0.857.
    assert judges.ceiling(by_seed, False) == pytest.approx(6 / 7, abs=0.02)


# --- the table, on a card


def _row(estimator: str, lds: float, is_baseline: bool = False) -> Row:
    probe = ProbeRow("a probe", "0123", 0.91, lds, 0.8, 0.99, 1.1, math.nan, math.nan, 0.004)
    return Row(
        estimator, is_baseline, not is_baseline, 0.912345678, lds, 0.8, 0.99, math.nan, math.nan,
        math.nan, (probe,), (Points("a probe", (0.1, 0.2), (0.3, 0.4)),),
    )  # fmt: skip


def _table(*rows: Row, kind="random") -> Table:
    return Table("1 % of the documents", kind, "documents", 0.01, 60, 1.0, rows)


MADE = {"command": "c", "date": "2026-11-24", "machine": "m", "n_seeds": 1, "kind": "coupled"}


def test_a_card_keeps_the_tables_and_the_bundle_stays_whole(tmp_path, lee_model):
    save_bundle(Bundle(lee_model, {"title": "Lee"}), tmp_path / "lee")
    model = load_bundle(tmp_path / "lee").model
    table = _table(_row("unrolled", 0.9), _row("block", 0.5), _row("gradient", 0.3, True))
    add_to_card(tmp_path / "lee", [table], MADE, model.content_hash)
    bundle = load_bundle(tmp_path / "lee")  # verifies every checksum
    assert bundle.model.content_hash == model.content_hash
    assert bundle.card["title"] == "Lee"
    (found,) = read_card(bundle.card, model.content_hash)
    assert [row.estimator for row in found.rows] == ["unrolled", "block", "gradient"]
    assert found.rows[0].pearson == pytest.approx(0.9123)
    assert math.isnan(found.rows[0].slope)
    assert found.rows[0].per_probe[0].sd_actual == 0.004
    assert found.rows[1].points[0].predicted == (0.1, 0.2)
    assert found.rows[2].per_probe == found.rows[2].points == ()
    assert list(found.frame()["estimator"]) == ["unrolled", "block", "gradient"]
    assert found.probe_frame("unrolled")["lds"].tolist() == [0.9]


def test_a_table_with_an_earlier_name_is_read_under_todays(lee_model):
    table = _table(_row("twins", 0.9), _row("plug_in", 0.8), _row("block", 0.5))
    found = Table.from_dict(table.to_dict())
    assert [row.estimator for row in found.rows] == ["ensemble", "plug_in", "block"]
    assert rank_estimators([found]) == ["ensemble", "block"]


def test_tables_of_another_model_are_ignored_and_damaged_ones_refused(lee_model):
    fidelity = {
        "made": {**MADE, "content_hash": "h"},
        "tables": [_table(_row("block", 0.5)).to_dict()],
    }
    assert len(read_card({"fidelity": fidelity}, "h")) == 1
    assert read_card({"fidelity": fidelity}, "other") == read_card({}, "h") == ()
    with pytest.raises(FormatError, match="damaged"):
        read_card({"name": "m", "fidelity": {**fidelity, "tables": [{"kind": "random"}]}}, "h")


def test_tables_too_large_for_a_card_are_refused(tmp_path, lee_model):
    save_bundle(Bundle(lee_model), tmp_path / "lee")
    before = (tmp_path / "lee" / "card.json").read_bytes()
    with pytest.raises(InputError, match="put fewer tables"):
        add_to_card(tmp_path / "lee", [_table(*[_row("block", 0.5)] * 400)], MADE, "h")
    assert (tmp_path / "lee" / "card.json").read_bytes() == before


def test_a_written_card_is_the_same_json_for_any_strings(tmp_path, lee_model):
    card = {
        "title": 'A "[ {quoted}\n  line ]"',
        "lists": [[1, 2], {"a": []}],
        "deep": {"b": {"c": 1}},
    }
    save_bundle(Bundle(lee_model, card), tmp_path / "lee")
    read = json.loads((tmp_path / "lee" / "card.json").read_text("utf-8"))
    assert {name: read[name] for name in card} == card


def test_estimators_are_ranked_by_random_sets_only():
    first = _table(_row("block", 0.6), _row("unrolled", 0.8), _row("random", 0.9, True))
    second = _table(_row("block", 0.5), _row("unrolled", 0.7), _row("plug_in", 0.99))
    chosen = _table(_row("block", 1.0), kind="differential")
    assert rank_estimators([first, second, chosen]) == ["unrolled", "block"]
    assert rank_estimators([chosen]) == []
    assert json.dumps(first.to_dict())
