"""The fidelity tables on a model's card, and the ranking of estimators that follows from them.

The shape of ``card["fidelity"]`` is described in ``clif_core.evaluation``. A card is no part of a
bundle's checksums, which are those of vectors, vocabulary and map, so tables can be added to a
model that is already saved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clif_core.errors import FormatError, InputError
from clif_core.evaluation.table import Table
from clif_core.influence.estimators import QUICK, UNROLLED
from clif_core.sgns.bundle import read_card as read_bundle_card
from clif_core.sgns.bundle import write_card

__all__ = ["add_to_card", "rank_estimators", "read_card"]

MAX_BYTES = 60_000
WITH_POINTS = frozenset({UNROLLED, QUICK})


def add_to_card(
    path: Path, tables: Sequence[Table], made: Mapping[str, Any], content_hash: str
) -> int:
    """Write the tables to the card of the bundle at ``path``; returns the bytes they take there.

    ``made``: ``command``, ``date``, ``machine``, ``n_seeds`` and ``kind``. To keep the card small,
    baselines are written without their probes, and points for two estimators only. Raises
    InputError where the tables take more than ``MAX_BYTES``.
    """
    fidelity = {
        "made": {**made, "content_hash": content_hash},
        "tables": [table.for_card(WITH_POINTS).to_dict() for table in tables],
    }
    size = len(json.dumps(fidelity))
    if size > MAX_BYTES:
        raise InputError(
            f"the fidelity tables take {size:,} bytes on the card of {path.name!r}, at most"
            f" {MAX_BYTES:,} are allowed; put fewer tables there."
        )
    write_card(path, {**read_bundle_card(path), "fidelity": fidelity})
    return size


def read_card(card: Mapping[str, Any], content_hash: str) -> tuple[Table, ...]:
    """The tables of a card; none where it has none, or where they judged another model.

    Raises FormatError for damaged tables.
    """
    fidelity = card.get("fidelity")
    if fidelity is None:
        return ()
    try:
        if fidelity["made"]["content_hash"] != content_hash:
            return ()
        return tuple(Table.from_dict(values) for values in fidelity["tables"])
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(
            f"the fidelity tables on the card of {card.get('name')!r} are damaged ({error!r})."
            " Remove 'fidelity' from the card, or run 'make fidelity' again."
        ) from error


def rank_estimators(tables: Sequence[Table]) -> list[str]:
    """The judged estimators that are no baselines, most faithful first.

    By the mean linear datamodelling score (LDS) over the tables of random sets that judged them;
    ``plug_in`` scores no single text and is left out. Empty without such tables.
    """
    scores: dict[str, list[float]] = {}
    for table in tables:
        for row in table.rows if table.kind == "random" else ():
            if not row.is_baseline and row.estimator != "plug_in" and np.isfinite(row.lds):
                scores.setdefault(row.estimator, []).append(row.lds)
    return sorted(scores, key=lambda name: -float(np.mean(scores[name])))
