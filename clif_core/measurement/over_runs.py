"""What several trainings say of each unit of a text: its mean effect, and how sure it is.

A unit is a sentence, a document, a group of documents or any other sum of texts; the trainings
differ in their seed alone. The runs' variance of a unit, from a handful of runs, is itself mostly
luck, so it is drawn towards what is usual among the units (``moderate``), after which a t test and
an interval need fewer runs (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3:3, "limma"). Many units are
tested at once: the q values are Benjamini and Hochberg's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.errors import InputError
from clif_core.measurement.multiple_testing import adjust_p_values

__all__ = ["HOLDS_AGREEMENT", "HOLDS_Q", "HOLDS_RUNS", "UnitStatistics", "judge_units", "moderate"]

HOLDS_Q = 0.05  # of the discoveries, the share that may be false
HOLDS_AGREEMENT = 0.8  # of the runs, the share that must have the sign of their mean
HOLDS_RUNS = 4  # fewer runs hold nothing
_LEVEL = 0.95
_MANY = 1e6  # degrees of freedom that are as good as infinite
_MIN_UNITS = 10  # fewer say nothing of what is usual among them

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class UnitStatistics:
    """What ``n_runs`` trainings say of each of n units. All arrays are (n_units,).

    Attributes
    ----------
    effect : the mean over the runs, drawn towards the quick estimate as far as they disagree
    mean : the plain mean over the runs
    standard_error : of the mean, from the moderated variance; infinite for one run
    low, high : the 95 % interval of ``effect``
    n_agree : int64, runs whose effect has the sign of the mean
    p, q : of the moderated t test against a mean of 0, and adjusted over the units. A unit that no
        run sees an effect of has 1
    """

    n_runs: int
    effect: Floats
    mean: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    n_agree: npt.NDArray[np.int64]
    p: Floats
    q: Floats

    @cached_property
    def holds(self) -> npt.NDArray[np.bool_]:
        """(n_units,) whether the effect stands in every training, as far as these can tell.

        q at most ``HOLDS_Q``, the sign shared by ``HOLDS_AGREEMENT`` of at least ``HOLDS_RUNS``
        runs, and an interval without 0. Otherwise nobody can say: it may be of this run only.
        """
        return np.asarray(
            (self.q <= HOLDS_Q)
            & (self.n_agree >= HOLDS_AGREEMENT * self.n_runs)
            & (self.sure * self.mean > 0)
            & (self.n_runs >= HOLDS_RUNS)
        )

    @cached_property
    def sure(self) -> Floats:
        """(n_units,) the bound of the interval that is nearest to 0; 0 where it holds 0."""
        return np.asarray(np.maximum(self.low, 0.0) + np.minimum(self.high, 0.0))

    def table(self, units: npt.ArrayLike | None = None) -> pd.DataFrame:
        """How sure the given units' effects are, one row each in the given order; None: all.

        Columns ``standard_error``, ``low``, ``high``, ``n_agree``, ``n_runs``, ``q``, ``holds``.
        """
        at = slice(None) if units is None else np.asarray(units, dtype=np.int64)
        return pd.DataFrame(
            {
                "standard_error": self.standard_error[at],
                "low": self.low[at],
                "high": self.high[at],
                "n_agree": self.n_agree[at],
                "n_runs": self.n_runs,
                "q": self.q[at],
                "holds": self.holds[at],
            }
        )

    def beside(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with a row a unit, and ``table`` at its right: NAME_of_runs where it has NAME."""
        own = self.table().set_axis(table.index)
        return table.join(own.rename(columns={n: f"{n}_of_runs" for n in own if n in table}))


