"""Speed, memory and faithfulness, measured. Nothing here is imported by the project."""

import clif_core  # noqa: F401  # first: it makes idle OpenMP threads sleep, before torch is loaded
