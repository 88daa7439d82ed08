"""Removal effects in the store: the one key under which an answer is cached, written and read.

An entry is two files of one key: the arrays, and as JSON what the answer says besides them. The
runs of seed ensembles are entries of their own (``stored_runs``).
"""

from __future__ import annotations

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import find_estimator
from clif_core.influence.result import Influence
from clif_core.probes.base import ResolvedProbe
from clif_core.storage.store import Store, make_key

__all__ = ["influence_key", "influence_key_of", "read_influence", "write_influence"]


def influence_key(
    engine: InfluenceEngine, probe: ResolvedProbe, estimator: str, damping: float | None = None
) -> str:
    """The store key of an answer; InputError for an unknown estimator.

    ``damping`` None takes the estimator's default. Derivatives of training runs have none, so any
    damping is ignored there.
    """
    return influence_key_of(
        engine.model.content_hash,
        engine.corpus.content_hash,
        probe.probe.key,
        estimator,
        damping,
        len(engine.loss.noise_words),
    )


def influence_key_of(
    model_hash: str,
    corpus_hash: str,
    probe_key: str,
    estimator: str,
    damping: float | None,
    n_noise: int,
) -> str:
    """``influence_key`` from the hashes of model and text, without either at hand."""
    entry = find_estimator(estimator)
    if damping is None or entry.is_of_runs:
        damping = entry.default_damping
    return make_key(
        "influence",
        version=entry.version,
        model=model_hash,
        corpus=corpus_hash,
        probe=probe_key,
        estimator=entry.stored_as,
        damping=float(damping),
        n_noise=n_noise,
    )


def read_influence(store: Store, key: str, engine: InfluenceEngine) -> Influence | None:
    """The answer under a key; None where there is none. A miss asks the store once."""
    about = store.get_json(key)
    arrays = None if about is None else store.get_arrays(key)
    if about is None or arrays is None:
        return None
    return Influence.from_parts(about, arrays, engine.corpus)


def write_influence(store: Store, key: str, influence: Influence) -> None:
    """Put an answer where ``read_influence`` finds it."""
    store.put_arrays(key, influence.arrays, influence.about)
    store.put_json(key, influence.about)
