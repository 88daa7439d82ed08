"""The real app on a free port, for those who drive it: the browser tests and the browser benchmark.

The system's Chromium is used: ``CLIF_CHROMIUM`` names it, else the usual names are looked up.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from clif_core.sgns.bundle import Bundle
from clif_core.workspace.names import visitor_home
from clif_core.workspace.workspace import Workspace, default_home

__all__ = ["FLAGS", "ROOT", "borrow_texts", "find_chromium", "give_model", "serve"]

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]


def find_chromium() -> str:
    """The path of a Chromium; raises FileNotFoundError where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    found = os.environ.get("CLIF_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise FileNotFoundError(
            "No Chromium found. Install it (see 'make help') or set CLIF_CHROMIUM."
        )
    return found


def borrow_texts(home: Path) -> None:
    """Let a home of its own read the texts that the user has fetched."""
    for name in ("corpora", "downloads"):
        if (default_home() / name).is_dir():
            (home / name).symlink_to(default_home() / name)


def give_model(home: Path, visitor: str) -> None:
    """Give a visitor of a shared server a model of her own, "anns": a copy of a sample."""
    own = Workspace(visitor_home(home, visitor, is_session=False))
    sample = own.open_model("brown")
    own.keep_model(Bundle(replace(sample.model, name="anns"), {"title": "Of Ann"}), None)


@contextmanager
def serve(
    home: Path,
    log: Path,
    settings: Mapping[str, str] | None = None,
    clif: Sequence[str] | None = None,
) -> Iterator[tuple[str, int]]:
    """Run the app on a home; gives its address and process id, and stops it afterwards.

    ``settings``: environment variables, such as those that ``clif app --shared`` hands down;
    ``clif``: options with which ``clif app`` itself starts it.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if clif is None:
        script = ROOT / "dashboard" / "server.py"
        command = [sys.executable, "-m", "streamlit", "run", str(script)]
        command += ["--server.headless", "true", "--server.port", str(port)]
    else:
        command = [sys.executable, "-m", "clif_core", "app", "--headless", "--port", str(port)]
        command += clif
    environment = os.environ | {"CLIF_HOME": str(home)} | dict(settings or {})
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", process, log)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait(120)


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=1)
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"The app did not start:\n{log.read_text()}")
