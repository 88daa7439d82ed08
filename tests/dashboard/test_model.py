"""The Start view: nothing there, one model, a damaged one, and bringing one's own."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from seen import ASKED, html_of
from streamlit.testing.v1 import AppTest

from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.word2vec import write_word2vec
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import CatalogueEntry, Workspace
from dashboard.data import models
from dashboard.data.fitting import unfit

Run = Callable[..., AppTest]


def test_a_model_shows_its_card_and_what_it_allows(run_view: Run) -> None:
    app = run_view("model")
    assert not app.exception
    page = html_of(app)
    assert "News &amp; &lt;b&gt;stories&lt;/b&gt;" in page
    assert "300 short news stories." in page
    assert page.count('class="can"') == 3
    assert "rank correlation 0.25" in page


def test_a_model_offers_questions_of_its_own_words(run_view: Run) -> None:
    app = run_view("model")
    asked = [button for button in app.button if str(button.key).startswith("model_ask_")]
    assert asked and all(button.label.endswith("?") for button in asked)
    similarity = next(button for button in asked if "as similar as they are" in button.label)
    app = similarity.click().run()
    assert not app.exception
    probe = json.loads(app.query_params["probe"])
    assert {probe["word_1"], probe["word_2"]} <= set(similarity.label.split())


def test_the_switch_selects_another_model_and_drops_what_does_not_fit(
    run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus]
) -> None:
    few = SkipGram("few", Vocabulary(("police", "of"), np.array([2, 1])), np.eye(2, 4, dtype="f4"))
    home.keep_model(Bundle(few, {"title": "Few"}), None)
    kept = {"words": "police,government", "set_name": "them", "word": "government"}
    app = run_view("model", model="lee", probe=ASKED, document="3", ticked="1,2", **kept)
    app.button_group(key="model_choose").set_value("few").run()
    assert not app.exception
    selection = app.session_state["clif_selection"]
    assert (selection.model, selection.document, selection.ticked) == ("few", None, ())
    changes = unfit(selection, few)
    assert changes == {"words": ("police",), "word": "", "probe": None}


def test_a_link_with_unknown_words_is_shown_as_it_is(run_view: Run) -> None:
    app = run_view("model", model="lee", words="police,zzyzx")
    assert app.session_state["clif_selection"].words == ("police", "zzyzx")


def test_vectors_alone_are_asked_nothing_about_text(
    run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus]
) -> None:
    alone = replace(lee[0], name="lee", context_vectors=None)
    shutil.rmtree(home.home / "models" / "lee")
    home.keep_model(Bundle(alone, {"title": "alone"}), None)
    app = run_view("model")
    assert not app.exception
    assert not [b for b in app.button if str(b.key).startswith("model_ask_")]


def test_without_a_text_nothing_is_traced(run_view: Run, home: Workspace) -> None:
    shutil.rmtree(home.home / "corpora")
    page = html_of(run_view("model"))
    assert page.count('class="can"') == 2
    assert "Missing: the text it was trained on." in page


def test_no_model_at_all(run_view: Run, home: Workspace) -> None:
    shutil.rmtree(home.home / "models")
    app = run_view("model")
    assert not app.exception
    assert "No model is here yet" in html_of(app)
    assert "No model is here yet" in html_of(run_view("word_map"))


def test_a_damaged_model_says_so_and_the_rest_goes_on(run_view: Run, home: Workspace) -> None:
    (home.home / "models" / "lee" / "vectors.safetensors").write_bytes(b"broken")
    app = run_view("model")
    assert not app.exception
    assert "vectors.safetensors is damaged" in html_of(app)
    assert app.button("model_own_open")
    (home.home / "models" / "lee" / "card.json").write_text("{")
    assert "cannot be opened" in html_of(run_view("model"))


def test_a_link_to_an_absent_model_falls_back(run_view: Run) -> None:
    app = run_view("model", model="nosuch")
    assert "There is no model &#39;nosuch&#39; here" in html_of(app)
    assert app.session_state["clif_selection"].model == "lee"


@pytest.mark.parametrize(
    ("with_text", "first"),
    [
        ({"brown", "shakespeare", "mine"}, "brown"),
        ({"shakespeare", "mine"}, "shakespeare"),
        ({"mine"}, "brown"),
        (set(), "brown"),
    ],
)
def test_the_first_model_is_a_sample_whose_text_is_here(
    with_text: set[str], first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of Brown needs npm to be fetched, which not every machine has."""
    kinds: dict[str, Literal["sample", "own"]]
    kinds = {"brown": "sample", "shakespeare": "sample", "mine": "own"}
    entries = tuple(
        CatalogueEntry(name, name, kind, Path(name), {}, name in with_text)
        for name, kind in kinds.items()
    )
    monkeypatch.setattr(models, "catalogue", lambda: entries)
    assert models._first_model() == first
    monkeypatch.setattr(models, "catalogue", tuple)
    assert models._first_model() == ""


