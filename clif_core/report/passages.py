"""The section of a report on the text behind a probe: its tables and how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clif_core.influence.estimators import find_estimator
from clif_core.phrases import number, percent, signed

__all__ = ["fidelity", "text_tables"]

Content = Mapping[str, Any]


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
        return said
    how = "solved to" if solution["converged"] else "not converged: stopped at"
    residual = f"{how} a relative residual of {solution['relative_residual']:.1e}"
    note = f"; {solution['note']}" if solution["note"] else ""
    said.append(
        f"Estimator: {found['estimator']}, damping {found['damping']:g} (unit: the Hessian of the "
        f"summed expected loss of one pass); {residual} in {solution['iterations']:,} steps{note}."
    )
    return said


def text_tables(content: Content) -> dict[str, Any]:
    """What the section's template shows beside the quoted sentences; empty where not traced."""
    found = content["attribution"]
    if not found:
        return {}
    documents = [(d["title"], f"{d['n_tokens']:,}", d["effect"]) for d in found["documents"]]
    heads = ("Document", "Words", f"Removing it changes {content['noun']} by")
    return {
        "spread": _spread(found),
        "documents": _bars(heads, documents),
        "groups": [_group(group) for group in found["groups"]],
        "fidelity": fidelity(found),
    }


def _spread(found: Content) -> str:
    shares = ", ".join(
        f"the strongest {int(n):,} hold {percent(share)}" for n, share in found["shares"].items()
    )
    tail = f" Of the sum of all effects, signs aside, {shares}." if shares else ""
    return f"{found['n_with_effect']:,} of {found['n_sentences']:,} sentences have an effect.{tail}"


def _group(group: Content) -> dict[str, Any]:
    name = group["column"].replace("_", " ")
    n, n_shown = group["n_groups"], len(group["rows"])
    of = f" ({n_shown:,} of {n:,})" if n > n_shown else ""
    rows = [(r["value"], signed(r["effect_per_1000"]), r["effect"]) for r in group["rows"]]
    heads = (name.capitalize(), "Per 1,000 words", "Effect")
    return {"title": f"{name}{of}", **_bars(heads, rows)}


def _bars(heads: tuple[str, str, str], rows: Sequence[tuple[str, str, float]]) -> dict[str, Any]:
    """A table whose last column draws each effect as a bar; ``width`` in percent of the cell."""
    most = max((abs(effect) for *_, effect in rows), default=1.0) or 1.0
    return {
        "heads": heads,
        "rows": [
            {
                "name": name,
                "note": note,
                "effect": effect,
                "width": f"{62 * abs(effect) / most:.0f}",
            }
            for name, note, effect in rows
        ],
    }
