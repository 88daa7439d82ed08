"""Retraining without a set of text: the centre vectors of each retraining, trained once and stored.

Stored is the *change* against the same training with all text, as float16, under the hash of model,
edit and seed. The effects of single sentences are small; rounding the change by one part in two
thousand distorts them less than rounding the vectors would. The unedited training of each seed is
stored as float32, made on the same machine. About 2 MB per retraining. Changes of probes that were
measured on another machine can be given (``clif_core.evaluation.changes``): then their vectors are
not needed.

An interrupted run resumes where it stopped, because stored retrainings are not trained again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from clif_core.evaluation.changes import Changes
from clif_core.interventions.edit import Edit
from clif_core.interventions.retrain import refuse_unrepeatable
from clif_core.interventions.retrain_each import Retraining, retrain_each
from clif_core.probes.base import ResolvedProbe
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.storage.store import Store, make_key
from clif_core.text.corpus import Corpus

__all__ = ["Retrainings"]

FloatArray = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Retrainings:
    """Every retraining of one model, read from the store or trained and put there.

    ``seed`` is always given: the model's own asks what this very training would have given.
    ``given``: changes of probes that were measured elsewhere.
    """

    store: Store
    model: SkipGram
    corpus: Corpus
    given: Changes = field(default_factory=dict, repr=False)
    _bases: dict[int, FloatArray] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        refuse_unrepeatable(self.model)

    @property
    def own_seed(self) -> int:
        return self.model.require_settings().seed

    def base(self, seed: int) -> FloatArray:
        """(n_words, dim) centre vectors of the training with all text; trained where missing."""
        if seed not in self._bases:
            self._bases[seed] = self._read_or_train_base(seed)
        return self._bases[seed]

    def has_base(self, seed: int) -> bool:
        """Whether the training with all text is stored."""
        return seed in self._bases or self.store.has_arrays(self._base_key(seed))

    def _base_key(self, seed: int) -> str:
        return make_key("fidelity-base", model=self.model.content_hash, seed=seed)

    def _read_or_train_base(self, seed: int) -> FloatArray:
        found = self.store.get_arrays(self._base_key(seed))
        if found is None:
            self._train([Retraining(None, seed)])
            return self._bases[seed]
        return np.asarray(found["centre_vectors"], dtype=np.float32)

    def has(self, edit: Edit, seed: int) -> bool:
        return self.store.get_arrays(self._key(edit, seed)) is not None

    def kept(self, edit: Edit, seed: int) -> FloatArray | None:
        """(n_words, dim) centre vectors without the text; None where not stored; never trains."""
        found = self.store.get_arrays(self._key(edit, seed))
        if found is None:
            return None
        return self.base(seed) + found["centre_change"].astype(np.float32)

    def changes(self, edit: Edit, seed: int, probes: Sequence[ResolvedProbe]) -> Floats | None:
        """(n_probes,) each probe trained without the text minus trained with it.

        None where neither the vectors are stored nor every probe was given; never trains.
        """
        vectors = self.kept(edit, seed)
        if vectors is not None:
            base = self.base(seed)
            return np.array([probe.value(vectors) - probe.value(base) for probe in probes])
        given = self.given.get((edit.key, seed), {})
        keys = [probe.probe.key for probe in probes]
        return np.array([given[key] for key in keys]) if set(keys) <= set(given) else None

    def train_all(
        self,
        edits: Sequence[Edit],
        seeds: Sequence[int],
        *,
        n_processes: int | None = None,
        progress: Progress | None = None,
        note: Callable[[float], None] | None = None,
    ) -> int:
        """Train what is not stored yet, set by set, so that an early end leaves whole sets.

        Each training is stored when it is done; ``note`` is told its seconds. Returns how many
        were trained, those with all text not counted.
        """
        wanted = [(edit, seed) for edit in edits for seed in seeds]
        return self.train_missing(wanted, n_processes=n_processes, progress=progress, note=note)

    def train_missing(
        self,
        wanted: Sequence[tuple[Edit, int]],
        *,
        n_processes: int | None = None,
        progress: Progress | None = None,
        note: Callable[[float], None] | None = None,
    ) -> int:
        """``train_all`` for some of its pairs of text and seed alone, in their order."""
        missing = [Retraining(edit, seed) for edit, seed in wanted if not self.has(edit, seed)]
        seeds = dict.fromkeys(one.seed for one in missing)
        bases = [Retraining(None, seed) for seed in seeds if not self.has_base(seed)]
        self._train([*bases, *missing], n_processes, progress, note)
        return len(missing)

    def _train(
        self,
        wanted: Sequence[Retraining],
        n_processes: int | None = None,
        progress: Progress | None = None,
        note: Callable[[float], None] | None = None,
    ) -> None:
        """Train and store; those with all text come first, but may be done later than others."""
        early: dict[int, list[tuple[Edit, FloatArray]]] = {}

        def keep(at: int, trained: SkipGram, seconds: float) -> None:
            edit, seed = wanted[at].edit, wanted[at].seed
            if note is not None:
                note(seconds)
            if edit is None:
                self._keep_base(seed, trained.centre_vectors)
                for other, vectors in early.pop(seed, ()):
                    self._keep(other, seed, vectors)
            elif self.has_base(seed):
                self._keep(edit, seed, trained.centre_vectors)
            else:
                early.setdefault(seed, []).append((edit, trained.centre_vectors))

        retrain_each(
            self.model, self.corpus, wanted, keep, n_processes=n_processes, progress=progress
        )

    def _keep_base(self, seed: int, vectors: FloatArray) -> None:
        about = {"model": self.model.name, "seed": seed}
        self.store.put_arrays(self._base_key(seed), {"centre_vectors": vectors}, about)
        self._bases[seed] = vectors

    def _keep(self, edit: Edit, seed: int, vectors: FloatArray) -> None:
        change = (vectors - self.base(seed)).astype(np.float16)
        about = {"model": self.model.name, "seed": seed, "n_texts": len(edit.items)}
        self.store.put_arrays(self._key(edit, seed), {"centre_change": change}, about)

    def _key(self, edit: Edit, seed: int) -> str:
        return make_key("fidelity", model=self.model.content_hash, edit=edit.to_dict(), seed=seed)