def test_the_newest_of_ones_own_comes_first(run_view: Run, home: Workspace) -> None:
    from dataclasses import replace

    bundle = home.open_model("lee")
    for name, age in (("a-new", 1), ("b-newest", 0), ("c-old", 2)):
        model = replace(bundle.model, name=name)
        path = home.keep_model(replace(bundle, model=model, card={"title": name}), None)
        stamp = 2_000_000_000 - age
        os.utime(path / "card.json", (stamp, stamp))
    offered = run_view("model", model="lee").button_group(key="model_choose").options
    assert [label.replace("\\", "") for label in offered[:3]] == ["b-newest", "a-new", "c-old"]


def test_bringing_ones_own(run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus]) -> None:
    model, _ = lee
    path = home.home / "mine.txt"
    write_word2vec(path, model.vocabulary.words, model.centre_vectors)
    app = run_view("model")
    app.button("model_own_open").click().run()
    name = next(field for field in app.text_input if field.label == "Name")
    name.set_value("mine")
    vectors = next(field for field in app.file_uploader if field.label == "Word vectors")
    vectors.set_value(("mine.txt", path.read_bytes(), "text/plain"))
    _submit(app)
    assert app.session_state["clif_selection"].model == "mine"
    assert "Missing: context vectors" in html_of(app)
    np.testing.assert_allclose(
        home.open_model("mine").model.centre_vectors, model.centre_vectors, atol=1e-5
    )


def test_a_debiased_copy_is_kept_and_told_of(run_view: Run, home: Workspace) -> None:
    app = run_view("model")
    _make_copy(app)
    assert not app.exception
    assert [entry.name for entry in home.catalogue()] == ["lee", "lee-gender-debiased"]
    step = home.open_model("lee-gender-debiased").card["history"][-1]
    page = html_of(app).replace("\u00a0", " ")
    after, before = 100 * step["neighbour_test_after"], 100 * step["neighbour_test_before"]
    assert f"{after:.0f} % still lie with their own kind, {before:.0f} % before" in page
    assert "Hiding is not removing" in html_of(app)
    app.button(key="debias_open").click().run()
    assert app.session_state["clif_selection"].model == "lee-gender-debiased"
    page = html_of(app)
    assert "hard debias, about gender" in page
    assert "Of lee. Neighbour test" in page
    assert "Missing: context vectors" in page


def test_projection_only_is_another_copy(run_view: Run, home: Workspace) -> None:
    app = run_view("model")
    app.radio(key="debias_method").set_value("projected")
    _make_copy(app)
    assert [entry.name for entry in home.catalogue()] == ["lee", "lee-gender-projected"]


