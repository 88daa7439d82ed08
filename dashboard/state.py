"""The selection of a session: model, words, probe, texts and the settings of every view.

Every view reads ``current()`` and writes ``update(...)``; no view has a selection of its own.
``update`` also writes the URL, so that the address bar (and Copy link) always describes the
screen. The URL is read when a session starts and after Back and Forward of the browser; otherwise
the session decides, because a rerun may still carry the previous address.

Widgets are *controlled*: call ``control(key, value)`` just before drawing one, and give it an
``on_change`` callback that calls ``update``. Streamlit forgets the value of a widget that is not
drawn; the selection does not.

Input from a URL is untrusted. It is bounded in length here, and checked against the model where it
is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from clif_core.influence.estimators import canonical_name, wire_name
from clif_core.probes import ClusterMembership

__all__ = [
    "Colour",
    "Layout",
    "Level",
    "Question",
    "Removal",
    "Selection",
    "WhatIf",
    "begin",
    "control",
    "current",
    "end_first_run",
    "from_query",
    "link_name",
    "to_query",
    "update",
]

Layout = Literal["umap", "pca", "axis"]
Colour = Literal["cluster", "count", "association", "influence"]
Level = Literal["sentences", "documents", "groups", "pairs", "spread"]
Question = Literal["", "text", "model"]  # "": the text where its ensemble is at hand
Removal = Literal["sentences", "documents", "ticked", "group", "document", "sentence"]
WhatIf = Literal["edit", "fine_tune"]

MAX_CLUSTERS = 200
QUOTES = (5, 10, 25, 50)
REMOVAL_SIZES = (10, 30, 100, 300)
REMOVAL_WEIGHTS = (0.0, 0.5, 2.0)
RANDOM_SETS = (0, 3, 10)
#: Trainings of a seed ensemble that can be asked for; 0: as many as there are.
RUN_COUNTS = (0, 8, 16)
SEEDS = (1, 3, 6, 12)
#: Fine-tuning: unlearn, reinforce, both, or the reverse of both; the names are those of the jobs.
FINE_TUNE_MODES = ("undo", "redo", "both", "over_bias")
FINE_TUNE_TOPS = (5, 10, 100, 1000)
FINE_TUNE_PASSES = (5, 10, 30, 100)  # the command line allows more
POINT_LIMITS = (5_000, 20_000, 50_000, 100_000)

MAX_LAB_EDITS = 40

_SELECTION = "clif_selection"
_FROM_LINK = "clif_from_link"  # the fields whose values a link gave
_OF_THE_TEXT = (
    "document", "sentence", "level", "group", "only_column", "only_value", "search", "clustering",
    "removal", "removal_value", "ticked", "ticked_documents", "judged",
)  # fmt: skip
_WRITTEN = "clif_written"
_IS_FIRST_RUN = "clif_first_run"
_Query = frozenset[tuple[str, str]]
_MAX_WRITTEN = 50
_MAX_WORDS_IN_URL = 150
_MAX_CHARACTERS = 20_000  # of one parameter, before it is read
_MAX_PROBE_CHARACTERS = 6_000
_MAX_PROBE_DEPTH = 20
MAX_TICKED = 300


@dataclass(frozen=True)
class Selection:
    """Everything that a screen depends on; ``probe`` is ``Probe.to_dict()``."""

    model: str = ""
    word: str = ""  # the word in focus: its neighbours, its cluster
    words: tuple[str, ...] = ()  # the selected word set
    set_name: str = ""
    probe: Mapping[str, Any] | None = None
    document: int | None = None
    sentence: int | None = None
    estimator: str = "best"
    damping: float | None = None  # None: the estimator's own
    question: Question = ""  # of the text (any training on it) or of the model (this training)
    n_runs: int = 0  # trainings of the seed ensemble that were asked for
    only_holding: bool = False  # of text, show only what holds over the ensemble's trainings
    level: Level = "sentences"  # what the Influence view lists
    group: str = ""  # the metadata column of level "groups"
    only_column: str = ""  # show only text with ``only_value`` in this metadata column
    only_value: str = ""
    search: str = ""  # show only sentences with these words
    layout: Layout = "umap"
    dims: Literal[2, 3] = 2
    colour: Colour = "cluster"
    clustering: str = ""  # "" as shipped, "kmeans:K", "islands:N"
    max_points: int = 20_000
    axis_from: tuple[str, ...] = ()
    axis_to: tuple[str, ...] = ()
    removal: Removal = "sentences"  # which text the What if view edits
    removal_side: Literal["lowers", "raises"] = "lowers"  # what removing it does to the probe
    removal_size: int = 100  # number of sentences or documents, the strongest first
    removal_value: str = ""  # value in the metadata column ``group``
    removal_weight: float = 0.0  # of the chosen text: 0 removes it, 2 counts it twice
    ticked: tuple[int, ...] = ()  # sentences chosen one by one
    ticked_documents: tuple[int, ...] = ()
    what_if: WhatIf = "edit"  # edit the text and train again, or fine-tune the trained model
    fine_tune_mode: str = "both"
    fine_tune_top: int = 10  # N, number of texts
    fine_tune_passes: int = 10  # K, passes over them
    n_random: int = 3  # random sets of the same size to compare with
    n_seeds: int = 3  # trainings to measure an edit under, the model's own seed among them
    judged: str = ""  # the retraining trial that the Trust view shows
    n_quotes: int = 10  # sentences that a report quotes of each sign
    report_sections: tuple[str, ...] = ()  # of a report; none means all
    report_all: bool = False  # quote also text whose effect does not hold
    step: int = 1  # of the story
    other_model: str = ""  # the model to compare with; "" for the first that can be
    lab_seed: int = 1  # of the Lab's random points
    lab_regime: Literal["converged", "two_steps"] = "converged"
    lab_trained: Literal["kl", "nll"] = "kl"
    lab_asked: Literal["kl", "nll"] = "nll"
    lab_point: int = 0
    lab_edits: tuple[tuple[int, float, float, int], ...] = ()  # point, x, y, class


def current() -> Selection:
    """The selection of this session."""
    return cast(Selection, st.session_state.get(_SELECTION, Selection()))


def update(**changes: Any) -> None:
    """Change some fields of the selection, in the session and in the URL.

    With another model, fields that name parts of the old one's text return to their defaults
    (``data.fitting`` then drops the words that it does not know). With another probe, the text to
    remove is at first that which its question asks for.
    """
    before = current()
    if before.model and changes.get("model", before.model) != before.model:
        default = Selection()
        changes = {name: getattr(default, name) for name in _OF_THE_TEXT} | changes
    if changes.get("probe", before.probe) != before.probe:
        changes = {"removal_side": _asked_side(changes["probe"])} | changes
    selection = replace(before, **changes)
    st.session_state[_SELECTION] = selection
    st.session_state[_FROM_LINK] = st.session_state.get(_FROM_LINK, frozenset()) - changes.keys()
    _write_url(selection)


def _asked_side(probe: Mapping[str, Any] | None) -> Literal["lowers", "raises"]:
    """What removing the text does that put the words where the probe finds them."""
    is_membership = probe is not None and probe.get("kind") == ClusterMembership.kind
    return "raises" if is_membership else "lowers"  # a word near its cluster has a low value


def begin() -> Selection:
    """Start a script run: read the URL or restate it.

    It is read by the first run of a session, and by a run that Back or Forward of the browser
    caused; nothing that it asks for counts as pressed. The first run does not restate it: that
    would be an entry of the history that nobody made (``widgets.history`` replaces it).
    """
    is_first = _SELECTION not in st.session_state
    if is_first or _is_back_or_forward():
        linked = _read_url()
        st.session_state[_SELECTION] = linked
        st.session_state[_FROM_LINK] = frozenset(
            field.name
            for field in fields(Selection)
            if getattr(linked, field.name) != field.default
        )
    st.session_state[_IS_FIRST_RUN] = is_first
    _write_url(current())
    return current()


def end_first_run() -> None:
    """The first run is over: from here on a change is written to the address, by fragments too."""
    st.session_state[_IS_FIRST_RUN] = False


def _is_back_or_forward() -> bool:
    """Whether the browser's history brought this run; its address is the one to show."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(getattr(context, "is_history_navigation", False))


