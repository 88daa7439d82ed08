"""The values that colour the words of a map: association with the selected probe, and influence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.influence.estimators import ESTIMATORS
from clif_core.measurement.association import pole_association
from clif_core.probes import from_dict
from clif_core.sgns.bundle import Bundle
from dashboard.data import attribution, models
from dashboard.selection import Selection

__all__ = ["associations", "context_word_effects"]

FloatArray = npt.NDArray[np.float32]


def associations(bundle: Bundle, selection: Selection) -> tuple[FloatArray, tuple[str, str]]:
    """(n_words,) association with the two poles of the selected probe, and the poles' labels.

    Raises InputError where no probe is selected, or one without two poles on this model.
    """
    if selection.probe is None:
        raise InputError(
            "Colour by association needs a probe with two poles (a WEAT, or a cluster membership). "
            "Pick one under Probe; clusters are shown meanwhile."
        )
    return pole_association(from_dict(selection.probe), bundle.model)


def context_word_effects(selection: Selection) -> FloatArray:
    """(n_words,) removal effect on the selected probe of each word as a context word.

    By the selected estimator where its answer is cached, else by the best that costs no wait.
    """
    if selection.probe is None:
        raise InputError(
            "Colour by influence needs a probe: pick one under Probe. Clusters are shown meanwhile."
        )
    engine = models.selected_engine()
    resolved = from_dict(selection.probe).resolve(engine.model.vocabulary)
    found = None
    if selection.estimator in ESTIMATORS:
        found = attribution.answer(engine, resolved, selection.estimator, None, is_computed=False)
    if found is None:
        asked = attribution.asked(selection)
        found = attribution.answer(
            engine, resolved, attribution.BEST, None, is_computed=True, question=asked
        )
    assert found is not None
    return found.context_word_effects
