"""The case of a report: its claim, and each box of evidence, done, open or failed, with the reason.

    claim    what was measured, as far as the verdict allows it to be said
    robust   is it more than chance, and is it there in other trainings (the verdict)
    text     which text does it, and does that hold in every training (the seed ensemble)
    proof    what training again without that text measured, beside random text of the same size
    trust    how well prediction and measurement agree for this very probe

A box is *done* where the evidence is there and supports the claim, *failed* where it is there and
does not, *open* where it is not there. The boxes are read from the content of a report, so that the
page, the report and a stored report say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from clif_core import phrases
from clif_core.measurement.over_runs import HOLDS_RUNS
from clif_core.measurement.verdict import DETECTED
from clif_core.report.sections import BOX_STATES
from clif_core.report.summary import left_out
from clif_core.report.tried import correction

__all__ = ["BOXES", "Box", "BoxName", "BoxState", "boxes", "proof_entry"]

Content = Mapping[str, Any]
BoxName = Literal["claim", "robust", "text", "proof", "trust"]
BoxState = Literal["done", "open", "failed"]
BOXES: tuple[BoxName, ...] = get_args(BoxName)
#: Of a measured change, its prediction may miss by this share and still agree with it.
_MOST_MISSED = 0.5


@dataclass(frozen=True)
class Box:
    """One box: its state, and a sentence or two that say what was found or what is missing.

    ``word``: what its state is called, where "Done" or "Failed" would be read amiss.
    """

    name: BoxName
    state: BoxState
    finding: str
    word: str = ""

    @property
    def told(self) -> str:
        """The state in a word or two."""
        return self.word or BOX_STATES[self.state]


def boxes(content: Content) -> tuple[Box, ...]:
    """The boxes of a report's content, in their order."""
    return (_claim(content), _robust(content), _text(content), _proof(content), _trust(content))


#: The claim is stated in any case; what is done or failed is to detect it.
_DETECTED = {
    "holds": "",
    "this_model_only": "In this model",
    "not_detected": "Not detected",
    "not_testable": "Cannot be tested",
}


def _claim(content: Content) -> Box:
    answer, figures = content["summary"][:2]
    said = " ".join(filter(None, (answer, figures, left_out(content))))
    kind = (content.get("verdict") or {}).get("kind", "holds")  # earlier releases have no verdict
    is_detected = kind in ("holds", "this_model_only")
    return Box("claim", "done" if is_detected else "failed", said, _DETECTED.get(kind, ""))


def _robust(content: Content) -> Box:
    verdict = content.get("verdict")
    if not verdict:  # of an earlier release
        return Box("robust", "open", "This report was made before verdicts were.")
    said = f"{verdict['name']}. {verdict['reason']} {correction(content)}".strip()
    if verdict["kind"] == "this_model_only" and len(verdict["trainings"]) == 1:
        return Box("robust", "open", said)
    p = (content.get("tried") or {}).get("p_corrected")
    is_done = verdict["kind"] == "holds" and (p is None or p < DETECTED)
    return Box("robust", "done" if is_done else "failed", said)


def _text(content: Content) -> Box:
    found = content["attribution"]
    if not found:
        return Box("text", "open", f"Not traced: {content['why_no_attribution']}")
    runs = found.get("runs")
    if not runs:
        return Box("text", "open", f"Traced. {phrases.ONE_RUN}")
    n, n_runs = runs["n_holding"], runs["n_runs"]
    if n_runs < HOLDS_RUNS:
        said = (
            f"{n_runs} trainings of this text are in. From {HOLDS_RUNS} on it is said what holds."
        )
        return Box("text", "open", said)
    if n == 0:
        said = f"No sentence has an effect that holds over {n_runs} trainings of this text."
        return Box("text", "failed", said)
    said = f"The effects of {n:,} of {found['n_sentences']:,} sentences hold over {n_runs}"
    return Box("text", "done", f"{said} trainings of this text, each under another seed.")


# --- proof and trust


def proof_entry(content: Content) -> Content | None:
    """The retraining that proves most: text left out, with random sets and seeds where any has."""
    entries = [entry for entry in _removals(content) if entry["change"] is not None]
    return max(entries, key=_weight_of_proof, default=None)


def _removals(content: Content) -> Sequence[Content]:
    entries = content.get("what_if") or ()
    return [e for e in entries if e["kind"] == "retrained" and float(e["edit"]["weight"]) == 0]


def _weight_of_proof(entry: Content) -> tuple[bool, int, float]:
    n_seeds = (entry.get("over_seeds") or {}).get("n", 1)
    return bool(entry["random_changes"]), n_seeds, abs(entry["change"])


