"""Words of scripts that set no blanks between them, by optional packages for their languages.

Each is installed by an extra of this package: ``pip install 'clif-dashboard[chinese]'``. Without
one such a text is refused (``clif_core.text.corpus``), or read a character a word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec

from clif_core.errors import InputError

__all__ = ["MODULES", "is_installed", "segment"]

MODULES = {
    "chinese": ("rjieba",),
    "japanese": ("fugashi", "unidic_lite"),
    "thai": ("pythainlp",),
}
_NEVER_FIRST = "ำຳﾞﾟ"  # letters to Unicode, marks to who reads them
_PIECE = 2_000  # characters given to a package at once, so that its time and memory are bounded


def is_installed(segmenter: str) -> bool:
    """Whether the packages of a segmenter are here."""
    return all(find_spec(module) is not None for module in MODULES.get(segmenter, ()))


def segment(text: str, segmenter: str) -> Iterator[str]:
    """The words of a run of letters, in order; together they are the text.

    No word begins with a combining mark. Raises InputError where the segmenter's package is not
    installed.
    """
    cut = _load(segmenter)
    held = ""
    for start in range(0, len(text), _PIECE):
        for word in cut(text[start : start + _PIECE]):
            if held and not (unicodedata.category(word[0])[0] == "M" or word[0] in _NEVER_FIRST):
                yield held
                held = ""
            held += word
    if held:
        yield held


@lru_cache(maxsize=8)
def _load(segmenter: str) -> Callable[[str], list[str]]:
    if segmenter == "characters":
        return list
    if not is_installed(segmenter):
        raise InputError(
            f"Words of {segmenter.capitalize()} need a package that is not installed: pip install"
            f" 'clif-dashboard[{segmenter}]'. Or read a character a word (segmenter=characters)."
        )
    module = import_module(MODULES[segmenter][0])
    if segmenter == "chinese":
        cut: Callable[[str], list[str]] = module.cut
        return cut
    if segmenter == "thai":
        return _without_empty(import_module("pythainlp.tokenize").word_tokenize)
    parse = module.Tagger("-Owakati").parse
    return lambda text: str(parse(text)).split()


def _without_empty(cut: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    return lambda text: [word for word in cut(text) if word]
