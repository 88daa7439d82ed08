"""Imports a model of the user's own from files.

Only the centre vectors are required. Influence also needs the context vectors, the training text
and the settings of the training; without them the card's ``notes`` say what still works. A text
with few words of the model is refused, because the model was not trained on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clif_core.errors import FormatError, InputError
from clif_core.progress import Progress, scaled, silent
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import FloatArray, IntArray, SkipGram, Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.vector_files import VectorFile, open_vectors, show_bytes
from clif_core.storage.gzipped import MAX_TEXT_BYTES, iterate_lines, show_name
from clif_core.text.corpus import Corpus
from clif_core.text.coverage import Coverage, measure_coverage
from clif_core.text.readers.options import TextOptions
from clif_core.text.readers.own import read_own_text
from clif_core.text.readers.sources import Given
from clif_core.text.token_rule import TokenRule
from clif_core.workspace.names import check_model_name

if TYPE_CHECKING:
    from clif_core.sgns.fitted_contexts import Keep

__all__ = ["align_vectors", "import_model", "read_counts"]

_TEXT_SHARE = 0.7  # of the time for a text and for context vectors that are fitted to it
_LEAST_COVERAGE = 0.05
_MAX_COUNTS_LINE = 10_000  # bytes
_MAX_TOTAL = 10**18  # of all counts; they are added as int64
_NAMED = re.compile(r"\b(?:count|counts|frequency|freq|n)\W*\Z")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,19}")
_NO_CONTEXT = (
    "No context vectors: search, neighbours, the map and probes work; influence does not. Add the"
    " output matrix as a second file to compute it."
)
_FITTED = (
    "The file has no context vectors, so they were fitted to the text with the centre vectors held"
    " fixed: influence follows these, not those of the training. Where the output matrix is at"
    " hand, add it as a second file."
)
_ASSUMED = (
    "How the model was trained is not known. gensim's usual settings were assumed: window 5, 5"
    " noise words a pair, subsampling threshold 0.001. Influence depends on them; where they are"
    " known, import the model again with them."
)
_NO_CORPUS = "No training text: probes work, but there are no sentences to attribute them to."
_NO_SETTINGS = (
    "The training settings are unknown, so influence is refused until window, n_negatives and"
    " subsampling_threshold are given."
)
_NO_COUNTS = (
    "Word counts are unknown and shown as 0. The words keep the order of the file, and their rank"
    " in it stands for frequency wherever words of like frequency are drawn."
)
#: What an exported card says of its own files, and not of the model.
_NOT_TAKEN = frozenset(
    {
        "name",
        "content_hash",
        "format_version",
        "found",
        "notes",
        "derivatives",
        "ensembles",
        "removals",
        "context_vectors",
        "settings_are",
    }
)


def import_model(
    name: str,
    vectors_path: Path | VectorFile,
    context_path: Path | VectorFile | None = None,
    corpus_path: Given | None = None,
    counts_path: Path | None = None,
    settings: TrainingSettings | Mapping[str, Any] | None = None,
    options: TextOptions | None = None,
    title: str = "",
    licence: str = "",
    max_vector_bytes: int | None = None,
    max_text_bytes: int | None = None,
    corpus: Corpus | None = None,
    rule: TokenRule | None = None,
    is_context_fitted: bool = True,
    are_settings_assumed: bool = False,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> tuple[Bundle, Corpus | None]:
    """Read files of vectors and a text; returns a bundle, and the corpus where a text is given.

    Vectors are of any format that ``open_vectors`` reads, or read by it already. What their file
    holds besides (counts, context vectors, settings, a card) is used where nothing else is given.
    ``corpus_path``: what ``read_own_text`` takes, read by ``options``; pass a text of another
    format as ``corpus``. ``rule`` parts the text of ``corpus_path`` into words; None: the one that
    finds the model's. Counts come from ``counts_path``, else from the file, else from the corpus,
    else they are 0; words are sorted by count. Where text and settings are there and no context
    vectors, these are fitted to the text (``sgns.fitted_contexts``), unless ``is_context_fitted``
    is false. ``max_vector_bytes``, ``max_text_bytes``: None: what the memory of this machine can
    hold. ``settings`` that are left out have gensim's defaults; ``dim`` is that of the file.
    ``are_settings_assumed``: take those defaults where a text is there and nothing says how the
    model was trained; the card says so. ``keep``: as of ``fit_to_text``.
    Raises InputError and FormatError.
    """
    check_model_name(name)
    report = progress or silent
    centre = _open(vectors_path, max_vector_bytes)
    context = centre.context_vectors
    if context_path is not None:
        context = align_vectors(centre, _open(context_path, max_vector_bytes))
    if corpus_path is not None and corpus is None:
        told = scaled(report, 0.0, _TEXT_SHARE)
        how = (options or TextOptions()).beside(centre.is_of_lines)
        corpus = read_own_text(corpus_path, name, max_text_bytes, how, rule, centre.words, told)
    coverage = _require_coverage(centre.words, corpus) if corpus is not None else None
    counts, source = _find_counts(centre, counts_path, corpus)
    known = centre.settings if settings is None else settings
    is_assumed = are_settings_assumed and known is None and corpus is not None
    order = np.argsort(-counts, kind="stable")
    model = SkipGram(
        name=name,
        vocabulary=Vocabulary(tuple(centre.words[i] for i in order), counts[order]),
        centre_vectors=centre.vectors[order],
        context_vectors=None if context is None else context[order],
        settings=_complete_settings({} if is_assumed else known, centre.vectors.shape[1]),
        corpus_hash=centre.card.get("corpus_hash") if corpus is None else corpus.content_hash,
    )
    is_fitted = _can_fit(model, corpus) and is_context_fitted
    if is_fitted:
        assert corpus is not None
        from clif_core.sgns.fitted_contexts import fit_to_text  # brings numba

        model = fit_to_text(model, corpus, scaled(report, _TEXT_SHARE, 1.0), keep)
    card = _write_card(model, title, licence, source, corpus, coverage)
    was_fitted = context_path is None and centre.card.get("context_vectors") == "fitted"
    if is_fitted or was_fitted:
        card |= {"context_vectors": "fitted", "notes": [*card["notes"], _FITTED]}
    if is_assumed:
        card |= {"settings_are": "assumed", "notes": [*card["notes"], _ASSUMED]}
    return Bundle(model, _with_card_of_file(card, centre, title)), corpus


def _can_fit(model: SkipGram, corpus: Corpus | None) -> bool:
    return (
        model.context_vectors is None
        and model.settings is not None
        and corpus is not None
        and model.vocabulary.has_counts
    )


def _open(vectors: Path | VectorFile, max_bytes: int | None) -> VectorFile:
    if isinstance(vectors, VectorFile):
        return vectors
    return open_vectors(vectors, max_bytes=max_bytes)


def _with_card_of_file(card: dict[str, Any], centre: VectorFile, title: str) -> dict[str, Any]:
    """The card with what was found in the file, over the card that the file brings."""
    old = {key: value for key, value in centre.card.items() if key not in _NOT_TAKEN}
    given = {key: value for key, value in card.items() if value != ""}
    title = title or str(old.get("title") or card["title"])
    found = {"found": list(centre.found.lines)} if centre.found.kind else {}
    lines = {"is_of_lines": True} if centre.is_of_lines else {}
    return {**old, **(given if old else card), "title": title, **found, **lines}


def align_vectors(centre: VectorFile, context: VectorFile) -> FloatArray:
    """The context vectors in the order of the centre vectors' words, (n_words, dim).

    Words that only the second file has are dropped; FormatError names those that it lacks.
    """
    dim, other_dim = centre.vectors.shape[1], context.vectors.shape[1]
    if dim != other_dim:
        raise FormatError(
            f"the centre vectors have {dim} dimensions and the context vectors {other_dim}; both"
            " must come from the same training."
        )
    rows = {word: i for i, word in enumerate(context.words)}
    _require_all(centre.words, rows, "the file of context vectors")
    return context.vectors[[rows[word] for word in centre.words]]


def read_counts(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> dict[str, int]:
    """Word -> count, from lines "word count" as word2vec's -save-vocab writes them.

    The first line may name the columns, a comma or a semicolon may part them, and the count may
    come first, as ``uniq -c`` writes it.

    Raises FormatError, which names the line, where a count is no whole number, a word comes twice,
    or the file ends inside a line, so that its last count may be cut.
    """
    path, counts, total = Path(path), dict[str, int](), 0
    for number, line, is_ended in iterate_lines(path, max_bytes, _MAX_COUNTS_LINE):
        word, count, fault = _split_count(line)
        if fault and number == 1 and _NAMED.search(line.lower()):
            continue
        if not fault and not is_ended:
            fault = "the file ends inside this line: copy it again, or end it with a line break"
        if not fault and word in counts:
            fault = "the word came before"
        if fault or (total := total + count) > _MAX_TOTAL:
            raise FormatError(
                f"line {number} of {show_name(path)} must be a word, a blank and its count, but is"
                f" {show_bytes(line.encode())} ({fault or f'the sum passes {_MAX_TOTAL:,}'})."
            )
        counts[word] = count
    return counts


def _split_count(line: str) -> tuple[str, int, str]:
    """(word, count, what is wrong) of a line of a file of counts."""
    parts = line.rsplit(maxsplit=1)
    last = parts[-1] if parts else ""
    if len(parts) < 2 or not _WHOLE_NUMBER.fullmatch(last):
        other = next((s for s in ",;" if s in line), None)
        parts = line.strip().rsplit(other, 1) if other else line.split(maxsplit=1)[::-1]
        parts = [part.strip().strip('"') for part in parts]
    if len(parts) < 2:
        return "", 0, "it has one part"
    if not parts[0] or not _WHOLE_NUMBER.fullmatch(parts[1]):
        return "", 0, f"{last[:30]!r} is no whole number from 0 up"
    return parts[0], int(parts[1]), ""


def _require_coverage(words: Sequence[str], corpus: Corpus) -> Coverage:
    coverage = measure_coverage(words, corpus)
    if coverage.token_share >= _LEAST_COVERAGE:
        return coverage
    frequent = np.bincount(corpus.token_words).argsort(kind="stable")[::-1][:5]
    why = " ".join(coverage.token_lines[:2])
    raise InputError(
        f"the model and the text do not belong together: {coverage.sentence} The model has"
        f" {', '.join(map(repr, words[:5]))}, the text most often"
        f" {', '.join(repr(corpus.words[w]) for w in frequent)}. {why} Give the text that the model"
        " was trained on, choose how its words are parted, or import the model without text."
    )


def _find_counts(
    centre: VectorFile, path: Path | None, corpus: Corpus | None
) -> tuple[IntArray, str]:
    words = centre.words
    if path is not None:
        known = read_counts(path)
        _require_all(words, known, "the file of counts")
        return np.array([known[word] for word in words], dtype=np.int64), "file"
    if centre.counts is not None and centre.counts.any():
        return centre.counts, "file"
    if corpus is not None:
        return _count(words, corpus), "corpus"
    return np.zeros(len(words), dtype=np.int64), "unknown"


def _count(words: Sequence[str], corpus: Corpus) -> npt.NDArray[np.int64]:
    n_by_type = np.bincount(corpus.token_words, minlength=len(corpus.words))
    count_of = dict(zip(corpus.words, n_by_type.tolist(), strict=True))
    return np.array([count_of.get(word, 0) for word in words], dtype=np.int64)


def _require_all(words: Sequence[str], known: Mapping[str, int], what: str) -> None:
    missing = [word for word in words if word not in known]
    if missing:
        shown = ", ".join(map(repr, missing[:5])) + (" ..." if len(missing) > 5 else "")
        raise FormatError(
            f"{what} lacks {len(missing):,} of the {len(words):,} words of the centre vectors:"
            f" {shown}. Give the file of the same training."
        )


def _complete_settings(
    settings: TrainingSettings | Mapping[str, Any] | None, dim: int
) -> TrainingSettings | None:
    if settings is None:
        return None
    if isinstance(settings, TrainingSettings):
        return replace(settings, dim=dim)
    return TrainingSettings.from_dict({"backend": "unknown", **settings, "dim": dim})


def _write_card(
    model: SkipGram,
    title: str,
    licence: str,
    counts_source: str,
    corpus: Corpus | None,
    coverage: Coverage | None,
) -> dict[str, Any]:
    notes = [coverage.sentence, *coverage.lines] if coverage is not None else [_NO_CORPUS]
    notes += [_NO_CONTEXT] if model.context_vectors is None else []
    notes += [_NO_SETTINGS] if model.settings is None else []
    notes += [_NO_COUNTS] if counts_source == "unknown" else []
    card: dict[str, Any] = {
        "title": title or model.name,
        "licence": licence,
        "kind": "own",
        "counts": counts_source,
        "notes": notes,
    }
    if corpus is not None and coverage is not None:
        card["coverage"] = {"tokens": coverage.token_share, "words": coverage.word_share}
        card["corpus"] = {
            "name": corpus.name,
            "content_hash": corpus.content_hash,
            "title": corpus.about.get("title", corpus.name),
            "source": corpus.about.get("source", ""),
            "token_rule": corpus.token_rule.to_dict(),
        }
    return card
