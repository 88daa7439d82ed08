"""Freezes a home, some files and many keys as the version before the restructuring made them.

    git worktree add ../before 541ae93 && cd ../before && make .venv/dev.stamp
    .venv/bin/python PATH/TO/tests/kept_before/make_fixture.py

It runs with that version only (its module names are gone since) and writes beside itself

    home.tar.gz     clif-before-home/  a workspace: models, text, cached results, jobs
                    files/             what a person saved: report, probes, exports, changes
    expected.json   every key, and a digest of every value

The home is made at a *relative* path, ``clif-before-home``, from the folder that holds it. A job's
key hashes the path of its home as it was given, so whoever unpacks the archive anywhere, goes into
that folder and opens ``Path("clif-before-home")`` asks for the very same keys. Keys for an absolute
home, ``/tmp/clif-before-home``, are computed and written down; nothing is made there.

The text is original: sentences from patterns, put together by a seeded generator.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

HERE = Path(__file__).resolve().parent
HOME = Path("clif-before-home")
FAR_HOME = "/tmp/clif-before-home"  # never made: only for keys
FILES = Path("files")
BUILD = HERE / "build"
os.environ["CLIF_HOME"] = str(HOME)
for threads in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[threads] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
sys.dont_write_bytecode = True

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import platformdirs  # noqa: E402

from clif_core import probes as families  # noqa: E402
from clif_core import walk, what_if  # noqa: E402
from clif_core.corpus import Corpus, SourceDocument, build_corpus  # noqa: E402
from clif_core.counterfactual import Edit  # noqa: E402
from clif_core.engine import InfluenceEngine  # noqa: E402
from clif_core.errors import InputError  # noqa: E402
from clif_core.estimators import ESTIMATORS as CORE_ESTIMATORS  # noqa: E402
from clif_core.experiments.mixture.points import Edit as PointEdit  # noqa: E402
from clif_core.experiments.mixture.points import sample_points  # noqa: E402
from clif_core.fidelity import (  # noqa: E402
    PREDICTORS,
    Retrainings,
    add_to_card,
    judge,
    measured_changes,
    random_sets,
    read_changes,
    write_changes,
)
from clif_core.fidelity import read_card as read_fidelity  # noqa: E402
from clif_core.formats.bundle import Bundle, load_bundle, read_card, save_bundle  # noqa: E402
from clif_core.formats.derivatives import save_derivatives  # noqa: E402
from clif_core.formats.export import export_model  # noqa: E402
from clif_core.formats.own import import_model  # noqa: E402
from clif_core.formats.word2vec import write_word2vec  # noqa: E402
from clif_core.influence import Influence  # noqa: E402
from clif_core.jobs import KINDS, JobError, job_key  # noqa: E402
from clif_core.pipeline import SAMPLE_MODELS, Workspace, work_walk  # noqa: E402
from clif_core.probes import catalogue, find_probe, save_probe  # noqa: E402
from clif_core.projection import pca  # noqa: E402
from clif_core.repair import Repair  # noqa: E402
from clif_core.skipgram import SkipGram, TrainingSettings  # noqa: E402
from clif_core.store import make_key  # noqa: E402
from clif_core.training import train  # noqa: E402
from clif_core.training.coupled import Course  # noqa: E402
from clif_core.what_if.kept import kept_results  # noqa: E402
from clif_core.word_map import submit_map  # noqa: E402
from dashboard import attribution, mending, retraining  # noqa: E402
from dashboard.state import Selection, from_query, to_query  # noqa: E402

REPOSITORY = SAMPLE_MODELS.parent
SETTINGS = TrainingSettings(
    dim=8, window=3, min_count=2, epochs=2, n_negatives=3, learning_rate=0.1, start_range=4.0,
    seed=7, unit="sentence", backend="coupled",
)  # fmt: skip

QUESTION = find_probe("weat_7")  # mathematics and arts, male and female terms
SHIPPED = find_probe("clif_science")
PAIR = families.Similarity("poetry", "garden")
FORMULA = families.Formula(
    "rooms and arts",
    "mean(cos(poetry, @rooms)) - 2 * cos(algebra, garden)",
    {"rooms": ("kitchen", "library", "garden")},
    "poetry is at home in the rooms",
)
ESTIMATORS = ("block", "gradient", "gauss_newton", "exact", "absolute", "published")

# --- the text

MEN = ("he", "the man", "the boy", "his brother", "the father", "the uncle", "the grandfather",
       "the son", "john")  # fmt: skip
WOMEN = ("she", "the woman", "the girl", "her sister", "the mother", "the aunt",
         "the grandmother", "the daughter", "mary")  # fmt: skip
MATH = ("math", "algebra", "geometry", "calculus", "equations", "computation", "numbers",
        "addition")  # fmt: skip
ARTS = ("poetry", "art", "dance", "literature", "novel", "symphony", "drama", "sculpture",
        "shakespeare")  # fmt: skip
SCIENCE = ("science", "technology", "physics", "chemistry", "einstein", "nasa", "experiment",
           "astronomy")  # fmt: skip
ROOMS = ("kitchen", "library", "garden", "attic", "hall")
PATTERNS = (
    "{man} kept {math} and {math2} in the {room}",
    "{woman} found {art} near the {room}",
    "in the {room} {man} asked him about {science}",
    "in the {room} {woman} told her of {art} and {art2}",
    "{man} said that the {math} was his and the {art} was hers",
    "{woman} and {man} read {science} in the {room}",
    "a male voice spoke of {math} and a female voice of {art}",
)
PLACES = ("north wing", "south wing", "garden")
N_DOCUMENTS, N_SENTENCES = 8, 14


def make_corpus() -> Corpus:
    """112 sentences in eight documents; documents and sentences have metadata."""
    rng = np.random.default_rng(1907)
    decks: dict[int, list[str]] = {}

    def draw(words: tuple[str, ...]) -> str:
        """The words in a random order, then again in another: none is left out."""
        deck = decks.setdefault(id(words), [])
        if not deck:
            deck.extend(words[i] for i in rng.permutation(len(words)))
        return deck.pop()

    documents = []
    for at in range(N_DOCUMENTS):
        text, spans = "", []
        for line in range(N_SENTENCES):
            told = draw(PATTERNS).format(
                man=draw(MEN), woman=draw(WOMEN), math=draw(MATH), math2=draw(MATH),
                art=draw(ARTS), art2=draw(ARTS), science=draw(SCIENCE), room=draw(ROOMS),
            )  # fmt: skip
            start = len(text)
            text += f"{told[0].upper()}{told[1:]}."
            spans.append((start, len(text), {"speaker": f"Voice {1 + line % 3}"}))
            text += " "
        about = {"place": PLACES[at % len(PLACES)], "year": 1900 + at}
        documents.append(SourceDocument(f"Letter {at + 1}", text, about, spans))
    about = {
        "title": "Letters from an old house",
        "licence": "CC0: written for this test",
        "source": "tests",
    }
    return build_corpus("old-house", documents, about)


# --- digests


def numbers(array: Any, n: int = 0) -> dict[str, Any]:
    """What to recognise an array by: type, shape, sum, checksum; with ``n``, its first values."""
    array = np.ascontiguousarray(array)
    flat = array.ravel()
    return {
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "sum": float(flat.sum(dtype=np.float64)),
        **({"first": [float(x) for x in flat[:n]]} if n else {}),
        "sha256": hashlib.sha256(array.tobytes()).hexdigest()[:16],
    }


def plain(value: Any) -> Any:
    """As JSON gives it back."""
    return json.loads(json.dumps(value))


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def told(influence: Influence) -> dict[str, Any]:
    return {"about": plain(influence.about), "effects": numbers(influence.context_effects, 5)}


def say(text: str) -> None:
    print(f"{time.perf_counter():7.1f} s  {text}", flush=True)


# --- the home


class Maker:
    """Makes the home part by part and writes down what to expect of each."""

    def __init__(self) -> None:
        self.workspace = Workspace(HOME)
        self.expected: dict[str, Any] = {}
        self.far: dict[str, str] = {}

    def wait(self, key: str, timeout: float = 300.0) -> Any:
        say(f"job {key}")
        result = self.workspace.jobs.wait(key, timeout)
        say(f"     done: {str(result)[:100]}")
        return result

    def model(self, name: str) -> SkipGram:
        return self.workspace.open_model(name).model

    def engine(self, name: str) -> InfluenceEngine:
        model = self.model(name)
        corpus = self.workspace.open_corpus(model)
        assert corpus is not None
        return self.workspace.open_engine(model, corpus)

    # models

    def train(self) -> None:
        corpus = make_corpus()
        self.corpus = corpus
        self.workspace.keep_corpus(corpus)
        self.expected["corpus"] = {
            "content_hash": corpus.content_hash,
            "name": corpus.name,
            "n_tokens": corpus.n_tokens,
            "n_sentences": corpus.n_sentences,
            "n_documents": corpus.n_documents,
            "about": plain(corpus.about),
            "document_columns": list(corpus.documents.columns),
            "sentence_columns": list(corpus.sentences.columns),
            "token_words": numbers(corpus.token_words),
            "third_sentence": corpus.sentence_text(2),
        }
        request = {
            "home": str(HOME), "corpus_hash": corpus.content_hash,
            "settings": SETTINGS.to_dict(), "name": "old-house",
        }  # fmt: skip
        self.wait(self.workspace.jobs.submit("train", request))

    def draw_map(self) -> None:
        bundle = self.workspace.open_model("old-house")
        files = dict(bundle.card["files"])
        key = submit_map(self.workspace, bundle)
        try:
            self.wait(key, 240.0)
        except (TimeoutError, JobError) as error:
            say(f"no map: {error}")
            self.workspace.jobs.cancel(key)
            self.expected["map"] = None
            return
        table = self.workspace.open_model("old-house").map
        self.expected["map"] = {"job": key, "files_before": files, "table": numbers(table)}

    def bring(self) -> None:
        """A model of another's trainer, from word2vec files: its run cannot be repeated."""
        other = train(self.corpus, replace(SETTINGS, seed=11), name="brought")
        write_word2vec(Path("centre.txt"), other.vocabulary.words, other.centre_vectors, False)
        context = other.require_context_vectors()
        write_word2vec(Path("context.txt"), other.vocabulary.words, context, False)
        bundle, corpus = import_model(
            "brought", Path("centre.txt"), Path("context.txt"),
            settings={"window": 3, "n_negatives": 3, "epochs": 2, "min_count": 2},
            title="Brought from elsewhere", licence="CC0", corpus=self.corpus,
        )  # fmt: skip
        self.workspace.keep_model(bundle, corpus)
        Path("centre.txt").unlink()
        Path("context.txt").unlink()

    def keep_with_seeds(self) -> None:
        """A bundle as the samples are: half precision, a second seed, a map."""
        model = replace(self.model("old-house"), name="old-seeds")
        second = train(self.corpus, replace(SETTINGS, seed=8))
        model = replace(model, other_seeds={8: second.centre_vectors})
        flat, solid = (pca(model.unit_vectors, n)[0] for n in (2, 3))
        table = pd.DataFrame(
            {**dict(zip(("x", "y", "x3", "y3", "z3"), (*flat.T, *solid.T), strict=True)),
             "cluster": np.arange(model.n_words) % 3}
        )  # fmt: skip
        card = {"title": "Two seeds", "default_probe": "weat_7", "probes": [{"name": "weat_7"}]}
        save_bundle(Bundle(model, card, table), HOME / "models" / "old-seeds", dtype="float16")

    def keep_copies(self) -> None:
        workspace = self.workspace
        made = {
            "retrained": what_if.keep_retrained(
                workspace, "old-house", self.edit, "3 sentences", {"estimator": "unrolled"}
            ).model.name,
            "repaired": what_if.keep_repaired(
                workspace, "old-house", QUESTION, "both", 5, 2
            ).model.name,
            "debiased": workspace.debias("old-house", "gender").model.name,
        }
        self.expected["copies"] = made

    def note_models(self) -> None:
        found = {}
        for entry in self.workspace.catalogue():
            if entry.kind != "own":
                continue
            bundle = self.workspace.open_model(entry.name)
            model = bundle.model
            found[entry.name] = {
                "title": entry.title,
                "content_hash": model.content_hash,
                "corpus_hash": model.corpus_hash,
                "has_corpus": entry.has_corpus,
                "n_words": model.n_words,
                "settings": None if model.settings is None else model.settings.to_dict(),
                "is_repeatable": model.is_repeatable,
                "other_seeds": list(model.other_seeds),
                "words": list(model.vocabulary.words)[:5],
                "centre": numbers(model.centre_vectors),
                "context": None
                if model.context_vectors is None
                else numbers(model.context_vectors),
                "map": None if bundle.map is None else numbers(bundle.map),
                "files": sorted(bundle.card["files"]),
                "card_keys": sorted(bundle.card),
                "methods": [step["method"] for step in bundle.card.get("history", [])],
            }
        self.expected["models"] = found

    # influences

    def ask(self) -> None:
        """Quick and finer estimates of two probes, by the workspace itself."""
        self.asked: list[tuple[str, Any, str, float | None]] = []
        for name, asked in (
            ("old-house", [(QUESTION, e, None) for e in ESTIMATORS]),
            ("old-house", [(QUESTION, "block", 20.0), (PAIR, "block", None)]),
            ("brought", [(QUESTION, "block", None), (QUESTION, "gauss_newton", None)]),
        ):
            engine = self.engine(name)
            for probe, estimator, damping in asked:
                resolved = probe.resolve(engine.model.vocabulary)
                self.workspace.influence(engine, resolved, estimator, damping)
                self.asked.append((name, probe, estimator, damping))

    def walk(self) -> None:
        for name, estimator in (("old-house", "unrolled"), ("brought", "twins")):
            self.wait(self.workspace.submit_walk(self.model(name), [QUESTION], estimator))
            self.asked.append((name, QUESTION, estimator, None))

    def halt(self) -> None:
        """A walk that was cancelled half-way: its job, and the file from which it goes on."""
        model, jobs = self.model("old-house"), self.workspace.jobs
        key = self.workspace.submit_walk(model, [PAIR], "unrolled")
        jobs.cancel(key)
        while not jobs.status(key).is_finished:
            time.sleep(0.2)
        assert jobs.status(key).state == "cancelled"

        class Stop(Exception):
            pass

        def progress(fraction: float, message: str) -> None:
            if "backwards, 1 of 2" in message:
                raise Stop

        was, walk.SAVE_SECONDS = walk.SAVE_SECONDS, 0.0
        try:
            work_walk(jobs.request(key), HOME / "jobs" / key, progress)
        except Stop:
            pass
        finally:
            walk.SAVE_SECONDS = was
        file = HOME / "jobs" / key / "kept" / "unrolled.npz"
        with np.load(file) as saved:
            kept = {"fingerprint": str(saved["fingerprint"]), "n_done": int(saved["n_done"]),
                    "names": sorted(saved.files)}  # fmt: skip
        shutil.move(file, "aside.npz")  # the whole walk, for comparison, must not use it
        engine = self.engine("old-house")
        (whole,) = engine.unrolled([PAIR.resolve(model.vocabulary)])
        shutil.move("aside.npz", file)
        assert kept["n_done"] == 1
        self.expected["halted"] = {"job": key, "probe": "pair", **kept, **told(whole)}
        # The fingerprint of a walk from places that depend on no machine's rounding.
        course = Course.lay(engine.text, engine.model.vocabulary.counts, SETTINGS)
        parts = [(np.array([0, 3]), np.array([[0.5] * 8, [-1.0] * 8]))]
        weights = np.ones(len(course.text.word_ids), np.float32)
        self.expected["fingerprints"] = {
            device: walk.Halt.of(Path("any"), course, weights, parts, device).fingerprint
            for device in ("CPU", "NVIDIA H100")
        }

    def ship(self) -> None:
        """Derivatives in the bundle itself: of a shipped probe, and of one that nobody ships."""
        engine = self.engine("old-house")
        words = engine.model.vocabulary
        answers = engine.unrolled([SHIPPED.resolve(words), FORMULA.resolve(words)])
        path = HOME / "models" / "old-house"
        save_derivatives(path, engine.model.content_hash, answers)
        spelt = replace(SHIPPED, targets_x=tuple(w.title() for w in SHIPPED.targets_x))
        shown = []
        for probe in (SHIPPED, FORMULA, spelt):
            found = self.workspace.cached_influence(engine, probe.resolve(words), "unrolled")
            assert found is not None, probe.name
            shown.append({"probe": probe.to_dict(), "key": probe.key, **told(found)})
        self.expected["shipped"] = shown

    def strongest(self) -> dict[str, int]:
        """The sentence that matters most to the pair, and its document."""
        engine = self.engine("old-house")
        resolved = PAIR.resolve(engine.model.vocabulary)
        found = self.workspace.influence(engine, resolved).top_sentences(1, "lowers")
        return {name: int(found[name].iloc[0]) for name in ("document", "sentence")}

    def note_influences(self) -> None:
        shown = []
        for name, probe, estimator, damping in self.asked:
            engine = self.engine(name)
            resolved = probe.resolve(engine.model.vocabulary)
            found = self.workspace.cached_influence(engine, resolved, estimator, damping)
            assert found is not None
            shown.append(
                {
                    "model": name,
                    "probe": {QUESTION.key: "question", PAIR.key: "pair"}[probe.key],
                    "probe_key": probe.key,
                    "estimator": estimator,
                    "damping": damping,
                    "store_key": self.workspace._influence_key(
                        engine, resolved, estimator, damping
                    ),
                    "direction": numbers(found.direction),
                    "rows": numbers(found.direction_rows),
                    "lowers": found.top_sentences(3, "lowers")["sentence"].tolist(),
                    **told(found),
                }
            )
        self.expected["influences"] = shown
        self.expected["best"] = {
            name: self.workspace.best_estimator(
                self.engine(name), QUESTION.resolve(self.model(name).vocabulary)
            )
            for name in ("old-house", "brought")
        }
        self.expected["pairs"] = {
            name: {
                "store_key": make_key("pairs", model=self.model(name).content_hash,
                                      corpus=self.corpus.content_hash),
                "weights": numbers(self.engine(name).pairs.weights),
            }
            for name in ("old-house", "brought")
        }  # fmt: skip

    # what if

    def retrain(self) -> None:
        """As the What if view asks it, so that the view finds it again."""
        engine = self.engine("old-house")
        model = engine.model
        self.edit, predicted = what_if.choose_and_predict(
            self.workspace, engine, QUESTION, 3, "lowers"
        )
        asked = retraining.question(model, QUESTION, self.edit, n_random=1)
        retraining.submit(model, asked)
        only = what_if.Question(asked.edit, asked.probes)
        by_hand = what_if.Question(Edit("documents", (1, 5), 0.5), (QUESTION, PAIR), (9,), 0)
        what_if.submit(self.workspace, model, by_hand)
        shown = []
        for by, question in (("view", only), ("view", asked), ("command line", by_hand)):
            found = what_if.find(self.workspace, model, question)
            assert found is not None
            result = self.wait(found.key)
            shown.append(
                {
                    "by": by,
                    "job": found.key,
                    "edit": question.edit.to_dict(),
                    "edit_key": question.edit.key,
                    "probe_keys": [probe.key for probe in question.probes],
                    "seeds": list(question.seeds),
                    "n_random": question.n_random,
                    "summary": plain(what_if.summarise(result, QUESTION)),
                }
            )
            self.far_key(found.key, question.request(Workspace(Path(FAR_HOME)), model))
        self.expected["retrained"] = {"predicted": plain(predicted), "questions": shown}
        kept = []
        for edit, seed in ((None, None), (self.edit, None), (None, 9), (by_hand.edit, 9)):
            trained = what_if.cached_retraining(self.workspace, model, edit, seed)
            assert trained is not None
            kept.append(
                {
                    "edit": None if edit is None else edit.to_dict(),
                    "seed": seed,
                    "store_key": make_key(
                        "retraining", model=model.content_hash,
                        edit=None if edit is None else edit.to_dict(),
                        seed=SETTINGS.seed if seed is None else seed,
                    ),
                    "content_hash": trained.content_hash,
                    "centre": numbers(trained.centre_vectors, 5),
                }
            )  # fmt: skip
        self.expected["retrainings"] = kept

    def repair(self) -> None:
        model = self.model("old-house")
        small = what_if.RepairQuestion(QUESTION, (PAIR,), ("undo",), (5,), (2,), 0.004)
        what_if.submit_repair(self.workspace, model, small)
        by_view = mending.question(model, QUESTION, Selection(mend_mode="both"))
        mending.submit(model, by_view)
        shown = []
        for by, question in (("command line", small), ("view", by_view)):
            found = what_if.find_repair(self.workspace, model, question)
            assert found is not None
            result = self.wait(found.key)
            shown.append(
                {
                    "by": by,
                    "job": found.key,
                    "modes": list(question.modes),
                    "tops": list(question.tops),
                    "passes": list(question.passes),
                    "learning_rate": question.learning_rate,
                    "probe_keys": [p.key for p in (question.probe, *question.others)],
                    "before": result["before"],
                    "last_row": result["rows"][-1],
                    "n_rows": len(result["rows"]),
                }
            )
            self.far_key(found.key, question.request(Workspace(Path(FAR_HOME)), model))
        self.expected["repaired"] = shown

    def note_kept_results(self) -> None:
        model = self.model("old-house")
        self.expected["kept_results"] = plain(kept_results(self.workspace, model, QUESTION))

    # judged

    def judge(self) -> None:
        engine = self.engine("old-house")
        probes = [p.resolve(engine.model.vocabulary) for p in (QUESTION, PAIR)]
        retrainings = Retrainings(self.workspace.store, engine.model, self.corpus)
        trial = random_sets(self.corpus, probes, 0.1, 4, "sentences")
        seeds = (SETTINGS.seed,)
        retrainings.train_all(trial.all_edits, seeds)
        predictors = ("unrolled", "block", "gradient", "plug_in", "pmi", "word_count", "random")
        table = judge(retrainings, engine, trial, predictors)
        made = {"command": "make_fixture.py", "date": "2025-01-01", "machine": "any",
                "n_seeds": 1, "kind": "coupled"}  # fmt: skip
        add_to_card(HOME / "models" / "old-house", [table], made, engine.model.content_hash)
        changes = measured_changes(retrainings, trial, seeds)
        write_changes(FILES / "changes.csv", engine.model.content_hash, changes)
        (kept,) = read_fidelity(read_card(HOME / "models" / "old-house"), engine.model.content_hash)
        self.expected["judged"] = {
            "predictors": list(PREDICTORS),
            "removed": kept.removed,
            "rows": {row.estimator: plain(row.lds) if row.lds == row.lds else None
                     for row in kept.rows},
            "edits": [edit.to_dict() for edit in trial.all_edits],
            "edit_keys": [edit.key for edit in trial.all_edits],
            "changes": [
                [edit, seed, dict(of_probes)]
                for (edit, seed), of_probes in sorted(
                    read_changes(FILES / "changes.csv", engine.model.content_hash).items()
                )
            ],
        }  # fmt: skip

    # files

    def save_files(self) -> None:
        tried = kept_results(self.workspace, self.model("old-house"), QUESTION)
        report = self.workspace.report("old-house", QUESTION, n_sentences=3, what_if=tried)
        report.save(FILES / "report.json")
        other = self.workspace.report("brought", QUESTION, n_sentences=2)
        other.save(FILES / "report-twins.json")
        self.expected["reports"] = {
            name: {
                "digest": digest(json.loads((FILES / name).read_text("utf-8"))),
                "estimator": found.content["attribution"]["estimator"],
                "title": found.content["title"],
                "answer": found.content["answer"],
                "n_what_if": len(found.content["what_if"]),
            }
            for name, found in (("report.json", report), ("report-twins.json", other))
        }
        saved = {"question.json": QUESTION, "formula.json": FORMULA}
        for name, probe in saved.items():
            save_probe(probe, FILES / name, f"Saved as {name}", "by the old version")
        self.expected["probe_files"] = {
            name: {"key": probe.key, "probe": probe.to_dict()} for name, probe in saved.items()
        }
        bundle = self.workspace.open_model("old-house")
        export_model(bundle, FILES / "old-house.safetensors")
        self.expected["export"] = {
            "name": "old-house.safetensors",
            "content_hash": bundle.model.content_hash,
        }

    # keys

    def far_key(self, key: str, request: dict[str, Any]) -> None:
        """The key that the same question has in another home."""
        assert request["home"] == FAR_HOME
        self.far[key] = job_key(key.partition("-")[0], request)

    def note_jobs(self) -> None:
        jobs = self.workspace.jobs
        self.wait(jobs.submit("count", {"to": 1, "seconds": 0.0}))
        shown = []
        for job in jobs.all():
            request = plain(jobs.request(job.key))
            if job.key not in self.far and "home" in request:
                self.far_key(job.key, {**request, "home": FAR_HOME})
            shown.append(
                {
                    "key": job.key,
                    "kind": job.kind,
                    "state": job.state,
                    "error": job.error,
                    "result": None if job.result is None else digest(plain(job.result)),
                    "far_key": self.far.get(job.key),
                }
            )
        self.expected["jobs"] = shown
        self.expected["job_kinds"] = sorted(KINDS)

    def note_store(self) -> None:
        store, shown = self.workspace.store, {}
        for path in sorted((HOME / "cache").iterdir()):
            key = path.stem
            if path.suffix == ".safetensors":
                arrays = store.get_arrays(key)
                assert arrays is not None
                shown[path.name] = {name: numbers(a) for name, a in sorted(arrays.items())}
            elif path.suffix == ".json":
                shown[path.name] = {"json": digest(store.get_json(key))}
        self.expected["store"] = shown


