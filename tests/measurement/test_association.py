"""The association of every word with the two poles of a probe."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core.errors import InputError
from clif_core.measurement.association import pole_association
from clif_core.probes import ClusterMembership, Similarity, Weat
from clif_core.sgns.model import SkipGram

POLES = ("police", "government"), ("people", "family", "nosuchword")
WEAT = Weat("lee", ("he", "his"), ("she", "her"), *POLES, "men", "women", "power", "home")


def test_it_is_the_difference_of_mean_cosines(lee_model: SkipGram) -> None:
    found, labels = pole_association(WEAT, lee_model)
    assert labels == ("power", "home")
    unit, index = lee_model.unit_vectors, lee_model.vocabulary.index
    word = unit[index["police"]]
    means = [np.mean([word @ unit[index[w]] for w in p if w in index]) for p in POLES]
    assert found[index["police"]] == pytest.approx(means[0] - means[1], abs=1e-5)


def test_a_cluster_membership_has_poles_too(lee_model: SkipGram) -> None:
    probe = ClusterMembership(word="police", own=POLES[0], other=POLES[1][:2])
    assert np.allclose(pole_association(probe, lee_model)[0], pole_association(WEAT, lee_model)[0])


def test_other_probes_and_unknown_poles_are_refused(lee_model: SkipGram) -> None:
    with pytest.raises(InputError, match="has no two poles"):
        pole_association(Similarity("police", "people"), lee_model)
    unknown = ClusterMembership(word="police", own=("nosuchword",), other=("people",))
    with pytest.raises(InputError, match="none of the words of own"):
        pole_association(unknown, lee_model)
