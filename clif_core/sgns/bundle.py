"""A model as a folder: vectors, vocabulary, map, and a card that describes it.

    card.json             title, licence, training settings, and the checksum of every file
    vectors.safetensors   centre_vectors, context_vectors, and seed_<n>.centre_vectors of more seeds
    vocabulary.parquet    word, count: most frequent first, a row for each row of the vectors
    map.parquet           x, y, x3, y3, z3 and cluster, a row a word; optional
    derivatives.parquet   exact derivatives of shipped probes (``workspace.shipped``); optional
    ensembles.parquet, ensemble_runs.parquet
                          seed ensembles of shipped probes (``workspace.shipped_runs``); optional

By default vectors are float16 on disk, which changes a cosine by less than 0.001; in memory they
are float32. A card names only files of its own folder. Nothing is unpickled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyarrow import ArrowException
from pyarrow import parquet as pq
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from clif_core.errors import FormatError, InputError
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.storage.files import checksum_file, replace_directory, replace_file
from clif_core.storage.json_files import read_json

__all__ = [
    "BUNDLE_FILES",
    "DERIVATIVES",
    "ENSEMBLES",
    "ENSEMBLE_RUNS",
    "FORMAT_VERSION",
    "MAP_COLUMNS",
    "Bundle",
    "load_bundle",
    "read_card",
    "read_table",
    "save_bundle",
    "verify_file",
    "write_card",
]

FORMAT_VERSION = 1
MAP_COLUMNS = ("x", "y", "x3", "y3", "z3", "cluster")
DERIVATIVES = "derivatives.parquet"
ENSEMBLES, ENSEMBLE_RUNS = "ensembles.parquet", "ensemble_runs.parquet"
_VECTORS, _VOCABULARY, _MAP = "vectors.safetensors", "vocabulary.parquet", "map.parquet"
_NEEDED = frozenset({_VECTORS, _VOCABULARY})
_OPTIONAL = frozenset({_MAP, DERIVATIVES, ENSEMBLES, ENSEMBLE_RUNS})
#: Verified when they are read: without them an answer is missing, and the model opens.
_READ_LATER = frozenset({ENSEMBLES, ENSEMBLE_RUNS})
#: The names of a bundle's files; a folder with any other is not replaced and not deleted.
BUNDLE_FILES = frozenset({"card.json"}) | _NEEDED | _OPTIONAL
#: What the keys of a card hold that other modules read, where they are there.
_KINDS: dict[str, type] = {
    **dict.fromkeys(
        ("title", "description", "licence", "kind", "counts", "default_probe", "context_vectors"),
        str,
    ),
    **dict.fromkeys(("corpus", "quality", "coverage", "fidelity"), dict),
    **dict.fromkeys(("derivatives", "ensembles", "removals"), dict),
    **dict.fromkeys(("found", "history", "notes", "probes", "seeds"), list),
    **dict.fromkeys(("n_words", "dim"), int),
}
_NAMES = {str: "text", dict: "mapping", list: "list", int: "whole number"}
_ADVICE = "Export or import the model again; for a sample model run 'make samples'."
_MAX_CARD_BYTES = 10_000_000
_MAX_ROWS = 20_000_000  # of a table
_INNERMOST = re.compile(r"[\[{][^\[\]{}]*[\]}]")  # JSON strings hold no line breaks
_SEED_NAME = re.compile(r"seed_([0-9]{1,18})\.centre_vectors")

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model with its card.

    Parameters
    ----------
    card : free keys ``title``, ``description``, ``licence``, ``corpus`` (``name``,
        ``content_hash``, ``title``, ``source``), ``quality`` and others for people to read;
        ``save_bundle`` writes ``format_version``, ``name``, ``settings``, ``seeds``,
        ``corpus_hash`` and ``files``
    map : coordinates, a row a word, columns MAP_COLUMNS, or None
    path : the folder that it was loaded from, or None
    """

    model: SkipGram
    card: Mapping[str, Any] = field(default_factory=dict)
    map: pd.DataFrame | None = None
    path: Path | None = None

    @property
    def has_fitted_contexts(self) -> bool:
        """Whether its context vectors are not those of its training, but fitted to the text."""
        return self.card.get("context_vectors") == "fitted"

    @property
    def is_of_lines(self) -> bool:
        """Whether its training took each line of its text by itself; what the card says of it."""
        return self.card.get("is_of_lines") is True

    @property
    def has_assumed_settings(self) -> bool:
        """Whether nobody said how the model was trained, and usual settings stand in."""
        return self.card.get("settings_are") == "assumed"


