"""The change of every probe that each estimator predicts for every set of text.

An additive estimator answers each probe once; the prediction for a set is the sum of its
sentences' removal effects, which are cached where the workspace looks for them too
(``clif_core.influence.stored``). ``plug_in`` is no sum: the probe is evaluated at vectors moved for
each set, one Newton step per word. (It exists for ``block`` only: ``unrolled`` gives derivatives of
the probe, not vectors to evaluate a probe at.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from clif_core.evaluation.baselines import Counts, random_changes, word_count_changes
from clif_core.evaluation.sets import Trial
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ENSEMBLE, ESTIMATORS, find_estimator
from clif_core.influence.result import Influence
from clif_core.influence.stored import influence_key, read_influence, write_influence
from clif_core.influence.stored_runs import StoredRuns
from clif_core.interventions.edit import Edit, token_weights
from clif_core.interventions.predict import at_weight, predict_plug_in
from clif_core.probes.base import ResolvedProbe
from clif_core.storage.store import Store, make_key
from clif_core.storage.write_errors import unless_refused

__all__ = ["HAS_NO_SIZE", "IS_BASELINE", "PREDICTORS", "predict", "sentence_effects"]

PLUG_IN, RANDOM, WORD_COUNT, PMI = "plug_in", "random", "word_count", "pmi"
#: Everything that can be judged: the estimators, plug_in, and the baselines that know no model.
PREDICTORS = (*ESTIMATORS, PLUG_IN, RANDOM, WORD_COUNT, PMI)
_MODEL_FREE = (RANDOM, WORD_COUNT, PMI)
IS_BASELINE = frozenset(
    {*(name for name, entry in ESTIMATORS.items() if entry.is_baseline), *_MODEL_FREE}
)
#: Only the order of their predictions has a meaning: their slope is not judged.
HAS_NO_SIZE = frozenset(
    {*(name for name, entry in ESTIMATORS.items() if not entry.has_size), *_MODEL_FREE}
)

Floats = npt.NDArray[np.float64]


def predict(store: Store, engine: InfluenceEngine, trial: Trial, predictor: str) -> Floats:
    """(n_probes, n_sets) predicted change of each probe without each set, cached in the store.

    ``unrolled`` and ``ensemble`` repeat trainings the first time, ``plug_in`` takes some tenths of
    a second per set. Raises InputError for an unknown predictor.
    """
    probes = trial.probes
    if predictor == RANDOM:
        return random_changes(len(probes), trial.n_sets)
    if predictor == WORD_COUNT:
        return np.stack(
            [word_count_changes(engine, p, e) for p, e in zip(probes, trial.edits, strict=True)]
        )
    if predictor == PLUG_IN:
        return _by_edit(store, engine, trial, PLUG_IN, lambda edit: _plug_in(engine, probes, edit))
    if predictor == PMI:
        return _by_edit(store, engine, trial, PMI, Counts(engine, probes).changes)
    effects = sentence_effects(store, engine, probes, predictor)
    return np.array(
        [
            [_sum(engine, row, edit) for edit in edits]
            for row, edits in zip(effects, trial.edits, strict=True)
        ]
    )


def sentence_effects(
    store: Store, engine: InfluenceEngine, probes: Sequence[ResolvedProbe], estimator: str
) -> Floats:
    """(n_probes, n_sentences) removal effects; only probes without a cached answer are computed."""
    found = [_cached_effects(store, engine, probe, estimator) for probe in probes]
    missing = [at for at, effects in enumerate(found) if effects is None]
    answers = _ask(store, engine, [probes[at] for at in missing], estimator)
    for at, answer in zip(missing, answers, strict=True):
        if answer.runs is None:  # runs were stored one by one
            write_influence(store, influence_key(engine, probes[at], estimator), answer)
        found[at] = answer.sentence_effects.astype(np.float32)
    return np.array(found, dtype=np.float64)


def _cached_effects(
    store: Store, engine: InfluenceEngine, probe: ResolvedProbe, estimator: str
) -> npt.NDArray[np.float32] | None:
    """(n_sentences,) from the workspace's entry, or from one that an earlier version wrote."""
    influence = read_influence(store, influence_key(engine, probe, estimator), engine)
    if influence is not None:
        return influence.sentence_effects.astype(np.float32)
    entry = find_estimator(estimator)
    if entry.version != 1:
        return None
    old_key = make_key(
        "fidelity-effects",
        model=engine.model.content_hash,
        probe=probe.probe.key,
        estimator=entry.stored_as,
        damping=entry.default_damping,
    )
    arrays = store.get_arrays(old_key)
    return None if arrays is None else arrays["by_sentence"]


def _ask(
    store: Store, engine: InfluenceEngine, probes: Sequence[ResolvedProbe], estimator: str
) -> Sequence[Influence]:
    if find_estimator(estimator).name == ENSEMBLE:
        return engine.ensemble(probes, kept=StoredRuns(store, engine))
    if find_estimator(estimator).is_of_runs:
        return engine.run_derivatives(estimator, probes)
    return [engine.influence(probe, estimator) for probe in probes]


def _sum(engine: InfluenceEngine, by_sentence: Floats, edit: Edit) -> float:
    if edit.level == "sentences":
        total = by_sentence[list(edit.items)].sum()
    else:
        bounds = engine.corpus.document_offsets
        total = np.sum([by_sentence[bounds[i] : bounds[i + 1]].sum() for i in edit.items])
    return at_weight(float(total), edit.weight)


def _plug_in(engine: InfluenceEngine, probes: Sequence[ResolvedProbe], edit: Edit) -> Floats:
    weights = token_weights(engine.corpus, edit)
    return np.array([predict_plug_in(engine, probe, weights) for probe in probes])


def _by_edit(
    store: Store,
    engine: InfluenceEngine,
    trial: Trial,
    kind: str,
    change: Callable[[Edit], Floats],
) -> Floats:
    """(n_probes, n_sets) of ``change`` (n_probes,), cached for every distinct edit."""
    keys = [probe.probe.key for probe in trial.probes]
    found = {}
    for edit in trial.all_edits:
        key = make_key(
            f"fidelity-{kind.replace('_', '-')}",
            model=engine.model.content_hash,
            probes=keys,
            edit=edit.to_dict(),
        )
        values = store.get_json(key)
        if values is None:
            values = change(edit).tolist()
            with unless_refused():
                store.put_json(key, values)
        found[edit] = values
    return np.array(
        [[found[edit][at] for edit in edits] for at, edits in enumerate(trial.edits)],
        dtype=np.float64,
    )
