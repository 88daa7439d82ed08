"""Exact derivatives that come with a model, so that its first question is answered at once.

    derivatives.parquet   a column a probe, named by the probe's key; a row a token of the text

Effects are rounded to bfloat16 (one part in 256), which halves the file and is less than what a
figure on screen shows. ``card["derivatives"]`` is

    {"content_hash": the model's, "probes": {key: what else the answer says}}

and the file stands under the card's checksums, like the vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from clif_core.sgns.bundle import DERIVATIVES, read_card, read_table, write_card
from clif_core.storage.files import checksum_file, replace_file

__all__ = ["load_derivative", "save_derivatives"]

FloatArray = npt.NDArray[np.float32]


class Answer(Protocol):
    """What is kept of an ``Influence``, which stands on a higher floor."""

    @property
    def probe_key(self) -> str: ...

    @property
    def about(self) -> Mapping[str, Any]: ...

    @property
    def context_effects(self) -> FloatArray: ...


def save_derivatives(path: Path, content_hash: str, answers: Sequence[Answer]) -> None:
    """Add answers to the bundle at ``path``, in the place of those that it had.

    ``content_hash``: of the model that was differentiated; another one's answers are not read.
    """
    columns = {
        answer.probe_key: torch.from_numpy(answer.context_effects).bfloat16().float().numpy()
        for answer in answers
    }
    with replace_file(path / DERIVATIVES) as file:
        pd.DataFrame(columns).to_parquet(
            file,
            index=False,
            compression="zstd",
            compression_level=19,
            use_dictionary=False,
            column_encoding="BYTE_STREAM_SPLIT",
        )
        file.chmod(0o644)  # as readable as the rest of the bundle
    card = read_card(path)
    about = {answer.probe_key: dict(answer.about) for answer in answers}
    card["files"][DERIVATIVES] = checksum_file(path / DERIVATIVES)
    card["derivatives"] = {"content_hash": content_hash, "probes": about}
    write_card(path, card)


def load_derivative(
    path: Path, card: Mapping[str, Any], content_hash: str, key: str
) -> tuple[dict[str, Any], FloatArray] | None:
    """What the answer to a probe says and its (n_tokens,) effects; None where there is none."""
    kept = card.get("derivatives", {})
    if DERIVATIVES not in card.get("files", {}) or kept.get("content_hash") != content_hash:
        return None
    if key not in kept.get("probes", {}):
        return None
    effects = read_table(path / DERIVATIVES, (key,))[key]
    return dict(kept["probes"][key]), effects.to_numpy(np.float32)
