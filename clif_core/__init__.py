"""What in the training text made this word embedding think so?

The direction of flow, and the order in which to read the package:

    corpus -> pairs -> skip-gram vectors -> probe gradient -> inverse-curvature product
           -> scores of contexts, sentences, documents
"""

import os

# Idle OpenMP threads shall sleep, not spin: with another program on the cores, spinning made the
# quick estimate a hundred times slower (docs/decisions/0001). Read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
