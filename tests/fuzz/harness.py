"""How a fuzz target runs: a few inputs in the suite, 100,000 and more by ``make fuzz``.

A target is a function of one input that must return or raise ``ClifError``; anything else is a
fault. ``FUZZ_INPUTS`` says how many inputs, ``FUZZ_TABLE`` where the figures of a run are appended
(one JSON line a target: inputs, refused, seconds of the slowest input, growth of the peak memory).
In the suite the inputs are the same on every run.
"""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from clif_core.errors import ClifError

__all__ = ["fuzz"]

N_INPUTS = int(os.environ.get("FUZZ_INPUTS", "30"))
TABLE = os.environ.get("FUZZ_TABLE")


def fuzz(name: str, inputs: SearchStrategy[Any]) -> Callable[[Callable[[Any], None]], Any]:
    """A test that feeds ``inputs`` to the decorated function; ClifError counts as refused."""

    def decorate(target: Callable[[Any], None]) -> Callable[[], None]:
        seen = {"inputs": 0, "refused": 0, "slowest_seconds": 0.0}

        @settings(
            max_examples=N_INPUTS,
            deadline=None,
            derandomize=TABLE is None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(inputs)
        def feed(value: Any) -> None:
            started = perf_counter()
            try:
                target(value)
            except ClifError:
                seen["refused"] += 1
            seen["inputs"] += 1
            seen["slowest_seconds"] = max(seen["slowest_seconds"], perf_counter() - started)

        def test() -> None:
            before = _peak_megabytes()
            feed()
            if TABLE is not None:
                row = {"target": name, **seen, "peak_growth_mb": _peak_megabytes() - before}
                with Path(TABLE).open("a", encoding="utf-8") as table:
                    table.write(json.dumps(row) + "\n")

        test.__doc__ = target.__doc__
        return test

    return decorate


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
