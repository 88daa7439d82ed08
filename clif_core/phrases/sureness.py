"""How sure an effect is over several trainings, and what "removed" means, in words."""

from __future__ import annotations

from clif_core.phrases.numbers import decimals, together

__all__ = [
    "ASSUMED",
    "FITTED",
    "MARKS",
    "ONE_RUN",
    "REMOVED",
    "REMOVED_IN_FULL",
    "in_trainings",
    "likely",
    "standing",
    "standing_elsewhere",
]

#: The shape beside the word: whether an effect holds is never told by colour alone.
MARKS = {True: "✓", False: "○"}
REMOVED = (
    "Removed means: left out of the training, with everything else held fixed; really cutting the"
    " text out agrees within 3\u00a0%."
)
REMOVED_IN_FULL = (
    "Held fixed are the vocabulary, the noise distribution, which other words subsampling keeps,"
    " the learning rates, and all other random draws. The words that are left out still count in"
    " the windows of their neighbours. Cutting the text out of the file changes those things a"
    " little as well; measured on the samples, the effect then agrees within 3\u00a0%."
)
ONE_RUN = (
    "These effects are of one training. On the Brown sample, another training of the same text"
    " shares about a third of the hundred strongest sentences."
)

#: Of an estimate that solves with context vectors that came with no file (decision 33).
FITTED = (
    "This model came without context vectors, so they were fitted to the text. On the Brown"
    " sample, whose own are known, effects by fitted ones correlate 0.96 with those by its own,"
    " share 82\u00a0% of the twenty strongest sentences, and agree with retraining nearly as well"
    " (rank correlation 0.48, by its own 0.51). Of a text that the model was not trained on they"
    " say little."
)
#: Of a model whose training nobody described (``workspace.importing``).
ASSUMED = (
    "How this model was trained is not known; gensim's usual settings are assumed, and these"
    " effects follow them."
)


def in_trainings(n_agree: int, n_runs: int, *, others: bool = False) -> str:
    """``in 15 of 16 trainings``; ``others``: beside the effect of one training that is no part."""
    return f"in {n_agree} of {n_runs} {'other ' * others}trainings"


def likely(low: float, high: float) -> str:
    """``95 %: −0.0022 to −0.0012``, the interval of what removing the text changes."""
    is_near = decimals(low, digits=2) == decimals(high, digits=2)
    ends = together(low, high, digits=2 if is_near else 3, is_signed=True)
    return f"95\u00a0%: {' to '.join(ends)}"


def standing(holds: bool) -> str:
    """Whether an effect stands in every training, as far as the runs can tell."""
    return "holds" if holds else "not sure"


def standing_elsewhere(holds: bool, is_shared: bool) -> str:
    """The same of one training's effect, by other trainings.

    ``is_shared``: their interval is on the same side of 0 as this training's effect.
    """
    if not is_shared:
        return "perhaps this run only"
    return "holds in others too" if holds else "not sure in others"
