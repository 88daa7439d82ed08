"""Signing in to a shared server at an OpenID Connect provider, in a real browser."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from itsdangerous import URLSafeTimedSerializer
from playwright.sync_api import Browser, BrowserContext, Page, expect
from served import borrow_texts, give_model, serve
from walking import SLOW, await_rest

from clif_core.workspace.names import visitor_home
from clif_core.workspace.workspace import Workspace

pytest.importorskip("authlib", reason="the extra sign-in is not installed")
from oidc_provider import LIES, Provider, provide

pytestmark = pytest.mark.browser
COOKIE = "_streamlit_user"
ANN, BOB, LATER = "ann", "bob", "ann again"  # the last has the address that was Ann's
PEOPLE = {ANN: "1001", BOB: "1002", LATER: "1003"}
_MONTH = 32 * 86_400  # seconds; a cookie holds for 30 days, and one of grace
Open = Callable[[], Page]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    made = Provider(PEOPLE)
    with provide(made):
        yield made


@pytest.fixture(scope="module")
def settings(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of ``clif app --sign-in``."""
    file = tmp_path_factory.mktemp("settings") / "sign-in.toml"
    file.write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{"0123456789abcdef" * 4}"
client_id = "{provider.client_id}"
client_secret = "{provider.client_secret}"
server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"
"""
    )
    return file


@pytest.fixture(scope="module")
def home(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which Ann has a model of her own and a long job."""
    home = tmp_path_factory.mktemp("home")
    borrow_texts(home)
    give_model(home, f"{provider.issuer} {PEOPLE[ANN]}")
    return home


@pytest.fixture(scope="module")
def url(home: Path, settings: Path, provider: Provider) -> Iterator[str]:
    log = home.parent / "sign-in.log"  # in which Streamlit writes a trace of each refusal
    with serve(home, log, clif=["--shared", "--sign-in", str(settings)]) as (url, _):
        provider.redirect_uri = f"{url}/oauth2callback"
        yield url


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """A browser of somebody else."""
    made: list[BrowserContext] = []

    def new() -> BrowserContext:
        made.append(chromium.new_context())
        return made[-1]

    yield new
    for context in made:
        context.close()


def open_model(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(f"{url}/model?model=anns")
    return page


def sign_in(page: Page, name: str) -> None:
    """Press the button of the sign-in page, and be somebody at the provider."""
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=name, exact=True).click()


def expect_sign_in_alone(page: Page) -> None:
    """The sign-in page, and no part of a view."""
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=SLOW)
    await_rest(page)
    expect(page.locator(".st-key-header")).to_have_count(0)
    expect(page.get_by_role("button")).to_have_count(1)
    expect(page.get_by_text("Of Ann")).to_have_count(0)


def test_two_people_each_see_their_own_and_sign_out(url, home, provider, new_context):
    anns, bobs = (open_model(new_context(), url) for _ in range(2))
    for page, name in ((anns, ANN), (bobs, BOB)):
        expect_sign_in_alone(page)
        sign_in(page, name)
        page.locator(".st-key-header").wait_for(timeout=SLOW)
        page.goto(f"{url}/model?model=anns")
    expect(anns.get_by_role("heading", name="Of Ann").first).to_be_visible(timeout=SLOW)
    expect(bobs.get_by_text("There is no model 'anns' here")).to_be_visible(timeout=SLOW)
    expect(bobs.get_by_text("Of Ann")).to_have_count(0)

    ann = Workspace(visitor_home(home, f"{provider.issuer} {PEOPLE[ANN]}", is_session=False))
    asked = {"to": 20_000, "seconds": 0.1, "home": str(ann.home)}
    key = ann.jobs.submit("count", asked)
    for page in (anns, bobs):
        page.reload()
    expect(anns.locator(".clif-job").first).to_contain_text("Counting", timeout=SLOW)
    await_rest(bobs)
    expect(bobs.locator(".st-key-header")).to_be_visible(timeout=SLOW)
    expect(bobs.locator(".clif-job")).to_have_count(0)
    ann.jobs.cancel(key)

    expect(anns.locator(".clif-job")).to_have_count(0)
    await_rest(anns)
    anns.get_by_role("button", name=re.compile("account_circle")).click()
    expect(anns.get_by_text("ann@example.org")).to_be_visible()
    anns.get_by_role("button", name="Sign out").click()
    expect_sign_in_alone(anns)
    assert COOKIE not in {cookie["name"] for cookie in anns.context.cookies()}
    anns.goto(f"{url}/model?model=anns")
    expect_sign_in_alone(anns)
    sign_in(anns, LATER)
    anns.locator(".st-key-header").wait_for(timeout=SLOW)
    anns.goto(f"{url}/model?model=anns")
    expect(anns.get_by_text("There is no model 'anns' here")).to_be_visible(timeout=SLOW)


