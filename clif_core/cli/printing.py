"""Results on standard output: JSON for machines, lines and tables for people."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

__all__ = ["output", "show"]

output = Console(highlight=False)


def show(value: Any, as_json: bool) -> None:
    """A dict, or a list of dicts with the same keys, for people or for machines."""
    if as_json:
        typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False, default=float))
    elif isinstance(value, list):
        _show_table(value)
    else:
        for key, item in value.items():
            if key == "probe":
                item = item.get("name", item["kind"])
            if isinstance(item, list) and item and isinstance(item[0], dict):
                output.print(f"\n[bold]{key.replace('_', ' ')}[/]")
                _show_table(item)
            else:
                output.print(f"[bold]{key.replace('_', ' ')}[/]: {_cell(item)}", highlight=False)


def _show_table(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in rows[0] if rows else ():
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    output.print(table)


def _cell(value: Any) -> str:
    """A value on one line, as people read it."""
    from rich.markup import escape

    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{escape(str(key))} {_cell(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    if isinstance(value, float):
        is_tiny = 0 < abs(value) < 0.00005
        return f"{value:+.1e}" if is_tiny else f"{value:+.4f}"
    return "–" if value is None else escape(str(value))
