"""How much nearer each word of a model lies to one pole of a probe than to the other.

    association(w) = mean cosine(w, first pole) - mean cosine(w, second pole)

The poles are the attribute sets A and B of a WEAT (Caliskan et al. 2017), or the own and the other
cluster of a cluster membership.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.probes.base import Probe
from clif_core.sgns.model import SkipGram

__all__ = ["pole_association"]

_POLES = (
    ("attributes_a", "attributes_b", "label_a", "label_b"),
    ("own", "other", "label_own", "label_other"),
)
_MAX_LABEL = 40  # characters


def pole_association(
    probe: Probe, model: SkipGram
) -> tuple[npt.NDArray[np.float32], tuple[str, str]]:
    """(n_words,) association of every word, > 0 nearer to the first pole; the poles' labels.

    Raises InputError for a probe without two poles, or with a pole of unknown words only.
    """
    for first, second, *labels in _POLES:
        if hasattr(probe, first) and hasattr(probe, second):
            means = [_mean_direction(probe, pole, model) for pole in (first, second)]
            names = [str(getattr(probe, label))[:_MAX_LABEL] for label in labels]
            association = model.unit_vectors @ (means[0] - means[1])
            return np.asarray(association, dtype=np.float32), (names[0], names[1])
    raise InputError(
        f"the probe {probe.name!r} has no two poles. Choose a WEAT or a cluster membership."
    )


def _mean_direction(probe: Probe, pole: str, model: SkipGram) -> npt.NDArray[np.float32]:
    vocabulary = model.vocabulary
    rows = [vocabulary.index[word] for word in getattr(probe, pole) if word in vocabulary]
    if not rows:
        raise InputError(f"none of the words of {pole} is in the vocabulary of {model.name!r}.")
    mean: npt.NDArray[np.float32] = model.unit_vectors[rows].mean(axis=0)
    return mean
