"""Commands for models and texts: list, fetch, train, import, export, clean."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from clif_core.cli.printing import escape, show
from clif_core.cli.shell import (
    Home,
    Json,
    ModelName,
    Overwrite,
    command,
    errors,
    open_workspace,
    progress_bar,
    refuse_existing,
)
from clif_core.cli.texts import (
    DocumentPer,
    EncodingName,
    Genre,
    HasHeader,
    MaxGb,
    PassageWords,
    SentenceRule,
    TextColumn,
    TextFormat,
    Tokens,
    choose_options,
    read_published,
    read_rule,
    read_text,
    say_found,
    say_read,
    to_bytes,
)
from clif_core.errors import ClifError, InputError
from clif_core.sgns.settings import BACKENDS, SMOOTH_START, TrainingSettings

Name = Annotated[str, typer.Option(help="Name of the new model.")]
Title = Annotated[str, typer.Option(help="Title for people; else the name.")]
Licence = Annotated[str, typer.Option(help="Under which licence it may be used; on its card.")]
Window = Annotated[int, typer.Option(help="Largest distance of a context word, in tokens.")]
Negatives = Annotated[int, typer.Option(help="Negative samples for each pair.")]
Subsampling = Annotated[float, typer.Option(help="Threshold for subsampling frequent words.")]
Unit = Annotated[str, typer.Option(help="Unit that windows do not cross: sentence or document.")]
MinCount = Annotated[int, typer.Option(help="Words that occur less often are out of vocabulary.")]
Epochs = Annotated[int, typer.Option(help="Passes over the text.")]
LearningRate = Annotated[float, typer.Option(help="First learning rate; it decreases linearly.")]
StartRange = Annotated[
    float, typer.Option(help="Initial centre vectors lie within +- this / dim; gensim: 1.")
]
Seed = Annotated[int, typer.Option(help="Random seed.")]
_PANEL = "Models and texts"


@command("models", _PANEL)
def list_models(home: Home = None, as_json: Json = False) -> None:
    """List the models that can be opened."""
    entries = open_workspace(home).catalogue()
    rows = [
        {"name": e.name, "title": e.title, "kind": e.kind, "has_corpus": e.has_corpus,
         "problem": e.problem}
        for e in entries
    ]  # fmt: skip
    show(rows, as_json)


@command("fetch", _PANEL)
def fetch(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names of sample texts. Default: those of the sample models."),
    ] = None,
    optional: Annotated[
        bool, typer.Option(help="Warn instead of failing, except for the default sample.")
    ] = False,
    home: Home = None,
) -> None:
    """Fetch the texts of sample models (checksums verified)."""
    from clif_core.text.fetch import SAMPLES

    workspace = open_workspace(home)
    for name in names or [name for name, text in SAMPLES.items() if not text.is_on_request]:
        if name in SAMPLES and workspace.has_sample_text(name):
            if names:
                errors.print(f"The text of {name} is here already.")
            continue
        try:
            with progress_bar() as progress:
                corpus = workspace.add_sample_text(name, progress)
            size = f"{corpus.n_documents:,} documents, {corpus.n_tokens:,} tokens"
            errors.print(f"{escape(str(corpus.about['title']))}: {size}.")
            if not any(entry.name == name for entry in workspace.catalogue()):
                errors.print(f"No model of it is here yet: 'make samples NAME={name}' trains one.")
        except ClifError as error:
            if not optional or name == next(iter(SAMPLES)):
                raise
            errors.print(f"[yellow]Skipped:[/] {escape(str(error))}")


@command("train", _PANEL)
def train(
    corpus: Annotated[
        str, typer.Argument(help="Name of a sample text; or a file, a folder or a zip.")
    ],
    name: Name,
    text_format: TextFormat = "auto",
    genre: Genre = None,
    one_document_per: DocumentPer = "auto",
    sentences: SentenceRule = "auto",
    text_column: TextColumn = "",
    encoding: EncodingName = "auto",
    has_header: HasHeader = None,
    passage_words: PassageWords = 100,
    tokens: Tokens = "auto",
    max_gb: MaxGb = None,
    title: Title = "",
    licence: Licence = "",
    dim: Annotated[int, typer.Option(help="Dimensions of the vectors.")] = TrainingSettings.dim,
    window: Window = TrainingSettings.window,
    min_count: MinCount = TrainingSettings.min_count,
    epochs: Epochs = TrainingSettings.epochs,
    n_negatives: Negatives = TrainingSettings.n_negatives,
    subsampling_threshold: Subsampling = TrainingSettings.subsampling_threshold,
    learning_rate: LearningRate = TrainingSettings.learning_rate,
    start_range: StartRange = SMOOTH_START,
    seed: Seed = TrainingSettings.seed,
    unit: Unit = TrainingSettings.unit,
    backend: Annotated[
        str | None,
        typer.Option(
            help="coupled (can be repeated without some text), batched (the same, for CUDA) or"
            " gensim.",
            show_default="batched where CUDA works, else coupled",
        ),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Train a skip-gram model on a text and save it."""
    from clif_core.sgns.bundle import Bundle
    from clif_core.text.fetch import SAMPLES
    from clif_core.text.library import LIBRARY
    from clif_core.training import fastest_backend
    from clif_core.workspace.names import check_model_name

    backend = backend or fastest_backend()
    if unit not in ("sentence", "document") or backend not in BACKENDS:
        raise InputError(
            f"unit is sentence or document and backend {', '.join(BACKENDS)}, got {unit!r} and"
            f" {backend!r}."
        )
    check_model_name(name)  # before the training, not after it
    rule = read_rule(tokens, text_format)
    settings = TrainingSettings(
        dim=dim, window=window, min_count=min_count, epochs=epochs, n_negatives=n_negatives,
        subsampling_threshold=subsampling_threshold, learning_rate=learning_rate,
        start_range=start_range, seed=seed,
        unit=unit, backend=backend,  # type: ignore[arg-type]
    )  # fmt: skip
    options = choose_options(
        text_format, one_document_per, sentences, text_column, encoding, has_header, passage_words
    )
    workspace = open_workspace(home)
    if corpus in (*SAMPLES, LIBRARY) and text_format in ("auto", "text"):
        if rule is not None:
            raise InputError(f"--tokens is for a text of your own, {corpus!r} is a sample.")
        text = workspace.add_sample_text(corpus)
    else:
        text = read_text(Path(corpus), text_format, genre, options, rule, to_bytes(max_gb))
    work = _announce_training(workspace, text, settings)
    with progress_bar() as progress, workspace.rates.timing(work):
        model = replace(workspace.train(text, settings, progress), name=name)
        card = {"title": title or name, "licence": licence, "corpus": text.card}
        path = workspace.keep_model(Bundle(model, card, None, None), text)
    show({"name": name, "n_words": model.n_words, "dim": model.dim, "path": str(path)}, as_json)


