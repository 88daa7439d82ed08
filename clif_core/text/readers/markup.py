"""The visible text of HTML and XML, taken out by lxml; of Markdown; the lines of subtitles.

Scripts, styles, comments and heads are not visible. A block (a paragraph, a heading, a cell) stands
between blank lines, so that no sentence runs on from one into the next; of XML, whose elements say
nothing of that, every element but the known inline ones is a block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5
from typing import Any

from lxml import etree, html
from markdown_it import MarkdownIt

from clif_core.errors import FormatError

__all__ = ["has_markup", "strip_html", "strip_markdown", "strip_subtitles", "strip_xml"]

_HIDDEN = frozenset(
    ("script", "style", "head", "title", "template", "noscript", "svg", "math", "textarea")
)
_HIDDEN_MARKDOWN = _HIDDEN | {"pre"}  # listings of a program
_FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.S)
_TIMES = re.compile(r"\d[\d:.,]*[ \t]*-->")
_CUE_TAGS = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}")
_HIDDEN_XML = frozenset({"teiHeader", "head", "metadata", "script", "style"})
_OF_HTML = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp small span"
    " strike strong sub sup time tt u var wbr"
)
_OF_TEI = (
    "w c pc hi emph ref name persName placeName orgName rs foreign term date num choice sic corr"
    " orig reg"
)
_INLINE = frozenset(f"{_OF_HTML} {_OF_TEI}".split())
_BLANKS = re.compile(r"[ \t\r\n]+")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{0,40});")
_COMMON = re.compile(
    r"<(?:br|p|div|span|a|b|i|em|strong|li|ul|h[1-6])(?:\s[^<>]{0,300})?/?>"
    r"|</(?:p|a|b|i|em|div|span)>",
    re.I,
)
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")


def has_markup(text: str) -> bool:
    """Whether a text holds tags of HTML."""
    return _COMMON.search(text) is not None


def strip_markdown(text: str, name: str) -> str:
    """What a reader of the rendered page sees, without listings; as ``strip_html``."""
    body = _FRONT_MATTER.sub("", text)
    page = MarkdownIt("commonmark").enable("table").render(body)
    return strip_html(page, name, _HIDDEN_MARKDOWN)


def strip_subtitles(text: str) -> str:
    """What is spoken, of SubRip (.srt) and WebVTT (.vtt); a sentence may go on in the next one."""
    spoken: list[str] = []
    for block in re.split(r"\n[^\S\n]*\n", text.strip()):
        lines = block.split("\n")
        at = next((i for i, line in enumerate(lines[:3]) if _TIMES.match(line.strip())), None)
        if at is not None:  # else a head, a note or a style
            spoken += [_CUE_TAGS.sub("", line).strip() for line in lines[at + 1 :]]
    return "\n".join(filter(None, spoken))


def strip_html(text: str, name: str, hidden: frozenset[str] = _HIDDEN) -> str:
    """What a reader of the page sees; damaged HTML is read as browsers read it.

    Raises FormatError where elements are nested so deeply that the rest would be lost.
    """
    body = _XML_DECLARATION.sub("", text)
    if not body.strip():
        return ""
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True)
    try:
        root = html.document_fromstring(body.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):  # it has comments alone
        return ""
    if any(error.level == etree.ErrorLevels.FATAL for error in parser.error_log):
        raise FormatError(f"{name} has tags that are nested too deeply. Take its text out first.")
    return _visible(root, hidden)


def strip_xml(text: str, name: str) -> str:
    """The text of all elements; what is no XML but has tags is read as HTML.

    Entities of the file's own are not replaced. Raises FormatError for a dump of a wiki, whose text
    is not words, and as ``strip_html`` does.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    body = _ENTITY.sub(_character, _XML_DECLARATION.sub("", text).strip())
    try:
        root = etree.fromstring(body.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):  # several roots, as in SGML, or damaged
        return strip_html(text, name)
    if _local(root) == "mediawiki":
        raise FormatError(
            f"{name} is a dump of a wiki, written in wiki markup. Take the text out first, for"
            " example with 'wikiextractor --json FILE', and give the folder that it writes."
        )
    return _visible(root, _HIDDEN_XML)


def _character(entity: re.Match[str]) -> str:
    """The character of an entity of HTML; a blank for one that only the file's own DTD knows."""
    return html5.get(f"{entity[1]};", " ")


def _visible(root: Any, hidden: frozenset[str]) -> str:
    """The text below an element in blocks that are parted by blank lines."""
    blocks, block = list[str](), list[str]()
    for piece in (*_iterate_text(root, hidden), None):
        if piece is not None:
            block.append(piece)
        elif block:
            blocks.append(_BLANKS.sub(" ", "".join(block)).strip())
            block = []
    return "\n\n".join(filter(None, blocks))


def _iterate_text(root: Any, hidden: frozenset[str]) -> Iterator[str | None]:
    """Texts in the order of the document, and None where a block begins or ends."""
    skipped = None
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        tag = _local(element)
        if event == "start" and skipped is None:
            if tag in hidden:
                skipped = element
                continue
            if tag not in _INLINE:
                yield None
            yield element.text or ""
        elif event != "start":
            if event == "end" and skipped is None and tag not in _INLINE:
                yield None
            if skipped is element:
                skipped = None
            if skipped is None and element is not root:
                yield element.tail or ""


def _local(element: Any) -> str:
    """The name of an element without its namespace; "" of a comment."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2]
