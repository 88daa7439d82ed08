"""A user's own text, whatever it is written in: looked at first, then read."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clif_core.errors import FormatError, InputError
from clif_core.progress import Progress
from clif_core.storage.gzipped import show_name
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.text.limits import Need, largest_text, require_room, times_larger
from clif_core.text.readers.describe import describe
from clif_core.text.readers.kinds import KIND_NAMES
from clif_core.text.readers.options import TextOptions
from clif_core.text.readers.plan import LeftOuts, Plan, make_plan
from clif_core.text.readers.reading import Reading
from clif_core.text.readers.sources import Given, LeftOut
from clif_core.text.token_choice import choose_rule, judge_rule
from clif_core.text.token_rule import TokenRule

__all__ = ["Preview", "look", "read_own_text"]

_LOOK_BYTES = 1 << 20
_LOOK_BYTES_EACH = 1 << 16
_SAMPLE_CHARACTERS = 200_000
_TOLD_EACH = 100  # documents


@dataclass(frozen=True)
class Preview:
    """What was found in a text before it is read.

    Parameters
    ----------
    lines : what it is and how it will be read, a sentence each, for people
    documents : the first documents
    n_documents : how many were seen; all there are where ``is_whole``
    columns, column : of a table: its columns, and that with the text
    encoding : the name of its codec
    left_out, n_left_out : the first of what is no part of the text, and how much was seen of it
    need : how large it is, about, and what reading it takes
    """

    lines: tuple[str, ...]
    documents: tuple[SourceDocument, ...]
    n_documents: int
    is_whole: bool
    columns: tuple[str, ...]
    column: str
    encoding: str
    left_out: tuple[LeftOut, ...]
    n_left_out: int
    need: Need


def look(
    given: Given,
    options: TextOptions | None = None,
    rule: TokenRule | None = None,
    words: Sequence[str] | None = None,
    is_part: bool = False,
) -> Preview:
    """What a text is, from its first megabyte, and how its words are found in it.

    Arguments as of ``read_own_text``, which raises FormatError likewise; ``is_part``: ``words`` are
    the first of the model, not all.
    """
    options = options or TextOptions()
    plan = make_plan(given, options, _title(given), times_larger(largest_text()))
    reading = Reading(plan)
    documents = tuple(_first(plan, reading))
    is_whole = not reading.is_cut
    samples = _samples(documents)
    if rule is None:
        choice = choose_rule(samples, words, is_part)
    else:
        choice = judge_rule(rule, samples, words, is_part)
    for document in documents:
        deque(reading.split(document.text, choice.rule), maxlen=0)  # counts what it cuts
    need = _need(plan, reading, documents)
    lines = [*describe(plan, reading, documents), *choice.lines, *need.lines]
    return Preview(
        lines=tuple(lines),
        documents=documents,
        n_documents=len(documents),
        is_whole=is_whole,
        columns=tuple(plan.columns),
        column=plan.column,
        encoding=plan.head.encoding.name,
        left_out=tuple(plan.left_out.first),
        n_left_out=plan.left_out.n,
        need=need,
    )


def _first(plan: Plan, reading: Reading) -> Iterator[SourceDocument]:
    """The documents that a look sees; the rule of the words is chosen by them."""
    return reading.first(_LOOK_BYTES, _LOOK_BYTES if plan.is_single else _LOOK_BYTES_EACH)


def _need(plan: Plan, reading: Reading, documents: Sequence[SourceDocument]) -> Need:
    """How large a text is, from its files' sizes and the words of its first documents."""
    n_words = sum(len(document.text.split()) for document in documents)
    n_bytes = sum(source.n_expected for source in plan.sources)
    if not reading.is_cut:
        return Need(n_bytes, n_words)
    return Need(n_bytes, round(n_words * n_bytes / max(reading.n_bytes, 1)))


def read_own_text(
    given: Given,
    name: str | None = None,
    max_bytes: int | None = None,
    options: TextOptions | None = None,
    rule: TokenRule | None = None,
    words: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """A corpus from a file, a folder, a zip, or several files.

    What is not said in ``options`` is found as ``look`` finds it. Without a ``rule`` of its words
    one is chosen, where given by the ``words`` of the text's model. ``max_bytes``: its limit after
    unpacking; None: what the memory of this machine can hold. ``about["reading"]`` of the
    corpus holds what was found, mended and left out, for people. Raises FormatError where it is no
    text, too large, or has no words.
    """
    options = options or TextOptions()
    title = _title(given)
    plan = make_plan(given, options, title, times_larger(max_bytes or largest_text()))
    n_known = sum(source.n_bytes for source in plan.sources)
    limit = require_room(title, n_known, max_bytes)
    reading = Reading(plan)
    about = {
        "title": name or title,
        "licence": "",
        "source": title,
        "reader": KIND_NAMES.get(plan.kind, plan.kind),
        "unit": "sentence",
    }
    try:
        documents = reading.all(limit)
        if rule is None or progress is not None:
            beginning = Reading(replace(plan, left_out=LeftOuts()))  # which lists nothing twice
            first = list(_first(plan, beginning))
            rule = rule or choose_rule(_samples(first), words).rule
            if progress is not None:
                documents = _told(documents, _expected(plan, beginning, first), progress)
        name = name or _to_name(title)
        corpus = build_corpus(name, documents, about, None, rule, limit, reading.split)
    except InputError as error:
        if plan.left_out.n:
            one = plan.left_out.first[0]
            raise FormatError(
                f"{title}: {error} Left out were {plan.left_out.n:,} parts; the first is"
                f" {one.name:.80}: {one.reason:.200}."
            ) from error
        raise FormatError(f"{title}: {error}") from error
    return replace(corpus, about={**corpus.about, "reading": describe(plan, reading)})


def _expected(plan: Plan, beginning: Reading, first: Sequence[SourceDocument]) -> float:
    """Characters that the whole text may have, by its beginning."""
    n_bytes = sum(source.n_expected for source in plan.sources)
    n_first = sum(len(document.text) for document in first)
    return max(n_first * n_bytes / max(beginning.n_bytes, 1), 1)


def _told(
    documents: Iterable[SourceDocument], expected: float, progress: Progress
) -> Iterator[SourceDocument]:
    """The documents; tells how far they are."""
    n_read = 0
    for number, document in enumerate(documents):
        n_read += len(document.text)
        if number % _TOLD_EACH == 0:
            progress(min(n_read / expected, 1.0), "reading the text")
        yield document


def _samples(documents: Sequence[SourceDocument]) -> list[str]:
    """The first texts, 200,000 characters in all at most."""
    found, room = list[str](), _SAMPLE_CHARACTERS
    for document in documents:
        if room <= 0:
            break
        found.append(document.text[:room])
        room -= len(document.text)
    return found


def _title(given: Given) -> str:
    """The name of what was given, for people."""
    if isinstance(given, Path):
        return show_name(given)
    first, *others = given or {"nothing": Path()}
    tops = {name.partition("/")[0] for name in given}
    if len(tops) == 1 and "/" in first:
        return tops.pop()  # the folder that all of them lie in
    return f"{first} and {len(others):,} more" if others else first


def _to_name(title: str) -> str:
    """A short machine name from a file's name."""
    stem = re.sub(r"\.(gz|bz2|xz)\Z", "", title).rsplit(".", 1)[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "text"
