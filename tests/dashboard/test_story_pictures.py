"""Names in the story's pictures keep apart, on a projector and on a phone."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as hypothesis

from dashboard.charts.story import Mark, name_words

_PLACES = hypothesis.lists(
    hypothesis.tuples(
        hypothesis.text("abcdefgh", min_size=1, max_size=10),
        hypothesis.floats(0, 100, allow_nan=False),
    ),
    min_size=1,
    max_size=30,
)


def _are_apart(marks: list[Mark], lanes: list[int], character: float) -> bool:
    """Whether no two names of a lane overlap, each so many percent a character wide."""
    for lane in set(lanes) - {-1}:
        own = [mark for mark, at in zip(marks, lanes, strict=True) if at == lane]
        for left, right in pairwise(own):
            if right.at - left.at < character * (len(left.name) + len(right.name)) / 2:
                return False
    return True


@given(_PLACES)
def test_no_name_covers_another(places: list[tuple[str, float]]) -> None:
    marks = name_words(places)
    assert len(marks) == len(places)
    assert _are_apart(marks, [mark.lane for mark in marks], 1.0)
    assert _are_apart(marks, [mark.narrow for mark in marks], 2.7)
    assert marks[0].narrow == 0  # a phone shows names


def test_a_phone_has_fewer_names() -> None:
    marks = name_words([(name, 50 + at / 10) for at, name in enumerate(("john", "paul") * 5)])
    assert sum(mark.narrow >= 0 for mark in marks) < sum(mark.lane >= 0 for mark in marks)
