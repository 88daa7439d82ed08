"""A model as files that other programs read, with its card beside it.

    word2vec          text: centre vectors, a line a word            .txt
    word2vec-binary   the same in word2vec's binary format           .bin
    safetensors       centre_vectors and, where there are any, context_vectors, (n_words, dim)
                      float32; words, counts and the card in the file's metadata

FILE.card.json describes the model: its settings and its ``history`` (which text was removed or
fine-tuned on, by which estimator it was chosen, from which parent). word2vec's formats hold neither
counts nor context vectors; safetensors loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from clif_core.errors import FormatError, InputError
from clif_core.sgns.bundle import Bundle, complete_card
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.word2vec import write_word2vec
from clif_core.storage.files import replace_file, temporary_folder
from clif_core.storage.gzipped import is_encodable

__all__ = [
    "KINDS",
    "ExportKind",
    "export_bytes",
    "export_model",
    "kind_of",
    "read_safetensors",
    "suffix_of",
]

ExportKind = Literal["word2vec", "word2vec-binary", "safetensors"]
KINDS: tuple[ExportKind, ...] = get_args(ExportKind)
_FAULTS = (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError, InputError)
_SUFFIXES: dict[str, ExportKind] = {
    ".txt": "word2vec",
    ".bin": "word2vec-binary",
    ".safetensors": "safetensors",
    ".vec": "word2vec",
    ".w2v": "word2vec",
}


def suffix_of(kind: str) -> str:
    """The usual ending of a file of that kind, such as ".bin"."""
    for suffix, known in _SUFFIXES.items():
        if known == kind:
            return suffix
    raise InputError(f"a model is exported as one of {', '.join(KINDS)}, got {kind!r}.")


def kind_of(path: Path) -> ExportKind:
    """The kind that the ending of a file's name means; ".gz" may follow a word2vec ending."""
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if suffix not in _SUFFIXES or (path.suffix == ".gz" and suffix == ".safetensors"):
        raise InputError(
            f"{path.name!r} does not tell its format; end it in {', '.join(_SUFFIXES)}, or give"
            f" the kind: {', '.join(KINDS)}."
        )
    return _SUFFIXES[suffix]


def export_model(bundle: Bundle, path: Path, kind: str | None = None) -> Path:
    """Write the model, and its card beside it; ``kind`` None: by the ending of the file's name.

    Raises InputError where the kind is unknown or a word does not fit the format, StorageError
    where the disk is full.
    """
    path = Path(path)
    _write(bundle, path, kind_of(path) if kind is None else kind)
    with replace_file(path.with_name(f"{path.name}.card.json")) as temporary:
        temporary.write_text(
            json.dumps(_card(bundle), indent=1, ensure_ascii=False) + "\n", "utf-8"
        )
    return path


def export_bytes(bundle: Bundle, kind: str) -> bytes:
    """The content of the file that ``export_model`` writes."""
    with temporary_folder() as folder:
        path = folder / f"model{suffix_of(kind)}"
        _write(bundle, path, kind)
        return path.read_bytes()


def _write(bundle: Bundle, path: Path, kind: str) -> None:
    suffix_of(kind)  # refuses an unknown kind
    model = bundle.model
    if kind == "safetensors":
        arrays = {"centre_vectors": np.ascontiguousarray(model.centre_vectors, np.float32)}
        if model.context_vectors is not None:
            arrays["context_vectors"] = np.ascontiguousarray(model.context_vectors, np.float32)
        metadata = {
            "words": json.dumps(list(model.vocabulary.words), ensure_ascii=False),
            "counts": json.dumps(model.vocabulary.counts.tolist()),
            "card": json.dumps(_card(bundle), ensure_ascii=False),
        }
        with replace_file(path) as temporary:
            save_file(arrays, temporary, metadata=metadata)
    else:
        words, is_binary = model.vocabulary.words, kind == "word2vec-binary"
        write_word2vec(path, words, model.centre_vectors, is_binary)


def _card(bundle: Bundle) -> dict[str, Any]:
    card = complete_card(bundle, {})
    del card["files"]
    return {**card, "content_hash": bundle.model.content_hash}


def read_safetensors(path: Path, name: str = "") -> Bundle:
    """The model and its card from a safetensors export; ``name`` names the file in messages.

    Raises FormatError for a file that ``export_model`` did not write.
    """
    path = Path(path)
    name = name or path.name
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        words, counts = json.loads(metadata["words"]), json.loads(metadata["counts"])
        card = _read_card(metadata["card"])
        vocabulary = _vocabulary(words, counts)
        settings = card["settings"] and TrainingSettings.from_dict(card["settings"])
        model = _model(card, vocabulary, arrays, settings)
    except _FAULTS as error:
        raise FormatError(
            f"{name} is no model exported by 'clif export' as safetensors ({error!r:.200})."
            " Export it again, or give word2vec text or binary."
        ) from error
    return Bundle(model, card)


def _read_card(text: str) -> dict[str, Any]:
    card = json.loads(text)
    if not isinstance(card, dict) or not is_encodable(json.dumps(card, ensure_ascii=False)):
        raise ValueError("the card must be an object without halves of surrogate pairs")
    if not isinstance(card["name"], str) or not isinstance(card["corpus_hash"], str | None):
        raise ValueError("name and corpus_hash must be text")
    return card


def _vocabulary(words: Any, counts: Any) -> Vocabulary:
    if not isinstance(words, list) or not isinstance(counts, list) or len(words) != len(counts):
        raise ValueError("words and counts must be two lists of one length")
    if not all(isinstance(word, str) and word and is_encodable(word) for word in words):
        raise ValueError("a word is empty or no text")
    if not all(type(count) is int and count >= 0 for count in counts) or sum(counts) >= 2**63:
        raise ValueError("counts must be whole numbers from 0 up")
    if len(set(words)) != len(words) or not words:
        raise ValueError("there must be words, and they must differ")
    return Vocabulary(tuple(words), np.array(counts, dtype=np.int64))


def _model(
    card: Mapping[str, Any],
    vocabulary: Vocabulary,
    arrays: Mapping[str, Any],
    settings: TrainingSettings | None,
) -> SkipGram:
    shape = (len(vocabulary), card["dim"])
    for name, array in arrays.items():
        if name not in ("centre_vectors", "context_vectors"):
            raise ValueError(f"unknown array {name!r}")
        if (
            array.shape != shape
            or not array.size
            or array.dtype != np.float32
            or not np.isfinite(array).all()
        ):
            raise ValueError(f"{name} must be finite float32 of shape {shape}")
    return SkipGram(
        card["name"],
        vocabulary,
        arrays["centre_vectors"],
        arrays.get("context_vectors"),
        settings,
        card["corpus_hash"],
    )
