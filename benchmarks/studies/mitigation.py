"""How much of a bias does removing little text remove? By influence, by counts, by chance.

A probe's words are split in halves. Sentences are ranked on one half and removed until a share of
all words is gone, densest first; the model is trained again without them; the probe is judged on
the other half, which did not choose the text. The side effects are measured too: similarity
judgements, analogies, other probes, how far words moved.

    influence   effect of removal on the chosen half, per word of the sentence (``block``)
    counts      pairs of target and attribute words in the sentence, each with its sign in the
                probe, per word: the method without influence
    random      sentences drawn by a seeded generator

The same function measures hard debias, which removes no text (``clif_core.interventions.debias``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError, ProbeError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import Edit
from clif_core.interventions.retrain import mean_shift
from clif_core.measurement.quality import score_analogies, score_similarity
from clif_core.probes import Weat
from clif_core.probes.base import Probe, ResolvedProbe
from clif_core.probes.lookup import FoundSet
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace

__all__ = ["METHODS", "Method", "judge", "order_sentences", "split_probe", "take_share"]

Method = Literal["influence", "counts", "random"]
METHODS: tuple[Method, ...] = get_args(Method)
_SETS = ("targets_x", "targets_y", "attributes_a", "attributes_b")
Floats = npt.NDArray[np.float64]


def split_probe(probe: Weat, vocabulary: Vocabulary) -> tuple[Weat, Weat]:
    """Split every word set in two, taking words in turn from the most to the least frequent.

    Words that the model lacks are left out first, so that both halves are of known words. Raises
    ProbeError where a set has fewer than two of them.
    """
    sets = probe.resolve(vocabulary).sets
    halves: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for field, found in zip(_SETS, sets, strict=True):
        if len(found) < 2:
            raise ProbeError(
                f"{found.label!r} of {probe.name!r} has {len(found)} word(s) in the model; to split"
                " it in halves it needs two. Take a probe with longer sets."
            )
        order = np.argsort(-vocabulary.counts[found.ids], kind="stable")
        for at in (0, 1):
            halves[at][field] = tuple(found.words[i] for i in order[at::2])
    first, second = halves
    return (
        replace(probe, name=f"{probe.name}, first half", **first),
        replace(probe, name=f"{probe.name}, second half", **second),
    )


def order_sentences(
    workspace: Workspace, engine: InfluenceEngine, probe: Weat, method: Method, seed: int = 0
) -> npt.NDArray[np.int64]:
    """Sentences to remove to bring the probe towards zero, the best per word first.

    Only sentences that push the probe away from zero by this method; for "random" all of them,
    shuffled.
    """
    if method not in METHODS:
        raise InputError(f"a method is one of {', '.join(METHODS)}, got {method!r}.")
    corpus = engine.corpus
    lengths = np.diff(corpus.sentence_offsets)
    if method == "random":
        return np.random.default_rng(seed).permutation(np.flatnonzero(lengths))
    resolved = probe.resolve(engine.model.vocabulary)
    if method == "influence":
        influence = workspace.results.influence(engine, resolved)
        gain = -np.sign(influence.probe_value) * influence.sentence_effects
    else:
        pairs, words = _count(engine, resolved)
        gain = np.sign(resolved.value(engine.model.centre_vectors)) * pairs
        # Sentences without a pair follow, those with most of the probe's words first.
        gain = np.where(gain == 0, words / (1 + words.max()) / (1 + lengths.max()), gain)
    density = gain / np.maximum(lengths, 1)
    order = np.argsort(-density, kind="stable")
    return np.asarray(order[density[order] > 0])


def _count(engine: InfluenceEngine, probe: ResolvedProbe) -> tuple[Floats, Floats]:
    """(n_sentences,) pairs of a target and an attribute word, and occurrences of either.

    Pairs are signed as in the probe: (X with A) + (Y with B) - (X with B) - (Y with A).
    """
    corpus = engine.corpus
    owner = np.repeat(np.arange(corpus.n_sentences), np.diff(corpus.sentence_offsets))
    sentences = owner[engine.text.tokens]

    def count(found: FoundSet) -> Floats:
        is_named = np.isin(engine.text.word_ids, found.ids)
        named = np.bincount(sentences[is_named], minlength=corpus.n_sentences)
        return named.astype(np.float64)

    x, y, a, b = map(count, probe.sets)
    return np.asarray((x - y) * (a - b)), np.asarray(x + y + a + b)


def take_share(corpus: Corpus, order: npt.NDArray[np.int64], share: float) -> Edit:
    """The first sentences of ``order`` that hold ``share`` of the text's words, to the nearest one.

    Raises InputError where they hold less than nine tenths of it altogether.
    """
    if not 0 < share < 1:
        raise InputError(f"a share of the text lies between 0 and 1, got {share}.")
    wanted = share * corpus.n_tokens
    total = np.cumsum(np.diff(corpus.sentence_offsets)[order])
    if not len(total) or total[-1] < 0.9 * wanted:
        held = 0 if not len(total) else int(total[-1])
        raise InputError(
            f"the ranked sentences hold {held:,} words, less than {share:.1%} of the text's"
            f" {corpus.n_tokens:,}; take a smaller share."
        )
    n = int(np.searchsorted(total, wanted)) + 1
    return Edit("sentences", tuple(order[:n].tolist()))


def judge(
    before: SkipGram, after: SkipGram, questions: Mapping[str, Weat], others: Sequence[Probe] = ()
) -> dict[str, Any]:
    """The bias left, and the side effects.

    ``questions``: name, such as "held_out" -> probe; difference and effect size of each. Also
    ``wordsim353``, ``simlex999`` (rank correlations), ``analogies`` (share right), ``others``
    (value of each other probe by name) and ``mean_shift``.
    """
    return {
        **{name: _read(probe, after) for name, probe in questions.items()},
        "wordsim353": score_similarity(after, "wordsim353").spearman,
        "simlex999": score_similarity(after, "simlex999").spearman,
        "analogies": score_analogies(after).accuracy,
        "others": {other.name: _value(other, after) for other in others},
        "mean_shift": mean_shift(before, after),
    }


def _read(probe: Weat, model: SkipGram) -> Mapping[str, float]:
    found = probe.resolve(model.vocabulary).quantities(model.centre_vectors)
    return {name: found[name] for name in ("difference", "effect_size")}


def _value(probe: Probe, model: SkipGram) -> float | None:
    try:
        return probe.resolve(model.vocabulary).value(model.centre_vectors)
    except ProbeError:
        return None
