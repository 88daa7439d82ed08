"""What was found in a text, in sentences for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clif_core.text.corpus import SourceDocument
from clif_core.text.readers.encodings import name_encoding
from clif_core.text.readers.kinds import KIND_NAMES
from clif_core.text.readers.mending import show
from clif_core.text.readers.plan import LeftOuts, Plan
from clif_core.text.readers.reading import Reading

__all__ = ["describe"]

_SHOWN = 5
_MOST_NAMES = 12
_DOCUMENT_IS = {
    "file": "Each file is a document",
    "line": "Each line is a document",
    "blank-line": "Blank lines part the documents",
}


def describe(
    plan: Plan, reading: Reading, documents: Sequence[SourceDocument] | None = None
) -> list[str]:
    """A sentence a finding. ``documents``: those of a look; None after all was read."""
    lines = [_what(plan), *_encoding(plan, reading), *_columns(plan)]
    if documents is not None:
        lines.append(_count(plan, reading, len(documents)))
    lines += _sentences(plan, reading)
    if reading.n_mended:
        lines.append(
            f"{reading.n_mended:,} characters were mended: the text had been converted wrongly"
            " before, Windows-1252 as Latin-1 (which makes control characters of quotes and dashes)"
            " or UTF-8 as Windows-1252 (which makes Ã¶ of ö)."
        )
    lines += show(reading.undone)
    if reading.n_lost:
        lines.append(
            f"{reading.n_lost:,} characters are lost: \N{REPLACEMENT CHARACTER} (U+FFFD) stands in"
            " their place, as in the file or because its bytes are no characters."
        )
    return [*lines, *_left_out(plan.left_out, is_whole=not reading.is_cut)]


def _what(plan: Plan) -> str:
    kind = KIND_NAMES[plan.kind]
    if plan.dialect is not None:
        kind = f"{kind}, {plan.dialect.note}"
    if plan.is_single:
        return f"{plan.title}: {kind}."
    kinds = ", ".join(KIND_NAMES[kind] for kind in plan.kinds)
    folders = "; the names of their folders are kept as 'folder'" if plan.has_folders else ""
    return f"{plan.title}: {len(plan.sources):,} files ({kinds}){folders}."


def _encoding(plan: Plan, reading: Reading) -> Iterator[str]:
    found = reading.encoding or plan.head.encoding
    if plan.head.is_parquet:
        return
    if found.is_guessed:
        yield (
            f"Encoding: not UTF-8, read as {name_encoding(found.name)} by its bytes. Where letters"
            " look wrong, choose another one."
        )
    else:
        yield f"Encoding: {name_encoding(found.name)}."


def _columns(plan: Plan) -> Iterator[str]:
    if not plan.is_table:
        return
    rest = [column for column in plan.columns if column != plan.column]
    kept = ", ".join(rest[:_MOST_NAMES]) + (" ..." if len(rest) > _MOST_NAMES else "")
    yield f"Text: {plan.column!r}. " + (f"Kept with it: {kept}." if rest else "It is all there is.")


def _count(plan: Plan, reading: Reading, n: int) -> str:
    rule = "Each row is a document" if plan.is_table else _DOCUMENT_IS[plan.document_rule]
    if reading.n_rows and not plan.is_table:
        rule += ", each row of a table too"
    if reading.elements:
        rule = f"Each {reading.elements} is a document"
    if not reading.is_cut:
        return f"{rule}: {n:,}."
    return f"{rule}: {n:,} in the first {max(reading.n_bytes, 1) / 1e6:.1f} MB, and more."


def _sentences(plan: Plan, reading: Reading) -> Iterator[str]:
    if plan.are_lines:
        yield "One sentence a line: no sentence and no window crosses a line."
    if reading.cuts.n_sentences:
        n = reading.cuts.n_sentences
        yield (
            f"{n:,} sentence{'s' if n > 1 else ''} without an end (more than 1,000 words):"
            f" cut into {reading.cuts.n_passages:,} passages of {plan.options.passage_words} words."
        )


def _left_out(left: LeftOuts, is_whole: bool) -> Iterator[str]:
    if not left.n:
        return
    yield f"Left out: {left.n:,}{'' if is_whole else ' so far'}."
    for one in left.first[:_SHOWN]:
        yield f"  {one.name:.80}: {one.reason.rstrip('.'):.250}."
    if left.n > _SHOWN:
        yield f"  and {left.n - _SHOWN:,} more."
