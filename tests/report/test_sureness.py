"""How sure an effect is, in a report: only what holds is said of the text."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from clif_core import phrases
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.result import Influence
from clif_core.influence.tables import sure_part
from clif_core.probes import Similarity
from clif_core.report import Report, make_report, measure_both
from clif_core.report.sureness import of_this_run, places
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus

N = 4
PROBE = Similarity("police", "government")
TOLD = {"low": -3.0, "high": -1.0, "n_agree": 3, "n_runs": 4, "holds": True,
        "values": [-3.0, -2.5, -1.5, 1.0]}  # fmt: skip


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.fixture(scope="module")
def ensemble(engine: InfluenceEngine) -> Influence:
    return engine.ensemble([PROBE.resolve(engine.model.vocabulary)], n_runs=N)[0]


def report(engine: InfluenceEngine, influence: Influence, **more: bool) -> Report:
    measured, other = measure_both(PROBE, engine.model)
    bundle = Bundle(engine.model, {})
    return make_report(
        bundle, measured, other=other, engine=engine, influence=influence, n_sentences=5, **more
    )


def test_a_strip_has_a_dot_a_run_and_zero() -> None:
    drawn = places(TOLD)
    assert [dot["agrees"] for dot in drawn["dots"]] == [True, True, True, False]
    at = [dot["at"] for dot in drawn["dots"]]
    assert at == sorted(at) and at[2] < drawn["zero"] < at[3]
    assert drawn["low"] == at[0] and 0 < drawn["width"] < 100
    assert drawn["own"] is None


def test_an_effect_of_one_run_holds_only_where_the_others_share_it() -> None:
    assert of_this_run(TOLD, -2.0)["holds"]
    against = of_this_run(TOLD, 2.0)
    assert not against["holds"] and not against["is_shared"]
    assert places(against)["own"] > places(against)["zero"]
    assert phrases.standing_elsewhere(False, False) == "perhaps this run only"


def test_the_value_of_this_model_and_that_of_the_trainings_are_told_apart(
    engine: InfluenceEngine, ensemble: Influence
) -> None:
    made = report(engine, ensemble)
    assert ensemble.runs is not None
    own = phrases.number(ensemble.probe_value, 3)
    mean = phrases.number(float(ensemble.runs.values.mean()), 3)
    said = f"In this model the value is {own}; in the {ensemble.runs.n_runs} trainings that the"
    for written in (made.to_html(), made.to_markdown()):
        assert said in written and f"it is {mean} on average" in written
    alone = report(engine, engine.influence(PROBE.resolve(engine.model.vocabulary)))
    assert "on average" not in alone.to_html()


def test_only_what_holds_is_quoted_and_listed(engine: InfluenceEngine, ensemble: Influence) -> None:
    statistics = ensemble.sentence_statistics
    assert statistics is not None
    found = report(engine, ensemble).content["attribution"]
    assert found["question"] == "text" and found["runs"]["n_runs"] == N
    quoted = [*found["raising"], *found["lowering"]]
    assert len(quoted) <= statistics.holds.sum() and found["only_what_holds"]
    for entry in [*quoted, *found["documents"], *(r for g in found["groups"] for r in g["rows"])]:
        assert entry["sureness"]["holds"]
    everything = report(engine, ensemble, only_what_holds=False)
    assert len(everything.content["attribution"]["raising"]) == 5
    page = everything.to_html()
    assert page.count("clif-strip-dot") >= 10 * N
    assert page.count(f"of {N} trainings") >= 10
    assert f"of {N} trainings" in everything.to_markdown()


def test_it_reads_back_and_draws_the_same(engine: InfluenceEngine, ensemble: Influence) -> None:
    made = report(engine, ensemble, only_what_holds=False)
    assert Report.from_json(made.to_json()).to_html() == made.to_html()


def test_a_report_of_before_draws_without_sureness(
    engine: InfluenceEngine, ensemble: Influence
) -> None:
    content = json.loads(report(engine, ensemble, only_what_holds=False).to_json())
    found = content["attribution"]
    for name in ("question", "runs", "only_what_holds"):
        del found[name]
    for entry in (*found["raising"], *found["lowering"], *found["documents"]):
        del entry["sureness"]
    for group in found["groups"]:
        del group["n_holding"]
        for row in group["rows"]:
            del row["sureness"]
    old = Report(content)
    assert 'class="clif-strip"' not in old.to_html()
    assert "of 4 trainings" not in re.sub(r"(?s)## Summary.*?##", "", old.to_markdown())


def test_a_report_of_one_training_says_so_and_names_no_group(engine: InfluenceEngine) -> None:
    resolved = PROBE.resolve(engine.model.vocabulary)
    made = report(engine, engine.influence(resolved))
    said = " ".join(made.content["summary"])
    assert phrases.ONE_RUN in said and "leaving out" not in said
    assert phrases.REMOVED in made.to_html()
    assert any(phrases.REMOVED_IN_FULL in limit for limit in made.content["limits"])


def test_metadata_called_as_a_statistic_is_not_taken_for_it(ensemble: Influence) -> None:
    statistics = ensemble.document_statistics
    assert statistics is not None
    n = len(statistics.effect)
    table = statistics.beside(pd.DataFrame({"holds": ["a string"] * n, "low": range(n)}))
    found = sure_part(table, ensemble)
    assert found is not None
    assert found["holds"].tolist() == statistics.holds.tolist()
    assert found["low"].tolist() == statistics.low.tolist()
