"""The living map: the table that is sent, its colours, and the questions that picks ask."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from clif_core import phrases
from clif_core.errors import InputError
from clif_core.geometry.clustering import kmeans, name_clusters
from clif_core.probes import ClusterMembership, Formula, Similarity, from_dict
from clif_core.sgns.bundle import Bundle
from clif_core.workspace.workspace import Workspace
from dashboard.charts.paint import colour_steps, paint_clusters, paint_counts
from dashboard.charts.palette import DARK, LIGHT
from dashboard.components.living_map import word_table
from dashboard.data.map_question import question_of
from dashboard.data.word_geometry import Grouping

FOLDER = Path(__file__).parents[2] / "dashboard" / "components" / "living_map"


@pytest.fixture
def bundle(home: Workspace) -> Bundle:
    return home.open_model("lee")


@pytest.fixture
def grouping(bundle: Bundle) -> Grouping:
    model = bundle.model
    found = kmeans(model.unit_vectors, 6)
    facts = (model.vocabulary.words, model.vocabulary.counts, model.unit_vectors, found.labels)
    return found, name_clusters(*facts)


def test_the_vectors_that_are_sent_have_the_same_neighbours(bundle: Bundle) -> None:
    unit = bundle.model.unit_vectors
    n = len(unit)
    none = np.zeros(n, dtype=np.int32)
    table = word_table(
        bundle.model.vocabulary.words,
        np.zeros((n, 2), dtype=np.float32),
        bundle.model.vocabulary.counts,
        none,
        none,
        np.zeros(n, dtype=np.float32),
        unit,
    )
    sent = table["vector"].combine_chunks().values.to_numpy().reshape(n, -1).astype(np.float32)
    sent /= np.linalg.norm(sent, axis=1, keepdims=True)
    assert np.abs(sent @ sent[0] - unit @ unit[0]).max() < 0.01
    assert table["word"].to_pylist() == list(bundle.model.vocabulary.words)


def test_colours_are_few_and_mean_what_they_say() -> None:
    classes = np.array([-1, 0, 3, 9], dtype=np.int32)
    numbers, colours = colour_steps(paint_clusters(classes, LIGHT))
    assert [colours[i] for i in numbers] == [
        LIGHT.muted_point, *(LIGHT.clusters[c] for c in (0, 3, 9)),
    ]  # fmt: skip
    assert len(colours) <= 12
    numbers, colours = colour_steps(paint_counts(np.array([1, 10, 1000]), DARK, "count"))
    assert numbers[0] == 0
    assert numbers[-1] == len(colours) - 1
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)


def test_one_word_two_words_and_a_circle_ask_their_own_questions(
    bundle: Bundle, grouping: Grouping
) -> None:
    one = question_of(bundle, grouping, "police", ())
    assert one is not None
    assert isinstance(one.probe, ClusterMembership)
    assert not one.is_raised
    two = question_of(bundle, grouping, "", ("police", "government", "nosuchword"))
    assert two is not None
    assert two.probe == Similarity("police", "government")
    labels = grouping[0].labels
    words = [bundle.model.vocabulary.words[row] for row in np.flatnonzero(labels == 0)]
    many = question_of(bundle, grouping, "police", words)
    assert many is not None
    assert isinstance(many.probe, Formula)
    assert phrases.question_of(many.probe, 0.1, None) == many.text  # Influence asks the same
    assert phrases.voice(from_dict(many.probe.to_dict()), 0.1).raising == (
        "Text that draws them together"
    )
    assert many.is_raised
    four = question_of(bundle, grouping, "", words[:4])
    assert four is not None
    assert "more lie together" not in four.text
    circled, others = (set(many.probe.sets[name]) for name in ("circled", "others"))
    assert circled <= set(words)
    assert not others & set(words)
    assert {int(grouping[0].labels[bundle.model.vocabulary.id(w)]) for w in others} == {
        int(grouping[0].labels[bundle.model.vocabulary.id(next(iter(others)))])
    }
    assert question_of(bundle, grouping, "nosuchword", ()) is None
    assert one.is_doubtful(0.1)
    assert not one.is_doubtful(-0.1)
    assert many.is_doubtful(-0.1)
    assert not (two.is_doubtful(0.1) or two.is_doubtful(-0.1))


def test_a_circle_round_everything_is_refused(bundle: Bundle, grouping: Grouping) -> None:
    with pytest.raises(InputError, match="circle fewer words"):
        question_of(bundle, grouping, "", bundle.model.vocabulary.words)


def test_the_bundle_needs_no_network_and_names_its_licences() -> None:
    script = (FOLDER / "bundle" / "living_map.js").read_text("utf-8")
    assert len(script) < 300_000
    assert not re.search(r"""(import|fetch)\s*\(\s*["'`]https?:""", script)
    licences = (FOLDER / "bundle" / "LICENSES.txt").read_text("utf-8")
    for package in ("regl-scatterplot", "regl ", "gl-matrix"):
        assert package in licences
