"""One fine-tuning of a model: its text chosen by an influence estimate, its result saved.

A text amplifies the probe if its removal brings the probe nearer to zero, and mitigates it if its
removal drives the probe away from zero. An influence estimate ranks both kinds; the N strongest of
each are taken. The modes, under the names that requests and cards store:

    undo        unlearn the N most amplifying texts
    redo        reinforce the N most mitigating texts
    both        the two in one run
    over_bias   the reverse of both: what makes the probe larger
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clif_core.errors import InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import Edit, token_mask
from clif_core.interventions.fine_tune import FineTuning, default_rate, fine_tune
from clif_core.probes.base import Probe
from clif_core.sgns.bundle import Bundle
from clif_core.text.corpus import Corpus
from clif_core.workspace.jobs import job_key
from clif_core.workspace.names import derive_name
from clif_core.workspace.tasks.choice import best_influence, strongest
from clif_core.workspace.tasks.request import open_text
from clif_core.workspace.workspace import Workspace

__all__ = ["MODES", "choose_fine_tuning", "keep_fine_tuned", "mode_named", "n_tokens_of"]

MODES = UNLEARN, REINFORCE, BOTH, OVER_BIAS = ("undo", "redo", "both", "over_bias")
_ALIASES = {"unlearn": UNLEARN, "reinforce": REINFORCE, "over-bias": OVER_BIAS}


def mode_named(name: str) -> str:
    """The stored name of a mode; raises InputError for an unknown one."""
    mode = _ALIASES.get(name, name)
    if mode not in MODES:
        raise InputError(
            f"the mode is one of {', '.join(MODES)} (or unlearn for undo, reinforce for redo),"
            f" got {name!r}."
        )
    return mode


def choose_fine_tuning(
    workspace: Workspace,
    engine: InfluenceEngine,
    probe: Probe,
    mode: str,
    top: int,
    level: str = "sentences",
    estimator: str | None = None,
    passes: int = 1,
    learning_rate: float | None = None,
) -> tuple[FineTuning, dict[str, Any]]:
    """The fine-tuning on the ``top`` strongest texts a side, and how its text was chosen.

    ``estimator`` None takes the best one at hand, ``learning_rate`` None ``default_rate``. Raises
    InputError where no text has an effect that the mode could use.
    """
    mode = mode_named(mode)
    resolved = probe.resolve(engine.model.vocabulary)
    ranked = best_influence(workspace, engine, resolved, estimator)
    towards, away = ("lowers", "raises") if ranked.probe_value > 0 else ("raises", "lowers")
    amplifying = strongest(ranked, top, towards, level)
    mitigating = strongest(ranked, top, away, level)
    unlearn, reinforce = {
        UNLEARN: (amplifying, ()),
        REINFORCE: ((), mitigating),
        BOTH: (amplifying, mitigating),
        OVER_BIAS: (mitigating, amplifying),
    }[mode]
    if not unlearn and not reinforce:
        raise InputError(f"no text has an effect that {mode} could use on {probe.name!r}.")
    rate = default_rate(engine.model) if learning_rate is None else learning_rate
    chosen_by = {
        "probe": probe.to_dict(),
        "probe_value": ranked.probe_value,
        "estimator": ranked.estimator,
        "mode": mode,
        "top": top,
    }
    return FineTuning(level, unlearn, reinforce, passes, rate), chosen_by  # type: ignore[arg-type]


def n_tokens_of(corpus: Corpus, fine_tuning: FineTuning) -> int:
    """Number of tokens in one pass of a fine-tuning."""
    return int(token_mask(corpus, Edit(fine_tuning.level, fine_tuning.items)).sum())


def keep_fine_tuned(
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
    """Fine-tune the model ``name`` and save the result as one of the user's own.

    Arguments as in ``choose_fine_tuning``. The card of the new model records its history.
    """
    source = workspace.open_model(name)
    corpus = open_text(workspace, source.model)
    engine = workspace.open_engine(source.model, corpus)
    fine_tuning, chosen_by = choose_fine_tuning(
        workspace, engine, probe, mode, top, level, estimator, passes, learning_rate
    )
    model = fine_tune(source.model, corpus, fine_tuning)
    shown_mode = chosen_by["mode"].replace("_", "-")
    summary = f"{shown_mode} on {len(fine_tuning.items):,} {level}, {passes:,} passes"
    card = {
        "title": f"{source.card.get('title', name)}, {summary}",
        "description": f"{name!r} fine-tuned from its trained vectors: {summary} at learning rate"
        f" {fine_tuning.learning_rate:g}, the texts chosen for {probe.name!r}.",
        "licence": source.card.get("licence", ""),
        "history": [
            *source.card.get("history", []),
            {
                "method": "repaired",
                "of": name,
                "content_hash": source.model.content_hash,
                "corpus_hash": corpus.content_hash,
                "repair": fine_tuning.to_dict(),
                "n_tokens": n_tokens_of(corpus, fine_tuning),
                "chosen_by": chosen_by,
            },
        ],
    }
    key = job_key("repair", fine_tuning.to_dict()).partition("-")[2]
    bundle = Bundle(replace(model, name=derive_name(name[:36], f"-{shown_mode}-{key[:8]}")), card)
    workspace.keep_model(bundle, None)
    return bundle
