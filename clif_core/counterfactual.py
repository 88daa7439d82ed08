"""The world without a text: train again minus it, and read the probes again.

An influence predicts; this module measures. It imports no influence, nor does influence import it,
so that the one can judge the other.

An ``Edit`` names documents, sentences or contexts and the weight that they shall have: 0 removes
them, between 0 and 1 plays them down, 2 lets them count twice. What it does depends on the trainer:

    coupled   The very same training again, same random draws, but that the learning rate of every
              edited context is multiplied by the weight. Removed words still stand in the windows
              of their neighbours. One retraining is a definite answer to "what would this very
              training have given"; another seed asks it of another training.
    gensim    A cold training on the text without the removed words. The stream of random numbers
              shifts, so that the change holds seed noise, which only several seeds average out.

In both the vocabulary, its counts and the noise distribution stay those of the full text, so that
rows mean the same words before and after.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from clif_core.corpus import Corpus
from clif_core.errors import CapabilityError, InputError, ProbeError
from clif_core.jobs import Progress
from clif_core.probes.base import ResolvedProbe
from clif_core.skipgram import BACKENDS, SkipGram
from clif_core.training import train_repeatable

__all__ = [
    "Edit",
    "EditLevel",
    "mean_shift",
    "random_edit",
    "read_probes",
    "refuse_unrepeatable",
    "retrain",
    "token_mask",
    "token_weights",
]

EditLevel = Literal["documents", "sentences", "contexts"]
MAX_WEIGHT = 10.0

_ABSENT = "\0"  # a word that no text has: what stands in the place of a removed token


@dataclass(frozen=True)
class Edit:
    """Some text and the weight it shall have.

    Parameters
    ----------
    items : numbers of documents, of sentences, or of tokens (level "contexts"); kept ascending
        and distinct, so that equal edits compare equal
    weight : 0 (removed) to 10; 1 would change nothing and is refused
    """

    level: EditLevel
    items: tuple[int, ...]
    weight: float = 0.0

    def __post_init__(self) -> None:
        if self.level not in get_args(EditLevel):
            known = ", ".join(get_args(EditLevel))
            raise InputError(f"the level of an edit is one of {known}, got {self.level!r}.")
        object.__setattr__(self, "items", tuple(sorted({int(item) for item in self.items})))
        if not self.items:
            raise InputError("an edit without any text changes nothing; choose some text first.")
        if self.items[0] < 0:
            raise InputError(f"texts are numbered from 0, got {self.items[0]}.")
        is_allowed = math.isfinite(self.weight) and 0 <= self.weight <= MAX_WEIGHT
        if not is_allowed or self.weight == 1:
            raise InputError(
                f"the weight of an edit lies between 0 (removed) and {MAX_WEIGHT:g} and is not 1,"
                f" got {self.weight}."
            )

    def to_dict(self) -> dict[str, Any]:
        return {"level": self.level, "items": list(self.items), "weight": float(self.weight)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Edit:
        try:
            return cls(values["level"], tuple(values["items"]), float(values["weight"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"an edit has level, items (numbers) and weight; {error!r} in {values!r:.200}."
            ) from error

    @property
    def key(self) -> str:
        """A stable hash of the edit, for caches and names."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


# --- edits as tokens


def token_mask(corpus: Corpus, edit: Edit) -> npt.NDArray[np.bool_]:
    """(n_tokens,) which tokens an edit names; raises InputError beyond the text's end."""
    offsets = _offsets(corpus, edit.level)
    if edit.items[-1] >= len(offsets) - 1:
        raise InputError(
            f"the text has {len(offsets) - 1:,} {edit.level}, numbered from 0; there is no"
            f" {edit.items[-1]}."
        )
    is_chosen = np.zeros(len(offsets) - 1, dtype=bool)
    is_chosen[list(edit.items)] = True
    return np.repeat(is_chosen, np.diff(offsets))


def token_weights(corpus: Corpus, edit: Edit) -> npt.NDArray[np.float32]:
    """(n_tokens,) the weight of every occurrence's context: the edit's, else 1."""
    return np.where(token_mask(corpus, edit), edit.weight, 1.0).astype(np.float32)


