"""The dashboard, from the command line."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from clif_core.cli.printing import output
from clif_core.cli.shell import Home, command, open_workspace
from clif_core.errors import InputError
from clif_core.storage.json_files import open_regular
from clif_core.storage.packaged import packaged
from clif_core.storage.write_errors import explain_write_errors

__all__ = [
    "allowed_hosts",
    "app_command",
    "raise_file_limit",
    "read_sign_in",
    "run_app",
    "settings_home",
]

_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}\Z")
_IP6 = re.compile(r"[0-9a-f:]*:[0-9a-f:.]+\Z")
_OF_SIGN_IN = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_LEAST_SECRET = 32  # characters
_MAX_SIGN_IN = 100_000  # bytes
_MOST_FILES = 65_536  # a limit of a thousand million, as in some containers, helps nobody


@command("app")
def run_app(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    headless: Annotated[bool, typer.Option(help="Do not open a browser.")] = False,
    host_allowed: Annotated[
        list[str] | None,
        typer.Option(
            envvar="CLIF_ALLOWED_HOSTS",
            help="A further name under which browsers reach the app, such as clif.example.org or"
            " *.example.org; may be repeated. Names of this machine are always allowed.",
        ),
    ] = None,
    shared: Annotated[
        bool,
        typer.Option(
            envvar="CLIF_SHARED",
            help="Serve several people: each sees and deletes their own models, texts and jobs"
            " alone.",
        ),
    ] = False,
    user_header: Annotated[
        str | None,
        typer.Option(
            envvar="CLIF_USER_HEADER",
            help="With --shared: the header in which your reverse proxy names who signed in, such"
            " as X-Forwarded-User. Without it, what a visitor adds ends with the session.",
        ),
    ] = None,
    sign_in: Annotated[
        Path | None,
        typer.Option(
            envvar="CLIF_SIGN_IN_FILE",
            help="With --shared: a file with the section 'auth' of Streamlit's secrets.toml. The"
            " app asks that OpenID Connect provider who a visitor is, and shows nothing before.",
        ),
    ] = None,
    visitor_mb: Annotated[
        int,
        typer.Option(
            min=1,
            envvar="CLIF_VISITOR_MB",
            help="With --shared: megabytes of models and texts per visitor.",
        ),
    ] = 1000,
    upload_mb: Annotated[
        int | None,
        typer.Option(min=1, help="Megabytes of one uploaded file; 500, or 100 with --shared."),
    ] = None,
    home: Home = None,
) -> None:
    """Open the dashboard in the browser."""
    provider = None if sign_in is None else read_sign_in(sign_in)
    named = [] if provider is None else [str(urlsplit(provider["redirect_uri"]).hostname)]
    hosts = allowed_hosts([*(host_allowed or ()), *named])
    environment = dict(os.environ)
    if home is not None:
        environment["CLIF_HOME"] = str(home.resolve())  # the app runs in another folder
    if not shared and (user_header is not None or sign_in is not None):
        raise InputError("--user-header and --sign-in tell visitors apart: give --shared with it.")
    if user_header is not None and sign_in is not None:
        raise InputError("give --user-header or --sign-in, not both: either names the visitor.")
    if shared:
        environment |= _for_visitors(user_header, visitor_mb, home)
        environment["CLIF_SIGN_IN"] = str(int(sign_in is not None))
    _require_room_for_kernels()
    raise_file_limit()  # which the app inherits
    output.print(f"The dashboard: http://localhost:{port}")
    command = app_command(port, headless, hosts, upload_mb or (100 if shared else 500), sign_in)
    raise typer.Exit(_run_until_stopped(command, environment))


def _run_until_stopped(command: list[str], environment: Mapping[str, str]) -> int:
    """The status of a command that is told to end when this process is (``docker stop``).

    A server that was told to end and did has done well: 0, so that no supervisor counts a failure.
    """
    process = subprocess.Popen(command, env=environment, cwd=settings_home())
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        status = process.wait()
    except KeyboardInterrupt:  # which the terminal sent to it as well
        status = process.wait()
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0 if status == -signal.SIGTERM else status


def _require_room_for_kernels() -> None:
    """Raise StorageError where no compiled kernel can be kept: no view would open.

    As in a container whose volume belongs to another account than its own.
    """
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        with explain_write_errors(Path(given) / "kernels"):
            Path(given).mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=given).close()


def _for_visitors(user_header: str | None, visitor_mb: int, home: Path | None) -> dict[str, str]:
    """The environment of a shared server; its files are for the account that runs it alone."""
    if user_header is not None and not _HEADER.match(user_header):
        raise InputError(
            f"{user_header[:80]!r} is not the name of a header: use letters, digits and -, such as"
            " X-Forwarded-User."
        )
    os.umask(0o077)  # which the app inherits, and its jobs
    workspace = open_workspace(home)
    with explain_write_errors(workspace.home / "visitors"):
        workspace.home.mkdir(parents=True, exist_ok=True)
        workspace.home.chmod(0o700)
    workspace.clean()  # what sessions left
    return {
        "CLIF_SHARED": "1",
        "CLIF_USER_HEADER": user_header or "",
        "CLIF_VISITOR_MB": str(visitor_mb),
    }


def read_sign_in(file: Path) -> dict[str, Any]:
    """The section [auth] of a file; InputError where it lacks what Streamlit's sign-in needs."""
    if not all(map(importlib.util.find_spec, ("authlib", "httpx"))):
        raise InputError(
            "--sign-in needs the package Authlib: pip install 'clif-dashboard[sign-in]'."
        )
    try:
        with open_regular(file) as opened:
            section = tomllib.loads(opened.read(_MAX_SIGN_IN).decode("utf-8"))["auth"]
        given = {key: str(section[key]) for key in _OF_SIGN_IN}
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{file} has no section [auth] with {', '.join(_OF_SIGN_IN)} ({error!s:.100})."
            " docs/security.md shows one."
        ) from error
    if len(given["cookie_secret"]) < _LEAST_SECRET:
        raise InputError(
            f"cookie_secret in {file} has {len(given['cookie_secret'])} characters, which can be"
            f" guessed; give at least {_LEAST_SECRET} random ones, such as 'openssl rand -hex 32'"
            " prints."
        )
    if not _is_callback(given["redirect_uri"]):
        raise InputError(
            f"redirect_uri in {file} is the address of this app as browsers reach it, such as"
            f" https://clif.example.org/oauth2callback; got {given['redirect_uri']!r:.80}."
        )
    return given


