"""The command that judges what an answer says of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from clif_core.cli.printing import show
from clif_core.cli.shell import (
    Home,
    Json,
    ModelName,
    Question,
    announce,
    command,
    open_workspace,
    progress_bar,
    read_probe,
    wait_for,
)

if TYPE_CHECKING:
    from clif_core.evaluation import ListTable

_PANEL = "Questions"


@command("trust", _PANEL)
def trust(
    model: ModelName,
    question: Question,
    size: Annotated[
        list[int] | None,
        typer.Option(
            min=1, help="Number of sentences of the lists; repeatable. Default: 30 and 100."
        ),
    ] = None,
    chooser: Annotated[
        list[str] | None,
        typer.Option(
            help="Who chooses lists: ensemble, unrolled (this model's run), block, word_count,"
            " random; repeatable. Default: all whose answer is at hand."
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=2, max=64, help="Held-out seeds, each trained with every list out.")
    ] = 6,
    estimate_only: Annotated[
        bool, typer.Option("--time", help="Only say how many trainings it is and what they take.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Judge the seed ensemble of a probe by trainings under seeds that it has not seen.

    The strongest sentences both ways are left out, the same ones under every seed, and what each
    estimate predicted is compared with what the trainings gave. Trainings are stored one by one, so
    that a stopped command goes on, and more sizes or seeds add to what is there.
    """
    from clif_core.evaluation import CHOOSERS
    from clif_core.evaluation.held_out import N_SEEDS
    from clif_core.interventions.retrain import refuse_unrepeatable
    from clif_core.workspace.tasks import held_out
    from clif_core.workspace.tasks.request import open_text

    assert N_SEEDS == 6  # the default above, written out so that the help loads nothing
    workspace = open_workspace(home)
    skipgram = workspace.open_model(model).model
    refuse_unrepeatable(skipgram)
    corpus = open_text(workspace, skipgram)
    probe = read_probe(question).resolve(skipgram.vocabulary)
    with progress_bar() as progress:
        progress(0.0, "Building the windows of the text")
        engine = workspace.open_engine(skipgram, corpus)
        answers = held_out.answers_at_hand(workspace, engine, probe)
        sizes = size or held_out.USUAL_SIZES
        asked = held_out.ask(probe, answers, sizes, seeds, chooser or CHOOSERS)
        n_missing, expected = held_out.expect_held_out(workspace, engine, asked, answers)
        announce(f"{n_missing} trainings", expected)
        found: dict[str, Any] = {"model": model, "probe": probe.probe.to_dict()}
        found["trainings"] = n_missing
        if estimate_only:
            show(found | {"seconds": expected.seconds}, as_json)
            return
        key = held_out.submit_held_out(workspace, skipgram, asked)
        table = held_out.table_of(wait_for(workspace, key, progress))
    show(found | _figures(table), as_json)


def _figures(table: ListTable) -> dict[str, Any]:
    from clif_core.influence.estimators import ENSEMBLE

    fit = table.fit(ENSEMBLE)
    held, n = table.held(lambda row: row.is_held)
    held_with_error, _ = table.held(lambda row: row.is_held_with_error)
    return {
        "seeds": list(table.seeds),
        "runs": table.n_runs,
        "fit": {"slope": fit.slope, "pearson": fit.pearson, "lists": str(fit.n)},
        "intervals_holding_the_mean": f"{held} of {n}",
        "intervals_holding_it_within_its_error": f"{held_with_error} of {n}",
        "lists": [
            {
                "chooser": row.chooser,
                "side": row.side,
                "size": row.size,
                "measured": row.mean,
                "interval": [row.interval.low, row.interval.high],
                "ensemble": row.predicted.get(ENSEMBLE),
                "ensemble_interval": None if row.low != row.low else [row.low, row.high],
                **{k: v for k, v in row.predicted.items() if k != ENSEMBLE},
            }
            for row in table.rows
        ],
    }
