"""The measured changes of probes after retraining, as a small table that can be published.

The vectors of hundreds of retrainings stay in a local store; the change of a probe is one number
each. So another estimator can be judged from a fresh clone without hours of training.

A CSV file with a row for each retraining: ``model`` (content hash), ``edit`` (``Edit.key``),
``seed``, and a column for each probe (``Probe.key``): the probe after training without the text
minus the probe after training with it, both by that seed. Empty where it was not evaluated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from clif_core.errors import FormatError

__all__ = ["Changes", "read_changes", "write_changes"]

#: (edit key, seed) -> {probe key: change}
Changes = Mapping[tuple[str, int], Mapping[str, float]]

_NAMES = ["model", "edit", "seed"]


def read_changes(path: Path, content_hash: str) -> Changes:
    """The changes that were measured on the model of this hash; none where there is no file.

    Raises FormatError for a file that is no such table.
    """
    if not path.exists():
        return {}
    try:
        table = pd.read_csv(path, dtype={"model": str, "edit": str})
        table = table[table["model"] == content_hash]
        edits, seeds = table["edit"].tolist(), table["seed"].astype(int).tolist()
        probes = table.drop(columns=_NAMES).astype(float).to_dict("records")
        return {
            (edit, seed): {str(key): x for key, x in of_probes.items() if not math.isnan(x)}
            for edit, seed, of_probes in zip(edits, seeds, probes, strict=True)
        }
    except (ValueError, KeyError) as error:
        raise FormatError(
            f"{path.name} is no table of measured changes ({error}). Its columns are"
            f" {', '.join(_NAMES)} and one a probe; take the file of the repository again."
        ) from error


def write_changes(path: Path, content_hash: str, changes: Changes) -> None:
    """Replace the file by the changes of one model, rows in order of their keys."""
    rows = [
        {"model": content_hash, "edit": edit, "seed": seed, **of_probes}
        for (edit, seed), of_probes in sorted(changes.items())
    ]
    probes = sorted({key for of_probes in changes.values() for key in of_probes})
    table = pd.DataFrame(rows, columns=[*_NAMES, *probes])
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.6g")
