"""The case on the selected probe: its report, and the work that fills its open boxes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from clif_core.errors import ClifError, JobError
from clif_core.measurement.probes_tried import TriedProbe
from clif_core.probes import Probe, ResolvedProbe, from_dict
from clif_core.report import Report
from clif_core.report.case import Box, boxes
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.rates import Expected
from clif_core.workspace.tasks.evidence import expect_evidence, find_evidence, submit_evidence
from dashboard.data import attribution, models, reports, retraining
from dashboard.data.places import take_place
from dashboard.selection import Selection

__all__ = [
    "Case",
    "case_of",
    "expected",
    "n_trainings",
    "other_cases",
    "prepare",
    "running",
    "stop",
    "trouble",
]


@dataclass(frozen=True)
class Case:
    """A report and its boxes; ``why_not``: why no evidence can be made here, "" where it can."""

    report: Report
    boxes: tuple[Box, ...]
    why_not: str

    @property
    def is_detected(self) -> bool:
        """Whether the claim was told from chance, in this model at least."""
        return next(box.state == "done" for box in self.boxes if box.name == "claim")

    @property
    def is_open(self) -> bool:
        """Whether a box lacks evidence that can be made here."""
        return not self.why_not and any(
            box.state == "open" and box.name in ("text", "proof", "trust") for box in self.boxes
        )


def case_of(probe: Probe, selection: Selection) -> Case:
    """The case by the best answer at hand, whatever estimate the pages show."""
    asked = replace(
        selection, estimator=attribution.BEST, damping=None, question="", report_all=False
    )
    report = reports.report_of(probe, asked)
    model = models.selected_bundle().model
    why_not = retraining.why_not_retrained(model)
    if not why_not and report.content["attribution"] is None:
        why_not = report.content["why_no_attribution"]
    return Case(report, boxes(report.content), why_not)


# --- the work


def prepare(model: SkipGram, probe: Probe) -> None:
    """Begin to make what is missing; it goes on when the page is closed.

    Raises JobError where too much is unfinished.
    """
    with take_place() as place:
        place.jobs.append(submit_evidence(models.workspace(), model, probe))


def expected(model: SkipGram, resolved: ResolvedProbe) -> Expected:
    """What that takes on this machine."""
    workspace, engine = models.workspace(), models.engine_of(model)
    return expect_evidence(workspace, model, workspace.results.n_runs_missing(engine, resolved))


def running(model: SkipGram, probe: Probe) -> JobStatus | None:
    """The first unfinished job of the work: the ensemble, then each retraining."""
    return next((job for job in _jobs(model, probe) if not job.is_finished), None)


def n_trainings(model: SkipGram, probe: Probe) -> int:
    """How many trainings of the ensemble are in."""
    engine = models.engine_of(model)
    return models.workspace().results.n_runs_at_hand(engine, attribution.resolve(probe, model))


def trouble(model: SkipGram, probe: Probe) -> JobStatus | None:
    """The job of the work that failed or was stopped; None where all goes well."""
    return next((job for job in _jobs(model, probe) if job.state in ("failed", "cancelled")), None)


def stop(model: SkipGram, probe: Probe) -> None:
    """Stop what is unfinished; what was computed stays."""
    for job in _jobs(model, probe)[::-1]:
        models.workspace().jobs.cancel(job.key)


def _jobs(model: SkipGram, probe: Probe) -> list[JobStatus]:
    """The jobs of the work so far, in the order in which they run."""
    workspace = models.workspace()
    first = find_evidence(workspace, model, probe)
    if first is None:
        return []
    found = [first]
    for key in (first.result or {}).get("retrainings", ()):
        try:
            found.append(workspace.jobs.status(str(key)))
        except JobError:  # removed since: its result may be stored all the same
            continue
    return found


# --- the other cases on the model


def other_cases(model: SkipGram) -> list[TriedProbe]:
    """The probes tried on a model that can be opened again, the newest first."""
    tried = models.workspace().probes_tried(model).entries
    return [entry for entry in tried[::-1] if _can_be_opened(entry, model)]


def _can_be_opened(entry: TriedProbe, model: SkipGram) -> bool:
    try:
        from_dict(entry.definition or {}).resolve(model.vocabulary)
    except ClifError:  # of another release
        return False
    return True
