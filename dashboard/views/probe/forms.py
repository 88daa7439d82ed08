"""Writing a probe: the shipped ones to start from, a form a kind, and the probe as a file.

A form shows the probe of the selection and changes it only when all is well: what a person typed
stays in the fields while a message says what is wrong with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial

import streamlit as st

from clif_core.errors import ClifError
from clif_core.probes import (
    QUANTITIES,
    CatalogueProbe,
    ClusterMembership,
    Probe,
    Similarity,
    Weat,
    catalogue,
    parse_probe,
)
from clif_core.probes.registry import FORMAT_VERSION
from clif_core.sgns.model import Vocabulary
from dashboard import state
from dashboard.data.questions import n_missing
from dashboard.views.probe.family_form import FAMILIES, draw_family_form
from dashboard.views.probe.formula_form import draw_formula_form, show_formula_problem
from dashboard.widgets.notice import show_problem
from dashboard.wording import say

__all__ = [
    "KINDS_WITH_A_FORM",
    "draw_catalogue",
    "draw_file",
    "draw_form",
    "split_words",
]

KINDS_WITH_A_FORM = (
    "weat",
    "similarity",
    "cluster_membership",
    "formula",
)  # with a form of their own
_MORE = "more"  # all others
_MOSTLY = 0.6  # a probe with fewer of its words in the model is marked
_OWN = "own"


def split_words(text: str) -> tuple[str, ...]:
    """The words of a text area: parted by commas, semicolons or any space."""
    return tuple(word for word in re.split(r"[\s,;]+", text) if word)


def draw_catalogue(current: Probe | None, vocabulary: Vocabulary) -> None:
    """The shipped probes, those that this model can answer first."""
    entries = {entry.probe.name: entry for entry in _ordered(vocabulary)}
    key = current.key if current is not None else ""
    name = next((n for n, entry in entries.items() if entry.probe.key == key), None)
    if name is None and isinstance(current, Weat):  # the same words, asked another way
        name = next((n for n, e in entries.items() if e.probe.words == current.words), None)
    options = list(entries) if name or current is None else [_OWN, *entries]
    chosen = name or (None if current is None else _OWN)

    def pick() -> None:
        picked = st.session_state["probe_catalogue"]
        if picked in entries:
            state.update(probe=entries[picked].probe.to_dict(), document=None, sentence=None)

    st.selectbox(
        say("probe.catalogue"),
        options,
        index=None if chosen is None else 0,
        key=state.control("probe_catalogue", chosen),
        format_func=lambda n: say("probe.own") if n == _OWN else _label(entries[n], vocabulary),
        on_change=pick,
        placeholder=say("probe.pick"),
        help=say("probe.catalogue_help"),
    )
    if name:
        entry = entries[name]
        st.caption(say("probe.source", description=entry.description, source=entry.source.name))


def _ordered(vocabulary: Vocabulary) -> list[CatalogueProbe]:
    entries = catalogue()
    own_last = sorted(entries, key=lambda e: e.source.name != "CLIF Dashboard")
    return sorted(own_last, key=lambda e: _is_mostly_missing(e.probe, vocabulary))


def _is_mostly_missing(probe: Probe, vocabulary: Vocabulary) -> bool:
    return n_missing(probe, vocabulary) > (1 - _MOSTLY) * len(probe.words)


def _label(entry: CatalogueProbe, vocabulary: Vocabulary) -> str:
    missing, total = n_missing(entry.probe, vocabulary), len(entry.probe.words)
    if not missing:
        return entry.title
    key = "probe.mostly_missing" if _is_mostly_missing(entry.probe, vocabulary) else "probe.missing"
    return say(key, title=entry.title, missing=missing, total=total)


def draw_form(current: Probe | None, vocabulary: Vocabulary) -> None:
    """The form of the probe's kind, or of the kind that is picked."""
    kind = _kind_of(current)
    tag = current.key if current is not None else "new"
    picked = st.segmented_control(
        say("probe.kind"),
        (*KINDS_WITH_A_FORM, _MORE),
        default=kind if kind in KINDS_WITH_A_FORM else _MORE,
        key=f"probe_kind_{tag}",
        format_func=lambda name: say(f"probe.kind_{name}"),
        required=True,
        help=say("probe.kind_help"),
    )
    if picked == _MORE:
        picked = st.selectbox(
            say("probe.family"),
            FAMILIES,
            FAMILIES.index(kind) if kind in FAMILIES else 0,
            key=f"probe_family_{tag}",
            format_func=lambda name: say(f"family.{name}"),
            label_visibility="collapsed",
        )
    forms: dict[str, Callable[[Probe | None, str], Callable[[], Probe]]] = {
        "weat": _weat_form,
        "similarity": _similarity_form,
        "cluster_membership": _cluster_form,
        "formula": draw_formula_form,
        **{name: partial(draw_family_form, name) for name in FAMILIES},
    }
    complaint = st.container()  # above the fields, where it is seen
    with st.form(f"probe_form_{tag}_{picked}", border=False):
        build = forms[picked](current, tag)
        is_sent = st.form_submit_button(say("probe.measure"), icon=":material/straighten:")
    if is_sent:
        with complaint:
            _apply(build, vocabulary)


def _kind_of(current: Probe | None) -> str:
    kind = current.kind if current is not None else ""
    return kind if kind in (*KINDS_WITH_A_FORM, *FAMILIES) else KINDS_WITH_A_FORM[0]


