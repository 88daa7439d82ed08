"""The question that a pick on the map asks: one word, two, or a circle of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.geometry.clustering import central_words, telling_weights
from clif_core.probes import Probe, Similarity, circle_probe
from clif_core.sgns.bundle import Bundle
from dashboard.data.suggested_probes import cluster_probe
from dashboard.data.word_geometry import Grouping, name_of_cluster
from dashboard.wording import say

__all__ = ["MapQuestion", "question_of"]

_MOST = 40  # words of a circle, the most telling ones, and of what it is compared with
_SHOWN = 3  # words that stand for a circle, one more where it is the only other


@dataclass(frozen=True)
class MapQuestion:
    """A question in plain words and the probe that measures it.

    ``is_raised`` : whether text that raises the probe is the text that made it so.
    ``doubt`` : what to say where the vectors do not bear the map out; "" where it claims nothing.
    """

    text: str
    probe: Probe
    is_raised: bool
    doubt: str = ""

    def is_doubtful(self, value: float) -> bool:
        """Whether the words lie otherwise than the question says, by the probe's ``value``."""
        return bool(self.doubt) and (value > 0) != self.is_raised


def question_of(
    bundle: Bundle, grouping: Grouping, word: str, words: Sequence[str]
) -> MapQuestion | None:
    """Why the picked words lie where they do; None where none of them is in the model.

    One word: in its cluster, and not in the nearest other one. Two: as similar as they are. More:
    nearer to each other than to the nearest cluster that is not theirs: that holds less than half
    its share of them, and of whose words they are less than half. Raises InputError
    where there is no other cluster.
    """
    vocabulary = bundle.model.vocabulary
    known = [w for w in dict.fromkeys(words or (word,)) if w in vocabulary]
    if not known:
        return None
    if len(known) == 1:
        probe = cluster_probe(bundle, grouping, vocabulary.id(known[0]))
        own = ", ".join(w for w in probe.label_own.split(", ") if w != probe.word)
        text = say("map.why_word", word=probe.word, own=own, other=probe.label_other)
        doubt = say("map.doubt_word", other=probe.label_other)
        return MapQuestion(text, probe, is_raised=False, doubt=doubt)
    if len(known) == 2:
        first, second = known
        text = say("map.why_two", first=first, second=second)
        return MapQuestion(text, Similarity(first, second), is_raised=True)
    return _of_circle(bundle, grouping, known)


def _of_circle(bundle: Bundle, grouping: Grouping, known: list[str]) -> MapQuestion:
    clustering, names = grouping
    unit, vocabulary = bundle.model.unit_vectors, bundle.model.vocabulary
    rows = vocabulary.ids(known)
    centre = unit[rows].mean(axis=0)
    own = clustering.labels[rows]
    is_known = np.zeros(len(unit), dtype=np.int32)
    is_known[rows] = 1
    weights = telling_weights(vocabulary.words, vocabulary.counts, unit, is_known)[rows]
    circled = [known[i] for i in np.argsort(-weights, kind="stable")[:_MOST]]
    sizes, shares = (_sizes(of, clustering.n_clusters) for of in (clustering.labels, own))
    means = [unit[clustering.labels == cluster].mean(axis=0) for cluster in range(len(sizes))]
    distances = np.linalg.norm(np.stack(means) - centre, axis=1)
    n_homes = max(int((shares > 0).sum()), 1)
    distances[(shares > len(rows) / (2 * n_homes)) | (shares > sizes / 2)] = np.inf
    if not np.isfinite(distances).any():
        raise InputError(
            "The circle spans every cluster; circle fewer words, or make more clusters."
        )
    other = int(distances.argmin())
    label = name_of_cluster(names, other)
    rest = central_words(vocabulary.words, unit, clustering.labels, other, int(sizes[other]))
    is_circled = set(known)
    others = tuple(w for w in rest if w not in is_circled)[:_MOST]
    n_shown = _SHOWN + (len(known) == _SHOWN + 1)
    shown = ", ".join(circled[:n_shown])
    n_more = len(known) - n_shown
    of = {
        "words": shown,
        "more": say("map.and_more", n=n_more) if n_more > 0 else "",
        "other": label,
    }
    text = say("map.why_circle", **of)
    probe = circle_probe(text, circled, others, say("map.circle_positive", **of))
    doubt = say("map.doubt_circle", other=label, dim=bundle.model.dim)
    return MapQuestion(text, probe, is_raised=True, doubt=doubt)


def _sizes(labels: npt.NDArray[np.int32], n_clusters: int) -> npt.NDArray[np.int64]:
    """How many of the labels are of each cluster; -1 is of none."""
    return np.bincount(labels[labels >= 0], minlength=n_clusters).astype(np.int64)
