"""The two questions on the screen: this text, any training on it, and this model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from seen import ASKED, PROBE, html_of, selected, unfold
from streamlit.testing.v1 import AppTest

from clif_core import phrases
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.ensemble import RunsInMemory, seeds_of
from clif_core.influence.result import Influence
from clif_core.influence.stored_runs import StoredRuns
from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace
from dashboard.charts.influence import strongest_both_ways

RunView = Callable[..., AppTest]
N = 5


@pytest.fixture(scope="module")
def runs(lee: tuple[SkipGram, Corpus]) -> RunsInMemory:
    """``N`` trainings of the small model's text, differentiated."""
    model, corpus = lee
    kept = RunsInMemory()
    InfluenceEngine(model, corpus).gather_runs([PROBE.resolve(model.vocabulary)], kept, n_runs=N)
    return kept


def put(home: Workspace, runs: RunsInMemory, n: int) -> Influence | None:
    """Store the first ``n`` runs where the app finds them; what they say together."""
    model = home.open_model("lee").model
    corpus = home.open_corpus(model)
    assert corpus is not None and model.settings is not None
    engine, resolved = home.open_engine(model, corpus), PROBE.resolve(model.vocabulary)
    stored = StoredRuns(home.store, engine)
    for seed in seeds_of(model.settings.seed, n):
        run = runs.find(resolved, seed)
        assert run is not None
        stored.keep(resolved, run)
    return home.results.ensemble_at_hand(engine, resolved)


@pytest.fixture
def ensemble(home: Workspace, runs: RunsInMemory) -> Influence:
    found = put(home, runs, N)
    assert found is not None and found.runs is not None
    return found


def cards(app: AppTest) -> list[str]:
    return [e.proto.body for e in app.get("html") if "clif-card " in e.proto.body]


# --- which question


def test_the_text_is_the_default_where_its_trainings_are_at_hand(
    ensemble: Influence, run_view: RunView
) -> None:
    app = run_view("influence", probe=ASKED)
    assert not app.exception
    assert app.button_group(key="influence_question").value == "text"
    assert f"This text: {N} trainings that differ in their seed." in html_of(app)
    assert app.button(key="influence_runs").label == "More: 8 trainings"


def test_each_value_says_whose_it_is(ensemble: Influence, run_view: RunView) -> None:
    """This model's stands with the question; the effects are of other trainings' value."""
    page = html_of(run_view("influence", probe=ASKED))
    assert "In this model:" in page
    assert ensemble.runs is not None
    mean = phrases.number(float(ensemble.runs.values.mean()), 3)
    assert f"in these {N} trainings, where it is {mean} on average" in page
    effect = ensemble.top_sentences(1, "lowers", by="sure")["effect"].iloc[0]
    assert phrases.share(effect, float(ensemble.runs.values.mean())) in page
    other = html_of(run_view("influence", probe=ASKED, question="model"))
    assert "on average" not in other


def test_without_them_the_page_says_what_it_cannot_say_and_offers_them(
    home: Workspace, run_view: RunView
) -> None:
    app = run_view("influence", probe=ASKED)
    assert "cannot say what holds in others" in html_of(app)
    assert "clif-strip" not in "".join(cards(app))
    assert "influence_only_holding" not in [toggle.key for toggle in app.toggle]
    app.button(key="influence_runs").click().run()
    assert not app.exception
    (job,) = home.jobs.all()
    assert home.jobs.request(job.key)["estimator"] == "twins"
    assert (selected(app).question, selected(app).n_runs) == ("text", 8)
    app.button(key="influence_cancel").click().run()
    assert selected(app).n_runs == 0


def test_a_link_that_names_no_trainings_starts_none(home: Workspace, run_view: RunView) -> None:
    run_view("influence", probe=ASKED, question="text")
    assert home.jobs.all() == []


def test_who_asks_for_the_text_sees_two_trainings_already(
    home: Workspace, runs: RunsInMemory, run_view: RunView
) -> None:
    put(home, runs, 2)
    app = run_view("influence", probe=ASKED, question="text")
    assert "2 trainings of this text so far" in html_of(app)
    assert all("of 2 trainings" in card and "not sure" in card for card in cards(app))
    assert "by block" in html_of(run_view("influence", probe=ASKED))  # claims need four


def test_this_model_is_told_from_the_text(
    ensemble: Influence, home: Workspace, run_view: RunView
) -> None:
    app = run_view("influence", probe=ASKED, question="model")
    assert not app.exception
    page = html_of(app)
    assert "its exact derivative needs a training of our own trainer" in page
    assert f"what {N} other trainings of this text make of each sentence" in page
    shown = cards(app)
    assert all(f"of {N} other trainings" in card for card in shown)
    assert all(card.count("clif-strip-own") == 1 for card in shown)
    app.button_group(key="influence_question").set_value("text").run()
    assert not app.exception
    assert "clif-strip-own" not in "".join(cards(app))


