"""Probe values against those of WEFE 1.0.1, as written by ``make oracle``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath

from clif_core import probes
from clif_core.sgns.model import SkipGram, Vocabulary

REFERENCE = json.loads(
    (Path(__file__).parents[2] / "oracle" / "reference.json").read_text(encoding="utf-8")
)


@cache
def model(name: str) -> SkipGram:
    """The models of the reference, built as in oracle/questions.py."""
    if name == "gaussian":
        words = list(REFERENCE["gaussian_words"])
        vectors = np.random.default_rng(0).standard_normal((len(words), 20)).astype(np.float32)
    else:
        found = KeyedVectors.load_word2vec_format(datapath("euclidean_vectors.bin"), binary=True)
        words, vectors = list(found.index_to_key), found.vectors
    return SkipGram(name, Vocabulary(words, np.ones(len(words), dtype=np.int64)), vectors)


@pytest.mark.parametrize("name", sorted({entry["model"] for entry in REFERENCE["values"]}))
@pytest.mark.parametrize("kind", sorted({entry["probe"]["kind"] for entry in REFERENCE["values"]}))
def test_values_equal_those_of_wefe(name: str, kind: str) -> None:
    entries: list[dict[str, Any]] = [
        entry
        for entry in REFERENCE["values"]
        if entry["model"] == name and entry["probe"]["kind"] == kind
    ]
    assert len(entries) >= 3
    for entry in entries:
        probe = probes.from_dict(entry["probe"])
        value = probe.resolve(model(name).vocabulary).value(model(name).centre_vectors)
        assert value == pytest.approx(entry["value"], abs=1e-9), probe.name
