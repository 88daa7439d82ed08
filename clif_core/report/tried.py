"""The appendix of a report with every probe that was tried on the model, and what that corrects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clif_core import phrases
from clif_core.measurement.probes_tried import ProbesTried
from clif_core.measurement.verdict import DETECTED

__all__ = ["TRIED_HEADS", "UNKNOWN", "correction", "tried_content", "tried_lead", "tried_rows"]

Content = Mapping[str, Any]
TRIED_HEADS = ("Probe", "First measured", "Value", "p", "p, corrected", "Verdict")
UNKNOWN = (
    "If several probes were tried before this one was reported, its p-value must be corrected for"
    " that; this report knows of one probe only."
)


def tried_content(tried: ProbesTried, question: str) -> dict[str, Any]:
    """The probes tried for a report on the probe of this ``probes.question_key``."""
    return {
        "n": tried.n,
        "n_tested": tried.n_tested,
        "n_forgotten": tried.n_forgotten,
        "p_corrected": tried.corrected().get(question),
        "problem": tried.problem,
        "rows": tried.table().to_dict("records"),
    }


def correction(content: Content) -> str:
    """What the number of probes tried does to this one's p; "" where it is not known.

    Reports of earlier releases, and those of a model outside a workspace, know of one probe only.
    """
    tried = content.get("tried")
    if not tried or tried["problem"]:
        return ""
    if tried["n"] == 1:
        return "No other probe was tried on this model in this workspace."
    said = (
        f"{tried['n']:,} different probes were tried on this model in this workspace, by whoever"
        " uses it."
    )
    p = tried["p_corrected"]
    if p is None:
        return f"{said} This one has no p-value to correct."
    said += f" Corrected over the {tried['n_tested']:,} with a test, this one has"
    said += f" {phrases.p_value(p)} (Benjamini-Hochberg)."
    if _is_detected(content) and p >= DETECTED:
        said += " After so many tries it is no longer a finding."
    return said


def _is_detected(content: Content) -> bool:
    return content["verdict"]["kind"] in ("holds", "this_model_only")


def tried_lead(content: Content) -> str:
    """What stands above the table of the appendix."""
    tried = content.get("tried")
    if not tried:
        return UNKNOWN
    if tried["problem"]:
        return str(tried["problem"])
    forgotten = (
        f" The {tried['n_forgotten']:,} oldest are not listed; the correction takes each as tested"
        " without a finding."
        if tried["n_forgotten"]
        else ""
    )
    return (
        f"{correction(content)} One question under two names counts once.{forgotten} Probes tried"
        " elsewhere, or before the list was cleared, are not known here."
    )


def tried_rows(content: Content) -> list[tuple[str, ...]]:
    """The cells of the table, under ``TRIED_HEADS``."""
    return [
        (
            str(row["label"]),
            str(row["time"])[:16].replace("T", " "),
            phrases.fixed(row["value"]),
            _p(row["p"]),
            _p(row["p_corrected"]),
            phrases.verdict_kind_name(row["verdict"]),
        )
        for row in (content.get("tried") or {}).get("rows", ())
    ]


def _p(p: float | None) -> str:
    return "–" if p is None else phrases.fixed(p, 4)
