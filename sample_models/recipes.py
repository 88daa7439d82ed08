"""How each sample is made, by the name of its text: its settings, its probes, its seeds.

A recipe that is not committed (newsgroups and library, whose vectors would exceed the size limit)
is trained only when it is named, and is stored among the user's own models.
"""

from __future__ import annotations

from dataclasses import dataclass

from clif_core.sgns.settings import SMOOTH_START, TrainingSettings

__all__ = ["RECIPES", "Recipe"]


@dataclass(frozen=True)
class Recipe:
    """How a sample is made. ``probes`` are names of shipped probes that suit it."""

    title: str
    description: str
    settings: TrainingSettings
    probes: tuple[str, ...]
    n_clusters: int | None  # None: the map is left to who asks for it
    seeds: tuple[int, ...] = (1, 2, 3)
    is_committed: bool = True
    is_traced: bool = True


RECIPES = {
    "shakespeare": Recipe(
        title="Shakespeare's plays",
        description="Skip-gram vectors of the words of 38 plays, each scene read as one text, with "
        "the names of the speakers in it. Characters gather by play; men stand near war, women "
        "near love.",
        settings=TrainingSettings(
            dim=64,
            window=10,
            epochs=20,
            learning_rate=0.0125,
            start_range=SMOOTH_START,
            unit="document",
            backend="coupled",
        ),
        probes=("men_women_war_love",),
        n_clusters=40,
    ),
    "brown": Recipe(
        title="The Brown corpus",
        description="Skip-gram vectors of American English of 1961: 500 texts of 15 genres, read "
        "sentence by sentence. First names of men stand near career, those of women near family.",
        settings=TrainingSettings(
            dim=64,
            window=5,
            epochs=10,
            start_range=SMOOTH_START,
            unit="sentence",
            backend="coupled",
        ),
        probes=("clif_career", "gender_terms_career_family"),
        n_clusters=40,
    ),
    "newsgroups": Recipe(
        title="Twenty newsgroups",
        description="Skip-gram vectors of 18,821 posts to twenty newsgroups of 1993, each post "
        "read as one text. Words gather by group; male terms lean more towards pleasant words than "
        "female terms do, though weakly.",
        settings=TrainingSettings(dim=64, window=5, epochs=6, unit="document", backend="coupled"),
        probes=("gender_terms_pleasant",),
        n_clusters=40,
        is_committed=False,
    ),
    "library": Recipe(
        title="A library",
        description="Skip-gram vectors of some seventeen million words: newsgroups, addresses of"
        " presidents, the Brown corpus, Shakespeare, a dictionary, an FAQ and the glosses of"
        " WordNet, read sentence by sentence. To see what a large text takes.",
        settings=TrainingSettings(
            dim=100,
            window=5,
            epochs=3,
            start_range=SMOOTH_START,
            unit="sentence",
            backend="coupled",
        ),
        probes=("gender_terms_pleasant",),
        n_clusters=None,
        seeds=(1,),
        is_committed=False,
        is_traced=False,
    ),
}
