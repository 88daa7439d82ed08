"""Answer questions.json with WEFE. Runs in the oracle's environment, without our packages."""

import json
import logging
import sys
from pathlib import Path

import numpy as np
import wefe
from gensim.models import KeyedVectors
from wefe.debias.hard_debias import HardDebias
from wefe.metrics import ECT, MAC, RIPA, RND, WEAT
from wefe.query import Query
from wefe.word_embedding_model import WordEmbeddingModel

SHAPES = {"WEAT": 2, "RND": 2, "MAC": 1, "ECT": 2, "RIPA": 2}  # how many sets are targets
METRICS = {"WEAT": WEAT, "RND": RND, "MAC": MAC, "ECT": ECT, "RIPA": RIPA}


def wrap(words: list, vectors: np.ndarray, dtype: type) -> WordEmbeddingModel:
    keyed = KeyedVectors(vectors.shape[1], dtype=dtype)
    keyed.add_vectors(words, vectors.astype(dtype))
    return WordEmbeddingModel(keyed, "model")


def answer(model: WordEmbeddingModel, question: dict) -> float:
    n_targets = SHAPES[question["metric"]]
    query = Query(question["sets"][:n_targets], question["sets"][n_targets:])
    result = METRICS[question["metric"]]().run_query(query, model, lost_vocabulary_threshold=1.0)
    if question["metric"] == "WEAT":
        quantity = question["probe"]["quantity"]
        return float(result["effect_size" if quantity == "effect_size" else "weat"])
    return float(result["result"])


def debias(words: list, vectors: np.ndarray, question: dict) -> np.ndarray:
    model = wrap(words, vectors, np.float32)
    equalised = {
        change(word)
        for pair in question["equalise"]
        for word in pair
        for change in (str.lower, str.title, str.upper)
    }
    # WEFE equalises and overwrites a pair only where both words are in the model.
    tool = HardDebias(pca_args={"n_components": 1})
    tool.fit(model, question["pairs"], equalize_pairs=question["equalise"])
    keep = question["specific"] + sorted(w for w in equalised if w in model.vocab)
    return tool.transform(model, ignore=keep, copy=True).wv.vectors


def main(work: Path) -> None:
    logging.disable(logging.WARNING)
    answers = []
    for i, entry in enumerate(json.loads((work / "questions.json").read_text())):
        vectors = np.load(work / f"{i}.npy")
        model = wrap(entry["words"], vectors, np.float64)
        values = [answer(model, question) for question in entry["questions"]]
        answers.append({"name": entry["name"], "values": values})
        if entry["debias"]:
            np.save(work / f"{i}.debiased.npy", debias(entry["words"], vectors, entry["debias"]))
    about = {"wefe": wefe.__version__, "numpy": np.__version__, "models": answers}
    (work / "answers.json").write_text(json.dumps(about))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
