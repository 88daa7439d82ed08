"""Peak resident memory of the main computations, each in a process of its own.

``unrolled`` reverses the whole training of the sample, which takes minutes, so it is run once. The
imports alone take some 400 MB, most of it torch's.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import pytest

from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import find_probe
from clif_core.workspace.workspace import Workspace

PROBES = {"shakespeare": "men_women_war_love", "brown": "weat_6"}
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes


def quick(name: str) -> float:
    """Nothing cached: pairs are counted, then sentences are ranked by ``block``."""
    engine = _engine(name)
    probe = find_probe(PROBES[name]).resolve(engine.model.vocabulary)
    engine.influence(probe, "block").top_sentences(50, "lowers")
    return _peak()


def full_curvature(name: str) -> float:
    """The same by ``gauss_newton``, which holds the weights of every window."""
    engine = _engine(name)
    probe = find_probe(PROBES[name]).resolve(engine.model.vocabulary)
    engine.influence(probe, "gauss_newton").top_sentences(50, "lowers")
    return _peak()


def unrolled(name: str) -> float:
    engine = _engine(name)
    probe = find_probe(PROBES[name]).resolve(engine.model.vocabulary)
    engine.unrolled([probe])
    return _peak()


def _engine(name: str) -> InfluenceEngine:
    workspace = Workspace()
    model = workspace.open_model(name).model
    corpus = workspace.open_corpus(model)
    assert corpus is not None, f"the text of {name} is not here; run: clif fetch {name}"
    return InfluenceEngine(model, corpus)


def _peak() -> float:
    """Megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 1e6


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("work", [quick, full_curvature, unrolled])
def test_open_model_and_text_and_answer(
    benchmark: Any, work: Callable[[str], float], name: str
) -> None:
    def alone() -> float:
        with get_context("spawn").Pool(1) as pool:
            return pool.apply(work, (name,))

    peak = benchmark.pedantic(alone, rounds=1)
    benchmark.extra_info["peak resident"] = f"{peak:,.0f} MB"