# --- keys that need no home


def one_of_each() -> list[families.Probe]:
    """One probe of every family, with what it may leave out left out, and one with everything."""
    jobs, pairs = ("doctor", "nurse"), (("he", "she"), ("man", "woman"))
    men, women = ("he", "man", "king"), ("she", "woman", "queen")
    return [
        families.Weat("all", men, women, ("war", "sword"), ("love", "heart"),
                      "men", "women", "war", "love", "effect_size"),
        families.Weat("bare", men, women, ("war", "sword"), ("love", "heart")),
        families.SingleWeat("doctor", men, women),
        families.SingleWeat("doctor", men, women, quantity="effect_size"),
        families.Similarity("king", "queen"),
        families.ClusterMembership("king", ("queen", "prince"), ("man", "boy"), vectors="raw"),
        families.ClusterMembership("king", ("queen", "prince"), ("man", "boy")),
        families.NeighbourMargin("king", "queen", rank=3),
        families.AnalogyMargin("france", "paris", "germany", "berlin"),
        families.Axis(jobs, men, women),
        families.Projection(jobs, pairs),
        families.DirectBias(jobs, pairs, strictness=0.5),
        families.Ripa(jobs, pairs),
        families.RelativeNormDistance(men, women, jobs),
        families.Mac(jobs, (men, women)),
        families.Coherence(men, women, ("war", "love", "sword")),
        families.Position("king", (0.5, -1.0, 0.25)),
        FORMULA,
    ]  # fmt: skip


