"""The wheel, installed outside the checkout: the samples, the command line, the app's protections.

A new environment sees the packages of this one, but not the checkout. Its user has Streamlit
settings that would open the app to the network: those of the wheel have to win.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import Config, NewSession
from websockets.sync.client import connect

import clif_core

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
OPEN_TO_ALL = """
[server]
address = "0.0.0.0"
enableXsrfProtection = false
enableCORS = false
maxUploadSize = 9000
[browser]
gatherUsageStats = true
[client]
showErrorDetails = "full"
[theme.light]
backgroundColor = "#FF0000"
"""


class Installed:
    """The wheel in an environment of its own, run from an empty folder by a user of its own."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.bin = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CLIF_", "PYTHON", "STREAMLIT_", "COV_"))
        } | {"HOME": str(folder), "USERPROFILE": str(folder), "CLIF_HOME": str(folder / "home")}
        for place in (folder, self.work):
            (place / ".streamlit").mkdir(parents=True)
            (place / ".streamlit" / "config.toml").write_text(OPEN_TO_ALL, "utf-8")
        run_pip("wheel", str(ROOT), "--no-build-isolation", "--wheel-dir", str(folder))
        (self.wheel,) = folder.glob("*.whl")
        venv.create(folder / "env", with_pip=False)
        python = str(self.bin / "python")
        run_pip("install", str(self.wheel), above=("--python", python))
        show = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.packages = Path(self.output("python", "-c", show).strip())
        # A line of a .pth file adds a folder, and not the editable checkout that it leads to.
        borrowed = {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
        (self.packages / "borrowed.pth").write_text("\n".join(sorted(borrowed)), "utf-8")

    def output(self, program: str, *arguments: str) -> str:
        """What a program of the environment prints."""
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=self.work, env=self.environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def run_pip(command: str, *arguments: str, above: tuple[str, ...] = ()) -> None:
    """pip of this environment, without the network."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", *above, command]
    options = ["--no-deps", "--no-index", "--quiet", *arguments]
    done = subprocess.run([*pip, *options], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def app(installed: Installed) -> Iterator[tuple[str, psutil.Process]]:
    """``clif app`` of the wheel: the host and port where it answers, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    log = installed.work / "app.txt"
    command = [str(installed.bin / "clif"), "app", "--headless", "--port", place.split(":")[1]]
    with log.open("w") as output:
        started = subprocess.Popen(
            command, cwd=installed.work, env=installed.environment, stdout=output, stderr=output
        )
    process = psutil.Process(started.pid)
    try:
        wait_for_health(place, started, log)
        yield place, process
    finally:
        for child in process.children(recursive=True):
            child.terminate()
        started.terminate()
        started.wait(20)
    assert "Traceback" not in log.read_text(), log.read_text()


def wait_for_health(place: str, started: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert started.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"http://{place}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"The app did not start:\n{log.read_text()}")


def test_the_checkout_is_out_of_sight(installed: Installed) -> None:
    show = "import clif_core, dashboard; print(clif_core.__file__); print(dashboard.__file__)"
    for file in installed.output("python", "-c", show).splitlines():
        assert Path(file).is_relative_to(installed.packages)


def test_the_wheel_holds_every_sample_and_the_settings(installed: Installed) -> None:
    for source, target in (
        ("sample_models", "clif_core/sample_models"),
        (".streamlit", "dashboard/.streamlit"),
    ):
        assert contents(installed.packages / target) == contents(ROOT / source)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }


def test_a_sample_answers_on_the_command_line(installed: Installed) -> None:
    samples = json.loads(installed.output("clif", "models", "--json"))
    assert [entry["name"] for entry in samples] == ["shakespeare", "brown"]
    report = json.loads(installed.output("clif", "probe", "brown", "weat_6", "--json"))
    assert report["effect_size"] == pytest.approx(1.554, abs=0.001)
    as_module = installed.output("python", "-m", "clif_core", "models", "--json")
    assert json.loads(as_module) == samples


def test_the_app_listens_on_this_machine_alone(app: tuple[str, psutil.Process]) -> None:
    place, process = app
    listening = {
        f"{connection.laddr.ip}:{connection.laddr.port}"
        for running in (process, *process.children(recursive=True))
        for connection in running.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {place}
    assert place.startswith(SETTINGS["server"]["address"] + ":")


def test_the_app_refuses_other_sites(app: tuple[str, psutil.Process]) -> None:
    """A file without the XSRF token, and a page of another origin."""
    place, _ = app
    upload = urllib.request.Request(
        f"http://{place}/_stcore/upload_file/session/file", data=b"text", method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(upload, timeout=10)
    with pytest.raises(Exception, match="403"):
        connect(f"ws://{place}/_stcore/stream", origin="http://elsewhere.example").close()


def test_the_app_opens_on_a_sample_with_the_settings_of_the_checkout(
    app: tuple[str, psutil.Process],
) -> None:
    session, page = first_screen(app[0])
    theme = SETTINGS["theme"]
    for mode in ("light", "dark"):
        colours = getattr(session.custom_theme, mode)
        assert colours.background_color == theme[mode]["backgroundColor"]
        assert colours.primary_color == theme[mode]["primaryColor"]
    assert list(session.custom_theme.heading_font_sizes) == theme["headingFontSizes"]
    assert session.config.gather_usage_stats is SETTINGS["browser"]["gatherUsageStats"]
    assert session.config.toolbar_mode == Config.ToolbarMode.Value(
        SETTINGS["client"]["toolbarMode"].upper()
    )
    assert "Which sentences made the word vectors think so?" in page
    assert "A question to The Brown corpus" in page


def first_screen(place: str) -> tuple[NewSession, str]:
    """What the server tells a new session, and the HTML of the first page that it finishes."""
    with connect(f"ws://{place}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as line:
        line.send(BackMsg(rerun_script={"query_string": ""}).SerializeToString())
        html: list[str] = []
        while True:
            message = ForwardMsg.FromString(line.recv(timeout=60))
            kind = message.WhichOneof("type")
            ending = message.script_finished if kind == "script_finished" else None
            if kind == "new_session":
                session = message.new_session
            elif kind == "delta":
                html.append(message.delta.new_element.html.body)
            elif ending == ForwardMsg.FINISHED_SUCCESSFULLY:  # not early, to run once more
                return session, "".join(html)


def test_the_settings_in_force_are_those_of_the_checkout(installed: Installed) -> None:
    """Every option of the file, read where ``clif app`` runs, over the settings of the user."""
    shown = installed.output("python", "-c", _IN_FORCE)
    assert json.loads(shown) == flat(SETTINGS)


_IN_FORCE = """
import json, os, tomllib
from pathlib import Path
from clif_core.cli.start import settings_home
home = settings_home()
os.chdir(home)
from streamlit import config
def flat(found, head=""):
    for name, value in found.items():
        if isinstance(value, dict): yield from flat(value, head + name + ".")
        else: yield head + name
names = flat(tomllib.loads((home / ".streamlit" / "config.toml").read_text("utf-8")))
print(json.dumps({name: config.get_option(name) for name in names}))
"""


def flat(settings: dict[str, object], head: str = "") -> dict[str, object]:
    """{"theme": {"font": "serif"}} as {"theme.font": "serif"}."""
    found: dict[str, object] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            found |= flat(value, f"{head}{name}.")
        else:
            found[f"{head}{name}"] = value
    return found


def test_the_version_stands_once() -> None:
    assert version("clif-dashboard") == clif_core.__version__
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {clif_core.__version__}\n" in citation
