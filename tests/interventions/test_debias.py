"""Debiasing as published, and the neighbour test of the bias that it leaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clif_core import probes
from clif_core.errors import CapabilityError, InputError, ProbeError
from clif_core.interventions import debias
from clif_core.sgns.bundle import Bundle, load_bundle, save_bundle
from clif_core.sgns.model import SkipGram
from tests.probe_examples import PAIRS, random_model

JOBS = ("doctor", "nurse", "teacher")


def test_neutral_words_lose_the_direction_and_specific_ones_keep_their_vectors() -> None:
    model = random_model(n_extra=100)
    result = debias.hard_debias(model, PAIRS, specific=("lord", "lady"))
    unit = result.model.centre_vectors
    assert np.linalg.norm(unit, axis=1) == pytest.approx(np.ones(model.n_words), abs=1e-6)
    for job in JOBS:
        assert unit[model.vocabulary.id(job)] @ result.direction == pytest.approx(0, abs=1e-6)
    for word in ("lord", "lady"):
        row = model.vocabulary.id(word)
        assert unit[row] == pytest.approx(model.unit_vectors[row], abs=1e-6)


def test_equalised_pairs_are_equally_near_to_every_neutral_word() -> None:
    model = random_model(n_extra=100)
    result = debias.hard_debias(model, PAIRS, equalise=(("king", "queen"), ("lord", "lady")))
    unit = result.model.centre_vectors
    neutral = unit[model.vocabulary.ids(JOBS)]
    for pair in (("king", "queen"), ("lord", "lady")):
        first, second = unit[model.vocabulary.ids(pair)]
        assert neutral @ first == pytest.approx(neutral @ second, abs=1e-6)
        assert first @ result.direction == pytest.approx(-(second @ result.direction), abs=1e-6)
    assert result.equalised == (("king", "queen"), ("lord", "lady"))


def test_projection_only_removes_the_direction_from_every_word() -> None:
    model = random_model(n_extra=100)
    result = debias.project_out(model, PAIRS)
    assert np.abs(result.model.centre_vectors @ result.direction).max() < 1e-6
    assert 0 < result.explained <= 1
    assert result.n_neutralised == model.n_words


def test_every_seed_is_debiased_by_its_own_direction() -> None:
    model = random_model(n_extra=50)
    other = random_model(n_extra=50, seed=8).centre_vectors
    several = SkipGram("m", model.vocabulary, model.centre_vectors, other_seeds={8: other})
    result = debias.project_out(several, PAIRS)
    alone = debias.project_out(SkipGram("o", model.vocabulary, other), PAIRS)
    assert result.model.other_seeds[8] == pytest.approx(alone.model.centre_vectors)


def test_the_new_model_refuses_influence_but_can_be_probed() -> None:
    model = random_model(n_extra=50)
    result = debias.hard_debias(model, PAIRS)
    with pytest.raises(CapabilityError):
        result.model.require_context_vectors()
    bias = probes.Projection(JOBS, PAIRS).resolve(model.vocabulary)
    assert abs(bias.value(result.model.centre_vectors)) < 1e-6
    assert abs(bias.value(model.centre_vectors)) > 1e-3


def test_the_neighbour_test_finds_bias_in_other_dimensions() -> None:
    """Words lean along two directions; removing one of them leaves two clusters."""
    model = random_model(n_extra=400, dim=12, seed=1)
    vectors = 0.1 * np.random.default_rng(0).normal(size=model.centre_vectors.shape)
    lean = np.where(np.arange(model.n_words) % 2, 1.0, -1.0)
    vectors[:, 0] += 2 * lean
    vectors[:, 1] += lean  # the same lean, which the pairs below do not have
    vectors[:, 2] += 2
    for first, second in PAIRS:
        rows = model.vocabulary.ids([first, second])
        vectors[rows] = 0.05 * np.random.default_rng(rows[0]).normal(size=(2, 12))
        vectors[rows, 0] += [1, -1]
        vectors[rows, 2] += 1
    biased = SkipGram("biased", model.vocabulary, vectors.astype(np.float32))
    clean = debias.hard_debias(biased, PAIRS).model
    before = debias.separability(biased, biased, PAIRS, n_words=100)
    after = debias.separability(biased, clean, PAIRS, n_words=100)
    noise = random_model(n_extra=400, seed=5)
    chance = debias.separability(biased, noise, PAIRS, n_words=100)
    assert before.accuracy == after.accuracy == 1
    assert chance.accuracy < 0.65
    assert before.n_words == 100


def test_unusable_pairs_are_refused() -> None:
    model = random_model()
    with pytest.raises(ProbeError, match="'zzz'"):
        debias.hard_debias(model, [("zzz", "king")])
    with pytest.raises(InputError, match="pair"):
        debias.hard_debias(model, [("king", "King")])
    with pytest.raises(InputError, match="vocabularies"):
        debias.separability(model, random_model(n_extra=3), PAIRS)


def test_shipped_pairs_are_sourced_and_usable() -> None:
    pairs = probes.word_pairs()
    assert len(pairs["bolukbasi/gender_definitional"].pairs) == 10
    assert len(pairs["bolukbasi/gender_equalise"].pairs) == 52
    for entry in pairs.values():
        assert entry.source.citation
        assert all(len(pair) == 2 for pair in entry.pairs)


def test_a_debiased_model_is_saved_and_read_back(tmp_path: Path) -> None:
    """Every view opens bundles, so the new model must be saved as one."""
    result = debias.hard_debias(random_model(n_extra=50), PAIRS, label="gender")
    save_bundle(Bundle(result.model), tmp_path / "debiased")
    again = load_bundle(tmp_path / "debiased").model
    assert again.name == "random, hard debiased (gender)"
    assert again.context_vectors is None
    assert again.centre_vectors == pytest.approx(result.model.centre_vectors, abs=1e-3)
