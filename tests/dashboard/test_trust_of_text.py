"""The Trust view on *this text*: lists judged under held-out seeds, shipped or by a job."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from seen import ASKED, PROBE, html_of, selected
from streamlit.testing.v1 import AppTest

from clif_core.evaluation import ListRow, ListTable, Table, add_to_card, write_list_tables
from clif_core.evaluation.table import Row
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.ensemble import RunsInMemory, seeds_of
from clif_core.influence.estimators import ENSEMBLE, QUICK, UNROLLED
from clif_core.influence.stored_runs import StoredRuns
from clif_core.sgns.bundle import read_card, write_card
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace
from dashboard.charts.palette import LIGHT
from dashboard.charts.trust import lists_figure
from dashboard.widgets import held_out_words

Run = Callable[..., AppTest]
MADE = {"command": "python -m a_b", "date": "today", "machine": "here"}


def _row(chooser, side, by_ensemble, others, half, measured) -> ListRow:
    predicted = {ENSEMBLE: by_ensemble, UNROLLED: others, QUICK: others / 2}
    low, high = by_ensemble - half, by_ensemble + half
    return ListRow(chooser, side, 100, predicted, low, high, measured)


LISTS = ListTable(
    "police <b>", "key-1", (3_000_003, 3_000_004), 8,
    (
        _row(ENSEMBLE, "lowers", -0.2, -0.1, 0.05, (-0.2, -0.22)),
        _row(ENSEMBLE, "raises", 0.1, 0.2, 0.001, (0.06, 0.065)),
        _row(UNROLLED, "lowers", -0.1, -0.3, 0.02, (-0.11, -0.09)),
        _row("word_count", "raises", 0.02, 0.01, 0.02, (0.01, 0.03)),
        _row("random", "chance", 0.0, 0.001, 0.01, (0.002, -0.002)),
    ),
)  # fmt: skip


@pytest.fixture
def judged(home: Workspace) -> Workspace:
    path = home.home / "models" / "lee"
    other = replace(LISTS, probe="another", key="key-2", rows=LISTS.rows[:2])
    content_hash = home.open_model("lee").model.content_hash
    write_card(path, write_list_tables(read_card(path), [LISTS, other], MADE, content_hash))
    return home


def test_the_text_is_judged_in_words_a_figure_and_tables(judged: Workspace, run_view: Run) -> None:
    app = run_view("trust")
    assert not app.exception
    page = html_of(app)
    assert "5 lists of sentences, a seed ensemble of 8 runs." in page
    assert "left out under 2 other seeds" in page
    assert "For single lists that it chose: 62\u00a0% to 105\u00a0%." in page
    assert "holds the measured mean of 4 of 5 lists" in page
    assert "police &lt;b&gt;" in page and "police <b>" not in page
    assert len(app.get("plotly_chart")) == 1
    assert "The 100 that lower it most" not in page  # the table is folded under its chart
    app.session_state["table_open_trust_held_out"] = True
    app.run()
    assert html_of(app).count("The 100 that lower it most when removed, by the seed ensemble") == 1
    assert not app.get("arrow_data_frame")
    assert "`python -m a_b`" in "".join(caption.value for caption in app.caption)
    app.button_group(key="trust_lists_probe").set_value("key-2").run()
    assert not app.exception
    assert selected(app).judged == "key-2"
    assert "2 lists of sentences" in html_of(app)


def test_the_verdict_alone_says_the_figures_of_a_single_probe(
    judged: Workspace, run_view: Run
) -> None:
    assert "Probe by probe" in html_of(run_view("trust"))
    path = judged.home / "models" / "lee"
    content_hash = judged.open_model("lee").model.content_hash
    write_card(path, write_list_tables(read_card(path), [LISTS], MADE, content_hash))
    page = html_of(run_view("trust"))
    assert "62\u00a0% to 105\u00a0%" in page
    assert "Probe by probe" not in page


def test_a_link_to_a_trial_of_this_model_still_shows_it(judged: Workspace, run_view: Run) -> None:
    row = Row(QUICK, False, True, 0.5, 0.5, 0.4, 0.6, 1.0, 0.0, 0.0)
    trial = Table("1 % of the documents", "random", "documents", 0.01, 8, 1.0, (row,))
    content_hash = judged.open_model("lee").model.content_hash
    add_to_card(judged.home / "models" / "lee", [trial], MADE, content_hash)
    app = run_view("trust")
    assert app.button_group(key="trust_question").value == "text"
    app.button_group(key="trust_question").set_value("model").run()
    assert not app.exception
    assert "ranked the measured changes" in html_of(app)
    linked = run_view("trust", judged="1 % of the documents")
    assert linked.button_group(key="trust_question").value == "model"
    assert "ranked the measured changes" in html_of(linked)


def test_damaged_tables_are_named_and_the_rest_of_the_page_stands(
    judged: Workspace, run_view: Run
) -> None:
    path = judged.home / "models" / "lee"
    card = read_card(path)
    card["held_out"]["tables"][0]["rows"][0]["predicted"] = None
    write_card(path, card)
    app = run_view("trust", probe=ASKED)
    assert not app.exception
    page = html_of(app)
    assert page.count("held-out trainings on the card of") == 1
    assert "Do the estimates agree?" in page


def test_without_an_ensemble_there_is_nothing_to_judge(run_view: Run) -> None:
    app = run_view("trust", probe=ASKED)
    assert not app.exception
    assert "no answer of the text to judge yet" in "".join(c.value for c in app.caption)


def test_a_probe_of_ones_own_is_judged_by_a_job_whose_cost_is_told(
    home: Workspace, run_view: Run, lee: tuple[SkipGram, Corpus]
) -> None:
    model, corpus = lee
    engine, kept = InfluenceEngine(model, corpus), RunsInMemory()
    resolved = PROBE.resolve(model.vocabulary)
    engine.gather_runs([resolved], kept, n_runs=2)
    stored = StoredRuns(home.store, engine)
    for seed in seeds_of(1, 2):
        run = kept.find(resolved, seed)
        assert run is not None
        stored.keep(resolved, run)
    app = run_view("trust", probe=ASKED)
    assert not app.exception
    offered = app.button(key="trust_judge_1").label
    # all text; both ways by ensemble, block and counts; by chance; each under six seeds
    assert offered.startswith("Lists of 100: 48 trainings, about ")
    app.button(key="trust_judge_1").click().run()
    assert not app.exception
    (job,) = home.jobs.all()
    asked = home.jobs.request(job.key)
    assert (job.kind, asked["sizes"], asked["n_seeds"], asked["n_runs"]) == (
        "held_out", [100], 6, 2,
    )  # fmt: skip
    app.button(key="trust_judge_cancel").click().run()
    assert not app.exception
    assert home.jobs.status(job.key).state in ("cancelled", "running", "waiting")


def test_the_figure_has_a_point_and_its_intervals_a_list() -> None:
    names = [row.chooser for row in LISTS.rows]
    figure = lists_figure(LISTS.rows, names, names, ("x", "y", "equal"), LIGHT)
    line, *series = figure.data
    assert [len(one.x) for one in series] == [2, 1, 1, 1]
    assert len({one.marker.symbol for one in series}) == 4
    first = series[0]
    assert first.x[0] == pytest.approx(-0.2) and first.y[0] == pytest.approx(-0.21)
    assert first.error_x.array[0] == pytest.approx(0.05)
    reach = max(abs(x) for x in line.x)
    high = LISTS.rows[0].interval.low
    assert reach >= abs(high)


def test_cells_say_whether_an_interval_holds_and_leave_out_sizes_that_mean_nothing() -> None:
    cells = held_out_words.cells(LISTS.rows[1], [UNROLLED, "gradient"])
    assert cells[2] in ("no", "within its error")
    assert cells[-1] == "–"
    unknown = replace(LISTS.rows[0], low=float("nan"), high=float("nan"))
    assert held_out_words.cells(unknown, [])[1:] == ["–", "–"]
    assert json.dumps(held_out_words.notes(LISTS))
