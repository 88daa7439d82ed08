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

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import starmap

import numpy as np
import numpy.typing as npt

from clif_core.evaluation.changes import Changes
from clif_core.interventions.edit import Edit
from clif_core.interventions.retrain import refuse_unrepeatable, retrain
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
        key = self._base_key(seed)
        found = self.store.get_arrays(key)
        if found is None:
            trained = retrain(self.model, self.corpus, None, seed)
            found = {"centre_vectors": trained.centre_vectors}
            self.store.put_arrays(key, found, {"model": self.model.name, "seed": seed})
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

    def train(self, edit: Edit, seed: int) -> bool:
        """Train without the text and store the vectors; False where they were stored already."""
        if self.has(edit, seed):
            return False
        trained = retrain(self.model, self.corpus, edit, seed)
        change = (trained.centre_vectors - self.base(seed)).astype(np.float16)
        about = {"model": self.model.name, "seed": seed, "n_texts": len(edit.items)}
        self.store.put_arrays(self._key(edit, seed), {"centre_change": change}, about)
        return True

    def train_all(
        self,
        edits: Sequence[Edit],
        seeds: Iterable[int],
        n_threads: int = 1,
        progress: Progress | None = None,
    ) -> int:
        """Train what is not stored yet, set by set, so that an early end leaves whole sets.

        Returns how many were trained.
        """
        seeds = tuple(seeds)
        for seed in seeds:
            self.base(seed)  # first, so that no two threads train it
        todo = [(edit, seed) for edit in edits for seed in seeds]
        n_trained = 0
        for n_done, is_new in enumerate(self._run(todo, n_threads), 1):
            n_trained += is_new
            if progress is not None:
                progress(n_done / len(todo), f"retraining {n_done} of {len(todo)}")
        return n_trained

    def _run(self, todo: Sequence[tuple[Edit, int]], n_threads: int) -> Iterable[bool]:
        if n_threads <= 1:
            yield from starmap(self.train, todo)
            return
        # Threads suffice: the trainers' compiled loops release the interpreter lock.
        with ThreadPoolExecutor(n_threads) as pool:
            try:
                yield from pool.map(self.train, *zip(*todo, strict=True))
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _key(self, edit: Edit, seed: int) -> str:
        return make_key("fidelity", model=self.model.content_hash, edit=edit.to_dict(), seed=seed)
