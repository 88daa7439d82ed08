"""Commands that change the text or the model: retraining without text, fine-tuning, debiasing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from clif_core.cli.printing import show
from clif_core.cli.shell import (
    Estimator,
    Home,
    Json,
    Keep,
    Level,
    ModelName,
    Question,
    announce,
    command,
    open_workspace,
    progress_bar,
    read_probe,
    wait_for,
)

_PANEL = "Interventions"


@command("what-if", _PANEL)
def what_if(
    model: ModelName,
    question: Question,
    top: Annotated[int, typer.Option(min=1, max=100_000, help="Number of texts to edit.")] = 100,
    direction: Annotated[
        str, typer.Option(help="Effect of their removal on the probe: lowers or raises.")
    ] = "lowers",
    level: Level = "sentences",
    estimator: Estimator = None,
    weight: Annotated[
        float, typer.Option(help="Weight of the texts: 0 removes, 0.5 halves, 2 doubles them.")
    ] = 0.0,
    random: Annotated[
        int, typer.Option(min=0, help="Number of random sets of the same size to compare with.")
    ] = 0,
    seeds: Annotated[
        int, typer.Option(min=0, help="Number of further seeds, each trained with and without.")
    ] = 0,
    keep: Keep = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Predict how a probe changes without some text, and retrain to check."""
    from clif_core.interventions.retrain import refuse_unrepeatable
    from clif_core.interventions.thinned import thinned_words
    from clif_core.phrases import thinned
    from clif_core.workspace.tasks import choice, retrain, retrained
    from clif_core.workspace.tasks.request import open_text
    from clif_core.workspace.tasks.retrain import expect_retraining

    workspace = open_workspace(home)
    skipgram = workspace.open_model(model).model
    refuse_unrepeatable(skipgram)
    corpus = open_text(workspace, skipgram)
    probe = read_probe(question)
    with progress_bar() as progress:
        progress(0.0, "Building the windows of the text")
        engine = workspace.open_engine(skipgram, corpus)
        edit, predicted = choice.choose_and_predict(
            workspace, engine, probe, top, direction, level, estimator, weight
        )
        words = thinned_words(engine, probe.resolve(skipgram.vocabulary), edit)
        own = skipgram.require_settings().seed
        further = tuple(range(own + 1, own + 1 + seeds))
        asked = retrain.RetrainQuestion(edit, (probe,), further, random)
        key = retrain.submit_retraining(workspace, skipgram, asked)
        announce(f"{asked.n_trainings} trainings", expect_retraining(workspace, skipgram, asked))
        result = wait_for(workspace, key, progress)
    found = {"model": model, "probe": probe.to_dict(), **predicted}
    found |= retrain.summarise_retraining(result, probe)
    if words:
        found["beyond_small_edits"] = f"The edit {thinned(words, weight)}."
    over_seeds = retrain.change_over_seeds(result, probe)
    found["over_seeds"] = None if over_seeds is None else asdict(over_seeds)
    if keep:
        described = f"{len(edit.items)} {level} (removal {direction} {probe.name})"
        found["kept"] = retrained.keep_retrained(workspace, model, edit, described).model.name
    show(found, as_json)


@command("fine-tune", _PANEL, old_name="repair")
def fine_tune(
    model: ModelName,
    question: Question,
    mode: Annotated[
        list[str] | None,
        typer.Option(
            help="unlearn (text that amplifies the probe), reinforce (text that mitigates it), both"
            " or over_bias (the reverse); repeatable. Default: the first three."
        ),
    ] = None,
    top: Annotated[
        list[int] | None,
        typer.Option(help="Number N of texts of each kind; repeatable. Default: 100."),
    ] = None,
    passes: Annotated[
        list[int] | None,
        typer.Option(help="Number K of passes over them; repeatable. Default: 5, 10 and 100."),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Default: a tenth of the first rate of the training.")
    ] = None,
    level: Level = "sentences",
    estimator: Estimator = None,
    keep: Annotated[bool, typer.Option(help="Save the last model tried as your own.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Fine-tune a model against a probe on its strongest texts."""
    from clif_core.workspace.tasks import fine_tune, fine_tuned

    workspace, probe = open_workspace(home), read_probe(question)
    asked = fine_tune.FineTuneQuestion(
        probe, (), tuple(mode or ["unlearn", "reinforce", "both"]), tuple(top or [100]),
        tuple(passes or [5, 10, 100]), learning_rate, level, estimator,
    )  # fmt: skip
    with progress_bar() as progress:
        key = fine_tune.submit_fine_tuning(workspace, workspace.open_model(model).model, asked)
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
        saved = fine_tuned.keep_fine_tuned(
            workspace, model, probe, last["mode"], last["top"], last["passes"],
            result["learning_rate"], level, result["estimator"],
        )  # fmt: skip
        found["kept"] = saved.model.name
    show(found, as_json)


@command("debias", _PANEL)
def debias(
    model: ModelName,
    about: Annotated[str, typer.Option(help="Subject of the bias: gender or race.")] = "gender",
    projected: Annotated[
        bool, typer.Option(help="Only remove the bias direction from every word.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Save a debiased copy of a model (Bolukbasi et al. 2016)."""
    bundle = open_workspace(home).debias(model, about, projected)
    show({"name": bundle.model.name, **bundle.card["history"][-1]}, as_json)
