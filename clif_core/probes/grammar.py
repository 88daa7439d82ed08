"""The grammar of formula probes: parses text into a tree of calls; no text is executed as code.

    expression := term (("+" | "-") term)*
    term       := factor (("*" | "/") factor)*
    factor     := "-" factor | number | "(" expression ")" | function "(" expression, ... ")"
                | word | "quoted word" | {word, word, ...} | @set
    word       := a letter, then letters, digits, "_" or "'"; anything else goes in quotes

Every node holds the position of its first character in the text, for error messages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clif_core.errors import InputError

__all__ = ["Call", "Node", "Number", "Reference", "WordList", "error_at", "parse", "respell"]

MAX_LENGTH = 2_000
MAX_DEPTH = 40  # nested brackets
MAX_OPERATIONS = 150  # bounds the height of the tree, and so the recursion over it


@dataclass(frozen=True)
class Number:
    """A number as written."""

    value: float
    position: int


@dataclass(frozen=True)
class WordList:
    """One bare word, or the words in braces; ``is_set`` distinguishes {king} from king."""

    words: tuple[str, ...]
    is_set: bool
    position: int


@dataclass(frozen=True)
class Reference:
    """The name of a word set that is given with the formula, written @name."""

    name: str
    position: int


@dataclass(frozen=True)
class Call:
    """A function or an operator (+ - * / and "negative") with its arguments."""

    function: str
    arguments: tuple[Node, ...]
    position: int


Node = Number | WordList | Reference | Call


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int

    @property
    def shown(self) -> str:
        return repr(self.text) if self.text else "the end"


_TOKENS = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
      | (?P<quoted>"[^"]*"|“[^”]*”)
      | (?P<name>@[^\W\d][\w-]*)
      | (?P<word>[^\W\d_][\w'’]*)
      | (?P<sign>[-+*/(){},])""",
    re.VERBOSE,
)


def error_at(expression: str, position: int, message: str) -> InputError:
    """An error that shows the formula and marks the position (0-based here, shown from 1)."""
    start = max(0, position - 40)
    shown = expression[start : position + 40].replace("\n", " ")
    mark = f"{' ' * (position - start)}^"
    return InputError(f"formula, character {position + 1}: {message}\n    {shown}\n    {mark}")


def parse(expression: str) -> Node:
    """The tree of the formula; raises InputError, which marks the first mistake."""
    if len(expression) > MAX_LENGTH:
        raise InputError(
            f"the formula has {len(expression):,} characters; at most {MAX_LENGTH:,} are allowed."
            " Put long word lists into named sets and write @name."
        )
    if not expression.strip():
        raise InputError("the formula is empty; write one, such as cos(king, queen).")
    return _Parser(expression).whole()


def respell(expression: str, word: str, taken: Sequence[str]) -> str:
    """The formula with ``taken`` wherever it has the word; several words are a set."""
    written = [w if _is_bare(w) else f'"{w}"' for w in taken]
    pieces: list[str] = []
    at, is_in_set = 0, False
    for token in _TOKENS.finditer(expression):
        is_in_set = token.group() == "{" or (is_in_set and token.group() != "}")
        is_name = expression[token.end() :].lstrip().startswith("(")  # of a function
        found = token.group().strip('"“”').strip() if token.lastgroup == "quoted" else token.group()
        if token.lastgroup in ("word", "quoted") and found == word and not is_name:
            joined = ", ".join(written)
            joined = f"{{{joined}}}" if len(written) > 1 and not is_in_set else joined
            pieces += [expression[at : token.start()], joined]
            at = token.end()
    return "".join([*pieces, expression[at:]])


def _is_bare(word: str) -> bool:
    """Whether a formula may hold the word without quotes."""
    token = _TOKENS.fullmatch(word)
    return token is not None and token.lastgroup == "word"


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = list(self._tokens())
        self.at = 0
        self.depth = 0
        self.n_operations = 0

    def _tokens(self) -> list[_Token]:
        tokens = []
        position = 0
        while position < len(self.expression):
            match = _TOKENS.match(self.expression, position)
            if match is None:
                raise error_at(
                    self.expression,
                    position,
                    f"{self.expression[position]!r} has no meaning here; put a word with other"
                    " signs than letters, digits, _ and ' in double quotes, such as"
                    ' "short-term".',
                )
            if match.lastgroup != "space":
                tokens.append(_Token(str(match.lastgroup), match.group(), position))
            position = match.end()
        return [*tokens, _Token("end", "", len(self.expression))]

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> _Token | None:
        """The current token if it is one of these signs, then step past it; else None."""
        token = self.token
        if token.kind != "sign" or token.text not in texts:
            return None
        self.at += 1
        return token

    def expect(self, text: str, where: str) -> None:
        if not self.take(text):
            raise self.error(f"expected {text!r} {where}, found {self.token.shown}.")

    def error(self, message: str) -> InputError:
        return error_at(self.expression, self.token.position, message)

    def whole(self) -> Node:
        node = self.sum()
        if self.token.kind != "end":
            raise self.error(f"unexpected {self.token.text!r} after a complete formula.")
        return node

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"more than {MAX_DEPTH} levels of brackets; use fewer.")
        node = self.product()
        while sign := self.take("+", "-"):
            node = self.operation(sign, node, self.product())
        self.depth -= 1
        return node

    def product(self) -> Node:
        node = self.factor()
        while sign := self.take("*", "/"):
            node = self.operation(sign, node, self.factor())
        return node

    def factor(self) -> Node:
        first = self.token
        is_negative = False
        while self.take("-"):
            is_negative = not is_negative
        node = self.atom()
        return Call("negative", (node,), first.position) if is_negative else node

    def operation(self, sign: _Token, first: Node, second: Node) -> Node:
        self.n_operations += 1
        if self.n_operations > MAX_OPERATIONS:
            raise self.error(f"more than {MAX_OPERATIONS} operations; use sets and mean(...).")
        return Call(sign.text, (first, second), sign.position)

    def atom(self) -> Node:
        token = self.token
        if self.take("("):
            node = self.sum()
            self.expect(")", "to close the bracket")
            return node
        if self.take("{"):
            return self.word_set(token.position)
        if token.kind not in ("number", "name", "word", "quoted"):
            raise self.error(
                f"expected a word, a set, a number or a function, found {token.shown}."
            )
        self.at += 1
        if token.kind == "number":
            return Number(float(token.text), token.position)
        if token.kind == "name":
            return Reference(token.text[1:], token.position)
        if token.kind == "word" and self.take("("):
            return self.call(token)
        return WordList((self.word(token),), is_set=False, position=token.position)

    def call(self, name: _Token) -> Node:
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        self.expect(")", f"to close {name.text}(")
        return Call(name.text.lower(), tuple(arguments), name.position)

    def word_set(self, position: int) -> Node:
        words: list[str] = []
        while True:
            token = self.token
            if token.kind not in ("word", "quoted", "number"):
                raise self.error(f"expected a word of the set, found {token.shown}.")
            self.at += 1
            words.append(self.word(token))
            if not self.take(","):
                break
        self.expect("}", "to close the set")
        return WordList(tuple(words), is_set=True, position=position)

    def word(self, token: _Token) -> str:
        word = token.text[1:-1].strip() if token.kind == "quoted" else token.text
        if not word:
            raise error_at(self.expression, token.position, "the quotes are empty; write a word.")
        return word
