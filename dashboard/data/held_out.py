"""What was judged under held-out seeds: the tables of the card, and the jobs that make others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clif_core.evaluation import ListTable, read_list_tables
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ENSEMBLE, QUICK, UNROLLED
from clif_core.influence.result import Influence
from clif_core.probes import ResolvedProbe
from clif_core.sgns.bundle import Bundle
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.rates import Expected
from clif_core.workspace.tasks import held_out
from clif_core.workspace.tasks.held_out import HeldOutQuestion, ask
from dashboard.data import attribution, models
from dashboard.data.places import take_place

__all__ = ["PLANS", "Plan", "cancel", "expect", "look_up", "made", "plans", "submit", "tables"]

#: Sizes of the lists that can be judged, the cheapest choice first.
PLANS = ((100,), (30, 100), (10, 30, 100, 300))


@dataclass(frozen=True, eq=False)
class Plan:
    """A choice of sizes, the question that it is, and the state of its job; None: not begun."""

    question: HeldOutQuestion
    job: JobStatus | None

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.question.sizes

    @property
    def table(self) -> ListTable | None:
        result = None if self.job is None else self.job.result
        return None if result is None else held_out.table_of(result)


def tables(bundle: Bundle) -> tuple[ListTable, ...]:
    """Those that came with the model; FormatError where they are damaged."""
    return read_list_tables(bundle.card, bundle.model.content_hash)


def made(bundle: Bundle) -> Mapping[str, Any]:
    """The command, date and machine of these tables."""
    return dict(bundle.card["held_out"]["made"])


def plans(engine: InfluenceEngine, resolved: ResolvedProbe) -> list[Plan]:
    """What can be asked of a probe; nothing where no seed ensemble is at hand."""
    answers = _answers(engine, resolved)
    if ENSEMBLE not in answers:
        return []
    found = []
    for sizes in PLANS:
        if max(sizes) <= engine.corpus.n_sentences // 2:
            asked = ask(resolved, answers, sizes)
            found.append(Plan(asked, look_up(engine, asked)))
    return found


def _answers(engine: InfluenceEngine, resolved: ResolvedProbe) -> dict[str, Influence]:
    """As ``tasks.held_out.answers_at_hand``, from this server's memory."""
    found = {}
    for name in (ENSEMBLE, UNROLLED, QUICK):
        answer = attribution.answer(engine, resolved, name, None, is_computed=name == QUICK)
        is_usable = answer is not None and (name != ENSEMBLE or answer.influence.runs is not None)
        if answer is not None and is_usable:
            found[name] = answer.influence
    return found


def look_up(engine: InfluenceEngine, asked: HeldOutQuestion) -> JobStatus | None:
    """The state of the job now."""
    return held_out.find_held_out(models.workspace(), engine.model, asked)


def expect(
    engine: InfluenceEngine, resolved: ResolvedProbe, asked: HeldOutQuestion
) -> tuple[int, Expected]:
    """How many trainings are missing, and what they take on this machine."""
    return held_out.expect_held_out(models.workspace(), engine, asked, _answers(engine, resolved))


def submit(engine: InfluenceEngine, asked: HeldOutQuestion) -> None:
    """Start the job; JobError where the visitor has too much unfinished."""
    with take_place() as place:
        place.jobs.append(held_out.submit_held_out(models.workspace(), engine.model, asked))


def cancel(engine: InfluenceEngine, asked: HeldOutQuestion) -> None:
    """Stop the job at its next training; those that are done stay."""
    job = look_up(engine, asked)
    if job is not None:
        models.workspace().jobs.cancel(job.key)
