"""The dashboard, from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from clif_core.cli.shell import Home, command

DASHBOARD = Path(__file__).parents[2] / "dashboard" / "app.py"


@command("app")
def run_app(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    headless: Annotated[bool, typer.Option(help="Do not open a browser.")] = False,
    home: Home = None,
) -> None:
    """Open the dashboard in the browser."""
    environment = dict(os.environ)
    if home is not None:
        environment["CLIF_HOME"] = str(home)
    options = ["--server.port", str(port), "--server.headless", str(headless).lower()]
    arguments = [sys.executable, "-m", "streamlit", "run", str(DASHBOARD), *options]
    # The theme and the safety settings lie in .streamlit beside the dashboard.
    raise typer.Exit(
        subprocess.run(arguments, env=environment, cwd=DASHBOARD.parents[1], check=False).returncode
    )
