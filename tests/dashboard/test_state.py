"""The selection and its URL: there and back, and a stranger's URL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import state
from dashboard.links import from_query, link_name, to_query
from dashboard.selection import Selection
from dashboard.widgets.escape import markdown
from dashboard.widgets.word_entry import chips

WORDS = st.lists(st.text(min_size=1, max_size=20), max_size=20, unique=True).map(tuple)
SELECTIONS = st.builds(
    Selection,
    model=st.text(max_size=20),
    word=st.text(max_size=20),
    words=WORDS.filter(lambda words: not any("%2C" in word for word in words)),
    set_name=st.text(max_size=20),
    probe=st.none() | st.dictionaries(st.text(max_size=5), st.text(max_size=9), min_size=1),
    document=st.none() | st.integers(0, 10**6),
    layout=st.sampled_from(["umap", "pca", "axis"]),
    dims=st.sampled_from([2, 3]),
    clustering=st.sampled_from(["", "kmeans:7", "islands:20"]),
)


@given(SELECTIONS)
def test_a_selection_survives_its_url(selection: Selection) -> None:
    assert from_query(to_query(selection)) == selection


@given(st.dictionaries(st.sampled_from(list(to_query(Selection()) or Selection.__annotations__)),
                       st.text(max_size=40)))  # fmt: skip
def test_no_url_breaks_the_start(query: dict[str, str]) -> None:
    from_query(query)


#: The parameters of a link. Links are kept and shared: a name may be added, never changed.
LINK_NAMES = [
    "model", "word", "words", "set_name", "probe", "document", "sentence", "estimator",
    "damping", "question", "runs", "holds", "level", "group", "only_column", "only_value",
    "search", "layout", "dims",
    "colour", "clustering", "max_points", "axis_from", "axis_to", "removal", "removal_side",
    "removal_size", "removal_value", "removal_weight", "ticked", "ticked_documents",
    "what_if", "mend_mode", "mend_top", "mend_passes", "n_random", "n_seeds", "judged", "n_quotes",
    "report_sections", "report_all", "step", "other_model", "lab_seed", "lab_regime", "lab_trained",
    "lab_asked", "lab_point", "lab_edits",
]  # fmt: skip


def test_the_names_in_links_stay() -> None:
    assert [link_name(field) for field in Selection.__annotations__] == LINK_NAMES


def test_a_link_to_fine_tuning_stays_valid() -> None:
    link = {"what_if": "mend", "mend_mode": "undo", "mend_top": "100", "mend_passes": "30"}
    selection = from_query(link)
    assert selection.what_if == "fine_tune"
    assert (selection.fine_tune_mode, selection.fine_tune_top) == ("undo", 100)
    assert selection.fine_tune_passes == 30
    assert to_query(selection) == link


def test_another_probe_asks_for_its_own_side_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state.st, "session_state", {})
    monkeypatch.setattr(state, "_write_url", lambda _: None)
    membership = {"kind": "cluster_membership", "word": "king"}
    state.update(probe=membership)
    assert state.current().removal_side == ""  # as the question asks
    state.update(removal_side="lowers")
    assert to_query(state.current())["removal_side"] == "lowers"  # also where it is the usual one
    state.update(probe=dict(membership))
    assert state.current().removal_side == "lowers"
    state.update(probe={"kind": "weat"})
    assert state.current().removal_side == ""


def test_nonsense_is_ignored_and_length_bounded() -> None:
    nonsense = {"dims": "4", "document": "-1", "layout": "pie", "probe": "[1]", "colour": ""}
    nonsense |= {"clustering": "kmeans:1000000", "max_points": "9999999"}
    assert from_query(nonsense) == Selection()
    many = from_query({"words": ",".join(f"w{i}" for i in range(100_000))})
    assert len(many.words) == 150


def test_a_link_with_the_earlier_name_of_the_seed_ensemble_is_read() -> None:
    for name in ("twins", "ensemble"):
        selection = from_query({"estimator": name})
        assert selection.estimator == "ensemble"
        assert to_query(selection) == {"estimator": "twins"}  # a link reads as it always did


def test_words_are_escaped() -> None:
    assert "<script>" not in chips(["<script>alert(1)</script>"])
    assert markdown("a*b_[c](d):red[e]`$f") == r"a\*b\_\[c\]\(d\)\:red\[e\]\`\$f"
