"""Questions: a probe, the text behind it, a report of both, and the paper's experiment."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from clif_core.cli.printing import output, show
from clif_core.cli.shell import (
    Home,
    Json,
    ModelName,
    Question,
    command,
    open_text,
    open_workspace,
    progress_bar,
    read_probe,
)


@command("probe")
def probe(
    model: ModelName,
    question: Question,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Put a probe to a model: value, effect size, permutation p."""
    from clif_core.measurement.probe_report import measure

    report = measure(read_probe(question), open_workspace(home).open_model(model).model)
    permutation, interval = report.permutation, report.interval
    result: dict[str, Any] = {
        "probe": report.probe.to_dict(),
        "meaning": report.meaning,
        "value": report.value,
        **report.quantities,
        "interval": None if interval is None else [interval.low, interval.high],
        "lost_words": list(report.out_of_vocabulary),
        "notes": list(report.notes),
    }
    if permutation is not None:
        result["permutation"] = asdict(permutation)
    show(result, as_json)


@command("influence")
def influence(
    model: ModelName,
    question: Question,
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
    workspace = open_workspace(home)
    skipgram = workspace.open_model(model).model
    corpus = open_text(workspace, skipgram)
    resolved = read_probe(question).resolve(skipgram.vocabulary)
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
        "lost_words": list(resolved.out_of_vocabulary),
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
    show(result, as_json)


@command("report")
def report(
    model: ModelName,
    question: Question,
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
    from clif_core.workspace.tasks.history import kept_results

    with progress_bar() as progress:
        progress(0.0, "Measuring, and tracing to the text")
        asked = read_probe(question)
        workspace = open_workspace(home)
        tried = kept_results(workspace, workspace.open_model(model).model, asked)
        found = workspace.report(model, asked, estimator, damping, top, progress, tried)
    path = found.save(output_file)
    traced = found.content["attribution"]
    show(
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
    from clif_core.mixture.command import write_study
    from clif_core.mixture.training import REGIMES, regime_named

    chosen = tuple(REGIMES) if regime is None else (regime_named(regime).name,)
    with progress_bar() as progress:
        path = write_study(out, seeds, chosen, progress, anew=not follow)
    if as_json:
        show({"tables": str(path)}, as_json)
    else:
        output.print(path.read_text("utf-8"), markup=False)
