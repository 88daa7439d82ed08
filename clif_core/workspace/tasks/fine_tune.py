"""Undo, redo and both, swept over how much text and how often; and the mended model to keep.

Amplifying text is text whose removal brings the probe nearer to zero, mitigating text that whose
removal drives it away. An influence estimate ranks them; N of each are taken, strongest first.

    undo        steps up the loss of the N most amplifying texts
    redo        further steps down the loss of the N most mitigating ones
    both        the two in one run
    over_bias   the reverse of both: what it would take to make the probe worse
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from clif_core.errors import InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import Edit, token_mask
from clif_core.interventions.fine_tune import MAX_PASSES, Repair, default_rate, repair_model
from clif_core.interventions.retrain import refuse_unrepeatable
from clif_core.probes import from_dict
from clif_core.probes.base import Probe
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.jobs import JobStatus, job_key
from clif_core.workspace.tasks.choice import best_influence, strongest
from clif_core.workspace.tasks.retrained import open_text
from clif_core.workspace.workspace import Workspace

__all__ = [
    "MODES",
    "REPAIR",
    "RepairQuestion",
    "choose_repair",
    "find_repair",
    "keep_repaired",
    "n_tokens_of",
    "submit_repair",
]

REPAIR = "repair"
MODES = ("undo", "redo", "both", "over_bias")
SWEEP = (5, 10, 100, 1000)
MAX_TOP = 10_000


@dataclass(frozen=True)
class RepairQuestion:
    """Which repairs to try and what to read after each.

    Parameters
    ----------
    probe : the one to mend; its texts are ranked
    others : probes to read as well, to see what else moves
    tops : N, how many texts of each kind; clipped to those that there are
    passes : K, after how many passes to read
    learning_rate : None takes ``default_rate`` of the model
    estimator : what ranks the text; None takes the best at hand
    """

    probe: Probe
    others: tuple[Probe, ...] = ()
    modes: tuple[str, ...] = ("undo", "redo", "both")
    tops: tuple[int, ...] = SWEEP
    passes: tuple[int, ...] = SWEEP
    learning_rate: float | None = None
    level: str = "sentences"
    estimator: str | None = None

    def __post_init__(self) -> None:
        unknown = [mode for mode in self.modes if mode not in MODES]
        if unknown or not self.modes:
            raise InputError(f"a repair is one of {', '.join(MODES)}, got {self.modes!r}.")
        for name, most in (("tops", MAX_TOP), ("passes", MAX_PASSES)):
            values = getattr(self, name)
            if not values or not all(1 <= value <= most for value in values):
                raise InputError(f"{name} are numbers from 1 to {most:,}, got {values!r}.")
            object.__setattr__(self, name, tuple(sorted(set(values))))

    def request(self, workspace: Workspace, model: SkipGram) -> dict[str, Any]:
        return {
            "home": str(workspace.home),
            "model": model.name,
            "content_hash": model.content_hash,
            "probe": self.probe.to_dict(),
            "others": [probe.to_dict() for probe in self.others],
            "modes": list(self.modes),
            "tops": list(self.tops),
            "passes": list(self.passes),
            "learning_rate": self.learning_rate,
            "level": self.level,
            "estimator": self.estimator,
        }

    @classmethod
    def from_request(cls, request: Mapping[str, Any]) -> RepairQuestion:
        return cls(
            from_dict(request["probe"]),
            tuple(from_dict(described) for described in request["others"]),
            tuple(request["modes"]),
            tuple(request["tops"]),
            tuple(request["passes"]),
            request["learning_rate"],
            request["level"],
            request["estimator"],
        )


def submit_repair(workspace: Workspace, model: SkipGram, question: RepairQuestion) -> str:
    """Ask for the repairs, in a process of its own; the job's key.

    Raises CapabilityError where the model cannot be stepped on, JobError where too much waits.
    """
    refuse_unrepeatable(model)
    model.require_context_vectors()
    return workspace.jobs.submit(REPAIR, question.request(workspace, model))


def find_repair(
    workspace: Workspace, model: SkipGram, question: RepairQuestion
) -> JobStatus | None:
    """What became of that job, if it was ever asked for."""
    key = job_key(REPAIR, question.request(workspace, model))
    return workspace.jobs.status(key) if key in workspace.jobs else None


def choose_repair(
    workspace: Workspace,
    engine: InfluenceEngine,
    probe: Probe,
    mode: str,
    top: int,
    level: str = "sentences",
    estimator: str | None = None,
    passes: int = 1,
    learning_rate: float | None = None,
) -> tuple[Repair, dict[str, Any]]:
    """The repair of that mode on the ``top`` strongest texts a side, and by what they were chosen.

    Raises InputError where the estimate finds no text of the kind that the mode needs.
    """
    if mode not in MODES:
        raise InputError(f"a repair is one of {', '.join(MODES)}, got {mode!r}.")
    resolved = probe.resolve(engine.model.vocabulary)
    ranked = best_influence(workspace, engine, resolved, estimator)
    towards, away = ("lowers", "raises") if ranked.probe_value > 0 else ("raises", "lowers")
    amplifying = strongest(ranked, top, towards, level)
    mitigating = strongest(ranked, top, away, level)
    undo, redo = {
        "undo": (amplifying, ()),
        "redo": ((), mitigating),
        "both": (amplifying, mitigating),
        "over_bias": (mitigating, amplifying),
    }[mode]
    if not undo and not redo:
        raise InputError(f"no text has an effect that {mode} could use on {probe.name!r}.")
    rate = default_rate(engine.model) if learning_rate is None else learning_rate
    chosen_by = {
        "probe": probe.to_dict(),
        "probe_value": ranked.probe_value,
        "estimator": ranked.estimator,
        "mode": mode,
        "top": top,
    }
    return Repair(level, undo, redo, passes, rate), chosen_by  # type: ignore[arg-type]


def n_tokens_of(corpus: Corpus, repair: Repair) -> int:
    """How many tokens a repair goes through in one pass."""
    return int(token_mask(corpus, Edit(repair.level, (*repair.undo, *repair.redo))).sum())


def keep_repaired(
    workspace: Workspace,
    name: str,
    probe: Probe,
    mode: str,
    top: int,
    passes: int,
    learning_rate: float | None = None,
    level: str = "sentences",
    estimator: str | None = None,
) -> Bundle:
    """The model after a repair, kept as one of the user's own; its card tells its history."""
    source = workspace.open_model(name)
    corpus = open_text(workspace, source.model)
    engine = workspace.open_engine(source.model, corpus)
    repair, chosen_by = choose_repair(
        workspace, engine, probe, mode, top, level, estimator, passes, learning_rate
    )
    model = repair_model(source.model, corpus, repair)
    verb = mode.replace("_", "-")
    told = f"{verb} on {len(repair.undo) + len(repair.redo):,} {level}, {passes:,} passes"
    card = {
        "title": f"{source.card.get('title', name)}, {told}",
        "description": f"{name!r} stepped on from its trained vectors: {told} at learning rate"
        f" {repair.learning_rate:g}, the texts chosen for {probe.name!r}.",
        "licence": source.card.get("licence", ""),
        "history": [
            *source.card.get("history", []),
            {
                "method": "repaired",
                "of": name,
                "content_hash": source.model.content_hash,
                "corpus_hash": corpus.content_hash,
                "repair": repair.to_dict(),
                "n_tokens": n_tokens_of(corpus, repair),
                "chosen_by": chosen_by,
            },
        ],
    }
    key = job_key("repair", repair.to_dict()).partition("-")[2]
    bundle = Bundle(replace(model, name=f"{name[:36]}-{mode.replace('_', '-')}-{key[:8]}"), card)
    workspace.keep_model(bundle, None)
    return bundle
