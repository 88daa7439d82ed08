"""The options that say how a text is written, the same for every command, and a look at one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from clif_core.cli.printing import escape, output, show
from clif_core.cli.shell import Json, command, errors
from clif_core.errors import InputError

__all__ = [
    "DocumentPer",
    "EncodingName",
    "Genre",
    "HasHeader",
    "MaxGb",
    "PassageWords",
    "SentenceRule",
    "TextColumn",
    "TextFormat",
    "Tokens",
    "choose_options",
    "read_published",
    "read_rule",
    "read_text",
    "say_found",
    "say_read",
    "to_bytes",
]

_PUBLISHED = ("plots", "neutrality-biased", "neutrality-neutral")
_OWN = (
    "auto, plain, csv, tsv, json, jsonl, parquet, html, xml, markdown, subtitles, mail, chat"
    " (WhatsApp, transcripts), elements (XML, a row an element) or labelled (lines with fastText's"
    " labels)"
)

TextFormat = Annotated[
    str,
    typer.Option(
        "--format",
        help=f"Format of the text: {_OWN}; or plots (CMU Movie Summary Corpus), neutrality-biased"
        " or neutrality-neutral (Wikipedia Neutrality Corpus).",
    ),
]
Genre = Annotated[str | None, typer.Option(help="With --format plots: only films of this genre.")]
DocumentPer = Annotated[
    str,
    typer.Option(
        "--one-document-per",
        "--documents",
        help="What a document of plain text is: file, line or blank-line; auto: blank-line in one"
        " file, file where there are several.",
    ),
]
SentenceRule = Annotated[
    str,
    typer.Option(
        "--sentences",
        help="line: each line is a sentence; marks: full stops and the like end them; auto: found"
        " by looking.",
    ),
]
TextColumn = Annotated[
    str,
    typer.Option(
        help="Column or field with the text; a nested field by its dotted name, such as post.body.",
        show_default="the one with the most words",
    ),
]
EncodingName = Annotated[
    str,
    typer.Option("--encoding", help="Encoding of the text, such as utf-8 or cp1252; auto: found."),
]
HasHeader = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first row of a CSV names its columns.",
        show_default="found by looking",
    ),
]
PassageWords = Annotated[
    int,
    typer.Option(help="A sentence of more than 1,000 words is cut into passages of so many."),
]
MaxGb = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="The most text, and the most vectors, to read, in GB after unpacking.",
        show_default="what the free memory holds",
    ),
]
Tokens = Annotated[
    str,
    typer.Option(
        help="How the words of a text are parted: auto (by the words of the model and the text),"
        " default, or choices such as 'case=keep, underscore=keep'; 'help' lists them.",
    ),
]


def choose_options(
    text_format: str,
    one_document_per: str,
    sentences: str,
    text_column: str,
    encoding: str,
    has_header: bool | None,
    passage_words: int,
) -> Any:
    """The options as ``TextOptions``; InputError for a value that is not allowed."""
    from clif_core.text.readers.options import TextOptions

    is_own = text_format not in ("text", *_PUBLISHED)
    return TextOptions(
        format=text_format if is_own else "auto",
        one_document_per=one_document_per,
        sentences=sentences,
        text_column=text_column,
        encoding=encoding,
        has_header=has_header,
        passage_words=passage_words,
    )


def read_rule(tokens: str, text_format: str) -> Any:
    """The token rule of the option, None to choose it."""
    from clif_core.text.token_rule import OPTIONS, parse_tokens

    if tokens == "help":
        choices = (f"{name}={'|'.join(option.values)}" for name, option in OPTIONS.items())
        raise InputError(f"--tokens takes auto, default, or any of: {'; '.join(choices)}.")
    rule = parse_tokens(tokens)
    if rule is not None and text_format in _PUBLISHED:
        raise InputError(
            f"--tokens is for a text of your own; the words of {text_format!r} are parted by the"
            " default. Leave it out."
        )
    return rule


def to_bytes(max_gb: float | None) -> int | None:
    """The limit of ``--max-gb`` in bytes."""
    from clif_core.memory import from_gigabytes

    return None if max_gb is None else from_gigabytes(max_gb, "--max-gb")


def read_text(
    path: Path,
    text_format: str,
    genre: str | None,
    options: Any,
    rule: Any,
    max_bytes: int | None = None,
) -> Any:
    """A text of the user: what was found in it is said first, then it is read."""
    from clif_core.text.readers import read_own_text

    corpus = read_published(path, text_format, genre)
    if corpus is None:
        lines = say_found(path, options, rule)
        corpus = read_own_text(path, max_bytes=max_bytes, options=options, rule=rule)
        say_read(corpus, lines)
    return corpus


def read_published(path: Path, text_format: str, genre: str | None) -> Any:
    """A text in the format of a published corpus; None where that is not the format."""
    from clif_core.text.readers import read_neutrality, read_plots
    from clif_core.text.readers.neutrality import SIDES

    if genre is not None and text_format != "plots":
        raise InputError(f"--genre chooses among plots; the format is {text_format!r}.")
    if text_format == "plots":
        return read_plots(path, genre)
    for side in SIDES:
        if text_format == f"neutrality-{side}":
            return read_neutrality(path, side)
    return None


def say_found(path: Path, options: Any, rule: Any, words: Sequence[str] | None = None) -> Any:
    """Say what a text is before it is read; returns the lines."""
    from clif_core.text.readers import look

    lines = look(path, options, rule, words).lines
    _say(errors, lines)
    return lines


def say_read(corpus: Any, lines: Sequence[str]) -> None:
    """Say what reading a text found besides what its beginning showed."""
    _say(errors, [line for line in corpus.about["reading"] if line not in lines])


@command("look", "Models and texts")
def look_at_text(
    text: Annotated[Path, typer.Argument(help="A file, a folder or a zip.")],
    text_format: TextFormat = "auto",
    one_document_per: DocumentPer = "auto",
    sentences: SentenceRule = "auto",
    text_column: TextColumn = "",
    encoding: EncodingName = "auto",
    has_header: HasHeader = None,
    passage_words: PassageWords = 100,
    tokens: Tokens = "auto",
    as_json: Json = False,
) -> None:
    """Say what a text is and how it would be read, without reading all of it."""
    from clif_core.text.readers import look

    options = choose_options(
        text_format, one_document_per, sentences, text_column, encoding, has_header, passage_words
    )
    found = look(text, options, read_rule(tokens, text_format))
    documents = [
        {"title": one.title, "text": one.text[:200], **one.metadata} for one in found.documents[:3]
    ]
    if not as_json:
        _say(output, found.lines)
        show([{"title": d["title"], "begins": d["text"][:60]} for d in documents], False)
        return
    show(
        {
            "found": list(found.lines),
            "n_documents": found.n_documents,
            "is_whole": found.is_whole,
            "columns": list(found.columns),
            "text_column": found.column,
            "encoding": found.encoding,
            "documents": documents,
            "left_out": [{"name": one.name, "reason": one.reason} for one in found.left_out],
        },
        True,
    )


def _say(console: Console, lines: Sequence[str]) -> None:
    """Lines for people."""
    for line in lines:
        console.print(escape(line), soft_wrap=True)
