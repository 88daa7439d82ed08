"""The answer that came with a model: cards of its sentences before torch and the engine are there.

An ``Answer`` has an engine, which takes seconds to import and to open.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import streamlit as st

from clif_core.influence.explain import explain_by_centre
from clif_core.influence.result import Influence
from clif_core.probes import Probe, ResolvedProbe
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.shipped_runs import load_ensemble
from dashboard import warming
from dashboard.data import models
from dashboard.data.kept import by_bytes

if TYPE_CHECKING:
    from clif_core.workspace.results import Question
    from dashboard.data.attribution import Answer

__all__ = ["ShippedAnswer", "answer_to_come", "shipped_answer"]


@dataclass(frozen=True, eq=False)
class ShippedAnswer:
    """The seed ensemble that came with a model, on its text."""

    corpus: Corpus
    influence: Influence
    resolved: ResolvedProbe
    question: ClassVar[Question] = "text"

    def explain(self, sentence: int) -> pd.DataFrame:
        """The effect of each centre word of a sentence."""
        return explain_by_centre(self.corpus, self.influence, sentence)


def shipped_answer(model: SkipGram, probe: Probe) -> ShippedAnswer | None:
    """What came with a model of a probe; None where nothing did.

    Raises CapabilityError where the text is not here, ProbeError for too few known words.
    """
    entry = models.catalogue_entry(model.name)
    if entry is None or not entry.card.get("ensembles"):
        return None
    corpus = models.corpus_of(model)
    return _shipped(
        model.content_hash,
        corpus.content_hash,
        probe.key,
        lambda: load_ensemble(entry.path, entry.card, model.content_hash, probe.key, corpus),
        corpus,
        probe.resolve(model.vocabulary),
    )


@by_bytes
def _shipped(
    model_hash: str,
    corpus_hash: str,
    probe_key: str,
    _load: Callable[[], Influence | None],
    _corpus: Corpus,
    _resolved: ResolvedProbe,
) -> ShippedAnswer | None:
    found = _load()
    return None if found is None else ShippedAnswer(_corpus, found, _resolved)


# --- the answer with its engine

_lock = Lock()


@st.cache_resource(show_spinner=False)
def _coming() -> dict[tuple[str, str], Future[Answer]]:
    """What ``answer_to_come`` was asked for, by model and probe."""
    return {}


def answer_to_come(model: SkipGram, resolved: ResolvedProbe) -> Future[Answer]:
    """Open the engine and compute the quick answer, once the page is drawn (``warming.later``).

    Where that failed, the next call tries again.
    """

    def work() -> Answer:
        background = warming.import_late("dashboard.data.background")
        found: Answer = background.prepare(model, resolved).result()
        return found

    coming, key = _coming(), (model.content_hash, resolved.probe.key)
    with _lock:
        known = coming.get(key)
        if known is None or (known.done() and known.exception() is not None):
            known = coming[key] = warming.later(models.for_this_visitor(work))
    return known
