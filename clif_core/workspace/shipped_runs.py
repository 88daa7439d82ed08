"""Seed ensembles that are shipped with a model, so that its first probes are answered for the text.

    ensembles.parquet      one column for each probe, named by its key: the ensemble's effect of
                           each token; one row for each token
    ensemble_runs.parquet  for each probe the columns KEY/SEED, the effect of each sentence in that
                           run, and KEY/known, ``EnsembleRuns.known``; one row for each sentence

Numbers are rounded to bfloat16 as in ``shipped``. Every run of every sentence is there, so means,
intervals and what holds are those of the ensemble that was saved, up to rounding.
``card["ensembles"]`` is

    {"content_hash": of the model, "settings": {"start_range": , "backend": } of the runs,
     "probes": {key: ``about`` of the influence}}

The files have checksums on the card. They are compared when an ensemble is read: a damaged file is
a missing answer, and the model opens without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.errors import FormatError, InputError
from clif_core.influence.result import Influence
from clif_core.sgns.bundle import (
    ENSEMBLE_RUNS,
    ENSEMBLES,
    read_card,
    read_table,
    verify_file,
    write_card,
)
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus
from clif_core.workspace.shipped import write_rounded

__all__ = ["load_ensemble", "n_shipped_runs", "save_ensembles"]


def save_ensembles(
    path: Path, content_hash: str, answers: Sequence[Influence], settings: TrainingSettings
) -> None:
    """Save ensembles of different probes in the bundle at ``path``; they replace earlier ones.

    ``content_hash``: of the model; ``load_ensemble`` refuses any other. ``settings``: of the runs,
    whatever their seed. Raises InputError for an answer without runs.
    """
    of_tokens: dict[str, npt.NDArray[np.floating]] = {}
    of_sentences: dict[str, npt.NDArray[np.floating]] = {}
    for answer in answers:
        if answer.runs is None:
            raise InputError(
                f"the answer by {answer.estimator!r} has no runs to save; give answers of"
                " 'ensemble'."
            )
        of_tokens[answer.probe_key] = answer.context_effects
        columns = (*answer.runs.by_run, answer.runs.known)
        names = _names(answer.probe_key, answer.runs.seeds)
        of_sentences |= dict(zip(names, columns, strict=True))
    checksums = {
        ENSEMBLES: write_rounded(path / ENSEMBLES, of_tokens),
        ENSEMBLE_RUNS: write_rounded(path / ENSEMBLE_RUNS, of_sentences),
    }
    card = read_card(path)
    card["files"] |= checksums
    card["ensembles"] = {
        "content_hash": content_hash,
        "settings": {"start_range": settings.start_range, "backend": settings.backend},
        "probes": {answer.probe_key: answer.about for answer in answers},
    }
    write_card(path, card)


def n_shipped_runs(path: Path, card: Mapping[str, Any], content_hash: str, key: str) -> int:
    """The runs of the ensemble that ``load_ensemble`` gives; 0 where it gives none."""
    about = _about(card, content_hash, key)
    if about is None or not all(_is_whole(path, name, card) for name in (ENSEMBLES, ENSEMBLE_RUNS)):
        return 0
    return len(about["runs"]["seeds"])


def load_ensemble(
    path: Path, card: Mapping[str, Any], content_hash: str, key: str, corpus: Corpus
) -> Influence | None:
    """The ensemble of the probe with that key; None where there is none of this model and text."""
    about = _about(card, content_hash, key)
    if about is None or not n_shipped_runs(path, card, content_hash, key):
        return None
    names = _names(key, about["runs"]["seeds"])
    try:
        of_tokens = read_table(path / ENSEMBLES, (key,))[key].to_numpy(np.float32)
        of_sentences = read_table(path / ENSEMBLE_RUNS, names)[list(names)].to_numpy(np.float32).T
        if (len(of_tokens), of_sentences.shape[1]) != (corpus.n_tokens, corpus.n_sentences):
            return None  # of another text
        arrays = {
            "context_effects": of_tokens,
            "direction_rows": np.empty(0, np.int64),
            "direction": np.empty(0, np.float32),
            "by_run": np.ascontiguousarray(of_sentences[:-1]),
            "known": of_sentences[-1].astype(np.float64),
        }
        return Influence.from_parts(about, arrays, corpus)
    except (FormatError, KeyError, TypeError, ValueError):  # a card or file of another form
        return None


def _names(key: str, seeds: Sequence[int]) -> tuple[str, ...]:
    """The columns of a probe in ``ensemble_runs.parquet``: its runs, then ``known``."""
    return (*(f"{key}/{seed}" for seed in seeds), f"{key}/known")


def _about(card: Mapping[str, Any], content_hash: str, key: str) -> dict[str, Any] | None:
    """What a card says of the ensemble of a probe; None where it has none, or of another form."""
    saved = card.get("ensembles") or {}
    probes = saved.get("probes") if saved.get("content_hash") == content_hash else None
    about = probes.get(key) if isinstance(probes, Mapping) else None
    runs = about.get("runs") if isinstance(about, Mapping) else None
    seeds = runs.get("seeds") if isinstance(runs, Mapping) else None
    if not isinstance(about, Mapping) or not isinstance(seeds, list):
        return None
    return dict(about)


def _is_whole(path: Path, name: str, card: Mapping[str, Any]) -> bool:
    try:
        stat = (path / name).stat()
        _verify_once(path, name, card["files"][name], stat.st_mtime_ns, stat.st_size, stat.st_ino)
    except (FormatError, OSError, KeyError, TypeError):
        return False
    return True


@lru_cache(maxsize=64)
def _verify_once(
    path: Path, name: str, checksum: str, mtime_ns: int, size: int, inode: int
) -> None:
    """``verify_file``, once for each state of a file: the dashboard asks on every run of a page."""
    verify_file(path, name, checksum)