def _proof(content: Content) -> Box:
    entry = proof_entry(content)
    if entry is None:
        said = "The model was not trained again without text that carries this value."
        return Box("proof", "open", said)
    said = _measured(entry)
    if not entry["random_changes"]:
        said += " It was not compared with leaving out random text of the same size."
        return Box("proof", "open", said)
    said += f" Leaving out random text of the same size: {_between(entry['random_changes'])}."
    said += _by_chance(entry)
    said += _measured_elsewhere(entry)
    return Box("proof", "done" if _is_proved(entry) else "failed", said)


def _is_proved(entry: Content) -> bool:
    """The measured change lies outside those of the random sets, its interval on one side of 0.

    Where it was predicted, it also goes the predicted way: to move the probe is no proof of what
    was said of the text.
    """
    seeds = entry.get("over_seeds")
    is_sure = not seeds or seeds["low"] * seeds["high"] > 0
    change, random, predicted = _change(entry), entry["random_changes"], entry.get("predicted")
    is_as_said = predicted is None or predicted * change > 0
    return is_sure and is_as_said and not min(random) <= change <= max(random)


def _change(entry: Content) -> float:
    """The mean change over the seeds where there are several, else that under the model's own."""
    seeds = entry.get("over_seeds")
    return float(seeds["mean"] if seeds else entry["change"])


def _measured(entry: Content) -> str:
    n, level = len(entry["edit"]["items"]), entry["edit"]["level"]
    part = phrases.percent(entry["n_tokens"] / entry["n_tokens_text"])
    before, after = phrases.fixed(entry["before"], 3), phrases.fixed(entry["after"], 3)
    said = f"Trained again without {n:,} {level} ({part} of the words), this model goes from"
    said += f" {before} to {after}."
    seeds = entry.get("over_seeds")
    if not seeds:
        return said
    low, high = (phrases.fixed(seeds[end], 3) for end in ("low", "high"))
    span = f"{phrases.percent(seeds['level'])} interval {low} to {high}"
    said += f" Over {seeds['n']} trainings, this one included, the value changes by"
    return f"{said} {_moved(seeds['mean'])} ({span})."


def _by_chance(entry: Content) -> str:
    """How often chance alone gives such a proof in one training; "" over several seeds.

    Of n + 1 sets of random text, each is as likely as any other to lie farthest to one side.
    """
    if entry.get("over_seeds"):
        return ""
    n = len(entry["random_changes"])
    return (
        f" This is one training and {n} random set{'s' * (n > 1)}: by chance a set lies beyond"
        f" them on one side one time in {n + 1}."
    )


def _measured_elsewhere(entry: Content) -> str:
    """Where and when a retraining was made that came with the model; "" for one of this workspace.

    Begins with a space.
    """
    made = entry.get("made")
    if made is None:
        return ""
    told = [f"on {made['date']}"] if made.get("date") else []
    told += [f"({made['machine']})"] if made.get("machine") else []
    when = f" They were made {' '.join(told)}." if told else ""
    return f" These trainings came with the model and were not repeated here.{when}"


def _between(changes: Sequence[float]) -> str:
    ends = sorted({min(changes), max(changes)})
    return " to ".join(_moved(end) for end in ends)


def _trust(content: Content) -> Box:
    paired = [entry for entry in _removals(content) if _is_paired(entry)]
    pairs = [(entry["predicted"], _change(entry)) for entry in paired]
    if not pairs:
        said = "No prediction for this probe was compared with a training without the text yet."
        return Box("trust", "open", said)
    n_good = sum(abs(guess - change) <= _MOST_MISSED * abs(change) for guess, change in pairs)
    shown = max(paired, key=_weight_of_proof)  # that of the proof, where it has a prediction
    said = f"For this probe: predicted {_moved(shown['predicted'])}, measured"
    said += f" {_moved(_change(shown))} {_in_which(shown)}"
    if len(pairs) > 1:
        said += f"; {n_good} of {len(pairs)} predictions"
        said += f" lie within {phrases.percent(_MOST_MISSED)} of what was measured"
    return Box("trust", "done" if n_good == len(pairs) else "failed", f"{said}.")


def _in_which(entry: Content) -> str:
    """In which trainings the change was measured; a prediction may be of another mean."""
    seeds = entry.get("over_seeds")
    return f"over {seeds['n']} trainings" if seeds else "in this training alone"


def _is_paired(entry: Content) -> bool:
    return entry["change"] is not None and entry.get("predicted") is not None


def _moved(change: float) -> str:
    """A change with its sign, in the decimals of the values beside it."""
    return phrases.fixed(change, is_signed=True)
