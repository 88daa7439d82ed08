"""A small OpenID Connect provider on this machine, for the test of signing in.

It does what a provider does: discovery, an authorization page on which a person chooses who to be,
codes that are good once and bound to their request (PKCE, nonce), ID tokens signed with RS256, and
the end of a session. Besides people it offers ``LIES``: the same answers with one thing wrong.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

__all__ = ["LIES", "Provider", "provide"]

LIES = ("another key", "another audience", "another issuer", "another nonce", "an old token")


@dataclass
class Provider:
    """``people``: who can sign in, by their name, with their number at this provider.

    ``redirect_uri``: the only address to which a person is sent back with a code.
    """

    people: Mapping[str, str]
    issuer: str = ""
    redirect_uri: str = ""
    client_id: str = "clif"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(parameters={"kid": "one"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def page(self, asked: dict[str, str]) -> str:
        """The authorization page: a link for everybody who may be chosen."""
        wanted = {"response_type": "code", "client_id": self.client_id}
        wanted |= {"redirect_uri": self.redirect_uri, "code_challenge_method": "S256"}
        assert {name: asked.get(name) for name in wanted} == wanted
        assert "openid" in asked["scope"].split()
        links = []
        for name in (*self.people, *LIES):
            code = secrets.token_hex(16)
            self.codes[code] = {**asked, "name": name}
            back = urlencode({"code": code, "state": asked["state"]})
            links.append(f'<p><a href="{escape(f"{self.redirect_uri}?{back}")}">{name}</a>')
        return "<!doctype html><title>Provider</title><h1>Who are you?</h1>" + "".join(links)

    def token(self, authorization: str, sent: dict[str, str]) -> dict[str, Any]:
        """What a code is exchanged for; a code is good once."""
        client = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        assert authorization == f"Basic {client}"
        asked = self.codes.pop(sent["code"])
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        signed = self._id_token(asked["name"], asked["nonce"])
        return {"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": signed}

    def _id_token(self, name: str, nonce: str) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 60, "nonce": nonce,
            "sub": self.people.get(name, "1"), "email": f"{name.replace(' ', '.')}@example.org",
        }  # fmt: skip
        claims |= {
            "another audience": {"aud": "somebody"},
            "another issuer": {"iss": "https://issuer.example"},
            "another nonce": {"nonce": "0"},
            "an old token": {"iat": now - 7_200, "exp": now - 3_600},
        }.get(name, {})
        other = RSAKey.generate_key(parameters={"kid": "one"})
        key = other if name == "another key" else self.key
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


@contextmanager
def provide(provider: Provider) -> Iterator[None]:
    """Serve a provider on a free port of this machine; sets its ``issuer``."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, asked = urlsplit(self.path).path, _single(urlsplit(self.path).query)
            if path == "/authorize":
                self._send(provider.page(asked).encode(), "text/html")
            elif path == "/end":
                self.send_response(302)
                self.send_header("Location", asked["post_logout_redirect_uri"])
                self.end_headers()
            else:
                said = {
                    "/.well-known/openid-configuration": provider.metadata(),
                    "/keys": {"keys": [provider.key.as_dict(private=False)]},
                }
                self._send(json.dumps(said.get(path, {})).encode(), "application/json")

        def do_POST(self) -> None:
            sent = _single(self.rfile.read(int(self.headers["Content-Length"])).decode())
            said = provider.token(self.headers["Authorization"], sent)
            self._send(json.dumps(said).encode(), "application/json")

        def _send(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing: the test's output is its own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def _single(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
