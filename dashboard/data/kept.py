"""What is kept in memory once per server, bounded by its bytes: models, texts, engines, answers.

Streamlit's caches are bounded by their number of entries, but one text may be a thousand times as
large as another. Here all entries share half of the memory that was free when the first was kept;
those not used for the longest go first. A part that several entries hold counts once, and files
that are mapped into memory count nothing: the system takes their pages back.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import wraps
from mmap import mmap
from threading import Lock, RLock
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

import numpy as np
import streamlit as st

from clif_core.memory import free_bytes

__all__ = ["Kept", "by_bytes", "everything", "n_bytes"]

_MOST = 200  # entries, so that adding up their bytes takes no time
_FEW = 1_000  # what holds more than that, holds words or numbers
_WORD_BYTES = 64  # of a short string, or an entry of a dictionary
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Kept:
    """Values by key, at most ``max_bytes`` together, but for the last one that was added."""

    def __init__(self, max_bytes: float) -> None:
        self.max_bytes = max_bytes
        self._values: dict[Hashable, Any] = {}  # the one used last at the end
        self._making: dict[Hashable, Lock] = {}
        self._lock = RLock()

    def find(self, key: Hashable) -> Any | None:
        """The value of a key, or None."""
        with self._lock:
            found = self._values.pop(key, None)
            if found is not None:
                self._values[key] = found
            return found

    def add(self, key: Hashable, value: _T) -> _T:
        """Keep a value, and drop others for which there is no room any more."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = value
            while len(self._values) > 1 and (
                len(self._values) > _MOST or n_bytes(self._values.values()) > self.max_bytes
            ):
                self._values.pop(next(iter(self._values)))
        return value

    def find_or_make(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """The value of a key, made once however many ask for it at a time; None is not kept."""
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:
            found: _T | None = self.find(key)
            try:
                if found is None:
                    found = make()
                    if found is not None:
                        self.add(key, found)
            finally:
                self._making.pop(key, None)
        return found


@st.cache_resource(show_spinner=False)
def everything() -> Kept:
    """What this server keeps."""
    return Kept(free_bytes() / 2)


def by_bytes(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """As ``st.cache_resource``, by bytes; arguments named ``_so`` are no part of the key."""
    signature = inspect.signature(function)

    @wraps(function)
    def find(*args: _P.args, **named: _P.kwargs) -> _T:
        given = signature.bind(*args, **named).arguments
        told = (value for name, value in given.items() if not name.startswith("_"))
        key = (function.__module__, function.__qualname__, *told)
        return everything().find_or_make(key, lambda: function(*args, **named))

    return find


def n_bytes(values: Iterable[object]) -> int:
    """The bytes of the arrays, tables and words that some values hold, each counted once."""
    waiting, seen = list(values), set[int]()
    at_address: dict[int, int] = {}  # arrays and tensors may share what they hold
    n_other = 0
    while waiting:
        one: Any = waiting.pop()
        if id(one) in seen or isinstance(one, type | ModuleType):
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            whole = _whole(one)
            address = whole.__array_interface__["data"][0]
            at_address[address] = 0 if _is_mapped(whole) else at_address.get(address, whole.nbytes)
        elif hasattr(one, "untyped_storage"):  # a tensor of torch, which need not be imported here
            storage = one.untyped_storage()
            at_address.setdefault(storage.data_ptr(), storage.nbytes())
        elif hasattr(one, "memory_usage"):  # of pandas
            n_other += int(np.sum(one.memory_usage(index=False)))
        elif isinstance(getattr(one, "nbytes", None), int):  # of pyarrow
            n_other += one.nbytes
        elif isinstance(one, tuple | list | Mapping):
            if len(one) > _FEW:
                n_other += _WORD_BYTES * len(one)
            else:
                waiting += one.values() if isinstance(one, Mapping) else one
        elif hasattr(one, "__dict__"):
            waiting += vars(one).values()
    return n_other + sum(at_address.values())


def _whole(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array that an array is a view of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _is_mapped(array: np.ndarray[Any, Any]) -> bool:
    base = array.base
    return isinstance(base.obj if isinstance(base, memoryview) else base, mmap)
