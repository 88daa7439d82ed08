"""Files of word vectors that people bring: told by their content, read tolerantly, said plainly.

    word2vec text, fastText .vec, GloVe   text
    word2vec binary                       binary
    fastText .bin                         fasttext_bin
    Parquet                               parquet
    npy, Projector, tensors, checkpoints  matrices; their words: words_file
    our own export                        ``clif_core.sgns.export``
    what is none of these                 foreign

``open_vectors`` finds the format and says what was found and repaired. Nothing is unpickled;
gensim's pickles go through ``clif convert``, which people run on files that they trust.
"""

from clif_core.sgns.vector_files.found import MAX_BYTES, Found, VectorFile, show_bytes
from clif_core.sgns.vector_files.opening import open_vectors

__all__ = ["MAX_BYTES", "Found", "VectorFile", "open_vectors", "show_bytes"]
