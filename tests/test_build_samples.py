"""What ``python -m sample_models.build`` ships with a model that is trained already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle, read_card, save_bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.shipped_removals import load_removal
from clif_core.workspace.workspace import Workspace
from sample_models import build, removals

QUESTIONS = {"court": Similarity("police", "court"), "man": Similarity("police", "man")}
N = 2


@pytest.fixture
def workspace(
    tmp_path: Path, lee_model: SkipGram, lee_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """Where Lee is the only sample, with two questions."""
    monkeypatch.setenv("CLIF_HOME", str(tmp_path / "home"))
    workspace = Workspace(None, tmp_path / "samples")
    save_bundle(Bundle(lee_model, {"title": "Lee"}), tmp_path / "samples" / "lee", "float32")
    workspace.keep_corpus(lee_corpus)
    recipe = replace(build.RECIPES["brown"], probes=tuple(QUESTIONS))
    monkeypatch.setattr(build, "RECIPES", {"lee": recipe})
    monkeypatch.setattr(build, "HERE", tmp_path / "samples")
    monkeypatch.setattr(build, "find_probe", QUESTIONS.__getitem__)
    monkeypatch.setattr(build, "Workspace", lambda: workspace)
    monkeypatch.setattr(removals, "find_probe", QUESTIONS.__getitem__)
    monkeypatch.setattr(removals, "_SEEDS", {"lee": {"text": 1, "model": 1}})
    monkeypatch.setattr(removals, "_RANDOM", {"lee": 1})
    monkeypatch.setattr(build, "build", lambda *_: pytest.fail("trained again"))
    return workspace


def told(workspace: Workspace) -> tuple[list[str], list[str], int]:
    """The probes with a derivative and with an ensemble on the card, and how many runs it has."""
    card = read_card(workspace.sample_models / "lee")
    derivatives = card.get("derivatives", {"probes": {}})["probes"]
    ensembles = card["ensembles"]["probes"]
    (n_runs,) = {len(about["runs"]["seeds"]) for about in ensembles.values()}
    return list(derivatives), list(ensembles), n_runs


def test_what_is_shipped_is_computed_without_training(workspace, lee_model, capsys):
    keys = [question.key for question in QUESTIONS.values()]
    build.main(["--ensemble-only", "lee", "--runs", str(N)])
    assert told(workspace) == ([], keys, N)
    build.main(["--trace-only", "--runs", str(N + 1)])  # N of them are in the store
    assert told(workspace) == (keys[:1], keys, N + 1)
    build.main(["--ensemble-only", "--runs", str(N)])  # not those at hand, which are more
    assert told(workspace) == (keys[:1], keys, N)
    assert "all samples: " in capsys.readouterr().out
    fresh = Workspace(workspace.home / "fresh", workspace.sample_models)
    model = fresh.open_model("lee").model
    assert model.content_hash == lee_model.content_hash
    corpus = workspace.open_corpus(model)
    assert corpus is not None
    engine = fresh.open_engine(model, corpus)
    first = QUESTIONS["court"]
    found = {
        chosen: load_removal(read_card(workspace.sample_models / "lee"), model, first.key, chosen)
        for chosen in ("text", "model")
    }
    assert all(removal is not None for removal in found.values())
    for question in QUESTIONS.values():
        assert fresh.results.n_runs_at_hand(engine, question.resolve(model.vocabulary)) == N


def test_samples_that_are_too_large_are_refused(workspace, monkeypatch):
    monkeypatch.setattr(build, "LIMIT_BYTES", 1_000_000)
    monkeypatch.setattr(build, "trace", lambda *_: None)
    with pytest.raises(SystemExit, match="more than 1 MB"):
        (workspace.sample_models / "lee" / "large").write_bytes(bytes(1_000_001))
        build.main(["--trace-only"])


def test_an_unknown_sample_is_named(workspace):
    with pytest.raises(SystemExit, match="unknown sample 'liz'; known: lee"):
        build.main(["--trace-only", "liz"])
