"""A link shows; only a press acts. And no link breaks a view."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from clif_core.probes import Similarity
from clif_core.workspace.workspace import Workspace
from dashboard.links import CODECS, from_query, link_name
from dashboard.selection import Selection

Run = Callable[..., AppTest]
ASKED = json.dumps(Similarity("police", "government").to_dict())


@pytest.mark.parametrize("estimator", ["unrolled", "twins", "gauss_newton"])
def test_a_link_to_a_slow_estimate_starts_nothing_and_offers_it(
    run_view: Run, home: Workspace, estimator: str
) -> None:
    app = run_view("influence", probe=ASKED, estimator=estimator)
    assert not app.exception
    assert home.jobs.all() == []
    assert app.button(key="influence_offered")


def test_a_link_to_more_trainings_starts_none_and_offers_them(
    run_view: Run, home: Workspace
) -> None:
    app = run_view("influence", probe=ASKED, question="text", runs="8")
    assert not app.exception
    assert home.jobs.all() == []
    app.button(key="influence_offered").click().run()
    (job,) = home.jobs.all()
    home.jobs.cancel(job.key)


def test_the_press_starts_it(run_view: Run, home: Workspace) -> None:
    app = run_view("influence", probe=ASKED, estimator="ensemble")
    app.button(key="influence_offered").click().run()
    assert not app.exception
    (job,) = home.jobs.all()
    assert job.kind == "walk"
    home.jobs.cancel(job.key)


def test_a_choice_on_the_page_is_a_press(run_view: Run, home: Workspace) -> None:
    app = run_view("influence", probe=ASKED)
    app.button(key="influence_runs").click().run()
    (job,) = home.jobs.all()
    home.jobs.cancel(job.key)


def test_a_link_trains_nothing_in_the_lab(run_view: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("trained")

    monkeypatch.setattr("dashboard.views.lab.results.ground", refuse)
    app = run_view("lab", lab_seed="77")
    assert not app.exception
    assert app.button(key="lab_linked")


@pytest.mark.parametrize("clustering", ["kmeans:4", "islands:5"])
def test_a_link_to_a_clustering_offers_it_and_the_press_computes_it(
    run_view: Run, monkeypatch: pytest.MonkeyPatch, clustering: str
) -> None:
    from dashboard.data import word_geometry

    computed: list[str] = []
    real = word_geometry.clusters
    monkeypatch.setattr(
        word_geometry, "clusters", lambda bundle, how: computed.append(how) or real(bundle, how)
    )
    app = run_view("word_map", clustering=clustering)
    assert set(computed) == {""}
    app.button(key="map_offered").click().run()
    assert not app.exception
    assert computed[-1] == clustering
    assert len(app.get("bidi_component")) == 2  # the map, and what is picked on it
    assert "map_offered" not in [button.key for button in app.button]


@pytest.mark.parametrize(
    "probe",
    ["[" * 3000, '{"kind":' * 1500, '{"a":' + "[" * 50 + "]" * 50 + "}", "9" * 5000,
     '{"kind":"similarity","first":"\\ud800","second":"x"}', '{"kind":7}', '{"kind":[{}]}'],
)  # fmt: skip
@pytest.mark.parametrize("view", ["probe", "influence", "what_if", "word_map", "report"])
def test_a_hostile_probe_breaks_no_view(run_view: Run, view: str, probe: str) -> None:
    app = run_view(view, probe=probe)
    assert not app.exception


@pytest.mark.parametrize("name", sorted(CODECS))
@pytest.mark.parametrize(
    "value", ["", "-1", "1e999", "9" * 400, "nan", "a,b" * 2000, "\0", "[" * 9999]
)
def test_any_value_of_any_parameter_parses_or_is_ignored(name: str, value: str) -> None:
    assert isinstance(from_query({link_name(name): value}), Selection)
