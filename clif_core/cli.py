"""The command line: the same stages as the dashboard, for scripts and for set-up.

Every command takes ``--json`` for machines; progress goes to standard error, so that standard
output stays clean. A deliberate error is one line on standard error and exit status 1.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from clif_core.errors import CapabilityError, ClifError, InputError
from clif_core.skipgram import BACKENDS, SMOOTH_START, SkipGram, TrainingSettings

__all__ = ["app"]

app = typer.Typer(
    help="What in the training text made this word embedding think so?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
errors = Console(stderr=True, highlight=False)
output = Console(highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Home = Annotated[
    Path | None, typer.Option("--home", envvar="CLIF_HOME", help="Where models and texts are kept.")
]
TextFormat = Annotated[
    str,
    typer.Option(
        "--format",
        help="How the text is written: text (.txt, .jsonl), plots (CMU Movie Summary Corpus),"
        " neutrality-biased or neutrality-neutral (Wikipedia Neutrality Corpus).",
    ),
]
Genre = Annotated[str | None, typer.Option(help="Of plots, the films of one genre alone.")]
DASHBOARD = Path(__file__).parents[1] / "dashboard" / "app.py"


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


@command("models")
def list_models(home: Home = None, as_json: Json = False) -> None:
    """List the models that can be opened."""
    entries = _workspace(home).catalogue()
    rows = [
        {"name": e.name, "title": e.title, "kind": e.kind, "has_corpus": e.has_corpus,
         "problem": e.problem}
        for e in entries
    ]  # fmt: skip
    _show(rows, as_json)


@command("fetch")
def fetch(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Sample texts; none means those of the models that come along."),
    ] = None,
    optional: Annotated[
        bool, typer.Option(help="Warn instead of failing, but for the default sample.")
    ] = False,
    home: Home = None,
) -> None:
    """Fetch the text of sample models (pinned, checksum verified)."""
    from clif_core.formats.fetch import SAMPLES

    workspace = _workspace(home)
    for name in names or [name for name, text in SAMPLES.items() if not text.is_on_request]:
        if name in SAMPLES and workspace.has_sample_text(name):
            continue
        try:
            with progress_bar() as progress:
                corpus = workspace.add_sample_text(name, progress)
            size = f"{corpus.n_documents:,} documents, {corpus.n_tokens:,} tokens"
            errors.print(f"{SAMPLES[name].title}: {size}.")
            if not any(entry.name == name for entry in workspace.catalogue()):
                errors.print(f"No model of it is here yet: 'make samples NAME={name}' trains one.")
        except ClifError as error:
            if not optional or name == next(iter(SAMPLES)):
                raise
            errors.print(f"[yellow]Skipped:[/] {error}")


@command("train")
def train(
    corpus: Annotated[str, typer.Argument(help="A sample text's name, or a file; see --format.")],
    name: Annotated[str, typer.Option(help="The name to keep the model under.")],
    text_format: TextFormat = "text",
    genre: Genre = None,
    dim: int = TrainingSettings.dim,
    window: int = TrainingSettings.window,
    min_count: int = TrainingSettings.min_count,
    epochs: int = TrainingSettings.epochs,
    n_negatives: int = TrainingSettings.n_negatives,
    subsampling_threshold: float = TrainingSettings.subsampling_threshold,
    learning_rate: float = TrainingSettings.learning_rate,
    start_range: Annotated[
        float, typer.Option(help="First centre vectors within +- this / dim; gensim's own is 1.")
    ] = SMOOTH_START,
    seed: int = TrainingSettings.seed,
    unit: Annotated[str, typer.Option(help="What windows do not cross: sentence, document.")] = (
        TrainingSettings.unit
    ),
    backend: Annotated[
        str,
        typer.Option(
            help="coupled (repeatable minus some text), batched (the same for CUDA) or gensim."
        ),
    ] = "coupled",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Train a skip-gram model on a text and keep it."""
    from clif_core.formats.bundle import Bundle

    if unit not in ("sentence", "document") or backend not in BACKENDS:
        raise InputError(
            f"unit is sentence or document and backend {', '.join(BACKENDS)}, got {unit!r} and"
            f" {backend!r}."
        )
    settings = TrainingSettings(
        dim=dim, window=window, min_count=min_count, epochs=epochs, n_negatives=n_negatives,
        subsampling_threshold=subsampling_threshold, learning_rate=learning_rate,
        start_range=start_range, seed=seed,
        unit=unit, backend=backend,  # type: ignore[arg-type]
    )  # fmt: skip
    workspace = _workspace(home)
    with progress_bar() as progress:
        text = _read_text(workspace, corpus, text_format, genre)
        model = replace(workspace.train(text, settings, progress), name=name)
        card = {"title": name, "corpus": {"title": text.name, **text.about}}
        path = workspace.keep_model(Bundle(model, card, None, None), text)
    _show({"name": name, "n_words": model.n_words, "dim": model.dim, "path": str(path)}, as_json)