def save_bundle(
    bundle: Bundle, path: Path, dtype: Literal["float16", "float32"] = "float16"
) -> None:
    """Write a bundle; a folder at ``path`` stays until the new one is complete.

    Raises InputError where a number is not finite as ``dtype``, the map does not fit the model or
    the folder holds other files than ``BUNDLE_FILES``, StorageError where the disk is full.
    """
    model = bundle.model
    arrays = {"centre_vectors": model.centre_vectors}
    if model.context_vectors is not None:
        arrays["context_vectors"] = model.context_vectors
    arrays |= {f"seed_{n}.centre_vectors": v for n, v in model.other_seeds.items()}
    with replace_directory(Path(path), BUNDLE_FILES) as folder:
        on_disk = {name: _shrink(name, array, dtype) for name, array in arrays.items()}
        save_file(on_disk, folder / _VECTORS)
        words = pd.Series(list(model.vocabulary.words), dtype="str")
        vocabulary = pd.DataFrame({"word": words, "count": model.vocabulary.counts})
        vocabulary.to_parquet(folder / _VOCABULARY, compression="zstd", index=False)
        if bundle.map is not None:
            _map_to_write(bundle.map, model.n_words).to_parquet(
                folder / _MAP, compression="zstd", index=False
            )
        files = {file.name: checksum_file(file) for file in sorted(folder.iterdir())}
        write_card(folder, complete_card(bundle, files))


def _shrink(name: str, array: FloatArray, dtype: str) -> npt.NDArray[Any]:
    with np.errstate(over="ignore"):
        small = np.ascontiguousarray(array, dtype=dtype)
    if not np.isfinite(small).all():
        raise InputError(
            f"{name} holds numbers that are not finite as {dtype}, so it cannot be saved."
            f" {'Save it as float32.' if np.isfinite(array).all() else 'Train the model again.'}"
        )
    return small


def _map_to_write(table: pd.DataFrame, n_words: int) -> pd.DataFrame:
    if len(table) != n_words or not set(MAP_COLUMNS) <= set(table.columns):
        raise InputError(
            f"the map has {len(table):,} rows and the columns {', '.join(map(str, table.columns))};"
            f" it needs {n_words:,} rows and {', '.join(MAP_COLUMNS)}."
        )
    types = {c: "int32" if c == "cluster" else "float32" for c in MAP_COLUMNS}
    return table[list(MAP_COLUMNS)].astype(types).reset_index(drop=True)


def complete_card(bundle: Bundle, files: Mapping[str, str]) -> dict[str, Any]:
    """The content of card.json; ``files`` maps file names to checksums."""
    model = bundle.model
    return {
        **bundle.card,
        "format_version": FORMAT_VERSION,
        "name": model.name,
        "n_words": model.n_words,
        "dim": model.dim,
        "settings": None if model.settings is None else model.settings.to_dict(),
        "corpus_hash": model.corpus_hash,
        "seeds": [
            *([] if model.settings is None else [model.settings.seed]),
            *model.other_seeds,
        ],
        "files": dict(files),
    }


