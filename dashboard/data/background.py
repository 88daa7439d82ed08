"""Slower estimates, computed in the background while the page shows the quick one.

Solvers run on one worker thread of this server. Derivatives of training runs are jobs in processes
of their own, found again after a reload or a restart. The view polls the progress of either.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Protocol

import streamlit as st

from clif_core.errors import InputError, JobError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ENSEMBLE, UNROLLED, find_estimator, run_estimator
from clif_core.probes import ResolvedProbe
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobCancelled, JobStatus
from clif_core.workspace.tasks.evidence import find_evidence
from clif_core.workspace.tasks.work import measure_derivative
from dashboard import state
from dashboard.data import expected, models
from dashboard.data.attribution import BEST, ESTIMATORS, Answer, answer, answer_key
from dashboard.data.places import take_place
from dashboard.selection import RUN_COUNTS

__all__ = [
    "Pending",
    "at_once",
    "begin",
    "begin_runs",
    "find",
    "find_runs",
    "forget",
    "measure_machine",
    "prepare",
    "submit_derivative",
    "submit_runs",
]


class Pending(Protocol):
    """An estimate being computed, on this server's worker thread or by a job."""

    @property
    def is_running(self) -> bool: ...

    @property
    def fraction(self) -> float: ...

    @property
    def message(self) -> str:
        """What it is doing, in a few words; may be empty."""

    @property
    def job(self) -> JobStatus | None:
        """The state of the job, where a job does it."""

    @property
    def problem(self) -> str:
        """Why there is no answer, in words; empty while it is computed or after success."""

    def cancel(self) -> None: ...


@dataclass(frozen=True, eq=False)
class _Job:
    """The derivative of a training run, computed in a process of its own."""

    key: str

    @property
    def job(self) -> JobStatus:
        return models.workspace().jobs.status(self.key)

    @property
    def is_running(self) -> bool:
        return not self.job.is_finished

    @property
    def fraction(self) -> float:
        return self.job.fraction

    @property
    def message(self) -> str:
        return self.job.message

    @property
    def problem(self) -> str:
        return self.job.error if self.job.state == "failed" else ""

    def cancel(self) -> None:
        models.workspace().jobs.cancel(self.key)


@dataclass(eq=False)
class _Task:
    """A solve on the worker thread."""

    future: Future[None] | None = None
    fraction: float = 0.0
    message: str = ""
    stop: Event = field(default_factory=Event)
    job: None = None

    @property
    def is_running(self) -> bool:
        return self.future is not None and not self.future.done()

    @property
    def problem(self) -> str:
        if self.future is None or not self.future.done() or self.future.cancelled():
            return ""
        error = self.future.exception()
        return "" if error is None or isinstance(error, JobCancelled) else str(error)

    def cancel(self) -> None:
        """Stop at the next step of the solver."""
        self.stop.set()
        if self.future is not None:
            self.future.cancel()

    def note(self, fraction: float, text: str) -> None:
        """Take the solver's progress; raises JobCancelled to stop it."""
        self.fraction, self.message = fraction, text
        if self.stop.is_set():
            raise JobCancelled("stopped, as asked.")


class _Solves:
    """The solves of this server, shared by all sessions."""

    def __init__(self) -> None:
        self.tasks: dict[tuple[str, ...], _Task] = {}
        self.prepared: dict[tuple[str, str], Future[Answer]] = {}
        self.measured: set[str] = set()  # hashes of models
        self.lock = Lock()
        self.worker = ThreadPoolExecutor(1, thread_name_prefix="influence")


@st.cache_resource(show_spinner=False)
def _solves() -> _Solves:
    return _Solves()


def prepare(model: SkipGram, resolved: ResolvedProbe) -> Future[Answer]:
    """Open the text and compute the quick answer in the background, before they are needed.

    The answer, once it is there. Where that failed, the next call tries again.
    """
    solves, key = _solves(), (model.content_hash, resolved.probe.key)

    def work() -> Answer:
        found = answer(models.engine_of(model), resolved, BEST, None, is_computed=True)
        assert found is not None  # is_computed
        return found

    with solves.lock:
        known = solves.prepared.get(key)
        if known is None or (known.done() and known.exception() is not None):
            known = solves.prepared[key] = solves.worker.submit(models.for_this_visitor(work))
    return known


def measure_machine(engine: InfluenceEngine, resolved: ResolvedProbe) -> None:
    """Time a slice of the training on the worker, once a model, where no whole one was timed."""
    solves, key = _solves(), engine.model.content_hash
    with solves.lock:
        if key in solves.measured:
            return
        solves.measured.add(key)
    solves.worker.submit(measure_derivative, models.workspace().rates, engine, resolved)


