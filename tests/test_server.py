"""The server that ``clif app`` starts, met by raw requests: names, origins, descriptors."""

from __future__ import annotations

import base64
import http.client
import os
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit import config
from typer.testing import CliRunner

from clif_core.cli import app, start
from clif_core.errors import InputError
from clif_core.many.shared import SETTING
from dashboard.origins import OwnPagesOnly
from tests.own_loop import run_in_own_loop

ROOT = Path(__file__).parents[1]
THEIRS = "clif.example.org"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, psutil.Process]]:
    """``clif app --host-allowed clif.example.org``: its port and the process that listens."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "clif_core", "app", "--headless", "--port", str(port)]
    command += ["--host-allowed", THEIRS, "--home", str(folder / "home")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    log = folder / "log.txt"
    with log.open("w") as output:
        started = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        for _ in range(300):
            assert started.poll() is None, log.read_text()
            if answers(port):
                break
            time.sleep(0.2)
        (server,) = psutil.Process(started.pid).children()
        yield port, server
    finally:
        started.terminate()  # as 'docker stop' does
        started.wait(20)
    assert os.name == "nt" or started.returncode == 0
    assert psutil.wait_procs([server], 20)[1] == []
    assert "Traceback" not in log.read_text(), log.read_text()


def answers(port: int) -> bool:
    try:
        return status(port, "GET /_stcore/health", Host="localhost") == 200
    except OSError:
        return False


def status(port: int, line: str, **headers: str) -> int:
    """The status of a raw request; ``Content_Length`` is the header Content-Length."""
    named = {"Connection": "close"} | {k.replace("_", "-"): v for k, v in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    with socket.create_connection(("127.0.0.1", port), timeout=120) as wire:
        wire.sendall(f"{line} HTTP/1.1\r\n{head}\r\n".encode())
        return int(wire.recv(1000).split(maxsplit=2)[1])


def handshake(port: int, host: str, origin: str = "") -> int:
    """The status of a raw WebSocket handshake: 101 where a session opens."""
    asked = {"Origin": origin} if origin else {}
    return status(
        port,
        "GET /_stcore/stream",
        Host=host,
        Connection="Upgrade",
        Upgrade="websocket",
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Key=base64.b64encode(os.urandom(16)).decode(),
        **asked,
    )


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "localhost.evil.example",
        "evil.example#localhost",
        "localhost@evil.example",
        "127.0.0.1.evil.example",
        "not-clif.example.org",
        "",
    ],
)
def test_a_page_that_was_led_here_by_another_name_opens_no_session(served, host):
    """DNS rebinding: Host and Origin agree, and both are the attacker's."""
    port, _ = served
    host = host.format(port=port)
    assert handshake(port, host, f"http://{host}") == 403
    assert handshake(port, host) == 403


def test_the_names_of_this_machine_and_of_the_operator_open_one(served):
    port, _ = served
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", "LOCALHOST"):
        assert handshake(port, host, f"http://{host}") == 101
    assert handshake(port, THEIRS, f"https://{THEIRS}") == 101


def test_a_page_of_another_origin_opens_none(served):
    port, _ = served
    assert handshake(port, f"localhost:{port}", "http://evil.example") == 403
    assert handshake(port, THEIRS, "https://evil.example") == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://[::1", "http://localhost@evil.example", ""]
)
@pytest.mark.parametrize("scheme", ["http", "websocket"])
def test_streamlit_never_hears_of_a_foreign_page(scheme, origin):
    """It would ask the web for this machine's outer address; what is no address raised in it."""
    before = config.get_option("server.allowedHosts")
    config.set_option("server.allowedHosts", start.allowed_hosts(["*.example.org"]))
    try:
        assert heard(scheme, origin) == []
        assert heard(scheme, "http://localhost:8501", origin) == []
        for own in ("https://clif.example.org", "http://LOCALHOST:8501", "http://[::1]:8501"):
            assert heard(scheme, own) == [scheme]
        assert heard(scheme) == [scheme]
    finally:
        config.set_option("server.allowedHosts", before)


def heard(scheme: str, *origins: str) -> list[str]:
    """What reaches the app behind the refusal of a request that names these origins."""
    reached: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["type"])

    async def receive() -> Message:
        return {"type": f"{scheme}.disconnect"}

    async def send(message: Message) -> None:
        assert message.get("status", 403) == 403

    headers = [(b"origin", origin.encode()) for origin in origins]
    run_in_own_loop(OwnPagesOnly(app)({"type": scheme, "headers": headers}, receive, send))
    return reached


@pytest.mark.parametrize(
    "origin", ["http://[::1", "http://evil.example", "null", "http://" + "a" * 5000]
)
def test_a_page_without_an_address_is_refused_and_not_logged(served, origin):
    port, _ = served
    assert handshake(port, "localhost", origin) == 403
    target = "PUT /_stcore/upload_file/2b1c2f0e-0000-4000-8000-000000000000/x"
    for line in (target, "GET /_stcore/health", "GET /"):
        assert status(port, line, Host="localhost", Origin=origin, Content_Length="0") == 403


