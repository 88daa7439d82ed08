"""The predicted value of a probe as more text is edited."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core.interventions.predicted_curve import predicted_curve

EFFECTS = np.array([-0.3, 0.2, -0.1, 0.4])


def test_effects_add_up_in_their_order() -> None:
    assert predicted_curve(1.0, EFFECTS) == pytest.approx([1.0, 0.7, 0.9, 0.8, 1.2])


@pytest.mark.parametrize(("weight", "share"), [(0.0, 1.0), (0.5, 0.5), (2.0, -1.0)])
def test_a_weight_scales_the_changes(weight: float, share: float) -> None:
    changes = predicted_curve(1.0, EFFECTS, weight) - 1.0
    assert changes == pytest.approx(share * (predicted_curve(1.0, EFFECTS) - 1.0))
