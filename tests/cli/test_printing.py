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
