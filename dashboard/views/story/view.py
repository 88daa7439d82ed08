"""Story: one model's finding in seven steps for a first look, each an idea and a picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.errors import CapabilityError, ProbeError
from clif_core.measurement.probe_report import ProbeReport
from clif_core.sgns.bundle import Bundle
from clif_core.text.filters import metadata_columns
from dashboard import state
from dashboard.charts.influence import strongest_both_ways
from dashboard.charts.probe import association_figure
from dashboard.charts.story import curve_figure, near_figure, places_figure
from dashboard.data import attribution, background, models, word_geometry
from dashboard.data.scripts import Script, script_of
from dashboard.data.story import N_STEPS, answer_of, curves
from dashboard.views.story.frame import Frame
from dashboard.widgets import navigation
from dashboard.widgets.bars import effect_bars
from dashboard.widgets.notice import guard, show_empty
from dashboard.widgets.offer import draw_missing
from dashboard.widgets.sentence_card import card_html, make_card, sure_line
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["show"]

_CLOUD = 4_000  # words of the map's grey cloud
_NAMED = 5  # words of each attribute set that the map names
_CUT = 100  # sentences that the sixth step leaves out
_BARS = 6  # each way
_OF_TEXT = {4: "sentences", 5: "places", 6: "without"}  # steps that quote or sum up sentences
_RARE = 20  # a word that occurs no more often is named as rare


def show() -> None:
    """Draw the view."""
    bundle = models.selected_bundle()
    try:
        script = script_of(bundle)
    except ProbeError as error:
        show_empty(say("story.none_title"), say("story.none", reason=str(error)))
        return
    step = min(max(state.current().step, 1), N_STEPS)
    background.prepare(bundle.model, attribution.resolve(script.probe, bundle.model))
    with st.container(key="story"):
        left, right = st.columns([5, 7], gap="large")
        frame = Frame(step, left, right)
        with guard():
            try:
                _STEPS[step - 1](frame, script, bundle)
            except CapabilityError as error:  # only the steps of _OF_TEXT raise it
                frame.tell(say(f"story.{_OF_TEXT[step]}_title"), say("story.no_text"))
                with right:
                    draw_missing(error, "story")
        with left:
            _draw_steps(step, script)


def _draw_steps(step: int, script: Script) -> None:
    # Other views open on the story's probe, unless the person has chosen one.
    probe = state.current().probe or script.probe.to_dict()
    with st.container(horizontal=True, vertical_alignment="center", key="story_steps"):
        st.button(
            say("story.back"),
            key="story_back",
            on_click=state.update,
            kwargs={"step": step - 1, "probe": probe},
            disabled=step == 1,
            shortcut="Left",
        )
        if step < N_STEPS:
            st.button(
                say("story.next"),
                key="story_next",
                type="primary",
                on_click=state.update,
                kwargs={"step": step + 1, "probe": probe},
                shortcut="Right",
            )


def _labels(script: Script) -> dict[str, str]:
    probe = script.probe
    return {"x": probe.label_x, "y": probe.label_y, "a": probe.label_a, "b": probe.label_b}


# --- the seven steps


def _words(frame: Frame, script: Script, bundle: Bundle) -> None:
    near = word_geometry.neighbours(bundle, script.word, 8)
    corpus = str((bundle.card.get("corpus") or {}).get("title") or "")
    n_tokens = int(bundle.model.vocabulary.counts.sum())  # 0 where the counts did not come with it
    frame.tell(
        say("story.words_title"),
        say(
            "story.words_text" if n_tokens else "story.words_text_uncounted",
            corpus=corpus or say("story.a_text"),
            n_tokens=n_tokens,
            n_words=bundle.model.n_words,
        ),
        say("story.words_near", word=script.word, near=", ".join(near["word"].head(3))),
    )
    figure = near_figure(near, current_palette())
    frame.draw(figure, "near", near, say("story.words_alt", word=script.word))


def _map(frame: Frame, script: Script, bundle: Bundle) -> None:
    frame.tell(
        say("story.map_title"), say("story.map_text"), say("story.map_sets", **_labels(script))
    )
    resolved = attribution.resolve(script.probe, bundle.model)
    places, _ = word_geometry.coordinates(bundle, "umap", 2)
    frequent = np.argsort(-bundle.model.vocabulary.counts, kind="stable")[:_CLOUD]
    shown = np.union1d(frequent, resolved.word_ids)
    row_of = {int(word): row for row, word in enumerate(shown)}
    groups = {}
    for at, found in enumerate(resolved.sets):
        members = list(zip(found.ids.tolist(), found.words, strict=True))
        shown_members = members if at < 2 else members[:_NAMED]
        groups[found.label] = [(row_of[int(i)], word) for i, word in shown_members]
    figure = places_figure(places[shown].astype(np.float32), groups, current_palette())
    rows = [
        (label, word, *map(float, places[shown[row]]))
        for label, members in groups.items()
        for row, word in members
    ]
    table = pd.DataFrame(rows, columns=["set", "word", "x", "y"])
    frame.draw(figure, "map", table, say("story.map_alt", n=len(shown)))


def _question(frame: Frame, script: Script, bundle: Bundle) -> None:
    report, _ = attribution.probe_report(script.probe, bundle.model)
    nulls = report.nulls
    figures = [say("story.question_figures", d=phrases.number(report.quantities["effect_size"], 3))]
    said = [phrases.answer(report), phrases.verdict_reason(report.verdict)]
    note = [say("story.question_how", **_labels(script))]
    if nulls is not None:
        spread = phrases.spread(nulls.mean, nulls.std)
        value = phrases.number(report.value, 3)
        figures.append(say("story.question_nulls", value=value, spread=spread))
    said.append(" ".join(figures))
    rare = report.words[report.words["count"].between(1, _RARE)]
    if len(rare):
        named = (f"{word} {count}" for word, count in zip(rare["word"], rare["count"], strict=True))
        note.append(say("story.question_rare", words=", ".join(named)))
    if report.out_of_vocabulary:
        note.append(say("story.question_lost", words=", ".join(report.out_of_vocabulary)))
    frame.tell(say("story.question_title", **_labels(script)), *said)
    words, probe = report.words.dropna(subset=["association"]), script.probe
    figure = association_figure(
        words, (probe.label_x, probe.label_y), (probe.label_a, probe.label_b), current_palette()
    )
    alt = say("probe.words_alt", n=len(words))
    frame.draw(figure, "question", report.words, alt, " ".join(note))


def _sentences(frame: Frame, script: Script, bundle: Bundle) -> None:
    answer = answer_of(script)
    words = phrases.voice(script.probe, answer.influence.probe_value)
    effects = answer.influence.sentence_effects
    of_runs = (
        say("story.sentences_sure", n=answer.n_runs)
        if answer.n_runs
        else say("story.sentences_one_training")
    )
    frame.tell(
        say("story.sentences_title"),
        say("story.sentences_text", n=len(effects), some=int(np.count_nonzero(effects))),
        of_runs,
        say("story.sentences_how", noun=words.noun),
        f"{phrases.REMOVED} {say('story.sentences_warning')}",
    )
    with frame.right:
        for direction, heading in (("lowers", words.raising), ("raises", words.lowering)):
            top = answer.influence.top_sentences(1, direction, by="sure")  # type: ignore[arg-type]
            for sentence in top["sentence"].tolist():
                card = make_card(answer, int(sentence))
                sure = sure_line(answer, int(sentence))
                drawn = card_html(card, answer.influence.probe_value, words, 1, sure=sure)
                headed = '<div class="clif-story-card"><h2 class="clif-{}">{}</h2>{}</div>'
                st.html(Markup(headed).format(phrases.side_of(card.effect), heading, drawn))


def _places(frame: Frame, script: Script, bundle: Bundle) -> None:
    answer = answer_of(script)
    words = phrases.voice(script.probe, answer.influence.probe_value)
    column = script.column if script.column in metadata_columns(answer.corpus) else ""
    table = answer.roll_up(column) if column else answer.documents
    shown = strongest_both_ways(answer.bars(table, column or "title"), "effect", _BARS)
    effects = np.sort(np.abs(answer.influence.sentence_effects))[::-1]
    share = float(effects[:_CUT].sum() / (effects.sum() or 1.0))
    frame.tell(
        say("story.places_title"),
        _places_said(shown, words, answer.n_runs),
        say("story.places_share", n=_CUT, share=phrases.percent(share)),
    )
    figure = effect_bars(
        shown["name"].tolist(),
        shown,
        "effect",
        [phrases.removal(float(e), words.noun) for e in shown["effect"]],
        say("influence.axis", noun=words.noun),
    )
    note = say("story.places_hold", n=answer.n_runs) if answer.n_runs else ""
    frame.draw(figure, "places", table, say("influence.bars_alt"), note)


def _places_said(shown: pd.DataFrame, words: phrases.Voice, n_runs: int) -> str:
    """The works to name: only those whose effect holds, for a work is a claim about the text."""
    if not n_runs:
        return say("story.places_one_training")
    named = shown[shown["holds"]]
    lowering = named[named["effect"] < 0]["name"].tolist()[:2]
    raising = named[named["effect"] > 0]["name"].tolist()[:-3:-1]
    said = [
        say(f"story.places_{side}", noun=words.noun, names=say("story.or").join(found))
        for side, found in (("lowers", lowering), ("raises", raising))
        if found
    ]
    return " ".join([say("story.places_text"), *said]) if said else say(
        "story.places_none", n=n_runs
    )  # fmt: skip


def _without(frame: Frame, script: Script, bundle: Bundle) -> None:
    answer = answer_of(script)
    words = phrases.voice(script.probe, answer.influence.probe_value)
    lowering, random, raising = curves(answer)
    cut = min(_CUT, len(lowering) - 1)
    frame.tell(
        say("story.without_title"),
        say(
            "story.without_text",
            n=cut,
            share=phrases.percent(cut / len(answer.influence.sentence_effects)),
            noun=words.noun,
            value=phrases.fixed(float(lowering[0])),
            after=phrases.fixed(float(lowering[cut])),
            random=phrases.fixed(float(random[cut])),
        ),
        say("story.without_care"),
    )
    names = [say(f"story.curve_{name}") for name in ("raising", "random", "lowering")]
    named = dict(zip(names, (lowering, random, raising), strict=True))
    titles = (say("story.curve_x"), say("story.curve_y", noun=words.noun))
    figure = curve_figure(named, titles, current_palette())
    table = pd.DataFrame({"left_out": np.arange(len(lowering)), **named})
    frame.draw(figure, "without", table, say("story.curve_alt"))
    if navigation.has_view("what_if"):
        with frame.left:
            _draw_way_to("what_if", script, "story.to_what_if")


def _conclusion(frame: Frame, script: Script, bundle: Bundle) -> None:
    report, _ = attribution.probe_report(script.probe, bundle.model)
    title = str(bundle.card.get("title") or bundle.model.name)
    frame.tell(say("story.end_title"), say("story.end_text"))
    may = [say("story.may_found", answer=phrases.answer(report)), say("story.may_read")]
    seeds, labels = _over_seeds(report), _labels(script)
    if report.verdict.kind == "holds":
        may.append(seeds)
    may_not = [
        *([seeds] if report.verdict.kind != "holds" else []),
        say("story.not_meant", title=title),
        say("story.not_other", **labels),
        say("story.not_none"),
        say("story.not_retrained"),
    ]
    with frame.right:
        st.html(_lists_html((say("story.may"), may), (say("story.may_not"), may_not)))
    with frame.left, st.container(horizontal=True, key="story_ways"):
        _draw_way_to("report", script, "story.to_report")
        _draw_way_to("influence", script, "story.to_influence")
        _draw_way_to("probe", script, "story.to_probe")


def _over_seeds(report: ProbeReport) -> str:
    """What the other trainings allow to say, or do not."""
    if report.seeds is None:
        return say("story.not_seeds_one")
    name = "story.may_seeds" if report.verdict.kind == "holds" else "story.not_seeds"
    values = report.seeds.values.values()
    low, high = phrases.number(min(values), 3), phrases.number(max(values), 3)
    n_detecting = sum(training.is_detected for training in report.verdict.trainings)
    return say(name, n=len(values), detecting=n_detecting, low=low, high=high)


def _lists_html(*lists: tuple[str, list[str]]) -> Markup:
    columns = Markup("").join(
        Markup("<div><h2>{}</h2><ul>{}</ul></div>").format(
            title, Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
        )
        for title, items in lists
    )
    return Markup('<div class="clif-story clif-story-lists">{}</div>').format(columns)


def _draw_way_to(view: str, script: Script, key: str) -> None:
    if navigation.has_view(view):
        st.button(
            say(key),
            key=f"story_to_{view}",
            type="primary" if view == "report" else "secondary",
            on_click=navigation.go,
            args=(view,),
            kwargs={"probe": script.probe.to_dict(), "document": None, "sentence": None},
        )


_STEPS: tuple[Callable[[Frame, Script, Bundle], None], ...] = (
    _words,
    _map,
    _question,
    _sentences,
    _places,
    _without,
    _conclusion,
)
