"""Descriptions of probes that are too deep, too large or no plain values: refused in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clif_core.errors import FormatError, InputError
from clif_core.probes import Similarity, catalogue, from_dict, parse_probe, probe_text


def nested(depth: int) -> Any:
    value: Any = "king"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"word_1": nested(3000)}, "inside each other"),
        ({"kind": nested(3000)}, "inside each other"),
        ({"word_1": "\ud800"}, "half of a character"),
        ({"\udfff": 1}, "half of a character"),
        ({"word_1": "a" * 100_000}, "at most 5,000 characters"),
        ({"word_1": ["a"] * 60_000}, "at most 50,000 values"),
        ({"word_1": 10**400}, "between -2\\^53 and 2\\^53"),
        ({"word_1": float("nan")}, "no size"),
        ({"word_1": float("inf")}, "size inf"),
    ],
)
def test_a_hostile_description_is_refused(change: dict[str, Any], said: str) -> None:
    described = Similarity("king", "queen").to_dict() | change
    with pytest.raises(InputError, match=said) as refused:
        from_dict(described)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"format": "clif-probe", "format_version": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"format": "clif-probe", "format_version": ' + b"9" * 5_000 + b"}",
        b'{"format": "clif-probe", "format_version": 1, "probe": "\\ud800"}',
        b" " * 1_000_001,
    ],
)
def test_a_hostile_file_is_refused(content: bytes) -> None:
    with pytest.raises(FormatError) as refused:
        parse_probe(content, "x.json")
    assert "x.json" in str(refused.value)
    assert len(str(refused.value)) < 400


def test_every_shipped_probe_is_within_the_bounds() -> None:
    for entry in catalogue():
        assert from_dict(json.loads(json.dumps(entry.probe.to_dict()))) == entry.probe
        assert parse_probe(probe_text(entry.probe).encode()) == entry.probe