def bare(probe: families.Probe) -> dict[str, Any]:
    """The shortest description of a probe: what may be left out, such as its name, is."""
    description = probe.to_dict()
    for name in [name for name in description if name != "kind"]:
        less = {key: value for key, value in description.items() if key != name}
        try:
            if families.from_dict(less).key == probe.key:
                description = less
        except InputError:  # it cannot be left out
            continue
    return description


def fixed_keys() -> dict[str, Any]:
    edits = [
        Edit("sentences", (5, 3, 3, 9)),
        Edit("documents", (0,), 2.0),
        Edit("contexts", tuple(range(4)), 0.5),
    ]
    repair = Repair("sentences", (1, 2), (3,), 10, 0.0025)
    inputs: list[tuple[str, dict[str, Any]]] = [
        ("pairs", {"model": "0123456789abcdef0123", "corpus": "fedcba98765432100123"}),
        ("influence", {"model": "m", "corpus": "c", "probe": "p", "estimator": "block",
                       "damping": 10.0, "n_noise": 90}),
        ("influence", {"model": "m", "corpus": "c", "probe": "p", "estimator": "twins shrunk",
                       "damping": 0.0, "n_noise": 1024}),
        ("retraining", {"model": "m", "edit": None, "seed": 1}),
        ("retraining", {"model": "m", "edit": edits[0].to_dict(), "seed": 1}),
        ("fidelity-plug-in", {"model": "m", "probes": ["a", "b"], "edit": edits[1].to_dict()}),
        ("what-if", {"entries": []}),
    ]  # fmt: skip
    requests: list[tuple[str, dict[str, Any]]] = [
        ("count", {"to": 3, "seconds": 0.5}),
        ("walk", {"estimator": "twins", "home": FAR_HOME, "model": "m", "content_hash": "h",
                  "probes": [PAIR.to_dict()]}),
        ("repair", repair.to_dict()),
    ]  # fmt: skip
    return {
        "make_key": [
            {"kind": kind, "inputs": given, "key": make_key(kind, **given)}
            for kind, given in inputs
        ],
        "job_key": [
            {"kind": kind, "request": given, "key": job_key(kind, given)}
            for kind, given in requests
        ],
        "edits": [{"edit": edit.to_dict(), "key": edit.key} for edit in edits],
        "repair": repair.to_dict(),
        "probes": [
            {"probe": probe.to_dict(), "bare": bare(probe), "key": probe.key}
            for probe in one_of_each()
        ],
        "kinds_of_probe": sorted(families.KINDS),
        "catalogue": {entry.probe.name: entry.probe.key for entry in catalogue()},
        "settings": [
            {"settings": settings.to_dict(), "repr": repr(settings)}
            for settings in (TrainingSettings(), SETTINGS)
        ],
    }


