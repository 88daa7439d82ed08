"""Long work of a workspace, one module for each kind of job, and what leads to it.

choice       which text to edit, and the predicted effect
retrain      the job that retrains on an edited text; ``retrained``: one such training, cached
fine_tune    the job that tries fine-tunings; ``fine_tuned``: one of them, chosen and saved
held_out     the job that judges an answer of the text under held-out seeds
derivative   the job that differentiates a training run
train        the job that trains a model
word_map     the job that computes a model's map
history      what finished jobs measured, for a report
request      how a request names its model
"""

from clif_core.workspace.tasks.choice import EmptiedWord, choose_and_predict, emptied_words
from clif_core.workspace.tasks.fine_tune import (
    FINE_TUNE,
    FineTuneQuestion,
    find_fine_tuning,
    submit_fine_tuning,
    work_fine_tune,
)
from clif_core.workspace.tasks.fine_tuned import MODES, choose_fine_tuning, keep_fine_tuned
from clif_core.workspace.tasks.held_out import (
    HeldOutQuestion,
    expect_held_out,
    find_held_out,
    submit_held_out,
    table_of,
)
from clif_core.workspace.tasks.retrain import (
    RETRAIN,
    RetrainQuestion,
    Stage,
    change_over_seeds,
    changes_by_seed,
    find_retraining,
    known_probes,
    other_probes,
    retrain_question,
    submit_retraining,
    summarise_retraining,
    work_retrain,
)
from clif_core.workspace.tasks.retrained import cached_retraining, keep_retrained, retrained

__all__ = [
    "FINE_TUNE",
    "MODES",
    "RETRAIN",
    "EmptiedWord",
    "FineTuneQuestion",
    "HeldOutQuestion",
    "RetrainQuestion",
    "Stage",
    "cached_retraining",
    "change_over_seeds",
    "changes_by_seed",
    "choose_and_predict",
    "choose_fine_tuning",
    "emptied_words",
    "expect_held_out",
    "find_fine_tuning",
    "find_held_out",
    "find_retraining",
    "keep_fine_tuned",
    "keep_retrained",
    "known_probes",
    "other_probes",
    "retrain_question",
    "retrained",
    "submit_fine_tuning",
    "submit_held_out",
    "submit_retraining",
    "summarise_retraining",
    "table_of",
    "work_fine_tune",
    "work_retrain",
]
