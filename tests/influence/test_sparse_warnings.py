"""Users see no warning of torch about sparse matrices, whichever of its versions they have."""

from __future__ import annotations

import subprocess
import sys

# A process of its own: torch warns once a process, and only while nothing told it otherwise.
_SCRIPT = """
import warnings
import numpy as np, torch
from clif_core.device import agrees_with_cpu
from clif_core.sgns import expected_loss
from clif_core.sgns.pairs import Pairs

warnings.filterwarnings("error", message="Sparse invariant")
expected_loss._COMPILED = ()
offsets, columns = np.array([0, 1, 2]), np.array([1, 0], np.int32)
device = {device!r}
loss = expected_loss.ExpectedLoss(
    torch.eye(2, device=device),
    torch.eye(2, device=device),
    Pairs(offsets, columns, np.ones(2, np.float32)),
    expected_loss.Noise.exact(np.full(2, 0.5)),
    1,
)
loss.gradient()
assert agrees_with_cpu(torch.device(device))
"""


def test_sparse_products_raise_no_warning_of_torch(real_device_name: str) -> None:
    script = _SCRIPT.format(device=real_device_name)
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "Sparse" not in ran.stderr
