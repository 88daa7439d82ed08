"""Text taken away: trained again without it, or undone from the trained vectors."""

from __future__ import annotations

from typing import Annotated

import typer

from clif_core.cli.printing import show
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
    wait_for,
)


@command("what-if")
def what_if(
    model: ModelName,
    question: Question,
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
    from clif_core.interventions.retrain import refuse_unrepeatable
    from clif_core.workspace import tasks as trial

    workspace = open_workspace(home)
    skipgram = workspace.open_model(model).model
    refuse_unrepeatable(skipgram)
    corpus = open_text(workspace, skipgram)
    probe = read_probe(question)
    with progress_bar() as progress:
        progress(0.0, "Laying windows over the text")
        engine = workspace.open_engine(skipgram, corpus)
        edit, predicted = trial.choose_and_predict(
            workspace, engine, probe, top, direction, level, estimator, weight
        )
        own = skipgram.require_settings().seed
        asked = trial.Question(edit, (probe,), tuple(range(own + 1, own + 1 + seeds)), random)
        result = wait_for(workspace, trial.submit(workspace, skipgram, asked), progress)
    found = {"model": model, "probe": probe.to_dict(), **predicted}
    found |= trial.summarise(result, probe)
    if keep:
        described = f"{len(edit.items)} {level} (removal {direction} {probe.name})"
        found["kept"] = trial.keep_retrained(workspace, model, edit, described).model.name
    show(found, as_json)


@command("repair")
def repair(
    model: ModelName,
    question: Question,
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
    from clif_core.workspace import tasks as trial

    workspace, probe = open_workspace(home), read_probe(question)
    asked = trial.RepairQuestion(
        probe, (), tuple(mode or ["undo", "redo", "both"]), tuple(top or [100]),
        tuple(passes or [5, 10, 100]), learning_rate, level, estimator,
    )  # fmt: skip
    with progress_bar() as progress:
        key = trial.submit_repair(workspace, workspace.open_model(model).model, asked)
        result = wait_for(workspace, key, progress)
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
    show(found, as_json)
