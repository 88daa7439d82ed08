"""What views may ask of the engine: thin wrappers that cache, and nothing else.

Two rules, both learnt by measurement. Heavy objects (models, corpora, engines) live once per
server in ``cache_resource``. Results live in ``cache_data`` keyed by *content hashes*: arrays are
passed as ``_arrays``, because Streamlit hashes only a sample of a big array and then returns stale
answers.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from clif_core.errors import InputError
from dashboard import state

__all__ = [
    "catalogue",
    "model_title",
    "open_bundle",
    "selected_bundle",
    "settle_model",
    "workspace",
]


@st.cache_resource(show_spinner=False)
def workspace() -> Any:
    """The project's own workspace. DEVELOPMENT ADAPTER until pipeline.Workspace is there."""
    from types import SimpleNamespace as Fake

    import numpy as np
    import pandas as pd
    from gensim.models import Word2Vec
    from gensim.test.utils import datapath
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    from clif_core.skipgram import SkipGram, TrainingSettings, Vocabulary

    settings = TrainingSettings(dim=50, min_count=3, epochs=15)
    trained = Word2Vec(
        corpus_file=datapath("lee_background.cor"),
        vector_size=50,
        min_count=3,
        sg=1,
        epochs=15,
        workers=1,
        seed=1,
    )
    words = list(trained.wv.index_to_key)
    counts = np.array([trained.wv.get_vecattr(w, "count") for w in words], dtype=np.int64)
    model = SkipGram(
        "lee", Vocabulary(words, counts), trained.wv.vectors, trained.syn1neg, settings, "0"
    )
    flat = PCA(3, random_state=0).fit_transform(model.unit_vectors)
    names = ("x", "y", "x3", "y3", "z3")
    frame = pd.DataFrame(flat[:, [0, 1, 0, 1, 2]].astype(np.float32), columns=list(names))
    frame["cluster"] = KMeans(12, n_init=1, random_state=0).fit_predict(model.unit_vectors)
    card: dict[str, Any] = {
        "name": "lee",
        "title": "News (development)",
        "description": "300 short news stories.",
    }
    card |= {"licence": "unknown", "settings": settings.to_dict(), "corpus": {"title": "Lee"}}
    bundle = Fake(model=model, card=card, map=frame, path=None)
    entry = Fake(name="lee", title=card["title"], kind="sample", path=None, has_corpus=False)
    return Fake(catalogue=lambda: [entry], open_model=lambda name: bundle)


def catalogue() -> list[Any]:
    """The models that can be opened: samples first, then one's own."""
    entries: list[Any] = workspace().catalogue()
    return entries


@st.cache_resource(show_spinner=False, max_entries=8)
def open_bundle(name: str) -> Any:
    """A model with its card and map, loaded once per server."""
    return workspace().open_model(name)


def model_title(name: str) -> str:
    """The title of a model in the catalogue, or its bare name."""
    return next((str(entry.title) for entry in catalogue() if entry.name == name), name)


def settle_model() -> None:
    """See to it that the selection names a model that is here: the first where none is picked.

    Raises InputError when a link named a model that is not here, after falling back to the first.
    """
    names = [str(entry.name) for entry in catalogue()]
    wanted = state.current().model
    if wanted in names or not (wanted or names):
        return
    state.update(model=names[0] if names else "")
    if wanted:
        raise InputError(
            f"There is no model {wanted!r} here, so the first one is shown instead. Here are: "
            f"{', '.join(names) or 'none'}. To look into {wanted!r}, bring it under Model."
        )


def selected_bundle() -> Any:
    """The bundle of the model in the selection; raises InputError when there is none at all."""
    name = state.current().model
    if not name:
        raise InputError("No model is here yet. Run 'make samples', or bring your own under Model.")
    return open_bundle(name)
