"""A corpus on disk: a folder of Parquet files with a ``corpus.json`` that holds their checksums."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyarrow import ArrowException

from clif_core.errors import FormatError, InputError
from clif_core.storage.files import checksum_file, replace_directory
from clif_core.storage.json_files import read_json
from clif_core.storage.store import Store, make_key
from clif_core.storage.write_errors import unless_refused
from clif_core.text.corpus import Corpus, hash_content
from clif_core.text.metadata import FIRST_SENTENCE, FIRST_TOKEN
from clif_core.text.token_rule import TokenRule

__all__ = ["CORPUS_FILES", "LARGE", "load_corpus", "save_corpus"]

Columns = tuple[npt.NDArray[np.int32], ...]

FORMAT_VERSION = 1
_ADVICE = "Build the corpus again: 'make samples' for a sample, 'clif train' for your own text."
_TABLES = ("documents", "sentences", "words", "tokens")
#: Tokens of a text that is worth mapping; of a smaller one reading is as quick.
LARGE = 500_000
_COLUMNS = ("word", "start", "end")  # of tokens
#: The names of the files of a corpus.
CORPUS_FILES = frozenset({"corpus.json", *(f"{table}.parquet" for table in _TABLES)})


def save_corpus(corpus: Corpus, path: Path) -> None:
    """Write a corpus as a folder; one that is there stays until the new one is complete."""
    tables = {
        "documents": corpus.documents.assign(**{FIRST_SENTENCE: corpus.document_offsets[:-1]}),
        "sentences": corpus.sentences.assign(**{FIRST_TOKEN: corpus.sentence_offsets[:-1]}),
        "words": pd.DataFrame({"word": list(corpus.words)}, dtype="str"),
        "tokens": pd.DataFrame(
            {
                "word": corpus.token_words,
                "start": corpus.token_starts,
                "end": corpus.token_ends,
            }
        ),
    }
    with replace_directory(Path(path), CORPUS_FILES) as folder:
        for table, frame in tables.items():
            frame.to_parquet(folder / f"{table}.parquet", compression="zstd", index=False)
        card = {
            "format_version": FORMAT_VERSION,
            "name": corpus.name,
            "content_hash": corpus.content_hash,
            "n_documents": corpus.n_documents,
            "n_sentences": corpus.n_sentences,
            "n_tokens": corpus.n_tokens,
            "about": dict(corpus.about),
            "token_rule": corpus.token_rule.to_dict(),
            "files": {t: checksum_file(folder / f"{t}.parquet") for t in _TABLES},
        }
        (folder / "corpus.json").write_text(json.dumps(card, indent=1), "utf-8")


def load_corpus(path: Path, store: Store | None = None) -> Corpus:
    """Read a folder that ``save_corpus`` wrote; raises FormatError where a file has changed.

    The content hash is computed again, so that no text is taken for another one. With a ``store``
    that is done once for files of these checksums, and the columns of tokens are mapped from there.
    """
    path = Path(path)
    card = _read_card(path)
    try:
        rule = TokenRule.from_dict(card.get("token_rule", {}))
        key = make_key("columns", name=card["name"], files=card["files"], rule=rule.to_dict())
        known = _read_columns(store, key)
        frames = {table: _read_table(path, table, card) for table in _TABLES if table != "tokens"}
        columns = _token_columns(path, card) if known is None else known[0]
        parts = _parts(frames, columns)
        if known is None:
            content_hash = hash_content(card["name"], *parts, rule=rule)
            columns = _keep_columns(store, key, columns, content_hash)
            parts = (*parts[:3], *columns, *parts[6:])
        else:
            content_hash = known[1]
    except (InputError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(
            f"the tables in {path} are not those of a corpus ({error!r:.200}). {_ADVICE}"
        ) from error
    if content_hash != card["content_hash"]:
        raise FormatError(
            f"{path / 'corpus.json'} names the content hash {card['content_hash']!r:.80}, its"
            f" tables have {content_hash!r}. {_ADVICE}"
        )
    return Corpus(*(card["name"], *parts, content_hash, card["about"], rule))


def _token_columns(path: Path, card: Mapping[str, Any]) -> Columns:
    """The columns of the table of tokens: word, start, end."""
    tokens = _read_table(path, "tokens", card)
    return tuple(tokens[name].to_numpy(np.int32) for name in _COLUMNS)


def _read_columns(store: Store | None, key: str) -> tuple[Columns, str] | None:
    """The columns of tokens and the content hash of the text, where they were stored."""
    content_hash = None if store is None else store.get_json(key)
    arrays = None if store is None else store.get_arrays(key, is_mapped=True)
    if arrays is None or not isinstance(content_hash, str) or set(arrays) != set(_COLUMNS):
        return None
    return tuple(arrays[name] for name in _COLUMNS), content_hash


def _keep_columns(store: Store | None, key: str, columns: Columns, content_hash: str) -> Columns:
    """Store the columns of tokens; the same as they lie on the disk, where they could be stored."""
    if store is None or len(columns[0]) < LARGE:
        return columns
    with unless_refused():  # a folder that is read-only still holds a text
        store.put_arrays(key, dict(zip(_COLUMNS, columns, strict=True)))
        store.put_json(key, content_hash)
    kept = _read_columns(store, key)
    return columns if kept is None else kept[0]


def _parts(frames: Mapping[str, pd.DataFrame], columns: Columns) -> tuple[Any, ...]:
    """What a corpus is made of, from its tables, in the order of ``Corpus``."""
    documents, sentences = frames["documents"], frames["sentences"]
    first_sentences = documents.pop(FIRST_SENTENCE).to_numpy(np.int64)
    first_tokens = sentences.pop(FIRST_TOKEN).to_numpy(np.int64)
    return (
        documents,
        sentences,
        tuple(frames["words"]["word"]),
        *columns,
        np.append(first_tokens, len(columns[0])),
        np.append(first_sentences, len(sentences)),
    )


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = read_json(path / "corpus.json")
        version = card["format_version"]
        kinds = {"name": str, "content_hash": str, "about": dict, "files": dict}
        wrong = [key for key, kind in kinds.items() if not isinstance(card[key], kind)]
        if wrong or set(card["files"]) != {*_TABLES}:
            raise KeyError((wrong or ["files"])[0])
    except FileNotFoundError as error:
        raise FormatError(f"{path} is not a corpus: it has no corpus.json. {_ADVICE}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FormatError(f"{path / 'corpus.json'} is damaged ({error!r}). {_ADVICE}") from error
    if version != FORMAT_VERSION:
        raise FormatError(
            f"the corpus at {path} has format version {version}, this program reads"
            f" {FORMAT_VERSION}. {_ADVICE}"
        )
    return dict(card)


def _read_table(path: Path, table: str, card: Mapping[str, Any]) -> pd.DataFrame:
    file = path / f"{table}.parquet"
    try:
        is_whole = checksum_file(file) == card["files"][table]
    except OSError as error:
        raise FormatError(f"{file} is missing or cannot be read ({error.strerror}).") from error
    if not is_whole:
        raise FormatError(
            f"{file} is damaged: its checksum differs from the one in corpus.json. Build the"
            " corpus again."
        )
    try:
        return pd.read_parquet(file)
    except (ArrowException, OSError, ValueError) as error:
        raise FormatError(f"{file} is no Parquet table ({error!r:.200}). {_ADVICE}") from error