def test_the_page_is_one_whole_however_it_is_asked_for(served):
    """A part of the file with all of our style after it was no part of anything."""
    port, _ = served
    whole, page = answer(port, "GET /")
    assert int(whole["content-length"]) == len(page)
    for part in ("bytes=-200", "bytes=0-1,4-5", "bytes=9999999-"):
        assert answer(port, "GET /", Range=part)[1] == page
    assert answer(port, "GET /", If_Modified_Since="Fri, 27 Nov 2099 00:00:00 GMT")[1] == page
    head, body = answer(port, "HEAD /")
    assert (head["content-length"], body) == (whole["content-length"], b"")


def answer(port: int, line: str, **headers: str) -> tuple[dict[str, str], bytes]:
    """The headers, their names in lower case, and the body of what a browser asks for."""
    method, path = line.split()
    named = {k.replace("_", "-"): v for k, v in headers.items()} | {"Accept": "text/html"}
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    wire.request(method, path, headers={"Accept-Encoding": "identity"} | named)
    got = wire.getresponse()
    assert got.status == 200
    return {name.lower(): value for name, value in got.getheaders()}, got.read()


def test_without_a_session_nothing_is_uploaded_even_with_a_token(served):
    """A rebound page can read its own XSRF token; it has no session to upload to."""
    port, _ = served
    request = {"Host": "evil.example", "Origin": "http://evil.example", "Content_Length": "0"}
    target = "PUT /_stcore/upload_file/2b1c2f0e-0000-4000-8000-000000000000/x"
    assert status(port, target, **request) == 403
    token = {"X_Xsrftoken": "ab", "Cookie": "_streamlit_xsrf=ab"}
    assert status(port, target, **request, **token) in (400, 403)


def test_the_agent_interface_is_off(served):
    port, _ = served
    sent = {"Host": "localhost", "Content_Length": "0"}
    assert status(port, "POST /_stcore/agent/interact", **sent) >= 400


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_the_server_may_open_as_many_files_as_the_system_grants():
    """Pages failed at visit 82 under a soft limit of 256."""
    code = (
        "import resource; from clif_core.cli.start import raise_file_limit;"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1];"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard)); raise_file_limit();"
        "soft, after = resource.getrlimit(resource.RLIMIT_NOFILE); print(hard, soft, after)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    printed = subprocess.check_output([sys.executable, "-c", code], text=True, env=environment)
    hard, soft, after = map(int, printed.split())
    assert after == hard
    assert soft == (65_536 if hard < 0 else min(hard, 65_536))


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="psutil cannot ask here")
def test_the_app_inherits_the_raised_limit(served):
    soft, hard = served[1].rlimit(psutil.RLIMIT_NOFILE)
    assert soft == hard or soft >= 65_536


def test_a_limit_that_the_system_refuses_to_raise_stays(monkeypatch):
    resource = pytest.importorskip("resource")

    def refuse(*_):
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 4096))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    start.raise_file_limit()
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    start.raise_file_limit()


def test_the_operators_names_are_added_to_those_of_this_machine():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    local = settings["server"]["allowedHosts"]
    assert start.allowed_hosts(()) == local == ["localhost", "127.0.0.1", "::1"]
    given = ["Clif.Example.org.", "*.example.net, 192.0.2.7", "[2001:db8::1]", "localhost"]
    wanted = ["clif.example.org", "*.example.net", "192.0.2.7", "2001:db8::1"]
    assert start.allowed_hosts(given) == local + wanted


@pytest.mark.parametrize(
    "name",
    ["*", "https://clif.example.org", "clif.example.org:8501", "a/b", "*.", "a b", "é.example",
     "*.*.example.org", "-a.example", "a" * 300, "--server.enableCORS"],
)  # fmt: skip
def test_what_is_not_the_name_of_a_host_is_refused(name):
    with pytest.raises(InputError, match="not the name of a host"):
        start.allowed_hosts([name])
    refused = CliRunner().invoke(app, ["app", f"--host-allowed={name}"])
    assert refused.exit_code == 1
    assert "not the name of a host" in " ".join(refused.output.split())


