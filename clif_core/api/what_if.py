"""A counterfactual: the text edited, what that is predicted to do, and what retraining measures."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from clif_core.errors import InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit, random_edit, token_mask, token_weights
from clif_core.interventions.predict import predict_plug_in, predict_resolved, predict_sum
from clif_core.measurement.uncertainty import MeanInterval, mean_interval
from clif_core.probes import ResolvedProbe
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.workspace.tasks.retrained import retrain_missing, retrained
from clif_core.workspace.workspace import Workspace

__all__ = ["Retrained", "WhatIf"]


@dataclass(frozen=True)
class Retrained:
    """What training again on the edited text measured, beside the prediction.

    ``random_changes``: the changes after removing random text of the same size instead.
    ``over_seeds``: the mean change over several seeds with its 95 % interval, which is what any
    training on the text would change; None where one was trained.
    """

    before: float
    after: float
    predicted: float
    random_changes: tuple[float, ...] = ()
    over_seeds: MeanInterval | None = None
    model: SkipGram | None = field(default=None, repr=False)

    @property
    def change(self) -> float:
        """Measured probe(edited text) - probe(text)."""
        return self.after - self.before


@dataclass(frozen=True, eq=False, repr=False)
class WhatIf:
    """Some text with another weight (0: removed), before and after training again."""

    workspace: Workspace
    engine: InfluenceEngine
    probe: ResolvedProbe
    influence: Influence
    edit: Edit

    def __repr__(self) -> str:
        done = "without" if self.edit.weight == 0 else f"with weight {self.edit.weight:g} for"
        return (
            f"<{self.engine.model.name!r} {done} {len(self.edit.items):,} {self.edit.level}:"
            f" {self.probe.probe.name!r} {self.influence.probe_value:+.4f}, predicted change"
            f" {self.predicted:+.4f}>"
        )

    @property
    def n_tokens(self) -> int:
        """How many tokens of the text are edited."""
        return int(token_mask(self.engine.corpus, self.edit).sum())

    @property
    def predicted(self) -> float:
        """Predicted change of the probe: the removal effects of the edited text, added up."""
        return predict_sum(self.influence, self.edit)

    def predictions(self) -> pd.Series:
        """Every prediction of the change: ``sum``, ``plug_in`` and ``resolved``.

        The sum is that of the result's estimator; the others move the probe's words by Newton
        steps and read the probe there.
        """
        weights = token_weights(self.engine.corpus, self.edit)
        return pd.Series(
            {
                "sum": self.predicted,
                "plug_in": predict_plug_in(self.engine, self.probe, weights),
                "resolved": predict_resolved(self.engine, self.probe, weights),
            }
        )

    def retrain(
        self,
        n_random: int = 0,
        seed: int | None = None,
        progress: Progress | None = None,
        n_seeds: int = 1,
    ) -> Retrained:
        """Train again on the edited text and read the probe; every training is cached.

        Parameters
        ----------
        n_random : random texts of the same size to remove instead, to compare with
        seed : of the training; None takes the model's own
        n_seeds : trainings to measure under, each with and without the text; the further seeds are
            those that follow the first

        Raises CapabilityError for a model whose training cannot be repeated, InputError for fewer
        seeds than one.
        """
        if n_seeds < 1:
            raise InputError(f"n_seeds must be at least 1, got {n_seeds}.")
        own = self.engine.model.require_settings().seed if seed is None else seed
        engine, further = self.engine, range(own + 1, own + n_seeds)
        drawn = [random_edit(engine.corpus, self.edit, at) for at in range(n_random)]
        wanted = [(edit, seed) for edit in (None, self.edit, *drawn)]
        wanted += [(edit, other) for other in further for edit in (None, self.edit)]
        retrain_missing(self.workspace, engine.model, engine.corpus, wanted, progress)
        after = self._trained(self.edit, seed)
        value, value_after = self._value(None, seed), self._value(self.edit, seed)
        changes = [value_after - value] + [
            self._value(self.edit, other) - self._value(None, other) for other in further
        ]
        return Retrained(
            before=value,
            after=value_after,
            predicted=self.predicted,
            random_changes=tuple(self._value(edit, seed) - value for edit in drawn),
            over_seeds=mean_interval(changes),
            model=after,
        )

    def _trained(self, edit: Edit | None, seed: int | None) -> SkipGram:
        engine = self.engine
        return retrained(self.workspace, engine.model, engine.corpus, edit, seed)

    def _value(self, edit: Edit | None, seed: int | None) -> float:
        return self.probe.value(self._trained(edit, seed).centre_vectors)
