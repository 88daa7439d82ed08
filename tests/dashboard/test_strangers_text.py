"""Text of strangers in every place that reads Markdown or HTML: labels, captions, help, charts.

A label from a link was read as Markdown: the browser then requested an image from a foreign host.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from clif_core.probes import ClusterMembership, Formula, Similarity, Weat
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import SourceDocument, build_corpus
from clif_core.training import train
from clif_core.workspace.workspace import Workspace

Run = Callable[..., AppTest]
IMAGE = "![p](https://evil.example/p.png)"
LINK = '<a href="https://evil.example">q</a>'
EVIL = f"{IMAGE} {LINK} **b** :red[c]"
#: Fields of Streamlit's elements that the browser reads as Markdown.
READ_AS_MARKDOWN = {"label", "help", "body", "text", "captions", "content", "title"}
ANIMALS = ("cat", "dog", "cow", "hen", "pig", "fox", "owl", "bee")
PEOPLE = ("king", "queen", "duke", "page", "cook", "maid", "monk", "nun")
PROBE = Weat(EVIL, ANIMALS[:4], ANIMALS[4:], PEOPLE[:4], PEOPLE[4:], f"x {EVIL}", f"y {EVIL}",
             f"a {EVIL}", f"b {EVIL}")  # fmt: skip


@pytest.fixture(scope="module")
def hostile() -> tuple[Bundle, Any]:
    """A model and its text: title, metadata, speakers and the card are hostile."""
    draw = np.random.default_rng(1)
    stories = [
        SourceDocument(
            f"{EVIL} {at}",
            " ".join(
                f"The {' '.join(draw.choice(ANIMALS + PEOPLE, 6))} sat by the door."
                for _ in range(12)
            ),
            {f"genre {IMAGE}": f"{at % 3} {EVIL}", "speaker": EVIL},
        )
        for at in range(12)
    ]
    corpus = build_corpus("evil", stories, {})
    settings = TrainingSettings(dim=8, window=3, min_count=1, epochs=2, backend="coupled", seed=1)
    model = replace(train(corpus, settings), name="evil")
    twin = model.centre_vectors + draw.normal(0, 0.1, model.centre_vectors.shape)
    model = replace(model, other_seeds={2: twin.astype(np.float32)})
    card = {
        "title": EVIL,
        "description": EVIL,
        "licence": EVIL,
        "notes": [EVIL],
        "corpus": {"name": "evil", "title": EVIL, "content_hash": corpus.content_hash},
        "quality": {EVIL: {"spearman": EVIL}, "analogies": EVIL},
        "history": [{"method": EVIL, "about": EVIL, "of": EVIL}],
    }
    return Bundle(model, card), corpus


@pytest.fixture
def evil_home(home: Workspace, hostile: tuple[Bundle, Any]) -> Iterator[Workspace]:
    home.keep_model(*hostile)
    yield home


def read_as_markdown(message: Message, name: str = "") -> Iterator[str]:
    """The strings of an element that the browser reads as Markdown, those of its parts too."""
    for field, value in message.ListFields():
        values = value if isinstance(value, list) or hasattr(value, "__iter__") else [value]
        for one in [value] if isinstance(value, str | bytes | Message) else values:
            if isinstance(one, Message):
                yield from read_as_markdown(one)
            elif isinstance(one, str) and (
                field.name in READ_AS_MARKDOWN
                or (field.name == "options" and message.DESCRIPTOR.name == "Radio")
            ):
                yield one


def protos(node: Any) -> Iterator[Any]:
    if getattr(node, "proto", None) is not None:
        yield node.proto
    for child in getattr(node, "children", {}).values():
        yield from protos(child)


def faults(app: AppTest) -> list[str]:
    """Where the screen shows hostile text as anything but text."""
    found = []
    for proto in protos(app._tree):
        kind = proto.DESCRIPTOR.name
        if kind == "Html":
            plot = '<img class="r-plot r-(wide|narrow)" src="data:image/svg\\+xml;base64,'
            own = re.sub(plot, "", proto.body)
            found += [f"Html: {part[:60]}" for part in re.split("<img|<a ", own)[1:]]
        elif kind == "BidiComponent":  # the page of a story
            own = json.loads(proto.json or "{}").get("html", "")
            found += [f"Component: {part[:60]}" for part in re.split("<img|<a ", own)[1:]]
        elif kind == "PlotlyChart":
            spec = json.dumps(json.loads(proto.spec), ensure_ascii=False)
            found += [f"Plotly: {part[:60]}" for part in spec.split("<a ")[1:]]
        elif kind not in ("Code", "TextInput", "TextArea"):
            found += [f"{kind}: {text}" for text in read_as_markdown(proto) if IMAGE in text]
        if kind in ("TextInput", "TextArea"):
            found += [f"{kind}: {t}" for t in (proto.label, proto.help) if IMAGE in t]
    return found


LINKS = {
    "model": [{}],
    "word_map": [
        {"word": EVIL[:90]}, {"words": f"cat,{EVIL[:90]}", "set_name": EVIL[:79]},
        {"layout": "axis", "axis_from": EVIL[:90], "axis_to": "dog"},
        {"layout": "axis", "axis_from": "cat", "axis_to": "dog"},
        {"colour": "association"}, {"colour": "influence"},
    ],
    "probe": [{}],
    "influence": [
        {}, {"document": "2"}, {"level": "documents"}, {"level": "groups"}, {"level": "pairs"},
        {"level": "spread"}, {"search": EVIL}, {"only_column": EVIL[:79], "only_value": EVIL},
        {"only_column": f"genre {IMAGE}", "only_value": f"1 {EVIL}"}, {"estimator": EVIL[:39]},
        {"only_column": "title", "only_value": f"{EVIL} 1"},
    ],
    "what_if": [
        {}, {"removal": "document", "document": "1"}, {"removal": "sentence", "sentence": "3"},
        {"removal": "group", "group": f"genre {IMAGE}", "removal_value": f"1 {EVIL}"},
        {"removal": "ticked", "ticked": "1,2", "ticked_documents": "3"}, {"what_if": "mend"},
    ],
    "trust": [{"judged": EVIL}],
    "compare": [{"word": "cat"}, {"word": EVIL[:90]}, {"other_model": EVIL[:79]},
                {"other_model": "seed:2"}, {"other_model": "lee"}],
    "report": [{}],
    "story": [{"step": str(step)} for step in range(1, 8)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("view", "query"), [(view, query) for view, queries in LINKS.items() for query in queries]
)
def test_no_text_of_strangers_is_markdown_or_html(
    evil_home: Workspace, run_view: Run, view: str, query: dict[str, str]
) -> None:
    app = run_view(view, model="evil", probe=json.dumps(PROBE.to_dict()), **query)
    assert not app.exception
    assert faults(app) == []


OTHER_PROBES = [
    Similarity("cat", "dog", name=EVIL),
    ClusterMembership("cat", ("dog", "cow"), ("king", "duke"), EVIL, EVIL, name=EVIL),
    Formula(EVIL, "mean(cos(cat, @a))", {"a": ("dog",), f"`{IMAGE}": ("cow",)}, EVIL),
]


@pytest.mark.parametrize("view", ["probe", "influence", "what_if", "trust", "compare", "report"])
@pytest.mark.parametrize("at", range(len(OTHER_PROBES)))
def test_nor_are_the_labels_of_other_probes(
    evil_home: Workspace, run_view: Run, view: str, at: int
) -> None:
    probe = OTHER_PROBES[at]
    app = run_view(view, model="evil", probe=json.dumps(probe.to_dict()))
    assert not app.exception
    assert faults(app) == []


def test_words_of_a_model_without_text(home: Workspace, run_view: Run) -> None:
    """An imported model's words may be anything."""
    model = _with_evil_words(home.open_model("lee").model)
    home.keep_model(Bundle(model, {"title": EVIL, "kind": "own"}), None)
    word = model.vocabulary.words[3]
    for view in ("model", "word_map", "probe", "compare", "story"):
        probe = Similarity(word, model.vocabulary.words[4])
        app = run_view(view, model="evil", probe=json.dumps(probe.to_dict()), word=word)
        assert not app.exception
        assert faults(app) == []
    app = run_view("word_map", model="evil", word=word[:-1])
    assert faults(app) == []
    st.cache_resource.clear()


def _with_evil_words(model: SkipGram) -> SkipGram:
    words = tuple(f"{IMAGE}{LINK}{i}" for i in range(model.n_words))
    return replace(
        model, name="evil", vocabulary=Vocabulary(words, model.vocabulary.counts),
        context_vectors=None, settings=None, corpus_hash=None,
    )  # fmt: skip
