"""What ``--help`` prints is what was written, and no command has two things of one name."""

from __future__ import annotations

import re

import pytest
import typer.main

from clif_core.cli import app

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_no_help_loses_what_stands_in_square_brackets(name: str) -> None:
    """Rich takes ``[word]`` for a style, and prints nothing in its place."""
    command = COMMANDS[name]
    for text in [command.help, *(getattr(one, "help", "") for one in command.params)]:
        assert not re.search(r"(?<!\\)\[[a-z]", text or ""), text


@pytest.mark.parametrize("name", COMMANDS)
def test_no_argument_is_called_like_an_option(name: str) -> None:
    params = COMMANDS[name].params
    options = {option.lstrip("-") for one in params for option in one.opts if option[0] == "-"}
    arguments = {one.metavar or one.name for one in params if one.opts[0][0] != "-"}
    assert not options & arguments
