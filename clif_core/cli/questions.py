"""Commands that answer a question: a probe, its influences, a report, the paper's experiment."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clif_core.cli.printing import show
from clif_core.cli.shell import (
    AskedOf,
    Damping,
    Estimator,
    Home,
    Json,
    ModelName,
    Overwrite,
    Question,
    Runs,
    announce,
    command,
    open_workspace,
    progress_bar,
    read_probe,
    refuse_existing,
)

if TYPE_CHECKING:
    from clif_core.influence.result import Influence

_PANEL = "Questions"


@command("probe", _PANEL)
def probe(
    model: ModelName,
    question: Question,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Measure a probe on a model: its verdict, value, effect size and tests."""
    from clif_core.measurement.probe_report import measure
    from clif_core.phrases import answer, verdict_name, verdict_reason
    from clif_core.probes import question_key

    workspace = open_workspace(home)
    skipgram = workspace.open_model(model).model
    report = measure(read_probe(question), skipgram)
    tried = workspace.enter_probe(skipgram, report)
    permutation, interval = report.permutation, report.interval
    result: dict[str, Any] = {
        "probe": report.probe.to_dict(),
        "meaning": report.meaning,
        "answer": answer(report),
        "verdict": verdict_name(report.verdict),
        "verdict_reason": verdict_reason(report.verdict),
        "value": report.value,
        **report.quantities,
        "interval": None if interval is None else [interval.low, interval.high],
        "matched": {m.written: m.word for m in report.resolved.matches if m.word is not None},
        "ambiguous": {m.written: m.offers for m in report.resolved.matches if m.is_ambiguous},
        "lost_words": list(report.out_of_vocabulary),
        "notes": list(report.notes),
    }
    if permutation is not None:
        result["permutation"] = asdict(permutation)
    result["trainings"] = [asdict(training) for training in report.verdict.trainings]
    result["probes_tried"] = tried.n
    result["p_corrected"] = tried.corrected().get(question_key(report.resolved))
    if tried.problem:
        result["notes"].append(tried.problem)
    show(result, as_json)


