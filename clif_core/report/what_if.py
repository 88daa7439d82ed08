"""The section of a report on edited text and fine-tuned models: predicted, then measured.

``attribution`` predicts what a text does; this section reports what happened when it was left out,
beside random text of equal size, and how the vectors were changed since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit
from clif_core.interventions.predict import predict_sum
from clif_core.interventions.thinned import thinned_words
from clif_core.phrases import decimals, fixed, number, percent, thinned, together
from clif_core.probes.base import ResolvedProbe

if TYPE_CHECKING:
    from clif_core.influence.engine import InfluenceEngine

__all__ = ["WhatIfTable", "history", "what_if_tables", "with_prediction"]

Content = Mapping[str, Any]
_NOTHING = (
    "No text was edited and trained again for this question when this report was made, so its "
    "attribution has not been checked by retraining here."
)
_LEAD_EDITS = (
    "Each line is a training of this model again, on the text as edited, with its own settings. "
    "Random sets are of the same size in words; an edit says something where it lies outside them. "
    "Over several trainings, each under another random seed, the mean of the changes is what "
    "training this text again changes on average. This model's own is one of them: text that its "
    "own derivative chose moves it more than the others."
)
_LEAD_FINE_TUNED = (
    "Fine-tuned copies of the trained model: undo unlearns the texts that drive the probe, redo "
    "reinforces those that work against it. N texts, K passes over them."
)
_HEADS_EDITS = (
    "Text",
    "Words",
    "Predicted",
    "Before",
    "Retrained",
    "Change",
    "Mean over trainings",
    "Random sets",
    "WordSim",
)
_HEADS_FINE_TUNED = ("Way", "N", "K", "Before", "After", "Change", "WordSim", "Mean shift")


@dataclass(frozen=True)
class WhatIfTable:
    """A paragraph, and under it a table where there are ``rows``."""

    lead: str
    heads: tuple[str, ...] = ()
    rows: Sequence[Sequence[str]] = ()


def with_prediction(
    entry: Content,
    engine: InfluenceEngine | None,
    probe: ResolvedProbe,
    influence: Influence | None,
) -> dict[str, Any]:
    """The entry with the prediction of the reported influence: the sum of its effects.

    ``thinned``: the words of the probe that lose so much of their text that it may err. Entries
    other than retrainings of whole sentences or documents stay unchanged.
    """
    if engine is None or influence is None or entry.get("kind") != "retrained":
        return dict(entry)
    edit = Edit.from_dict(entry["edit"])
    if edit.level == "contexts":
        return dict(entry)
    return {
        **entry,
        "predicted": predict_sum(influence, edit),
        "predicted_by": influence.estimator,
        "thinned": [list(word) for word in thinned_words(engine, probe, edit)],
    }


def history(card: Content) -> list[dict[str, Any]]:
    """The changes to a model since its training, from its card."""
    steps = card.get("history")
    known = steps if isinstance(steps, list) else []
    return [
        {
            "method": str(step.get("method", "unknown")),
            "of": str(step.get("of", "")),
            "about": str(step.get("about", step.get("mode", ""))),
            "content_hash": str(step.get("content_hash", "")),
        }
        for step in known
        if isinstance(step, Mapping)
    ]


def _described(entry: Content) -> str:
    edit = entry["edit"]
    weight = float(edit["weight"])
    done = "removed" if weight == 0 else f"at weight {weight:g}"
    return f"{len(edit['items']):,} {edit['level']} {done}"


def _edit_row(entry: Content) -> list[str]:
    drawn = entry["random_changes"]
    ends = sorted({min(drawn), max(drawn)}) if drawn else []
    predicted, change = entry.get("predicted"), entry["change"]
    before_after = (entry["before"], entry["after"])
    shown = max(decimals(*before_after), decimals(predicted, change, digits=2))
    span = " to ".join(fixed(end, shown, is_signed=True) for end in ends)
    return [
        _described(entry),
        f"{entry['n_tokens']:,} ({percent(entry['n_tokens'] / entry['n_tokens_text'])})",
        fixed(predicted, shown, is_signed=True),
        *(fixed(value, shown) for value in before_after),
        fixed(change, shown, is_signed=True),
        _over_seeds(entry.get("over_seeds")),
        f"{span} ({len(drawn)})" if drawn else "none",
        " to ".join(together(*entry["wordsim353"] or ())) or "–",
    ]


def _over_seeds(found: Content | None) -> str:
    """The mean change over several seeds with its interval; entries kept earlier have none."""
    if not found:
        return "this training"
    mean, low, high = together(found["mean"], found["low"], found["high"], is_signed=True)
    return f"{mean} ({percent(found['level'])} interval {low} to {high}, {found['n']} trainings)"


def _fine_tuned_row(entry: Content) -> list[str]:
    before_after, change = (entry["before"], entry["after"]), entry["change"]
    shown = max(decimals(*before_after), decimals(change, digits=2))
    return [
        str(entry["mode"]).replace("_", "-"),
        f"{entry['top']:,}",
        f"{entry['passes']:,}",
        *(fixed(value, shown) for value in before_after),
        fixed(change, shown, is_signed=True),
        " to ".join(together(*entry["wordsim353"])),
        number(entry["mean_shift"]),
    ]


def _step(step: Content) -> str:
    about = f" ({step['about']})" if step["about"] else ""
    origin = f" of {step['of']}" if step["of"] else ""
    return f"{step['method']}{about}{origin}, whose hash is {step['content_hash'] or 'unknown'}"


def what_if_tables(content: Content) -> list[WhatIfTable]:
    """The tables of what was tried, then notes on how; a sentence where nothing was tried."""
    entries: Sequence[Content] = content.get("what_if") or ()
    edits = [_edit_row(entry) for entry in entries if entry["kind"] == "retrained"]
    fine_tuned = [_fine_tuned_row(entry) for entry in entries if entry["kind"] == "repaired"]
    tables = []
    if edits:
        tables.append(WhatIfTable(_LEAD_EDITS, _HEADS_EDITS, edits))
    if fine_tuned:
        tables.append(WhatIfTable(_LEAD_FINE_TUNED, _HEADS_FINE_TUNED, fine_tuned))
    notes = [WhatIfTable(note) for note in _notes(content)]
    return [*(tables or [WhatIfTable(_NOTHING)]), *notes]


def _notes(content: Content) -> list[str]:
    """How the retrainings were made, and the model's own history."""
    entries = content.get("what_if") or ()
    notes = []
    estimators = sorted({e["predicted_by"] for e in entries if e.get("predicted_by")})
    if estimators:
        notes.append(f"Predicted by the effects added up ({', '.join(estimators)}).")
    notes += [
        f"{_described(entry)}: this {thinned(entry['thinned'], float(entry['edit']['weight']))}. A"
        " prediction is for small edits and may err here, even in its sign."
        for entry in entries
        if entry.get("thinned")
    ]
    if any(e["kind"] == "retrained" and not e["is_coupled"] for e in entries):
        notes.append("Trained by gensim, whose random stream shifts with the text: the changes hold"
                     " seed noise.")  # fmt: skip
    steps = content["model"].get("history") or ()
    if steps:
        notes.append("This model is not as it was trained: " + "; then ".join(map(_step, steps)))
    return notes
