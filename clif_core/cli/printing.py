"""Results on standard output: JSON for programs, lines and tables for people."""

from __future__ import annotations

import json
import re
from typing import Any

import typer
from rich import markup
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

__all__ = ["escape", "output", "show"]

output = Console(highlight=False, emoji=False)
#: Headings that differ from the key in the JSON.
_HEADINGS = {
    "kept": "saved as",
    "lost_words": "out of vocabulary",
    "repairs": "fine-tunings",
}
_AMOUNTS = re.compile(r"seconds|megabytes")  # which have no sign, as changes have
_TIME = re.compile(r"\A(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?\+00:00\Z")
_MOST_NAME = 60  # characters; more are cut
# All but tab and line end; what turns the direction of writing; halves of characters, as in names
# of files that are not UTF-8.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def escape(text: str) -> str:
    """Text of a model, a file or an error as it may be printed.

    Rich's markup is escaped. A control character, which could move the cursor, colour the terminal
    or set its title, becomes U+FFFD.
    """
    return markup.escape(_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text))


def show(value: Any, as_json: bool) -> None:
    """Print a dict, or a list of dicts with the same keys, as JSON or for people."""
    if as_json:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=float)
        typer.echo(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
    elif isinstance(value, list):
        _show_table(value)
    else:
        for key, item in value.items():
            if key == "probe":
                item = item.get("name", item["kind"])
            if isinstance(item, list) and item and isinstance(item[0], dict):
                output.print(f"\n[bold]{_heading(key)}[/]")
                _show_table(item)
            else:
                if isinstance(item, float) and _AMOUNTS.search(key):
                    item = f"{item:,.1f}"
                output.print(f"[bold]{_heading(key)}[/]: {_cell(item)}")


def _show_table(rows: list[dict[str, Any]]) -> None:
    if rows and "text" in rows[0]:
        _show_texts(rows)
        return
    table = Table(box=None, pad_edge=False)
    for column in rows[0] if rows else ():
        table.add_column(_heading(column), min_width=_width_of_names(rows, column))
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    output.print(table)


def _width_of_names(rows: list[dict[str, Any]], column: str) -> int:
    """Of a column of names and numbers, which people copy: whole; 0 where its cells have blanks."""
    cells = [_cell(row[column]) for row in rows]
    return 0 if any(" " in cell for cell in cells) else min(max(map(len, cells)), _MOST_NAME)


def _show_texts(rows: list[dict[str, Any]]) -> None:
    """Each row as a passage: a terminal is too narrow for a sentence beside its figures."""
    for row in rows:
        below = {"text", "document"}
        figures = [f"{_heading(key)} {_cell(row[key])}" for key in row if key not in below]
        output.print(f"[bold]{' · '.join(figures)}[/]")
        output.print(Padding(_cell(row["text"]), (0, 0, 0, 4)))
        output.print(Padding(f"[dim]{_cell(row['document'])}[/]", (0, 0, 1, 4)))


def _heading(key: str) -> str:
    return _HEADINGS.get(key, key.replace("_", " "))


def _cell(value: Any) -> str:
    """A value on one line, escaped."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{escape(str(key))} {_cell(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    if isinstance(value, float):
        is_tiny = 0 < abs(value) < 0.00005
        return f"{value:+.1e}" if is_tiny else f"{value:+.4f}"
    return "–" if value is None else _TIME.sub(r"\1 \2 UTC", escape(str(value)))