def random_edit(corpus: Corpus, edit: Edit, seed: int) -> Edit:
    """Other text of the same kind and, in tokens, the same size to within half a piece.

    Pieces with words are drawn from the rest of the text, each as likely as the others, by numpy's
    default generator seeded with ``seed``. Raises InputError where the rest is too small.
    """
    lengths = np.diff(_offsets(corpus, edit.level))
    wanted = int(token_mask(corpus, edit).sum())
    free = np.setdiff1d(np.flatnonzero(lengths), edit.items)
    order = np.random.default_rng(seed).permutation(free)
    total = np.cumsum(lengths[order])
    if not len(total) or total[-1] < wanted:
        raise InputError(
            f"the edit names {wanted:,} tokens; the rest of the text, {int(lengths[free].sum()):,},"
            " is too small to draw a random set of equal size from."
        )
    n = int(np.searchsorted(total, wanted)) + 1
    if n > 1 and wanted - total[n - 2] < total[n - 1] - wanted:
        n -= 1
    return replace(edit, items=tuple(order[:n].tolist()))


def _offsets(corpus: Corpus, level: EditLevel) -> npt.NDArray[np.int64]:
    if level == "documents":
        return corpus.document_token_offsets
    if level == "sentences":
        return corpus.sentence_offsets
    return np.arange(corpus.n_tokens + 1)


# --- training again


def refuse_unrepeatable(model: SkipGram, edit: Edit | None = None) -> None:
    """Raise CapabilityError, with what to do, where a model cannot be trained again."""
    backend = None if model.settings is None else model.settings.backend
    if backend not in BACKENDS or model.corpus_hash is None:
        raise CapabilityError(
            f"Model {model.name!r} cannot be trained again: it is not known just how, or on which "
            "text, it was trained. Predictions stand; to check them, train a twin on the same "
            "text with 'clif train'."
        )
    if backend == "gensim" and edit is not None and edit.weight != 0:
        raise CapabilityError(
            f"Model {model.name!r} was trained by gensim, which can leave text out but not weigh "
            f"it by {edit.weight:g}. Use weight 0, or train a twin with 'clif train --backend "
            "coupled'."
        )


def retrain(
    model: SkipGram,
    corpus: Corpus,
    edit: Edit | None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> SkipGram:
    """The model trained again on the edited text; None edits nothing and repeats the training.

    ``seed`` None takes the model's own. Vocabulary and settings stay. The result names no training
    text, because the text that it was trained on is not the corpus any more (with None it is).
    """
    refuse_unrepeatable(model, edit)
    if model.corpus_hash != corpus.content_hash:
        raise InputError(
            f"corpus {corpus.name!r} ({corpus.content_hash[:8]}) is not the text that model "
            f"{model.name!r} was trained on ({str(model.corpus_hash)[:8]})."
        )
    settings = model.require_settings()
    if seed is not None:
        settings = replace(settings, seed=seed)
    if settings.is_repeatable:
        weights = None if edit is None else token_weights(corpus, edit)
        trained = train_repeatable(corpus, model.vocabulary, settings, weights, progress)
    else:
        from clif_core.training.gensim_backend import train_with_gensim

        text = corpus if edit is None else _without(corpus, edit)
        trained = train_with_gensim(text, model.vocabulary, settings, progress)
    centre, context = trained
    return replace(
        model,
        centre_vectors=centre,
        context_vectors=context,
        settings=settings,
        corpus_hash=corpus.content_hash if edit is None else None,
        other_seeds={},
    )


def _without(corpus: Corpus, edit: Edit) -> Corpus:
    """The corpus with every token of the edit turned into a word that no model knows."""
    absent = len(corpus.words)
    token_words = np.where(token_mask(corpus, edit), absent, corpus.token_words)
    return replace(corpus, words=(*corpus.words, _ABSENT), token_words=token_words.astype(np.int32))


# --- reading again


def read_probes(probes: Sequence[ResolvedProbe], model: SkipGram) -> dict[str, float | None]:
    """The value of each probe by its key; None where it has none on these vectors."""
    values: dict[str, float | None] = {}
    for probe in probes:
        try:
            values[probe.probe.key] = probe.value(model.centre_vectors)
        except ProbeError:
            values[probe.probe.key] = None
    return values


def mean_shift(before: SkipGram, after: SkipGram) -> float:
    """How far words moved: 1 - cosine of each word's two vectors, mean over all words.

    Means something only where both trainings share their start and their draws (coupled, one seed).
    """
    cosines = np.einsum("nd,nd->n", before.unit_vectors, after.unit_vectors)
    return float(1 - cosines.mean())
