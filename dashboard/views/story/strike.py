"""The words and marks of the steps that strike sentences out: 4 which, 5 predicted, 6 measured."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from clif_core import phrases
from clif_core.workspace.shipped_removals import Removal
from dashboard.charts.story import Scale, heap
from dashboard.data import expected, models, retraining
from dashboard.data.story import Struck, Tale, asked_retraining
from dashboard.widgets.sentence_card import make_card
from dashboard.widgets.time_words import on_this_machine, time_left
from dashboard.wording import say

__all__ = ["finding", "oriented", "slides"]

_N_CARDS, _N_WALL = 3, 97
_SHORT, _LONG = 170, 150  # characters: of a card that a room can read; of a line in the wall
_MOST = 0.6  # of the gap gone: the sentences carry most of it


def oriented(tale: Tale, value: float) -> float:
    """A value of the probe as a gap whose larger side is positive."""
    return -value if tale.value < 0 else value


def slides(tale: Tale) -> dict[str, Any]:
    """These steps, or what stands in for them where the text is not here."""
    if tale.struck is None:
        return {"struck": None, "missing": _missing(tale)}
    return {
        "struck": _struck(tale, tale.struck),
        "again": _again(tale, tale.struck),
        "gaps": _gaps(tale, tale.struck),
    }


def _missing(tale: Tale) -> dict[str, Any]:
    name = tale.bundle.model.name
    entry = models.catalogue_entry(name)
    is_fetchable = entry is not None and entry.kind == "sample" and not entry.has_corpus
    way = "fetch" if is_fetchable else "model"
    titles = {"4": "which", "5": "strike", "6": "again"}
    return {
        "steps": [{"at": at, "title": say(f"story.{key}_title")} for at, key in titles.items()],
        "said": say("story.missing"),
        "why": tale.missing,
        "ask": way,
        "label": say(f"story.missing_{way}"),
        "busy": say("story.missing_fetching") if is_fetchable else "",
    }


def finding(tale: Tale) -> str:
    """What the retraining allows to say; empty where nothing was measured."""
    found, struck = tale.measured, tale.struck
    if found is None or struck is None or not found.random:
        return ""
    before, after = _mean(tale, found.before), _mean(tale, found.after)
    key = "may_without" if abs(after) <= (1 - _MOST) * before else "may_without_less"
    others = "" if len(found.seeds) == 1 else say(
        "story.may_others",
        n=len(found.seeds) - 1,
        before=phrases.fixed(_mean(tale, found.before[1:])),
        after=phrases.fixed(_mean(tale, found.after[1:])),
    )  # fmt: skip
    return say(
        f"story.{key}",
        k=len(struck.order),
        share=phrases.percent(struck.n_tokens / found.n_tokens_text),
        own=phrases.fixed(oriented(tale, found.before[0])),
        own_after=phrases.fixed(oriented(tale, found.after[0])),
        others=others,
        random=phrases.fixed(_mean(tale, found.random)),
    )


# --- 4 and 5: the sentences


def _struck(tale: Tale, struck: Struck) -> dict[str, Any]:
    corpus = struck.answer.corpus
    texts = {sentence: _one_line(corpus.sentence_text(sentence)) for sentence in struck.order}
    short = [sentence for sentence in struck.order if len(texts[sentence]) <= _SHORT]
    # The strongest that a room can read; where all are long, the strongest.
    shown = (short + [s for s in struck.order if s not in short])[:_N_CARDS]
    cards = [make_card(struck.answer, sentence) for sentence in shown]
    wall = [texts[sentence] for sentence in struck.order if sentence not in shown][:_N_WALL]
    return {
        "label": say("story.which_label"),
        "which": say("story.which_title"),
        "strike": say("story.strike_title"),
        "said": [_chosen(struck)],
        "predicted": _predicted(tale, struck),
        "cards": [{"text": card.excerpt, "source": card.title} for card in cards],
        "wall": [text if len(text) <= _LONG else f"{text[:_LONG].rstrip()} …" for text in wall],
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _chosen(struck: Struck) -> str:
    k, influence = len(struck.order), struck.answer.influence
    n_documents = struck.answer.corpus.sentences["document"].iloc[list(struck.order)].nunique()
    where = say("story.documents", n=n_documents) if n_documents > 1 else say("story.document")
    if struck.answer.question == "text" and influence.runs is not None:
        key = "which_holds" if struck.n_holding == k else "which_some_hold"
        values = {"n": influence.runs.n_runs, "k": k, "holding": struck.n_holding}
    else:
        key = "which_one_training" if struck.answer.question == "model" else "which_quick"
        values = {}
    said = say("story.which_text", n=len(influence.sentence_effects), k=k)
    return f"{said} {say(f'story.{key}', documents=where, **values)}"


def _predicted(tale: Tale, struck: Struck) -> list[str]:
    def told(value: float) -> str:
        return phrases.fixed(oriented(tale, value))

    share = phrases.percent(struck.n_tokens / struck.answer.corpus.n_tokens)
    said = say("story.strike_text", share=share, before=told(tale.value), after=told(struck.after))
    if struck.of_text is None:
        return [said, say("story.strike_no_interval", random=told(struck.random))]
    of_text = struck.of_text
    low, high = sorted(-oriented(tale, end) for end in (of_text.low, of_text.high))
    return [
        said,
        say(
            "story.strike_interval",
            n=of_text.n_runs,
            change=phrases.fixed(-oriented(tale, of_text.change)),
            low=phrases.fixed(low),
            high=phrases.fixed(high),
            random=told(struck.random),
        ),
    ]


# --- 6: trained again


def _again(tale: Tale, struck: Struck) -> dict[str, Any]:
    told = {"title": say("story.again_title"), "rows": [], "said": [], "ask": "", "note": ""}
    return told | (_open(tale) if tale.measured is None else _ledger(tale, struck, tale.measured))


def _ledger(tale: Tale, struck: Struck, found: Removal) -> dict[str, Any]:
    """A table of what was measured: this training, and the mean of the others with its range."""
    n, k = len(found.seeds), len(struck.order)
    runs = struck.answer.influence.runs if struck.answer.question == "text" else None
    without = say("story.again_without", k=k) if runs is None else say(
        "story.again_without_text", k=k, n=runs.n_runs
    )  # fmt: skip
    rows = [
        _row(tale, "whole", say("story.again_whole"), found.before),
        _row(tale, "without", without, found.after),
    ]
    notes = [] if runs is None else [say("story.again_note", k=k, n=runs.n_runs)]
    if found.random:
        mean = _mean(tale, found.random)
        rows.append(_row(tale, "random", say("story.again_random"), (oriented(tale, mean),)))
        notes.append(say("story.again_note_random", n=len(found.random)))
    other = tale.of_this_training
    if runs is not None and other is not None:
        label = say("story.again_without_model", k=len(other.edit.items))
        rows.append(_row(tale, "model", label, other.after))
        key = "again_note_model" if len(other.seeds) > 1 else "again_note_model_1"
        notes.append(say(f"story.{key}"))
    return {
        "said": [say("story.again_measured", n=n) if n > 1 else say("story.again_measured_1")],
        "head": say("story.again_head"),
        "head_own": say("story.again_own"),
        "head_others": ""
        if n == 1
        else say("story.again_others_1")
        if n == 2
        else say("story.again_others", n=n - 1),
        "rows": rows,
        "note": " ".join(notes),
    }


def _row(tale: Tale, kind: str, name: str, values: Sequence[float]) -> dict[str, str]:
    others = [oriented(tale, value) for value in values[1:]]
    spread = ""
    if len(others) > 1:
        low, high = phrases.fixed(min(others)), phrases.fixed(max(others))
        spread = say("story.again_range", low=low, high=high)
    return {
        "kind": kind,
        "name": name,
        "own": phrases.fixed(oriented(tale, values[0])),
        "others": phrases.fixed(fmean(others)) if others else "",
        "range": spread,
    }


def _open(tale: Tale) -> dict[str, Any]:
    """Nothing was measured yet: why, how far it is, or how long it would take."""
    model, asked = tale.bundle.model, asked_retraining(tale)
    problem = retraining.why_not_retrained(model, asked.edit)
    if problem:
        return {"said": [problem]}
    found = tale.retraining
    jobs = [] if found is None else [job for job in found.jobs if job is not None]
    running = next((job for job in jobs if not job.is_finished), None)
    if running is not None:
        is_waiting = running.state == "waiting"
        said = (
            say("story.again_waiting")
            if is_waiting
            else say("story.again_running", message=running.message)
        )
        return {
            "said": [said, time_left(running)],
            "ask": "stop",
            "ask_label": say("story.again_stop"),
        }
    failed = next((job for job in jobs if job.state == "failed"), None)
    trouble = "" if failed is None else say("story.again_failed", error=failed.error)
    time = on_this_machine(expected.of_retraining(model, asked))
    return {
        "said": [say("story.again_open", n=asked.n_trainings, time=time), trouble],
        "ask": "measure",
        "ask_label": say("story.again_measure"),
    }


# --- the gap, from step 4 to step 6


def _gaps(tale: Tale, struck: Struck) -> dict[str, Any]:
    found, own = tale.measured, oriented(tale, tale.value)
    predicted, chance = oriented(tale, struck.after), oriented(tale, struck.random)
    after = predicted if found is None else oriented(tale, found.after[0])
    is_random = found is not None and bool(found.random)
    random = _mean(tale, found.random) if found is not None and is_random else chance
    runs = _Runs(tale, found)
    scale = Scale.around([0.0, own, predicted, after, *runs.all], margin=9.0)

    def column(kind: str, steps: tuple[float, float, float], dots: list[float]) -> dict[str, Any]:
        heights = (round(scale.at(value) - scale.at(0.0), 2) for value in steps)
        marks = [{"at": mark.at, "lane": mark.lane} for mark in heap(map(scale.at, dots), 2.2)]
        name = say(f"story.gaps_{kind}", k=len(struck.order))
        return {"kind": kind, "name": name, "dots": marks, "numbers": [], "groups": (),
                **dict(zip(("v4", "v5", "v6"), heights, strict=True))}  # fmt: skip

    whole = column("whole", (own, own, own), runs.before)
    without = column("without", (own, predicted, after), runs.after)
    at_random = column("random", (own, chance, random), runs.random)
    labels = (tale.probe.label_x, tale.probe.label_y)
    whole["groups"] = labels[::-1] if tale.value < 0 else labels
    whole["numbers"] = [_number("this", own, "4 5 6")]
    without["numbers"] = [
        _number("predicted", predicted, "5" if found else "5 6"),
        *([_number("measured", after, "6")] if found else []),
    ]
    at_random["numbers"] = [
        _number("predicted", chance, "5" if is_random else "5 6"),
        *([_number("measured", random, "6")] if is_random else []),
    ]
    measured = say("story.gaps_measured", value=phrases.fixed(after)) if found else ""
    return {
        "alt": say(
            "story.gaps_alt",
            before=phrases.fixed(own),
            after=phrases.fixed(predicted),
            measured=measured,
            random=phrases.fixed(random),
        ),
        "zero": scale.at(0.0),
        "turned": tale.value < 0,
        "ground": say("story.gaps_ground"),
        "columns": [whole, without, at_random],
    }


class _Runs:
    """The gap in each training, for the dots beside the columns."""

    def __init__(self, tale: Tale, found: Removal | None) -> None:
        def turned(values: Sequence[float]) -> list[float]:
            return [oriented(tale, value) for value in values]

        self.before = turned(found.before) if found else []
        self.after = turned(found.after) if found else []
        self.random = turned(found.random) if found else []

    @property
    def all(self) -> list[float]:
        return [*self.before, *self.after, *self.random]


def _number(kind: str, value: float, steps: str) -> dict[str, str]:
    what = say(f"story.number_{kind}")
    return {"kind": kind, "text": phrases.fixed(value), "what": what, "steps": steps}


def _mean(tale: Tale, values: Sequence[float]) -> float:
    return fmean(oriented(tale, value) for value in values)
