"""From a chosen text to the world without it: chosen, predicted, trained again, mended, kept.

choice      which text, and what leaving it out is predicted to do
job         the question to retraining, and the job that answers it
retraining  one training on an edited text, kept by content hash; the model to keep
repairing   undo, redo and both: a trained model mended by a few more steps
sweep       the job that tries such repairs
"""

from clif_core.workspace.tasks.choice import EmptiedWord, choose_and_predict, emptied_words
from clif_core.workspace.tasks.fine_tune import (
    MODES,
    REPAIR,
    RepairQuestion,
    choose_repair,
    find_repair,
    keep_repaired,
    submit_repair,
)
from clif_core.workspace.tasks.fine_tune_sweep import work_repair
from clif_core.workspace.tasks.retrain import (
    RETRAIN,
    Question,
    find,
    submit,
    summarise,
    work_retrain,
)
from clif_core.workspace.tasks.retrained import cached_retraining, keep_retrained, retrained

__all__ = [
    "MODES",
    "REPAIR",
    "RETRAIN",
    "EmptiedWord",
    "Question",
    "RepairQuestion",
    "cached_retraining",
    "choose_and_predict",
    "choose_repair",
    "emptied_words",
    "find",
    "find_repair",
    "keep_repaired",
    "keep_retrained",
    "retrained",
    "submit",
    "submit_repair",
    "summarise",
    "work_repair",
    "work_retrain",
]
