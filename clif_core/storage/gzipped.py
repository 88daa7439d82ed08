"""Reading a file that may be gzipped, with read errors explained in plain words."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from clif_core.errors import FormatError

__all__ = ["open_unzipped"]


@contextmanager
def open_unzipped(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unzipped when they are gzip, regardless of the file's name.

    Raises FormatError where the file cannot be read, also inside the block.
    """
    try:
        with path.open("rb") as plain:
            is_gzip = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            if is_gzip:
                with gzip.open(plain) as unzipped:
                    yield cast(BinaryIO, unzipped)
            else:
                yield plain
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FormatError(
            f"{path.name} is damaged: its gzip data are cut short or wrong ({error})."
            " Copy or download it again."
        ) from error
    except OSError as error:
        raise FormatError(
            f"{path} cannot be read ({error.strerror or error}). Check its name and permissions."
        ) from error
