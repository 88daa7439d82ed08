"""The Lab view: its choices, points by numbers and by clicks, edits in the link, absurd links."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from seen import html_of, unfold
from streamlit.testing.v1 import AppTest

from clif_core.mixture.points import Edit, Points, sample_points
from dashboard.links import from_query, to_query
from dashboard.selection import Selection
from dashboard.views.lab import plane, results

Run = Callable[..., AppTest]
STEPS = {"lab_regime": "two_steps", "lab_trained": "nll"}


@pytest.fixture(autouse=True)
def few_points(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Eight points of each component; all else is the real thing."""

    def few(seed: int, edits: list[Edit]) -> Points:
        whole = sample_points(seed)
        kept = [c * 50 + i for c in range(3) for i in range(8)]
        points = Points(whole.places[kept], whole.labels[kept])
        from clif_core.mixture.points import _edited

        for edit in edits:
            points = _edited(points, edit)
        return points

    monkeypatch.setattr(results, "sample_points", few)
    yield


def test_a_point_its_effects_and_all_four_ways(run_view: Run) -> None:
    app = run_view("lab", **STEPS, lab_point="3", lab_asked="nll")
    assert not app.exception
    page = html_of(app)
    assert "The NLL of point 3 is" in page
    assert "Leaving out point" in page
    assert page.count("matched") == 2
    assert page.count("cross") == 2
    assert len(app.get("plotly_chart")) == 2
    assert any("Matched loss" in caption.value for caption in app.caption)
    frame = unfold(app, "lab_effects")
    assert list(frame["point"]) == list(range(24))
    assert frame[["estimated", "trained_without"]].abs().to_numpy().max() > 0


def test_to_rest_the_estimate_is_right(run_view: Run) -> None:
    app = run_view("lab", lab_trained="nll", lab_asked="kl")
    assert not app.exception
    frame = unfold(app, "lab_effects")
    assert frame["estimated"].corr(frame["trained_without"]) > 0.9
    assert any("Cross loss" in caption.value for caption in app.caption)


def test_moving_and_adding_points_by_numbers(run_view: Run) -> None:
    app = run_view("lab", **STEPS)
    before = unfold(app, "lab_effects")
    app.number_input(key="lab_x").set_value(3.0).run()
    assert app.session_state["clif_selection"].lab_edits[-1][:2] == (0, 3.0)
    after = unfold(app, "lab_effects")
    assert after["x"][0] == 3.0
    assert (after["estimated"] != before["estimated"]).any()
    app.button(key="lab_add").click().run()
    assert len(unfold(app, "lab_effects")) == 25
    assert app.session_state["clif_selection"].lab_point == 24
    app.button(key="lab_undo").click().run()
    assert len(unfold(app, "lab_effects")) == 24
    app.button(key="lab_reset").click().run()
    assert app.session_state["clif_selection"].lab_edits == ()
    app.number_input(key="lab_point").set_value(0).run()
    assert unfold(app, "lab_effects").equals(before)


def test_switches_change_the_link(run_view: Run) -> None:
    app = run_view("lab", **STEPS)
    app.number_input(key="lab_point").set_value(5).run()
    app.number_input(key="lab_seed").set_value(2).run()
    selection = app.session_state["clif_selection"]
    assert (selection.lab_point, selection.lab_seed) == (5, 2)
    assert not app.exception


def test_what_a_click_does(run_view: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    points = sample_points(1)
    ground = results.Ground(points.places[:4] + 1, points.labels[:4], points.places[:4, 0])
    kept: dict[str, object] = {}
    monkeypatch.setattr(plane.state, "current", lambda: Selection(lab_point=9))
    monkeypatch.setattr(plane.state, "update", lambda **changes: kept.update(changes))

    def click(trace: int, at: int, hand: str) -> dict[str, object]:
        kept.clear()
        clicked = {"selection": {"points": [{"curve_number": trace, "point_index": at}]}}
        plane._take_click(clicked, points, ground, hand)  # type: ignore[arg-type]
        return dict(kept)

    assert click(2, 30, "ask") == {"lab_point": 30}
    assert click(1, 2, "ask") == {}
    x, y = (round(float(v), 2) for v in ground.places[2])
    assert click(1, 2, "move") == {"lab_edits": ((9, x, y, 0),), "lab_point": 9}
    assert click(1, 2, "add") == {"lab_edits": ((150, x, y, 0),), "lab_point": 150}
    assert click(3, 0, "move") == {}


def test_edits_survive_the_link_and_nonsense_does_not() -> None:
    edits = ((3, 1.25, -2.0, 1), (150, 0.0, 7.5, 2))
    query = to_query(Selection(lab_edits=edits, lab_point=4, lab_regime="two_steps"))
    assert from_query(query).lab_edits == edits
    assert from_query(query).lab_regime == "two_steps"
    for bad in ("x", "1:2:3", "1:2:3:4:5", "-1:0:0:0", ";"):
        assert from_query({"lab_edits": bad}).lab_edits == ()
    assert from_query({"lab_regime": "<script>"}).lab_regime == "converged"


@pytest.mark.parametrize("edits", ["999:0:0:0", "0:nan:0:0", "0:1e9:0:0", "0:0:0:7"])
def test_an_absurd_link_is_refused_in_words(run_view: Run, edits: str) -> None:
    app = run_view("lab", **STEPS, lab_edits=edits)
    assert not app.exception
    assert "makes no sense" in html_of(app)
    app.button[0].click().run()
    assert len(app.get("plotly_chart")) == 2
