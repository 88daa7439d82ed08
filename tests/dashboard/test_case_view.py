"""The Case file: its boxes, the press that fills them, and the signed report."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import streamlit as st
from seen import ASKED, PROBE, html_of, selected
from streamlit.testing.v1 import AppTest

from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.workspace.tasks.evidence import find_evidence
from clif_core.workspace.workspace import Workspace

Run = Callable[..., AppTest]


def test_without_a_claim_one_is_offered(run_view: Run) -> None:
    app = run_view("case")
    assert not app.exception
    app.button("case_try").click().run()
    assert selected(app).probe
    assert "Claim" in html_of(app)


def test_a_probe_is_offered_only_where_the_model_has_its_words(
    run_view: Run, home: Workspace
) -> None:
    words = Vocabulary(("alpha", "beta", "gamma"), np.array([3, 2, 1]))
    model = SkipGram("greek", words, np.eye(3, dtype=np.float32))
    home.keep_model(Bundle(model, {"title": "Greek"}), None)
    st.cache_resource.clear()
    keys = [button.key for button in run_view("case", model="greek").button]
    assert "case_choose" in keys and "case_try" not in keys


def test_the_boxes_say_what_is_missing_and_one_press_prepares_it(
    run_view: Run, home: Workspace
) -> None:
    # Another job holds the queue, so that what is asked stays unfinished.
    home.jobs.submit("count", {"to": 20_000, "seconds": 0.1})
    app = run_view("case", probe=ASKED)
    assert not app.exception
    html = html_of(app)
    for title in ("Claim", "More than chance", "Text behind it", "Proof by retraining", "Trust"):
        assert title in html
    assert "clif-box-open" in html
    model = home.open_model("lee").model
    assert find_evidence(home, model, PROBE) is None  # a link shows, only a press acts
    app.button("case_prepare").click().run()
    job = find_evidence(home, model, PROBE)
    assert job is not None
    assert not job.is_finished
    again = run_view("case", probe=ASKED)
    assert "case_prepare" not in [button.key for button in again.button]
    influence = run_view("influence", probe=ASKED)  # which follows that very work
    keys = [button.key for button in influence.button]
    assert "influence_cancel" in keys
    assert "influence_runs" not in keys
    again.button("case_cancel").click().run()
    for other in home.jobs.all():
        home.jobs.cancel(other.key)


def test_the_name_stays_on_the_way_to_the_report_and_back(run_view: Run) -> None:
    app = run_view("case", probe=ASKED)
    app.text_input("case_signed_by").set_value("Ann Example").run()
    report, back = run_view("report", probe=ASKED), run_view("case", probe=ASKED)
    assert "Signed by" not in html_of(report)
    for view in (report, back):  # the fields of a view that is not drawn are forgotten
        view.session_state["clif_signer"] = app.session_state["clif_signer"]
        view.run()
    assert "Signed by Ann Example" in html_of(report)
    assert back.text_input("case_signed_by").value == "Ann Example"


def test_another_case_opens_with_its_own_probe(run_view: Run) -> None:
    other = Similarity("police", "court")
    run_view("case", probe=json.dumps(other.to_dict()))
    app = run_view("case", probe=ASKED)
    opener = app.button("case_open_0")
    assert "police" in opener.label
    assert any(
        "Cannot be tested" not in c.value and "police · court" in c.value for c in app.caption
    )
    opener.click().run()
    assert selected(app).probe == other.to_dict()


def test_a_model_without_text_says_why_nothing_more_can_be_made(
    run_view: Run, home: Workspace
) -> None:
    from dataclasses import replace

    bundle = home.open_model("lee")
    bare = replace(bundle.model, name="bare", settings=None, corpus_hash=None)
    home.keep_model(replace(bundle, model=bare), None)
    app = run_view("case", probe=ASKED, model="bare")
    assert not app.exception
    assert "No more evidence can be made here" in html_of(app)
    assert "case_prepare" not in [button.key for button in app.button]
