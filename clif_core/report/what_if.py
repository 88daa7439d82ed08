"""The section of a report on edited text and mended models: predicted, then what was measured.

``attribution`` quotes what a text is held to do; this section says what happened when it was left
out, beside random text of equal size, and what was done to the vectors since.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit
from clif_core.interventions.predict import predict_sum
from clif_core.report.wording import number, signed

__all__ = ["history", "what_if_markdown", "what_if_section", "with_prediction"]

Content = Mapping[str, Any]
_NOTHING = (
    "No text was edited and trained again for this question when this report was made, so its "
    "attribution has not been checked by retraining here."
)
_LEAD = (
    "Each line is a training of this model again, on the text as edited, with its own settings. "
    "Random sets are of the same size in words; an edit says something where it lies outside them."
)
_MENDED = (
    "Copies of the trained model that took further steps: undo against the texts that drive the "
    "probe, redo on those that work against it. N texts, K passes over them."
)
_EDITS = ("Text", "Words", "Predicted", "Before", "Retrained", "Change", "Random sets", "WordSim")
_MENDS = ("Way", "N", "K", "Before", "After", "Change", "WordSim", "Mean shift")


def with_prediction(entry: Content, influence: Influence | None) -> dict[str, Any]:
    """A retraining with what the reported influence predicts of it: its effects added up."""
    if influence is None or entry.get("kind") != "retrained":
        return dict(entry)
    edit = Edit.from_dict(entry["edit"])
    if edit.level == "contexts":
        return dict(entry)
    predicted = predict_sum(influence, edit)
    return {**entry, "predicted": predicted, "predicted_by": influence.estimator}


def history(card: Content) -> list[dict[str, Any]]:
    """What a model's card says was done to it since its training, in plain steps."""
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
    ends = dict.fromkeys((min(drawn), max(drawn))) if drawn else ()  # one set has one
    span = f"{' to '.join(map(signed, ends))} ({len(drawn)})" if drawn else "none"
    predicted = entry.get("predicted")
    return [
        _described(entry),
        f"{entry['n_tokens']:,} ({number(100 * entry['n_tokens'] / entry['n_tokens_text'])} %)",
        "–" if predicted is None else signed(predicted, 3),
        number(entry["before"], 3),
        number(entry["after"], 3),
        "–" if entry["change"] is None else signed(entry["change"], 3),
        span,
        " to ".join(number(value, 3) for value in entry["wordsim353"]),
    ]


def _mend_row(entry: Content) -> list[str]:
    return [
        str(entry["mode"]).replace("_", "-"),
        f"{entry['top']:,}",
        f"{entry['passes']:,}",
        number(entry["before"], 3),
        number(entry["after"], 3),
        "–" if entry["change"] is None else signed(entry["change"], 3),
        " to ".join(number(value, 3) for value in entry["wordsim353"]),
        number(entry["mean_shift"]),
    ]


def _step(step: Content) -> str:
    about = f" ({step['about']})" if step["about"] else ""
    origin = f" of {step['of']}" if step["of"] else ""
    return f"{step['method']}{about}{origin}, whose hash is {step['content_hash'] or 'unknown'}"


def _tables(content: Content) -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
    """(lead, heads, rows) of the tables that there are."""
    entries: Sequence[Content] = content.get("what_if") or ()
    edits = [_edit_row(entry) for entry in entries if entry["kind"] == "retrained"]
    mends = [_mend_row(entry) for entry in entries if entry["kind"] == "repaired"]
    tables: list[tuple[str, tuple[str, ...], list[list[str]]]] = []
    if edits:
        tables.append((_LEAD, _EDITS, edits))
    if mends:
        tables.append((_MENDED, _MENDS, mends))
    return tables


def _notes(content: Content) -> list[str]:
    """How the retrainings were made, and the model's own history."""
    entries = content.get("what_if") or ()
    notes = []
    estimators = sorted({e["predicted_by"] for e in entries if e.get("predicted_by")})
    if estimators:
        notes.append(f"Predicted by the effects added up ({', '.join(estimators)}).")
    if any(e["kind"] == "retrained" and not e["is_coupled"] for e in entries):
        notes.append("Trained by gensim, whose random stream shifts with the text: the changes hold"
                     " seed noise.")  # fmt: skip
    steps = content["model"].get("history") or ()
    if steps:
        notes.append("This model is not as it was trained: " + "; then ".join(map(_step, steps)))
    return notes


def what_if_section(content: Content) -> str:
    """The section's HTML."""
    parts = []
    for lead, heads, rows in _tables(content):
        head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        parts.append(
            f"<p>{html.escape(lead)}</p><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )
    if not parts:
        parts.append(f"<p>{html.escape(_NOTHING)}</p>")
    return "".join([*parts, *(f"<p>{html.escape(note)}</p>" for note in _notes(content))])


def what_if_markdown(content: Content) -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
    """(text, heads, rows) in their order; a text alone has neither heads nor rows."""
    tables = _tables(content) or [(_NOTHING, (), [])]
    return [*tables, *((note, (), []) for note in _notes(content))]
