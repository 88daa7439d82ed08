"""An edit of the text: documents, sentences or contexts, and the weight that they get.

Weight 0 removes them, a weight between 0 and 1 reduces them, 2 counts them twice.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.text.corpus import Corpus

__all__ = ["Edit", "EditLevel", "random_edit", "token_mask", "token_weights"]

EditLevel = Literal["documents", "sentences", "contexts"]
MAX_WEIGHT = 10.0


@dataclass(frozen=True)
class Edit:
    """Some text and the weight that it gets.

    Parameters
    ----------
    items : numbers of documents, of sentences, or of tokens (level "contexts"); sorted, without
        duplicates, so that equal edits compare equal
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


def token_mask(corpus: Corpus, edit: Edit) -> npt.NDArray[np.bool_]:
    """(n_tokens,) which tokens an edit names; raises InputError for text that does not exist."""
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
    """(n_tokens,) the weight of each token's context: the edit's weight, elsewhere 1."""
    return np.where(token_mask(corpus, edit), edit.weight, 1.0).astype(np.float32)


def random_edit(corpus: Corpus, edit: Edit, seed: int) -> Edit:
    """Other text of the same level and, to within half an item, of the same number of tokens.

    Items are drawn uniformly from the non-empty rest of the text by numpy's default generator
    seeded with ``seed``. Raises InputError where the rest is too small.
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
