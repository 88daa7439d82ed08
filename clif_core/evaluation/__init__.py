"""Is a score true? Predictions of every estimator, judged by retraining without the text.

    sets -> retrainings -> actual changes  \\
                                            judges -> table -> the model's card
    sets -> predictors  -> predicted changes/

A ``Trial`` is a question: sets of text to leave out (random ones, single sentences, the most
raising and lowering). ``Retrainings`` trains without each set once and keeps what the centre
vectors became, so that another estimator or another probe is judged without any training; what the
probes made of them is a small table that travels (``changes``).
``predictors`` says what each estimator, and each baseline that knows no model, would have expected.
``judges`` compares. The outcome is a ``Table``, printed under benchmarks/results and kept on the
model's card, from which the engine's default follows.

Two questions that are never mixed (METHOD.md, section 4): with one seed of a coupled trainer, "what
would this very training have given", which has a definite answer and the ceiling 1; with several
seeds averaged, "what would a training give", whose ceiling is the agreement between the seeds.

On the card, ``card["fidelity"]`` is

    {"made": {"command", "date", "machine", "n_seeds", "kind", "content_hash"},
     "tables": [Table.to_dict(), ...]}

with ``content_hash`` that of the model judged: the table of another model says nothing here.
"""

from clif_core.evaluation.card import add_to_card, rank_estimators, read_card
from clif_core.evaluation.changes import Changes, read_changes, write_changes
from clif_core.evaluation.harness import judge, measured_changes
from clif_core.evaluation.predictors import PREDICTORS, predict
from clif_core.evaluation.retrainings import Retrainings
from clif_core.evaluation.sets import Trial, differential_sets, random_sets, strongest_sentences
from clif_core.evaluation.table import Points, ProbeRow, Row, Table

__all__ = [
    "PREDICTORS",
    "Changes",
    "Points",
    "ProbeRow",
    "Retrainings",
    "Row",
    "Table",
    "Trial",
    "add_to_card",
    "differential_sets",
    "judge",
    "measured_changes",
    "predict",
    "random_sets",
    "rank_estimators",
    "read_card",
    "read_changes",
    "strongest_sentences",
    "write_changes",
]
