"""Files that are no vectors, told by their first bytes: what each is, and the step that helps."""

from __future__ import annotations

import zipfile
from pathlib import Path

from clif_core.errors import FormatError

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
_EXTRACT = "Extract it, and give the file of vectors in it."
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "is a PDF document, no vectors. Give a file of words and numbers."),
    (b"{\\rtf", "is an RTF document, no vectors. Give a file of words and numbers."),
    (b"\x89PNG", "is a picture (PNG), no vectors."),
    (b"\xff\xd8\xff", "is a picture (JPEG), no vectors."),
    (b"GIF8", "is a picture (GIF), no vectors."),
    (b"\xd0\xcf\x11\xe0", "is an old Office document (doc, xls), no vectors. Save it as text."),
    (
        b"\x89HDF",
        "is an HDF5 file (Keras or PyTables). Save its embedding matrix with numpy.save, and give"
        " the words as a second file.",
    ),
    (b"SQLite format 3", "is an SQLite database. Write its vectors as word2vec text."),
    (b"GGUF", "is a language model (GGUF), no word embedding."),
    (b"\x28\xb5\x2f\xfd", f"is packed by zstd, which is not read. {_EXTRACT}"),
    (b"7z\xbc\xaf\x27\x1c", f"is a 7z archive, which is not read. {_EXTRACT}"),
    (b"Rar!", f"is a RAR archive, which is not read. {_EXTRACT}"),
    (b"\x04\x22\x4d\x18", f"is packed by lz4, which is not read. {_EXTRACT}"),
    (b"\x1f\x9d", f"is packed by compress (.Z), which is not read. {_EXTRACT}"),
    (b"ARROW1", "is an Arrow (Feather) file. Save it as Parquet."),
    (b"\xff\xff\xff\xff", "is a stream of Arrow. Save it as Parquet."),
    (b"MATLAB ", f"is a MATLAB file. {_MATRIX}"),
    *((magic, f"is an index of faiss. {_MATRIX}") for magic in (b"IxF", b"IxM", b"IwF", b"IHN")),
    (b"\x7fELF", "is a program, no vectors."),
    (b"MZ\x90", "is a program, no vectors."),
)
_PICKLE_STARTS = tuple(bytes([0x80, version]) for version in range(2, 6))
_OLD_PICKLE_STARTS = (b"ccopy_reg\n", b"(i__main__", b"(dp", b"(lp", b"cgensim")


def refuse_foreign(name: str, head: bytes) -> None:
    """Raise FormatError where the first bytes are those of a known foreign format."""
    if head.startswith(_PICKLE_STARTS) or head.startswith(_OLD_PICKLE_STARTS):
        raise FormatError(f"{name} {_GENSIM}")
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise FormatError(f"{name} {what}")
    if head[257:262] == b"ustar":
        raise FormatError(f"{name} is a tar archive, which is not read. {_EXTRACT}")


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
