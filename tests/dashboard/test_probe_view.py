"""The Probe view: empty, answered, and every way in which a probe can be wrong."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from clif_core import phrases
from clif_core.probes import (
    Formula,
    Similarity,
    Weat,
    catalogue,
    find_probe,
    from_dict,
    parse_probe,
    probe_text,
)
from clif_core.probes.registry import KINDS
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace
from dashboard.data import suggested_probes
from dashboard.views.probe import forms as probe_forms
from dashboard.views.probe.family_form import FAMILIES
from dashboard.wording import say

RunView = Callable[..., AppTest]
SETS = (("he", "his", "him", "man"), ("she", "her", "women", "woman"))
SETS += (("government", "minister", "police", "force"), ("people", "family", "children", "home"))


def weat(**changes: object) -> dict[str, object]:
    probe = Weat("lee", *SETS, "men", "women", "power", "home")
    return {**probe.to_dict(), **changes}


def html_of(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def test_an_empty_view_offers_a_probe(run_view: RunView) -> None:
    app = run_view("probe")
    assert not app.exception
    assert "Nothing asked yet" in html_of(app)
    app.button(key="probe_try").click().run()
    assert not app.exception
    assert "<b>Effect size</b><strong>" in html_of(app)
    assert 'role="alert"' not in html_of(app)


def test_a_probe_in_the_url_is_answered(run_view: RunView) -> None:
    app = run_view("probe", probe=json.dumps(weat()))
    assert not app.exception
    shown = html_of(app)
    assert "Difference of means" in shown
    assert "Random words give" in shown
    assert 'role="alert"' not in shown
    assert app.text_area(key=f"probe_words_x_{Weat(**_fields(weat())).key}").value == ", ".join(
        SETS[0]
    )


def _fields(description: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in description.items() if k != "kind"}


def test_lost_words_are_named_with_what_is_near(run_view: RunView) -> None:
    lost = [*SETS[0], "Womenn"]
    app = run_view("probe", probe=json.dumps(weat(targets_x=lost)))
    assert "1 not in this model" in html_of(app)
    assert "Womenn" in html_of(app)
    assert "near: women" in html_of(app)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targets_x": []}, "is empty"),
        ({"targets_x": list(SETS[1])}, "stand both in"),
        ({"targets_x": ["xyzzy", "plugh"]}, "no word of 'men'"),
        ({"kind": "nonsense"}, "unknown kind of probe"),
    ],
)
def test_a_probe_without_answer_says_why_and_the_form_stays(
    run_view: RunView, changes: dict[str, object], message: str
) -> None:
    app = run_view("probe", probe=json.dumps(weat(**changes)))
    assert not app.exception
    assert message in html.unescape(html_of(app))
    assert app.selectbox(key="probe_catalogue")


def test_a_form_with_a_mistake_loses_nothing(run_view: RunView) -> None:
    app = run_view("probe", probe=json.dumps(weat()))
    key = Weat(**_fields(weat())).key  # type: ignore[arg-type]
    app.text_area(key=f"probe_words_x_{key}").set_value("she, he")
    _submit(app)
    app.run()
    assert "&#39;she&#39; stands both in &#39;men&#39; and in &#39;women&#39;" in html_of(app)
    assert app.text_area(key=f"probe_words_x_{key}").value == "she, he"


def _submit(app: AppTest) -> None:
    next(b for b in app.button if b.label == "Measure").click()


def test_measure_brings_its_answer_or_what_was_wrong_into_view(run_view: RunView) -> None:
    app = run_view("probe", probe=json.dumps(weat()))
    key = Weat(**_fields(weat())).key
    into_view = "scrollIntoView"
    assert into_view not in html_of(app)
    app.text_area(key=f"probe_words_x_{key}").set_value("")
    app.button(key=f"probe_measure_weat_{key}").click().run()
    assert 'getElementById("probe-problem")' in html_of(app)
    app.text_area(key=f"probe_words_x_{key}").set_value("police, minister")
    app.button(key=f"probe_measure_weat_{key}").click().run()
    assert 'getElementById("probe-answer")' in html_of(app)
    assert into_view not in html_of(app.run())  # once for each press


def test_a_name_is_asked_for_where_no_word_of_its_set_is_left(run_view: RunView) -> None:
    app = run_view("probe", probe=json.dumps(weat()))
    key, label = Weat(**_fields(weat())).key, weat()["label_x"]

    def is_asked(words: str) -> bool:
        app.text_area(key=f"probe_words_x_{key}").set_value(words).run()
        return any("still called" in c.value and label in c.value for c in app.caption)

    assert not is_asked(f"{weat()['targets_x'][0]}, minister")
    assert is_asked("minister, force")
    app.text_input(key=f"probe_label_x_{key}").set_value("offices")
    assert not is_asked("minister, force")


def test_a_similarity_is_measured_from_the_form(run_view: RunView) -> None:
    app = run_view("probe", probe=json.dumps(Similarity("police", "government").to_dict()))
    assert not app.exception
    assert "police and government have a cosine of" in html_of(app).replace("Police", "police")


def formula_form(run_view: RunView, expression: str, positive: str = "") -> AppTest:
    app = run_view("probe")
    app.segmented_control[0].set_value("formula").run()
    app.text_area(key="probe_formula_new").set_value(expression)
    app.text_input(key="probe_positive_new").set_value(positive)
    _submit(app)
    return app.run()


def test_a_formula_is_measured_and_goes_on_to_the_text(run_view: RunView) -> None:
    expression = "mean(cos({he, him}, {police, force})) - mean(cos({she, her}, {police, force}))"
    app = formula_form(run_view, expression, "Positive: force goes with men.")
    assert not app.exception
    page = html_of(app)
    assert "The probe's value is" in html.unescape(page)
    assert "Positive: force goes with men." in page
    asked = app.session_state["clif_selection"].probe
    assert Formula(expression, expression, {}, "Positive: force goes with men.").to_dict() == asked
    assert json.loads(app.query_params["probe"]) == json.loads(json.dumps(asked))
    assert not app.button(key="probe_to_text").disabled


def test_a_mistake_in_a_formula_is_pointed_at_and_the_formula_stays(run_view: RunView) -> None:
    app = formula_form(run_view, "cos(police, government")
    assert not app.exception
    assert "Formula, character 23: expected" in html_of(app)
    pointed = app.code[0].value.splitlines()
    assert pointed[1].index("^") == pointed[0].index("government") + len("government")
    assert app.text_area(key="probe_formula_new").value == "cos(police, government"
    assert app.session_state["clif_selection"].probe is None


def test_a_formula_with_an_unknown_function_names_those_there_are(run_view: RunView) -> None:
    app = formula_form(run_view, "median(cos({he, him}, police))")
    assert "there is no function &#39;median&#39;; there are cos, dot, distance," in html_of(app)


def test_a_probe_file_is_read_back() -> None:
    probe = find_probe("weat_6")
    assert parse_probe(probe_text(probe).encode()) == probe


def test_the_default_probe_loses_as_few_words_as_can_be(lee: tuple[SkipGram, Corpus]) -> None:
    model = lee[0]
    offered = suggested_probes.default_probe(Bundle(model, {})).probe
    best = suggested_probes.n_missing(offered, model.vocabulary)
    others = [suggested_probes.n_missing(e.probe, model.vocabulary) for e in catalogue()]
    assert best == min(others)


def test_a_sample_offers_its_own_question(lee: tuple[SkipGram, Corpus]) -> None:
    card = {"probes": [{"name": "clif_career"}]}
    assert suggested_probes.default_probe(Bundle(lee[0], card)).probe.name == "clif_career"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.00174, "0.0017"), (-0.2, "−0.20"), (0.0, "0"), (1.525, "1.52"), (12.34, "12.3")],
)
def test_numbers_are_plain_decimals(value: float, shown: str) -> None:
    assert phrases.number(value) == shown


_HOME, _POWER = ["people", "family", "home"], ["government", "minister", "police"]
_PAIRS = [["he", "she"], ["his", "her"], ["man", "woman"]]
FAMILY_EXAMPLES: tuple[dict[str, object], ...] = (
    {"kind": "single_weat", "word": "he", "attributes_a": _POWER, "attributes_b": _HOME},
    {"kind": "axis", "targets": ["he", "she"], "pole_a": _POWER, "pole_b": _HOME},
    {"kind": "ripa", "targets": _POWER, "pairs": _PAIRS},
    {"kind": "projection", "targets": _POWER, "pairs": _PAIRS, "label": "power"},
    {"kind": "direct_bias", "targets": _POWER, "pairs": _PAIRS, "strictness": 0.5},
    {"kind": "relative_norm_distance", "targets_x": SETS[0], "targets_y": SETS[1],
     "attributes": _HOME},
    {"kind": "mac", "targets": ["he", "she"], "attribute_sets": [_POWER, _HOME],
     "labels": ["power", "at home"]},
    {"kind": "coherence", "targets_x": SETS[0], "targets_y": SETS[1], "attributes": _HOME + _POWER},
    {"kind": "neighbour_margin", "word": "police", "neighbour": "force", "rank": 5},
    {"kind": "analogy_margin", "a": "he", "b": "his", "c": "she", "expected": "her"},
)  # fmt: skip


def test_every_family_but_position_has_a_form() -> None:
    assert {str(e["kind"]) for e in FAMILY_EXAMPLES} == set(FAMILIES)
    assert set(KINDS) - set(FAMILIES) - set(probe_forms.KINDS_WITH_A_FORM) == {"position"}


@pytest.mark.parametrize("example", FAMILY_EXAMPLES, ids=lambda e: str(e["kind"]))
def test_a_form_gives_back_the_probe_that_it_shows(
    run_view: RunView, example: dict[str, object]
) -> None:
    asked = from_dict(example)
    app = run_view("probe", probe=json.dumps(asked.to_dict()))
    assert not app.exception
    assert app.selectbox(key=f"probe_family_{asked.key}").value == asked.kind
    _submit(app)
    app.run()
    assert 'role="alert"' not in html_of(app)
    assert from_dict(app.session_state["clif_selection"].probe).key == asked.key


def test_a_family_is_asked_from_nothing(run_view: RunView) -> None:
    app = run_view("probe")
    app.segmented_control[0].set_value("more").run()
    app.selectbox(key="probe_family_new").set_value("projection").run()
    _submit(app)
    app.run()
    assert "is empty" in html_of(app)
    app.text_area(key="probe_targets_projection_new").set_value("police, force")
    app.text_area(key="probe_pairs_projection_new").set_value("he, she\nman, woman, child")
    _submit(app)
    app.run()
    assert "A pair is two different words" in html_of(app)
    app.text_area(key="probe_pairs_projection_new").set_value("he, she\nman, woman")
    _submit(app)
    app.run()
    asked = app.session_state["clif_selection"].probe
    assert (asked["kind"], asked["pairs"]) == ("projection", [["he", "she"], ["man", "woman"]])
    assert asked["label_first"] == "first of the pairs"


def test_the_verdict_stands_with_its_reason(run_view: RunView) -> None:
    page = html.unescape(html_of(run_view("probe", probe=json.dumps(weat()))))
    assert '<p class="clif-verdict">' in page
    assert "so the verdict is of this one training" in page
    few = weat(targets_x=["he", "man"], targets_y=["she", "woman"])
    page = html_of(run_view("probe", probe=json.dumps(few)))
    assert '<p class="clif-answer">Cannot be tested with so few words: a difference' in page
    assert '<p class="clif-verdict">So few words allow no p below' in page  # named once
    assert "do not lean" not in page


def test_probes_tried_are_kept_counted_once_and_cleared(run_view: RunView, home: Workspace) -> None:
    model = home.open_model("lee").model
    app = run_view("probe", probe=json.dumps(weat()))
    run_view("probe", probe=json.dumps(Similarity("police", "government").to_dict()))
    renamed = weat(name="again", targets_x=list(SETS[1]), targets_y=list(SETS[0]))
    app = run_view("probe", probe=json.dumps(renamed))
    assert "Corrected over the 2 probes tried on this model" in html_of(app)
    app.session_state["probe_tabs"] = say("probe.tab_tried")
    app.run()
    assert any(c.value.startswith("2 different questions") for c in app.caption)
    tried = home.probes_tried(model)
    assert tried.entries[0].labels == ("lee", "again")
    app.button(key="probe_tried_clear").click().run()
    assert not app.exception
    assert [entry.labels for entry in home.probes_tried(model).entries] == [("again",)]


def test_every_tab_draws_when_it_is_opened(run_view: RunView) -> None:
    app = run_view("probe", probe=json.dumps(weat()))
    drawn = []
    for name in ("words", "carried", "nulls", "tried"):
        app.session_state["probe_tabs"] = say(f"probe.tab_{name}")
        app.run()
        assert not app.exception
        assert 'role="alert"' not in html_of(app)
        drawn.append((len(app.get("plotly_chart")), len(app.dataframe)))
    assert drawn == [(1, 0), (1, 0), (1, 0), (0, 1)]  # none but the open one


def test_a_damaged_list_of_probes_tried_is_said_and_the_answer_stays(
    run_view: RunView, home: Workspace
) -> None:
    model = home.open_model("lee").model
    (home.home / "tried").mkdir()
    (home.home / "tried" / f"{model.content_hash}.json").write_text("{")
    app = run_view("probe", probe=json.dumps(weat()))
    app.session_state["probe_tabs"] = say("probe.tab_tried")
    app.run()
    assert not app.exception
    assert "is damaged" in html_of(app)
    assert "<b>Effect size</b><strong>" in html_of(app)
