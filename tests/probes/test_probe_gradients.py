"""Gradients of every family against central differences, and values against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.decomposition import PCA

from clif_core import probes
from clif_core.errors import ProbeError
from tests.probe_examples import PAIRS, one_of_each, random_model, weat

FORMULAS = [
    probes.Formula("f", "cos(king, queen) - cos(man, woman)"),
    probes.Formula(
        "f", "mean(cos({he, man}, @war)) / std(dot(@war, unit(love)))", {"war": ("war", "sword")}
    ),
    probes.Formula("f", "distance(king - man + woman, queen) * sqrt(norm(centre({he, she})))"),
    probes.Formula("f", "max(abs(cos({he, man}, {love}))) - 2 * min(-cos({king}, {love, war}))"),
]


@pytest.mark.parametrize("probe", [*one_of_each(), *FORMULAS], ids=lambda p: f"{p.kind}-{p.name}")
def test_gradient_equals_central_differences(probe: probes.Probe) -> None:
    model = random_model(n_extra=60)
    vectors = model.centre_vectors.astype(np.float64)
    resolved = probe.resolve(model.vocabulary)
    if not probe.is_differentiable:
        with pytest.raises(ProbeError, match="not differentiable"):
            resolved.gradient(vectors)
        return
    gradient = resolved.gradient(vectors)
    assert gradient.shape == (len(resolved.word_ids), model.dim)
    rng = np.random.default_rng(0)
    for _ in range(5):
        direction = np.zeros_like(vectors)
        direction[resolved.word_ids] = rng.normal(size=gradient.shape)
        step = 1e-5
        up, down = (resolved.value(vectors + sign * step * direction) for sign in (1, -1))
        expected = (up - down) / (2 * step)
        actual = (gradient * direction[resolved.word_ids]).sum()
        assert actual == pytest.approx(expected, rel=1e-6, abs=1e-8)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_values_equal_their_formulas_in_numpy() -> None:
    model = random_model()
    vector = {
        w: model.centre_vectors[i].astype(np.float64) for w, i in model.vocabulary.index.items()
    }

    def value(probe: probes.Probe) -> float:
        return probe.resolve(model.vocabulary).value(model.centre_vectors)

    question = weat()
    lean = {
        w: np.mean([cosine(vector[w], vector[a]) for a in question.attributes_a])
        - np.mean([cosine(vector[w], vector[b]) for b in question.attributes_b])
        for w in (*question.targets_x, *question.targets_y)
    }
    x, y = ([lean[w] for w in t] for t in (question.targets_x, question.targets_y))
    assert value(weat("difference")) == pytest.approx(np.mean(x) - np.mean(y), abs=1e-12)
    assert value(weat("statistic")) == pytest.approx(np.sum(x) - np.sum(y), abs=1e-12)
    spread = np.std(x + y)  # ddof 0
    assert value(weat("effect_size")) == pytest.approx((np.mean(x) - np.mean(y)) / spread)

    rows = [
        (vector[a] / np.linalg.norm(vector[a]), vector[b] / np.linalg.norm(vector[b]))
        for a, b in PAIRS
    ]
    centred = [row - (a + b) / 2 for a, b in rows for row in (a, b)]
    direction = PCA(n_components=1).fit(np.array(centred)).components_[0]
    if sum((a - b) @ direction for a, b in rows) < 0:
        direction = -direction
    assert value(probes.Projection(("war",), PAIRS)) == pytest.approx(
        cosine(vector["war"], direction), abs=1e-6
    )
    gaps = [(vector[a] - vector[b]) / np.linalg.norm(vector[a] - vector[b]) for a, b in PAIRS]
    assert value(probes.Ripa(("war",), PAIRS)) == pytest.approx(
        np.mean([vector["war"] @ g for g in gaps])
    )

    groups = ("he", "man"), ("she", "woman")
    words = ("war", "love", "sword", "tears", "the")
    means = [np.mean([vector[w] for w in group], axis=0) for group in groups]
    ranks = [[cosine(mean, vector[w]) for w in words] for mean in means]
    assert value(probes.Coherence(*groups, words)) == pytest.approx(spearmanr(*ranks).statistic)
    gap = [
        np.linalg.norm(vector[w] - means[0]) - np.linalg.norm(vector[w] - means[1]) for w in words
    ]
    assert value(probes.RelativeNormDistance(*groups, words)) == pytest.approx(np.mean(gap))
    away = [[1 - cosine(vector[t], vector[w]) for w in group] for t in words for group in groups]
    assert value(probes.Mac(words, groups)) == pytest.approx(np.mean(away))


def test_neighbour_margin_is_positive_only_for_the_nearest_words() -> None:
    model = random_model(n_extra=50)
    king = model.vocabulary.id("king")
    order = np.argsort(-(model.unit_vectors @ model.unit_vectors[king]))[1:]
    for rank, row in enumerate(order[:8]):
        probe = probes.NeighbourMargin("king", model.vocabulary.words[row], rank=4)
        value = probe.resolve(model.vocabulary).value(model.centre_vectors)
        assert (value > 0) == (rank < 4)


def test_the_active_gradient_omits_the_zero_rows() -> None:
    model = random_model(n_extra=50)
    resolved = probes.NeighbourMargin("king", "queen").resolve(model.vocabulary)
    rows, active = resolved.active_gradient(model.centre_vectors)
    assert len(rows) == 3  # king, queen and the rival
    full = np.zeros_like(model.centre_vectors, dtype=np.float64)
    full[rows] = active
    assert full[resolved.word_ids] == pytest.approx(resolved.gradient(model.centre_vectors))


def test_analogy_margin_is_positive_only_for_the_models_answer() -> None:
    model = random_model(n_extra=50)
    unit = model.unit_vectors.astype(np.float64)
    a, b, c = model.vocabulary.ids(["he", "she", "king"])
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = -np.inf
    best, second = np.argsort(-scores)[:2]
    for row, sign in ((best, 1), (second, -1)):
        probe = probes.AnalogyMargin("he", "she", "king", model.vocabulary.words[row])
        value = probe.resolve(model.vocabulary).value(model.centre_vectors)
        assert value == pytest.approx(sign * (scores[best] - scores[second]), abs=1e-6)