def load_bundle(path: Path) -> Bundle:
    """Read a bundle. Raises FormatError, which names the faulty file and what to do."""
    path = Path(path)
    card = read_card(path)
    for name in card["files"].keys() - _READ_LATER:
        verify_file(path, name, card["files"][name])
    vocabulary = _read_vocabulary(path / _VOCABULARY)
    arrays = _read_vectors(path / _VECTORS, len(vocabulary))
    model = SkipGram(
        name=card["name"],
        vocabulary=vocabulary,
        centre_vectors=arrays["centre_vectors"],
        context_vectors=arrays.get("context_vectors"),
        settings=_read_settings(path, card),
        corpus_hash=card.get("corpus_hash"),
        other_seeds={
            int(match[1]): array
            for name, array in arrays.items()
            if (match := _SEED_NAME.fullmatch(name))
        },
    )
    table = _read_map(path / _MAP, len(vocabulary)) if _MAP in card["files"] else None
    return Bundle(model, card, table, path)


def write_card(path: Path, card: Mapping[str, Any]) -> None:
    """Write ``card.json`` into the folder of a bundle, atomically; innermost lists on one line."""
    text = json.dumps(card, indent=1, ensure_ascii=False)
    short = _INNERMOST.sub(lambda found: re.sub(r"\n *", " ", found[0]), text)
    with replace_file(path / "card.json") as file:
        file.write_text(f"{short}\n", "utf-8")
        file.chmod(0o644)  # as the other files; a temporary file is private


def read_card(path: Path) -> dict[str, Any]:
    file = path / "card.json"
    try:
        card = read_json(file, _MAX_CARD_BYTES)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FormatError(
            f"{path} is not a model bundle: it has no card.json. Give the folder that holds it."
        ) from error
    except (OSError, ValueError) as error:
        raise FormatError(f"{file} is damaged: it is no JSON text ({error}). {_ADVICE}") from error
    if not isinstance(card, dict) or not isinstance(card.get("format_version"), int):
        raise FormatError(f"{file} is not the card of a model: it has no format_version. {_ADVICE}")
    if card["format_version"] != FORMAT_VERSION:
        raise FormatError(
            f"{file} has format_version {card['format_version']}, this program reads"
            f" {FORMAT_VERSION}. Update CLIF Dashboard, or export the model with this version."
        )
    files = card.get("files")
    if not isinstance(card.get("name"), str) or not isinstance(files, dict):
        raise FormatError(f"{file} lacks 'name' or 'files'. {_ADVICE}")
    if not isinstance(card.get("corpus_hash"), str | None):
        raise FormatError(f"{file} has a corpus_hash that is no text. {_ADVICE}")
    for key, kind in _KINDS.items():
        if not isinstance(card.get(key), kind | None):
            raise FormatError(f"{key} in {file} is {card[key]!r:.80}, no {_NAMES[kind]}. {_ADVICE}")
    if not all(isinstance(step, dict) for step in card.get("history") or ()):
        raise FormatError(f"history in {file} holds a step that is no mapping. {_ADVICE}")
    missing = _NEEDED - set(files)
    unknown = set(files) - _NEEDED - _OPTIONAL
    if missing or unknown:
        raise FormatError(
            f"{file} lists {', '.join(map(repr, sorted(files)))} as files; needed are {_VECTORS}"
            f" and {_VOCABULARY}, allowed besides are {', '.join(sorted(_OPTIONAL))}, all in the"
            f" bundle's own folder. {_ADVICE}"
        )
    return card


def verify_file(path: Path, name: str, checksum: str) -> None:
    """Raise FormatError unless a file of the bundle at ``path`` is there and as on its card."""
    file = path / name
    if not file.resolve().is_relative_to(path.resolve()):
        raise FormatError(f"{file} points out of the bundle's folder: not allowed. {_ADVICE}")
    try:
        _require_regular(file)
        is_whole = checksum_file(file) == checksum
    except OSError as error:
        raise FormatError(f"{file} is missing or cannot be read. {_ADVICE}") from error
    if not is_whole:
        raise FormatError(f"{file} is damaged: its checksum differs from the card's. {_ADVICE}")


