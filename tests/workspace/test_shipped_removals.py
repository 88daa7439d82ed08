"""The measured removals on a model's card: what is read back, and that a sample's are its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clif_core.interventions.edit import Edit, token_mask
from clif_core.probes import find_probe
from clif_core.sgns.bundle import Bundle, load_bundle, read_card, save_bundle
from clif_core.sgns.model import SkipGram
from clif_core.workspace.shipped_removals import load_removal, read_removal, save_removals
from clif_core.workspace.tasks.retrained import retrained
from clif_core.workspace.workspace import SAMPLE_MODELS, Workspace, default_home

RESULT = {
    "edit": Edit("sentences", (1, 4)).to_dict(),
    "n_tokens": 20,
    "n_tokens_text": 1_000,
    "runs": [
        {"seed": 1, "before": {"k": 0.2}, "after": {"k": 0.1}, "random": [{"k": 0.19}]},
        {"seed": 2, "before": {"k": 0.3}, "after": {"k": 0.1}, "random": []},
    ],
}


def test_what_was_saved_is_read_back_for_that_model_alone(
    tmp_path: Path, lee_model: SkipGram
) -> None:
    save_bundle(Bundle(lee_model), tmp_path / "lee", "float32")
    save_removals(tmp_path / "lee", lee_model, "k", {"text": RESULT})
    save_removals(tmp_path / "lee", lee_model, "other", {"model": RESULT})
    bundle = load_bundle(tmp_path / "lee")
    found = load_removal(bundle.card, bundle.model, "k", "text")
    assert found is not None
    assert (found.seeds, found.before, found.after, found.random) == (
        (1, 2), (0.2, 0.3), (0.1, 0.1), (0.19,)
    )  # fmt: skip
    assert found.edit == Edit("sentences", (1, 4))
    assert load_removal(bundle.card, bundle.model, "k", "model") is None
    assert (
        load_removal(bundle.card, bundle.model, "other", "model") is None
    )  # it has no value of it
    card = read_card(tmp_path / "lee")
    for name in ("content_hash", "corpus_hash"):
        other = card | {"removals": card["removals"] | {name: "another"}}
        assert load_removal(other, bundle.model, "k", "text") is None


@pytest.mark.parametrize(
    "result",
    [{}, RESULT | {"runs": []}, RESULT | {"runs": 3}, RESULT | {"edit": {}},
     RESULT | {"n_tokens": "many"},
     RESULT | {"runs": [{"seed": 1, "before": {"k": None}, "after": {"k": 0.1}, "random": []}]},
     RESULT | {"runs": [{"seed": 1, "before": {"k": float("nan")}, "after": {"k": 0.1},
                         "random": []}]}],
)  # fmt: skip
def test_a_result_of_another_form_is_none(result: dict[str, Any]) -> None:
    assert read_removal(result, "k") is None


@pytest.mark.parametrize("removals", [None, [], "x", {"content_hash": "h"}])
def test_a_card_of_another_form_has_none(removals: Any, lee_model: SkipGram) -> None:
    assert load_removal({"removals": removals}, lee_model, "k", "text") is None


# --- what the samples ship


@pytest.mark.parametrize("name", ["brown", "shakespeare"])
@pytest.mark.parametrize("chosen", ["text", "model"])
def test_a_samples_removal_is_of_its_vectors_and_trainings(name: str, chosen: Any) -> None:
    """The trainings on the whole text are those of the vectors on the card."""
    bundle = load_bundle(SAMPLE_MODELS / name)
    model, probe = bundle.model, find_probe(bundle.card["probes"][0]["name"])
    found = load_removal(bundle.card, model, probe.key, chosen)
    assert found is not None
    assert bundle.card["removals"]["settings"] == model.require_settings().to_dict()
    resolved = probe.resolve(model.vocabulary)
    before = dict(zip(found.seeds, found.before, strict=True))
    assert found.seeds[0] == model.require_settings().seed
    assert found.made["date"] >= "2026-11-27" and found.made["machine"]
    on_card = {found.seeds[0]: model.centre_vectors} | dict(model.other_seeds)
    for seed in set(before) & set(on_card):
        vectors = on_card[seed]
        assert before[seed] == pytest.approx(resolved.value(vectors), abs=5e-4)
    ensemble = bundle.card["ensembles"]["probes"][probe.key]["runs"]["seeds"]
    assert not set(ensemble) & set(found.seeds)


@pytest.mark.parametrize("name", ["brown", "shakespeare"])
@pytest.mark.parametrize(("chosen", "estimator"), [("text", "ensemble"), ("model", "unrolled")])
def test_a_samples_removal_is_of_its_strongest_sentences(
    name: str, chosen: Any, estimator: str, tmp_path: Path
) -> None:
    workspace = _with_texts(tmp_path)
    bundle = workspace.open_model(name)
    corpus = workspace.open_corpus(bundle.model)
    if corpus is None:
        pytest.skip("the text is not fetched")
    probe = find_probe(bundle.card["probes"][0]["name"])
    found = load_removal(bundle.card, bundle.model, probe.key, chosen)
    assert found is not None
    engine = workspace.open_engine(bundle.model, corpus)
    answer = workspace.results.cached(engine, probe.resolve(bundle.model.vocabulary), estimator)
    assert answer is not None
    strongest = answer.top_sentences(len(found.edit.items), "lowers")["sentence"]
    assert set(strongest) == set(found.edit.items)
    assert found.n_tokens == int(token_mask(corpus, found.edit).sum())
    assert found.n_tokens_text == corpus.n_tokens


@pytest.mark.slow
def test_training_brown_again_gives_what_is_shipped(tmp_path: Path) -> None:
    workspace = _with_texts(tmp_path)
    bundle = workspace.open_model("brown")
    corpus = workspace.open_corpus(bundle.model)
    if corpus is None:
        pytest.skip("the text is not fetched")
    probe = find_probe(bundle.card["probes"][0]["name"])
    found = load_removal(bundle.card, bundle.model, probe.key, "text")
    assert found is not None
    again = retrained(workspace, bundle.model, corpus, found.edit)
    value = probe.resolve(bundle.model.vocabulary).value(again.centre_vectors)
    assert value == pytest.approx(found.after[0], abs=2e-3)
    assert np.isfinite(again.centre_vectors).all()


def _with_texts(folder: Path) -> Workspace:
    """A workspace of its own with the texts that the user has fetched."""
    (folder / "corpora").symlink_to(default_home() / "corpora")
    return Workspace(folder)
