"""The front door for notebooks and scripts: what ``import clif_core as clif`` offers.

    import clif_core as clif

    model = clif.load("brown")                         # a sample, or a model of one's own
    result = model.influence(clif.probe("weat_6"))     # which text is responsible for this bias?
    result.sentences(10)                               # a DataFrame; in a notebook, cards to read
    result.without(100).retrain()                      # was it true? train again without them

Everything here hands on to the rooms below and computes nothing itself.
"""

from clif_core.api.model import Model
from clif_core.api.opening import fetch, list_models, list_probes, load, open, probe, train
from clif_core.api.result import Result
from clif_core.api.table import Table
from clif_core.api.what_if import Retrained, WhatIf

__all__ = [
    "Model",
    "Result",
    "Retrained",
    "Table",
    "WhatIf",
    "fetch",
    "list_models",
    "list_probes",
    "load",
    "open",
    "probe",
    "train",
]
