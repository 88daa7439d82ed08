"""The two sides of a comparison: the selected model, and another model or another seed of it.

Another seed of the same bundle counts as a model: the difference between two trainings of the same
text is the baseline for any difference between models. For the verdict on a probe, each side knows
of the other one where they differ in the seed only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from clif_core.errors import InputError
from clif_core.geometry.movement import Movement, move, shares_frame
from clif_core.sgns.model import SkipGram
from dashboard import state
from dashboard.data import models
from dashboard.data.kept import by_bytes
from dashboard.wording import say

__all__ = ["Side", "choices", "movement", "sides"]

_SEED = "seed:"


@dataclass(frozen=True)
class Side:
    """A model and its title on the screen."""

    title: str
    model: SkipGram
    name: str = ""  # in the catalogue; "" for another seed of the same bundle


def choices() -> dict[str, str]:
    """The models to compare with: values of ``Selection.other_model`` and their titles."""
    own = models.selected_bundle().model
    found = {f"{_SEED}{seed}": say("compare.seed", seed=seed) for seed in own.other_seeds}
    chosen = state.current().model
    found |= {e.name: e.title for e in models.catalogue() if e.name != chosen and not e.problem}
    return found


def sides(known: Mapping[str, str]) -> tuple[Side, Side]:
    """The selected model and the other one; raises InputError where that is not here."""
    selection, bundle = state.current(), models.selected_bundle()
    wanted = selection.other_model or next(iter(known))
    title = models.model_title(selection.model)
    if not wanted.startswith(_SEED):
        own, other = bundle.model, models.bundle_named(wanted).model
        return (
            Side(title, own.with_trainings([other]), selection.model),
            Side(models.model_title(wanted), other.with_trainings([own]), wanted),
        )
    if wanted not in known:
        raise InputError(
            f"Model {bundle.model.name!r} has no other training {wanted!r}. Compare it with one of:"
            f" {', '.join(known)}."
        )
    seed = int(wanted.removeprefix(_SEED))
    settings = bundle.model.settings
    first = say("compare.seed", seed=settings.seed) if settings else say("compare.this_seed")
    return Side(first, bundle.model), Side(
        known[wanted], _training(bundle.model.content_hash, seed, bundle.model)
    )


def movement(both: tuple[Side, Side]) -> Movement:
    """How the words that both models share moved, from the first to the second."""
    first, second = both
    cards = [models.bundle_named(side.name).card if side.name else {} for side in both]
    is_shared = bool(first.name and second.name) and shares_frame(
        cards[0], first.name, cards[1], second.name
    )
    hashes = (first.model.content_hash, second.model.content_hash)
    return _movement(*hashes, is_shared, first.model, second.model)


@by_bytes
def _movement(
    first_hash: str, second_hash: str, is_shared: bool, _first: SkipGram, _second: SkipGram
) -> Movement:
    return move(_first, _second, is_shared)


@by_bytes
def _training(model_hash: str, seed: int, _model: SkipGram) -> SkipGram:
    others = {other: vectors for other, vectors in _model.other_seeds.items() if other != seed}
    if _model.settings is None:
        settings = None
    else:
        settings = replace(_model.settings, seed=seed)
        others[_model.settings.seed] = _model.centre_vectors
    return replace(
        _model,
        centre_vectors=_model.other_seeds[seed],
        context_vectors=None,
        settings=settings,
        other_seeds=others,
    )
