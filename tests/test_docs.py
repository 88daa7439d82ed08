"""Every command, make target and path that the pages, docstrings and messages name exists."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from clif_core.cli import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
FOLDERS = ("clif_core", "dashboard", "benchmarks", "oracle", "sample_models", "docs", "tests")
MODULES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if ".venv" not in path.parts
)
PARSERS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
COMMANDS = set(PARSERS)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
NAMED = {name for module in MODULES for name in re.findall(r"CLIF_[A-Z_]+", module.read_text())}
_FENCED = r"^```\w*\n(.*?)^```"
QUOTED = r"(?:[`']|run:? )((?:clif|make) [a-z][^`'\n]*)"  # in a docstring or a message


def code_of(page: Path) -> Iterator[str]:
    """Lines of fenced and of indented blocks, and what stands in backticks, over two lines too."""
    text = page.read_text("utf-8")
    for block in re.findall(_FENCED, text, re.M | re.S):
        yield from block.splitlines()
    text = re.sub(_FENCED, "", text, flags=re.M | re.S)
    yield from re.findall(r"^ {4}(\S.*)", text, re.M)
    yield from (code.replace("\n", " ") for code in re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", text))


def strings_of(module: Path) -> Iterator[str]:
    """Docstrings, messages and their parts."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def commands_in(code: str) -> Iterator[tuple[str, set[str]]]:
    """What a piece of code names, and the set that it must be in."""
    if found := re.match(r"(?:\.venv/bin/)?clif ([a-z][a-z-]*)", code.strip()):
        yield found[1], COMMANDS
    if found := re.match(r"make ([a-z-]+)", code.strip()):
        yield found[1], TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_exists(page: Path) -> None:
    for code in code_of(page):
        for name, known in commands_in(code):
            assert name in known, f"{page.name}: {code!r}"
        if found := re.search(r"python -m ([\w.]+)", code):
            assert importlib.util.find_spec(found[1]), f"{page.name}: {code!r}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_is_one_that_can_be_given(page: Path) -> None:
    """With an argument it has all of them; with options alone, these exist."""
    for code in code_of(page):
        for name, rest in re.findall(r"(?:^|[\s/])clif ([a-z][a-z-]*)((?:(?!&&|#).)*)", code):
            given = shlex.split(rest)
            if given and given[0].startswith("-"):
                known = {
                    o for one in PARSERS[name].params for o in (*one.opts, *one.secondary_opts)
                }
                assert {o for o in given if o.startswith("--")} <= known, f"{page.name}: {code!r}"
            elif given:
                try:
                    PARSERS[name].make_context(name, given)
                except Exception as error:  # of Click, which typer brings along in some versions
                    raise AssertionError(f"{page.name}: {code!r}: {error!r}") from error
        for module, rest in re.findall(r"python -m (benchmarks\.\w+)([^`&#]*)", code):
            source = (ROOT / module.replace(".", "/")).with_suffix(".py").read_text("utf-8")
            for option in re.findall(r"--[a-z][a-z-]+", rest):
                assert f'"{option}"' in source, f"{page.name}: {code!r}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_extra_and_setting_of_a_page_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    extras = re.findall(r"^([\w-]+) = \[", (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    for given in re.findall(r"clif-dashboard\[([\w,-]+)\]", text):
        assert set(given.split(",")) <= set(extras), f"{page.name}: {given}"
    named = set(re.findall(r"\bCLIF_[A-Z_]+", text))
    assert named <= NAMED, f"{page.name}: {named - NAMED}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_of_a_page_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"
    for code in code_of(page):
        if re.fullmatch(rf"(?:{'|'.join(FOLDERS)})/[\w./-]+", code):
            assert (ROOT / code).exists(), f"{page.name}: {code}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_anchor_of_a_page_exists(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        headings = re.findall(
            r"^#+ (.*)", (page.parent / target if target else page).read_text(), re.M
        )
        slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in slugs, f"{page.name}: {target}#{anchor}"


def test_every_command_and_page_named_in_the_code_exists() -> None:
    for module in MODULES:
        for text in strings_of(module):
            for quoted in re.findall(QUOTED, text):
                for name, known in commands_in(quoted):
                    assert name in known, f"{module}: {quoted}"
            for path in re.findall(r"\bdocs/[\w/-]+\.md\b", text):
                assert (ROOT / path).exists(), f"{module}: {path}"
            for number in re.findall(r"docs/decisions/(\d{4})\b(?!-)", text):
                assert list((ROOT / "docs/decisions").glob(f"{number}-*.md")), f"{module}: {number}"
            for found in re.findall(
                r"python -m ((?:clif_core|benchmarks|docs|sample_models)[\w.]*)", text
            ):
                assert importlib.util.find_spec(found), f"{module}: {found}"


def test_every_decision_has_a_status_and_is_in_the_index() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text("utf-8")
    for page in folder.glob("0*.md"):
        number = int(page.name[:4])
        lines = page.read_text("utf-8").splitlines()
        assert lines[0].startswith(f"# {number}. ")
        assert re.match(r"\*\*Status:\*\* (accepted|superseded)", lines[2]), page.name
        assert f"| {number} | [{lines[0].split('. ', 1)[1]}]({page.name}) |" in index, page.name
