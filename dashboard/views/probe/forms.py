"""Writing a probe: one form for each kind.

A form shows the selected probe and changes the selection only to a valid probe. Otherwise a message
says what is wrong, and the fields stay as typed. Its words are looked up while one types.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from clif_core.errors import ClifError
from clif_core.probes import (
    QUANTITIES,
    ClusterMembership,
    Probe,
    Similarity,
    Weat,
    split_words,
)
from clif_core.sgns.model import Vocabulary
from dashboard import state
from dashboard.views.probe.family_form import FAMILIES, draw_family_form, label_written
from dashboard.views.probe.formula_form import draw_formula_form, show_formula_problem
from dashboard.widgets.escape import markdown
from dashboard.widgets.word_field import draw_live_typing, draw_word_field, draw_words_field
from dashboard.wording import say

__all__ = [
    "KINDS_WITH_A_FORM",
    "draw_form",
    "was_measured",
]

_MEASURED = "probe_measured"

#: Kinds with a form of their own; ``family_form`` serves the others.
KINDS_WITH_A_FORM = ("weat", "similarity", "cluster_membership", "formula")
_MORE = "more"  # the choice of all others


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
    _draw_fields(picked, current, tag, vocabulary)


@st.fragment
def _draw_fields(kind: str, current: Probe | None, tag: str, vocabulary: Vocabulary) -> None:
    """The fields and their button; what is typed draws them again, not the rest of the view."""
    forms: dict[str, Callable[[Probe | None, str, Vocabulary], Callable[[], Probe]]] = {
        "weat": _weat_form,
        "similarity": _similarity_form,
        "cluster_membership": _cluster_form,
        "formula": draw_formula_form,
        **{name: partial(draw_family_form, name) for name in FAMILIES},
    }
    problem = st.container()  # above the fields, where people see it
    draw_live_typing()
    build = forms[kind](current, tag, vocabulary)
    if st.button(
        say("probe.measure"), key=f"probe_measure_{kind}_{tag}", icon=":material/straighten:"
    ):
        with problem:
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
    st.session_state[_MEASURED] = True
    st.rerun()


def was_measured() -> bool:
    """Whether this run answers a press on Measure; once for each."""
    return bool(st.session_state.pop(_MEASURED, False))


def _weat_form(current: Probe | None, tag: str, vocabulary: Vocabulary) -> Callable[[], Probe]:
    old = current if isinstance(current, Weat) else None
    labels, words = {}, {}
    for pair in (("x", "y"), ("a", "b")):
        for column, side in zip(st.columns(2), pair, strict=True):
            role = "targets" if side in "xy" else "attributes"
            with column:
                labels[side] = st.text_input(
                    say(f"probe.label_{side}"),
                    label_written(old, f"label_{side}"),
                    key=f"probe_label_{side}_{tag}",
                    max_chars=60,
                    placeholder=say("probe.label_from_words"),
                    help=say(f"probe.label_{side}_help"),
                )
                words[side] = draw_words_field(
                    say("probe.words_of", side=side.upper()),
                    getattr(old, f"{role}_{side}", ()),
                    vocabulary,
                    key=f"probe_words_{side}_{tag}",
                    height=104,
                    label_visibility="collapsed",
                    placeholder=say("probe.words_placeholder"),
                )
                if old is not None:
                    _ask_for_name(old, side, labels[side], words[side])
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
        sets = {side: split_words(text, has_repeats=True) for side, text in words.items()}
        is_same = old is not None and words_of(old) == tuple(sets.values())
        name = old.name if old is not None and is_same else _weat_name(label)
        return Weat(
            name, sets["x"], sets["y"], sets["a"], sets["b"],
            label["x"], label["y"], label["a"], label["b"], quantity,
        )  # fmt: skip

    return build


def _ask_for_name(old: Weat, side: str, label: str, text: str) -> None:
    """Ask whether a set is still called so, whose words were all replaced: claims use its name."""
    is_kept = label.strip() != "" and label == label_written(old, f"label_{side}")
    before = words_of(old)["xyab".index(side)]
    written = set(split_words(text))
    if is_kept and written and written.isdisjoint(before):
        st.caption(markdown(say("probe.label_kept", label=label)))


def words_of(probe: Weat) -> tuple[tuple[str, ...], ...]:
    """The four sets of a WEAT, in the order X, Y, A, B."""
    return probe.targets_x, probe.targets_y, probe.attributes_a, probe.attributes_b


def _weat_name(label: dict[str, str]) -> str:
    return f"{label['x']} and {label['y']}, {label['a']} and {label['b']}"


def _similarity_form(
    current: Probe | None, tag: str, vocabulary: Vocabulary
) -> Callable[[], Probe]:
    old = current if isinstance(current, Similarity) else None
    first, second = st.columns(2)
    texts = []
    for column, at, side in ((first, 1, "first"), (second, 2, "second")):
        word = getattr(old, f"word_{at}", "")
        with column:
            key = f"probe_{side}_{tag}"
            texts.append(draw_word_field(say(f"probe.{side}"), word, vocabulary, key=key))
    word_1, word_2 = texts
    return lambda: Similarity(word_1, word_2)


def _cluster_form(current: Probe | None, tag: str, vocabulary: Vocabulary) -> Callable[[], Probe]:
    old = current if isinstance(current, ClusterMembership) else None
    word = draw_word_field(
        say("probe.cluster_word"), getattr(old, "word", ""), vocabulary, key=f"probe_word_{tag}"
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
            texts[side] = draw_words_field(
                say("probe.words_of", side=side),
                getattr(old, side, ()),
                vocabulary,
                key=f"probe_words_{side}_{tag}",
                height=140,
                label_visibility="collapsed",
                placeholder=say("probe.words_placeholder"),
            )

    def build() -> Probe:
        own, other = (split_words(texts[side], has_repeats=True) for side in ("own", "other"))
        return ClusterMembership(word, own, other, labels["own"], labels["other"])

    return build
