"""The Trust view: a model judged by real retrainings, one that never was, and the live part."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from seen import html_of
from streamlit.testing.v1 import AppTest

from clif_core.evaluation import Retrainings, Table, add_to_card, judge, random_sets
from clif_core.evaluation.sets import Trial
from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Similarity, Weat
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.storage.store import Store
from clif_core.text.corpus import Corpus
from clif_core.training import train
from clif_core.workspace.workspace import Workspace
from dashboard.data import agreement
from dashboard.data.attribution import Answer
from dashboard.widgets import fidelity_words

Run = Callable[..., AppTest]
PROBE = Weat("lee", ("he", "his"), ("she", "her"), ("government", "police"), ("people", "family"),
             "men", "women", "power", "home")  # fmt: skip
URL = json.dumps(PROBE.to_dict())
MADE = {"command": "test", "date": "today", "machine": "here", "n_seeds": 1,
        "kind": "coupled, same seed"}  # fmt: skip


@pytest.fixture(scope="module")
def engine(lee: tuple[SkipGram, Corpus]) -> InfluenceEngine:
    """The stories' model, trained once more by the trainer whose run can be repeated."""
    model, corpus = lee
    settings = replace(model.require_settings(), backend="coupled")
    return InfluenceEngine(replace(train(corpus, settings), name="lee"), corpus)


@pytest.fixture(scope="module")
def table(engine: InfluenceEngine, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Eight retrainings of the small model, each without a tenth of its stories."""
    model, corpus = engine.model, engine.corpus
    store = Store(tmp_path_factory.mktemp("judged"))
    probes = [p.resolve(model.vocabulary) for p in (PROBE, Similarity("police", "people"))]
    trial: Trial = random_sets(corpus, probes, 0.1, 8)
    retrainings = Retrainings(store, model, corpus)
    retrainings.train_all(trial.all_edits, [retrainings.own_seed])
    return judge(retrainings, engine, trial, ["unrolled", "block", "gradient", "random"])


@pytest.fixture
def judged(home: Workspace, table: Table, engine: InfluenceEngine) -> Workspace:
    path = home.keep_model(Bundle(engine.model, {"title": "Judged"}), engine.corpus)
    add_to_card(path, [table], MADE, engine.model.content_hash)
    return home


def test_a_judged_model_says_so_in_words_and_charts(judged: Workspace, run_view: Run) -> None:
    app = run_view("trust", probe=URL)
    assert not app.exception
    page = html_of(app)
    assert "That did not work" not in page
    assert "at random: the exact derivative ranked the measured changes with agreement" in page
    assert "8 retrainings of this very training" in page
    assert len(app.get("plotly_chart")) == 3
    assert app.selectbox(key="trust_points").options[0].endswith("lee")


def test_verdicts_follow_from_the_figures(table: Table) -> None:
    row = next(r for r in table.rows if r.estimator == "unrolled")
    assert f"{row.lds:.2f}" in fidelity_words.verdict(table)
    for slope, told in ((1.05, "true to size"), (0.7, "overstates"), (1.4, "understates"),
                        (-0.2, "cannot be believed")):  # fmt: skip
        only = replace(table, rows=(replace(row, slope=slope),))
        assert told in fidelity_words.sizes(only)[0]
    signs = replace(table, rows=(replace(row, sign_agreement=0.75),))
    assert "in 75" in fidelity_words.sizes(signs)[0]
    each = replace(table, kind="strongest")
    assert "For each probe" in fidelity_words.kind_of_truth(each, dict(MADE))
    assert "averaged" in fidelity_words.kind_of_truth(table, {"kind": "cold, mean", "n_seeds": 4})
    assert f"{row.lds:.2f}" in fidelity_words.fidelity_note([table], "unrolled")
    assert fidelity_words.fidelity_note([table], "absolute") == ""


def test_a_mean_slope_of_one_is_not_called_true_where_probes_differ(table: Table) -> None:
    row = next(r for r in table.rows if r.estimator == "unrolled")
    probe = row.per_probe[0]

    def said(*slopes: float) -> str:
        each = tuple(replace(probe, slope=slope) for slope in slopes)
        only = replace(row, slope=sum(slopes) / len(slopes), per_probe=each)
        return fidelity_words.sizes(replace(table, rows=(only,)))[-1]

    assert "is true to size: " in said(0.86, 1.04)
    assert "0.86 to 1.04 from probe to probe" in said(1.04, 0.86)
    assert "in the mean of the probes alone" in said(0.58, 1.4)
    assert "from probe to probe" not in said(1.0)


def test_a_table_of_another_model_is_not_shown(
    home: Workspace, table: Table, run_view: Run
) -> None:
    add_to_card(home.home / "models" / "lee", [table], MADE, "another hash")
    page = html_of(run_view("trust", probe=URL))
    assert "earlier training" in page
    assert "ranked the measured changes" not in page


def test_without_a_table_the_live_part_stands(run_view: Run) -> None:
    app = run_view("trust")
    assert "was not judged" in html_of(app)
    app.button(key="trust_try").click().run()
    assert not app.exception
    page = html_of(app)
    assert "Do the estimates agree?" in page and "not computed yet" in page
    assert len(app.get("plotly_chart")) == 1


def test_estimates_agree_with_themselves_and_less_with_others(engine: InfluenceEngine) -> None:
    resolved = PROBE.resolve(engine.model.vocabulary)
    answers = {
        name: Answer(
            engine, engine.influence(resolved, "block", damping=damping), resolved, (name,)
        )
        for name, damping in (("block", 10.0), ("gradient", 10.0), ("exact", 1000.0))
    }
    table = agreement.compare(answers).set_index(["first", "second"])
    same, other = table.loc[("block", "gradient")], table.loc[("block", "exact")]
    assert same["rank_correlation"] == pytest.approx(1)
    assert same["shared"] == agreement.N_TOP > other["shared"]
    assert 0 < other["rank_correlation"] < 1


def test_the_sweep_spans_four_decades_and_meets_the_default(run_view: Run, home: Workspace) -> None:
    assert agreement.DAMPINGS[-1] / agreement.DAMPINGS[0] == pytest.approx(1e4)
    assert 10.0 in agreement.DAMPINGS
    model = home.open_model("lee").model
    corpus = home.open_corpus(model)
    assert corpus is not None
    table = agreement.sweep(InfluenceEngine(model, corpus), PROBE.resolve(model.vocabulary))
    at_default = table[table["damping"] == 10.0].iloc[0]
    assert (at_default["shared"], at_default["rank_correlation"]) == (100, pytest.approx(1))
    assert np.all(table["shared"] <= 100)


def test_two_random_choices_share_what_chance_gives() -> None:
    rng = np.random.default_rng(0)
    shared = [len(np.intersect1d(rng.choice(2000, 100, False), rng.choice(2000, 100, False)))
              for _ in range(300)]  # fmt: skip
    assert np.mean(shared) == pytest.approx(agreement.chance_overlap(2000), rel=0.1)


def test_the_choice_of_an_estimate_shows_how_true_it_was(judged: Workspace, run_view: Run) -> None:
    app = run_view("influence", probe=URL)
    app.session_state["influence_method"] = True  # opens the popover
    app.run()
    captions = app.radio(key="influence_estimator").proto.captions
    judged_so = [caption for caption in captions if "Here: agreement" in caption]
    assert len(judged_so) == 3  # unrolled, block, gradient
