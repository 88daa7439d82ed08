"""The dashboard, from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from clif_core.cli.shell import Home, command
from clif_core.storage.packaged import packaged

__all__ = ["app_command", "run_app", "settings_home"]


@command("app")
def run_app(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    headless: Annotated[bool, typer.Option(help="Do not open a browser.")] = False,
    home: Home = None,
) -> None:
    """Open the dashboard in the browser."""
    environment = dict(os.environ)
    if home is not None:
        environment["CLIF_HOME"] = str(home.resolve())  # the app runs in another folder
    command = app_command(port, headless)
    raise typer.Exit(
        subprocess.run(command, env=environment, cwd=settings_home(), check=False).returncode
    )


def app_command(port: int, headless: bool) -> list[str]:
    """The command that serves the dashboard; run it in ``settings_home()``."""
    script = Path(str(files("dashboard"))) / "app.py"
    options = ["--server.port", str(port), "--server.headless", str(headless).lower()]
    # -P: a file of the working folder never takes the place of a module.
    return [sys.executable, "-P", "-m", "streamlit", "run", str(script), *options]


def settings_home() -> Path:
    """The folder whose ``.streamlit/config.toml`` holds the app's theme and protections.

    Streamlit reads that file from the working folder, over the user's own ``~/.streamlit``.
    """
    return packaged(".streamlit", "dashboard").parent
