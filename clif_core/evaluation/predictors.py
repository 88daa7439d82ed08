"""What each estimator would have expected: the predicted change of every probe for every set.

An additive estimator is asked once a probe; a set is the sum of its sentences' removal effects,
which are kept in the store. ``plug_in`` is no sum: the probe is read at vectors moved for that
very set, one Newton step a word. (It exists for ``block`` alone: ``unrolled`` gives derivatives of
the probe, not vectors to read a probe at.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from clif_core.evaluation.baselines import Counts, random_changes, word_count_changes
from clif_core.evaluation.sets import Trial
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import (
    BASELINES,
    DEFAULT_DAMPING,
    ENSEMBLE,
    KEPT_AS,
    RUN_ESTIMATORS,
    UNROLLED,
)
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit, token_weights
from clif_core.interventions.predict import at_weight, predict_plug_in
from clif_core.probes.base import ResolvedProbe
from clif_core.storage.store import Store, make_key

__all__ = ["HAS_NO_SIZE", "IS_BASELINE", "PREDICTORS", "predict", "sentence_effects"]

PLUG_IN, RANDOM, WORD_COUNT, PMI = "plug_in", "random", "word_count", "pmi"
#: Everything that can be judged: the estimators, plug_in, and the baselines that know no model.
PREDICTORS = (UNROLLED, ENSEMBLE, *DEFAULT_DAMPING, PLUG_IN, RANDOM, WORD_COUNT, PMI)
IS_BASELINE = frozenset({*BASELINES, RANDOM, WORD_COUNT, PMI})
#: Those of which only the order means something: their slope is not judged.
HAS_NO_SIZE = IS_BASELINE

Floats = npt.NDArray[np.float64]


def predict(store: Store, engine: InfluenceEngine, trial: Trial, predictor: str) -> Floats:
    """(n_probes, n_sets) predicted change of each probe without each set; from the store if kept.

    ``unrolled`` and ``twins`` take minutes the first time, plug_in some tenths of a second a set.
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
    """(n_probes, n_sentences) removal effects; only probes without a kept answer are computed."""
    keys = [
        make_key(
            "fidelity-effects",
            model=engine.model.content_hash,
            probe=probe.probe.key,
            estimator=KEPT_AS.get(estimator, estimator),
            damping=DEFAULT_DAMPING.get(estimator, 0.0),
        )
        for probe in probes
    ]
    kept = [store.get_arrays(key) for key in keys]
    missing = [at for at, found in enumerate(kept) if found is None]
    asked = [probes[at] for at in missing]
    for at, answer in zip(missing, _ask(engine, asked, estimator), strict=True):
        kept[at] = {"by_sentence": answer.sentence_effects.astype(np.float32)}
        store.put_arrays(keys[at], kept[at] or {}, {"probe": probes[at].probe.name})
    return np.array([(found or {})["by_sentence"] for found in kept], dtype=np.float64)


def _ask(
    engine: InfluenceEngine, probes: Sequence[ResolvedProbe], estimator: str
) -> Sequence[Influence]:
    if estimator in RUN_ESTIMATORS:
        return engine.run_derivatives(estimator, probes) if probes else []
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
    """``change`` (n_probes,) of every distinct edit, kept one by one."""
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
            store.put_json(key, values)
        found[edit] = values
    return np.array(
        [[found[edit][at] for edit in edits] for at, edits in enumerate(trial.edits)],
        dtype=np.float64,
    )
