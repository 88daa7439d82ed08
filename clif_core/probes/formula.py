"""A probe that the user writes as a formula over words and word sets.

    cos(king, queen) - cos(man, woman)
    mean(cos({he, him}, @war)) - mean(cos({she, her}, @war))
    cos(king - man + woman, queen)

A word stands for its vector as trained, a set for several vectors. A value is a number, a list of
numbers, a vector or a set of vectors; the sorts of all arguments are checked before anything is
computed, and the result must be one number. The list of functions is closed, and the text is parsed
by a grammar of our own (``grammar.py``); it is never executed as code.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from clif_core.errors import InputError
from clif_core.late import late_import
from clif_core.probes.base import Probe, unit
from clif_core.probes.grammar import Call, Node, Number, Reference, WordList, error_at, parse
from clif_core.probes.lookup import NamedSet, clean_words

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    Evaluate = Callable[[Sequence[Tensor]], Tensor]
else:
    torch = late_import("torch")

__all__ = ["FUNCTIONS", "Formula"]

# Sorts of value, and their shapes after any leading axes of resampling.
NUMBER = "a number"  # (...)
NUMBERS = "a list of numbers"  # (..., n)
VECTOR = "a vector"  # (..., dim)
VECTORS = "a set of vectors"  # (..., n, dim)


def _pairwise(first: Tensor, second: Tensor) -> Tensor:
    """All inner products, (..., n, dim) and (..., m, dim) -> (..., n * m)."""
    products: Tensor = (first @ second.transpose(-1, -2)).flatten(start_dim=-2)
    return products


def _distances(first: Tensor, second: Tensor) -> Tensor:
    gaps = first[..., :, None, :] - second[..., None, :, :]
    distances: Tensor = gaps.norm(dim=-1).flatten(start_dim=-2)
    return distances


_PAIRWISE: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], str]] = {
    "cos": (lambda a, b: _pairwise(unit(a), unit(b)), "cosine of two words, or of all pairs"),
    "dot": (_pairwise, "inner product of two words, or of all pairs"),
    "distance": (_distances, "Euclidean distance of two words, or of all pairs"),
}
_REDUCE: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "mean": (lambda x: x.mean(dim=-1), "mean of a list of numbers"),
    "sum": (lambda x: x.sum(dim=-1), "sum of a list of numbers"),
    "max": (lambda x: x.amax(dim=-1), "largest of a list of numbers"),
    "min": (lambda x: x.amin(dim=-1), "smallest of a list of numbers"),
    "std": (lambda x: x.std(dim=-1, correction=0), "standard deviation (ddof 0) of a list"),
}
_EACH: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "abs": (lambda x: x.abs(), "absolute value"),
    "sqrt": (lambda x: x.sqrt(), "square root"),
    "negative": (lambda x: x.neg(), "the other sign"),
}
_OF_VECTORS: dict[str, tuple[Callable[[Tensor], Tensor], str, dict[str, str]]] = {
    "centre": (lambda v: v.mean(dim=-2), "mean vector of a set", {VECTORS: VECTOR}),
    "unit": (unit, "vector or set scaled to length 1", {VECTOR: VECTOR, VECTORS: VECTORS}),
    "norm": (lambda v: v.norm(dim=-1), "length", {VECTOR: NUMBER, VECTORS: NUMBERS}),
}
FUNCTIONS: dict[str, str] = {
    name: entry[1]
    for table in (_PAIRWISE, _REDUCE, _EACH, _OF_VECTORS)
    for name, entry in table.items()
    if name != "negative"
}


@dataclass(frozen=True)
class Formula(Probe):
    """A formula, the word sets that it names with @, and what a positive value means."""

    kind: ClassVar[str] = "formula"
    parameters: ClassVar[tuple[str, ...]] = ("expression",)
    why_undefined: ClassVar[str] = (
        "the formula divides by zero or takes the root of a negative number on these vectors."
    )

    name: str
    expression: str
    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    positive: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.sets, Mapping):
            raise InputError(f"sets must map names to lists of words, got {self.sets!r}.")
        sets = {name: clean_words(words, f"@{name}") for name, words in self.sets.items()}
        object.__setattr__(self, "sets", sets)
        sort, _ = self._compiled[0]
        if sort != NUMBER:
            hint = "wrap it in mean(...)" if sort == NUMBERS else "compare it, such as with cos"
            raise error_at(
                self.expression, 0, f"the formula gives {sort}, but must give a number; {hint}."
            )
        if not self._compiled[1]:
            raise error_at(self.expression, 0, "the formula names no word; add one.")

    def __hash__(self) -> int:
        return hash(self.key)

    @cached_property
    def _compiled(self) -> tuple[tuple[str, Evaluate], tuple[NamedSet, ...]]:
        compiler = _Compiler(self.expression, self.sets)
        result = compiler.compile(parse(self.expression))
        return result, tuple(compiler.leaves)

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return self._compiled[1]

    @property
    def meaning(self) -> str:
        return self.positive or f"Positive: {self.expression} is above zero."

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        return self._compiled[0][1](parts)


class _Compiler:
    """Turns a tree into (sort, function of the parts) and collects the word sets."""

    def __init__(self, expression: str, sets: Mapping[str, tuple[str, ...]]) -> None:
        self.expression = expression
        self.sets = sets
        self.leaves: list[NamedSet] = []

    def compile(self, node: Node) -> tuple[str, Evaluate]:
        if isinstance(node, Number):
            constant = torch.tensor(node.value, dtype=torch.float64)
            return NUMBER, lambda parts: constant
        if isinstance(node, WordList):
            label = f"{{{', '.join(node.words)}}}" if node.is_set else node.words[0]
            return self.leaf(NamedSet(label, node.words), is_set=node.is_set)
        if isinstance(node, Reference):
            if node.name not in self.sets:
                known = ", ".join(f"@{name}" for name in self.sets) or "none"
                raise self.error(node, f"no set is called @{node.name}; known: {known}.")
            return self.leaf(NamedSet(f"@{node.name}", self.sets[node.name]), is_set=True)
        return self.call(node, [self.compile(argument) for argument in node.arguments])

    def leaf(self, words: NamedSet, is_set: bool) -> tuple[str, Evaluate]:
        if words not in self.leaves:
            self.leaves.append(words)
        i = self.leaves.index(words)
        if is_set:
            return VECTORS, lambda parts: parts[i]
        return VECTOR, lambda parts: parts[i][..., 0, :]

    def call(self, node: Call, arguments: list[tuple[str, Evaluate]]) -> tuple[str, Evaluate]:
        if node.function in "+-*/":
            return self.operate(node, *arguments)
        if node.function in _PAIRWISE:
            self.expect_arguments(node, 2, arguments)
            return self.compare(node, arguments)
        if node.function not in (*_REDUCE, *_EACH, *_OF_VECTORS):
            raise self.error(
                node,
                f"there is no function {node.function!r}; there are {', '.join(FUNCTIONS)}.",
            )
        self.expect_arguments(node, 1, arguments)
        sort, evaluate = arguments[0]
        function, result = self.find(node, sort)
        return result, lambda parts: function(evaluate(parts))

    def find(self, node: Call, sort: str) -> tuple[Callable[[Tensor], Tensor], str]:
        """The one-argument function for an argument of this sort, and the sort of its result."""
        name = node.function
        if name in _REDUCE and sort == NUMBERS:
            return _REDUCE[name][0], NUMBER
        if name in _EACH and (sort in (NUMBER, NUMBERS) or name == "negative"):
            return _EACH[name][0], sort
        if name in _OF_VECTORS and sort in _OF_VECTORS[name][2]:
            return _OF_VECTORS[name][0], _OF_VECTORS[name][2][sort]
        hint = "; for the mean of vectors write centre(...)" if sort == VECTORS else ""
        raise self.error(node, f"{name}(...) cannot take {sort}{hint}.")

    def compare(self, node: Call, arguments: list[tuple[str, Evaluate]]) -> tuple[str, Evaluate]:
        for sort, _ in arguments:
            if sort not in (VECTOR, VECTORS):
                raise self.error(node, f"{node.function} compares words, not {sort}.")
        (first_sort, first), (second_sort, second) = arguments
        function = _PAIRWISE[node.function][0]

        def evaluate(parts: Sequence[Tensor]) -> Tensor:
            a, b = first(parts), second(parts)
            a = a[..., None, :] if first_sort == VECTOR else a
            b = b[..., None, :] if second_sort == VECTOR else b
            return function(a, b)

        if first_sort == second_sort == VECTOR:
            return NUMBER, lambda parts: evaluate(parts)[..., 0]
        return NUMBERS, evaluate

    def operate(
        self, node: Call, first: tuple[str, Evaluate], second: tuple[str, Evaluate]
    ) -> tuple[str, Evaluate]:
        sorts = (first[0], second[0])
        vectors = sum(sort in (VECTOR, VECTORS) for sort in sorts)
        is_scaling = node.function == "*" or (node.function == "/" and second[0] == NUMBER)
        if vectors == 2 and (sorts != (VECTOR, VECTOR) or node.function in "*/"):
            raise self.error(
                node,
                f"{sorts[0]} {node.function} {sorts[1]} has no meaning; try centre or cos.",
            )
        if (vectors == 1 and not (is_scaling and NUMBER in sorts)) or sorts == (NUMBERS, NUMBERS):
            raise self.error(
                node, f"{sorts[0]} {node.function} {sorts[1]} has no meaning; try mean(...)."
            )
        function = _OPERATORS[node.function]
        result = next((sort for sort in sorts if sort != NUMBER), NUMBER)
        widen = [sort == NUMBER and result != NUMBER for sort in sorts]

        def evaluate(parts: Sequence[Tensor]) -> Tensor:
            a, b = first[1](parts), second[1](parts)
            for _ in range(_AXES[result]):
                a, b = (a[..., None] if widen[0] else a), (b[..., None] if widen[1] else b)
            return function(a, b)

        return result, evaluate

    def expect_arguments(self, node: Call, n: int, arguments: Sequence[object]) -> None:
        if len(arguments) != n:
            raise self.error(
                node, f"{node.function} takes {n} argument{'s' * (n > 1)}, got {len(arguments)}."
            )

    def error(self, node: Node, message: str) -> InputError:
        return error_at(self.expression, node.position, message)


_AXES = {NUMBER: 0, NUMBERS: 1, VECTOR: 1, VECTORS: 2}
_OPERATORS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
