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
from pathlib import Path

from clif_core.errors import FormatError, InputError
from clif_core.storage.gzipped import open_unzipped
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus

__all__ = ["read_plots"]

_PLOTS, _FILMS = "plot_summaries.txt", "movie.metadata.tsv"
_N_COLUMNS = 9
_NAME, _DATE, _GENRES = 2, 3, 8
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class _Film:
    """The metadata of a film."""

    name: str
    year: str
    genres: tuple[str, ...]


def read_plots(path: Path, genre: str | None = None, name: str | None = None) -> Corpus:
    """The plots as a corpus, a document a film, from the folder or from the file of plots.

    Documents have ``movie`` (its id) and, where the metadata are in the same folder, ``year`` and
    ``genres`` (joined by "; "). ``genre`` selects the films of one genre, in upper or lower case,
    such as "Science Fiction". Raises InputError for an unknown genre, naming those that exist, and
    FormatError where the files are not of this form.
    """
    plots = _find(Path(path), _PLOTS)
    if plots is None:
        raise FormatError(
            f"{path} holds no {_PLOTS} or {_PLOTS}.gz. Give the folder of the CMU Movie Summary"
            " Corpus, or its file of plots."
        )
    metadata = _find(plots.parent, _FILMS)
    films = {} if metadata is None else dict(_iterate_films(metadata))
    if genre is not None:
        films = _select_genre(films, genre, plots.parent)
    documents = [
        _make_document(movie, text, films.get(movie))
        for movie, text in _iterate_plots(plots)
        if genre is None or movie in films
    ]
    if not documents:
        asked = "" if genre is None else f" of the genre {genre!r}"
        raise FormatError(f"{plots.name} has no plots{asked}.")
    about = {
        "title": "Film plots" if genre is None else f"Film plots: {genre}",
        "licence": "CMU Movie Summary Corpus: Creative Commons Attribution-ShareAlike",
        "source": plots.name,
        "reader": "plots",
        "unit": "sentence",
    }
    return build_corpus(name or "plots", documents, about)


def _find(path: Path, file: str) -> Path | None:
    """The file, or its gzipped form: ``path`` itself, or in the folder ``path``."""
    if path.is_file():
        return path
    return next((p for p in (path / file, path / f"{file}.gz") if p.is_file()), None)


def _iterate_lines(path: Path) -> Iterator[tuple[str, str]]:
    """(location for messages, line) of every line that is not empty."""
    with open_unzipped(path) as file:
        for number, line in enumerate(file, start=1):
            where = f"line {number} of {path.name}"
            try:
                text = line.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise FormatError(f"{where} is not UTF-8 ({error}).") from error
            if text.strip():
                yield where, text


def _iterate_plots(path: Path) -> Iterator[tuple[str, str]]:
    """(movie id, plot), in the order of the file."""
    for where, line in _iterate_lines(path):
        movie, tab, text = line.partition("\t")
        if not tab or not movie.strip().isdigit():
            raise FormatError(
                f"{where} must be a movie's number, a tab and its plot, but is {line[:40]!r}."
            )
        yield movie.strip(), text.strip()


def _iterate_films(path: Path) -> Iterator[tuple[str, _Film]]:
    for where, line in _iterate_lines(path):
        columns = line.split("\t")
        if len(columns) != _N_COLUMNS:
            raise FormatError(f"{where} has {len(columns)} columns, expected {_N_COLUMNS}.")
        try:
            genres = tuple(json.loads(columns[_GENRES] or "{}").values())
        except (ValueError, AttributeError) as error:
            raise FormatError(
                f"{where}: the genres must be a JSON object such as"
                f' {{"/m/06n90": "Science Fiction"}}, but are {columns[_GENRES][:40]!r}.'
            ) from error
        year = _YEAR.match(columns[_DATE])
        yield columns[0].strip(), _Film(columns[_NAME], year[0] if year else "", genres)


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
