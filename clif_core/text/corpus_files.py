"""A corpus on disk: a folder of Parquet files with a ``corpus.json`` that holds their checksums."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from clif_core.errors import FormatError, InputError
from clif_core.storage.files import checksum_file, replace_directory
from clif_core.storage.json_files import read_json
from clif_core.text.corpus import Corpus, hash_content
from clif_core.text.metadata import FIRST_SENTENCE, FIRST_TOKEN
from clif_core.text.token_rule import TokenRule

__all__ = ["CORPUS_FILES", "load_corpus", "save_corpus"]

FORMAT_VERSION = 1
_ADVICE = "Build the corpus again: 'make samples' for a sample, 'clif train' for your own text."
_TABLES = ("documents", "sentences", "words", "tokens")
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


def load_corpus(path: Path) -> Corpus:
    """Read a folder that ``save_corpus`` wrote; raises FormatError where a file has changed.

    The content hash is computed again, so that no text is taken for another one.
    """
    path = Path(path)
    card = _read_card(path)
    frames = {table: _read_table(path, table, card) for table in _TABLES}
    try:
        rule = TokenRule.from_dict(card.get("token_rule", {}))
        parts = _parts(frames)
        content_hash = hash_content(card["name"], *parts, rule=rule)
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


def _parts(frames: Mapping[str, pd.DataFrame]) -> tuple[Any, ...]:
    """What a corpus is made of, from its tables, in the order of ``Corpus``."""
    documents, sentences, tokens = frames["documents"], frames["sentences"], frames["tokens"]
    first_sentences = documents.pop(FIRST_SENTENCE).to_numpy(np.int64)
    first_tokens = sentences.pop(FIRST_TOKEN).to_numpy(np.int64)
    return (
        documents,
        sentences,
        tuple(frames["words"]["word"]),
        *(tokens[name].to_numpy(np.int32) for name in ("word", "start", "end")),
        np.append(first_tokens, len(tokens)),
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
