"""The visible text of HTML and XML, taken out by lxml; of Markdown and mail.

Scripts, styles, comments and heads are not visible. A block (a paragraph, a heading, a cell) stands
between blank lines, so that no sentence runs on from one into the next; of XML, whose elements say
nothing of that, every element but the known inline ones is a block.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from email import message_from_string, policy
from html.entities import html5
from typing import TYPE_CHECKING, Any

from lxml import etree

from clif_core.errors import FormatError

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

__all__ = [
    "BLANK_LINE",
    "ENTITY",
    "Visible",
    "has_markup",
    "parse_xml",
    "strip_html",
    "strip_mail",
    "strip_markdown",
    "strip_xml",
    "unescape",
]

_HIDDEN = frozenset(
    ("script", "style", "head", "title", "template", "noscript", "svg", "math", "textarea")
)
_HIDDEN_MARKDOWN = _HIDDEN | {"pre"}  # listings of a program
_FRONT_MATTER = re.compile(r"\A(?:---\n.*?\n(?:---|\.\.\.)|\+\+\+\n.*?\n\+\+\+)\n", re.S)
_PIECE = re.compile(r".{1,10000}(?:\s|\Z)|.{1,10000}", re.S)
_OF_XML = (
    "teiHeader head metadata meta fw script"
    " title-info document-info publish-info binary"  # FictionBook
    " GateDocumentFeatures AnnotationSet"
)
_HIDDEN_XML = frozenset(_OF_XML.split())
_UNCORRECTED = frozenset({"sic", "orig", "abbr"})  # in TEI's <choice>, beside what is meant
_BREAKS = frozenset({"br", "lb"})
_OF_HTML = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp small span"
    " strike strong sub sup time tt u var wbr"
)
_OF_TEI = (
    "w c pc hi emph ref name persName placeName orgName rs foreign term date num choice sic corr"
    " orig reg expan wf tok punc Node"
)
_OF_JATS = (
    "italic bold underline overline roman sc monospace xref ext-link uri named-content"
    " styled-content inline-formula"
)
_INLINE = frozenset(f"{_OF_HTML} {_OF_TEI} {_OF_JATS}".split())
_CODED = ("base64", "quoted-printable")
_BLANKS = re.compile(r"[ \t\r\n]+")
BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
# Of any name, also in the declarations of the file's own: with none left, none can grow.
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([^\s&;#<>]+);")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]{0,1000}\[", re.I)
_END_OF_DOCTYPE = re.compile(r"\]\s*>")
_COMMON = re.compile(
    r"<(?:br|p|div|span|a|b|i|em|strong|su[bp]|li|ul|h[1-6])(?:\s[^<>]{0,300})?/?>"
    r"|</(?:p|a|b|i|em|su[bp]|div|span)>",
    re.I,
)
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")


def has_markup(text: str) -> bool:
    """Whether a text holds tags of HTML."""
    return _COMMON.search(text) is not None


def unescape(text: str) -> str:
    """The text with the characters that entities of HTML in it stand for."""
    return ENTITY.sub(lambda match: html.unescape(match[0]), text)


def strip_markdown(text: str, name: str) -> str:
    """What a reader of the rendered page sees, without listings; as ``strip_html``."""
    from markdown_it import MarkdownIt  # takes a while, and few texts need it

    body = _FRONT_MATTER.sub("", text)
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.at("inline", _parse_in_pieces)
    return strip_html(parser.render(body), name, _HIDDEN_MARKDOWN)


def _parse_in_pieces(state: StateCore) -> None:
    """What is within each block, in pieces: within one, asterisks can take quadratic time."""
    for block in state.tokens:
        if block.type == "inline":
            block.children = []
            for piece in _PIECE.findall(block.content):
                found: list[Token] = []
                state.md.inline.parse(piece, state.md, state.env, found)
                block.children += found


def strip_mail(text: str, name: str) -> str:
    """What was written in a message, without its headers and attachments; of a page saved as MHTML.

    Raises FormatError where its parts cannot be read.
    """
    message = message_from_string(text, policy=policy.default)
    try:
        part = message.get_body(("plain", "html"))
        if part is None:
            return ""
        is_coded = str(part.get("Content-Transfer-Encoding")).lower() in _CODED
        body = str(part.get_content() if is_coded else part.get_payload())
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        raise FormatError(
            f"{name} is a message that cannot be read ({error!s:.100}). Save its text alone."
        ) from error
    return strip_html(body, name) if part.get_content_subtype() == "html" else body


def strip_html(text: str, name: str, hidden: frozenset[str] = _HIDDEN, is_xml: bool = False) -> str:
    """What a reader of the page sees; damaged HTML is read as browsers read it.

    Raises FormatError where an older libxml2 refuses deep nesting, and with it the rest.
    """
    body = _XML_DECLARATION.sub("", text)
    if not body.strip():
        return ""
    target = Visible(hidden, is_xml)
    parser = etree.HTMLParser(target=target, encoding="utf-8", no_network=True, huge_tree=True)
    found: str = _parse(body, parser)
    if any(error.level == etree.ErrorLevels.FATAL for error in parser.error_log):
        raise FormatError(f"{name} has tags that are nested too deeply. Take its text out first.")
    return found


def strip_xml(text: str, name: str) -> str:
    """The text of all elements; what is no XML but has tags is read as HTML.

    Entities of the file's own are blanks. Raises FormatError for a dump of a wiki, whose text
    is not words, and as ``strip_html`` does.
    """
    target = Visible(_HIDDEN_XML, is_xml=True)
    try:
        found: str = parse_xml(text, target)
    except (etree.LxmlError, ValueError):  # several roots, as in SGML, or damaged
        return strip_html(text, name, is_xml=True)
    if target.root == "mediawiki":
        raise FormatError(
            f"{name} is a dump of a wiki, written in wiki markup. Take the text out first, for"
            " example with 'wikiextractor --json FILE', and give the folder that it writes."
        )
    return found


def parse_xml(text: str, target: Any, recover: bool = False) -> Any:
    """What a target makes of XML; entities of the file's own are blanks.

    Raises LxmlError or ValueError where it is damaged, less often with ``recover``.
    """
    parser = etree.XMLParser(
        target=target,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        recover=recover,
    )
    body = _without_declarations(_XML_DECLARATION.sub("", text).strip())
    return _parse(_ENTITY.sub(_character, body), parser)


def _parse(body: str, parser: Any) -> Any:
    parser.feed(body.encode("utf-8", "replace"))
    return parser.close()


def _without_declarations(text: str) -> str:
    """The text without what its document type declares inside itself, entities above all."""
    start = _DOCTYPE.search(text)
    end = _END_OF_DOCTYPE.search(text, start.end()) if start else None
    return f"{text[: start.end() - 1]}{text[end.end() - 1 :]}" if start and end else text


def _character(entity: re.Match[str]) -> str:
    """The character of an entity of HTML; a blank for one that only the file's own DTD knows."""
    return html5.get(f"{entity[1]};", " ")


