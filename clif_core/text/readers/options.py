"""What a person may say about how a text is written; whatever is left out is found by looking."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace

from clif_core.errors import InputError

__all__ = ["AUTO", "DOCUMENT_RULES", "FORMATS", "SENTENCE_RULES", "TextOptions"]

AUTO = "auto"
FORMATS = (
    AUTO, "plain", "csv", "tsv", "json", "jsonl", "parquet", "html", "xml", "markdown", "subtitles",
    "labelled", "mail", "chat", "elements",
)  # fmt: skip
DOCUMENT_RULES = (AUTO, "file", "line", "blank-line")
SENTENCE_RULES = (AUTO, "line", "marks")
_LATIN1 = {"iso8859-1", "latin-1", "latin_1"}
_PASSAGES = (5, 10_000)


@dataclass(frozen=True)
class TextOptions:
    """How a text is written.

    Parameters
    ----------
    format : one of ``FORMATS``; "auto" tells it by the content, then by the name
    one_document_per : of plain text, one of ``DOCUMENT_RULES``; "auto" is a blank line in a single
        file, and the file where there are several
    sentences : "line": each line is one; "marks": they end at full stops and the like; "auto" looks
    text_column : the column or field with the text, nested fields by dotted name; "" is guessed
    encoding : "auto", or the name of a codec of Python
    has_header : whether a CSV's first row holds the names of its columns; None looks
    passage_words : a sentence of more than 1,000 words is cut into pieces of so many
    """

    format: str = AUTO
    one_document_per: str = AUTO
    sentences: str = AUTO
    text_column: str = ""
    encoding: str = AUTO
    has_header: bool | None = None
    passage_words: int = 100

    def beside(self, is_of_lines: bool) -> TextOptions:
        """For a text whose model took each line by itself: a document a line, unless it is said."""
        if not is_of_lines or self.one_document_per != AUTO:
            return self
        return replace(self, one_document_per="line")

    def __post_init__(self) -> None:
        _require("format", self.format, FORMATS)
        _require("one_document_per", self.one_document_per, DOCUMENT_RULES)
        _require("sentences", self.sentences, SENTENCE_RULES)
        if not _PASSAGES[0] <= self.passage_words <= _PASSAGES[1]:
            raise InputError(
                f"passage_words is {_PASSAGES[0]} to {_PASSAGES[1]:,}, got {self.passage_words!r}."
            )
        if self.encoding != AUTO:
            object.__setattr__(self, "encoding", _codec(self.encoding))


def _require(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"{name} is {', '.join(allowed)}, got {value!r:.80}.")


def _codec(name: str) -> str:
    """The name of a text codec; Latin-1 becomes Windows-1252, as browsers read it."""
    try:
        found = codecs.lookup(name)
        "".encode(found.name)  # 'zip' and 'rot13' are codecs too, but of no text
    except (LookupError, TypeError, ValueError) as error:
        raise InputError(
            f"encoding {name!r:.80} is unknown. Give auto, utf-8, cp1252, utf-16 or another name of"
            " Python's standard encodings."
        ) from error
    return "cp1252" if found.name in _LATIN1 else found.name
