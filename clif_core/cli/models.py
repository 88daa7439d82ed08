"""Models and texts: list, fetch, train, bring, debias, write out, clear up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from clif_core.cli.printing import show
from clif_core.cli.shell import Home, Json, ModelName, command, errors, open_workspace, progress_bar
from clif_core.errors import ClifError, InputError
from clif_core.sgns.settings import BACKENDS, SMOOTH_START, TrainingSettings

TextFormat = Annotated[
    str,
    typer.Option(
        "--format",
        help="How the text is written: text (.txt, .jsonl), plots (CMU Movie Summary Corpus),"
        " neutrality-biased or neutrality-neutral (Wikipedia Neutrality Corpus).",
    ),
]
Genre = Annotated[str | None, typer.Option(help="Of plots, the films of one genre alone.")]


@command("models")
def list_models(home: Home = None, as_json: Json = False) -> None:
    """List the models that can be opened."""
    entries = open_workspace(home).catalogue()
    rows = [
        {"name": e.name, "title": e.title, "kind": e.kind, "has_corpus": e.has_corpus,
         "problem": e.problem}
        for e in entries
    ]  # fmt: skip
    show(rows, as_json)


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
    from clif_core.text.fetch import SAMPLES

    workspace = open_workspace(home)
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
    from clif_core.sgns.bundle import Bundle

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
    workspace = open_workspace(home)
    with progress_bar() as progress:
        text = _read_text(workspace, corpus, text_format, genre)
        model = replace(workspace.train(text, settings, progress), name=name)
        card = {"title": name, "corpus": {"title": text.name, **text.about}}
        path = workspace.keep_model(Bundle(model, card, None, None), text)
    show({"name": name, "n_words": model.n_words, "dim": model.dim, "path": str(path)}, as_json)


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
    from clif_core.workspace.importing import import_model as read

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
    path = open_workspace(home).keep_model(bundle, text)
    show(
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


@command("debias")
def debias(
    model: ModelName,
    about: Annotated[str, typer.Option(help="gender or race.")] = "gender",
    projected: Annotated[
        bool, typer.Option(help="Take the direction out of every word, and no more.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Keep a debiased copy of a model (Bolukbasi et al. 2016), to compare with."""
    bundle = open_workspace(home).debias(model, about, projected)
    show({"name": bundle.model.name, **bundle.card["history"][-1]}, as_json)


@command("export")
def export(
    model: ModelName,
    file: Annotated[Path, typer.Argument(help="Where to: .txt, .bin or .safetensors.")],
    kind: Annotated[
        str | None,
        typer.Option(help="word2vec, word2vec-binary or safetensors. None: by the file's name."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write a model's vectors for other programs; its card, with its history, goes beside them."""
    path = open_workspace(home).export(model, file, kind)
    show({"model": model, "file": str(path), "card": f"{path}.card.json"}, as_json)


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
    freed = open_workspace(home).clean(limit, everything)
    show({"jobs_removed": freed["jobs"], "megabytes_freed": freed["bytes"] / 1e6}, as_json)


def _read_text(workspace: Any, name: str, text_format: str, genre: str | None) -> Any:
    from clif_core.text.fetch import SAMPLES

    if name in SAMPLES and text_format == "text":
        return workspace.add_sample_text(name)
    return _read_format(Path(name), text_format, genre)


def _read_format(path: Path, text_format: str, genre: str | None) -> Any:
    """A text of the user's, by the reader of its format."""
    from clif_core.text.readers.neutrality import SIDES, read_neutrality
    from clif_core.text.readers.plain import read_own_text
    from clif_core.text.readers.plots import read_plots

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