def test_a_forged_or_expired_cookie_is_refused(url, settings, provider, new_context):
    """Ann's cookie opens her page; changed, or signed by another secret, or of old, it does not."""
    secret = tomllib.loads(settings.read_text())["auth"]["cookie_secret"]
    said = {
        "sub": PEOPLE[ANN], "iss": provider.issuer, "email": "ann@example.org", "origin": url,
        "is_logged_in": True, "provider": "default",
    }  # fmt: skip
    good = signed(said, secret)
    payload, when, signature = good.rsplit(".", 2)
    other = signed({**said, "sub": PEOPLE[BOB]}, secret)
    forged = {
        "not signed": json.dumps(said),
        "another secret": signed(said, "f" * 64),
        "another cookie's": signed(said, secret, "_streamlit_user_tokens"),
        "another payload": ".".join((other.rsplit(".", 2)[0], when, signature)),
        "no signature": f"{payload}.{when}.",
        "old": signed(said, secret, age=_MONTH),
        "another site's": signed({**said, "origin": "https://clif.example.org"}, secret),
        "nobody's": signed({**said, "is_logged_in": False}, secret),
        "no object": signed(["x"], secret),
    }
    context = new_context()
    page = context.new_page()
    for value in forged.values():
        context.add_cookies([{"name": COOKIE, "value": value, "url": url}])
        page.goto(f"{url}/model?model=anns")
        expect_sign_in_alone(page)
    context.add_cookies([{"name": COOKIE, "value": good, "url": url}])
    page.goto(f"{url}/model?model=anns")
    expect(page.get_by_role("heading", name="Of Ann").first).to_be_visible(timeout=SLOW)


def signed(said: object, secret: str, salt: str = COOKIE, age: int = 0) -> str:
    """A cookie as the app signs it, ``age`` seconds ago."""
    serializer = URLSafeTimedSerializer(secret, salt=salt)
    signer = serializer.make_signer(salt)
    now = signer.get_timestamp
    signer.get_timestamp = lambda: now() - age  # type: ignore[method-assign]
    return signer.sign(serializer.dump_payload(json.dumps(said))).decode()


def test_what_a_provider_says_wrongly_is_refused(url, new_context):
    context = new_context()
    page = context.new_page()
    for lie in LIES:
        page.goto(url)
        sign_in(page, lie)
        expect_sign_in_alone(page)
        assert COOKIE not in {cookie["name"] for cookie in context.cookies()}


def test_a_code_that_was_not_asked_for_here_signs_nobody_in(url, new_context):
    """A link that somebody else made with a code of their own (login CSRF)."""
    giver, taker = new_context(), new_context()
    page = giver.new_page()
    page.goto(url)
    page.get_by_role("button", name="Sign in").click()
    link = page.get_by_role("link", name=BOB, exact=True).get_attribute("href")
    assert link is not None
    theirs = taker.new_page()
    theirs.goto(link)
    expect_sign_in_alone(theirs)
