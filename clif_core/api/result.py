"""The answer to an influence question: tables of sentences, documents, groups and word pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from clif_core.api.table import Table
from clif_core.api.what_if import WhatIf
from clif_core.errors import InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.explain import explain_sentence, pair_effects, top_pairs
from clif_core.influence.result import Influence, roll_up
from clif_core.influence.tables import document_table, sentence_table
from clif_core.interventions.edit import Edit, EditLevel
from clif_core.phrases import voice
from clif_core.probes import ResolvedProbe
from clif_core.report import cards_html, quote_sentence
from clif_core.workspace.results import Question
from clif_core.workspace.tasks.choice import strongest
from clif_core.workspace.workspace import Workspace

__all__ = ["Result"]

Direction = Literal["lowers", "raises"]


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """The removal effects of a text on a probe.

    An effect is the predicted **probe(trained without the text) - probe(trained with it)**:
    positive where removing the text raises the probe. Effects of disjoint texts add up.

    ``question`` "text": trained means any training on the text. An answer with ``n_runs`` of them
    says in its tables how sure each effect is: ``standard_error`` over the runs, the 95 % interval
    ``low`` to ``high``, ``n_agree`` runs with its sign, and whether it ``holds`` in every training
    as far as the runs can tell (``q`` at most .05). Without runs, another estimate stands in.
    "model": trained means this very training.
    """

    workspace: Workspace
    engine: InfluenceEngine
    probe: ResolvedProbe
    influence: Influence
    question: Question

    def __repr__(self) -> str:
        of = f"this {self.question}" + (f", {self.n_runs} runs" if self.n_runs else "")
        solution = self.influence.solution
        residual = f", not converged: relative residual {solution.relative_residual:.1g}"
        return (
            f"<influence of {self.engine.corpus.name!r} on {self.probe.probe.name!r} ="
            f" {self.value:+.4f}, by {self.estimator}, of {of}"
            f"{'' if solution.converged else residual}>"
        )

    @property
    def value(self) -> float:
        """The probe's value on the model."""
        return self.influence.probe_value

    @property
    def estimator(self) -> str:
        return self.influence.estimator

    @property
    def n_runs(self) -> int:
        """Trainings of the text that the answer is from; 0 where it is from this model alone."""
        return len(self.seeds)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Their seeds, none of them the model's own."""
        return () if self.influence.runs is None else self.influence.runs.seeds

    # --- which text

    def sentences(self, n: int = 10, direction: Direction | None = None) -> Table:
        """The ``n`` sentences with the strongest effect, strongest first.

        ``direction`` "lowers" ("raises"): those whose removal lowers (raises) the probe; None:
        either. Columns ``effect``, how sure it is, ``text``, ``document`` and the metadata of the
        text; the index is the sentence's number. With runs, the surely strongest are first: by the
        bound of the interval that is nearest to 0. In a notebook they are cards with their words
        marked.
        """
        found = self._strongest_sentences(n, direction)
        statistics = self.influence.sentence_statistics
        frame = sentence_table(self.engine.corpus, found["sentence"], found["effect"], statistics)
        return Table.of(frame, lambda: self._cards(found["sentence"].tolist()))

    def documents(self, n: int = 10, direction: Direction | None = None) -> pd.DataFrame:
        """The ``n`` documents with the strongest effect: title, metadata, size, effects."""
        table = document_table(self.engine.corpus, self.influence)
        statistics = self.influence.document_statistics
        if statistics is None:
            return _first(table, n, direction)
        return _first(table.assign(sure=statistics.sure), n, direction).drop(columns="sure")

    def groups(self, column: str) -> pd.DataFrame:
        """Effects summed by a metadata column such as "genre"; most lowering first."""
        return roll_up(self.engine.corpus, self.influence, column)

    def pairs(self, n: int = 30) -> pd.DataFrame:
        """The (centre word, context word) pairs that carry most of the effect, of either sign.

        Raises InputError for an estimator that scores whole contexts ("unrolled", "ensemble").
        """
        return top_pairs(self.engine, self.influence, n)

    def explain(self, sentence: int) -> pd.DataFrame:
        """What each (centre token, context token) of one sentence contributes to its effect."""
        return explain_sentence(self.engine, self.influence, sentence)

    # --- what if it were gone

    def without(
        self,
        n: int = 10,
        direction: Direction = "lowers",
        level: Literal["sentences", "documents"] = "sentences",
    ) -> WhatIf:
        """The counterfactual without the ``n`` texts whose removal lowers (raises) the probe most.

        Predicted at once; ``.retrain()`` trains again without them and measures.
        """
        items = strongest(self.influence, n, direction, level)
        return self.edit(items, level)

    def edit(
        self, items: Iterable[int], level: EditLevel = "sentences", weight: float = 0.0
    ) -> WhatIf:
        """The counterfactual in which chosen texts have another weight (0: removed, 2: twice)."""
        edit = Edit(level, tuple(items), weight)
        return WhatIf(self.workspace, self.engine, self.probe, self.influence, edit)

    def _strongest_sentences(self, n: int, direction: Direction | None) -> pd.DataFrame:
        if n < 1:
            raise InputError(f"n must be at least 1, got {n}.")
        sides: tuple[Direction, ...] = ("lowers", "raises") if direction is None else (direction,)
        parts = [self.influence.top_sentences(n, side, by="sure") for side in sides]
        both = pd.concat(parts, ignore_index=True)
        statistics = self.influence.sentence_statistics
        if statistics is not None:
            both["sure"] = statistics.sure[both["sentence"]]
        return _first(both, n, None)

    def _cards(self, sentences: Sequence[int]) -> str:
        influence, engine = self.influence, self.engine
        by_pair = pair_effects(engine, influence) if influence.has_pairs else None
        quoted = [
            quote_sentence(engine, influence, self.probe, number, by_pair) for number in sentences
        ]
        noun = voice(self.probe.probe, self.value).noun
        return cards_html(quoted, noun, self.value)


def _first(table: pd.DataFrame, n: int, direction: Direction | None) -> pd.DataFrame:
    """The first n rows by size of effect; by ``sure`` before that, where the table has it."""
    if direction is not None:
        table = table[table["effect"] < 0 if direction == "lowers" else table["effect"] > 0]
    sure = table["sure"] if "sure" in table else np.zeros(len(table))
    order = np.lexsort((-table["effect"].abs(), -np.abs(sure)))
    return table.iloc[order[:n]].reset_index(drop=True)
