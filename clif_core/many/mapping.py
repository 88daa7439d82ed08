"""``run_each``: every task once, where there is room, each result kept as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from clif_core.errors import CapabilityError, ClifError
from clif_core.many.board import Board
from clif_core.many.places import Place, find_place, has_cluster
from clif_core.many.shared import Shared, put_shared
from clif_core.progress import Progress, part_of, silent

__all__ = ["Task", "run_each"]

POLL_SECONDS = 0.2

ASharing = TypeVar("ASharing")
AGiven = TypeVar("AGiven")
AResult = TypeVar("AResult")


@dataclass(frozen=True)
class Task(Generic[AGiven]):
    """``given``: what is its own. ``label`` opens its progress; ``name`` is what a fault names."""

    given: AGiven
    label: str
    name: str


def run_each(
    work: Callable[[ASharing, AGiven, Progress], AResult],
    shared: ASharing,
    tasks: Sequence[Task[AGiven]],
    keep: Callable[[int, AResult], None],
    *,
    n_processes: int = 1,
    progress: Progress | None = None,
    what: str = "tasks",
    n_before: int = 0,
) -> None:
    """``keep(number, work(shared, task.given, progress))`` for every task, in order of completion.

    ``keep`` is called here, in the calling thread. One task, or ``n_processes`` 1 without a
    cluster, runs here as well, and in the tasks' order; otherwise ``work`` is a function that an
    import finds, and what it gets and gives is pickled. ``what`` the tasks are, and how many of
    them were done before, is for what ``progress`` is told.

    An error that ``progress`` or ``keep`` raises ends everything at once. A task's own fault names
    the task; no other begins then, and those that run in processes of this machine are finished
    and kept. A task whose worker is lost runs again elsewhere.
    CapabilityError where workers are lost again and again, or the cluster cannot be reached.
    """
    progress = progress or silent
    if len(tasks) <= 1 or (n_processes <= 1 and not has_cluster()):
        _run_here(work, shared, tasks, keep, progress)
        return
    place = find_place(min(n_processes, len(tasks)))
    is_done = False
    try:
        with put_shared((work, shared), place.is_cluster) as put:
            _Map(place, put, tasks, keep, progress, what, n_before).run()
        is_done = True
    finally:
        place.close(is_stopped=not is_done)


def _run_here(
    work: Callable[[ASharing, AGiven, Progress], AResult],
    shared: ASharing,
    tasks: Sequence[Task[AGiven]],
    keep: Callable[[int, AResult], None],
    progress: Progress,
) -> None:
    stops: list[BaseException] = []  # what the listener raised is no fault of the task

    def listen(fraction: float, message: str) -> None:
        try:
            progress(fraction, message)
        except BaseException as error:
            stops.append(error)
            raise

    for at, task in enumerate(tasks):
        try:
            found = work(shared, task.given, part_of(listen, at, len(tasks), task.label))
        except Exception as error:
            if any(error is stop for stop in stops):
                raise
            raise _named(error, task) from error.__cause__
        keep(at, found)


class _Map:
    """Tasks in other processes: which wait or run, and what went wrong."""

    def __init__(
        self,
        place: Place,
        put: Shared,
        tasks: Sequence[Task[Any]],
        keep: Callable[[int, Any], None],
        progress: Progress,
        what: str,
        n_before: int,
    ) -> None:
        self.place, self.put, self.tasks = place, put, tasks
        self.what, self.n_before = what, n_before
        self.keep, self.progress = keep, progress
        self.board = Board(put.folder)
        self.waiting = list(range(len(tasks)))[::-1]  # the next one last
        self.running: dict[Future[Any], int] = {}
        self.n_done, self.n_lost = 0, 0
        self.fault: Exception | None = None

    def run(self) -> None:
        try:
            while self._submit():
                done, _ = wait(self.running, POLL_SECONDS, FIRST_COMPLETED)
                self._take(done)
                self._tell()
        except BaseException:
            self.board.stop()
            raise
        if self.fault is not None:
            raise self.fault

    def _submit(self) -> bool:
        """Hand over as many tasks as the place takes; whether any is there."""
        while self.waiting and len(self.running) < self.place.most_at_once:
            at = self.waiting.pop()
            future = self.place.submit(_work_on, self.put, at, self.tasks[at].given)
            self.running[future] = at
        return bool(self.running)

    def _take(self, done: set[Future[Any]]) -> None:
        if self.place.is_lost_as_one and any(self._is_lost(future) for future in done):
            done, _ = wait(self.running)
        lost = {self.running[future] for future in done if self._is_lost(future)}
        for future in done:
            at = self.running.pop(future)
            if at in lost:
                continue
            error = future.exception()
            if error is None:
                self.keep(at, future.result())
                self.n_done, self.n_lost = self.n_done + 1, 0
            elif isinstance(error, Exception):
                self._end_with(_named(error, self.tasks[at]))
            else:
                raise error
        if lost and self.fault is None:
            self._run_again(lost)

    def _is_lost(self, future: Future[Any]) -> bool:
        return future.cancelled() or isinstance(future.exception(), self.place.lost)

    def _run_again(self, lost: set[int]) -> None:
        self.n_lost += 1
        if self.n_lost > self.place.most_lost:
            task = self.tasks[min(lost)]
            raise CapabilityError(
                f"{task.name}: the process that worked on it ended without a word, again and"
                " again. Most likely its memory was too small: close other programs, or let fewer"
                " run at once (CLIF_PROCESSES=1; on a cluster, workers with fewer threads), and"
                " ask again. What was finished is kept."
            )
        self.place.start_again()
        self.waiting += sorted(lost, reverse=True)

    def _end_with(self, fault: Exception) -> None:
        """Begin no further task."""
        self.fault = self.fault or fault
        self.waiting.clear()
        for future in list(self.running):
            if future.cancel():
                self.running.pop(future)

    def _tell(self) -> None:
        n = len(self.tasks)
        begun = sum(self.board.told(at) for at in self.running.values())
        n_running = min(self.place.n_at_once, len(self.running))
        n_done, n_all = self.n_before + self.n_done, self.n_before + n
        message = f"{n_done} of {n_all} {self.what} done, {n_running} at work"
        self.progress(min((self.n_done + begun) / n, 1.0), message)


def _work_on(put: Shared, at: int, given: Any) -> Any:
    """In a worker: one task."""
    work, shared = put.open()
    return work(shared, given, Board(put.folder).teller(at))


def _named(error: Exception, task: Task[Any]) -> Exception:
    """The error with the name of its task in it; its kind stays."""
    if isinstance(error, ClifError) and type(error).__init__ is ClifError.__init__:
        return type(error)(f"{task.name}: {error}")
    error.add_note(f"This happened in {task.name}.")
    return error
