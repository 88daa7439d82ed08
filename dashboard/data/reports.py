"""Reports on a probe, cached by the hashes of what they are made of."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import streamlit as st

from clif_core.errors import CapabilityError, ProbeError
from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Probe
from clif_core.report import Report, make_report
from clif_core.storage.store import make_key
from clif_core.workspace.tasks.history import results_for_report
from dashboard.data import attribution, models
from dashboard.selection import Selection

__all__ = ["report_of", "sign_by", "signer"]

_SIGNER = "clif_signer"


def signer() -> str:
    """Who answers for the reports of this session, "" for nobody; it is in no link."""
    return str(st.session_state.get(_SIGNER, ""))


def sign_by(name: str) -> None:
    """Sign the reports of this session with a name."""
    st.session_state[_SIGNER] = name


def report_of(probe: Probe, selection: Selection) -> Report:
    """The report of a probe on the selected model, traced to text where that costs no wait.

    The estimator is the selected one where its answer is cached, else the best at hand for the
    selected question; without one, the text's ensemble where that is at hand.
    """
    bundle = models.selected_bundle()
    chosen: dict[str, Any] = {}
    try:
        chosen["engine"] = engine = models.selected_engine()
        chosen |= _influences(engine, probe, selection)
    except (CapabilityError, ProbeError) as error:
        chosen["why_no_attribution"] = str(error)
    found = chosen.get("influence")
    chosen["what_if"] = results_for_report(models.workspace(), bundle.model, probe)
    attribution.probe_report(probe, bundle.model)  # enters it among the probes tried
    chosen["tried"] = tried = models.workspace().probes_tried(bundle.model)
    edits = make_key("what-if", entries=chosen["what_if"])
    listed = make_key("tried", entries=[asdict(e) for e in tried.entries], problem=tried.problem)
    key = (bundle.model.content_hash, probe.key, str(selection.n_quotes), edits, listed)
    how = (
        (
            found.estimator,
            str(found.damping),
            str(len(chosen["others"])),
            str(0 if found.runs is None else found.runs.n_runs),
            str(selection.report_all),
        )
        if found is not None
        else ("none", str(chosen.get("why_no_attribution")))
    )
    chosen["only_what_holds"] = not selection.report_all
    return _report((*key, *how), probe, chosen, selection.n_quotes)


def _influences(engine: InfluenceEngine, probe: Probe, selection: Selection) -> dict[str, Any]:
    workspace = models.workspace()
    resolved = attribution.resolve(probe, engine.model)
    wanted: str | None = selection.estimator
    damping = selection.damping
    is_ready = wanted in attribution.QUICK or (
        wanted in attribution.ESTIMATORS
        and workspace.results.cached(engine, resolved, str(wanted), damping) is not None
    )
    if not is_ready or wanted == attribution.BEST or (wanted == "block" and damping is None):
        wanted, damping = None, None
    asked = attribution.asked(selection) if wanted is None else None
    return workspace.results.for_report(engine, resolved, wanted, damping, question=asked)


@st.cache_resource(show_spinner=False, max_entries=24)
def _report(
    key: tuple[str, ...], _probe: Probe, _chosen: dict[str, Any], _n_sentences: int
) -> Report:
    bundle = models.selected_bundle()
    measured, other = attribution.probe_report(_probe, bundle.model)
    return make_report(bundle, measured, other=other, n_sentences=_n_sentences, **_chosen)
