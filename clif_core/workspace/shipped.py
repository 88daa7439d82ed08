"""Exact derivatives that are shipped with a model, so that its first probe is answered at once.

    derivatives.parquet   one column for each probe, named by its key; one row for each token

Effects are rounded to bfloat16 (one part in 256), which halves the file; figures on screen show
fewer digits. The file has a checksum on the card, like the vectors. ``card["derivatives"]`` is

    {"content_hash": of the model, "probes": {key: ``about`` of the influence}}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.late import late_import
from clif_core.sgns.bundle import DERIVATIVES, read_card, read_table, write_card
from clif_core.storage.files import checksum_file, replace_file

if TYPE_CHECKING:
    import torch
else:
    torch = late_import("torch")

__all__ = ["load_derivative", "save_derivatives", "shipped_value", "write_rounded"]

FloatArray = npt.NDArray[np.float32]


class Answer(Protocol):
    """The part of an ``Influence`` that is saved (that class is on a higher floor)."""

    @property
    def probe_key(self) -> str: ...

    @property
    def about(self) -> Mapping[str, Any]: ...

    @property
    def context_effects(self) -> FloatArray: ...


def save_derivatives(path: Path, content_hash: str, answers: Sequence[Answer]) -> None:
    """Save answers in the bundle at ``path``; they replace earlier ones.

    ``content_hash``: of the differentiated model; ``load_derivative`` refuses any other.
    """
    effects = {answer.probe_key: answer.context_effects for answer in answers}
    checksum = write_rounded(path / DERIVATIVES, effects)
    card = read_card(path)
    about = {answer.probe_key: dict(answer.about) for answer in answers}
    card["files"][DERIVATIVES] = checksum
    card["derivatives"] = {"content_hash": content_hash, "probes": about}
    write_card(path, card)


def write_rounded(target: Path, columns: Mapping[str, npt.NDArray[np.floating]]) -> str:
    """Write columns of equal length, rounded to bfloat16, as a Parquet file; its checksum."""
    rounded = {
        name: torch.from_numpy(column.astype(np.float32)).bfloat16().float().numpy()
        for name, column in columns.items()
    }
    with replace_file(target) as file:
        pd.DataFrame(rounded).to_parquet(
            file,
            index=False,
            compression="zstd",
            compression_level=19,
            use_dictionary=False,
            column_encoding="BYTE_STREAM_SPLIT",
        )
        file.chmod(0o644)  # as readable as the rest of the bundle
    return checksum_file(target)


def load_derivative(
    path: Path, card: Mapping[str, Any], content_hash: str, key: str
) -> tuple[dict[str, Any], FloatArray] | None:
    """(``about``, (n_tokens,) effects) of the probe with that key; None where there is none."""
    saved = card.get("derivatives", {})
    if DERIVATIVES not in card.get("files", {}) or saved.get("content_hash") != content_hash:
        return None
    if key not in saved.get("probes", {}):
        return None
    effects = read_table(path / DERIVATIVES, (key,))[key]
    return dict(saved["probes"][key]), effects.to_numpy(np.float32)


def shipped_verdict(card: Mapping[str, Any], name: str) -> str | None:
    """The kind of verdict of a shipped probe on this model, as its card has it; None without one.

    Of the samples, whose cards name their probes with what was measured of them.
    """
    rows = card.get("probes")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and row.get("name") == name:
            verdict = row.get("verdict")
            return verdict if isinstance(verdict, str) else None
    return None


def shipped_value(card: Mapping[str, Any], content_hash: str, key: str) -> float | None:
    """The value of a probe whose derivative was shipped with this model; None without one."""
    saved = card.get("derivatives")
    if not isinstance(saved, Mapping) or saved.get("content_hash") != content_hash:
        return None
    probes = saved.get("probes")
    about = probes.get(key) if isinstance(probes, Mapping) else None
    value = about.get("probe_value") if isinstance(about, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        return None  # NaN too
    return float(value)
