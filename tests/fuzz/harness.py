"""How a fuzz target runs: a few inputs in the suite, 100,000 by ``make fuzz``.

A target is a function of one input that must return or raise ``ClifError``; anything else is a
fault. Of the inputs some are drawn by hypothesis from a strategy that knows the format. Each of
them is followed by variants of it, with a few places overwritten, cut out, repeated or moved
(``variants``): damage costs a hundredth of drawing, and most of what it gives is nearly whole.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from time import process_time
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from clif_core.errors import ClifError
from tests.fuzz.variants import varied

__all__ = ["TARGETS", "Fed", "Target", "fuzz", "is_variant"]

_N_DRAWN, _N_VARIANTS = 30, 2  # in the suite

_is_variant = False


@dataclass
class Fed:
    """What a series of inputs gave.

    ``slowest_seconds``: of processor time, by one input; ``peak_mb``: growth of the process's peak
    memory.
    """

    n_drawn: int = 0
    n_inputs: int = 0
    n_refused: int = 0
    slowest_seconds: float = 0.0
    peak_mb: float = 0.0


@dataclass
class Target:
    """``take`` is given the inputs; ``fed`` counts those of the last series."""

    name: str
    inputs: SearchStrategy[Any]
    take: Callable[[Any], None]
    fed: Fed = field(default_factory=Fed)

    def feed(self, n_drawn: int, n_variants: int, seed: int | None = None) -> Fed:
        """Take so many inputs, each with its variants; without a ``seed`` always the same ones.

        Raises AssertionError with the input that is a fault.
        """
        self.fed = Fed()
        before = _peak_mb()

        @settings(
            max_examples=n_drawn,
            deadline=None,
            derandomize=seed is None,
            database=None,
            phases=(Phase.generate, Phase.shrink) if seed is None else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(self.inputs, st.integers(0, 2**32 - 1))
        def run(value: Any, number: int) -> None:
            self.fed.n_drawn += 1
            self._take(value, is_variant=False)
            draw = Random(number)
            for _ in range(n_variants):
                self._take(varied(value, draw), is_variant=True)

        (run if seed is None else hypothesis.seed(seed)(run))()
        self.fed.peak_mb = _peak_mb() - before
        return self.fed

    def _take(self, value: Any, *, is_variant: bool) -> None:
        global _is_variant
        _is_variant = is_variant
        started = process_time()
        try:
            self.take(value)
        except ClifError:
            self.fed.n_refused += 1
        except Exception as error:
            raise AssertionError(
                f"{self.name} fails ({error!r:.200}) on {value!r:.4000}"
            ) from error
        self.fed.n_inputs += 1
        self.fed.slowest_seconds = max(self.fed.slowest_seconds, process_time() - started)


TARGETS: dict[str, Target] = {}


def fuzz(name: str, inputs: SearchStrategy[Any]) -> Callable[[Callable[[Any], None]], Any]:
    """A test that feeds ``inputs`` to the decorated function; ClifError counts as refused."""

    def decorate(take: Callable[[Any], None]) -> Callable[[], None]:
        target = TARGETS[name] = Target(name, inputs, take)

        def test() -> None:
            target.feed(_N_DRAWN, _N_VARIANTS)

        test.__doc__ = take.__doc__
        return test

    return decorate


def is_variant() -> bool:
    """Whether the input is a variant of a drawn one, for which slow checks are left out."""
    return _is_variant


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
