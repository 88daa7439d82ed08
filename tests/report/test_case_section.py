"""The boxes of a case: done, open or failed, and the sentence that says why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clif_core.errors import FormatError
from clif_core.report import Report
from clif_core.report.case import BOXES, boxes, proof_entry
from clif_core.report.content import checksum, signature

VERDICT = {"kind": "holds", "name": "Holds", "reason": "In 4 of 4.", "trainings": [{}, {}]}
RUNS = {"n_runs": 16, "n_holding": 12}
SEEDS = {"mean": -0.15, "low": -0.2, "high": -0.1, "level": 0.95, "n": 3}


def retraining(**changed: Any) -> dict[str, Any]:
    entry = {
        "kind": "retrained",
        "edit": {"level": "sentences", "items": list(range(100)), "weight": 0.0},
        "n_tokens": 300,
        "n_tokens_text": 100_000,
        "before": 0.18,
        "after": 0.02,
        "change": -0.16,
        "random_changes": [0.01, -0.02],
        "over_seeds": SEEDS,
        "predicted": -0.17,
    }
    return entry | changed


def content(**changed: Any) -> dict[str, Any]:
    usual = {
        "summary": ["Men lean more towards work.", "Difference of means 0.180.", "More."],
        "verdict": VERDICT,
        "tried": {"n": 3, "n_tested": 3, "p_corrected": 0.01, "problem": ""},
        "attribution": {"question": "text", "n_sentences": 500, "runs": RUNS},
        "why_no_attribution": "",
        "what_if": [retraining()],
    }
    return usual | changed


def states(**changed: Any) -> dict[str, str]:
    return {box.name: box.state for box in boxes(content(**changed))}


def finding(name: str, **changed: Any) -> str:
    return next(box.finding for box in boxes(content(**changed)) if box.name == name)


def test_a_whole_case_is_done() -> None:
    assert states() == dict.fromkeys(BOXES, "done")
    assert finding("claim") == "Men lean more towards work. Difference of means 0.180."
    probe = {"sets": [{"lost": ["kevin", "jeff"]}, {"lost": []}]}
    assert finding("claim", probe=probe).endswith("Not in the model, so left out: kevin, jeff.")
    said = finding("proof").replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")
    assert "100 sentences (0.30 % of the words), this model goes from 0.180 to 0.020" in said
    assert "Over 3 trainings, this one included, the value changes by -0.150" in said
    assert "random text of the same size: -0.020 to +0.010." in said


@pytest.mark.parametrize(
    ("box", "state", "changed"),
    [
        ("robust", "failed", {"verdict": VERDICT | {"kind": "not_detected"}}),
        ("robust", "failed", {"verdict": VERDICT | {"kind": "not_testable"}}),
        ("robust", "failed", {"verdict": VERDICT | {"kind": "this_model_only"}}),
        (
            "robust",
            "open",
            {"verdict": VERDICT | {"kind": "this_model_only", "trainings": [{}]}},
        ),
        (
            "robust",
            "failed",  # after so many tries
            {"tried": {"n": 90, "n_tested": 90, "p_corrected": 0.2, "problem": ""}},
        ),
        ("robust", "open", {"verdict": None}),
        ("text", "open", {"attribution": None, "why_no_attribution": "no text."}),
        ("text", "open", {"attribution": {"question": "model", "n_sentences": 5}}),
        ("text", "open", {"attribution": {"n_sentences": 5, "runs": RUNS | {"n_runs": 3}}}),
        ("text", "failed", {"attribution": {"n_sentences": 5, "runs": RUNS | {"n_holding": 0}}}),
        ("proof", "open", {"what_if": []}),
        ("proof", "open", {"what_if": [retraining(random_changes=[])]}),
        ("proof", "failed", {"what_if": [retraining(random_changes=[-0.2, 0.1])]}),
        ("proof", "failed", {"what_if": [retraining(over_seeds=SEEDS | {"high": 0.05})]}),
        ("proof", "done", {"what_if": [retraining(over_seeds=None)]}),
        ("proof", "done", {"what_if": [retraining(predicted=None)]}),
        # It moved the probe, and against what was said of the text.
        ("proof", "failed", {"what_if": [retraining(predicted=0.1)]}),
        # Text that counts twice proves nothing about leaving it out.
        (
            "proof",
            "open",
            {"what_if": [retraining(edit={"level": "documents", "items": [1], "weight": 2.0})]},
        ),
        ("trust", "open", {"what_if": [retraining(predicted=None)]}),
        ("trust", "failed", {"what_if": [retraining(predicted=-0.4)]}),
        ("trust", "failed", {"what_if": [retraining(), retraining(predicted=0.1)]}),
    ],
)
def test_what_is_missing_is_open_and_what_speaks_against_it_fails(
    box: str, state: str, changed: dict[str, Any]
) -> None:
    assert states(**changed)[box] == state
    assert finding(box, **changed).endswith(".")


@pytest.mark.parametrize(
    ("kind", "state", "word"),
    [
        ("holds", "done", "Done"),
        ("this_model_only", "done", "In this model"),
        ("not_detected", "failed", "Not detected"),
        ("not_testable", "failed", "Cannot be tested"),
    ],
)
def test_a_claim_that_was_not_detected_is_not_called_done(kind: str, state: str, word: str) -> None:
    claim = boxes(content(verdict=VERDICT | {"kind": kind}))[0]
    assert (claim.state, claim.told) == (state, word)


def test_a_proof_by_one_training_says_how_often_chance_gives_it() -> None:
    assert "by chance" not in finding("proof")
    said = finding("proof", what_if=[retraining(over_seeds=None)])
    assert said.endswith(
        "2 random sets: by chance a set lies beyond them on one side one time in 3."
    )


def test_a_prediction_is_compared_with_named_trainings() -> None:
    """That of an ensemble speaks of any training, a single retraining of this one."""
    assert "measured \N{MINUS SIGN}0.150 over 3 trainings." in finding("trust")
    alone = finding("trust", what_if=[retraining(over_seeds=None)])
    assert "measured \N{MINUS SIGN}0.160 in this training alone." in alone


def test_a_proof_that_came_with_the_model_says_where_and_when_it_was_made() -> None:
    assert "came with the model" not in finding("proof")
    made = {"date": "2026-01-02", "machine": "two cores"}
    said = finding("proof", what_if=[retraining(made=made)])
    assert said.endswith("not repeated here. They were made on 2026-01-02 (two cores).")
    assert finding("proof", what_if=[retraining(made={})]).endswith("not repeated here.")


def test_the_proof_is_the_retraining_with_most_evidence() -> None:
    bare = retraining(change=-0.9, random_changes=[], over_seeds=None)
    one_seed = retraining(change=-0.3, over_seeds=None)
    chosen = proof_entry(content(what_if=[bare, one_seed, retraining()]))
    assert chosen == retraining()


def test_a_signed_report_names_who_answers_for_it() -> None:
    made = content(format="clif-report", format_version=2, provenance={"made_on": "2026-01-02"})
    signed = Report(made).signed("  Ann \n Example ")
    again = Report.from_json(signed.to_json())
    assert signature(again.content).startswith("Signed by Ann Example · 2026-01-02 · checksum ")
    assert signed.signed("").content["checksum"] != signed.content["checksum"]


def test_a_report_that_was_changed_is_known_by_its_checksum() -> None:
    made = content(format="clif-report", format_version=2)
    made["checksum"] = checksum(made)
    assert Report.from_json(json.dumps(made)).content == made
    made["summary"] = ["Women lean more towards work than men do."]
    with pytest.raises(FormatError, match="changed after it was made"):
        Report.from_json(json.dumps(made))
