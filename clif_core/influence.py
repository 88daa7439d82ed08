"""Probe + model + corpus -> the removal effect of every context, sentence and document.

    removal_effect(S) = probe(trained without S) - probe(trained with S)  ~  + grad probe . M . g_S

with g_S the gradient of the training loss of the contexts in S, **summed**, negatives included, and
the noise distribution held fixed (Koh & Liang 2017; across losses: Silva, Chopra & Gombolay,
arXiv:2012.01685). **Positive: removing the text raises the probe.** Effects of disjoint texts add
up to the effect of their union, at every level.

The unit that is scored and removed is the context: one centre token with its window. A sentence is
the sum of its contexts, a document the sum of its sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from clif_core.corpus import Corpus
from clif_core.device import name_device, require_device
from clif_core.errors import CapabilityError, InputError
from clif_core.estimators import DEFAULT_DAMPING, TWINS, UNROLLED, estimate
from clif_core.expected_loss import ExpectedLoss, Noise, noise_distribution
from clif_core.jobs import Progress
from clif_core.pairs import Pairs, lay_windows
from clif_core.plug_in import move_words
from clif_core.probes.base import ResolvedProbe
from clif_core.skipgram import SkipGram, TrainingSettings
from clif_core.statistics import shrinkage
from clif_core.training.coupled import AnyFloatArray, Course
from clif_core.training.vocabulary import lay_out
from clif_core.unrolled import Gradient, Unrolled, differentiate
from clif_core.unrolled_batched import differentiate_batched

__all__ = [
    "TWINS",
    "UNROLLED",
    "WALKS",
    "Influence",
    "InfluenceEngine",
    "SolutionInfo",
    "roll_up",
]

N_TWINS = 6
MIN_DOCUMENTS = 30  # by whose sums the agreement of twins is measured; with fewer, by sentences

N_NOISE = 1024  # shared noise words of the estimators with full curvature
MAX_GAP = 0.05  # of a repeated run to the model; rounding to half precision alone makes 0.0003


@dataclass(frozen=True)
class SolutionInfo:
    """The certificate of the solve behind an answer; ``device`` as ``name_device`` calls it."""

    iterations: int
    relative_residual: float
    converged: bool
    seconds: float
    note: str = ""
    device: str = "CPU"


@dataclass(frozen=True, eq=False)
class Influence:
    """The answer: which text is responsible for a probe's value.

    Attributes
    ----------
    context_effects : (n_tokens,) float32 removal effect of each context, named by its centre token;
        0 for tokens outside the vocabulary and where the estimator sees no effect
    direction_rows : (k,) words whose centre vectors h moves; empty when h moves everything, or
        when there is no h (``unrolled``)
    direction : (k, dim), or (2, n_words, dim), or empty
    """

    probe_key: str
    probe_value: float
    estimator: str
    damping: float
    solution: SolutionInfo
    context_effects: npt.NDArray[np.float32]
    sentence_offsets: npt.NDArray[np.int64] = field(repr=False)
    document_offsets: npt.NDArray[np.int64] = field(repr=False)
    direction_rows: npt.NDArray[np.int64] = field(repr=False)
    direction: npt.NDArray[np.float32] = field(repr=False)

    @cached_property
    def sentence_effects(self) -> npt.NDArray[np.float64]:
        """(n_sentences,) sums over the contexts of each sentence."""
        return _sums(self.sentence_offsets, self.context_effects)

    @cached_property
    def document_effects(self) -> npt.NDArray[np.float64]:
        """(n_documents,) sums over the sentences of each document."""
        return _sums(self.document_offsets, self.sentence_effects)

    @property
    def about(self) -> dict[str, Any]:
        """What the answer says besides its arrays, as JSON has it."""
        return {
            "probe_key": self.probe_key,
            "probe_value": self.probe_value,
            "estimator": self.estimator,
            "damping": self.damping,
            "solution": asdict(self.solution),
        }

    def top_sentences(
        self,
        k: int,
        direction: Literal["raises", "lowers"],
        document: int | None = None,
        among: npt.NDArray[np.bool_] | None = None,
    ) -> pd.DataFrame:
        """The k sentences whose removal raises (lowers) the probe most, strongest first.

        Columns ``sentence``, ``document``, ``effect``; only sentences with an effect of that sign,
        of one document or ``among`` those marked, (n_sentences,) bool, where given.
        """
        effects = self.sentence_effects
        if among is not None:
            effects = np.where(among, effects, 0.0)
        return _strongest(effects, self.document_offsets, k, direction, document)

    def top_documents(self, k: int, direction: Literal["raises", "lowers"]) -> pd.DataFrame:
        """As top_sentences, with columns ``document``, ``effect``."""
        offsets = np.arange(len(self.document_effects) + 1)
        frame = _strongest(self.document_effects, offsets, k, direction, None)
        return frame[["document", "effect"]]


class InfluenceEngine:
    """Everything about a model and its text that does not depend on the probe, computed once.

    Parameters
    ----------
    model : needs context vectors and settings
    corpus : the training text; refused when its hash is not the model's
    pairs : expected pair weights, when a caller has them cached
    device, dtype : where the torch part runs
    """

    def __init__(
        self,
        model: SkipGram,
        corpus: Corpus,
        *,
        pairs: Pairs | None = None,
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float32,
        n_noise: int = N_NOISE,
    ) -> None:
        if model.corpus_hash not in (None, corpus.content_hash):
            raise InputError(
                f"corpus {corpus.name!r} ({corpus.content_hash[:8]}) is not the text that model "
                f"{model.name!r} was trained on ({str(model.corpus_hash)[:8]})."
            )
        require_device(torch.device(device))
        self.model, self.corpus = model, corpus
        settings = model.require_settings()
        context_vectors = model.require_context_vectors()
        self.text = lay_out(corpus, model.vocabulary, settings.unit, settings.max_unit_length)
        self.windows = lay_windows(
            self.text.word_ids,
            self.text.unit_offsets,
            model.vocabulary.counts,
            window=settings.window,
            subsampling_threshold=settings.subsampling_threshold,
            is_window_reduced=settings.is_window_reduced,
            is_subsampled_first=settings.is_subsampled_first,
        )
        self.pairs = pairs if pairs is not None else self.windows.expected_pairs()
        distribution = noise_distribution(model.vocabulary.counts, settings.noise_exponent)
        self.loss = ExpectedLoss(
            torch.as_tensor(model.centre_vectors, dtype=dtype, device=device),
            torch.as_tensor(context_vectors, dtype=dtype, device=device),
            self.pairs,
            Noise.sampled(distribution, n_noise),
            settings.n_negatives,
        )

    def influence(
        self,
        probe: ResolvedProbe,
        estimator: str = "block",
        *,
        damping: float | None = None,
        progress: Progress | None = None,
    ) -> Influence:
        """Removal effects of every context on a probe.

        ``unrolled`` and ``twins`` take minutes and no damping; several probes at once cost little
        more by the methods of those names.

        Raises
        ------
        ProbeError : the probe has no gradient
        InputError : unknown estimator, negative damping
        CapabilityError : ``unrolled`` of a run that cannot be repeated
        """
        if estimator in WALKS:
            return WALKS[estimator](self, [probe], progress=progress)[0]
        word_ids, gradient = probe.active_gradient(self.model.centre_vectors)
        direction = estimate(
            self.loss,
            torch.as_tensor(word_ids, device=self.loss.v.device),
            torch.as_tensor(gradient, dtype=self.loss.v.dtype, device=self.loss.v.device),
            estimator,
            damping=damping,
            progress=progress,
        )
        solution = direction.solution
        rows = None if direction.rows is None else direction.rows.cpu().numpy()
        return self._answer(
            probe,
            estimator,
            DEFAULT_DAMPING[estimator] if damping is None else damping,
            SolutionInfo(
                solution.iterations,
                solution.relative_residual,
                solution.converged,
                solution.seconds,
                solution.note,
                name_device(self.loss.v.device),
            ),
            self.windows.sum_over_contexts(
                self.pairs, _pair_effects(direction.loss, direction.rows, solution.value), rows
            ),
            rows,
            solution.value.cpu().numpy().astype(np.float32),
        )

    def unrolled(
        self,
        probes: Sequence[ResolvedProbe],
        *,
        n_threads: int = 1,
        progress: Progress | None = None,
        folder: Path | None = None,
    ) -> list[Influence]:
        """The exact derivative of the training run: one backward pass for all probes together.

        The run is repeated to do so, minutes rather than milliseconds. Each probe is
        differentiated at the vectors where the repeated run ends. With a ``folder`` an
        interrupted walk back goes on where it stood (a batched one, of seconds on CUDA, begins
        anew).

        Raises
        ------
        CapabilityError : the model was not trained by the coupled trainer, or repeating its
            training does not lead back to its vectors
        """
        settings = self.require_repeatable()

        def gradients(vectors: npt.NDArray[np.floating]) -> list[Gradient]:
            self._gap(vectors)  # refuses a foreign run before the long way back
            return _gradients(probes, vectors)

        run = self._differentiate(settings, gradients, n_threads, progress, folder)
        gap = self._gap(run.centre_vectors)
        seconds = run.forward_seconds + run.backward_seconds
        note = f"the repeated run ends {gap:.2%} from the model's vectors"
        return [
            self._answer(
                probe,
                UNROLLED,
                0.0,
                SolutionInfo(settings.epochs, 0.0, True, seconds, note, run.device),
                -run.scores[:, at],  # removing takes the weight from 1 to 0
            )
            for at, probe in enumerate(probes)
        ]

    def twins(
        self,
        probes: Sequence[ResolvedProbe],
        *,
        n_twins: int = N_TWINS,
        n_threads: int = 1,
        progress: Progress | None = None,
        folder: Path | None = None,
    ) -> list[Influence]:
        """The derivative of other trainings of this text, over ``n_twins`` seeds.

        A twin is a run of the coupled trainer on the model's text, words and settings, of which the
        seed differs: seeds count up from the model's. It answers "what would a training give", for
        any model whose settings are known, at the cost of ``n_twins`` times ``unrolled``.

        Of their mean a part is the luck of so few runs, which the next training does not share. The
        quick estimate is poorer but has no such luck, so what the twins say beyond a multiple of it
        counts only as far as they agree on it (``shrinkage``, measured by document). Each note says
        how far, and what the probe is on the twins, so that one sees whether they speak for the
        model. With a ``folder`` the twin that was interrupted goes on where it stood; those before
        it are run again.
        """
        if n_twins < 1:
            raise InputError(f"n_twins must be at least 1, got {n_twins}.")
        settings = replace(self.model.require_settings(), backend="coupled")
        started = perf_counter()
        scores = np.zeros((len(self.text.tokens), len(probes)))
        values = np.empty((n_twins, len(probes)))
        by_item = []
        for at in range(n_twins):

            def tell(fraction: float, message: str, at: int = at) -> None:
                if progress is not None:
                    progress((at + fraction) / n_twins, f"twin {at + 1} of {n_twins}: {message}")

            run = self._differentiate(
                replace(settings, seed=settings.seed + at),
                partial(_gradients, probes),
                n_threads,
                tell,
                folder / f"twin-{at}" if folder else None,
            )
            scores += run.scores / n_twins
            values[at] = [probe.value(run.centre_vectors) for probe in probes]
            by_item.append([self._item_sums(of_probe) for of_probe in run.scores.T])
        quick = [self.influence(probe).context_effects[self.text.tokens] for probe in probes]
        factors, shares = shrinkage(
            -np.array(by_item), np.array([self._item_sums(of_probe) for of_probe in quick])
        )
        seconds = perf_counter() - started
        return [
            self._answer(
                probe,
                TWINS,
                0.0,
                SolutionInfo(
                    n_twins * settings.epochs,
                    0.0,
                    True,
                    seconds,
                    _tell_twins(values[:, at], factors[at], shares[at]),
                ),
                (1 - shares[at]) * factors[at] * quick[at] - shares[at] * scores[:, at],
            )
            for at, probe in enumerate(probes)
        ]

    def _item_sums(self, by_position: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Sums by document, or by sentence where the documents are too few to compare runs by."""
        of_tokens = np.zeros(self.corpus.n_tokens)
        of_tokens[self.text.tokens] = by_position
        few = self.corpus.n_documents < MIN_DOCUMENTS
        offsets = self.corpus.sentence_offsets if few else self.corpus.document_token_offsets
        return _sums(offsets, of_tokens)

    def _differentiate(
        self,
        settings: TrainingSettings,
        gradients: Callable[[AnyFloatArray], list[Gradient]],
        n_threads: int,
        progress: Progress | None,
        folder: Path | None,
    ) -> Unrolled:
        """The derivative of a run by the trainer of its settings, batched ones on the device."""
        course = Course.lay(self.text, self.model.vocabulary.counts, settings)
        if settings.backend == "batched":
            device = self.loss.v.device
            return differentiate_batched(course, gradients, device=device, progress=progress)
        return differentiate(
            course, gradients, n_threads=n_threads, progress=progress, folder=folder
        )

    def require_repeatable(self) -> TrainingSettings:
        """The settings of a run that can be repeated; CapabilityError where it cannot be."""
        settings = self.model.require_settings()
        if not self.model.is_repeatable:
            raise CapabilityError(
                f"Model {self.model.name!r} was trained by {settings.backend}, whose run cannot be "
                "repeated exactly. Choose the estimator 'twins': the derivative of other trainings "
                "of the same text and settings."
            )
        return settings

    def _gap(self, run_vectors: npt.NDArray[np.floating]) -> float:
        """How far the repeated run ends from the model, relative to the model's size."""
        vectors = self.model.centre_vectors
        gap = float(np.linalg.norm(run_vectors - vectors) / np.linalg.norm(vectors))
        if gap > MAX_GAP:
            raise CapabilityError(
                f"Repeating the training of model {self.model.name!r} ends {gap:.0%} away from its "
                f"vectors (at most {MAX_GAP:.0%} is allowed), so its derivative would be that of "
                "another model. The trainer has changed since, or the text has: train it again."
            )
        return gap

    def _answer(
        self,
        probe: ResolvedProbe,
        estimator: str,
        damping: float,
        solution: SolutionInfo,
        effects_by_position: npt.NDArray[np.float64],
        rows: npt.NDArray[np.int64] | None = None,
        direction: npt.NDArray[np.float32] | None = None,
    ) -> Influence:
        effects = np.zeros(self.corpus.n_tokens, dtype=np.float32)
        effects[self.text.tokens] = effects_by_position
        return Influence(
            probe_key=probe.probe.key,
            probe_value=probe.value(self.model.centre_vectors),
            estimator=estimator,
            damping=damping,
            solution=solution,
            context_effects=effects,
            sentence_offsets=self.corpus.sentence_offsets,
            document_offsets=self.corpus.document_offsets,
            direction_rows=np.empty(0, np.int64) if rows is None else rows,
            direction=np.empty(0, np.float32) if direction is None else direction,
        )

    def plug_in(
        self,
        probe: ResolvedProbe,
        weights: npt.NDArray[np.float32],
        damping: float | None = None,
    ) -> float:
        """Predicted probe(edited text) - probe(text), read at the moved vectors of its words.

        ``weights`` (n_tokens,): 0 where a context is removed, 1 where it stays. Sees what a sum of
        ``block`` scores cannot: the probe's own curve, and that words with fewer contexts left
        move more easily.
        """
        vectors = self.model.centre_vectors
        word_ids, _ = probe.active_gradient(vectors)
        used = DEFAULT_DAMPING["block"] if damping is None else damping
        moved = vectors.astype(np.float64)
        moved[word_ids] = move_words(
            self.loss, self.windows, weights[self.text.tokens], word_ids, used
        )
        return probe.value(moved) - probe.value(vectors)

    def pair_effects(self, influence: Influence) -> npt.NDArray[np.float32]:
        """Removal effect of one occurrence of each pair, (n_pairs,)."""
        if influence.direction.size == 0:
            raise InputError(
                f"the estimator {influence.estimator!r} scores contexts, not pairs; choose 'block' "
                "to see which word pairs carry a probe."
            )
        rows = influence.direction_rows
        value = torch.as_tensor(influence.direction, device=self.loss.v.device)
        is_positive_part = influence.estimator == "published"
        return _pair_effects(
            self.loss.without_negatives() if is_positive_part else self.loss,
            torch.as_tensor(rows, device=self.loss.v.device) if len(rows) else None,
            value.to(self.loss.v.dtype),
        )

    def top_pairs(self, influence: Influence, k: int = 30) -> pd.DataFrame:
        """The k pairs with the largest total effect of either sign, over the whole text.

        Columns ``centre``, ``context_word``, ``weight`` (n_ij) and ``effect`` (n_ij times the
        effect of one occurrence).
        """
        totals = self.pairs.weights * self.pair_effects(influence)
        top = _largest(np.abs(totals), k)
        words = np.asarray(self.model.vocabulary.words, dtype=object)
        return pd.DataFrame(
            {
                "centre": words[np.searchsorted(self.pairs.offsets, top, side="right") - 1],
                "context_word": words[self.pairs.context_words[top]],
                "weight": self.pairs.weights[top],
                "effect": totals[top],
            }
        )

    def explain_sentence(
        self,
        influence: Influence,
        sentence: int,
        pair_effects: npt.NDArray[np.float32] | None = None,
    ) -> pd.DataFrame:
        """What each (centre token, context token) of one sentence's contexts contributes.

        Columns ``centre_token``, ``centre``, ``context_token``, ``context_word``, ``weight``,
        ``effect``; the effects add up to the effect of the sentence. Context tokens may lie in
        neighbouring sentences where windows cross them. For an estimator that scores contexts
        alone (``unrolled``) there is one row a centre, with context token -1. A caller that
        explains many sentences hands in ``pair_effects(influence)``, which is most of the work.
        """
        start, end = self.corpus.sentence_offsets[sentence : sentence + 2]
        first, last = np.searchsorted(self.text.tokens, [start, end])
        if influence.direction.size == 0:
            return self._centres_only(influence, np.arange(first, last))
        if pair_effects is None:
            pair_effects = self.pair_effects(influence)
        words = self.model.vocabulary.words
        moved = set(influence.direction_rows.tolist())
        rows = []
        for position in range(first, last):
            centre = int(self.windows.words[position])
            if moved and centre not in moved:
                continue
            for other, weight in zip(*self.windows.neighbours(position), strict=True):
                context = int(self.windows.words[other])
                effect = weight * pair_effects[self._pair(centre, context)]
                rows.append(
                    (self.text.tokens[position], words[centre], self.text.tokens[other],
                     words[context], weight, effect)
                )  # fmt: skip
        return pd.DataFrame(rows, columns=EXPLAIN_COLUMNS)

    def _centres_only(self, influence: Influence, positions: npt.NDArray[np.int64]) -> pd.DataFrame:
        words = self.model.vocabulary.words
        tokens = self.text.tokens[positions]
        effects = influence.context_effects[tokens]
        rows = [
            (token, words[self.windows.words[position]], -1, "", 1.0, effect)
            for position, token, effect in zip(positions, tokens, effects, strict=True)
            if effect
        ]
        return pd.DataFrame(rows, columns=EXPLAIN_COLUMNS)

    def _pair(self, centre: int, context: int) -> int:
        start, end = self.pairs.offsets[centre : centre + 2]
        return int(start + np.searchsorted(self.pairs.context_words[start:end], context))