def test_the_exact_answer_is_offered_for_this_model_alone(
    home: Workspace, run_view: RunView, lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    """Of a training that can be repeated."""
    home.keep_model(Bundle(replace(lee_model, name="coupled"), {}), lee_corpus)
    asked = {"model": "coupled", "probe": json.dumps(Similarity("police", "court").to_dict())}
    app = run_view("influence", **asked, question="model")
    assert "on the Brown sample, another training shares about a third" in html_of(app)
    assert app.button(key="influence_exact").label == "Compute the exact derivative"
    app = run_view("influence", **asked, question="text")
    assert "influence_exact" not in [button.key for button in app.button]


# --- cards


def test_a_card_has_a_dot_a_training_and_says_what_it_shows(
    ensemble: Influence, run_view: RunView
) -> None:
    shown = cards(run_view("influence", probe=ASKED))
    order = ensemble.top_sentences(5, "lowers", by="sure")["sentence"].tolist()
    statistics = ensemble.sentence_statistics
    assert statistics is not None
    for card, sentence in zip(shown[:5], order, strict=True):
        assert card.count('class="clif-strip-dot') == N
        agreed = phrases.in_trainings(int(statistics.n_agree[sentence]), N)
        assert f'aria-label="{agreed}"' in card and card.count(agreed) == 2
        assert phrases.likely(statistics.low[sentence], statistics.high[sentence]) in card
        mark = phrases.MARKS[bool(statistics.holds[sentence])]
        assert f">{mark}</span>" in card
        assert phrases.standing(bool(statistics.holds[sentence])) in card


def test_the_document_says_of_each_sentence_whether_it_holds(
    ensemble: Influence, run_view: RunView
) -> None:
    top = ensemble.top_sentences(1, "lowers", by="sure")
    app = run_view("influence", probe=ASKED, document=str(top["document"].iloc[0]))
    assert not app.exception
    hints = re.findall(r'(?<!summary) title="([^"]*)"', html_of(app))
    assert hints and all(re.search(rf"(holds|not sure), in \d of {N} trainings", h) for h in hints)


def test_only_what_holds_leaves_what_holds(ensemble: Influence, run_view: RunView) -> None:
    statistics = ensemble.sentence_statistics
    assert statistics is not None
    n_holding = [int((statistics.holds & (sign * ensemble.sentence_effects > 0)).sum())
                 for sign in (-1, 1)]  # fmt: skip
    app = run_view("influence", probe=ASKED)
    app.toggle(key="influence_only_holding").set_value(True).run()
    assert not app.exception
    assert app.query_params["holds"] == ["1"] or app.query_params["holds"] == "1"
    shown = cards(app)
    assert len(shown) == sum(min(n, 5) for n in n_holding)
    assert all("✓" in card for card in shown)
    if 0 in n_holding:
        assert any("Nothing here holds" in caption.value for caption in app.caption)


@pytest.mark.parametrize("level", ["documents", "groups", "pairs", "spread"])
@pytest.mark.parametrize("holds", ["0", "1"])
def test_every_level_draws_over_trainings(
    ensemble: Influence, run_view: RunView, level: str, holds: str
) -> None:
    app = run_view("influence", probe=ASKED, level=level, holds=holds)
    assert not app.exception
    assert 'role="alert"' not in html_of(app)


def test_a_pair_is_judged_by_the_sentences_that_hold_both_words(
    ensemble: Influence, run_view: RunView, lee: tuple[SkipGram, Corpus]
) -> None:
    corpus = lee[1]
    table = unfold(run_view("influence", probe=ASKED, level="pairs"), "influence_pairs")
    row = table.iloc[0]
    wanted = {row["centre"], row["context_word"]}
    bounds = zip(corpus.sentence_offsets[:-1], corpus.sentence_offsets[1:], strict=True)
    both = [at for at, (start, end) in enumerate(bounds)
            if wanted <= {corpus.words[w] for w in corpus.token_words[start:end]}]  # fmt: skip
    expected = ensemble.sentence_effects[both].sum()
    assert row["sentences_effect"] == pytest.approx(expected, rel=1e-3)
    assert row["n_runs"] == N


def test_bars_take_the_surest_and_stand_in_order() -> None:
    frame = pd.DataFrame({
        "effect": [-3.0, -2.0, -1.0, 1.0, 2.0], "low": [-7.0, -2.5, -1.9, 0.5, -1.0],
        "high": [1.0, -1.5, -0.1, 1.5, 5.0],
    })  # fmt: skip
    assert strongest_both_ways(frame, "effect", 2)["effect"].tolist() == [-2.0, -1.0, 1.0, 2.0]
    assert strongest_both_ways(frame, "effect", 1)["effect"].tolist() == [-2.0, 1.0]


# --- other views


def test_removed_is_defined_where_numbers_stand(ensemble: Influence, run_view: RunView) -> None:
    for view in ("influence", "what_if"):
        page = html_of(run_view(view, probe=ASKED))
        assert phrases.REMOVED in page and phrases.REMOVED_IN_FULL in page


def test_a_report_holds_only_what_holds_unless_asked(
    ensemble: Influence, run_view: RunView
) -> None:
    statistics = ensemble.sentence_statistics
    assert statistics is not None
    app = run_view("report", probe=ASKED)
    assert not app.exception
    marks = re.findall(r"<figure.*?</figure>", html_of(app), flags=re.S)
    assert len(marks) <= int(statistics.holds.sum()) and all("✓" in mark for mark in marks)
    app.toggle(key="report_only_holding").set_value(False).run()
    assert html_of(app).count("<figure") == 20
    assert selected(app).report_all


def test_what_if_says_whose_order_it_takes(ensemble: Influence, run_view: RunView) -> None:
    assert f"the strongest over {N} trainings of this text" in html_of(
        run_view("what_if", probe=ASKED)
    )


def test_a_story_says_whose_list_it_strikes_out(home: Workspace, run_view: RunView) -> None:
    """Without an ensemble the list is of this training, or of the quick estimate."""
    page = html_of(run_view("story", step="4", probe=ASKED))
    assert "no training has checked yet" in page and "hold over" not in page


def test_a_story_strikes_out_what_holds(ensemble: Influence, run_view: RunView) -> None:
    page = html_of(run_view("story", step="4", probe=ASKED))
    assert f"hold over {N} trainings of it" in page
    assert f"Over {N} trainings of the text the gap is predicted to fall by" in page
