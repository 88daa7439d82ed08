"""The grammar of formula probes: text in, a tree of calls out; nothing is ever evaluated as code.

    expression := term (("+" | "-") term)*
    term       := factor (("*" | "/") factor)*
    factor     := "-" factor | number | "(" expression ")" | function "(" expression, ... ")"
                | word | "quoted word" | {word, word, ...} | @set
    word       := a letter, then letters, digits, "_" or "'"; anything else goes in quotes

Every node keeps the place where it began, so that an error can point at it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from clif_core.errors import InputError

__all__ = ["Call", "Node", "Number", "Reference", "WordList", "complain", "parse"]

MAX_LENGTH = 2_000
MAX_DEPTH = 40  # nested brackets
MAX_OPERATIONS = 150  # bounds the height of the tree, and so the recursion over it


@dataclass(frozen=True)
class Number:
    """A number as written."""

    value: float
    place: int


@dataclass(frozen=True)
class WordList:
    """One bare word, or the words in braces; ``is_set`` tells {king} from king."""

    words: tuple[str, ...]
    is_set: bool
    place: int


@dataclass(frozen=True)
class Reference:
    """The name of a word set that comes with the formula, written @name."""

    name: str
    place: int


@dataclass(frozen=True)
class Call:
    """A function or an operator (+ - * / and "negative") with its arguments."""

    function: str
    arguments: tuple[Node, ...]
    place: int


Node = Number | WordList | Reference | Call


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    place: int


_TOKENS = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
      | (?P<quoted>"[^"]*"|“[^”]*”)
      | (?P<name>@[^\W\d][\w-]*)
      | (?P<word>[^\W\d_][\w'’]*)
      | (?P<sign>[-+*/(){},])""",
    re.VERBOSE,
)


def complain(expression: str, place: int, message: str) -> InputError:
    """An error that shows the formula and points at the place, counted from 1 in the text."""
    start = max(0, place - 40)
    shown = expression[start : place + 40].replace("\n", " ")
    return InputError(
        f"formula, character {place + 1}: {message}\n    {shown}\n    {' ' * (place - start)}^"
    )


def parse(expression: str) -> Node:
    """The tree of the formula; raises InputError that points at the first thing amiss."""
    if len(expression) > MAX_LENGTH:
        raise InputError(
            f"the formula has {len(expression):,} characters, at most {MAX_LENGTH:,} are read."
            " Put long word lists into named sets and write @name."
        )
    if not expression.strip():
        raise InputError("the formula is empty; write one, such as cos(king, queen).")
    return _Parser(expression).whole()


class _Parser:
    """Recursive descent over the tokens; the only state is the position."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = list(self._tokens())
        self.at = 0
        self.depth = 0
        self.n_operations = 0

    def _tokens(self) -> list[_Token]:
        tokens = []
        place = 0
        while place < len(self.expression):
            match = _TOKENS.match(self.expression, place)
            if match is None:
                raise complain(
                    self.expression,
                    place,
                    f"{self.expression[place]!r} has no meaning here; words with other signs than"
                    ' letters, digits, _ and \' go in double quotes, such as "short-term".',
                )
            if match.lastgroup != "space":
                tokens.append(_Token(str(match.lastgroup), match.group(), place))
            place = match.end()
        return [*tokens, _Token("end", "", len(self.expression))]

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> _Token | None:
        """The present token when it is one of these signs, and step past it."""
        token = self.token
        if token.kind != "sign" or token.text not in texts:
            return None
        self.at += 1
        return token

    def expect(self, text: str, where: str) -> None:
        if not self.take(text):
            found = repr(self.token.text) if self.token.text else "the end"
            raise self.complain(f"expected {text!r} {where}, found {found}.")

    def complain(self, message: str) -> InputError:
        return complain(self.expression, self.token.place, message)

    def whole(self) -> Node:
        node = self.sum()
        if self.token.kind != "end":
            raise self.complain(f"did not expect {self.token.text!r} after a complete formula.")
        return node

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.complain(f"more than {MAX_DEPTH} levels of brackets.")
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
        return Call("negative", (node,), first.place) if is_negative else node

    def operation(self, sign: _Token, first: Node, second: Node) -> Node:
        self.n_operations += 1
        if self.n_operations > MAX_OPERATIONS:
            raise self.complain(f"more than {MAX_OPERATIONS} operations; use sets and mean(...).")
        return Call(sign.text, (first, second), sign.place)

    def atom(self) -> Node:
        token = self.token
        if self.take("("):
            node = self.sum()
            self.expect(")", "to close the bracket")
            return node
        if self.take("{"):
            return self.word_set(token.place)
        if token.kind not in ("number", "name", "word", "quoted"):
            found = repr(token.text) if token.text else "the end"
            raise self.complain(f"expected a word, a set, a number or a function, found {found}.")
        self.at += 1
        if token.kind == "number":
            return Number(float(token.text), token.place)
        if token.kind == "name":
            return Reference(token.text[1:], token.place)
        if token.kind == "word" and self.take("("):
            return self.call(token)
        return WordList((self.word(token),), is_set=False, place=token.place)

    def call(self, name: _Token) -> Node:
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        self.expect(")", f"to close {name.text}(")
        return Call(name.text.lower(), tuple(arguments), name.place)

    def word_set(self, place: int) -> Node:
        words: list[str] = []
        while True:
            token = self.token
            if token.kind not in ("word", "quoted", "number"):
                found = repr(token.text) if token.text else "the end"
                raise self.complain(f"expected a word of the set, found {found}.")
            self.at += 1
            words.append(self.word(token))
            if not self.take(","):
                break
        self.expect("}", "to close the set")
        return WordList(tuple(words), is_set=True, place=place)

    def word(self, token: _Token) -> str:
        word = token.text[1:-1].strip() if token.kind == "quoted" else token.text
        if not word:
            raise complain(self.expression, token.place, "the quotes hold no word.")
        return word
