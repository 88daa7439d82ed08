"""What the steps of a story show: a gap between two groups of words, and what is left of it.

Every figure is computed from the model, its influence and its retrainings, so that a story stays
true when the model changes, and any model with a text has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from clif_core.errors import CapabilityError, ClifError, ProbeError
from clif_core.interventions.edit import Edit, token_mask
from clif_core.interventions.predict import TextPrediction, predict_of_text, predict_sum
from clif_core.measurement.probe_report import ProbeReport
from clif_core.probes import Weat
from clif_core.sgns.bundle import Bundle
from clif_core.workspace.shipped_removals import Chosen, Removal, load_removal, read_removal
from clif_core.workspace.tasks.choice import carrying_edit
from clif_core.workspace.tasks.evidence import N_RANDOM, N_SEEDS
from clif_core.workspace.tasks.retrain import RetrainQuestion
from dashboard import state
from dashboard.data import attribution, models, retraining
from dashboard.data.attribution import Answer
from dashboard.data.retraining import Retraining
from dashboard.data.scripts import script_of

__all__ = ["N_STEPS", "Struck", "Tale", "asked_retraining", "told_probe"]

N_STEPS = 7


@dataclass(frozen=True, eq=False)
class Struck:
    """The sentences that are struck out, and what that is predicted to do.

    Attributes
    ----------
    order : (n,) the sentences of ``edit``, strongest first
    n_holding : how many of them hold over the trainings of the answer's ensemble
    after, random : the predicted value without them, and without as many at random
    of_text : the interval over the ensemble's trainings; None for another answer
    """

    answer: Answer
    edit: Edit
    order: tuple[int, ...]
    n_tokens: int
    n_holding: int
    after: float
    random: float
    of_text: TextPrediction | None


@dataclass(frozen=True, eq=False)
class Tale:
    """One probe's story. ``struck`` is None where the text is not here; ``missing`` says why."""

    bundle: Bundle
    probe: Weat
    report: ProbeReport
    struck: Struck | None
    missing: str

    @classmethod
    def of(cls, bundle: Bundle, probe: Weat) -> Tale:
        report, _ = attribution.probe_report(probe, bundle.model)
        try:
            return cls(bundle, probe, report, _strike(bundle, probe), "")
        except (CapabilityError, ProbeError) as error:
            return cls(bundle, probe, report, None, str(error))

    @property
    def value(self) -> float:
        return self.report.value

    @cached_property
    def measured(self) -> Removal | None:
        """The removal by retraining: shipped with the model, or by the jobs of this machine."""
        if self.struck is None:
            return _shipped(self.bundle, self.probe, "text")
        shipped = _shipped(self.bundle, self.probe, _chosen(self.struck.answer))
        if shipped is not None and shipped.edit == self.struck.edit:
            return shipped
        found = self.retraining
        return None if found is None else _by_jobs(found, self.probe)

    @cached_property
    def of_this_training(self) -> Removal | None:
        """The shipped removal of what this one training leans on most, beside that of the text."""
        return _shipped(self.bundle, self.probe, "model")

    @cached_property
    def retraining(self) -> Retraining | None:
        """The state of the retraining that would measure the removal; None without its text."""
        if self.struck is None:
            return None
        return retraining.look_up(self.bundle.model, asked_retraining(self))

    @property
    def trainings(self) -> Mapping[int, float]:
        """The probe after each training of the whole text that is at hand, by seed."""
        settings = self.bundle.model.settings
        own = {settings.seed if settings else 0: self.value}
        seeds = self.report.seeds.values if self.report.seeds else {}
        again = dict(zip(self.measured.seeds, self.measured.before, strict=True)) if (
            self.measured
        ) else {}  # fmt: skip
        return again | dict(seeds) | own


def told_probe(bundle: Bundle) -> Weat:
    """The probe that is selected where it compares two groups of words on this model, else the one
    that the sample names. Raises ProbeError where the model allows neither."""
    chosen = state.current().probe
    try:
        probe = None if chosen is None else attribution.read_probe(chosen)
        if isinstance(probe, Weat):
            probe.resolve(bundle.model.vocabulary).value(bundle.model.centre_vectors)
            return probe
    except ClifError:
        pass  # a link may bring a probe of another model
    return script_of(bundle).probe


def asked_retraining(tale: Tale) -> RetrainQuestion:
    """The question to retraining that the story asks; that of What if for the same text."""
    assert tale.struck is not None
    model = tale.bundle.model
    return retraining.question(model, tale.probe, tale.struck.edit, N_RANDOM, N_SEEDS)


def _strike(bundle: Bundle, probe: Weat) -> Struck:
    """The sentences without which the probe comes nearest to 0, and the prediction for them."""
    engine = models.selected_engine()
    resolved = attribution.resolve(probe, engine.model)
    answer = attribution.answer(engine, resolved, attribution.BEST, None, is_computed=True)
    if answer is None:
        raise CapabilityError("No estimate gave an answer for this probe.")
    influence = answer.influence
    shipped = _shipped(bundle, probe, _chosen(answer))
    edit = shipped.edit if shipped is not None else None
    if edit is None or edit.items[-1] >= answer.corpus.n_sentences:
        edit = carrying_edit(influence)
    items, effects = np.array(edit.items), influence.sentence_effects
    order = items[np.argsort(-np.abs(effects[items]), kind="stable")]
    statistics = influence.sentence_statistics
    return Struck(
        answer=answer,
        edit=edit,
        order=tuple(order.tolist()),
        n_tokens=int(token_mask(answer.corpus, edit).sum()),
        n_holding=0 if statistics is None else int(statistics.holds[items].sum()),
        after=influence.probe_value + predict_sum(influence, edit),
        random=influence.probe_value + len(items) * float(effects.mean()),
        of_text=predict_of_text(influence, edit, answer.corpus),
    )


def _chosen(answer: Answer) -> Chosen:
    return "text" if answer.question == "text" else "model"


def _shipped(bundle: Bundle, probe: Weat, chosen: Chosen) -> Removal | None:
    return load_removal(bundle.card, bundle.model, probe.key, chosen)


def _by_jobs(found: Retraining, probe: Weat) -> Removal | None:
    """What the jobs have measured so far: further seeds and random sets come later."""
    result = found.seeds_result or found.result
    if result is None:
        return None
    removal = read_removal(result, probe.key)
    drawn = None if found.random_result is None else read_removal(found.random_result, probe.key)
    return removal if removal is None or drawn is None else replace(removal, random=drawn.random)
