"""The seed ensemble: whose seeds, which runs are repeated, and what they say together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clif_core.errors import InputError
from clif_core.influence import ensemble
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.ensemble import N_RUNS, RunsInMemory, SeedRun, run_settings, seeds_of
from clif_core.influence.gathering import RunText, passes_of_runs
from clif_core.influence.result import Influence, roll_up
from clif_core.influence.stored import influence_key, read_influence, write_influence
from clif_core.influence.stored_runs import StoredRuns, ensemble_at_hand, n_runs_at_hand
from clif_core.influence.unrolled.reverse_pass import reverse_passes
from clif_core.measurement.over_runs import judge_units
from clif_core.measurement.statistics import shrinkage
from clif_core.probes import Similarity
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.model import SkipGram
from clif_core.storage.store import Store
from clif_core.text.corpus import Corpus
from clif_core.training import train

N = 5


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.fixture(scope="module")
def probes(lee_model: SkipGram) -> list[ResolvedProbe]:
    pairs = (("police", "court"), ("australia", "test"))
    return [Similarity(*pair).resolve(lee_model.vocabulary) for pair in pairs]


@pytest.fixture(scope="module")
def kept(engine: InfluenceEngine, probes: list[ResolvedProbe]) -> RunsInMemory:
    """``N`` runs of both probes."""
    runs = RunsInMemory()
    assert engine.gather_runs(probes, runs, n_runs=N) == N
    return runs


@pytest.fixture(scope="module")
def answer(engine: InfluenceEngine, probes: list[ResolvedProbe], kept: RunsInMemory) -> Influence:
    return engine.ensemble(probes[:1], n_runs=N, kept=kept)[0]


@pytest.fixture
def store(tmp_path: Path, engine: InfluenceEngine, kept: RunsInMemory, probes) -> Store:
    """With the runs that were kept."""
    store = Store(tmp_path / "cache")
    stored = StoredRuns(store, engine)
    for probe in probes:
        for seed in seeds_of(1, N):
            stored.keep(probe, kept.find(probe, seed))
    return store


# --- seeds and settings


def test_the_seeds_are_the_same_for_every_question_and_never_the_models_own() -> None:
    assert seeds_of(1, 3) == (1_000_003, 1_000_004, 1_000_005)
    assert seeds_of(1_000_004, 3) == (1_000_003, 1_000_005, 1_000_006)
    assert seeds_of(7, 16)[:N_RUNS] == seeds_of(7, N_RUNS)
    for n_runs in (0, 65):
        with pytest.raises(InputError, match=f"from 1 to 64, got {n_runs}"):
            seeds_of(1, n_runs)


@pytest.mark.parametrize("on_card", [False, True])
def test_a_run_is_trained_as_the_model_was(lee_model, monkeypatch, on_card: bool) -> None:
    fastest = "batched" if on_card else "coupled"
    monkeypatch.setattr(ensemble, "fastest_backend", lambda: fastest)
    for backend, of_run in (("coupled", "coupled"), ("batched", "batched"), ("gensim", fastest)):
        own = replace(lee_model.require_settings(), backend=backend, start_range=3.0)
        assert run_settings(own, 9) == replace(own, seed=9, start_range=1.0, backend=of_run)


def test_a_run_may_start_elsewhere(lee_model, monkeypatch) -> None:
    own = replace(lee_model.require_settings(), backend="gensim", start_range=3.0)
    monkeypatch.setattr(ensemble, "ENSEMBLE_START_RANGE", 0.5)
    assert run_settings(own, 9) == replace(own, seed=9, backend="coupled", start_range=0.5)


# --- in which order they are computed


@pytest.mark.parametrize(
    ("n_cores", "n_processes", "alone", "rounds"),
    [(2, 2, True, 4), (2, 1, False, 8), (4, 4, False, 2), (8, 2, False, 4)],
)
def test_on_two_cores_the_first_run_has_both(
    monkeypatch, n_cores: int, n_processes: int, alone: bool, rounds: int
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: n_cores)
    first, others = passes_of_runs(8, 1, n_processes)
    of_one = 1 + reverse_passes(1, n_cores // n_processes)
    assert (first > 0) == alone and others == pytest.approx(rounds * of_one)
    if alone:
        assert first == 1 + reverse_passes(1, 2) < of_one


def test_the_first_run_alone_says_the_same(engine, probes, kept, monkeypatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    threads = []
    differentiate = RunText.differentiate

    def note(self, settings, gradients, n_threads, *others):
        threads.append(n_threads)
        return differentiate(self, settings, gradients, n_threads, *others)

    monkeypatch.setattr(RunText, "differentiate", note)
    found, told = RunsInMemory(), []
    n_run = engine.gather_runs(
        probes, found, n_runs=3, n_processes=2, progress=lambda at, _: told.append(at)
    )
    assert n_run == 3
    assert threads == [2]  # the others have a thread each, in processes of their own
    assert told == sorted(told) and told[-1] == pytest.approx(1.0)
    for probe in probes:
        for seed in seeds_of(1, 3):
            np.testing.assert_array_equal(
                found.find(probe, seed).effects, kept.find(probe, seed).effects
            )


# --- what the runs say


def test_it_is_other_trainings_drawn_towards_the_quick_estimate(
    lee_model, lee_corpus, engine, probes, kept
):
    settings = lee_model.require_settings()
    (answer,) = engine.ensemble(probes[:1], n_runs=2, kept=kept)
    exact = []
    for seed in seeds_of(settings.seed, 2):
        other = train(lee_corpus, replace(settings, seed=seed))
        exact += InfluenceEngine(other, lee_corpus).unrolled(probes[:1])
    mean = (exact[0].context_effects + exact[1].context_effects) / 2
    quick = engine.influence(probes[0], "block")
    by_document = np.array([[run.document_effects] for run in exact])
    (factor,), (share,) = shrinkage(by_document, quick.document_effects[None])
    assert 0.05 < share < 0.95 and factor > 0.1
    expected = share * mean + (1 - share) * factor * quick.context_effects
    np.testing.assert_allclose(answer.context_effects, expected, atol=1e-7)
    assert f"It counts {share:.2f}" in answer.solution.note
    assert f"times {factor:.2f}, the rest" in answer.solution.note
    assert (answer.estimator, answer.damping) == ("ensemble", 0.0)
    values = sorted(run.probe_value for run in exact)
    assert f"({values[0]:+.3f} to {values[1]:+.3f})" in answer.solution.note
    assert answer.runs is not None
    np.testing.assert_allclose(
        answer.runs.by_run, [run.sentence_effects for run in exact], atol=1e-6
    )
    assert sorted(answer.runs.values) == pytest.approx(values)


def test_one_run_cannot_tell_and_is_its_own_derivative(engine, probes, kept):
    (one,) = engine.ensemble(probes[:1], n_runs=1, kept=kept)
    run = kept.find(probes[0], 1_000_003)
    np.testing.assert_allclose(one.context_effects[engine.text.tokens], run.effects, atol=1e-7)
    assert not one.has_enough_runs
    assert not one.sentence_statistics.holds.any()
    with pytest.raises(InputError, match="n_runs must be from 1 to 64, got 0"):
        engine.ensemble(probes, n_runs=0)


def test_another_start_is_another_training(engine, probes, kept, monkeypatch):
    monkeypatch.setattr(ensemble, "ENSEMBLE_START_RANGE", 6.0)
    (other,) = engine.ensemble(probes[:1], n_runs=1)
    run = kept.find(probes[0], 1_000_003)
    assert np.corrcoef(other.context_effects[engine.text.tokens], run.effects)[0, 1] < 0.99


def test_texts_are_judged_by_their_own_sum_in_every_run(engine, answer):
    runs, found = answer.runs, answer.sentence_statistics
    assert runs.n_runs == found.n_runs == N
    np.testing.assert_allclose(found.mean, runs.by_run.mean(0), atol=1e-8)
    np.testing.assert_allclose(found.effect, answer.sentence_effects, atol=1e-6)
    signs = np.sign(runs.by_run) == np.sign(runs.by_run.mean(0))
    np.testing.assert_array_equal(found.n_agree, signs.sum(0))
    bounds = engine.corpus.document_offsets
    by_document = np.add.reduceat(runs.by_run.astype(np.float64), bounds[:-1], axis=1)
    known = np.add.reduceat(runs.known, bounds[:-1])
    expected = judge_units(by_document, known, runs.share)
    np.testing.assert_allclose(answer.document_statistics.low, expected.low)
    np.testing.assert_allclose(answer.document_statistics.q, expected.q)
    np.testing.assert_allclose(expected.effect, answer.document_effects, atol=1e-5)


def test_groups_have_the_statistics_of_their_sums(engine, answer):
    table = roll_up(engine.corpus, answer, "half")
    first = engine.corpus.documents["half"].to_numpy()[engine.corpus.sentences["document"]]
    by_run = np.stack([answer.runs.by_run[:, first == half].sum(1) for half in table["half"]], 1)
    np.testing.assert_allclose(
        table["standard_error"], by_run.std(0, ddof=1) / np.sqrt(N), rtol=1e-4
    )
    assert (table["low"] < table["effect"]).all() and (table["effect"] < table["high"]).all()
    renamed = engine.corpus.documents.rename(columns={"half": "low"})
    clash = roll_up(replace(engine.corpus, documents=renamed), answer, "low")
    assert clash["low"].tolist() == table["half"].tolist()
    assert clash["low_of_runs"].tolist() == table["low"].tolist()
    alone = answer.group_statistics(np.where(first == "first", 0, -1), 1)
    row = table[table["half"] == "first"].iloc[0]
    assert alone.mean[0] == pytest.approx(by_run[:, table["half"] == "first"].mean(), rel=1e-4)
    assert alone.low[0] == pytest.approx(row["low"], rel=1e-4)


def test_the_surely_strongest_come_first(answer):
    statistics = answer.sentence_statistics
    for direction, sign in (("raises", 1), ("lowers", -1)):
        top = answer.top_sentences(50, direction, by="sure")
        assert (sign * top["effect"] > 0).all()
        bounds = sign * statistics.sure[top["sentence"]]
        assert (np.diff(bounds) <= 0).all()
        n_sure = int((sign * statistics.sure > 0).sum())
        assert (bounds > 0).sum() == min(50, n_sure) > 0
        by_size = answer.top_sentences(50, direction)
        assert set(by_size["sentence"]) != set(top["sentence"])
        assert (np.diff(sign * by_size["effect"]) <= 0).all()
    documents = answer.top_documents(300, "raises", by="sure")
    sure = answer.document_statistics.sure[documents["document"]]
    assert (np.diff(sure) <= 1e-12).all()
    assert (np.diff(documents["effect"][sure == 0]) <= 0).all()


# --- stopping, resuming, sharing


def test_it_stops_when_asked_and_resumes_to_the_same(engine, probes, tmp_path):
    told: list[tuple[float, str]] = []

    def tell(fraction: float, message: str) -> None:
        told.append((fraction, message))
        if fraction > 0.7:
            raise KeyboardInterrupt

    runs = RunsInMemory()
    with pytest.raises(KeyboardInterrupt):
        engine.ensemble(probes[:1], n_runs=2, progress=tell, folder=tmp_path, kept=runs)
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert told[0][1].startswith("training 1 of 2: ")
    assert told[-1][1].startswith("training 2 of 2: ")
    assert [seed for _, seed in runs] == [1_000_003]  # done, and kept
    told.clear()
    resumed = engine.ensemble(
        probes[:1], n_runs=2, kept=runs, progress=lambda *at: told.append(at), folder=tmp_path
    )
    assert not any(message.startswith("training 1 of 2") for _, message in told)
    (whole,) = engine.ensemble(probes[:1], n_runs=2)
    np.testing.assert_array_equal(resumed[0].context_effects, whole.context_effects)


def test_probes_share_runs_and_only_what_is_missing_is_computed(engine, probes, store, monkeypatch):
    stored, asked = StoredRuns(store, engine), []
    real = RunText.differentiate

    def counted(self, settings, gradients, *rest):
        asked.append((settings.seed, len(gradients(engine.model.centre_vectors))))
        return real(self, settings, gradients, *rest)

    monkeypatch.setattr(RunText, "differentiate", counted)
    assert engine.gather_runs(probes, stored, n_runs=N) == 0
    third = Similarity("man", "day").resolve(engine.model.vocabulary)
    assert engine.gather_runs([*probes, third], stored, n_runs=2) == 2
    assert asked == [(1_000_003, 1), (1_000_004, 1)]
    asked.clear()
    assert engine.gather_runs([*probes, third], stored, n_runs=N + 1) == N - 1
    assert asked == [(1_000_003 + at, 1) for at in range(2, N)] + [(1_000_003 + N, 3)]
    assert len(stored.seeds(third)) == N + 1


# --- in the store


def test_a_run_comes_back_to_a_thousandth_of_its_spread(engine, probes, kept, tmp_path):
    run = kept.find(probes[0], 1_000_003)
    extreme = run.effects.copy()
    extreme[0] = 1e4 * np.abs(run.effects).max()
    stored = StoredRuns(Store(tmp_path), engine)
    for effects in (run.effects, extreme, np.zeros_like(run.effects)):
        stored.keep(probes[0], replace(run, effects=effects))
        found = stored.find(probes[0], run.seed)
        error = np.sqrt(np.square(found.effects - effects)[1:].mean())
        assert error <= 1e-3 * effects[1:].std()
        np.testing.assert_array_equal(found.sentence_effects, run.sentence_effects)
        assert (found.seed, found.value, found.seconds, found.device) == (
            run.seed, run.value, run.seconds, run.device
        )  # fmt: skip
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert size < 2.3 * len(run.effects) + 4 * engine.corpus.n_sentences + 2000


def test_a_runs_key_holds_what_decides_its_numbers_and_nothing_else_of_the_model(
    engine, probes, store, lee_model, lee_corpus, monkeypatch
):
    def n_found(**changes) -> int:
        settings = replace(lee_model.require_settings(), **changes)
        model = replace(
            lee_model,
            name="another",
            settings=settings,
            centre_vectors=lee_model.centre_vectors + 1,
        )
        return len(StoredRuns(store, InfluenceEngine(model, lee_corpus)).seeds(probes[0]))

    assert n_found() == N
    assert n_found(seed=5, backend="gensim") == N  # the same trainings
    assert n_found(seed=1_000_004) == N - 1  # its own run is none of its ensemble
    assert n_found(epochs=6) == n_found(n_negatives=4) == 0
    fewer = replace(lee_model.vocabulary, counts=lee_model.vocabulary.counts + 1)
    other = InfluenceEngine(replace(lee_model, vocabulary=fewer), lee_corpus)
    assert StoredRuns(store, other).seeds(probes[0]) == ()
    monkeypatch.setattr(ensemble, "ENSEMBLE_START_RANGE", 0.5)
    assert n_found() == 0


def test_what_is_at_hand_is_combined_from_two_runs_on(engine, probes, kept, tmp_path):
    store, probe = Store(tmp_path), probes[0]
    stored = StoredRuns(store, engine)

    def at_hand() -> Influence | None:
        return ensemble_at_hand(store, engine, probe, lambda: engine.influence(probe))

    for n_kept, seed in enumerate(seeds_of(1, N), 1):
        stored.keep(probe, kept.find(probe, seed))
        assert n_runs_at_hand(store, engine, probe) == n_kept
        found = at_hand()
        if n_kept < 2:
            assert found is None
            continue
        (expected,) = engine.ensemble([probe], n_runs=n_kept, kept=kept)
        assert found.runs.seeds == expected.runs.seeds == seeds_of(1, n_kept)
        np.testing.assert_array_equal(found.runs.by_run, expected.runs.by_run)
        error = np.square(found.context_effects - expected.context_effects).mean() ** 0.5
        assert error < 1e-3 * expected.context_effects.std()
        assert found.has_enough_runs == (n_kept >= 4)


def test_a_cache_without_room_for_a_run_is_named(engine, probes, kept, tmp_path, monkeypatch):
    stored = StoredRuns(Store(tmp_path, max_bytes=1000), engine)
    monkeypatch.setattr(engine, "gather_runs", lambda *_, **__: stored.keep(
        probes[0], kept.find(probes[0], 1_000_003)))  # fmt: skip
    with pytest.raises(InputError, match="CLIF_CACHE_GB"):
        engine.ensemble(probes[:1], n_runs=1, kept=stored)


def test_a_damaged_run_is_left_out_and_computed_again(engine, probes, store):
    stored, probe = StoredRuns(store, engine), probes[0]
    damaged = store.root / f"{stored._key(probe, 1_000_004)}.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-50])
    found = ensemble_at_hand(store, engine, probe, lambda: engine.influence(probe))
    assert found.runs.seeds == tuple(s for s in seeds_of(1, N) if s != 1_000_004)
    assert engine.gather_runs([probe], stored, n_runs=N) == 1
    assert stored.find(probe, 1_000_004) is not None


def test_an_answer_stored_as_a_whole_comes_back_with_its_runs(engine, probes, answer, tmp_path):
    store, probe = Store(tmp_path), probes[0]
    key = influence_key(engine, probe, "ensemble")
    write_influence(store, key, answer)
    found = read_influence(store, key, engine)
    assert found.runs.seeds == answer.runs.seeds
    assert found.runs.share == answer.runs.share
    for name in ("values", "by_run", "known"):
        np.testing.assert_array_equal(getattr(found.runs, name), getattr(answer.runs, name))
    assert n_runs_at_hand(store, engine, probe) == N
    few = StoredRuns(store, engine)
    for seed in seeds_of(1, 4):  # fewer than it has
        sentences = answer.sentence_effects.astype(np.float32)
        effects = answer.context_effects[engine.text.tokens]
        few.keep(probe, SeedRun(seed, effects, sentences, 0.0, 1.0, "CPU"))
    again = ensemble_at_hand(store, engine, probe, lambda: engine.influence(probe))
    assert again.runs.n_runs == N


def test_an_answer_of_an_earlier_version_stands_in_for_too_few_runs(
    engine, probes, kept, answer, tmp_path
):
    store, probe = Store(tmp_path), probes[0]
    write_influence(store, influence_key(engine, probe, "twins"), replace(answer, runs=None))
    stored = StoredRuns(store, engine)
    for n_kept, seed in enumerate(seeds_of(1, N), 1):
        stored.keep(probe, kept.find(probe, seed))
        found = ensemble_at_hand(store, engine, probe, lambda: engine.influence(probe))
        assert (found.runs is None) == (n_kept < 4)
    assert n_runs_at_hand(store, engine, probe) == N