def _apply(build: Callable[[], Probe], vocabulary: Vocabulary) -> None:
    try:
        probe = build()
        probe.resolve(vocabulary)
    except ClifError as error:
        show_formula_problem(str(error), say("probe.not_measured"))
        return
    state.update(probe=probe.to_dict(), document=None, sentence=None)
    st.rerun()


def _weat_form(current: Probe | None, tag: str) -> Callable[[], Probe]:
    old = current if isinstance(current, Weat) else None
    labels, words = {}, {}
    for pair in (("x", "y"), ("a", "b")):
        for column, side in zip(st.columns(2), pair, strict=True):
            role = "targets" if side in "xy" else "attributes"
            with column:
                labels[side] = st.text_input(
                    say(f"probe.label_{side}"),
                    getattr(old, f"label_{side}", side.upper()),
                    key=f"probe_label_{side}_{tag}",
                    max_chars=60,
                    help=say(f"probe.label_{side}_help"),
                )
                words[side] = st.text_area(
                    say("probe.words_of", side=side.upper()),
                    ", ".join(getattr(old, f"{role}_{side}", ())),
                    key=f"probe_words_{side}_{tag}",
                    height=104,
                    max_chars=20_000,
                    label_visibility="collapsed",
                    placeholder=say("probe.words_placeholder"),
                )
    quantity = st.radio(
        say("probe.quantity"),
        QUANTITIES[:2],
        index=1 if old is not None and old.quantity == "effect_size" else 0,
        key=f"probe_quantity_{tag}",
        format_func=lambda name: say(f"probe.quantity_{name}"),
        horizontal=True,
        help=say("probe.quantity_help"),
    )

    def build() -> Probe:
        label = {side: text.strip() or side.upper() for side, text in labels.items()}
        sets = {side: split_words(text) for side, text in words.items()}
        is_same = old is not None and words_of(old) == tuple(sets.values())
        name = old.name if old is not None and is_same else _weat_name(label)
        return Weat(
            name, sets["x"], sets["y"], sets["a"], sets["b"],
            label["x"], label["y"], label["a"], label["b"], quantity,
        )  # fmt: skip

    return build


def words_of(probe: Weat) -> tuple[tuple[str, ...], ...]:
    """The four sets of a WEAT, in the order X, Y, A, B."""
    return probe.targets_x, probe.targets_y, probe.attributes_a, probe.attributes_b


def _weat_name(label: dict[str, str]) -> str:
    return f"{label['x']} and {label['y']}, {label['a']} and {label['b']}"


def _similarity_form(current: Probe | None, tag: str) -> Callable[[], Probe]:
    old = current if isinstance(current, Similarity) else None
    first, second = st.columns(2)
    word_1 = first.text_input(
        say("probe.first"), getattr(old, "word_1", ""), key=f"probe_first_{tag}", max_chars=100
    )
    word_2 = second.text_input(
        say("probe.second"), getattr(old, "word_2", ""), key=f"probe_second_{tag}", max_chars=100
    )
    return lambda: Similarity(word_1, word_2)


def _cluster_form(current: Probe | None, tag: str) -> Callable[[], Probe]:
    old = current if isinstance(current, ClusterMembership) else None
    word = st.text_input(
        say("probe.cluster_word"), getattr(old, "word", ""), key=f"probe_word_{tag}", max_chars=100
    )
    texts, labels = {}, {}
    for column, side in zip(st.columns(2), ("own", "other"), strict=True):
        with column:
            labels[side] = st.text_input(
                say(f"probe.cluster_{side}"),
                getattr(old, f"label_{side}", say(f"probe.cluster_{side}_label")),
                key=f"probe_label_{side}_{tag}",
                max_chars=60,
            )
            texts[side] = st.text_area(
                say("probe.words_of", side=side),
                ", ".join(getattr(old, side, ())),
                key=f"probe_words_{side}_{tag}",
                height=140,
                max_chars=20_000,
                label_visibility="collapsed",
                placeholder=say("probe.words_placeholder"),
            )
    return lambda: ClusterMembership(
        word, split_words(texts["own"]), split_words(texts["other"]), labels["own"], labels["other"]
    )


def draw_file(current: Probe | None) -> None:
    """The probe as a file to keep, and one to open."""
    if current is not None:
        st.download_button(
            say("probe.save"),
            probe_file(current),
            f"{re.sub(r'[^a-z0-9]+', '-', current.name.lower()).strip('-') or 'probe'}.json",
            "application/json",
            key="probe_save",
            on_click="ignore",
            icon=":material/download:",
        )
    upload = st.file_uploader(say("probe.load"), type="json", key="probe_load")
    if upload is None or st.session_state.get("probe_loaded") == upload.file_id:
        return
    st.session_state["probe_loaded"] = upload.file_id
    try:
        probe = parse_probe(upload.getvalue(), upload.name)
    except ClifError as error:
        show_problem(str(error))
        return
    state.update(probe=probe.to_dict(), document=None, sentence=None)
    st.rerun()


def probe_file(probe: Probe) -> str:
    """The content of a probe file, as ``probes.save_probe`` writes it."""
    content = {"format": "clif-probe", "format_version": FORMAT_VERSION, "title": probe.name}
    content |= {"description": "", "probe": probe.to_dict()}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
