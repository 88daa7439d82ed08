"""Files that are no vectors, told by their first bytes: what each is, and the step that helps."""

from __future__ import annotations

import zipfile
from pathlib import Path

from clif_core.errors import FormatError
from clif_core.storage.signatures import identify

__all__ = ["is_pytorch_zip", "refuse_by_name", "refuse_foreign", "refuse_foreign_zip"]

_GENSIM = (
    "is a pickle, as gensim's save() writes it (of a Word2Vec, KeyedVectors or FastText model)."
    " Opening a pickle can run a program, so it is never opened here. If you trust the file, turn"
    " it into one that is safe: 'clif convert FILE OUT.safetensors --trusted', or in Python"
    " model.wv.save_word2vec_format('vectors.txt')."
)
_MATRIX = "Save its matrix with numpy.save, and give the words as a second file."
# Told by the name, where the bytes tell nothing.
_BY_ENDING = (
    (".onnx", f"is a network (ONNX). {_MATRIX}"),
    (".pb", f"is a network of TensorFlow. {_MATRIX}"),
    (".ann", f"is an index of Annoy. {_MATRIX}"),
    (".rds", f"is an object of R. {_MATRIX}"),
)
_EXTRACT = "It is not read: extract it, and give the file of vectors in it."
# The step that helps, by what ``identify`` says; others are no vectors at all.
_STEPS = {
    "an HDF5 file (Keras or PyTables)": _MATRIX,
    "a MATLAB file": _MATRIX,
    "an index of faiss": _MATRIX,
    "an SQLite database": "Write its vectors as word2vec text.",
    "an Arrow or Feather file": "Save it as Parquet.",
    "a stream of Arrow": "Save it as Parquet.",
    "an old Office document (.doc, .xls)": "Save it as text: words and numbers.",
    "a language model (GGUF)": "It is no word embedding.",
    **dict.fromkeys(
        ("a tar archive", "a 7z archive", "a RAR archive", "packed by zstd", "packed by lz4",
         "packed by compress (.Z)", "packed by lzma"),
        _EXTRACT,
    ),
}  # fmt: skip
_READ = "an array of NumPy (.npy)"
_OLD_PICKLE_STARTS = (b"ccopy_reg\n", b"(i__main__", b"(dp", b"(lp", b"cgensim")


def refuse_foreign(name: str, head: bytes) -> None:
    """Raise FormatError where the first bytes are those of a known foreign format."""
    what = identify(head)
    if what.startswith("a pickle") or head.startswith(_OLD_PICKLE_STARTS):
        raise FormatError(f"{name} {_GENSIM}")
    if what and what != _READ:
        step = _STEPS.get(what, "It holds no vectors: give a file of words and numbers.")
        raise FormatError(f"{name} is {what}. {step}")


def refuse_by_name(name: str) -> None:
    """Raise FormatError where the ending of a binary file's name says whose it is."""
    for ending, what in _BY_ENDING:
        if name.lower().endswith(ending):
            raise FormatError(f"{name} {what}")


def refuse_foreign_zip(name: str, path: Path) -> None:
    """Raise FormatError where a zip is really a document or a file of another program."""
    names = _names(path)
    documents = {
        "word/document.xml": "a Word document (docx)",
        "xl/workbook.xml": "an Excel workbook (xlsx)",
        "ppt/presentation.xml": "a PowerPoint presentation (pptx)",
    }
    for inner, what in documents.items():
        if inner in names:
            raise FormatError(
                f"{name} is {what}, no vectors. Save it as plain text: words and numbers."
            )
    if "model/card.json" in names:
        raise FormatError(
            f"{name} is a pack of this program. Open it as a pack: 'clif unpack', or 'A pack' on"
            " the page."
        )
    if "content.xml" in names and "mimetype" in names:
        raise FormatError(f"{name} is an OpenDocument file, no vectors. Save it as plain text.")
    if any(inner.endswith("vocab/vectors") for inner in names):
        raise FormatError(
            f"{name} is a pipeline of spaCy. Save its matrix with numpy.save ('V.npy',"
            " nlp.vocab.vectors.data), and give the words of its rows as a second file."
        )
    if any(inner.rpartition("/")[2] == "modules.json" for inner in names):
        raise FormatError(
            f"{name} is a model of sentence-transformers, which has no vector a word. Give a word"
            " embedding."
        )
    if "model.weights.h5" in names:
        raise FormatError(f"{name} is a network of Keras. {_MATRIX}")
    if names and all(inner.endswith(".npy") for inner in names):
        raise FormatError(
            f"{name} is an npz archive of NumPy. Save its matrix alone with numpy.save, and give"
            " the words as a second file."
        )


def is_pytorch_zip(path: Path) -> bool:
    return any(inner.endswith("/data.pkl") for inner in _names(path))


def _names(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return []
