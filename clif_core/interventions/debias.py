"""Published debiasing methods as baselines; each returns a new model.

Hard debias (Bolukbasi et al. 2016, arXiv:1607.06520): on unit vectors, take the direction of the
definitional pairs out of every word that is not specific to it (neutralise), then set each pair
of words at equal distance on either side of the neutral plane (equalise). Projection-only
neutralises all words and does not equalise.

**Hiding is not removing** (Gonen & Goldberg 2019, arXiv:1903.03862): the direction is gone, but
words that leaned the same way still form clusters. ``separability`` measures that; show it beside
every before-and-after figure.

The training text did not produce the new vectors, so the new model has no context vectors and no
settings: the influence of text on it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError, ProbeError
from clif_core.late import late_import
from clif_core.probes.lookup import NamedSet, find_words
from clif_core.probes.paired import Pairs, clean_pairs, find_pairs, main_direction
from clif_core.probes.shipped import word_pairs, word_sets
from clif_core.sgns.model import SkipGram

if TYPE_CHECKING:
    import torch
    from sklearn import cluster as sklearn_cluster
else:
    torch = late_import("torch")
    sklearn_cluster = late_import("sklearn.cluster")

__all__ = [
    "ABOUT",
    "Debiased",
    "Separability",
    "debias",
    "find_direction",
    "hard_debias",
    "project_out",
    "separability",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


#: Subject of a shipped debiasing -> its definitional pairs, pairs to equalise, specific words.
ABOUT = {
    "gender": (
        "bolukbasi/gender_definitional",
        "bolukbasi/gender_equalise",
        "bolukbasi/gender_specific",
    ),
    "race": ("manzini/race_definitional", "manzini/race_equalise", "manzini/race_specific"),
}


@dataclass(frozen=True, eq=False)
class Debiased:
    """A debiased model and what the method changed.

    Parameters
    ----------
    model : unit vectors; no context vectors, settings or corpus
    direction : (dim,) for the first training; each further seed has its own
    explained : share of the pairs' variance along ``direction``, 0 to 1
    n_neutralised : number of words whose component along ``direction`` was removed
    equalised : the pairs that were set at equal distance, in the spelling of the vocabulary
    lost : words of the pairs that are out of vocabulary
    """

    model: SkipGram
    direction: Floats
    explained: float
    n_neutralised: int
    equalised: Pairs
    lost: tuple[str, ...]


@dataclass(frozen=True)
class Separability:
    """Whether clustering still separates the words that leaned most either way.

    ``accuracy`` is the share that two-means clustering assigns to their own side: 0.5 is chance,
    1 means that the bias is fully recoverable.
    """

    accuracy: float
    n_words: int


def debias(
    model: SkipGram, about: str, is_projected: bool = False
) -> tuple[Debiased, Separability, Separability]:
    """A shipped debiasing with the neighbour test before and after; ``about`` is a key of ABOUT.

    ``is_projected`` removes the direction from every word instead of hard debiasing.
    """
    if about not in ABOUT:
        raise InputError(f"debiasing is about one of {', '.join(ABOUT)}, got {about!r}.")
    definitional, equalise, specific = ABOUT[about]
    pairs, words = word_pairs()[definitional].pairs, word_sets()[specific].words
    done = (
        project_out(model, pairs, about)
        if is_projected
        else hard_debias(model, pairs, words, word_pairs()[equalise].pairs, about)
    )
    before, after = (separability(model, m, pairs, words) for m in (model, done.model))
    return done, before, after


def find_direction(model: SkipGram, pairs: Sequence[Sequence[str]]) -> tuple[Floats, float]:
    """First principal component of the centred unit pairs, (dim,), and its variance share."""
    first, second, _, _ = _pair_rows(model, pairs)
    return _direction(_unit(model.centre_vectors), first, second)


def hard_debias(
    model: SkipGram,
    pairs: Sequence[Sequence[str]],
    specific: Iterable[str] = (),
    equalise: Sequence[Sequence[str]] | None = None,
    label: str = "custom",
) -> Debiased:
    """Neutralise every word except ``specific`` ones, then equalise the pairs of ``equalise``.

    ``equalise`` defaults to ``pairs``. As in the published code, every pair is tried in lower case,
    title case and upper case; its words count as specific; for a word in several pairs the last one
    counts.
    """
    first, second, found, lost = _pair_rows(model, pairs)
    candidates = _case_variants(clean_pairs(found if equalise is None else equalise))
    index = model.vocabulary.index
    equalised = tuple(pair for pair in candidates if all(word in index for word in pair))
    specific_set = NamedSet("specific", tuple(specific))
    exempt = set(find_words(specific_set, model.vocabulary).ids.tolist())
    exempt |= {index[word] for pair in equalised for word in pair}
    neutral = np.setdiff1d(np.arange(model.n_words), np.array(sorted(exempt), dtype=np.int64))
    rows = np.array([[index[word] for word in pair] for pair in equalised], dtype=np.int64)

    def transform(vectors: npt.NDArray[np.float32]) -> tuple[Floats, Floats, float]:
        unit = _unit(vectors)
        direction, explained = _direction(unit, first, second)
        moved = unit.copy()
        moved[neutral] = _unit(_without(unit[neutral], direction))
        for a, b in rows.reshape(-1, 2):
            moved[a], moved[b] = _equalise(unit[a], unit[b], direction)
        return _unit(moved), direction, explained

    new, direction, explained = _apply(model, transform, f"{model.name}, hard debiased ({label})")
    return Debiased(new, direction, explained, len(neutral), equalised, lost)


def project_out(model: SkipGram, pairs: Sequence[Sequence[str]], label: str = "custom") -> Debiased:
    """Remove the direction of the pairs from every word."""
    first, second, _, lost = _pair_rows(model, pairs)

    def transform(vectors: npt.NDArray[np.float32]) -> tuple[Floats, Floats, float]:
        unit = _unit(vectors)
        direction, explained = _direction(unit, first, second)
        return _unit(_without(unit, direction)), direction, explained

    new, direction, explained = _apply(model, transform, f"{model.name}, projected ({label})")
    return Debiased(new, direction, explained, model.n_words, (), lost)


def separability(
    original: SkipGram,
    debiased: SkipGram,
    pairs: Sequence[Sequence[str]],
    specific: Iterable[str] = (),
    n_words: int = 500,
    seed: int = 0,
) -> Separability:
    """The neighbour test: cluster, in ``debiased``, the words that leaned most in ``original``.

    Takes the ``n_words`` words a side with the largest projections in the original (without the
    pairs' own words and ``specific`` ones), and clusters them by two-means with ten seeded starts.
    Give the original twice for the value before debiasing.
    """
    if original.vocabulary.words != debiased.vocabulary.words:
        raise InputError(
            f"{original.name!r} and {debiased.name!r} have different vocabularies; compare a model"
            " with its own debiased version."
        )
    first, second, _, _ = _pair_rows(original, pairs)
    unit = _unit(original.centre_vectors)
    direction, _ = _direction(unit, first, second)
    specific_rows = find_words(NamedSet("", tuple(specific)), original.vocabulary).ids
    excluded = np.concatenate([first, second, specific_rows])
    candidates = np.setdiff1d(np.arange(original.n_words), excluded)
    n_words = min(n_words, len(candidates) // 2)
    if n_words < 2:
        raise InputError(
            f"{len(candidates)} words are neither in the pairs nor specific; the neighbour test"
            " needs at least 4."
        )
    order = candidates[np.argsort(unit[candidates] @ direction, kind="stable")]
    chosen = np.concatenate([order[:n_words], order[-n_words:]])
    leaned = np.repeat([0, 1], n_words)
    groups = sklearn_cluster.KMeans(n_clusters=2, n_init=10, random_state=seed).fit_predict(
        _unit(debiased.centre_vectors)[chosen]
    )
    agreement = float((groups == leaned).mean())
    return Separability(max(agreement, 1 - agreement), n_words)


def _unit(vectors: npt.NDArray[np.floating]) -> Floats:
    vectors = vectors.astype(np.float64)
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Floats = vectors / np.maximum(norms, 1e-12)
    return unit


def _without(vectors: Floats, direction: Floats) -> Floats:
    """The rows minus their component along ``direction``, a unit vector."""
    return vectors - np.outer(vectors @ direction, direction)


def _equalise(a: Floats, b: Floats, direction: Floats) -> tuple[Floats, Floats]:
    """Both words at the neutral part of their mean, at equal distance on either side of it."""
    middle = _without(((a + b) / 2)[None], direction)[0]
    distance = np.sqrt(max(0.0, 1 - float(middle @ middle)))
    if (a - b) @ direction < 0:
        distance = -distance
    return middle + distance * direction, middle - distance * direction


def _direction(unit: Floats, first: Ints, second: Ints) -> tuple[Floats, float]:
    gaps = unit[first] - unit[second]
    direction = main_direction(torch.from_numpy(unit[first]), torch.from_numpy(unit[second]))
    along = direction.numpy().astype(np.float64)
    return along, float(((gaps @ along) ** 2).sum() / (gaps**2).sum())


def _pair_rows(
    model: SkipGram, pairs: Sequence[Sequence[str]]
) -> tuple[Ints, Ints, Pairs, tuple[str, ...]]:
    """Rows of the complete pairs, those pairs, and the words that are out of vocabulary."""
    first, second, _ = find_pairs(clean_pairs(pairs), model.vocabulary, ("first", "second"))
    lost = tuple(dict.fromkeys((*first.out_of_vocabulary, *second.out_of_vocabulary)))
    if not len(first):
        raise ProbeError(
            f"none of the {len(pairs)} pairs has both words among the model's"
            f" {model.n_words:,}; missing: {', '.join(map(repr, lost))}. Give pairs of words that"
            " the training text has."
        )
    return first.ids, second.ids, tuple(zip(first.words, second.words, strict=True)), lost


def _case_variants(pairs: Pairs) -> Pairs:
    variants = (
        tuple(change(word) for word in pair)
        for pair in pairs
        for change in (str.lower, str.title, str.upper)
    )
    return tuple(dict.fromkeys(variants))


def _apply(
    model: SkipGram,
    transform: Callable[[npt.NDArray[np.float32]], tuple[Floats, Floats, float]],
    name: str,
) -> tuple[SkipGram, Floats, float]:
    """The model with ``transform`` applied to the centre vectors of every seed."""
    vectors, direction, explained = transform(model.centre_vectors)
    others = {
        seed: transform(other)[0].astype(np.float32) for seed, other in model.other_seeds.items()
    }
    new = SkipGram(name, model.vocabulary, vectors.astype(np.float32), other_seeds=others)
    return new, direction, explained
