"""Is a score true? Predictions of every estimator, judged by retraining without the text.

    sets -> retrainings -> actual changes  \\
                                            judges -> table -> the model's card
    sets -> predictors  -> predicted changes/

A ``Trial`` is a question: sets of text to leave out (random ones, single sentences, the most
raising and lowering). ``Retrainings`` trains without each set once and stores the centre vectors,
so that another estimator or another probe is judged without any training. The leave-one-out
effects that probes measure on them are a small table that can be published (``changes``).
``predictors`` gives the predictions of each estimator, and of baselines that know no model.
``judges`` compares. The outcome is a ``Table``, printed under benchmarks/results and stored on the
model's card, from which the default estimator follows.

Two questions that are never mixed: with one seed of a coupled trainer, "what would this very
training have given", which has a definite answer and the ceiling 1; with several seeds averaged,
"what would a training give", whose ceiling is the agreement between the seeds.

On the card, ``card["fidelity"]`` is

    {"made": {"command", "date", "machine", "n_seeds", "kind", "content_hash"},
     "tables": [Table.to_dict(), ...]}

``content_hash`` is that of the judged model: tables of another model are ignored.

Whether an answer of the text holds in trainings that nobody asked is the question of ``held_out``:
fixed lists of sentences, trained again under held-out seeds, in a ``ListTable``. On the card,
``card["held_out"]`` has the same shape as ``card["fidelity"]``, with list tables, one a probe.
"""

from clif_core.evaluation.card import add_to_card, rank_estimators, read_card
from clif_core.evaluation.changes import Changes, read_changes, write_changes
from clif_core.evaluation.harness import judge, measured_changes
from clif_core.evaluation.held_out import (
    CHOOSERS,
    TextList,
    fixed_lists,
    held_out_seeds,
    judge_lists,
    list_edits,
)
from clif_core.evaluation.list_table import (
    Fit,
    ListRow,
    ListTable,
    read_list_tables,
    write_list_tables,
)
from clif_core.evaluation.predictors import PREDICTORS, predict
from clif_core.evaluation.retrainings import Retrainings
from clif_core.evaluation.sets import Trial, differential_sets, random_sets, strongest_sentences
from clif_core.evaluation.table import Points, ProbeRow, Row, Table

__all__ = [
    "CHOOSERS",
    "PREDICTORS",
    "Changes",
    "Fit",
    "ListRow",
    "ListTable",
    "Points",
    "ProbeRow",
    "Retrainings",
    "Row",
    "Table",
    "TextList",
    "Trial",
    "add_to_card",
    "differential_sets",
    "fixed_lists",
    "held_out_seeds",
    "judge",
    "judge_lists",
    "list_edits",
    "measured_changes",
    "predict",
    "random_sets",
    "rank_estimators",
    "read_card",
    "read_changes",
    "read_list_tables",
    "strongest_sentences",
    "write_changes",
    "write_list_tables",
]
