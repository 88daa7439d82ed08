"""Clusters that run already: each is a ``Place`` (clif_core.many.places) for tasks.

    CLIF_SCHEDULER=tcp://host:8786    Dask's scheduler (pip install 'clif-dashboard[dask]')
    CLIF_SCHEDULER=ray://host:10001   Ray's head node (pip install 'clif-dashboard[ray]')

Either gives a task whose worker is lost to another, thrice, and runs one task a core or thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any

from clif_core.errors import CapabilityError

__all__ = ["Dask", "Ray", "open_cluster"]

_WAIT_SECONDS = 30.0  # for a first worker
_MOST_LOST = 3  # workers of one task


class Dask:
    is_cluster = True
    is_lost_as_one = False
    most_lost = 0
    most_at_once = 10_000  # it may grow

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client, KilledWorker
        except ImportError as error:
            raise _missing(address, "Dask", "dask") from error
        self.lost: tuple[type[BaseException], ...] = (KilledWorker, CancelledError)
        try:
            self._client = Client(address, timeout=_WAIT_SECONDS, set_as_default=False)
            self._client.wait_for_workers(1, timeout=_WAIT_SECONDS)
        except (OSError, ValueError, TimeoutError) as error:
            start = "'dask scheduler' and 'dask worker ADDRESS'"
            raise _silent(address, "Dask cluster with a worker", error, start) from error
        self._executor = self._client.get_executor(pure=False)
        self.n_at_once = sum(self._client.nthreads().values())

    def start_again(self) -> None:
        """Nothing to start: workers come and go as the cluster has them."""

    def submit(self, function: Callable[..., Any], *given: Any) -> Future[Any]:
        future: Future[Any] = self._executor.submit(function, *given)
        return future

    def close(self, is_stopped: bool) -> None:
        self._executor.shutdown(wait=False)  # cancels what is left
        self._client.close()


class Ray:
    is_cluster = True
    is_lost_as_one = False
    most_lost = 0
    most_at_once = 10_000

    def __init__(self, address: str) -> None:
        try:
            import ray
            from ray import exceptions
        except ImportError as error:
            raise _missing(address, "Ray", "ray") from error
        self._ray = ray
        self._task_error = exceptions.RayTaskError
        self.lost: tuple[type[BaseException], ...] = (
            exceptions.WorkerCrashedError,
            exceptions.OutOfMemoryError,
            exceptions.NodeDiedError,
            exceptions.ObjectLostError,
            CancelledError,
        )
        try:
            self._client = ray.init(address, allow_multiple=True, log_to_driver=False)
        except (OSError, ValueError, RuntimeError) as error:
            start = (
                "'ray start --head', give the same Python and Ray here and there, and, where it"
                " asks for a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN here as well"
            )
            raise _silent(address, "Ray cluster", error, start) from error
        with self._client:
            self.n_at_once = int(ray.cluster_resources().get("CPU", 1))
            self._remote = ray.remote(max_retries=_MOST_LOST)(_call)
        self._left: dict[Future[Any], Any] = {}  # tasks that are not done, by their futures

    def start_again(self) -> None:
        """Nothing to start, as with Dask."""

    def submit(self, function: Callable[..., Any], *given: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._client:
            task = self._left[future] = self._remote.remote(function, *given)
            task.future().add_done_callback(lambda done: self._settle(future, done))
        return future

    def _settle(self, future: Future[Any], done: Future[Any]) -> None:
        """What Ray found; the task's own error, which Ray wraps into a class of its own."""
        self._left.pop(future, None)
        if not future.set_running_or_notify_cancel():
            return
        error = done.exception()
        if error is None:
            future.set_result(done.result())
        else:
            future.set_exception(error.cause if isinstance(error, self._task_error) else error)

    def close(self, is_stopped: bool) -> None:
        with self._client:
            for task in list(self._left.values()):
                self._ray.cancel(task, force=True)  # ends the worker: no other way reaches a loop
        self._client.disconnect()


def open_cluster(address: str) -> Dask | Ray:
    """The cluster of that address; CapabilityError where none answers."""
    return Ray(address) if address.startswith("ray://") else Dask(address)


def _call(function: Callable[..., Any], *given: Any) -> Any:
    return function(*given)


def _missing(address: str, name: str, extra: str) -> CapabilityError:
    return CapabilityError(
        f"CLIF_SCHEDULER={address} needs {name}, which is not installed here: run"
        f" pip install 'clif-dashboard[{extra}]', or unset CLIF_SCHEDULER."
    )


def _silent(address: str, name: str, error: Exception, start: str) -> CapabilityError:
    return CapabilityError(
        f"no {name} answers at CLIF_SCHEDULER={address} ({error}). Start {start}, or unset"
        " CLIF_SCHEDULER to compute on this machine."
    )
