"""The section of a report on the text behind a probe: its tables and how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clif_core.influence.estimators import find_estimator
from clif_core.phrases import (
    MARKS,
    REMOVED_IN_FULL,
    in_trainings,
    likely,
    number,
    percent,
    standing,
    together,
)

__all__ = ["asked", "fidelity", "of_which_value", "sure_cells", "text_tables"]

Content = Mapping[str, Any]


def asked(found: Content) -> str:
    """Which of the two questions the effects answer, and what is shown of them."""
    runs = found.get("runs")
    if runs:
        kept = (
            " Only what holds is listed: the sign is shared by four of five trainings, and of all"
            " that is listed at most one in twenty is expected to be chance (false discovery rate"
            " 5 %)."
            if found["only_what_holds"]
            else f" {MARKS[True]} holds over them; {MARKS[False]} they cannot tell."
        )
        return (
            f"This text: the mean over {runs['n_runs']} trainings of it, from small first vectors,"
            f" that differ among themselves in the random seed alone (seed ensemble).{kept}"
        )
    if find_estimator(found["estimator"]).is_of_runs:
        return "This model, one training: another training would order the text otherwise."
    return "An estimate from this one training; it cannot say what holds in others."


def of_which_value(found: Content) -> str:
    """What the probe is in this model and, of an ensemble, in the trainings the effects are of."""
    runs = found.get("runs")
    drawn = (_trained_value(found), min(runs["values"]), max(runs["values"])) if runs else ()
    own, *others = together(found["probe_value"], *drawn)
    said = f"In this model the value is {own}"
    if not runs:
        return f"{said}."
    mean, low, high = others
    return (
        f"{said}; in the {runs['n_runs']} trainings that the effects are of it is {mean} on"
        f" average ({low} to {high})."
    )


def _trained_value(found: Content) -> float:
    """Reports of earlier versions have this model's value alone."""
    return float(found.get("trained_value", found["probe_value"]))


def fidelity(found: Content) -> list[str]:
    """What is known of how faithful the effects are, in sentences."""
    solution = found["solution"]
    entry = find_estimator(found["estimator"])
    said = [entry.care]
    for other in found["agreement"]:
        if other["spearman"] is not None:
            said.append(
                "On this probe its sentence effects and those of "
                f"{find_estimator(other['with']).in_sentence} correlate at "
                f"{number(other['spearman'])} by rank (Pearson {number(other['pearson'])}) over "
                f"{other['n']:,} sentences."
            )
    if entry.is_of_runs:
        said.append(f"Estimator: {found['estimator']}, no damping; {solution['note']}.")
        return [*said, REMOVED_IN_FULL]
    how = "solved to" if solution["converged"] else "not converged: stopped at"
    residual = f"{how} a relative residual of {solution['relative_residual']:.1e}"
    note = f"; {solution['note']}" if solution["note"] else ""
    said.append(
        f"Estimator: {found['estimator']}, damping {found['damping']:g} (unit: the Hessian of the "
        f"summed expected loss of one pass); {residual} in {solution['iterations']:,} steps{note}."
    )
    return [*said, REMOVED_IN_FULL]


def text_tables(content: Content) -> dict[str, Any]:
    """What the section's template shows beside the quoted sentences; empty where not traced."""
    found = content["attribution"]
    if not found:
        return {}
    documents = [(d, d["title"], f"{d['n_tokens']:,}") for d in found["documents"]]
    heads = ("Document", "Words", f"Removing it changes {content['noun']} by")
    return {
        "asked": asked(found),
        "of_which_value": of_which_value(found),
        "trained_value": _trained_value(found),
        "strongest": max(map(_size, (*found["raising"], *found["lowering"])), default=0.0),
        "spread": _spread(found),
        "documents": _bars(heads, documents),
        "groups": [_group(group) for group in found["groups"]],
        "fidelity": fidelity(found),
    }


def _size(row: Content) -> float:
    return abs(float(row["effect"]))


def _spread(found: Content) -> str:
    shares = ", ".join(
        f"the strongest {int(n):,} hold {percent(share)}" for n, share in found["shares"].items()
    )
    tail = f" Of the sum of all effects, signs aside, {shares}." if shares else ""
    n, n_all = found["n_with_effect"], found["n_sentences"]
    return f"The effect of {n:,} of {n_all:,} sentences is not 0.{tail}"


def _group(group: Content) -> dict[str, Any]:
    name = group["column"].replace("_", " ")
    n, n_shown, n_holding = group["n_groups"], len(group["rows"]), group.get("n_holding")
    of = f" ({n_shown:,} of {n:,})" if n > n_shown else ""
    if n_holding is not None:
        of = f" ({n_holding:,} of {n:,} hold)"
    per_1000 = together(*(r["effect_per_1000"] for r in group["rows"]), is_signed=True)
    rows = [(r, r["value"], told) for r, told in zip(group["rows"], per_1000, strict=True)]
    heads = (name.capitalize(), "Per 1,000 words", "Effect")
    return {"title": f"{name}{of}", **_bars(heads, rows)}


def sure_cells(row: Content) -> tuple[str, ...]:
    """What the runs say of a document or group, as the cells of its row; () without runs."""
    told = row.get("sureness")
    if not told:
        return ()
    word = f"{MARKS[told['holds']]} {standing(told['holds'])}"
    seen = in_trainings(told["n_agree"], told["n_runs"])
    return (likely(told["low"], told["high"]), f"{word}, {seen}")


def _bars(heads: tuple[str, str, str], rows: Sequence[tuple[Content, str, str]]) -> dict[str, Any]:
    """A table whose last column draws each effect as a bar; ``width`` in percent of the cell."""
    most = max((_size(row) for row, *_ in rows), default=1.0) or 1.0
    told = together(*(row["effect"] for row, *_ in rows), is_signed=True)
    return {
        "heads": heads,
        "rows": [
            {
                "name": name,
                "note": note,
                "effect": row["effect"],
                "told": effect,
                "sure": " · ".join(sure_cells(row)),
                "width": f"{62 * _size(row) / most:.0f}",
            }
            for (row, name, note), effect in zip(rows, told, strict=True)
        ],
    }
