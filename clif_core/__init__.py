"""What in the training text made this word embedding think so?

    import clif_core as clif

    model = clif.load("brown")
    result = model.influence(clif.probe("weat_6"))
    result.sentences(10)

``clif_core.api`` is this front door; its names are imported on first use, so that the import is
quick. Behind it stand the rooms, in the order in which data flows:

    text -> sgns -> training -> probes -> measurement -> influence -> interventions -> evaluation
         -> report -> workspace -> cli, api
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

# Idle OpenMP threads must sleep, not spin: with another program on the cores, spinning made the
# quick estimate a hundred times slower (docs/decisions/0001). Read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"

if TYPE_CHECKING:
    from clif_core.api import Model as Model
    from clif_core.api import Result as Result
    from clif_core.api import fetch as fetch
    from clif_core.api import list_models as list_models
    from clif_core.api import list_probes as list_probes
    from clif_core.api import load as load
    from clif_core.api import open as open
    from clif_core.api import probe as probe
    from clif_core.api import train as train
    from clif_core.errors import ClifError as ClifError
    from clif_core.probes import AnalogyMargin as AnalogyMargin
    from clif_core.probes import Axis as Axis
    from clif_core.probes import ClusterMembership as ClusterMembership
    from clif_core.probes import Coherence as Coherence
    from clif_core.probes import DirectBias as DirectBias
    from clif_core.probes import Formula as Formula
    from clif_core.probes import Mac as Mac
    from clif_core.probes import NeighbourMargin as NeighbourMargin
    from clif_core.probes import Position as Position
    from clif_core.probes import Projection as Projection
    from clif_core.probes import RelativeNormDistance as RelativeNormDistance
    from clif_core.probes import Ripa as Ripa
    from clif_core.probes import Similarity as Similarity
    from clif_core.probes import SingleWeat as SingleWeat
    from clif_core.probes import Weat as Weat

_HOME_OF = {
    "Model": "clif_core.api",
    "Result": "clif_core.api",
    "fetch": "clif_core.api",
    "list_models": "clif_core.api",
    "list_probes": "clif_core.api",
    "load": "clif_core.api",
    "open": "clif_core.api",
    "probe": "clif_core.api",
    "train": "clif_core.api",
    "ClifError": "clif_core.errors",
    "AnalogyMargin": "clif_core.probes",
    "Axis": "clif_core.probes",
    "ClusterMembership": "clif_core.probes",
    "Coherence": "clif_core.probes",
    "DirectBias": "clif_core.probes",
    "Formula": "clif_core.probes",
    "Mac": "clif_core.probes",
    "NeighbourMargin": "clif_core.probes",
    "Position": "clif_core.probes",
    "Projection": "clif_core.probes",
    "RelativeNormDistance": "clif_core.probes",
    "Ripa": "clif_core.probes",
    "Similarity": "clif_core.probes",
    "SingleWeat": "clif_core.probes",
    "Weat": "clif_core.probes",
}

__all__ = [
    "AnalogyMargin",
    "Axis",
    "ClifError",
    "ClusterMembership",
    "Coherence",
    "DirectBias",
    "Formula",
    "Mac",
    "Model",
    "NeighbourMargin",
    "Position",
    "Projection",
    "RelativeNormDistance",
    "Result",
    "Ripa",
    "Similarity",
    "SingleWeat",
    "Weat",
    "__version__",
    "fetch",
    "list_models",
    "list_probes",
    "load",
    "open",
    "probe",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'clif_core' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
