"""What a file of another program is, told by its first bytes: one table for texts and vectors."""

from __future__ import annotations

__all__ = ["identify"]

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"%!PS", "a PostScript file"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (.doc, .xls)"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"RIFF", "a sound, a film or a picture (RIFF)"),
    (b"\x93NUMPY", "an array of NumPy (.npy)"),
    *(
        (bytes([0x80, version]), "a pickle of Python, which is never opened")
        for version in range(2, 6)
    ),
    (b"\x89HDF", "an HDF5 file (Keras or PyTables)"),
    (b"MATLAB 5.0 MAT", "a MATLAB file"),
    (b"ARROW1", "an Arrow or Feather file"),
    (b"\xff\xff\xff\xff", "a stream of Arrow"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"GGUF", "a language model (GGUF)"),
    *((magic, "an index of faiss") for magic in (b"IxF", b"IxM", b"IwF", b"IHN")),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd"),
    (b"\x04\x22\x4d\x18", "packed by lz4"),
    (b"\x1f\x9d", "packed by compress (.Z)"),
    (b"\x5d\0\0", "packed by lzma"),
    (b"PK\x05\x06", "an empty zip file"),
    *((magic, "a file of R (.rds, .RData)") for magic in (b"X\n\0\0", b"RDX2\n", b"RDX3\n")),
    *((magic, "a table of SPSS (.sav)") for magic in (b"$FL2@", b"$FL3@")),
    (b"<stata_dta>", "a table of Stata (.dta)"),
    (bytes(12) + b"\xc2\xea\x81\x60", "a table of SAS (.sas7bdat)"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"AT&TFORM", "a scanned book (DjVu)"),
    (b"\xffWPC", "a WordPerfect document"),
)
_TAR = slice(257, 262)  # where a tar file says that it is one
_MOBI = slice(60, 68)
_SEEN = 64  # bytes


def identify(start: bytes) -> str:
    """What a file is that begins so, such as "a PDF"; "" where it is none of these."""
    if start[_TAR] == b"ustar":
        return "a tar archive"
    if start[_MOBI] == b"BOOKMOBI":
        return "an e-book (.mobi, .azw)"
    # A text may begin with letters such as RIFF, but then has no zero byte behind them.
    is_binary = b"\0" in start[:_SEEN]
    return next(
        (
            name
            for magic, name in _SIGNATURES
            if start.startswith(magic) and (is_binary or not magic.isalnum())
        ),
        "",
    )
