"""Removal effects as tables to read and to download: one row a sentence, or a document."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.errors import InputError
from clif_core.influence.result import Influence
from clif_core.measurement.over_runs import UnitStatistics, judge_units
from clif_core.text.corpus import Corpus
from clif_core.text.filters import matching_sentences

__all__ = ["document_table", "pair_table", "sentence_metadata", "sentence_table", "sure_part"]


def sentence_table(
    corpus: Corpus,
    sentences: npt.ArrayLike,
    effects: npt.ArrayLike,
    statistics: UnitStatistics | None = None,
) -> pd.DataFrame:
    """One row for each given sentence, in the given order; the index is the sentence's number.

    Columns: ``effect``, those of ``statistics.table``, ``text``, ``document`` (its title), then the
    other ``sentence_metadata``. ``statistics``: of all sentences of the corpus.
    """
    numbers = np.asarray(sentences, dtype=np.int64)
    effect = pd.DataFrame({"effect": np.asarray(effects, dtype=np.float64)})
    text = pd.DataFrame({"text": [corpus.sentence_text(int(number)) for number in numbers]})
    metadata = sentence_metadata(corpus, numbers).rename(columns={"title": "document"})
    sureness = [] if statistics is None else [statistics.table(numbers)]
    return pd.concat([effect, *sureness, text, metadata], axis=1).set_axis(
        pd.Index(numbers, name="sentence")
    )


def sentence_metadata(corpus: Corpus, sentences: npt.ArrayLike) -> pd.DataFrame:
    """The metadata of each given sentence: ``title`` and the rest of its document's, then its own.

    A document's column that has the name of a sentence's is called ``document_NAME``.
    """
    rows = corpus.sentences.iloc[np.asarray(sentences, dtype=np.int64)]
    own = rows.drop(columns=["document", "start", "end"])
    about = corpus.documents.iloc[rows["document"]].drop(columns="text")
    about = about.rename(columns={name: f"document_{name}" for name in about if name in own})
    return pd.concat([about.reset_index(drop=True), own.reset_index(drop=True)], axis=1)


def document_table(corpus: Corpus, influence: Influence) -> pd.DataFrame:
    """One row a document: ``document`` (its number), ``title``, metadata, ``n_tokens``, effects.

    ``effect`` is the sum over the document's contexts, ``effect_per_1000`` that for 1,000 tokens,
    which is fair to short documents. With the runs of an ensemble, the columns of
    ``UnitStatistics.table`` follow (``beside``).
    """
    table = corpus.documents.drop(columns="text").reset_index(names="document")
    n_tokens = np.diff(corpus.document_token_offsets)
    effect = influence.document_effects
    table = table.assign(
        n_tokens=n_tokens,
        effect=effect,
        effect_per_1000=1000 * effect / np.maximum(n_tokens, 1),
    )
    statistics = influence.document_statistics
    return table if statistics is None else statistics.beside(table)


def sure_part(table: pd.DataFrame, influence: Influence) -> pd.DataFrame | None:
    """The columns that the runs added to a table of this influence, by their own names.

    They are called NAME_of_runs in it where the text has metadata NAME; None without runs.
    """
    if influence.runs is None:
        return None
    names = influence.runs.sentences.table([]).columns
    found = {name: f"{name}_of_runs" if f"{name}_of_runs" in table else name for name in names}
    return pd.DataFrame({name: table[column] for name, column in found.items()})


def pair_table(corpus: Corpus, influence: Influence, pairs: pd.DataFrame) -> pd.DataFrame:
    """Word pairs with what the runs say of the sentences that hold both words of each.

    ``pairs``: as ``explain.top_pairs`` gives them. The derivative of a training scores places in
    the text and no pairs, so a pair is judged by its sentences: ``sentences_effect`` is the removal
    effect of all of them together, followed by the columns of ``UnitStatistics.table``, q over the
    pairs. Raises InputError without runs.
    """
    runs = influence.runs
    if runs is None:
        raise InputError(f"the estimator {influence.estimator!r} has no runs; ask the ensemble.")
    words = zip(pairs["centre"], pairs["context_word"], strict=True)
    marked = [matching_sentences(corpus, "", "", f"{first} {second}") for first, second in words]
    holding = [np.flatnonzero(both) for both in marked if both is not None]
    by_run = np.array(
        [[row[both].sum(dtype=np.float64) for both in holding] for row in runs.by_run]
    )
    known = np.array([runs.known[both].sum() for both in holding], dtype=np.float64)
    told = judge_units(by_run, known, runs.share)
    effects = pd.DataFrame({"sentences_effect": told.effect})
    return pd.concat([pairs.reset_index(drop=True), effects, told.table()], axis=1)
