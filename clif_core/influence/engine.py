"""Probe + model + corpus -> the removal effect of every context, by any estimator.

What the answers mean, and their sign, stands in ``clif_core.influence.result``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
import torch

from clif_core.device import name_device, require_device
from clif_core.errors import CapabilityError, InputError
from clif_core.influence.estimators import (
    DEFAULT_DAMPING,
    ENSEMBLE,
    RUN_ESTIMATORS,
    UNROLLED,
    estimate,
)
from clif_core.influence.result import Influence, SolutionInfo, sums
from clif_core.influence.unrolled.batched import differentiate_batched
from clif_core.influence.unrolled.coupled import differentiate
from clif_core.influence.unrolled.reverse_pass import Gradient, Unrolled
from clif_core.measurement.statistics import shrinkage
from clif_core.probes.base import ResolvedProbe
from clif_core.progress import Progress
from clif_core.sgns.expected_loss import ExpectedLoss, Noise, noise_distribution
from clif_core.sgns.model import SkipGram
from clif_core.sgns.pairs import Pairs
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import build_training_text
from clif_core.sgns.windows import build_windows
from clif_core.text.corpus import Corpus
from clif_core.training.coupled import AnyFloatArray, Schedule

__all__ = ["InfluenceEngine"]

N_RUNS = 6
MIN_DOCUMENTS = 30  # by whose sums the agreement of twins is measured; with fewer, by sentences

N_NOISE = 1024  # shared noise words of the estimators with full curvature
MAX_GAP = 0.05  # of a repeated run to the model; rounding to half precision alone makes 0.0003


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
        self.text = build_training_text(
            corpus, model.vocabulary, settings.unit, settings.max_unit_length
        )
        self.windows = build_windows(
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
        if estimator in RUN_ESTIMATORS:
            return self.run_derivatives(estimator, [probe], progress=progress)[0]
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
        by_pair = direction.loss.pair_effects_along(direction.rows, solution.value)
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
            self.windows.sum_over_contexts(self.pairs, by_pair.cpu().numpy(), rows),
            rows,
            solution.value.cpu().numpy().astype(np.float32),
        )

    def run_derivatives(
        self,
        estimator: str,
        probes: Sequence[ResolvedProbe],
        *,
        n_threads: int = 1,
        progress: Progress | None = None,
        folder: Path | None = None,
    ) -> list[Influence]:
        """``unrolled`` or ``twins``, by name."""
        ask = {UNROLLED: self.unrolled, ENSEMBLE: self.ensemble}[estimator]
        return ask(probes, n_threads=n_threads, progress=progress, folder=folder)

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
        interrupted walk back goes on where it stood.

        Raises
        ------
        CapabilityError : the run of the model's trainer cannot be repeated, or repeating it does
            not lead back to its vectors
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

    def ensemble(
        self,
        probes: Sequence[ResolvedProbe],
        *,
        n_runs: int = N_RUNS,
        n_threads: int = 1,
        progress: Progress | None = None,
        folder: Path | None = None,
    ) -> list[Influence]:
        """The derivative of other trainings of this text, over ``n_runs`` seeds.

        A twin is a run of the coupled trainer on the model's text, words and settings, of which the
        seed differs: seeds count up from the model's. It answers "what would a training give", for
        any model whose settings are known, at the cost of ``n_runs`` times ``unrolled``.

        Of their mean a part is the luck of so few runs, which the next training does not share. The
        quick estimate is poorer but has no such luck, so what the twins say beyond a multiple of it
        counts only as far as they agree on it (``shrinkage``, measured by document). Each note says
        how far, and what the probe is on the twins, so that one sees whether they speak for the
        model. With a ``folder`` the twin that was interrupted goes on where it stood; those before
        it are run again.
        """
        if n_runs < 1:
            raise InputError(f"n_runs must be at least 1, got {n_runs}.")
        settings = replace(self.model.require_settings(), backend="coupled")
        started = perf_counter()
        scores = np.zeros((len(self.text.tokens), len(probes)))
        values = np.empty((n_runs, len(probes)))
        by_item = []
        for at in range(n_runs):

            def tell(fraction: float, message: str, at: int = at) -> None:
                if progress is not None:
                    progress((at + fraction) / n_runs, f"twin {at + 1} of {n_runs}: {message}")

            run = self._differentiate(
                replace(settings, seed=settings.seed + at),
                partial(_gradients, probes),
                n_threads,
                tell,
                folder / f"twin-{at}" if folder else None,
            )
            scores += run.scores / n_runs
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
                ENSEMBLE,
                0.0,
                SolutionInfo(
                    n_runs * settings.epochs,
                    0.0,
                    True,
                    seconds,
                    _ensemble_note(values[:, at], factors[at], shares[at]),
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
        return sums(offsets, of_tokens)

    def _differentiate(
        self,
        settings: TrainingSettings,
        gradients: Callable[[AnyFloatArray], list[Gradient]],
        n_threads: int,
        progress: Progress | None,
        folder: Path | None,
    ) -> Unrolled:
        """The derivative of a run by the trainer of its settings, batched ones on the device."""
        schedule = Schedule.build(self.text, self.model.vocabulary.counts, settings)
        if settings.backend == "batched":
            device = self.loss.v.device
            return differentiate_batched(
                schedule, gradients, device=device, progress=progress, folder=folder
            )
        return differentiate(
            schedule, gradients, n_threads=n_threads, progress=progress, folder=folder
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


def _gradients(
    probes: Sequence[ResolvedProbe], vectors: npt.NDArray[np.floating]
) -> list[Gradient]:
    return [(probe.word_ids, probe.gradient(vectors)) for probe in probes]


def _ensemble_note(values: npt.NDArray[np.float64], factor: float, share: float) -> str:
    """What the probe is on each twin, (n_runs,), and how much they count, in words."""
    return (
        f"mean over {len(values)} trainings of the same text and settings, on which the probe is"
        f" {values.mean():+.3f} ({values.min():+.3f} to {values.max():+.3f}). It counts"
        f" {share:.2f}, as far as they agree; the quick estimate, times {factor:.2f}, the rest"
        + ("" if share + factor > 0 else ". They agree on nothing, so no text is named")
    )
