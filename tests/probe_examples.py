"""A small random model and one probe of every family, for the tests of probes and statistics."""

from __future__ import annotations

import numpy as np

from clif_core import probes
from clif_core.sgns.model import SkipGram, Vocabulary

WORDS = [
    "the",
    "of",
    "he",
    "she",
    "man",
    "woman",
    "king",
    "queen",
    "boy",
    "girl",
    "war",
    "love",
    "sword",
    "tears",
    "battle",
    "heart",
    "power",
    "gentle",
    "doctor",
    "nurse",
    "teacher",
    "paris",
    "france",
    "berlin",
    "germany",
    "prince",
    "princess",
    "lord",
    "lady",
    "son",
    "daughter",
    "crown",
    "kiss",
    "arms",
    "lips",
    "army",
    "sweet",
    "fight",
    "fair",
    "soldier",
    "beauty",
    "brother",
    "sister",
    "father",
    "mother",
]
PAIRS = (("he", "she"), ("man", "woman"), ("king", "queen"), ("boy", "girl"), ("son", "daughter"))


def random_model(n_extra: int = 0, dim: int = 12, seed: int = 3) -> SkipGram:
    """Gaussian vectors for WORDS and ``n_extra`` more words, with counts by Zipf's law."""
    words = [*WORDS, *(f"word{i}" for i in range(n_extra))]
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(len(words), dim)).astype(np.float32)
    counts = (100_000 / np.arange(1, len(words) + 1)).astype(np.int64)
    return SkipGram("random", Vocabulary(words, counts), vectors)


def weat(quantity: probes.Quantity = "difference") -> probes.Weat:
    return probes.Weat(
        "men and women, war and love",
        ("he", "man", "king", "boy"),
        ("she", "woman", "queen", "girl", "lady"),
        ("war", "sword", "battle"),
        ("love", "tears", "heart"),
        "men",
        "women",
        "war",
        "love",
        quantity,
    )


def one_of_each() -> list[probes.Probe]:
    """A probe of every family, WEAT in its three quantities."""
    jobs = ("doctor", "nurse", "teacher")
    return [
        *(weat(quantity) for quantity in probes.QUANTITIES),
        probes.SingleWeat("doctor", ("he", "man", "king"), ("she", "woman", "queen", "girl")),
        probes.SingleWeat("doctor", ("he", "man"), ("she", "woman"), quantity="effect_size"),
        probes.Similarity("king", "queen"),
        probes.ClusterMembership("king", ("king", "queen", "prince"), ("man", "boy")),
        probes.ClusterMembership("king", ("queen", "prince"), ("man", "boy"), vectors="raw"),
        probes.NeighbourMargin("king", "queen", rank=3),
        probes.AnalogyMargin("france", "paris", "germany", "berlin"),
        probes.Axis(jobs, ("he", "man", "king"), ("she", "woman", "queen")),
        probes.Projection(jobs, PAIRS),
        probes.DirectBias(jobs, PAIRS, strictness=0.5),
        probes.Ripa(jobs, PAIRS),
        probes.RelativeNormDistance(("he", "man"), ("she", "woman", "girl"), jobs),
        probes.Mac(jobs, (("he", "man"), ("she", "woman", "girl"))),
        probes.Coherence(("he", "man"), ("she", "woman"), ("war", "love", "sword", "tears", "the")),
        probes.Position("king", tuple(np.linspace(-1, 1, 12))),
    ]
