"""The formula language: values, errors and the positions that errors mark."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clif_core.errors import ClifError, InputError
from clif_core.probes import Formula, Similarity, from_dict
from clif_core.probes.grammar import respell
from tests.probe_examples import random_model


def value(expression: str, **sets: tuple[str, ...]) -> float:
    model = random_model()
    return Formula("f", expression, sets).resolve(model.vocabulary).value(model.centre_vectors)


def test_formulas_equal_numpy_expressions() -> None:
    model = random_model()
    similarity = Similarity("king", "queen").resolve(model.vocabulary).value(model.centre_vectors)
    assert value("cos(king, queen)") == pytest.approx(similarity)
    assert value("1 - 2 * -cos(king, queen) / 4") == pytest.approx(1 + similarity / 2)
    assert value("mean(cos({king, man}, {queen}))") == pytest.approx(
        (similarity + value("cos(man, queen)")) / 2
    )
    v = model.centre_vectors.astype(np.float64)
    king, man, queen = v[model.vocabulary.ids(["king", "man", "queen"])]
    assert value("norm(king - man / 2)") == pytest.approx(np.linalg.norm(king - man / 2))
    assert value("dot(centre({king, man}), queen)") == pytest.approx((king + man) / 2 @ queen)
    assert value("distance(2 * unit(king), queen)") == pytest.approx(
        np.linalg.norm(2 * king / np.linalg.norm(king) - queen)
    )
    assert value("max(cos(@a, king))", a=("he", "queen")) == pytest.approx(
        max(similarity, value("cos(he, king)"))
    )


@pytest.mark.parametrize(
    ("expression", "position", "match"),
    [
        ("cos(king queen)", 10, "expected '\\)'"),
        ("cos(king, ", 11, "found the end"),
        ("cos(king, queen) queen", 18, "after a complete formula"),
        ("2 * foo(king)", 5, "no function 'foo'"),
        ("1 + cos(king, 3)", 5, "compares words, not a number"),
        ("mean({king, queen})", 1, "centre"),
        ("cos({king}, queen)", 1, "wrap it in mean"),
        ("cos(king, @men)", 11, "no set is called @men"),
        ("king.__class__", 5, "no meaning here"),
        ("cos(king, queen) ** 2", 19, "expected a word"),
        ("cos(king)", 1, "takes 2 arguments, got 1"),
        ("1 + 1", 1, "names no word"),
        ("(" * 60 + "king", 41, "levels of brackets"),
        ("{king} + {queen}", 8, "has no meaning"),
    ],
)
def test_errors_mark_the_position(expression: str, position: int, match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        Formula("f", expression)
    assert f"character {position}:" in str(caught.value)
    assert str(caught.value).rstrip().endswith("^")


@given(st.text(alphabet="king, cos({})@+-*/\"'12.abc\n\\_[]:=λ", max_size=60))
def test_any_text_is_a_formula_or_raises_a_clif_error(text: str) -> None:
    try:
        Formula("f", text)
    except ClifError as error:
        assert str(error)


def test_long_chains_do_not_exhaust_the_stack() -> None:
    assert value("-" * 1000 + "cos(he, she)") == pytest.approx(value("cos(he, she)"))
    assert np.isfinite(value("+".join(["cos(he, she)"] * 140)))
    with pytest.raises(InputError, match="150 operations"):
        value("+".join(["norm(he)"] * 180))


def test_quoted_words_may_have_any_characters() -> None:
    probe = Formula("f", 'mean(cos("short-term", {"12", "é t"}))')
    assert probe.words == ("short-term", "12", "é t")


def test_a_formula_round_trips() -> None:
    probe = Formula("f", "mean(cos(@a, king))", {"a": ("he", "she")}, positive="Positive: yes.")
    assert from_dict(probe.to_dict()) == probe
    assert hash(probe) == hash(from_dict(probe.to_dict()))


@pytest.mark.parametrize(
    ("formula", "word", "taken", "expected"),
    [
        ("cos(kign, queen) - cos(kign, man)", "kign", ("king",),
         "cos(king, queen) - cos(king, man)"),
        ("cos(cos, queen)", "cos", ("cosine",), "cos(cosine, queen)"),
        ("mean({man, kign})", "kign", ("king", "lord"), "mean({man, king, lord})"),
        ('cos("new york", king)', "new york", ("new", "york"), "cos({new, york}, king)"),
        ("cos(kign, queen)", "kign", ("short-term",), 'cos("short-term", queen)'),
        ("cos(king, queen", "king", ("kings",), "cos(kings, queen"),
    ],
)  # fmt: skip
def test_a_word_of_a_formula_is_respelt(
    formula: str, word: str, taken: tuple[str, ...], expected: str
) -> None:
    assert respell(formula, word, taken) == expected