def test_the_names_may_come_from_the_environment(monkeypatch):
    seen: list[list[str]] = []
    monkeypatch.setattr(start, "raise_file_limit", lambda: None)
    monkeypatch.setattr(start, "_run_until_stopped", lambda command, _: seen.append(command) or 0)
    environment = {"CLIF_ALLOWED_HOSTS": "clif.example.org,*.example.net other.example"}
    assert CliRunner(env=environment).invoke(app, ["app"]).exit_code == 0
    for name in ("clif.example.org", "*.example.net", "other.example", "localhost"):
        at = seen[0].index(name)
        assert seen[0][at - 1] == "--server.allowedHosts"


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """``clif app --shared`` closes its process's files to others; tests run it in their own."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


def test_a_shared_server_tells_the_app_and_closes_its_folder(monkeypatch, tmp_path):
    seen: list[tuple[list[str], dict[str, str], int]] = []

    def run(command: list[str], environment: dict[str, str]) -> int:
        seen.append((command, environment, os.umask(0o077)))
        return 0

    monkeypatch.setattr(start, "raise_file_limit", lambda: None)
    monkeypatch.setattr(start, "_run_until_stopped", run)
    home = tmp_path / "home"
    asked = ["app", "--shared", "--user-header", "X-Forwarded-User", "--visitor-mb", "7"]
    assert CliRunner().invoke(app, [*asked, "--home", str(home)]).exit_code == 0
    cluster = {"CLIF_SCHEDULER": "tcp://first:8786", SETTING: "/mnt/all"}  # of docs/scale.md
    assert CliRunner().invoke(app, ["app"], env=cluster).exit_code == 0
    (command, environment, mask), (usual, mine, _) = seen
    assert environment["CLIF_SHARED"] == "1"
    assert environment["CLIF_USER_HEADER"] == "X-Forwarded-User"
    assert environment["CLIF_VISITOR_MB"] == "7"
    assert mask == 0o077
    assert home.stat().st_mode & 0o777 == 0o700
    assert command[command.index("--server.maxUploadSize") + 1] == "100"
    assert "CLIF_SHARED" not in mine
    assert usual[usual.index("--server.maxUploadSize") + 1] == "500"


def test_an_app_that_can_keep_no_kernels_does_not_start(monkeypatch, tmp_path):
    """No view would open; in a container the volume may belong to another account."""
    monkeypatch.setattr(start, "_run_until_stopped", lambda *_: pytest.fail("it started"))
    file = tmp_path / "file"
    file.touch()
    for environment, asked in (
        ({"NUMBA_CACHE_DIR": str(file / "kernels")}, ["app"]),
        ({"CLIF_HOME": str(file / "home")}, ["app", "--shared"]),
    ):
        refused = CliRunner(env=environment).invoke(app, asked)
        assert refused.exit_code == 1
        assert "cannot be written" in " ".join(refused.output.split())


@pytest.mark.parametrize(
    "asked", [["--user-header", "X-User"], ["--shared", "--user-header", "X User: ann"]]
)
def test_a_header_that_tells_nobody_apart_is_refused(asked):
    refused = CliRunner().invoke(app, ["app", *asked])
    assert refused.exit_code == 1
    assert "header" in refused.output


SIGN_IN = {
    "redirect_uri": "https://clif.example.org/oauth2callback",
    "cookie_secret": "0123456789abcdef" * 4,
    "client_id": "clif",
    "client_secret": "s",
    "server_metadata_url": "https://accounts.example.org/.well-known/openid-configuration",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"cookie_secret": "short"}, "can be guessed"),
        ({"client_id": None}, "no section"),
        ({"redirect_uri": "clif.example.org/oauth2callback"}, "redirect_uri"),
        ({"redirect_uri": "http://[::1/oauth2callback"}, "redirect_uri"),
        ({"redirect_uri": "javascript://x/oauth2callback"}, "redirect_uri"),
        ({"redirect_uri": "https://clif.example.org/"}, "redirect_uri"),
    ],
)
def test_a_file_of_the_sign_in_that_cannot_work_is_refused(tmp_path, changed, said):
    pytest.importorskip("authlib", reason="the extra sign-in is not installed")
    file = tmp_path / "sign-in.toml"
    lines = [f'{name} = "{v}"' for name, v in (SIGN_IN | changed).items() if v is not None]
    file.write_text("\n".join(["[auth]", *lines]))
    refused = CliRunner().invoke(app, ["app", "--shared", "--sign-in", str(file)])
    assert refused.exit_code == 1
    assert said in " ".join(refused.output.split())


def test_a_file_of_the_sign_in_is_read(tmp_path):
    pytest.importorskip("authlib", reason="the extra sign-in is not installed")
    file = tmp_path / "sign-in.toml"
    file.write_text("\n".join(["[auth]", *(f'{name} = "{v}"' for name, v in SIGN_IN.items())]))
    assert start.read_sign_in(file) == SIGN_IN


def test_the_container_has_its_own_account_and_listens_where_it_says():
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    words = [line.split() for line in lines if line and not line.startswith((" ", "#"))]
    assert {w[1] for w in words if w[0] == "FROM"} == {"python:3.12.11-slim-bookworm"}
    first = [w[0] for w in words]
    final = first[len(first) - first[::-1].index("FROM") :]  # what is in the image
    assert final.index("USER") < final.index("CMD")
    assert {"HEALTHCHECK", "VOLUME"} <= set(final)
    assert [w for w in words if w[0] == "COPY"][-1][1] == "--from=build"
    environment = os.environ | {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}
    command = [sys.executable, "-m", "streamlit", "config", "show"]
    shown = subprocess.check_output(
        command, text=True, cwd=start.settings_home(), env=environment, timeout=300
    )
    assert 'address = "0.0.0.0"' in shown


def test_a_matrix_product_of_the_server_takes_one_thread() -> None:
    asked = """
import dashboard.server, numpy
from threadpoolctl import threadpool_info
print(*(pool["num_threads"] for pool in threadpool_info() if pool["internal_api"] == "openblas"))
"""
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", asked], env=environment, cwd=ROOT, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {"1"}