@command("import")
def import_model(
    vectors: Annotated[Path, typer.Argument(help="Centre vectors: word2vec text or binary.")],
    name: Annotated[str, typer.Option(help="The name to keep the model under.")],
    context_vectors: Annotated[Path | None, typer.Option(help="The output matrix.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="The training text; see --format.")] = None,
    text_format: TextFormat = "text",
    genre: Genre = None,
    counts: Annotated[Path | None, typer.Option(help="Word counts, 'word count' a line.")] = None,
    documents: Annotated[
        str, typer.Option(help="A plain text's documents: blank-line, line or file.")
    ] = "blank-line",
    window: Annotated[int | None, typer.Option(help="As the model was trained.")] = None,
    n_negatives: int = TrainingSettings.n_negatives,
    subsampling_threshold: float = TrainingSettings.subsampling_threshold,
    unit: str = TrainingSettings.unit,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Bring your own model: word2vec files and its training text. Nothing is unpickled."""
    from clif_core.formats.own import import_model as read

    if documents not in ("blank-line", "line", "file"):
        raise InputError(f"documents is blank-line, line or file, got {documents!r}.")
    settings = None
    if window is not None:
        if unit not in ("sentence", "document"):
            raise InputError(f"unit is sentence or document, got {unit!r}.")
        settings = TrainingSettings(
            window=window, n_negatives=n_negatives, backend="unknown",
            subsampling_threshold=subsampling_threshold, unit=unit,  # type: ignore[arg-type]
        )  # fmt: skip
    given = None
    if corpus is not None and text_format != "text":
        given = _read_format(corpus, text_format, genre)
    bundle, text = read(
        name, vectors, context_vectors, corpus, counts, settings,
        documents, corpus=given,  # type: ignore[arg-type]
    )  # fmt: skip
    path = _workspace(home).keep_model(bundle, text)
    _show(
        {
            "name": name,
            "n_words": bundle.model.n_words,
            "dim": bundle.model.dim,
            "has_context_vectors": bundle.model.context_vectors is not None,
            "has_corpus": text is not None,
            "path": str(path),
        },
        as_json,
    )


@command("probe")
def probe(
    model: Annotated[str, typer.Argument(help="A model's name; see 'clif models'.")],
    question: Annotated[str, typer.Argument(help="A shipped probe's name, or a probe file.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Put a probe to a model: value, effect size, permutation p."""
    from clif_core.measurement import measure

    report = measure(_find_probe(question), _workspace(home).open_model(model).model)
    permutation, interval = report.permutation, report.interval
    result: dict[str, Any] = {
        "probe": report.probe.to_dict(),
        "meaning": report.meaning,
        "value": report.value,
        **report.quantities,
        "interval": None if interval is None else [interval.low, interval.high],
        "lost_words": list(report.lost),
        "notes": list(report.notes),
    }
    if permutation is not None:
        result["permutation"] = asdict(permutation)
    _show(result, as_json)


@command("debias")
def debias(
    model: Annotated[str, typer.Argument(help="A model's name; see 'clif models'.")],
    about: Annotated[str, typer.Option(help="gender or race.")] = "gender",
    projected: Annotated[
        bool, typer.Option(help="Take the direction out of every word, and no more.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Keep a debiased copy of a model (Bolukbasi et al. 2016), to compare with."""
    bundle = _workspace(home).debias(model, about, projected)
    _show({"name": bundle.model.name, **bundle.card["history"][-1]}, as_json)


@command("export")
def export(
    model: Annotated[str, typer.Argument(help="A model's name; see 'clif models'.")],
    file: Annotated[Path, typer.Argument(help="Where to: .txt, .bin or .safetensors.")],
    kind: Annotated[
        str | None,
        typer.Option(help="word2vec, word2vec-binary or safetensors. None: by the file's name."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write a model's vectors for other programs; its card, with its history, goes beside them."""
    path = _workspace(home).export(model, file, kind)
    _show({"model": model, "file": str(path), "card": f"{path}.card.json"}, as_json)


@command("clean")
def clean(
    max_gb: Annotated[
        float | None, typer.Option(min=0, help="What cached results may take; 20 by default.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All cached results and finished jobs.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Free room on the disk: old jobs, least used results. Models and texts stay."""
    limit = None if max_gb is None else int(max_gb * 1e9)
    freed = _workspace(home).clean(limit, everything)
    _show({"jobs_removed": freed["jobs"], "megabytes_freed": freed["bytes"] / 1e6}, as_json)


@command("influence")
def influence(
    model: Annotated[str, typer.Argument(help="A model's name; see 'clif models'.")],
    question: Annotated[str, typer.Argument(help="A shipped probe's name, or a probe file.")],
    estimator: Annotated[
        str | None,
        typer.Option(
            help="block, gauss_newton, ...; unrolled or twins: minutes. None: the best at hand."
        ),
    ] = None,
    damping: Annotated[float | None, typer.Option(help="None: the estimator's default.")] = None,
    top: Annotated[int, typer.Option(min=1, max=10_000)] = 10,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """The sentences whose removal lowers and raises a probe most."""
    workspace = _workspace(home)
    skipgram = workspace.open_model(model).model
    corpus = workspace.open_corpus(skipgram)
    if corpus is None:
        raise CapabilityError(_without_text(skipgram))
    resolved = _find_probe(question).resolve(skipgram.vocabulary)
    with progress_bar() as progress:
        progress(0.0, "Laying windows over the text")
        engine = workspace.open_engine(skipgram, corpus)
        if estimator is None:  # a damping is one of the quick estimate: what is at hand has none
            is_best = damping is None
            estimator = workspace.best_estimator(engine, resolved) if is_best else "block"
        answer = workspace.influence(engine, resolved, estimator, damping, progress)
    result: dict[str, Any] = {
        "model": model,
        "probe": resolved.probe.to_dict(),
        "probe_value": answer.probe_value,
        "lost_words": list(resolved.lost),
        "estimator": answer.estimator,
        "damping": answer.damping,
        "relative_residual": answer.solution.relative_residual,
        "device": answer.solution.device,
        "note": answer.solution.note,
    }
    for direction in ("lowers", "raises"):
        found = answer.top_sentences(top, direction)
        result[f"removal_{direction}"] = [
            {
                "effect": float(effect),
                "document": str(corpus.documents["title"].iloc[document]),
                "sentence": int(sentence),
                "text": corpus.sentence_text(int(sentence)),
            }
            for sentence, document, effect in found.itertuples(index=False)
        ]
    _show(result, as_json)


@command("what-if")
def what_if(
    model: Annotated[str, typer.Argument(help="A model's name; see 'clif models'.")],
    question: Annotated[str, typer.Argument(help="A shipped probe's name, or a probe file.")],
    top: Annotated[int, typer.Option(min=1, max=100_000, help="So many texts go.")] = 100,
    direction: Annotated[
        str, typer.Option(help="What removing them does to the probe: lowers or raises.")
    ] = "lowers",
    level: Annotated[str, typer.Option(help="sentences or documents.")] = "sentences",
    estimator: Annotated[
        str | None, typer.Option(help="Puts the texts in order. None: the best at hand.")
    ] = None,
    weight: Annotated[float, typer.Option(help="0 removes, 0.5 plays down, 2 repeats.")] = 0.0,
    random: Annotated[int, typer.Option(min=0, help="Random sets of the same size.")] = 0,
    seeds: Annotated[int, typer.Option(min=0, help="Further seeds, each with and without.")] = 0,
    keep: Annotated[bool, typer.Option(help="Keep the retrained model as your own.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take text away: what is predicted, and what training again without it gives."""
    from clif_core import what_if as trial
    from clif_core.counterfactual import refuse_unrepeatable

    workspace = _workspace(home)
    skipgram = workspace.open_model(model).model
    refuse_unrepeatable(skipgram)
    corpus = workspace.open_corpus(skipgram)
    if corpus is None:
        raise CapabilityError(_without_text(skipgram))
    probe = _find_probe(question)
    with progress_bar() as progress:
        progress(0.0, "Laying windows over the text")
        engine = workspace.open_engine(skipgram, corpus)
        edit, predicted = trial.choose_and_predict(
            workspace, engine, probe, top, direction, level, estimator, weight
        )
        own = skipgram.require_settings().seed
        asked = trial.Question(edit, (probe,), tuple(range(own + 1, own + 1 + seeds)), random)
        result = _wait(workspace, trial.submit(workspace, skipgram, asked), progress)
    found = {"model": model, "probe": probe.to_dict(), **predicted}
    found |= trial.summarise(result, probe)
    if keep:
        described = f"{len(edit.items)} {level} (removal {direction} {probe.name})"
        found["kept"] = trial.keep_retrained(workspace, model, edit, described).model.name
    _show(found, as_json)


@command("repair")
def repair(
    model: Annotated[str, typer.Argument(help="A model's name; see 'clif models'.")],
    question: Annotated[str, typer.Argument(help="A shipped probe's name, or a probe file.")],
    mode: Annotated[
        list[str] | None, typer.Option(help="undo, redo, both or over_bias; several allowed.")
    ] = None,
    top: Annotated[list[int] | None, typer.Option(help="N texts of each kind.")] = None,
    passes: Annotated[list[int] | None, typer.Option(help="K passes.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="None: a tenth of the training's first.")
    ] = None,
    level: Annotated[str, typer.Option(help="sentences or documents.")] = "sentences",
    estimator: Annotated[
        str | None, typer.Option(help="Puts the texts in order. None: the best at hand.")
    ] = None,
    keep: Annotated[bool, typer.Option(help="Keep the last one as your own model.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Undo what some text taught, or teach other text again, from the trained vectors."""
    from clif_core import what_if as trial

    workspace, probe = _workspace(home), _find_probe(question)
    asked = trial.RepairQuestion(
        probe, (), tuple(mode or ["undo", "redo", "both"]), tuple(top or [100]),
        tuple(passes or [5, 10, 100]), learning_rate, level, estimator,
    )  # fmt: skip
    with progress_bar() as progress:
        key = trial.submit_repair(workspace, workspace.open_model(model).model, asked)
        result = _wait(workspace, key, progress)
    shown = ("mode", "top", "passes", "predicted", "change", "wordsim353", "mean_shift", "problem")
    found = {
        "model": model,
        "probe": probe.to_dict(),
        "probe_value": result["before"][probe.key],
        "wordsim353_before": result["wordsim353_before"],
        "estimator": result["estimator"],
        "learning_rate": result["learning_rate"],
        "repairs": [{name: row[name] for name in shown} for row in result["rows"]],
    }
    if keep:
        last = result["rows"][-1]
        kept = trial.keep_repaired(
            workspace, model, probe, last["mode"], last["top"], last["passes"],
            result["learning_rate"], level, result["estimator"],
        )  # fmt: skip
        found["kept"] = kept.model.name
    _show(found, as_json)


def _wait(workspace: Any, key: str, progress: Callable[[float, str], None]) -> Any:
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


@command("report")
def report(
    model: Annotated[str, typer.Argument(help="A model's name; see 'clif models'.")],
    question: Annotated[str, typer.Argument(help="A shipped probe's name, or a probe file.")],
    output_file: Annotated[
        Path, typer.Option("--output", help="Where to write it: .html, .md or .json.")
    ] = Path("report.html"),
    estimator: Annotated[
        str | None, typer.Option(help="None: the exact derivative if it is here, else block.")
    ] = None,
    damping: Annotated[float | None, typer.Option(help="None: the estimator's default.")] = None,
    top: Annotated[int, typer.Option(min=1, max=200, help="Sentences quoted each way.")] = 10,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write an audit report of a probe as one file that opens anywhere."""
    from clif_core.what_if.kept import kept_results

    with progress_bar() as progress:
        progress(0.0, "Measuring, and tracing to the text")
        asked = _find_probe(question)
        workspace = _workspace(home)
        tried = kept_results(workspace, workspace.open_model(model).model, asked)
        found = workspace.report(model, asked, estimator, damping, top, progress, tried)
    path = found.save(output_file)
    traced = found.content["attribution"]
    _show(
        {
            "report": str(path),
            "answer": found.content["answer"],
            "estimator": traced["estimator"] if traced else None,
            "why_no_attribution": found.content["why_no_attribution"],
        },
        as_json,
    )


@command("lab")
def lab(
    seeds: Annotated[int, typer.Option(min=2, max=100, help="Draws of the points.")] = 6,
    regime: Annotated[
        str | None, typer.Option(help="two_steps (as released) or converged. None: both.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for mixture.md and figures.")] = Path("lab"),
    follow: Annotated[
        bool, typer.Option("--follow", help="At rest, go on from the model: quick, not anew.")
    ] = False,
    as_json: Json = False,
) -> None:
    """The paper's mixture of Gaussians: estimated against retrained, matched and cross."""
    from clif_core.experiments.mixture.command import write_study
    from clif_core.experiments.mixture.training import REGIMES, regime_named

    chosen = tuple(REGIMES) if regime is None else (regime_named(regime).name,)
    with progress_bar() as progress:
        path = write_study(out, seeds, chosen, progress, anew=not follow)
    if as_json:
        _show({"tables": str(path)}, as_json)
    else:
        output.print(path.read_text("utf-8"), markup=False)


@command("app")
def run_app(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    headless: Annotated[bool, typer.Option(help="Do not open a browser.")] = False,
    home: Home = None,
) -> None:
    """Open the dashboard in the browser."""
    environment = dict(os.environ)
    if home is not None:
        environment["CLIF_HOME"] = str(home)
    options = ["--server.port", str(port), "--server.headless", str(headless).lower()]
    arguments = [sys.executable, "-m", "streamlit", "run", str(DASHBOARD), *options]
    # The theme and the safety settings lie in .streamlit beside the dashboard.
    raise typer.Exit(
        subprocess.run(arguments, env=environment, cwd=DASHBOARD.parents[1], check=False).returncode
    )


def _workspace(home: Path | None) -> Any:
    from clif_core.pipeline import Workspace  # imports torch: only when a command needs it

    return Workspace(home)


def _read_text(workspace: Any, name: str, text_format: str, genre: str | None) -> Any:
    from clif_core.formats.fetch import SAMPLES

    if name in SAMPLES and text_format == "text":
        return workspace.add_sample_text(name)
    return _read_format(Path(name), text_format, genre)


def _read_format(path: Path, text_format: str, genre: str | None) -> Any:
    """A text of the user's, by the reader of its format."""
    from clif_core.formats.neutrality import SIDES, read_neutrality
    from clif_core.formats.plots import read_plots
    from clif_core.formats.text import read_own_text

    if genre is not None and text_format != "plots":
        raise InputError(f"--genre chooses among plots; the format is {text_format!r}.")
    if text_format == "plots":
        return read_plots(path, genre)
    for side in SIDES:
        if text_format == f"neutrality-{side}":
            return read_neutrality(path, side)
    if text_format != "text":
        raise InputError(
            "--format is text, plots, neutrality-biased or neutrality-neutral, got"
            f" {text_format!r}."
        )
    return read_own_text(path)


def _find_probe(question: str) -> Any:
    from clif_core.probes import find_probe, load_probe

    path = Path(question)
    return load_probe(path) if path.suffix == ".json" else find_probe(question)


def _without_text(model: SkipGram) -> str:
    if model.corpus_hash is None:
        return f"Model {model.name!r} came without its training text; import it with --corpus."
    return f"The training text of {model.name!r} is not here; run 'clif fetch {model.name}'."


def _show(value: Any, as_json: bool) -> None:
    """A dict, or a list of dicts with the same keys, for people or for machines."""
    if as_json:
        typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False, default=float))
    elif isinstance(value, list):
        _show_table(value)
    else:
        for key, item in value.items():
            if key == "probe":
                item = item.get("name", item["kind"])
            if isinstance(item, list) and item and isinstance(item[0], dict):
                output.print(f"\n[bold]{key.replace('_', ' ')}[/]")
                _show_table(item)
            else:
                output.print(f"[bold]{key.replace('_', ' ')}[/]: {_cell(item)}", highlight=False)


def _show_table(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in rows[0] if rows else ():
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    output.print(table)


def _cell(value: Any) -> str:
    """A value on one line, as people read it."""
    from rich.markup import escape

    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{escape(str(key))} {_cell(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    if isinstance(value, float):
        is_tiny = 0 < abs(value) < 0.00005
        return f"{value:+.1e}" if is_tiny else f"{value:+.4f}"
    return "–" if value is None else escape(str(value))
