"""Finer answers on their way, beside the page.

Solvers run on one worker thread of this server. The exact derivative is a job in a process of its
own, found again after a reload or a restart. Either way the view shows the quick answer meanwhile
and asks how far the finer one is.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Protocol

import streamlit as st

from clif_core.errors import InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import UNROLLED, find_estimator
from clif_core.probes import ResolvedProbe
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobCancelled, JobStatus
from dashboard.data import services
from dashboard.data.attribution import BEST, ESTIMATORS, answer, answer_key

__all__ = ["Pending", "begin", "forget", "prepare", "retry"]


class Pending(Protocol):
    """A finer answer on its way: on this server's worker thread, or a job of its own."""

    @property
    def is_running(self) -> bool: ...

    @property
    def fraction(self) -> float: ...

    @property
    def message(self) -> str:
        """What it does now, in a few words; may be empty."""

    @property
    def problem(self) -> str:
        """Why there will be no answer, in words; empty while there may be one."""

    def cancel(self) -> None: ...


@dataclass(frozen=True, eq=False)
class _Job:
    """The exact derivative: a process of its own, found again after a reload or a restart."""

    key: str

    @property
    def _status(self) -> JobStatus:
        return services.workspace().jobs.status(self.key)

    @property
    def is_running(self) -> bool:
        return not self._status.is_finished

    @property
    def fraction(self) -> float:
        return self._status.fraction

    @property
    def message(self) -> str:
        return self._status.message

    @property
    def problem(self) -> str:
        return self._status.error if self._status.state == "failed" else ""

    def cancel(self) -> None:
        services.workspace().jobs.cancel(self.key)


@dataclass(eq=False)
class _Task:
    """A solve on the worker thread."""

    future: Future[None] | None = None
    fraction: float = 0.0
    message: str = ""
    stop: Event = field(default_factory=Event)

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
        """The solver's progress; raising from here ends it."""
        self.fraction, self.message = fraction, text
        if self.stop.is_set():
            raise JobCancelled("stopped, as asked.")


class _Desk:
    """The solves in hand, shared by all sessions."""

    def __init__(self) -> None:
        self.tasks: dict[tuple[str, ...], _Task] = {}
        self.prepared: set[tuple[str, str]] = set()
        self.lock = Lock()
        self.worker = ThreadPoolExecutor(1, thread_name_prefix="influence")


@st.cache_resource(show_spinner=False)
def _desk() -> _Desk:
    return _Desk()


def prepare(model: SkipGram, resolved: ResolvedProbe) -> None:
    """Open the text and the quick answer beside the page, before they are asked for.

    What goes wrong is left for the page that asks: it says so there.
    """
    desk, key = _desk(), (model.content_hash, resolved.probe.key)
    with desk.lock:
        if key in desk.prepared:
            return
        desk.prepared.add(key)

    def work() -> None:
        answer(services.engine_of(model), resolved, BEST, None, is_computed=True)

    desk.worker.submit(work)


def begin(
    engine: InfluenceEngine, resolved: ResolvedProbe, estimator: str, damping: float | None
) -> Pending:
    """Compute a slower answer beside the page; the same question twice is the same work."""
    if estimator not in ESTIMATORS:
        raise InputError(f"unknown estimator {estimator!r}; known: {', '.join(ESTIMATORS)}.")
    desk, key = _desk(), answer_key(engine, resolved, estimator, damping)
    workspace = services.workspace()
    if find_estimator(estimator).is_of_runs:
        if estimator == UNROLLED:
            engine.require_repeatable()
        known_job = workspace.find_derivative(engine.model, [resolved.probe], estimator)
        if known_job is not None and known_job.state == "failed":
            return _Job(known_job.key)  # it would fail again; ``retry`` is for the user to say
        return _Job(workspace.submit_derivative(engine.model, [resolved.probe], estimator))
    with desk.lock:
        known = desk.tasks.get(key)
        if known is not None:
            return known
        task = desk.tasks[key] = _Task()

    def work() -> None:
        workspace.influence(engine, resolved, estimator, damping, progress=task.note)

    task.future = desk.worker.submit(work)
    return task


def retry(engine: InfluenceEngine, resolved: ResolvedProbe, estimator: str) -> None:
    """Submit the job of a derivative again after it failed."""
    services.workspace().submit_derivative(engine.model, [resolved.probe], estimator)


def forget(task: Pending) -> None:
    """Let the question be begun anew."""
    desk = _desk()
    with desk.lock:
        for key in [k for k, known in desk.tasks.items() if known is task]:
            del desk.tasks[key]
