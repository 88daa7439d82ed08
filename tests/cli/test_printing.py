"""What a terminal is given of a stranger's text."""

from __future__ import annotations

import pytest

from clif_core.cli.printing import escape, output, show


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\udcff"])
def test_no_sign_moves_colours_turns_or_breaks_what_is_printed(sign: str) -> None:
    """A half of a character stands for a byte of a file's name that is not UTF-8."""
    escape(f"a{sign}b").encode()
    assert escape(f"a{sign}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_a_name_between_colons_is_printed_as_it_is() -> None:
    """Rich makes a sign of ":ID:" unless it is told not to."""
    with output.capture() as found:
        show([{"title": "a :ID: b :smile:"}], as_json=False)
    assert ":ID: b :smile:" in found.get()


def test_a_sentence_has_the_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a column beside its figures it had nine characters a line."""
    monkeypatch.setattr(output, "_width", 80)
    text = "When Alec finished reading he was sure of it."
    row = {"effect": -0.0042, "interval": [-0.0046, -0.0039], "document": "A [b]", "text": text}
    with output.capture() as found:
        show({"removal_lowers": [row, row]}, as_json=False)
    assert found.get().count(text) == 2
    assert "effect -0.0042 · interval -0.0046, -0.0039" in found.get()
    assert "A [b]" in found.get()


def test_names_and_numbers_are_whole_in_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are copied: "professions_projec…" was no name of a probe."""
    monkeypatch.setattr(output, "_width", 60)
    name = "professions_projection"
    row = {"name": name, "title": "words " * 20, "p": 0.1039, "time": "2026-11-27T04:10:16+00:00"}
    with output.capture() as found:
        show([row], as_json=False)
    assert name in found.get() and "+0.1039" in found.get()
    assert "T04" not in found.get() and "…" not in found.get()


def test_what_takes_time_or_room_has_no_sign() -> None:
    with output.capture() as found:
        show({"seconds": 1981.7678, "megabytes_freed": 0.0, "value": 0.1732}, as_json=False)
    assert found.get().splitlines() == [
        "seconds: 1,981.8",
        "megabytes freed: 0.0",
        "value: +0.1732",
    ]
