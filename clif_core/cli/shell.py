"""What every command shares: its registration, its options, what it waits for and how it opens."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from clif_core.errors import CapabilityError, ClifError
from clif_core.sgns.model import SkipGram

__all__ = [
    "Home",
    "Json",
    "ModelName",
    "Question",
    "app",
    "command",
    "errors",
    "open_text",
    "open_workspace",
    "progress_bar",
    "read_probe",
    "wait_for",
]

app = typer.Typer(
    help="What in the training text made this word embedding think so?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
errors = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Home = Annotated[
    Path | None, typer.Option("--home", envvar="CLIF_HOME", help="Where models and texts are kept.")
]
ModelName = Annotated[str, typer.Argument(help="A model's name; see 'clif models'.")]
Question = Annotated[str, typer.Argument(help="A shipped probe's name, or a probe file.")]


def command(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command whose deliberate errors become one line and exit status 1."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except ClifError as error:
                errors.print(f"[bold red]Error:[/] {error}", markup=True)
                raise typer.Exit(1) from error

        return app.command(name)(guarded)

    return register


@contextmanager
def progress_bar() -> Iterator[Callable[[float, str], None]]:
    """A listener that draws a bar on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda done, message: bar.update(task, completed=done, description=message)


def open_workspace(home: Path | None) -> Any:
    from clif_core.workspace.workspace import Workspace

    return Workspace(home)


def read_probe(question: str) -> Any:
    from clif_core.probes import find_probe, load_probe

    path = Path(question)
    return load_probe(path) if path.suffix == ".json" else find_probe(question)


def open_text(workspace: Any, model: SkipGram) -> Any:
    """The text of a model; CapabilityError, with the next step, where it is not here."""
    corpus = workspace.open_corpus(model)
    if corpus is not None:
        return corpus
    if model.corpus_hash is None:
        raise CapabilityError(
            f"Model {model.name!r} came without its training text; import it with --corpus."
        )
    raise CapabilityError(
        f"The training text of {model.name!r} is not here; run 'clif fetch {model.name}'."
    )


def wait_for(workspace: Any, key: str, progress: Callable[[float, str], None]) -> Any:
    """The result of a job, its progress shown; Ctrl-C cancels it."""
    try:
        while True:
            try:
                return workspace.jobs.wait(key, timeout=0.3)
            except TimeoutError:
                status = workspace.jobs.status(key)
                progress(status.fraction, status.message)
    except KeyboardInterrupt:
        workspace.jobs.cancel(key)
        raise
