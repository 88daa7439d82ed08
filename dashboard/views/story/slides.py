"""The words and marks of the first three steps and the last; the sentences are in ``strike``.

Each function gives what ``templates/story.html`` shows of one step. Gaps are told with their
larger side positive: ``oriented`` turns the probe's sign where the second group leans more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clif_core import phrases
from dashboard.charts.story import Scale, heap, name_words
from dashboard.data.story import N_STEPS, Tale
from dashboard.views.story import strike
from dashboard.widgets import navigation
from dashboard.widgets.html import render
from dashboard.wording import say

__all__ = ["controls", "slides_html"]

_MANY = 14  # words of a group that are written out
_N_NULLS = 400  # random draws that are drawn
_RARE = 20  # a word that occurs no more often is named as rare


def slides_html(tale: Tale) -> str:
    """All steps of a story as HTML; every value in it is escaped."""
    parts = {
        "corpus": _corpus(tale),
        "question": _question(tale),
        "ask": _ask(tale),
        "gap": _gap(tale),
        "luck": _luck(tale),
        "end": _end(tale),
        **strike.slides(tale),
    }
    return str(render("story.html", **parts))


def _titles(tale: Tale) -> list[str]:
    """What each step is called, for its dot and for screen readers."""
    middle = [say(f"story.{name}_title") for name in ("luck", "which", "strike", "again", "end")]
    return [_question(tale), _gap(tale)["title"], *middle]


def _labels(tale: Tale) -> dict[str, str]:
    probe = tale.probe
    return {"x": probe.label_x, "y": probe.label_y, "a": probe.label_a, "b": probe.label_b}


def _corpus(tale: Tale) -> str:
    told = tale.bundle.card.get("corpus") or {}
    return str(told.get("title") or tale.bundle.card.get("title") or tale.bundle.model.name)


def _question(tale: Tale) -> str:
    labels = _labels(tale)
    return say("story.question", **labels | ({"a": labels["b"]} if tale.value < 0 else {}))


def _ask(tale: Tale) -> dict[str, Any]:
    model = tale.bundle.model
    told = tale.bundle.card.get("corpus") or {}
    # Of all words, as What if has it; else of the model's own, 0 where their counts are unknown.
    n_tokens = int(told.get("n_tokens") or model.vocabulary.counts.sum())
    read = say(
        "story.words_text" if n_tokens else "story.words_text_uncounted",
        n_tokens=n_tokens,
        n_words=model.n_words,
    )
    sides = ("x", "y", "", "")
    groups = [
        {"label": found.label, "words": _listed(found.words), "side": side}
        for found, side in zip(tale.report.resolved.sets, sides, strict=True)
    ]
    return {"said": [f"{read} {say('story.words_near')}"], "groups": groups}


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:_MANY])
    n_more = len(words) - _MANY
    return say("story.words_more", words=shown, n=n_more) if n_more > 0 else shown


def _gap(tale: Tale) -> dict[str, Any]:
    report, labels = tale.report, _labels(tale)
    words = report.words.dropna(subset=["association"])
    scale = Scale.around(words["association"], margin=7.0)
    placed, means = {}, {}
    for side in ("x", "y"):
        of_side = words[words["set"] == labels[side]]
        means[side] = float(of_side["association"].mean())
        places = [scale.at(value) for value in of_side["association"]]
        placed[side] = name_words(list(zip(of_side["word"], places, strict=True)))
    ends = sorted(scale.at(mean) for mean in means.values())
    number = phrases.fixed(strike.oriented(tale, report.quantities["difference"]))
    note = [
        say("story.gap_note", d=phrases.number(abs(report.quantities["effect_size"]), 3), **labels)
    ]
    if report.out_of_vocabulary:
        note.append(say("story.gap_lost", words=", ".join(report.out_of_vocabulary)))
    return {
        "title": say("story.gap_title", value=number),
        "said": [say("story.gap_text", **labels)],
        "alt": say(
            "story.gap_alt",
            mean_x=phrases.fixed(means["x"]),
            mean_y=phrases.fixed(means["y"]),
            **labels,
        ),
        **placed,
        "mean_x": scale.at(means["x"]),
        "mean_y": scale.at(means["y"]),
        "from": ends[0],
        "width": round(ends[1] - ends[0], 2),
        "number": number,
        "turned": "is-left" if means["x"] < means["y"] else "",
        "name_x": labels["x"],
        "name_y": labels["y"],
        "left": say("story.gap_nearer", end=labels["b"]),
        "right": say("story.gap_nearer", end=labels["a"]),
        "note": " ".join(note),
    }


def _luck(tale: Tale) -> dict[str, Any]:
    report = tale.report
    trainings = {seed: strike.oriented(tale, value) for seed, value in tale.trainings.items()}
    own, n = strike.oriented(tale, tale.value), len(trainings)
    nulls: Sequence[float] = []
    if report.nulls is not None:
        drawn = report.nulls.values[np.isfinite(report.nulls.values)]
        nulls = [strike.oriented(tale, float(value)) for value in drawn]
    scale = Scale.around([0.0, *trainings.values(), *nulls[:_N_NULLS]], margin=4.0)
    others = list(trainings.values())
    others.remove(min(others, key=lambda value: abs(value - own)))
    random = report.nulls
    spread = phrases.spread(random.mean, random.std, report.value) if random else "–"
    return {
        "title": say("story.luck_title"),
        "said": [phrases.answer(report), phrases.verdict_reason(report.verdict)],
        "alt": say(
            "story.luck_alt",
            n=n,
            low=phrases.fixed(min(trainings.values())),
            high=phrases.fixed(max(trainings.values())),
            spread=spread,
        ),
        "ours": say("story.luck_ours", n=n) if n > 1 else say("story.luck_ours_1"),
        "theirs": say("story.luck_theirs", n=len(nulls[:_N_NULLS])),
        "trainings": heap((scale.at(value) for value in others), width=1.2),
        "own": {"at": scale.at(own), "lane": 0},
        "nulls": heap(scale.at(value) for value in nulls[:_N_NULLS]),
        "zero": scale.at(0.0),
        "no_gap": say("story.luck_no_gap"),
        "note": " ".join([say("story.luck_note"), *_tested(report.verdict.n_trainings, n)]),
    }


def _tested(n_tested: int, n: int) -> list[str]:
    """How many of the rings were tested, where that is fewer than are drawn."""
    return [say("story.luck_tested", n=n_tested)] if 1 < n_tested < n else []


def _end(tale: Tale) -> dict[str, Any]:
    report, labels = tale.report, _labels(tale)
    does_hold = report.verdict.kind == "holds"
    seeds, measured = _over_seeds(tale), strike.finding(tale)
    may = [
        say("story.may_found", answer=phrases.answer(report)),
        *([seeds] if does_hold else []),
        measured or say("story.may_read"),
    ]
    may_not = [
        *([] if does_hold else [seeds]),
        say("story.not_meant", title=str(tale.bundle.card.get("title") or tale.bundle.model.name)),
        say("story.not_other", **labels),
        say("story.not_unbiased") if measured else say("story.not_retrained"),
    ]
    ways = ("influence", "what_if", "probe")
    return {
        "title": say("story.end_title"),
        "lists": [
            {"kind": "is-may", "title": say("story.may"), "entries": may},
            {"kind": "is-not", "title": say("story.may_not"), "entries": may_not},
        ],
        "ways": [
            {"view": view, "label": say(f"story.to_{view}")}
            for view in ways
            if navigation.has_view(view)
        ],
    }


def _over_seeds(tale: Tale) -> str:
    """What the other trainings allow to say, or do not."""
    report = tale.report
    if report.seeds is None:
        return say("story.not_seeds_one")
    name = "story.may_seeds" if report.verdict.kind == "holds" else "story.not_seeds"
    values = report.seeds.values.values()
    low, high = phrases.together(min(values), max(values))
    n_detecting = sum(training.is_detected for training in report.verdict.trainings)
    return say(name, n=len(values), detecting=n_detecting, low=low, high=high)


def controls(tale: Tale) -> Mapping[str, Any]:
    """The words of the buttons that stand on every step."""
    return {
        "titles": _titles(tale),
        "next": [say(f"story.next_{step}") for step in range(1, N_STEPS + 1)],
        "labels": {name: say(f"story.{name}") for name in ("back", "full", "leave")},
    }