def judge_units(
    by_run: npt.NDArray[np.floating], known: Floats | None = None, share: float = 1.0
) -> UnitStatistics:
    """The statistics of n units from their effects in K runs.

    Parameters
    ----------
    by_run : (K, n_units), the effect of each unit in each run. Effects of units add up, so those of
        larger units are sums of these
    known : (n_units,) what the effects are drawn towards: the quick estimate times its factor.
        None: 0
    share : of what the runs say beyond ``known``, how much counts (``statistics.shrinkage``)

    The interval is that of the drawn effect. Its width is the mean's own, which is not below that
    of a drawn effect (whose expected squared error is ``share`` times the mean's; Morris 1983, JASA
    78), and so leaves room for a unit that was drawn too far.
    """
    from scipy.special import stdtr, stdtrit

    runs = np.asarray(by_run, dtype=np.float64)
    if runs.ndim != 2 or len(runs) < 1:
        raise InputError(f"by_run must be (n_runs, n_units) with a run, got {runs.shape}.")
    n_runs, mean = len(runs), runs.mean(0)
    towards = np.zeros_like(mean) if known is None else np.asarray(known, dtype=np.float64)
    effect = towards + share * (mean - towards)
    n_agree = (np.sign(runs) == np.sign(mean)).sum(0)
    if n_runs == 1:
        unsure, whole = np.full_like(mean, inf), np.ones_like(mean)
        return UnitStatistics(1, effect, mean, unsure, -unsure, unsure, n_agree, whole, whole)
    is_seen = (runs != 0).any(0)
    variances, freedom = moderate(runs.var(0, ddof=1), n_runs - 1, is_seen)
    error = np.sqrt(variances / n_runs)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(is_seen & (error > 0), 2 * stdtr(freedom, -np.abs(mean / error)), 1.0)
    q = np.ones_like(p)
    q[is_seen] = adjust_p_values(p[is_seen])
    reach = stdtrit(freedom, (1 + _LEVEL) / 2) * error
    return UnitStatistics(n_runs, effect, mean, error, effect - reach, effect + reach,
                          n_agree, p, q)  # fmt: skip


def moderate(
    variances: Floats, freedom: int, is_counted: npt.NDArray[np.bool_] | None = None
) -> tuple[Floats, float]:
    """Variances of many units drawn towards their usual one, and the degrees of freedom they have.

    ``variances`` (n,), each with ``freedom`` degrees. True variances are taken to be
    scaled inverse chi-square among the units, with a scale s0^2 and d0 degrees of freedom, fitted
    to mean and variance of log s^2; then (d0 s0^2 + d s^2) / (d0 + d) has d0 + d degrees (Smyth
    2004, section 6.2). Units that are not counted keep their variance, as do fewer than ten.
    """
    counted = variances > 0 if is_counted is None else is_counted & (variances > 0)
    if counted.sum() < _MIN_UNITS:
        return variances, float(freedom)
    usual, usual_freedom = _fit_usual(variances[counted], freedom)
    if usual_freedom == inf:
        drawn = np.where(counted, usual, variances)
    else:
        total = usual_freedom + freedom
        drawn = np.where(counted, (usual_freedom * usual + freedom * variances) / total, variances)
    return drawn, min(usual_freedom, _MANY) + freedom


def _fit_usual(variances: Floats, freedom: int) -> tuple[float, float]:
    """s0^2 and d0: d0 infinite where the variances differ no more than by luck."""
    from scipy.special import digamma, polygamma

    logs = np.log(variances) - digamma(freedom / 2) + np.log(freedom / 2)
    spread = float(logs.var(ddof=1) - polygamma(1, freedom / 2))
    if spread <= 0:
        return float(np.exp(logs.mean())), inf
    usual_freedom = 2 * _inverse_trigamma(spread)
    usual = np.exp(logs.mean() + digamma(usual_freedom / 2) - np.log(usual_freedom / 2))
    return float(usual), usual_freedom


def _inverse_trigamma(value: float) -> float:
    """x with trigamma(x) = value > 0, by Newton's steps on 1 / trigamma (Smyth 2004, appendix)."""
    from scipy.special import polygamma

    x = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(polygamma(1, x))
        step = trigamma * (1 - trigamma / value) / float(polygamma(2, x))
        x += step
        if -step / x < 1e-8:
            break
    return x