#: The estimators that walk a training backwards: no damping, minutes, a job where somebody waits.
WALKS = {UNROLLED: InfluenceEngine.unrolled, TWINS: InfluenceEngine.twins}


EXPLAIN_COLUMNS = ["centre_token", "centre", "context_token", "context_word", "weight", "effect"]


def roll_up(corpus: Corpus, influence: Influence, column: str) -> pd.DataFrame:
    """Effects summed by a metadata column of documents or sentences, most lowering first.

    Columns: the value, ``effect`` (sum), ``n_sentences``, ``n_tokens`` and ``effect_per_1000``
    tokens, which is fair to short texts. Raises InputError for an unknown column.
    """
    of_document = corpus.sentences["document"].to_numpy()
    if column in corpus.sentences.columns:
        values = corpus.sentences[column].to_numpy()
    elif column in corpus.documents.columns:
        values = corpus.documents[column].to_numpy()[of_document]
    else:
        known = sorted({*corpus.documents.columns, *corpus.sentences.columns} - NOT_METADATA)
        raise InputError(f"unknown metadata {column!r}; this corpus has: {', '.join(known)}.")
    frame = pd.DataFrame(
        {
            column: values,
            "effect": influence.sentence_effects,
            "n_sentences": 1,
            "n_tokens": np.diff(corpus.sentence_offsets),
        }
    )
    grouped = frame.groupby(column, dropna=False, sort=True).sum().reset_index()
    grouped["effect_per_1000"] = 1000 * grouped["effect"] / grouped["n_tokens"].clip(lower=1)
    return grouped.sort_values("effect", kind="stable", ignore_index=True)