def sample_models() -> dict[str, Any]:
    """What the shipped models and the tables of retrainings are known by."""
    found = {}
    for path in sorted(p for p in SAMPLE_MODELS.iterdir() if (p / "card.json").is_file()):
        bundle = load_bundle(path)
        card, model = bundle.card, bundle.model
        measured = REPOSITORY / "benchmarks" / "results" / "retrained" / f"{path.name}.csv"
        found[path.name] = {
            "content_hash": model.content_hash,
            "corpus_hash": model.corpus_hash,
            "derivatives": sorted(card["derivatives"]["probes"]),
            "first_probe": card["probes"][0]["name"],
            "tables": [table.removed for table in read_fidelity(card, model.content_hash)],
            "n_measured": len(read_changes(measured, model.content_hash)),
        }
    return found


def lab_points() -> list[dict[str, Any]]:
    found = []
    for seed, edits in ((1, ()), (42, ((0, 1.5, -2.0, 1), (150, 3.0, 3.0, 2)))):
        points = sample_points(seed, [PointEdit(*edit) for edit in edits])
        found.append(
            {
                "seed": seed,
                "edits": [list(edit) for edit in edits],
                "places": numbers(points.places),
                "labels": numbers(points.labels),
            }
        )
    return found


# --- links


def links(maker: Maker) -> dict[str, Any]:
    """Every field of the selection, in the views that read it; then what a link may get wrong.

    Of each selection only what is not as in ``nothing`` is written down, and ``back`` (the link
    that the selection gives) only where it is not the query.
    """
    ask = {"model": "old-house", "probe": PAIR.to_dict()}
    known = {"model": "old-house", "probe": QUESTION.to_dict()}
    made: list[tuple[str, Selection]] = [
        ("model", Selection()),
        ("model", Selection(model="brought")),
        ("map", Selection(model="old-house", word="poetry")),
        ("map", Selection(model="old-house", words=("poetry", "algebra", "a,b"),
                          set_name="arts & sums", layout="pca", dims=3)),
        ("map", Selection(model="old-house", layout="axis", axis_from=("he", "man"),
                          axis_to=("she", "woman"), colour="count", max_points=50_000)),
        ("map", Selection(**known, colour="association", clustering="kmeans:7")),
        ("map", Selection(**ask, colour="influence", clustering="islands:12", max_points=5_000,
                          estimator="block")),
        ("map", Selection(model="old-seeds", max_points=100_000, layout="umap", dims=3)),
        ("probe", Selection(**known)),
        ("probe", Selection(model="old-house", probe=FORMULA.to_dict())),
        *(("probe", Selection(model="old-house", probe=p.to_dict())) for p in one_of_each()[:3]),
        ("influence", Selection(**known)),
        ("influence", Selection(**{**known, "model": "brought"}, estimator="twins")),
        *(("influence", Selection(**ask, estimator=name)) for name in attribution.ESTIMATORS),
        ("influence", Selection(**ask, estimator="published")),
        ("influence", Selection(**ask, estimator="block", damping=20.0)),
        ("influence", Selection(**ask, estimator="gauss_newton", damping=0.5)),
        ("influence", Selection(**ask, document=2, sentence=31)),
        ("influence", Selection(**ask, **maker.strongest())),
        *(("influence", Selection(**ask, level=level, group="place"))
          for level in ("documents", "groups", "pairs", "spread")),
        ("influence", Selection(**ask, level="groups", group="speaker")),
        ("influence", Selection(**ask, only_column="place", only_value="north wing",
                                search="poetry garden")),
        ("what_if", Selection(**ask)),
        ("what_if", Selection(**known, removal="ticked", ticked=maker.edit.items, n_random=0)),
        ("what_if", Selection(**ask, removal="ticked", ticked=(7, 1, 30), n_random=10,
                              ticked_documents=(3, 0), removal_weight=0.5)),
        ("what_if", Selection(**ask, removal="documents", removal_side="raises",
                              removal_size=10, removal_weight=2.0)),
        ("what_if", Selection(**ask, removal="group", group="place", removal_value="garden",
                              removal_size=300)),
        ("what_if", Selection(**ask, removal="document", document=4, removal_size=30)),
        ("what_if", Selection(**ask, removal="sentence", sentence=17, estimator="unrolled")),
        ("what_if", Selection(**known, what_if="mend")),
        *(("what_if", Selection(**ask, what_if="mend", mend_mode=mode, mend_top=top,
                                mend_passes=passes))
          for mode, top, passes in (("undo", 5, 5), ("redo", 100, 30), ("both", 1000, 100),
                                    ("over_bias", 5, 10))),
        ("trust", Selection(**ask, judged=maker.expected["judged"]["removed"])),
        ("trust", Selection(model="brown", judged="1 % of the documents")),
        ("compare", Selection(**ask, other_model="brought", word="poetry")),
        ("compare", Selection(model="old-seeds", probe=ask["probe"])),
        ("report", Selection(**known, n_quotes=5)),
        ("report", Selection(**ask, n_quotes=50, report_sections=("summary", "text", "what_if"))),
        *(("story", Selection(model="old-house", step=step)) for step in range(1, 8)),
        ("lab", Selection()),
        ("lab", Selection(lab_seed=42, lab_regime="two_steps", lab_trained="nll",
                          lab_asked="kl", lab_point=7)),
        ("lab", Selection(lab_trained="nll", lab_point=149,
                          lab_edits=((0, 1.5, -2.25, 1), (150, 3.0, 0.001, 2)))),
    ]  # fmt: skip
    found = [(view, to_query(selection)) for view, selection in made]
    by_hand: list[tuple[str, dict[str, str]]] = [
        ("map", {"dims": "4", "layout": "pie", "colour": "", "clustering": "kmeans:1000000",
                 "max_points": "9999999", "word": "x" * 120}),
        ("influence", {"probe": "[1]", "document": "-1", "sentence": "3000000000",
                       "damping": "nan", "level": "chapters", "estimator": "tracin"}),
        ("influence", {"probe": '{"kind": "similarity", "word_1": "poetry", "word_2": "art"}',
                       "damping": "1e3", "model": "gone"}),
        ("what_if", {"ticked": "3,3,1", "removal": "ticked", "removal_weight": "1.0",
                     "mend_top": "7", "n_random": "3", "unknown": "kept out"}),
        ("what_if", {"ticked": "3,x", "removal_size": "100", "what_if": "mend",
                     "mend_mode": "over_bias"}),
        ("lab", {"lab_edits": "1:2:3", "lab_seed": "0", "lab_regime": "converged"}),
        ("lab", {"lab_edits": "1:2:3:0;2:-1.5:1e-3:2", "lab_point": "3"}),
        ("story", {"step": "99"}),
        ("report", {"report_sections": "summary,limits", "n_quotes": "7"}),
        ("map", {"words": "one,two%2Cthree,,one", "axis_from": "he", "axis_to": "she"}),
    ]  # fmt: skip
    nothing, shown, covered = plain(asdict(Selection())), [], set()
    for view, query in [*found, *by_hand]:
        selection = from_query(query)
        whole, back = plain(asdict(selection)), to_query(selection)
        covered |= set(back)
        shown.append(
            {
                "url": f"/{view}?{urlencode(query)}" if query else f"/{view}",
                "query": query,
                "selection": {n: v for n, v in whole.items() if v != nothing[n]},
                **({} if back == query else {"back": back}),
            }
        )
    missing = set(Selection.__dataclass_fields__) - covered
    assert not missing, f"no link says {missing}"
    return {"nothing": nothing, "links": shown}


