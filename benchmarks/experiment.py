"""A model with its text, answers and retrainings, for the commands of the paper's experiments."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import UNROLLED
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit, random_edit
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.tasks.retrained import retrained
from clif_core.workspace.workspace import Workspace

__all__ = ["Study", "has_model", "shorten"]


def has_model(name: str) -> bool:
    """Whether a model of this name is in the user's catalogue."""
    return any(entry.name == name for entry in Workspace().catalogue())


@dataclass(frozen=True, eq=False)
class Study:
    """A model with its text, in a workspace that caches every answer and every training."""

    workspace: Workspace
    model: SkipGram
    engine: InfluenceEngine

    @classmethod
    def open(cls, name: str) -> Study:
        workspace = Workspace()
        if not has_model(name):
            sys.exit(f"There is no model {name!r}; train a sample with: make samples NAME={name}")
        model = workspace.open_model(name).model
        corpus = workspace.open_corpus(model)
        if corpus is None:
            sys.exit(f"The text of {name!r} is not here; run: clif fetch {name}")
        return cls(workspace, model, workspace.open_engine(model, corpus, "cpu"))

    @property
    def corpus(self) -> Corpus:
        return self.engine.corpus

    def influences(self, probes: Sequence[ResolvedProbe], estimator: str) -> list[Influence]:
        """One answer per probe; those that ``unrolled`` lacks share one reverse pass."""
        if estimator == UNROLLED:
            missing = [
                probe
                for probe in probes
                if self.workspace.results.cached(self.engine, probe, UNROLLED) is None
            ]
            for probe, answer in zip(
                missing, self.engine.unrolled(missing) if missing else [], strict=True
            ):
                self.workspace.results.write(self.engine, probe, answer)
        return [self.workspace.results.influence(self.engine, probe, estimator) for probe in probes]

    def train(self, edit: Edit | None, seed: int | None = None) -> SkipGram:
        """The model trained again without some text, cached; ``seed`` None is the model's own."""
        self._log(edit, seed)
        return retrained(self.workspace, self.model, self.corpus, edit, seed)

    def train_random(self, like: Edit, n: int) -> list[SkipGram]:
        """Models trained without random text of the size of ``like``, seeded 0, 1, ..."""
        return [self.train(random_edit(self.corpus, like, seed)) for seed in range(n)]

    def _log(self, edit: Edit | None, seed: int | None) -> None:
        what = "all text" if edit is None else f"{len(edit.items)} {edit.level} less"
        print(f"{self.model.name}: {what}, seed {seed or 'own'}", file=sys.stderr, flush=True)


def shorten(text: str, length: int = 150) -> str:
    """One line for a table: white space collapsed, bars escaped, cut at a word."""
    line = " ".join(text.split()).replace("|", "\\|")
    return line if len(line) <= length else f"{line[:length].rsplit(' ', 1)[0]} ..."