class Visible:
    """Takes what a parser finds, and keeps the visible text in blocks parted by blank lines.

    No tree is made: libxml2 makes one in quadratic time where an element has many attributes.
    ``is_xml``: blank lines part blocks too, ``<s>`` is a sentence and not struck out, text may be
    HTML itself, as in a feed, or base64, and of two readings of a word the corrected one is meant.
    """

    def __init__(self, hidden: frozenset[str], is_xml: bool = False) -> None:
        self._hidden, self._is_xml = hidden, is_xml
        self._inline = _INLINE - {"s"} if is_xml else _INLINE
        self._n_hidden = 0  # how many elements are open from a hidden one on
        self._open = [""]  # elements of XML
        self._blocks, self._block = list[str](), list[str]()
        self.root = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        tag = name.rpartition("}")[2]
        self.root = self.root or tag
        if (
            self._n_hidden
            or tag in self._hidden
            or (self._is_xml and self._is_other(tag, attributes))
        ):
            self._n_hidden += 1
        elif self._is_xml and tag in _BREAKS:
            self._block.append("" if attributes.get("break") == "no" else "\n")
        elif tag not in self._inline:
            self._end_block()
        if self._is_xml:
            self._open.append(tag)

    def _is_other(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Whether an element of XML is no text: bytes, a style of a page, an uncorrected word."""
        is_style = tag == "style" and (not attributes or "type" in attributes)
        is_uncorrected = tag in _UNCORRECTED and self._open[-1] == "choice"
        return is_style or is_uncorrected or attributes.get("encoding") == "base64"

    def end(self, name: str) -> None:
        tag = name.rpartition("}")[2]
        if self._is_xml and len(self._open) > 1:
            self._open.pop()
        if self._n_hidden:
            self._n_hidden -= 1
        elif tag not in self._inline and not (self._is_xml and tag in _BREAKS):
            self._end_block()

    def data(self, text: str) -> None:
        if not self._n_hidden:
            self._block.append(text)

    def close(self) -> str:
        self._end_block()
        return "\n\n".join(filter(None, self._blocks))

    def _end_block(self) -> None:
        if not self._block:
            return
        whole = "".join(self._block)
        self._block.clear()
        for piece in BLANK_LINE.split(whole) if self._is_xml else [whole]:
            text = _BLANKS.sub(" ", piece).strip()
            if self._is_xml:
                text = strip_html(text, "") if has_markup(text) else unescape(text)
            self._blocks.append(text)
