"""Plot summaries in the form of the CMU Movie Summary Corpus.

The paper's cluster experiment used the science-fiction plots of that corpus (Bamman, O'Connor &
Smith 2013). Its folder ``MovieSummaries`` holds, gzipped or not,

    plot_summaries.txt    movie id <tab> plot, a film a line
    movie.metadata.tsv    nine columns: movie id, Freebase id, name, release date, revenue,
                          run time, languages, countries, genres; the last three are JSON objects,
                          Freebase id -> name

Neither has a header row. The second file is optional; without it there are no names and no genres.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from clif_core.errors import FormatError, InputError
from clif_core.storage.gzipped import MAX_TEXT_BYTES, is_encodable, iterate_lines, show_name
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus

__all__ = ["read_plots"]

_PLOTS, _FILMS = "plot_summaries.txt", "movie.metadata.tsv"
_N_COLUMNS = 9
_MAX_FILMS = 1_000_000
_NAME, _DATE, _GENRES = 2, 3, 8
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class _Film:
    """The metadata of a film."""

    name: str
    year: str
    genres: tuple[str, ...]


def read_plots(
    path: Path,
    genre: str | None = None,
    name: str | None = None,
    max_bytes: int = MAX_TEXT_BYTES,
) -> Corpus:
    """The plots as a corpus, a document a film, from the folder or from the file of plots.

    Documents have ``movie`` (its id) and, where the metadata are in the same folder, ``year`` and
    ``genres`` (joined by "; "). ``genre`` selects the films of one genre, in upper or lower case,
    such as "Science Fiction". Raises InputError for an unknown genre, naming those that exist, and
    FormatError where the files are not of this form, or have more than ``max_bytes`` each.
    """
    plots = _find(Path(path), _PLOTS)
    if plots is None:
        raise FormatError(
            f"{path} holds no {_PLOTS} or {_PLOTS}.gz. Give the folder of the CMU Movie Summary"
            " Corpus, or its file of plots."
        )
    metadata = _find(plots.parent, _FILMS)
    films = {} if metadata is None else _read_films(metadata, max_bytes)
    if genre is not None:
        films = _select_genre(films, genre, plots.parent)
    documents = (
        _make_document(movie, text, films.get(movie))
        for movie, text in _iterate_plots(plots, max_bytes)
        if genre is None or movie in films
    )
    first = next(documents, None)
    if first is None:
        asked = "" if genre is None else f" of the genre {genre!r}"
        raise FormatError(f"{show_name(plots)} has no plots{asked}.")
    about = {
        "title": "Film plots" if genre is None else f"Film plots: {genre}",
        "licence": "CMU Movie Summary Corpus: Creative Commons Attribution-ShareAlike",
        "source": show_name(plots),
        "reader": "plots",
        "unit": "sentence",
    }
    return build_corpus(name or "plots", chain([first], documents), about, max_bytes=max_bytes)


def _find(path: Path, file: str) -> Path | None:
    """The file, or its gzipped form: ``path`` itself, or in the folder ``path``."""
    if path.is_file():
        return path
    return next((p for p in (path / file, path / f"{file}.gz") if p.is_file()), None)


def _iterate_plots(path: Path, max_bytes: int) -> Iterator[tuple[str, str]]:
    """(movie id, plot), in the order of the file."""
    for number, line, _ in iterate_lines(path, max_bytes):
        movie, tab, text = line.partition("\t")
        if not tab or not movie.strip().isdigit():
            raise FormatError(
                f"line {number} of {show_name(path)} must be a movie's number, a tab and its plot,"
                f" but is {line[:40]!r}."
            )
        yield movie.strip(), text.strip()


def _read_films(path: Path, max_bytes: int) -> dict[str, _Film]:
    """The metadata of the films, by movie id."""
    films: dict[str, _Film] = {}
    for number, line, _ in iterate_lines(path, max_bytes):
        where = f"line {number} of {show_name(path)}"
        n_columns = line.count("\t") + 1
        if n_columns != _N_COLUMNS:
            raise FormatError(f"{where} has {n_columns} columns, expected {_N_COLUMNS}.")
        columns = line.split("\t")
        year = _YEAR.match(columns[_DATE])
        genres = _read_genres(columns[_GENRES], where)
        films[columns[0].strip()] = _Film(columns[_NAME], year[0] if year else "", genres)
        if len(films) > _MAX_FILMS:
            raise FormatError(
                f"{show_name(path)} has more than {_MAX_FILMS:,} films, the limit here. Split it."
            )
    return films


def _read_genres(column: str, where: str) -> tuple[str, ...]:
    try:
        genres = tuple(json.loads(column or "{}").values())
        if not all(isinstance(genre, str) and is_encodable(genre) for genre in genres):
            raise ValueError("a genre is no text")
    except (ValueError, AttributeError, RecursionError) as error:
        raise FormatError(
            f"{where}: the genres must be a JSON object such as"
            f' {{"/m/06n90": "Science Fiction"}}, but are {column[:40]!r}.'
        ) from error
    return genres


def _select_genre(films: dict[str, _Film], genre: str, folder: Path) -> dict[str, _Film]:
    if not films:
        raise InputError(
            f"films cannot be selected by genre without {_FILMS}: it is missing or empty in"
            f" {folder}."
        )
    selected = {
        movie: film
        for movie, film in films.items()
        if genre.lower() in (own.lower() for own in film.genres)
    }
    if not selected:
        known = sorted({own for film in films.values() for own in film.genres})
        raise InputError(f"no film has the genre {genre!r}; there are: {', '.join(known[:30])}.")
    return selected


def _make_document(movie: str, text: str, film: _Film | None) -> SourceDocument:
    if film is None:
        return SourceDocument(f"Film {movie}", text, {"movie": movie})
    metadata = {"movie": movie, "year": film.year, "genres": "; ".join(film.genres)}
    return SourceDocument(film.name or f"Film {movie}", text, metadata)
