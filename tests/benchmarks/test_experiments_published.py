"""The departures of the released estimator, and the figures of the other commands."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.figures import Bar, HeatPanel, write_bars, write_heat
from benchmarks.published import RELEASED, VARIANTS
from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Similarity
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.fixture(scope="module")
def probe(lee_model: SkipGram) -> ResolvedProbe:
    return Similarity("police", "court").resolve(lee_model.vocabulary)


def test_as_released_is_the_labelled_estimator(
    engine: InfluenceEngine, probe: ResolvedProbe
) -> None:
    expected = engine.influence(probe, "published").sentence_effects
    np.testing.assert_allclose(
        RELEASED.effects(engine, probe), expected, rtol=1e-3, atol=1e-6 * np.abs(expected).max()
    )


def test_each_variant_undoes_what_it_names(engine: InfluenceEngine, probe: ResolvedProbe) -> None:
    found = {name: variant.effects(engine, probe) for name, variant in VARIANTS.items()}
    released = found["as released"]
    # With the contexts fixed, other centres have no path to the probe: nothing changes.
    everywhere = found["all centres scored (contexts fixed)"]
    np.testing.assert_allclose(everywhere, released, atol=1e-5 * np.abs(released).max())
    n_pairs = float(engine.loss.centre_weights.sum())
    divided = found["divided by scale and pairs"]
    np.testing.assert_allclose(divided * 25 * n_pairs, released, rtol=1e-3, atol=1e-3)
    assert np.corrcoef(found["negatives counted"], released)[0, 1] < 0.99
    # A sentence without a word of the probe has an effect only where all centres are scored.
    with_word = np.zeros(engine.corpus.n_sentences, bool)
    for token in np.flatnonzero(np.isin(engine.text.word_ids, probe.word_ids)):
        with_word[engine.corpus.sentence_of_token(int(engine.text.tokens[token]))] = True
    assert not found["contexts move"][~with_word].any()
    assert found["contexts move, all centres scored"][~with_word].any()


def test_figures_are_whole_and_show_their_numbers(tmp_path: Path) -> None:
    values = np.array([[-9.0, 0.5], [1, 2.0]])
    heat, bars = tmp_path / "heat.svg", tmp_path / "bars.svg"
    write_heat(heat, "Heat", [HeatPanel("brown", ["clif_career", "clif_math"], values)])
    write_bars(bars, "A & B", [Bar("juliet, 30 <", 0.1, -0.2, (0.01, -0.01))])
    for file, number in ((heat, "-9.0"), (bars, "-0.200")):
        drawing = file.read_text("utf-8")
        texts = [node.text for node in ElementTree.fromstring(drawing).iter() if node.text]
        assert number in texts
