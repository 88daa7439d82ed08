"""One running app and one Chromium for all browser tests; console errors are failures.

Screenshots go to ``artefacts/`` (not in git).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from served import FLAGS, ROOT, borrow_texts, find_chromium, serve
from walking import COUNT_SHIFTS, SLOW, await_text, link

from clif_core.probes import Weat
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus
from clif_core.training import train
from clif_core.workspace.workspace import Workspace

ARTEFACTS = ROOT / "artefacts"
# A view is imported when it is first opened; on a busy machine that takes more than the usual 5 s.
expect.set_options(timeout=30_000)
SETTINGS = TrainingSettings(
    dim=24, window=5, min_count=5, epochs=40, learning_rate=0.05, unit="document", backend="coupled"
)
ASKED = Weat(
    "lee", ("he", "his", "man"), ("she", "her", "woman"), ("government", "police"),
    ("family", "children"), "men", "women", "state", "home",
)  # fmt: skip


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running app, on a home of its own that borrows the user's texts."""
    home, log = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("log") / "app.txt"
    borrow_texts(home)
    with serve(home, log) as (url, _):
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def with_text(chromium: Browser, app_url: str) -> None:
    """The sample's text is in the home: Influence, alone, can fetch it."""
    page = chromium.new_page()
    page.goto(f"{app_url}/{link('influence')}", timeout=SLOW)
    await_text(page, "article.clif-card")
    page.close()


@pytest.fixture
def open_page(chromium: Browser, app_url: str) -> Iterator[Callable[..., Page]]:
    """``open_page(path, width, height, theme)``: a fresh browser session on a path of the app."""
    problems: list[str] = []
    contexts = []

    def note(message: ConsoleMessage) -> None:
        where = str(message.location.get("url", ""))
        if message.type == "error":
            problems.append(f"{message.text} ({where})")

    def open_(path: str = "", width: int = 1280, height: int = 720, theme: str = "light") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,  # type: ignore[arg-type]
        )
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.add_init_script(COUNT_SHIFTS)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", note)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{app_url}/{path}")
        page.get_by_role("heading", level=1).first.wait_for(
            timeout=SLOW
        )  # the first pays the imports
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not problems, problems


@pytest.fixture
def screenshot() -> Callable[[Page, str], None]:
    """``screenshot(page, name)`` keeps a picture in ``artefacts/``."""
    ARTEFACTS.mkdir(exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.screenshot(path=ARTEFACTS / f"{name}.png")

    return take


# --- a small model whose training takes seconds


@pytest.fixture(scope="session")
def small_models(lee_corpus: Corpus) -> tuple[Bundle, Bundle]:
    model = replace(train(lee_corpus, SETTINGS), name="lee")
    brief = replace(SETTINGS, backend="gensim", epochs=10)
    foreign = replace(train(lee_corpus, brief), name="lee-gensim")
    return Bundle(model, {"title": "News stories"}), Bundle(foreign, {"title": "News, by gensim"})


@pytest.fixture(scope="module")
def small_home(
    tmp_path_factory: pytest.TempPathFactory,
    small_models: tuple[Bundle, Bundle],
    lee_corpus: Corpus,
) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("small"))
    for bundle in small_models:
        workspace.keep_model(bundle, lee_corpus)
    yield workspace
    for job in workspace.jobs.all():  # none goes on beside the tests that follow
        workspace.jobs.cancel(job.key)


@pytest.fixture(scope="module")
def small_app(small_home: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("log") / "app.txt"
    with serve(small_home.home, log) as (url, _):
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture
def open_tab(chromium: Browser, small_app: str) -> Iterator[Callable[..., Page]]:
    """``open_tab("what_if", removal_size=10)``: a view of the small model, in a session of its own.

    The query is the selection; ``width`` and ``height`` are those of the window. ``tab``: an open
    one, whose session ends, instead of a further one: every open tab keeps the server at work.
    """
    contexts: list[BrowserContext] = []

    def open_(
        view: str = "what_if",
        width: int = 1280,
        height: int = 720,
        tab: Page | None = None,
        **query: object,
    ) -> Page:
        if tab is None:
            contexts.append(chromium.new_context(viewport={"width": width, "height": height}))
        page = tab or contexts[-1].new_page()
        page.set_default_timeout(60_000)
        one_job = {"n_random": 0, "n_seeds": 1}
        asked = {"model": "lee", "probe": json.dumps(ASKED.to_dict()), **one_job, **query}
        page.goto(f"{small_app}/{view}?{urlencode(asked)}")
        page.get_by_role("heading", level=1).first.wait_for(timeout=SLOW)
        return page

    yield open_
    for context in contexts:
        context.close()
