"""What in the training text made this word embedding think so?

The direction of flow, and the order in which to read the package:

    corpus -> pairs -> skip-gram vectors -> probe gradient -> inverse-curvature product
           -> scores of contexts, sentences, documents
"""

__version__ = "0.1.0"