def _announce_training(workspace: Any, text: Any, settings: TrainingSettings) -> Any:
    """Say what a training will take, and return how much work it is.

    Raises CapabilityError where the memory cannot hold it.
    """
    from clif_core.memory import free_bytes, require_memory, show_size
    from clif_core.sgns.training_text import build_vocabulary
    from clif_core.workspace.tasks.work import training_memory, training_work

    counts = build_vocabulary(text, settings.min_count).counts
    work = training_work(counts, settings)
    needed = training_memory(text.n_tokens, len(counts), settings.dim)
    errors.print(
        f"Training on {text.n_tokens:,} tokens, {len(counts):,} words:"
        f" {workspace.rates.expect(work).in_words}, {show_size(needed)} of memory"
        f" ({show_size(free_bytes())} are free).",
        soft_wrap=True,
    )
    advice = "Raise --min-count, lower --dim, or give a part of the text."
    require_memory("This training", needed, advice)
    return work


@command("import", _PANEL)
def import_model(
    vectors: Annotated[
        Path,
        typer.Argument(
            help="File of centre vectors: word2vec, GloVe, fastText, npy, Parquet, safetensors, ..."
        ),
    ],
    name: Name,
    context_vectors: Annotated[
        Path | None, typer.Option(help="File of context vectors (the output matrix).")
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="File of the training text; see --format.")
    ] = None,
    text_format: TextFormat = "auto",
    genre: Genre = None,
    one_document_per: DocumentPer = "auto",
    sentences: SentenceRule = "auto",
    text_column: TextColumn = "",
    encoding: EncodingName = "auto",
    has_header: HasHeader = None,
    passage_words: PassageWords = 100,
    tokens: Tokens = "auto",
    max_gb: MaxGb = None,
    title: Title = "",
    licence: Licence = "",
    counts: Annotated[Path | None, typer.Option(help="File of lines 'word count'.")] = None,
    words: Annotated[
        Path | None,
        typer.Option(help="File of words, one a row, where the vectors have none: metadata.tsv."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first words of the file of vectors.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse a faulty file of vectors; repair nothing.")
    ] = False,
    words_encoding: Annotated[
        str, typer.Option(help="Encoding of the words in the file of vectors.")
    ] = "utf-8",
    inside: Annotated[
        str, typer.Option(help="Which file of vectors, where a zip holds several.")
    ] = "",
    dim: Annotated[
        int | None, typer.Option(help="Refuse a file of another number of dimensions.")
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(help="Window of the training; without it, influence is refused."),
    ] = None,
    n_negatives: Negatives = TrainingSettings.n_negatives,
    subsampling_threshold: Subsampling = TrainingSettings.subsampling_threshold,
    unit: Unit = TrainingSettings.unit,
    min_count: MinCount = TrainingSettings.min_count,
    epochs: Epochs = TrainingSettings.epochs,
    learning_rate: LearningRate = TrainingSettings.learning_rate,
    start_range: StartRange = TrainingSettings.start_range,
    seed: Seed = TrainingSettings.seed,
    backend: Annotated[
        str,
        typer.Option(help="What trained it: gensim, with which What if trains again; or unknown."),
    ] = "unknown",
    assume_settings: Annotated[
        bool,
        typer.Option(
            "--assume-settings",
            help="Without --window: assume gensim's usual settings, so that influence works.",
        ),
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Import your own model from files of vectors, with or without its text."""
    from clif_core.sgns.vector_files import open_vectors
    from clif_core.workspace.importing import import_model as read

    options = choose_options(
        text_format, one_document_per, sentences, text_column, encoding, has_header, passage_words
    )
    settings = None
    if unit not in ("sentence", "document") or backend not in ("gensim", "unknown"):
        raise InputError(
            f"unit is sentence or document and backend gensim or unknown, got {unit!r} and"
            f" {backend!r}."
        )
    if window is not None:
        settings = TrainingSettings(
            window=window, n_negatives=n_negatives,
            subsampling_threshold=subsampling_threshold, min_count=min_count, epochs=epochs,
            learning_rate=learning_rate, start_range=start_range, seed=seed,
            unit=unit, backend=backend,  # type: ignore[arg-type]
        )  # fmt: skip
    rule = read_rule(tokens, text_format)
    most = to_bytes(max_gb)
    opened = open_vectors(vectors, words, limit, strict, words_encoding, inside, most)
    for line in opened.found.lines:
        errors.print(escape(line))
    if dim is not None and dim != opened.found.dim:
        raise InputError(f"{vectors.name} has {opened.found.dim} dimensions, not {dim}.")
    context = None
    if context_vectors is not None:
        context = open_vectors(context_vectors, words, None, strict, words_encoding, max_bytes=most)
    published = None if corpus is None else read_published(corpus, text_format, genre)
    lines = None
    if corpus is not None and published is None:
        lines = say_found(corpus, options.beside(opened.is_of_lines), rule, opened.words)
    workspace = open_workspace(home)
    with progress_bar() as progress:
        bundle, text = read(
            name, opened, context, corpus, counts, settings, options, corpus=published,
            rule=rule, title=title, licence=licence, are_settings_assumed=assume_settings,
            progress=progress, max_text_bytes=most, keep=workspace.keep_pairs,
        )  # fmt: skip
    if text is not None and lines is not None:
        say_read(text, lines)
    path = workspace.keep_model(bundle, text)
    show(
        {
            "name": name,
            "n_words": bundle.model.n_words,
            "dim": bundle.model.dim,
            "has_context_vectors": bundle.model.context_vectors is not None,
            "are_context_vectors_fitted": bundle.has_fitted_contexts,
            "has_corpus": text is not None,
            "path": str(path),
        },
        as_json,
    )


@command("export", _PANEL)
def export(
    model: ModelName,
    file: Annotated[Path, typer.Argument(help="File to write: .txt, .bin or .safetensors.")],
    kind: Annotated[
        str | None,
        typer.Option(help="word2vec, word2vec-binary or safetensors. Default: by the file's name."),
    ] = None,
    overwrite: Overwrite = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Export a model's vectors and its card for other programs."""
    for written in (file, file.with_name(f"{file.name}.card.json")):
        refuse_existing(written, overwrite)
    path = open_workspace(home).export(model, file, kind)
    show({"model": model, "file": str(path), "card": f"{path}.card.json"}, as_json)


@command("convert", _PANEL)
def convert(
    file: Annotated[Path, typer.Argument(help="File that gensim's save() wrote (a pickle).")],
    target: Annotated[Path, typer.Argument(help="File to write: .safetensors, .txt or .bin.")],
    trusted: Annotated[
        bool,
        typer.Option("--trusted", help="You trust the file: opening it can run any program."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Turn a gensim model that you trust into a file that 'clif import' reads.

    gensim saves pickles. Opening a pickle runs what its writer put into it, so only this command
    does it, and only with --trusted. Never use it for a file of a stranger.
    """
    from clif_core.sgns.export import export_model as write
    from clif_core.sgns.vector_files.gensim_pickles import unpickle_gensim

    if not trusted:
        raise InputError(
            f"{file.name} is opened as a pickle, which can run any program on this computer. Add"
            " --trusted if you made the file or trust who did."
        )
    if target.exists():
        raise InputError(f"{target} is there already; give another name.")
    bundle = unpickle_gensim(file, "converted")
    write(bundle, target)
    model = bundle.model
    show(
        {
            "file": str(target),
            "n_words": model.n_words,
            "dim": model.dim,
            "has_counts": bool(model.vocabulary.counts.any()),
            "has_context_vectors": model.context_vectors is not None,
            "has_settings": model.settings is not None,
        },
        as_json,
    )


@command("pack", _PANEL)
def pack(
    model: ModelName,
    file: Annotated[Path, typer.Argument(help="File to write, such as my-model.zip.")],
    overwrite: Overwrite = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Put a model, its text and all found out about it into one file for another machine."""
    from clif_core.workspace.packs.packing import pack as write

    refuse_existing(file, overwrite)
    made = write(open_workspace(home), model, file)
    for note in made.notes:
        errors.print(f"[yellow]Note:[/] {escape(note)}")
    show({"model": model, **asdict(made), "path": str(file)}, as_json)


@command("unpack", _PANEL)
def unpack(
    file: Annotated[Path, typer.Argument(help="File that 'clif pack' wrote.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the model here. Default: the one it had.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option(help="Replace a model of that name that has other content.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take a model, its text and all found out about it from a pack (checksums verified)."""
    from clif_core.workspace.packs.unpacking import unpack as read

    taken = read(open_workspace(home), file, name, is_replaced=overwrite)
    for note in taken.notes:
        errors.print(f"[yellow]Note:[/] {escape(note)}")
    show(asdict(taken), as_json)


@command("clean", _PANEL)
def clean(
    max_gb: Annotated[
        float | None, typer.Option(min=0, help="Limit for cached results, in GB. Default: 20.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Remove all cached results and finished jobs.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Remove old jobs and least used results; models and texts stay."""
    limit = 0 if max_gb == 0 else to_bytes(max_gb)
    freed = open_workspace(home).clean(limit, everything)
    show({"jobs_removed": freed["jobs"], "megabytes_freed": freed["bytes"] / 1e6}, as_json)