def _require_regular(file: Path) -> None:
    """Raise OSError where a pipe or a device, which may never end, is in the place of a file."""
    if file.exists() and not file.is_file():
        raise OSError(f"{file.name} is no regular file")


def read_table(file: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Columns of a Parquet file of a bundle. Raises FormatError where it lacks them."""
    try:
        n_rows = pq.read_metadata(file).num_rows
        if n_rows > _MAX_ROWS:
            raise ValueError(f"{n_rows:,} rows; allowed are {_MAX_ROWS:,}")
        table = pd.read_parquet(file, columns=list(columns))
        return table[list(columns)]  # the file may tell pandas other names for them
    except (ArrowException, OSError, ValueError, KeyError) as error:
        raise FormatError(
            f"{file} is no Parquet table with the columns {', '.join(columns)} ({error}). {_ADVICE}"
        ) from error


def _read_vocabulary(file: Path) -> Vocabulary:
    table = read_table(file, ("word", "count"))
    try:
        words = table["word"].tolist()
    except ValueError as error:
        raise FormatError(f"{file} has a word that is not UTF-8 ({error}). {_ADVICE}") from error
    if not all(isinstance(word, str) and word for word in words):
        raise FormatError(f"{file} has a word that is empty or no text. {_ADVICE}")
    if table["word"].duplicated().any():
        word = table["word"][table["word"].duplicated()].iloc[0]
        raise FormatError(f"{file} has the word {word!r} twice; words must differ. {_ADVICE}")
    counts = table["count"]
    if not pd.api.types.is_integer_dtype(counts) or (counts < 0).any():
        raise FormatError(f"{file} has counts that are not whole numbers from 0 up. {_ADVICE}")
    return Vocabulary(tuple(words), counts.to_numpy(np.int64))


def _read_vectors(file: Path, n_words: int) -> dict[str, FloatArray]:
    """All matrices as float32, each (n_words, dim)."""
    try:
        raw = load_file(file)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise FormatError(f"{file} is no safetensors file ({error}). {_ADVICE}") from error
    if "centre_vectors" not in raw:
        raise FormatError(f"{file} has no centre_vectors, only {', '.join(raw) or 'nothing'}.")
    shape = (n_words, raw["centre_vectors"].shape[-1])
    for name, array in raw.items():
        if name not in ("centre_vectors", "context_vectors") and not _SEED_NAME.fullmatch(name):
            raise FormatError(f"{file} has the unknown array {name!r}. {_ADVICE}")
        if array.shape != shape or not shape[0] or not shape[1] or array.dtype.kind != "f":
            raise FormatError(
                f"{name} in {file} is {array.dtype} of shape {array.shape}; it must be floating"
                f" point of shape {shape}, a row for each word of {_VOCABULARY}. {_ADVICE}"
            )
        if not np.isfinite(array).all():
            row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
            raise FormatError(
                f"{name} in {file} has a number that is not finite in row {row}. {_ADVICE}"
            )
    return {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in raw.items()}


def _read_settings(path: Path, card: Mapping[str, Any]) -> TrainingSettings | None:
    settings = card.get("settings")
    if settings is None:
        return None
    try:
        return TrainingSettings.from_dict(settings)
    except (InputError, TypeError) as error:
        raise FormatError(f"the settings in {path / 'card.json'} are wrong: {error}") from error


def _read_map(file: Path, n_words: int) -> pd.DataFrame:
    table = read_table(file, MAP_COLUMNS)
    if len(table) != n_words:
        raise FormatError(f"{file} has {len(table):,} rows for {n_words:,} words. {_ADVICE}")
    if not np.isfinite(table.to_numpy(np.float64)).all():
        raise FormatError(f"{file} has a coordinate that is not finite. {_ADVICE}")
    return table