# --- writing


def refuse_host_paths() -> None:
    """Nothing in the fixture may tell where it was made."""
    for path in sorted(p for p in Path().rglob("*") if p.is_file()):
        content = path.read_bytes()
        for told in (str(HERE), str(REPOSITORY), sys.prefix, "/work/", "/root/", "/home/"):
            assert told.encode() not in content, f"{path} tells {told}"


def pack(target: Path) -> None:
    """The two folders as an archive that is the same for the same files."""
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        for path in sorted(p for top in (HOME, FILES) for p in (top, *top.rglob("*"))):
            if path.name == ".lock":
                continue
            info = archive.gettarinfo(str(path))
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            info.mtime = 0
            info.mode = 0o755 if path.is_dir() else 0o644
            if path.is_file():
                with path.open("rb") as file:
                    archive.addfile(info, file)
            else:
                archive.addfile(info)


def main() -> None:
    assert (REPOSITORY / "clif_core" / "pipeline.py").is_file(), "this needs the old version"
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    os.chdir(BUILD)
    FILES.mkdir()
    maker = Maker()
    steps = ("train", "draw_map", "bring", "ask", "walk", "halt", "retrain", "repair", "ship",
             "judge", "keep_with_seeds", "keep_copies", "note_kept_results", "save_files",
             "note_models", "note_influences", "note_jobs", "note_store")  # fmt: skip
    for step in steps:
        say(step)
        getattr(maker, step)()
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    expected = {
        "made": {
            "commit": commit.stdout.strip(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("clif-dashboard", "numpy", "torch", "pandas")},
        },
        "home": str(HOME),
        "far_home": FAR_HOME,
        "probes": {
            "question": QUESTION.to_dict(),
            "shipped": SHIPPED.to_dict(),
            "pair": PAIR.to_dict(),
            "formula": FORMULA.to_dict(),
        },
        "fields": list(Selection.__dataclass_fields__),
        "estimators": {
            "core": list(CORE_ESTIMATORS),
            "views": list(attribution.ESTIMATORS),
        },
        "default_home": platformdirs.user_data_path("clif-dashboard").name,
        **maker.expected,
        "keys": fixed_keys(),
        "samples": sample_models(),
        "lab": lab_points(),
        "strongest": maker.strongest(),
        **links(maker),
    }
    refuse_host_paths()
    text = json.dumps(expected, indent=1, ensure_ascii=False) + "\n"
    innermost = re.compile(r"[\[{][^\[\]{}]*[\]}]")  # on one line each, as in the cards
    text = innermost.sub(lambda part: re.sub(r"\n *", " ", part[0]), text)
    assert json.loads(text) == plain(expected)
    (HERE / "expected.json").write_text(text, "utf-8")
    pack(HERE / "home.tar.gz")
    os.chdir(HERE)
    shutil.rmtree(BUILD)
    for name in ("expected.json", "home.tar.gz"):
        say(f"{name}: {(HERE / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
