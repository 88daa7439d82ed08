"""What programs made of a text on its way, undone: escapes, entities and tags where text should be.

Databases write a line break as a backslash and an n; web sites and Reddit's dumps write ``&amp;``;
film reviews come with ``<br />`` in plain text; a PDF's words are cut at the ends of its lines.
Read as they are, they would be the words "nthe", "amp" and "br", and halves of words.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from clif_core.text.readers.markup import ENTITY, has_markup, unescape

__all__ = [
    "are_bytes",
    "are_escaped",
    "drop_tags",
    "join_lines",
    "show",
    "undo_bytes",
    "undo_escapes",
    "undo_markup",
    "without_licence",
]

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.S)
_BYTE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.S)
_BYTES = re.compile(r"b(['\"]).*\1\Z", re.S)
_MEANT = {"n": "\n", "r": "\n", "t": "\t", '"': '"', "'": "'", "\\": "\\", "/": "/"}
_AT_AN_END = re.compile(r"(?<![\w:])(?:\\r)?\\n")  # not in a path, C:\new
_LEAST, _MOST = 3, 0.9  # times that \n comes; share of the backslashes that such escapes have
_BREAK = re.compile(r"<br\s*/?>[ \t]*", re.I)
_BLOCK = re.compile(r"</?(?:p|div|li|ul|ol|h[1-6]|tr|table|blockquote)(?:\s[^<>]{0,300})?/?>", re.I)
_INLINE = re.compile(
    r"</?(?:span|a|b|i|u|em|strong|font|sup|sub|small)(?:\s[^<>]{0,300})?/?>", re.I
)
_CUT = re.compile("[-\u2010\u00ad]\n")
_HYPHEN = re.compile(
    r"([^\W\d_]{1,40})(?:-|\u2010|\u00ad)\n[^\S\n]{0,40}([^\W\d_]{1,40})([^\s\w-]{0,9})[^\S\n]{0,40}"
)
_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r"[^\W\d_]")
_MOST_LETTERS, _PIECE = 40, 1 << 20
# Letters of ASCII in lower case, its other signs blanks; further bytes of UTF-8 as they are.
_PARTED = bytes(
    code if code > 0x7F else ord(sign.lower()) if (sign := chr(code)).isalpha() else ord(" ")
    for code in range(0x100)
)
_GUTENBERG = re.compile(
    r"^\*{3} ?(START|END) OF (?:THE|THIS) PROJECT GUTENBERG E(?:BOOK|TEXT)\b[^\n]*(?:\n[^\n*]+)?"
    r"\*{3}[^\n]*$",
    re.M | re.I,
)
_SAID = {
    "escapes": "{n:,} escapes such as \\n were undone: they stand for line breaks and other signs.",
    "bytes": "{n:,} texts were written as bytes of Python (b'...'), and read as UTF-8.",
    "entities": "{n:,} entities of HTML such as &amp; were replaced by their characters.",
    "tags": "Tags of HTML are taken out of {n:,} texts.",
    "joined": "{n:,} words that were cut by a hyphen at the end of a line were joined.",
}


def show(undone: Counter[str]) -> list[str]:
    """What was undone, in sentences for people."""
    return [_SAID[what].format(n=undone[what]) for what in _SAID if undone[what]]


def are_escaped(texts: Iterable[str]) -> bool:
    r"""Whether line breaks are written as \n, or letters as \u00e9.

    A text of LaTeX or of paths has other backslashes.
    """
    found: Counter[str] = Counter()
    n_at_ends = 0
    for text in texts:
        found.update(_ESCAPE.findall(text))
        n_at_ends += len(_AT_AN_END.findall(text))
    n_letters = sum(n for sign, n in found.items() if len(sign) > 1)
    n_meant = sum(n for sign, n in found.items() if sign in _MEANT) + n_letters
    is_meant = n_meant >= _MOST * found.total() and 2 * n_at_ends >= found["n"]
    return is_meant and found["n"] + n_letters >= _LEAST


def undo_escapes(text: str, undone: Counter[str]) -> str:
    """The text with the characters that its escapes stand for."""
    text, n = _ESCAPE.subn(_unescaped, text.replace("\\r\\n", "\\n"))
    undone["escapes"] += n
    # Two halves of a pair become their character; a half alone is none.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if n else text


def _unescaped(escape: re.Match[str]) -> str:
    is_letter = len(escape[1]) > 1
    return chr(int(escape[1][1:], 16)) if is_letter else _MEANT.get(escape[1], escape[0])


def are_bytes(texts: Sequence[str]) -> bool:
    """Whether texts are written as bytes of Python, b'caf\\xc3\\xa9', as old scrapers do."""
    n = sum(bool(_BYTES.match(text)) for text in texts)
    return n >= _LEAST and n >= _MOST * len(texts)


def undo_bytes(text: str, undone: Counter[str]) -> str:
    """The text that the bytes are of; a text that is none as it is."""
    if not _BYTES.match(text):
        return text
    try:
        content = _BYTE.sub(_unescaped, text[2:-1]).encode("latin-1")
    except UnicodeEncodeError:
        return text
    undone["bytes"] += 1
    return content.decode("utf-8", "replace")


def undo_markup(text: str, strip: Callable[[str], str], undone: Counter[str]) -> str:
    """The text without entities of HTML, and without tags, which may be written as entities."""
    if "<" not in text and "&" not in text:  # most texts
        return text
    if not has_markup(text):
        n_entities = len(ENTITY.findall(text))
        if not n_entities:
            return text
        undone["entities"] += n_entities
        text = unescape(text)
        if not has_markup(text):
            return text
    undone["tags"] += 1
    return strip(text)


def drop_tags(text: str) -> str:
    """A plain text without the tags of HTML in it; its own line breaks stay."""
    return unescape(_INLINE.sub("", _BLOCK.sub("\n\n", _BREAK.sub("\n", text))))


def join_lines(text: str, undone: Counter[str]) -> str:
    """The text with the words joined that a hyphen cuts at the end of a line.

    Only those whose whole is a word of the text elsewhere: "well-" and "known" may be two words.
    The line break follows the word.
    """
    starts, wholes = array("q"), set[bytes]()
    for found in _cut_words(text):
        starts.append(found.start())
        wholes.add(_whole(found))
    if not wholes:  # most texts
        return text
    known = _known(text, wholes)
    parts, end = list[str](), 0
    for start in starts:
        cut = _HYPHEN.match(text, start)
        if cut and _whole(cut) in known:
            undone["joined"] += 1
            parts += [text[end:start], f"{cut[1]}{cut[2]}{cut[3]}\n"]
            end = cut.end()
    return "".join([*parts, text[end:]])


def _whole(cut: re.Match[str]) -> bytes:
    """The word that ``_HYPHEN`` found in two parts, as of ``_known``."""
    return f"{cut[1]}{cut[2]}".lower().encode()


def _cut_words(text: str) -> Iterator[re.Match[str]]:
    """What ``_HYPHEN`` finds, looked for at hyphens alone, which takes a tenth of the time."""
    end = 0
    for cut in _CUT.finditer(text):
        start = cut.start()
        while start > max(end, cut.start() - _MOST_LETTERS) and _LETTER.match(text, start - 1):
            start -= 1
        found = _HYPHEN.match(text, start)
        if found:
            yield found
            end = found.end()


def _known(text: str, wholes: set[bytes]) -> set[bytes]:
    """Those of some words that are runs of letters of a text; words are UTF-8, in lower case.

    Bytes are parted, and each run of a piece is looked at once, in a third of the time.
    """
    known = set[bytes]()
    for piece in _pieces(text):
        runs = set(piece.encode("utf-8", "surrogatepass").translate(_PARTED).split())
        others = {run for run in runs if not run.isascii()}  # may hold quotes and dashes
        words = _WORD.findall(b" ".join(others).decode("utf-8", "surrogatepass"))
        known |= wholes & (runs - others)
        known |= wholes.intersection(word.lower().encode() for word in words)
    return known


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces that end with lines."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + _PIECE) + 1 or len(text)
        yield text[start:end]
        start = end


def without_licence(text: str) -> tuple[str, bool]:
    """A book of Project Gutenberg without the pages before and after it, and whether it is one.

    Line breaks stay, so that the numbers of the lines do.
    """
    if "***" not in text:  # most texts
        return text, False
    pieces, begin, is_open = list[str](), 0, False
    for mark in _GUTENBERG.finditer(text):
        if mark[1].upper() == "START" and not is_open:
            pieces.append("\n" * text.count("\n", begin, mark.end()))
            begin, is_open = mark.end(), True
        elif mark[1].upper() == "END" and is_open:
            pieces.append(text[begin : mark.start()])
            begin, is_open = mark.start(), False
    if not pieces:
        return text, False
    return "".join(pieces) + (text[begin:] if is_open else ""), True
