"""For any text and numbers: offsets recover tokens, and files return what was saved."""

from __future__ import annotations

import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from clif_core.sgns.bundle import Bundle, load_bundle, save_bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.vector_files import Found, VectorFile, open_vectors
from clif_core.sgns.word2vec import write_word2vec
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.text.corpus_files import load_corpus, save_corpus
from clif_core.text.sentences import split_sentences
from clif_core.text.tokens import iterate_tokens, to_type
from clif_core.text.unparted import unparted_language
from clif_core.workspace.importing import align_vectors

PROSE = st.text(st.sampled_from("aBéZ'’-.,!?…”\"() \n\t\u0301019Ωß東_$"), max_size=80)
TEXT = PROSE | st.text(max_size=40)
WORD = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=8)
FLOAT32 = st.floats(-(2.0**100), 2.0**100, width=32)


@given(TEXT)
def test_tokens_are_in_order_and_hold_only_what_the_rule_allows(text: str) -> None:
    previous = 0
    for start, end in iterate_tokens(text):
        assert previous <= start < end <= len(text)
        token = text[start:end]
        assert token[0].isalnum() and not any(c.isspace() or c in '_$!?"' for c in token)
        assert to_type(to_type(token)) == to_type(token)
        previous = end
    outside = "".join(
        text[a:b]
        for a, b in zip(
            [0, *(e for _, e in iterate_tokens(text))],
            [*(s for s, _ in iterate_tokens(text)), len(text)],
            strict=True,
        )
    )
    assert not any(c.isalnum() for c in outside)


@given(TEXT)
def test_sentences_neither_overlap_nor_lose_or_cut_a_token(text: str) -> None:
    spans = split_sentences(text)
    assert all(a < b for a, b in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    tokens = [token for a, b in spans for token in iterate_tokens(text, a, b)]
    assert tokens == list(iterate_tokens(text))


@given(st.lists(TEXT, min_size=1, max_size=5))
@example(["0000\u3400"])
@settings(max_examples=60, deadline=None)
def test_a_corpus_recovers_every_token_and_is_loaded_unchanged(texts: list[str]) -> None:
    storable = [*(t.encode("utf-8", "ignore").decode() for t in texts), "one"]
    tokens = Counter(text[a:b] for text in storable for a, b in iterate_tokens(text))
    assume(not unparted_language(tokens.items()))  # which is refused
    corpus = build_corpus("any", [SourceDocument("d", text) for text in storable], {})
    spans = corpus.sentences[["document", "start", "end"]].to_numpy()
    for token in range(corpus.n_tokens):
        document, start, end = spans[corpus.sentence_of_token(token)]
        assert start <= corpus.token_starts[token] < corpus.token_ends[token] <= end
        text = corpus.documents["text"][document]
        spelt = text[corpus.token_starts[token] : corpus.token_ends[token]]
        assert to_type(spelt) == corpus.words[corpus.token_words[token]]
    with tempfile.TemporaryDirectory() as folder:
        save_corpus(corpus, Path(folder) / "c")
        check_equal(load_corpus(Path(folder) / "c"), corpus)


def check_equal(loaded: Corpus, corpus: Corpus) -> None:
    pd.testing.assert_frame_equal(loaded.documents, corpus.documents)
    pd.testing.assert_frame_equal(loaded.sentences, corpus.sentences)
    assert loaded.words == corpus.words and loaded.content_hash == corpus.content_hash
    np.testing.assert_array_equal(loaded.token_words, corpus.token_words)
    np.testing.assert_array_equal(loaded.token_starts, corpus.token_starts)
    np.testing.assert_array_equal(loaded.sentence_offsets, corpus.sentence_offsets)
    np.testing.assert_array_equal(loaded.document_offsets, corpus.document_offsets)


def vector_file(words: list[str], vectors: np.ndarray) -> VectorFile:
    return VectorFile(tuple(words), vectors, Found("", *vectors.shape))


@st.composite
def word_vectors(draw: st.DrawFn, least_dim: int = 1) -> VectorFile:
    words = draw(st.lists(WORD, min_size=1, max_size=6, unique=True))
    dim = draw(st.integers(least_dim, least_dim + 4))
    n_numbers = len(words) * dim
    numbers = draw(st.lists(FLOAT32, min_size=n_numbers, max_size=n_numbers))
    vectors = np.array(numbers, np.float32).reshape(len(words), dim)
    return vector_file(words, vectors)


@given(word_vectors(), st.sampled_from(["v.txt", "v.txt.gz"]))
@settings(max_examples=100, deadline=None)
def test_word2vec_text_round_trip(original: VectorFile, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_word2vec(Path(folder) / name, original.words, original.vectors)
        read = open_vectors(Path(folder) / name)
    assert read.words == original.words
    np.testing.assert_array_equal(read.vectors, original.vectors)


@given(word_vectors(least_dim=6))  # the bytes of one or two numbers can look like decimals
@example(vector_file(["0"], np.array([[0, 0, 6549273, 6549273, 8320537, 8320537]], np.float32)))
@settings(max_examples=100, deadline=None)
def test_word2vec_binary_round_trip(original: VectorFile) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_word2vec(Path(folder) / "v", original.words, original.vectors, is_binary=True)
        read = open_vectors(Path(folder) / "v")
    assert read.words == original.words
    np.testing.assert_array_equal(read.vectors, original.vectors)


@given(word_vectors(), st.randoms())
def test_context_vectors_find_their_words_in_any_order(
    original: VectorFile, random: object
) -> None:
    order = list(range(len(original.words)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = vector_file([original.words[i] for i in order], original.vectors[order])
    np.testing.assert_array_equal(align_vectors(original, shuffled), original.vectors)


@given(word_vectors(), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_bundle_round_trip(original: VectorFile, has_context: bool, has_seed: bool) -> None:
    model = SkipGram(
        "any",
        Vocabulary(original.words, np.arange(len(original.words))[::-1].copy()),
        original.vectors,
        original.vectors[::-1].copy() if has_context else None,
        other_seeds={2: original.vectors * 0.5} if has_seed else {},
    )
    with tempfile.TemporaryDirectory() as folder:
        save_bundle(Bundle(model, {"title": "Any"}), Path(folder) / "m", dtype="float32")
        loaded = load_bundle(Path(folder) / "m").model
    assert loaded.content_hash == model.content_hash
    assert loaded.vocabulary.words == model.vocabulary.words
    assert (loaded.context_vectors is not None) == has_context
    assert set(loaded.other_seeds) == set(model.other_seeds)