NOT_METADATA = {"text", "document", "start", "end"}


def _gradients(
    probes: Sequence[ResolvedProbe], vectors: npt.NDArray[np.floating]
) -> list[Gradient]:
    return [(probe.word_ids, probe.gradient(vectors)) for probe in probes]


def _tell_twins(values: npt.NDArray[np.float64], factor: float, share: float) -> str:
    """What the probe is on each twin, (n_twins,), and how much they count, in words."""
    return (
        f"mean over {len(values)} trainings of the same text and settings, on which the probe is"
        f" {values.mean():+.3f} ({values.min():+.3f} to {values.max():+.3f}). It counts"
        f" {share:.2f}, as far as they agree; the quick estimate, times {factor:.2f}, the rest"
        + ("" if share + factor > 0 else ". They agree on nothing, so no text is named")
    )


def _pair_effects(
    loss: ExpectedLoss, rows: Tensor | None, value: Tensor
) -> npt.NDArray[np.float32]:
    if rows is None:
        effects = loss.pair_effects(value[0], value[1])
    else:
        at, of_rows = loss.pair_effects_of(rows, value)
        effects = torch.zeros_like(loss.weights)
        effects[at] = of_rows
    return effects.cpu().numpy()


def _sums(
    offsets: npt.NDArray[np.int64], values: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Sums of consecutive slices in float64; an empty slice sums to 0."""
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    sums = np.bincount(owner, values, minlength=len(offsets) - 1)
    return np.asarray(sums, dtype=np.float64)


def _largest(values: npt.NDArray[np.floating], k: int) -> npt.NDArray[np.int64]:
    """Indices of the k largest values, largest first, ties by index."""
    k = min(k, len(values))
    if k == 0:
        return np.empty(0, np.int64)
    candidates = np.flatnonzero(values >= np.partition(values, -k)[-k])
    return candidates[np.argsort(-values[candidates], kind="stable")][:k]


def _strongest(
    effects: npt.NDArray[np.float64],
    document_offsets: npt.NDArray[np.int64],
    k: int,
    direction: Literal["raises", "lowers"],
    document: int | None,
) -> pd.DataFrame:
    if direction not in ("raises", "lowers"):
        raise InputError(f"direction must be 'raises' or 'lowers', got {direction!r}.")
    first, last = (0, len(effects))
    if document is not None:
        first, last = (int(x) for x in document_offsets[document : document + 2])
    signed = effects[first:last] if direction == "raises" else -effects[first:last]
    top = _largest(signed, k)
    top = top[signed[top] > 0] + first
    return pd.DataFrame(
        {
            "sentence": top,
            "document": np.searchsorted(document_offsets, top, side="right") - 1,
            "effect": effects[top],
        }
    )
