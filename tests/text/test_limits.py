"""How large a text may be: told beforehand, refused where the memory cannot hold it."""

from __future__ import annotations

from pathlib import Path

import pytest

from clif_core.errors import FormatError
from clif_core.storage.gzipped import MAX_TEXT_BYTES
from clif_core.text.limits import Need, largest_text, times_larger
from clif_core.text.readers.own import look, read_own_text
from clif_core.text.readers.plain import read_plain_text

LINE = "Some words that a person wrote.\n\n"


def test_a_text_that_the_memory_cannot_hold_is_refused_before_it_is_read(monkeypatch, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(LINE * 100)
    monkeypatch.setenv("CLIF_MEMORY_GB", "0.00001")
    with pytest.raises(FormatError, match=r"are free here: enough for .* of text.*--max-gb"):
        read_own_text(path)
    assert read_own_text(path, max_bytes=10_000).n_tokens == 600  # whoever says so, may


def test_a_limit_that_is_given_is_named(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text(LINE * 100)
    with pytest.raises(FormatError, match=r"more than 0 MB of text, the limit here"):
        read_own_text(path, max_bytes=1_000)


def test_limits_of_what_a_text_holds_follow_its_size(monkeypatch):
    monkeypatch.setenv("CLIF_MEMORY_GB", "24")
    assert largest_text() == 2_000_000_000
    assert [times_larger(n) for n in (1, MAX_TEXT_BYTES, 10 * MAX_TEXT_BYTES)] == [1, 1, 10]


def test_what_reading_takes_is_told_of_a_large_text_alone(monkeypatch):
    monkeypatch.setenv("CLIF_MEMORY_GB", "24")
    assert Need(1_000_000, 200_000).lines == []
    (line,) = Need(120_000_000, 20_123_456).lines
    assert line == (
        "Size: about 20,000,000 words in 120 MB. Reading it takes about 40 s and 1.4 GB of memory;"
        " 24 GB are free."
    )


def test_a_look_estimates_the_words_from_the_beginning(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text(LINE * 60_000)
    found = look(path).need
    assert found.n_bytes == path.stat().st_size
    assert found.n_tokens == pytest.approx(360_000, rel=0.05)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (". " * 400_000 + "word", "documents, 2[0-9]{2},[0-9]{3} sentences"),
        (" ".join(f"w{i}" for i in range(300_000)), "2[0-9]{2},[0-9]{3} distinct words"),
        ("a\n" * 300_000, "2[0-9]{2},[0-9]{3} documents"),
    ],
)
def test_a_text_of_more_sentences_or_words_than_the_memory_holds_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, what: str
):
    """10 MB of ". " took 0.6 GB, and 100 MB of it ten times as much."""
    monkeypatch.setenv("CLIF_MEMORY_GB", "0.02")
    path = tmp_path / "a.txt"
    path.write_text(text)
    with pytest.raises(FormatError, match=rf"{what}.*takes \d+ MB more of memory, and 20 MB are"):
        read_plain_text(path, "line" if "\n" in text else "blank-line", max_bytes=10_000_000)