def at_once(engine: InfluenceEngine, resolved: ResolvedProbe) -> Pending | None:
    """The running job of an exact answer; one of a few seconds is begun without being asked for.

    None where it takes longer, where it is not running any more, and for a probe that a link
    brought: a link shows, and only a press starts work.
    """
    estimator = run_estimator(engine.model)
    job = models.workspace().find_derivative(engine.model, [resolved.probe], estimator)
    if job is not None:
        return None if job.is_finished else _Job(job.key)
    if not expected.is_at_once(engine, estimator):
        return None
    if state.is_from_link("probe"):
        return None
    if answer(engine, resolved, estimator, None, is_computed=False) is not None:
        return None  # it came with the model
    try:
        return begin(engine, resolved, estimator, None)
    except JobError:  # too much is unfinished; it is offered as any other
        return None


def begin(
    engine: InfluenceEngine, resolved: ResolvedProbe, estimator: str, damping: float | None
) -> Pending:
    """Compute a slower estimate in the background; the same question again joins the same work."""
    if estimator not in ESTIMATORS:
        raise InputError(f"unknown estimator {estimator!r}; choose one of {', '.join(ESTIMATORS)}.")
    solves, key = _solves(), answer_key(engine, resolved, estimator, damping)
    workspace = models.workspace()
    if find_estimator(estimator).is_of_runs:
        if estimator == UNROLLED:
            engine.require_repeatable()
        known_job = workspace.find_derivative(engine.model, [resolved.probe], estimator)
        if known_job is not None and known_job.state == "failed":
            return _Job(known_job.key)  # it would fail again; the user may ask for ``retry``
        if known_job is not None and not known_job.is_finished:
            return _Job(known_job.key)
        return _Job(submit_derivative(engine, resolved, estimator))
    with solves.lock:
        known = solves.tasks.get(key)
        if known is not None:
            return known
        task = solves.tasks[key] = _Task()

    def work() -> None:
        answer(engine, resolved, estimator, damping, is_computed=True, progress=task.note)

    try:
        with take_place() as place:
            task.future = solves.worker.submit(models.for_this_visitor(work))
            place.is_solving = lambda: task.is_running
    except JobError:
        forget(task)
        raise
    return task


def find(
    engine: InfluenceEngine, resolved: ResolvedProbe, estimator: str, damping: float | None
) -> Pending | None:
    """The work of ``begin`` where it has begun, here or in another session."""
    if find_estimator(estimator).is_of_runs:
        job = models.workspace().find_derivative(engine.model, [resolved.probe], estimator)
        return None if job is None or job.state in ("done", "cancelled") else _Job(job.key)
    return _solves().tasks.get(answer_key(engine, resolved, estimator, damping))


def submit_derivative(engine: InfluenceEngine, resolved: ResolvedProbe, estimator: str) -> str:
    """Submit the derivative of a training run, also one that failed before; returns its key."""
    with take_place() as place:
        key = models.workspace().submit_derivative(engine.model, [resolved.probe], estimator)
        place.jobs.append(key)
    return key


# --- the trainings of a seed ensemble


def find_runs(engine: InfluenceEngine, resolved: ResolvedProbe, n_runs: int) -> Pending | None:
    """The job that adds trainings to an ensemble, whoever asked for it and for how many.

    A job that failed is found by the number it was asked for: ``n_runs``, 0 for none.
    """
    workspace = models.workspace()
    evidence = find_evidence(workspace, engine.model, resolved.probe)
    if evidence is not None and not evidence.is_finished:
        return _Job(evidence.key)
    for n in filter(None, RUN_COUNTS):
        job = workspace.find_derivative(engine.model, [resolved.probe], ENSEMBLE, n)
        if job is not None and (not job.is_finished or (n == n_runs and job.state == "failed")):
            return _Job(job.key)
    return None


def begin_runs(engine: InfluenceEngine, resolved: ResolvedProbe, n_runs: int) -> Pending:
    """Add trainings until the ensemble has ``n_runs``; what is there already is not repeated."""
    return find_runs(engine, resolved, n_runs) or _Job(submit_runs(engine, resolved, n_runs))


def submit_runs(engine: InfluenceEngine, resolved: ResolvedProbe, n_runs: int) -> str:
    """Submit the trainings of an ensemble, also where they failed before; returns the job's key."""
    with take_place() as place:
        key = models.workspace().submit_derivative(engine.model, [resolved.probe], ENSEMBLE, n_runs)
        place.jobs.append(key)
    return key


def forget(task: Pending) -> None:
    """Drop a finished or failed solve, so that ``begin`` starts it again."""
    solves = _solves()
    with solves.lock:
        for key in [k for k, known in solves.tasks.items() if known is task]:
            del solves.tasks[key]
