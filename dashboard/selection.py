"""What a screen depends on: model, words, probe, texts and the settings of every view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Colour", "Layout", "Level", "Question", "Removal", "Selection", "WhatIf"]

Layout = Literal["umap", "pca", "axis"]
Colour = Literal["cluster", "count", "association", "influence"]
Level = Literal["sentences", "documents", "groups", "pairs", "spread"]
Question = Literal["", "text", "model"]  # "": the text where its ensemble is at hand
Removal = Literal["sentences", "documents", "ticked", "group", "document", "sentence"]
WhatIf = Literal["edit", "fine_tune"]

MAX_CLUSTERS = 200
QUOTES = (5, 10, 25, 50)
REMOVAL_SIZES = (10, 30, 100, 300)
REMOVAL_WEIGHTS = (0.0, 0.5, 2.0)
RANDOM_SETS = (0, 3, 10)
#: Trainings of a seed ensemble that can be asked for; 0: as many as there are.
RUN_COUNTS = (0, 8, 16)
SEEDS = (1, 3, 6, 12)
#: Fine-tuning: unlearn, reinforce, both, or the reverse of both; the names are those of the jobs.
FINE_TUNE_MODES = ("undo", "redo", "both", "over_bias")
FINE_TUNE_TOPS = (5, 10, 100, 1000)
FINE_TUNE_PASSES = (5, 10, 30, 100)  # the command line allows more
POINT_LIMITS = (5_000, 20_000, 50_000, 100_000)
MAX_LAB_EDITS = 40
MAX_TICKED = 300  # sentences or documents


@dataclass(frozen=True)
class Selection:
    """Everything that a screen depends on; ``probe`` is ``Probe.to_dict()``."""

    model: str = ""
    word: str = ""  # the word in focus: its neighbours, its cluster
    words: tuple[str, ...] = ()  # the selected word set
    set_name: str = ""
    probe: Mapping[str, Any] | None = None
    document: int | None = None
    sentence: int | None = None
    estimator: str = "best"
    damping: float | None = None  # None: the estimator's own
    question: Question = ""  # of the text (any training on it) or of the model (this training)
    n_runs: int = 0  # trainings of the seed ensemble that were asked for
    only_holding: bool = False  # of text, show only what holds over the ensemble's trainings
    level: Level = "sentences"  # what the Influence view lists
    group: str = ""  # the metadata column of level "groups"
    only_column: str = ""  # show only text with ``only_value`` in this metadata column
    only_value: str = ""
    search: str = ""  # show only sentences with these words
    layout: Layout = "umap"
    dims: Literal[2, 3] = 2
    colour: Colour = "cluster"
    clustering: str = ""  # "" as shipped, "kmeans:K", "islands:N"
    max_points: int = 20_000
    axis_from: tuple[str, ...] = ()
    axis_to: tuple[str, ...] = ()
    removal: Removal = "sentences"  # which text the What if view edits
    removal_side: Literal["", "lowers", "raises"] = ""  # "": the text that the question asks for
    removal_size: int = 100  # number of sentences or documents, the strongest first
    removal_value: str = ""  # value in the metadata column ``group``
    removal_weight: float = 0.0  # of the chosen text: 0 removes it, 2 counts it twice
    ticked: tuple[int, ...] = ()  # sentences chosen one by one
    ticked_documents: tuple[int, ...] = ()
    what_if: WhatIf = "edit"  # edit the text and train again, or fine-tune the trained model
    fine_tune_mode: str = "both"
    fine_tune_top: int = 10  # N, number of texts
    fine_tune_passes: int = 10  # K, passes over them
    n_random: int = 3  # random sets of the same size to compare with
    n_seeds: int = 3  # trainings to measure an edit under, the model's own seed among them
    judged: str = ""  # the retraining trial that the Trust view shows
    n_quotes: int = 10  # sentences that a report quotes of each sign
    report_sections: tuple[str, ...] = ()  # of a report; none means all
    report_all: bool = False  # quote also text whose effect does not hold
    step: int = 1  # of the story
    other_model: str = ""  # the model to compare with; "" for the first that can be
    lab_seed: int = 1  # of the Lab's random points
    lab_regime: Literal["converged", "two_steps"] = "converged"
    lab_trained: Literal["kl", "nll"] = "kl"
    lab_asked: Literal["kl", "nll"] = "nll"
    lab_point: int = 0
    lab_edits: tuple[tuple[int, float, float, int], ...] = ()  # point, x, y, class
