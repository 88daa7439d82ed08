"""What the commands share: registration, options, progress, and opening models and probes."""

from __future__ import annotations

import errno
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from clif_core.cli.printing import escape
from clif_core.errors import ClifError, InputError
from clif_core.influence.estimators import CLOSED_FORM, RUN_ESTIMATORS

__all__ = [
    "AskedOf",
    "Damping",
    "Estimator",
    "Home",
    "Json",
    "Keep",
    "Level",
    "ModelName",
    "Overwrite",
    "Question",
    "Runs",
    "announce",
    "app",
    "command",
    "errors",
    "open_workspace",
    "progress_bar",
    "read_probe",
    "refuse_existing",
    "wait_for",
]

app = typer.Typer(
    help="Trace what a word embedding says to the sentences of its training text.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
errors = Console(stderr=True, highlight=False, emoji=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Home = Annotated[
    Path | None,
    typer.Option("--home", envvar="CLIF_HOME", help="Folder of your models, texts and results."),
]
ModelName = Annotated[str, typer.Argument(help="Name of a model; 'clif models' lists them.")]
Question = Annotated[
    str,
    typer.Argument(
        metavar="probe",  # beside the option --question, which asks something else
        help="Name of a shipped probe, or a file: a probe, a WEFE query, a CSV of word sets.",
    ),
]
Estimator = Annotated[
    str | None,
    typer.Option(
        help=f"Influence estimator: {', '.join(CLOSED_FORM)}; these repeat whole trainings, and the"
        f" command says how long that takes: {', '.join(RUN_ESTIMATORS)}. Default: the most"
        " faithful one at hand, or block where a damping is given."
    ),
]
Damping = Annotated[
    float | None, typer.Option(help="Damping. Default: that of the estimator.", show_default=False)
]
AskedOf = Annotated[
    str | None,
    typer.Option(
        "--question",
        help="What to ask about: text (what any training on the text would do) or model (what this"
        " very training did). Default: the text where its seed ensemble is at hand, else the"
        " model.",
        show_default=False,
    ),
]
Runs = Annotated[
    int | None,
    typer.Option(
        "--runs",
        min=2,
        help="Trainings of the text to ask, each under another seed and about as long as unrolled;"
        " those that are stored are not repeated. Says which effects hold in every training.",
        show_default=False,
    ),
]
Level = Annotated[str, typer.Option(help="Unit of text: sentences or documents.")]
Overwrite = Annotated[bool, typer.Option(help="Replace the file where it is there already.")]
Keep = Annotated[bool, typer.Option(help="Save the new model as your own.")]


def command(
    name: str, panel: str | None = None, old_name: str | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command whose deliberate errors become one line and exit status 1.

    So do refusals of the system: a name that is too long, a disk that fails, no memory. ``panel``:
    the heading it stands under in ``clif --help``. ``old_name`` stays accepted.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except ClifError as error:
                _say_error(str(error))
                raise typer.Exit(1) from error
            except OSError as error:
                if error.errno == errno.EPIPE:  # of 'clif models | head', which typer ends quietly
                    raise
                _say_error(f"the system refuses a file or folder: {error}.")
                raise typer.Exit(1) from error
            except UnicodeEncodeError as error:  # an argument that is not UTF-8
                _say_error(f"{error.object!r:.60} cannot be written: it is not UTF-8.")
                raise typer.Exit(1) from error
            except MemoryError as error:
                _say_error("the memory of this machine is used up; give less, or close programs.")
                raise typer.Exit(1) from error

        if old_name is not None:
            app.command(old_name, hidden=True)(guarded)
        return app.command(name, rich_help_panel=panel)(guarded)

    return register


def _say_error(text: str) -> None:
    errors.print(f"[bold red]Error:[/] {escape(text)}")


@contextmanager
def progress_bar() -> Iterator[Callable[[float, str], None]]:
    """A listener that draws a bar on standard error."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda done, message: bar.update(task, completed=done, description=message)


def announce(what: str, expected: Any) -> None:
    """Say on standard error what work will take (``rates.Expected``)."""
    errors.print(f"{what}: {expected.in_words}.")


def refuse_existing(file: Path, is_replaced: bool) -> None:
    """Raise InputError where a file would be lost that nobody asked to replace."""
    if file.is_file() and not is_replaced:
        raise InputError(f"{file} is there already; name another file, or give --overwrite.")


def open_workspace(home: Path | None) -> Any:
    from clif_core.workspace.workspace import Workspace

    return Workspace(home)


def read_probe(question: str) -> Any:
    """The probe of that file or, where there is no such file, the shipped probe."""
    from clif_core.probes import open_probe

    return open_probe(question)


def wait_for(workspace: Any, key: str, progress: Callable[[float, str], None]) -> Any:
    """The result of a job, with its progress shown; Ctrl-C cancels the job."""
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