def _is_callback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:  # half of an IPv6 address
        return False
    is_web = parts.scheme in ("http", "https") and parts.hostname is not None
    return is_web and parts.path.endswith("/oauth2callback")


def app_command(
    port: int,
    headless: bool,
    hosts: Iterable[str] = (),
    upload_mb: int = 500,
    sign_in: Path | None = None,
) -> list[str]:
    """The command that serves the dashboard; run it in ``settings_home()``.

    ``hosts``: the names that the app answers to, in place of those in its settings file;
    ``upload_mb``: megabytes that one uploaded file may have; ``sign_in``: as of ``read_sign_in``.
    """
    script = Path(str(files("dashboard"))) / "server.py"
    options = ["--server.port", str(port), "--server.headless", str(headless).lower()]
    options += ["--server.maxUploadSize", str(upload_mb)]
    if sign_in is not None:
        options += ["--secrets.files", str(sign_in.resolve())]
    for host in hosts:
        options += ["--server.allowedHosts", host]
    # -P: a file of the working folder never takes the place of a module.
    return [sys.executable, "-P", "-m", "streamlit", "run", str(script), *options]


def settings_home() -> Path:
    """The folder whose ``.streamlit/config.toml`` holds the app's theme and protections.

    Streamlit reads that file from the working folder, over the user's own ``~/.streamlit``.
    """
    return packaged(".streamlit", "dashboard").parent


def allowed_hosts(further: Iterable[str]) -> list[str]:
    """The names of this machine in the settings file, then the operator's, each once.

    A browser that was led to this machine by another name (DNS rebinding) is refused. A name may
    begin with ``*.`` for every name below it, and may be a list divided by commas. Raises
    InputError for any other text, and for ``*``, which would switch the check off.
    """
    settings = tomllib.loads((settings_home() / ".streamlit" / "config.toml").read_text("utf-8"))
    hosts: list[str] = list(settings["server"]["allowedHosts"])
    for given in (name.strip() for text in further for name in text.split(",")):
        host = given.lower().rstrip(".").removeprefix("[").removesuffix("]")
        if not given:
            continue
        if len(host) > 253 or not (_HOST.match(host) or _IP6.match(host)):
            raise InputError(
                f"{given[:80]!r} is not the name of a host. Give a name or an address without"
                " scheme, port and path, such as clif.example.org, *.example.org or 192.0.2.7."
            )
        hosts.append(host)
    return list(dict.fromkeys(hosts))


def raise_file_limit() -> None:
    """Let this process and those it starts open as many files as the system grants it.

    Each visitor takes three descriptors, for a while after leaving too, and 256 is a usual limit.
    Does nothing where the system has no such limit (Windows) or refuses.
    """
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = _MOST_FILES if hard == unlimited else min(hard, _MOST_FILES)
    if soft == unlimited or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return
