"""Labels keep apart, and clusters of one colour lie far from each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.charts.labels import crowded_on_phones, place_labels

CENTRES = arrays(np.float32, st.tuples(st.integers(1, 40), st.just(2)),
                 elements=st.floats(0, 10, width=32))  # fmt: skip


@given(CENTRES, st.sampled_from([0, 16]))
def test_no_label_covers_another(centres: np.ndarray, clear: int) -> None:
    texts = [f"word{i}, other" for i in range(len(centres))]
    span = np.array([10, 10], dtype=np.float32)
    placed = place_labels(centres, texts, span, (800, 560), clear)
    for label in placed:
        is_beside = abs(label.right) > len(texts[label.index]) * 7.2 / 2
        assert is_beside or abs(label.up) >= clear, "a label keeps clear of its own mark"
    assert placed[0].index == 0, "the most important label always finds room"
    at = np.array([centres[p.index] * (80, 56) + (p.right, p.up) for p in placed])
    widths = np.array([len(texts[p.index]) * 7.2 + 10 for p in placed])
    for i in range(len(at)):
        for j in range(i):
            is_beside = abs(at[i, 0] - at[j, 0]) >= (widths[i] + widths[j]) / 2 - 0.01
            assert is_beside or abs(at[i, 1] - at[j, 1]) >= 18


@given(
    arrays(np.float32, st.tuples(st.integers(1, 20), st.just(2), st.just(2)),
           elements=st.integers(0, 100)),
    st.sampled_from([800, 1400]),
)  # fmt: skip
def test_no_label_lies_on_a_line(lines: np.ndarray, width: int) -> None:
    """On the picture that they were laid out for; every pixel of each line is looked at."""
    texts = [f"word{i}" for i in range(len(lines))]
    span = np.array([100, 100], dtype=np.float32)
    size = (width, 500)
    steps = np.linspace(0, 1, 2_000)[:, None]
    for label in place_labels(lines[:, 1], texts, span, size, 14, lines):
        scale = np.array(size) / 100
        centre = lines[label.index, 1] * scale + (label.right, label.up)
        half = np.array([len(texts[label.index]) * 7.2 / 2, 9])
        for start, end in lines * scale:
            on_line = start + steps * (end - start)
            assert not (np.abs(on_line - centre) < half).all(axis=1).any()


@given(CENTRES)
def test_a_phone_shows_the_most_important_labels_that_keep_apart(centres: np.ndarray) -> None:
    texts = [f"word{i}, other" for i in range(len(centres))]
    span = np.array([10, 10], dtype=np.float32)
    placed = place_labels(centres, texts, span, (800, 560))
    crowded = set(crowded_on_phones(placed, centres, texts, span, 560))
    kept = [number for number in range(len(placed)) if number not in crowded]
    assert kept[0] == 0

    at = np.array([centres[p.index] * (33, 56) + (p.right, p.up) for p in placed])

    def covers(a: int, b: int) -> bool:
        width = sum(len(texts[placed[c].index]) for c in (a, b)) * 7.2 / 2 + 10
        return bool(abs(at[a, 0] - at[b, 0]) < width and abs(at[a, 1] - at[b, 1]) < 23)

    assert not any(covers(a, b) for a in kept for b in kept if a < b)
    assert all(any(covers(a, b) for a in kept if a < b) for b in crowded)