def test_no_copy_where_the_model_lacks_the_pairs(run_view: Run, home: Workspace) -> None:
    from clif_core.sgns.bundle import Bundle

    words = [f"word{i}" for i in range(20)]
    vectors = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    counts = np.arange(20, 0, -1, dtype=np.int64)
    model = SkipGram("plain", Vocabulary(tuple(words), counts), vectors)
    home.keep_model(Bundle(model, {"title": "Plain"}), None)
    app = run_view("model", model="plain")
    _make_copy(app)
    assert not app.exception
    assert "No copy was made" in html_of(app)
    assert "none of the" in html_of(app)
    assert len(home.catalogue()) == 2


def _make_copy(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Make the copy").click().run()


def test_a_wrong_file_is_refused_in_words(run_view: Run, home: Workspace) -> None:
    app = run_view("model")
    app.button("model_own_open").click().run()
    next(field for field in app.text_input if field.label == "Name").set_value("mine")
    vectors = next(field for field in app.file_uploader if field.label == "Word vectors")
    vectors.set_value(("evil.pkl", b"\x80\x04cos\nsystem\n", "application/octet-stream")).run()
    assert not app.exception
    assert "The model could not be read" in html_of(app)
    assert "it is never opened here" in html_of(app)
    assert "\\x" not in html_of(app)
    vectors = next(field for field in app.file_uploader if field.label == "Word vectors")
    vectors.set_value(("glove.txt", b"the <0.1> 0.2\nof 0.3 0.4\n", "text/plain")).run()
    assert "&#39;the &lt;0.1&gt; 0.2&#39;): counts or metadata, no vectors" in html_of(app)
    assert [entry.name for entry in home.catalogue()] == ["lee"]


def test_context_vectors_alone_are_told_where_they_belong(run_view: Run) -> None:
    app = run_view("model")
    app.button("model_own_open").click().run()
    next(field for field in app.text_input if field.label == "Name").set_value("mine")
    context = next(f for f in app.file_uploader if f.label.startswith("Context vectors"))
    context.set_value(("reviews.csv", b"review\ngood\n", "text/csv")).run()
    _submit(app)
    assert "alone, which belong to word vectors" in html_of(app)


def _submit(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Read the files").click().run()


def _bring(app: AppTest, model: SkipGram, written: str, *texts: tuple[str, str]) -> None:
    """The form filled with a model's vectors and a text of some format, and sent."""
    app.button("model_own_open").click().run()
    next(field for field in app.text_input if field.label == "Name").set_value("mine")
    vectors, text = (
        next(field for field in app.file_uploader if field.label.startswith(label))
        for label in ("Word vectors", "Training text")
    )
    rows = zip(model.vocabulary.words, model.centre_vectors, strict=True)
    lines = [f"{word} {' '.join(map(str, row))}" for word, row in rows]
    head = f"{model.n_words} {model.dim}"
    vectors.set_value(("mine.txt", "\n".join([head, *lines, ""]).encode(), "text/plain"))
    next(box for box in app.selectbox if box.label == "How the text is written").set_value(written)
    if texts:
        text.set_value([(name, content.encode(), "text/plain") for name, content in texts])
    _submit(app)


def test_film_plots_come_with_names_years_and_genres(
    run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus]
) -> None:
    films = ("101\t/m/1\tThe Storm\t1998-05-01\t\t90\t{}\t{}\t"
             '{"/m/06n90": "Science Fiction"}\n')  # fmt: skip
    plots = "101\tThe government said the fire was near the new city.\n102\tPolice said so.\n"
    app = run_view("model")
    _bring(app, lee[0], "plots", ("movie.metadata.tsv", films), ("plot_summaries.txt", plots))
    assert not app.exception
    corpus = home.open_corpus(home.open_model("mine").model)
    assert corpus is not None
    assert corpus.documents["title"].tolist() == ["The Storm", "Film 102"]
    assert corpus.documents["genres"].tolist()[0] == "Science Fiction"


@pytest.mark.parametrize(("side", "seen"), [("biased", "terrible"), ("neutral", "strong")])
def test_either_side_of_the_neutrality_corpus(
    run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus], side: str, seen: str
) -> None:
    biased, neutral = "the government was terrible", "the government was strong"
    pair = "\t".join(["7", biased, neutral, biased, neutral]) + "\n"
    app = run_view("model")
    _bring(app, lee[0], f"neutrality-{side}", ("biased.word.train", pair))
    assert not app.exception
    corpus = home.open_corpus(home.open_model("mine").model)
    assert corpus is not None
    assert corpus.documents["text"].tolist() == [f"the government was {seen}"]