def _read_url() -> Selection:
    """What the URL asks for; whole where this session wrote it, for a URL holds fewer words."""
    query = st.query_params.to_dict()
    written: Selection | None = _written().get(_frozen(query))
    return from_query(query) if written is None else written


def is_from_link(*names: str) -> bool:
    """Whether one of the fields still has its value from the link that opened this session.

    A link shows what is there and offers the rest; only a press starts long work. ``press`` makes
    the values of a link the person's own.
    """
    return not st.session_state.get(_FROM_LINK, frozenset()).isdisjoint(names)


def press(*names: str) -> None:
    """Take the values of some fields as chosen by the person, not by a link."""
    update(**{name: getattr(current(), name) for name in names})


def control(key: str, value: Any) -> str:
    """Set the value of the widget ``key`` before it is drawn; returns the key."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def to_query(selection: Selection) -> dict[str, str]:
    """The selection as URL parameters; fields at their default are left out."""
    query = {}
    for field in fields(Selection):
        value = getattr(selection, field.name)
        if value != field.default:
            query[link_name(field.name)] = _CODECS[field.name][0](value)
    return query


def from_query(query: Mapping[str, str]) -> Selection:
    """The selection that a URL describes; a parameter that does not parse is ignored."""
    found = {}
    for name, (_, parse) in _CODECS.items():
        if link_name(name) in query:
            try:
                text = query[link_name(name)][:_MAX_CHARACTERS]
                text.encode()  # half of a character: UnicodeEncodeError is a ValueError
                found[name] = parse(text)
            except ValueError:
                continue
    return Selection(**found)


def link_name(field: str) -> str:
    """The URL parameter of a field; links made by earlier versions stay valid."""
    return _LINK_NAMES.get(field, field)


_LINK_NAMES = {
    "fine_tune_mode": "mend_mode",
    "fine_tune_top": "mend_top",
    "fine_tune_passes": "mend_passes",
    "n_runs": "runs",
    "only_holding": "holds",
}


def _write_url(selection: Selection) -> None:
    if st.session_state.get(_IS_FIRST_RUN):
        return
    query, written = to_query(selection), _written()
    written[_frozen(query)] = selection
    while len(written) > _MAX_WRITTEN:
        written.pop(next(iter(written)))
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def _written() -> dict[_Query, Selection]:
    """The selections that this session wrote as URLs, the latest last."""
    found: dict[_Query, Selection] = st.session_state.setdefault(_WRITTEN, {})
    return found


def _frozen(query: Mapping[str, str]) -> _Query:
    return frozenset(query.items())


def _text(limit: int) -> tuple[Callable[[Any], str], Callable[[str], Any]]:
    return str, lambda text: text[:limit]


def _one_of(
    allowed: tuple[Any, ...], in_links: Mapping[Any, str] = MappingProxyType({})
) -> tuple[Callable[[Any], str], Callable[[str], Any]]:
    """A codec for one of some values; ``in_links`` has those that links spell differently."""

    def write(value: Any) -> str:
        return in_links.get(value, str(value))

    value_of = {write(value): value for value in allowed}

    def parse(text: str) -> Any:
        if text not in value_of:
            raise ValueError(text)
        return value_of[text]

    return write, parse


def _format_words(words: tuple[str, ...]) -> str:
    return ",".join(word.replace(",", "%2C") for word in words[:_MAX_WORDS_IN_URL])


def _parse_words(text: str) -> tuple[str, ...]:
    words = (word.replace("%2C", ",")[:100] for word in text.split(",") if word)
    return tuple(dict.fromkeys(words))[:_MAX_WORDS_IN_URL]


def _format_probe(probe: Mapping[str, Any]) -> str:
    return json.dumps(probe, separators=(",", ":"), ensure_ascii=False)


def _parse_probe(text: str) -> dict[str, Any]:
    if len(text) > _MAX_PROBE_CHARACTERS or _depth(text) > _MAX_PROBE_DEPTH:
        raise ValueError("a probe of a link is short and flat")
    probe = json.loads(text)  # JSONDecodeError is a ValueError
    if not isinstance(probe, dict):
        raise ValueError("a probe is a JSON object")
    json.dumps(probe, ensure_ascii=False).encode()  # UnicodeEncodeError is a ValueError
    return probe


def _depth(text: str) -> int:
    """The most brackets open at once, those in strings included."""
    deepest = depth = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest


def _parse_clustering(text: str) -> str:
    kind, _, number = text.partition(":")
    if kind not in ("kmeans", "islands") or not 2 <= int(number) <= MAX_CLUSTERS:
        raise ValueError(text)
    return f"{kind}:{int(number)}"


def _format_ids(ids: tuple[int, ...]) -> str:
    return ",".join(map(str, ids))


def _parse_ids(text: str) -> tuple[int, ...]:
    ids = (_parse_id(part) for part in text.split(",")[:MAX_TICKED])
    return tuple(dict.fromkeys(ids))


def _format_edits(edits: tuple[tuple[int, float, float, int], ...]) -> str:
    return ";".join(f"{i}:{x:g}:{y:g}:{label}" for i, x, y, label in edits[:MAX_LAB_EDITS])


def _parse_edits(text: str) -> tuple[tuple[int, float, float, int], ...]:
    edits = []
    for part in text.split(";")[:MAX_LAB_EDITS]:
        index, x, y, label = part.split(":")
        edits.append((_parse_id(index), float(x), float(y), _parse_id(label)))
    return tuple(edits)


def _parse_id(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**31:
        raise ValueError(text)
    return number


def _parse_damping(text: str) -> float:
    damping = float(text)
    if not 0 <= damping < 1e9:  # also refuses NaN
        raise ValueError(text)
    return damping


_WORDS = (_format_words, _parse_words)
_ID = (str, _parse_id)
_IDS = (_format_ids, _parse_ids)
_YES_NO = _one_of((False, True), {False: "0", True: "1"})
_CODECS: dict[str, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    "model": _text(80),
    "word": _text(100),
    "words": _WORDS,
    "set_name": _text(80),
    "probe": (_format_probe, _parse_probe),
    "document": _ID,
    "sentence": _ID,
    "estimator": (wire_name, lambda text: canonical_name(text[:40])),
    "damping": (str, _parse_damping),
    "question": _one_of(get_args(Question)),
    "n_runs": _one_of(RUN_COUNTS),
    "only_holding": _YES_NO,
    "level": _one_of(get_args(Level)),
    "group": _text(80),
    "only_column": _text(80),
    "only_value": _text(200),
    "search": _text(200),
    "layout": _one_of(get_args(Layout)),
    "dims": _one_of((2, 3)),
    "colour": _one_of(get_args(Colour)),
    "clustering": (str, _parse_clustering),
    "max_points": _one_of(POINT_LIMITS),
    "axis_from": _WORDS,
    "axis_to": _WORDS,
    "removal": _one_of(get_args(Removal)),
    "removal_side": _one_of(("lowers", "raises")),
    "removal_size": _one_of(REMOVAL_SIZES),
    "removal_value": _text(200),
    "removal_weight": _one_of(REMOVAL_WEIGHTS),
    "ticked": _IDS,
    "ticked_documents": _IDS,
    "what_if": _one_of(get_args(WhatIf), {"fine_tune": "mend"}),
    "fine_tune_mode": _one_of(FINE_TUNE_MODES),
    "fine_tune_top": _one_of(FINE_TUNE_TOPS),
    "fine_tune_passes": _one_of(FINE_TUNE_PASSES),
    "n_random": _one_of(RANDOM_SETS),
    "n_seeds": _one_of(SEEDS),
    "judged": _text(120),
    "n_quotes": _one_of(QUOTES),
    "report_sections": _WORDS,
    "report_all": _YES_NO,
    "step": _ID,
    "other_model": _text(80),
    "lab_seed": _ID,
    "lab_regime": _one_of(("converged", "two_steps")),
    "lab_trained": _one_of(("kl", "nll")),
    "lab_asked": _one_of(("kl", "nll")),
    "lab_point": _ID,
    "lab_edits": (_format_edits, _parse_edits),
}
