"""Words that a person types into the page: matched, marked before they are sent, and mended."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from clif_core.sgns.bundle import Bundle
from clif_core.workspace.workspace import Workspace
from tests.peoples_words import DIFFERENCE, EFFECT, SETS, decomposed, german, weat

RunView = Callable[..., AppTest]


def shown(app: AppTest) -> str:
    return html.unescape(" ".join(element.proto.body for element in app.get("html")))


def selection(app: AppTest) -> dict[str, object]:
    return json.loads(app.query_params["probe"])  # type: ignore[no-any-return]


@pytest.fixture
def form(home: Workspace, run_view: RunView) -> AppTest:
    """The empty form of word sets on the German model."""
    home.keep_model(Bundle(german(), {"title": "German"}), None)
    return run_view("probe", model="german")


def fill(app: AppTest, *texts: str) -> AppTest:
    for side, text in zip("xyab", texts, strict=False):
        app.text_area(key=f"probe_words_{side}_new").set_value(text)
    return app.run()


def send(app: AppTest) -> AppTest:
    next(button for button in app.button if button.label == "Measure").click()
    return app.run()


def test_words_of_two_parts_are_found_joined(form: AppTest) -> None:
    """The values of words that the model joins by "_", with commas between."""
    app = fill(
        form, "New York, Mann, Vater", "San Francisco, Frau, Mutter", "Karriere, Büro",
        "Familie, Kinder",
    )  # fmt: skip
    assert "New York → New_York: differs in “_” for a blank" in shown(app)
    app = send(app)
    assert not app.exception
    page = shown(app)
    assert "<strong>1.77</strong>" in page and "<strong>1.30</strong>" in page
    assert "New York → New_York, San Francisco → San_Francisco" in page
    assert "New York, Mann … lean more towards Karriere and Büro" in page
    assert "X and Y" not in page


@pytest.mark.parametrize("written", [str, str.lower, str.upper, decomposed])
def test_lists_in_any_case_and_form_give_the_same(
    form: AppTest, written: Callable[[str], str]
) -> None:
    app = send(fill(form, *(", ".join(map(written, words)) for words in SETS)))
    page = shown(app)
    assert f"<strong>{EFFECT:.2f}</strong>" in page and f"<strong>{DIFFERENCE:.2f}</strong>" in page
    assert "not in this model" not in page


def test_what_is_lost_is_marked_before_it_is_sent_and_mended_by_a_click(form: AppTest) -> None:
    app = fill(form, "Mann, Vatter, xyzzy")
    page = shown(app)
    assert "Vatter" in page and "not here; perhaps" in page
    assert "xyzzy" in page and "nothing spelt like it" in page
    assert "probe" not in app.query_params  # nothing was asked yet
    app.button(key="probe_words_x_new_take_Vatter_Vater").click().run()
    assert app.text_area(key="probe_words_x_new").value == "Mann, Vater, xyzzy"
    assert "Vatter" not in shown(app)


def test_words_side_by_side_are_parted_by_a_click(form: AppTest) -> None:
    app = fill(form, "Mann Vater, Onkel")
    app.button(key="probe_words_x_new_take_Mann Vater_Mann, Vater").click().run()
    assert app.text_area(key="probe_words_x_new").value == "Mann, Vater, Onkel"


@pytest.mark.parametrize(
    "text", ["['Mann', 'Vater']", "Mann\nVater\n", "Mann；Vater", "“Mann”, Vater,"]
)
def test_pasted_lists_are_read(form: AppTest, text: str) -> None:
    app = send(fill(form, text, "Frau, Mutter", "Karriere, Büro", "Familie, Kinder"))
    assert selection(app)["targets_x"] == ["Mann", "Vater"]


def test_one_word_of_two_parts_stays_one_in_the_form(home: Workspace, run_view: RunView) -> None:
    home.keep_model(Bundle(german(), {"title": "German"}), None)
    asked = weat(("New York",), ("San Francisco",), *SETS[2:])
    app = run_view("probe", model="german", probe=json.dumps(asked.to_dict()))
    assert app.text_area(key=f"probe_words_x_{asked.key}").value == '"New York"'
    app.radio(key=f"probe_quantity_{asked.key}").set_value("effect_size")
    app = send(app)
    assert selection(app)["targets_x"] == ["New York"]


def test_lists_in_the_language_of_the_model_are_offered(form: AppTest) -> None:
    menu = form.selectbox(key="probe_catalogue")
    assert any("German: male and female names" in option for option in menu.options)
    assert not any("Flowers" in option for option in menu.options)
    (language,) = [box for box in form.selectbox if box.label == "Language"]
    assert language.value == "de"
    assert "German, guessed from the model's words" in language.help
    language.set_value("en").run()
    assert not any("German" in option for option in form.selectbox(key="probe_catalogue").options)


def test_the_map_finds_a_word_in_another_case_and_completes(
    home: Workspace, run_view: RunView
) -> None:
    home.keep_model(Bundle(german(), {"title": "German"}), None)
    for typed, word in (
        ("GROSSVATER", "Großvater"),
        ("new york", "New_York"),
        ("karr", "Karriere"),
    ):
        app = run_view("word_map", model="german")
        app.session_state["map_without_webgl"] = True  # the living map completes in the browser
        app.run()
        app.text_input("map_search").set_value(typed).run()
        assert app.query_params["word"] in (word, [word])


def test_a_word_of_a_formula_is_mended_by_a_click(home: Workspace, run_view: RunView) -> None:
    home.keep_model(Bundle(german(), {"title": "German"}), None)
    app = run_view("probe", model="german")
    app.button_group(key="probe_kind_new").set_value("formula").run()
    field = app.text_area(key="probe_formula_new")
    field.set_value("cos(Vatter, Mann) - cos(frau, Vatter)").run()
    page = shown(app)
    assert "Vatter" in page and "not here; perhaps" in page
    assert "frau → Frau: differs in case" in page
    app.button(key="probe_formula_new_take_Vatter_Vater").click().run()
    assert app.text_area(key="probe_formula_new").value == "cos(Vater, Mann) - cos(frau, Vater)"
    assert "Vatter" not in shown(app)


def test_a_word_of_a_pair_is_mended_by_a_click(home: Workspace, run_view: RunView) -> None:
    home.keep_model(Bundle(german(), {"title": "German"}), None)
    app = run_view("probe", model="german")
    app.button_group(key="probe_kind_new").set_value("more").run()
    app.selectbox(key="probe_family_new").set_value("direct_bias").run()
    key = next(field.key for field in app.text_area if "pairs" in str(field.key))
    app.text_area(key=key).set_value("Mann, Frau\nVatter, Mutter").run()
    app.button(key=f"{key}_take_Vatter_Vater").click().run()
    assert app.text_area(key=key).value == "Mann, Frau\nVater, Mutter"


def test_compare_finds_a_word_in_another_spelling_and_offers_others(
    home: Workspace, run_view: RunView
) -> None:
    for name, change in (("german", str), ("apart", decomposed)):
        model = replace(german(change), name=name)
        home.keep_model(Bundle(model, {"title": name}), None)
    app = run_view("compare", model="german", other_model="apart", word="Büro")
    page = shown(app)
    assert "differs in Unicode form" in page
    assert "This model does not have the word." not in page
    app.text_input("compare_word").set_value("Vatter").run()
    assert "not here; perhaps" in shown(app)
    app.button(key="compare_word_0_take_Vatter_Vater").click().run()
    assert app.query_params["word"] in ("Vater", ["Vater"])


def test_a_word_of_the_maps_set_is_mended_by_a_click(home: Workspace, run_view: RunView) -> None:
    home.keep_model(Bundle(german(), {"title": "German"}), None)
    app = run_view("word_map", model="german", words="Mann,Vatter")
    app.session_state["map_panel"] = "set"
    app.run()
    app.button(key="map_paste_take_Vatter_Vater").click().run()
    assert app.query_params["words"] in ("Mann,Vater", ["Mann,Vater"])
