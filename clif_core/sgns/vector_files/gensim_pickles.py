"""gensim's own files (pickles) turned into one that is safe to pass on. **This runs the pickle.**

``clif convert`` calls it, for a file that its user trusts; no reader and no page does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from clif_core.errors import FormatError, InputError
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.settings import TrainingSettings

__all__ = ["unpickle_gensim"]


def unpickle_gensim(path: Path, name: str) -> Bundle:
    """The vectors of a gensim Word2Vec, FastText, Doc2Vec or KeyedVectors file, with what it knows.

    Counts, context vectors (``syn1neg``) and settings come along where the file holds them and the
    training was skip-gram with negative sampling. Runs the pickle: only for files that are trusted.
    Raises FormatError where gensim cannot open it as one of these.
    """
    model = _load(path)
    vectors = getattr(model, "wv", model)
    words = [str(word) for word in _first_of(vectors, "index_to_key", "index2word")]
    matrix = np.asarray(_first_of(vectors, "vectors", "syn0"), dtype=np.float32)[: len(words)]
    matrix = np.ascontiguousarray(matrix)
    if not words or matrix.shape[0] != len(words) or not np.isfinite(matrix).all():
        raise FormatError(f"{path.name} holds no finite vector for each of its words.")
    settings = _settings(model, matrix.shape[1])
    context = getattr(getattr(model, "trainables", model), "syn1neg", None)
    if settings is None or context is None or context.shape != matrix.shape:
        context = None
    else:
        context = np.ascontiguousarray(context, dtype=np.float32)
    card = {"title": path.name, "kind": "own", "counts": "file"}
    vocabulary = Vocabulary(tuple(words), _counts(vectors, words))
    return Bundle(SkipGram(name, vocabulary, matrix, context, settings), card)


def _load(path: Path) -> Any:
    from gensim.models import Doc2Vec, FastText, KeyedVectors, Word2Vec
    from gensim.models.fasttext import FastTextKeyedVectors

    if not path.is_file():
        raise InputError(f"{path} is no file.")
    problem = ""
    kinds = (Word2Vec, FastText, Doc2Vec, KeyedVectors, FastTextKeyedVectors)
    for load in (*(kind.load for kind in kinds), _load_as_it_is):
        try:
            model = load(str(path))
            _first_of(getattr(model, "wv", model), "index_to_key", "index2word")
            _first_of(getattr(model, "wv", model), "vectors", "syn0")
            return model
        except Exception as error:  # a pickle may raise anything
            problem = problem or f"{error!r:.200}"
    raise FormatError(
        f"gensim opens {path.name} neither as a model nor as vectors ({problem}). Its .npy files"
        " must lie beside it; a file of a very old gensim needs the gensim that wrote it:"
        " model.wv.save_word2vec_format('vectors.txt')."
    )


def _load_as_it_is(path: str) -> Any:
    """A model of gensim before version 1, which today's classes refuse to bring up to date."""
    from gensim.utils import SaveLoad, unpickle

    model = unpickle(path)
    compress, subname = SaveLoad._adapt_by_suffix(path)
    SaveLoad._load_specials(model, path, None, compress, subname)
    return model


def _first_of(thing: Any, *names: str) -> Any:
    """The first attribute that is there: they changed their names from version to version."""
    known = vars(thing)
    for name in names:
        if known.get(name) is not None:
            return known[name]
    raise FormatError(f"it has none of {', '.join(names)}")


def _counts(vectors: Any, words: list[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
    try:
        if "vocab" in vars(vectors):  # before version 4
            counts = [int(vectors.__dict__["vocab"][word].count) for word in words]
        else:
            counts = [int(vectors.get_vecattr(word, "count")) for word in words]
    except (KeyError, AttributeError, TypeError, ValueError):
        counts = [0] * len(words)
    return np.maximum(np.array(counts, dtype=np.int64), 0)


def _settings(model: Any, dim: int) -> TrainingSettings | None:
    """The settings of a skip-gram model with negative sampling; None for any other training."""
    is_known = all(hasattr(model, name) for name in ("sg", "negative", "window", "sample"))
    if not is_known or not model.sg or model.negative < 1 or getattr(model, "hs", 0):
        return None
    try:
        return TrainingSettings(
            dim=dim, window=int(model.window), min_count=max(int(model.min_count), 1),
            epochs=int(getattr(model, "epochs", 5)), n_negatives=int(model.negative),
            noise_exponent=float(getattr(model, "ns_exponent", 0.75)),
            subsampling_threshold=float(model.sample), learning_rate=float(model.alpha),
            min_learning_rate=float(model.min_alpha), seed=int(model.seed), unit="document",
            backend="unknown",
        )  # fmt: skip
    except (InputError, TypeError, ValueError, AttributeError):
        return None