def test_several_texts_keep_their_names(
    run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus]
) -> None:
    texts = ("pos/a.txt", "The government said."), ("neg/b.txt", "Police said.")
    _bring(run_view("model"), lee[0], "auto", *texts)
    corpus = home.open_corpus(home.open_model("mine").model)
    assert corpus is not None
    assert corpus.documents["file"].tolist() == ["neg/b.txt", "pos/a.txt"]
    assert corpus.documents["folder"].tolist() == ["neg", "pos"]


def test_two_texts_of_a_format_that_takes_one_are_refused_in_words(
    run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus]
) -> None:
    app = run_view("model")
    _bring(app, lee[0], "plots", ("a.txt", "The government said."), ("b.txt", "Police said."))
    assert "this format takes one file of text" in html_of(app)
    assert [entry.name for entry in home.catalogue()] == ["lee"]


def test_a_model_is_exported_in_every_format(run_view: Run) -> None:
    app = run_view("model")
    assert not app.exception
    for kind in ("word2vec", "word2vec-binary", "safetensors"):
        button = app.button(f"export_{kind}")
        button.click().run()
        assert not app.exception
        (file,) = app.get("download_button")  # of this press only
        assert file.proto.label == button.label


def test_what_a_model_came_without_is_added_later(
    run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus]
) -> None:
    model, corpus = lee
    app = run_view("model")
    _bring(app, model, "auto")
    assert "Missing: the text it was trained on." in html_of(app)
    assert "Add it under Start." in html_of(run_view("influence", model="mine", probe=ASKED))
    text = "\n\n".join(corpus.documents["text"])
    app = run_view("model", model="mine")
    texts, context = app.file_uploader
    texts.set_value([("lee.txt", text.encode(), "text/plain")])
    path = home.home / "context.txt"
    assert model.context_vectors is not None
    write_word2vec(path, model.vocabulary.words, model.context_vectors)
    context.set_value(("context.txt", path.read_bytes(), "text/plain"))
    next(box for box in app.checkbox if box.label == "I know how it was trained").set_value(True)
    next(button for button in app.button if button.label == "Add it").click().run()
    assert not app.exception
    assert html_of(app).count('class="can"') == 3
    assert not app.file_uploader
    whole = home.open_model("mine").model
    assert list(whole.vocabulary.words) == list(model.vocabulary.words)
    np.testing.assert_array_equal(whole.vocabulary.counts, model.vocabulary.counts)
    np.testing.assert_allclose(whole.require_context_vectors(), model.context_vectors, atol=1e-5)
    assert "<article" in html_of(run_view("influence", model="mine", probe=ASKED))


def test_a_text_of_something_else_is_not_added(
    run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus]
) -> None:
    app = run_view("model")
    _bring(app, lee[0], "auto")
    before = home.open_model("mine").model.content_hash
    next(button for button in app.button if button.label == "Add it").click().run()
    assert "Nothing was given" in html_of(app)
    app.file_uploader[0].set_value([("x.txt", b"zzyzx qwertz uiopue asdfgh.", "text/plain")])
    next(button for button in app.button if button.label == "Add it").click().run()
    assert "do not belong together" in html_of(app)
    assert home.open_model("mine").model.content_hash == before


def test_a_changed_copy_takes_no_text(run_view: Run) -> None:
    app = run_view("model")
    _make_copy(app)
    app = run_view("model", model="lee-gender-debiased")
    assert not app.file_uploader
    page = html_of(run_view("influence", model="lee-gender-debiased", probe=ASKED))
    assert "look into the model that it was made from" in page
