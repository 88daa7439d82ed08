"""A debiased copy of a model as a bundle, whose card tells what was done to it."""

from __future__ import annotations

from dataclasses import replace

from clif_core.interventions.debias import debias
from clif_core.sgns.bundle import Bundle
from clif_core.workspace.names import derive_name

__all__ = ["debiased_copy"]


def debiased_copy(name: str, source: Bundle, about: str, is_projected: bool) -> Bundle:
    """Hard debias, or the projection alone, of the model that the workspace knows as ``name``.

    The copy has no context vectors: influence of text on it is refused, because these vectors are
    not those that the text made.
    """
    done, before, after = debias(source.model, about, is_projected)
    method = "projection only" if is_projected else "hard debias"
    card = {
        "title": f"{source.card.get('title', name)}, {about} debiased",
        "description": f"{method} of {name!r} about {about} (Bolukbasi et al. 2016). Hiding is "
        "not removing: see the neighbour test.",
        "licence": source.card.get("licence", ""),
        "history": [
            *source.card.get("history", []),
            {
                "method": method,
                "about": about,
                "of": name,
                "content_hash": source.model.content_hash,
                "n_neutralised": done.n_neutralised,
                "n_equalised": len(done.equalised),
                "lost": list(done.lost),
                "neighbour_test_before": before.accuracy,
                "neighbour_test_after": after.accuracy,
            },
        ],
    }
    own_name = derive_name(name[:40], f"-{about}-{'projected' if is_projected else 'debiased'}")
    return Bundle(replace(done.model, name=own_name), card)