@command("probes", _PANEL)
def probes(
    model: Annotated[
        str | None, typer.Argument(help="A model: its language first, missing words counted.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Only lists of one language: en, de, es, fr, zh or ar.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the shipped probes; for a model, those of its language, which is guessed."""
    from clif_core.errors import InputError
    from clif_core.probes import LANGUAGES, catalogue, find_row, guess_language

    if language is not None and language not in LANGUAGES:
        raise InputError(f"no lists in {language!r}; there are: {', '.join(LANGUAGES)}.")
    result: dict[str, Any] = {}
    vocabulary = None
    if model is not None:
        vocabulary = open_workspace(home).open_model(model).model.vocabulary
        if language is None:
            guess = guess_language(vocabulary)
            language, result["language"] = guess.language, guess.how
    result["probes"] = [
        {
            "name": entry.probe.name,
            "title": entry.title,
            "language": entry.source.language,
            "n_words": len(entry.probe.words),
        }
        | (
            {}
            if vocabulary is None
            else {"n_missing": sum(find_row(w, vocabulary) is None for w in entry.probe.words)}
        )
        | {"source": entry.source.name}
        for entry in catalogue()
        if language in (None, entry.source.language)
    ]
    show(result, as_json)


@command("tried", _PANEL)
def tried(
    model: ModelName,
    clear: Annotated[
        bool,
        typer.Option(
            "--clear", help="Forget them: a new investigation begins, corrected for none so far."
        ),
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the probes tried on a model, with p-values corrected for their number."""
    workspace = open_workspace(home)
    skipgram = workspace.open_model(model).model
    found = workspace.probes_tried(skipgram)
    if clear:
        workspace.forget_probes(skipgram)
    rows = found.table().astype(object)
    show(
        {
            "model": model,
            "cleared": clear,
            "tried": found.n,
            "tested": found.n_tested,
            "problem": found.problem,
            "probes": rows.where(rows.notna(), None).to_dict("records"),
        },
        as_json,
    )


@command("influence", _PANEL)
def influence(
    model: ModelName,
    question: Question,
    estimator: Estimator = None,
    damping: Damping = None,
    top: Annotated[
        int, typer.Option(min=1, max=10_000, help="Number of sentences in each direction.")
    ] = 10,
    of: AskedOf = None,
    runs: Runs = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Rank sentences by the influence of their removal on a probe.

    With --runs, each has its 95 % interval over trainings of the text and whether it holds.
    """
    from clif_core import phrases
    from clif_core.workspace.results import check_question, question_of
    from clif_core.workspace.tasks.request import open_text

    asked = check_question(of)
    workspace = open_workspace(home)
    bundle = workspace.open_model(model)
    skipgram = bundle.model
    corpus = open_text(workspace, skipgram)
    resolved = read_probe(question).resolve(skipgram.vocabulary)
    with progress_bar() as progress:
        progress(0.0, "Building the windows of the text")
        engine = workspace.open_engine(skipgram, corpus)
        chosen = workspace.results.choose(engine, resolved, estimator, damping, asked, runs)
        _announce_derivative(workspace, engine, resolved, chosen, runs)
        answer = workspace.results.influence(engine, resolved, chosen, damping, progress, runs)
    result: dict[str, Any] = {
        "model": model,
        "probe": resolved.probe.to_dict(),
        "probe_value": answer.probe_value,
        "matched": {m.written: m.word for m in resolved.matches if m.word is not None},
        "lost_words": list(resolved.out_of_vocabulary),
        "question": asked or question_of(chosen),
        "estimator": answer.estimator,
        "damping": answer.damping,
        "relative_residual": answer.solution.relative_residual,
        "converged": answer.solution.converged,
        "device": answer.solution.device,
        "note": answer.solution.note,
    }
    if bundle.has_fitted_contexts and answer.runs is None:
        result["context_vectors"] = phrases.FITTED
    if bundle.has_assumed_settings:
        result["settings"] = phrases.ASSUMED
    if answer.runs is not None:
        result |= {"n_runs": answer.runs.n_runs, "seeds": list(answer.runs.seeds)}
    for direction in ("lowers", "raises"):
        found = answer.top_sentences(top, direction, by="sure")
        result[f"removal_{direction}"] = [
            {
                "effect": float(effect),
                **_how_sure(answer, int(sentence)),
                "document": str(corpus.documents["title"].iloc[document]),
                "sentence": int(sentence),
                "text": corpus.sentence_text(int(sentence)),
            }
            for sentence, document, effect in found.itertuples(index=False)
        ]
    show(result, as_json)


def _announce_derivative(
    workspace: Any, engine: Any, resolved: Any, estimator: str, n_runs: int | None
) -> None:
    """Say how long it takes to differentiate training runs, where that is to be done."""
    from clif_core.influence.estimators import ENSEMBLE, find_estimator
    from clif_core.workspace.tasks.work import derivative_work, measure_derivative

    entry = find_estimator(estimator)
    if not entry.is_of_runs:
        return
    if entry.name == ENSEMBLE:
        n_missing = workspace.results.n_runs_missing(engine, resolved, n_runs)
    else:
        n_missing = int(workspace.results.cached(engine, resolved, estimator) is None)
    if n_missing > 0:
        measure_derivative(workspace.rates, engine, resolved)
        work = derivative_work(engine.model, estimator, n_runs=n_missing)
        announce(entry.label, workspace.rates.expect(work))


def _how_sure(answer: Influence, sentence: int) -> dict[str, Any]:
    """Interval, agreement and verdict of a sentence over the runs; nothing without runs."""
    statistics = answer.sentence_statistics
    if statistics is None:
        return {}
    return {
        "standard_error": float(statistics.standard_error[sentence]),
        "interval": [float(statistics.low[sentence]), float(statistics.high[sentence])],
        "n_agree": int(statistics.n_agree[sentence]),
        "q": float(statistics.q[sentence]),
        "holds": bool(statistics.holds[sentence]),
    }


@command("report", _PANEL)
def report(
    model: ModelName,
    question: Question,
    output_file: Annotated[
        Path, typer.Option("--output", help="File to write: .html, .md or .json.")
    ] = Path("report.html"),
    estimator: Estimator = None,
    damping: Damping = None,
    top: Annotated[
        int, typer.Option(min=1, max=200, help="Number of sentences in each direction.")
    ] = 10,
    of: AskedOf = None,
    signed_by: Annotated[str, typer.Option(help="Name of who answers for the report.")] = "",
    overwrite: Overwrite = False,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Also quote and list text whose effect does not hold over the trainings."
        ),
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write an audit report of a probe as one self-contained file.

    Of a seed ensemble's answer it quotes only what holds, unless --all is given.
    """
    from clif_core.workspace.results import check_question
    from clif_core.workspace.tasks.history import results_for_report

    refuse_existing(output_file, overwrite)
    with progress_bar() as progress:
        progress(0.0, "Measuring the probe and tracing it to the text")
        asked, asked_of = read_probe(question), check_question(of)
        workspace = open_workspace(home)
        tried = results_for_report(workspace, workspace.open_model(model).model, asked)
        found = workspace.report(
            model, asked, estimator, damping, top, progress, tried, asked_of, not everything
        )
    path = found.signed(signed_by).save(output_file)
    traced = found.content["attribution"]
    show(
        {
            "report": str(path),
            "answer": found.content["answer"],
            "verdict": found.content["verdict"]["name"],
            "verdict_reason": found.content["verdict"]["reason"],
            "estimator": traced["estimator"] if traced else None,
            "only_what_holds": traced["only_what_holds"] if traced else None,
            "why_no_attribution": found.content["why_no_attribution"],
        },
        as_json,
    )


@command("lab", _PANEL)
def lab(
    seeds: Annotated[
        int, typer.Option(min=2, max=100, help="Number of random draws of the points.")
    ] = 6,
    regime: Annotated[
        str | None,
        typer.Option(help="two_steps (as released) or converged. Default: both."),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", help="Converged regime: retrain from the trained model, which is faster."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """The paper's mixture of Gaussians: estimated against retrained, matched and cross."""
    from clif_core.mixture.study import run_study
    from clif_core.mixture.summary import differences, two_by_two
    from clif_core.mixture.training import REGIMES, regime_named
    from clif_core.progress import part_of

    chosen = tuple(REGIMES) if regime is None else (regime_named(regime).name,)
    result: dict[str, Any] = {}
    with progress_bar() as progress:
        for at, name in enumerate(chosen):
            part = part_of(progress, at, len(chosen))
            found = run_study(name, range(1, seeds + 1), part, anew=not follow)
            result[name] = [{"trained with": k, **row} for k, row in two_by_two(found).items()]
            result[f"{name}_cross_less_matched"] = [
                {"compared": k, "mean r, low, high": row} for k, row in differences(found).items()
            ]
    show(result, as_json)
