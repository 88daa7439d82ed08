"""Probe + model + corpus -> the removal effect of every context, by any estimator.

What the effects mean, and their sign: ``clif_core.influence.result``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import fields, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from clif_core.device import name_device, require_device
from clif_core.errors import CapabilityError, InputError
from clif_core.influence.closed_form import estimate
from clif_core.influence.ensemble import (
    N_RUNS,
    KeptRuns,
    RunsInMemory,
    SeedRun,
    combine,
    seeds_of,
)
from clif_core.influence.ensemble_runs import EnsembleRuns
from clif_core.influence.estimators import (
    ENSEMBLE,
    QUICK,
    RUN_ESTIMATORS,
    UNROLLED,
    find_estimator,
)
from clif_core.influence.gathering import RunText, gather_runs, gradients_of
from clif_core.influence.result import Influence, SolutionInfo
from clif_core.influence.unrolled.reverse_pass import Gradient
from clif_core.probes.base import ResolvedProbe
from clif_core.progress import Progress
from clif_core.sgns.context_sums import ContextSums, fits
from clif_core.sgns.expected_loss import ExpectedLoss, Noise, noise_distribution
from clif_core.sgns.model import SkipGram
from clif_core.sgns.pairs import Pairs
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import TrainingText, build_training_text
from clif_core.sgns.windows import build_windows
from clif_core.text.corpus import Corpus

__all__ = ["InfluenceEngine"]

Float32Array = npt.NDArray[np.float32]

N_NOISE = 1024  # shared noise words of the estimators with full curvature
MAX_GAP = 0.05  # of a repeated run to the model; rounding to half precision alone makes 0.0003


class InfluenceEngine:
    """A model and its text, with everything that does not depend on the probe computed once.

    Parameters
    ----------
    model : needs context vectors and settings
    corpus : the training text; refused when its hash is not the model's
    pairs, tables : expected pair weights, and what ``tables`` of an engine gave, when a caller has
        them cached
    device, dtype : where the torch part runs
    """

    def __init__(
        self,
        model: SkipGram,
        corpus: Corpus,
        *,
        pairs: Pairs | None = None,
        tables: Mapping[str, npt.NDArray[Any]] | None = None,
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
        if tables is None:
            self.text = build_training_text(
                corpus, model.vocabulary, settings.unit, settings.max_unit_length
            )
        else:
            self.text = TrainingText(*(tables[f.name] for f in fields(TrainingText)))
        self.windows = build_windows(
            self.text.word_ids,
            self.text.unit_offsets,
            model.vocabulary.counts,
            window=settings.window,
            subsampling_threshold=settings.subsampling_threshold,
            is_window_reduced=settings.is_window_reduced,
            is_subsampled_first=settings.is_subsampled_first,
            tables=tables,
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

    @property
    def tables(self) -> dict[str, npt.NDArray[Any]]:
        """The text as it is asked: what takes long to make and does not depend on the vectors."""
        return self.text.tables | self.windows.tables

    def influence(
        self,
        probe: ResolvedProbe,
        estimator: str = QUICK,
        *,
        damping: float | None = None,
        progress: Progress | None = None,
    ) -> Influence:
        """Removal effects of every context on a probe, by any entry of ``ESTIMATORS``.

        ``damping`` None takes the estimator's default. ``unrolled`` and ``ensemble`` repeat
        whole trainings and take no damping; the methods of those names answer several probes
        for little more.

        Raises
        ------
        ProbeError : the probe has no gradient
        InputError : unknown estimator, negative damping
        CapabilityError : ``unrolled`` of a run that cannot be repeated
        """
        entry = find_estimator(estimator)
        if entry.is_of_runs:
            return self.run_derivatives(entry.name, [probe], progress=progress)[0]
        word_ids, gradient = probe.active_gradient(self.model.centre_vectors)
        direction = estimate(
            self.loss,
            torch.as_tensor(word_ids, device=self.loss.v.device),
            torch.as_tensor(gradient, dtype=self.loss.v.dtype, device=self.loss.v.device),
            entry.name,
            damping=damping,
            progress=progress,
        )
        solution = direction.solution
        rows = None if direction.rows is None else direction.rows.cpu().numpy()
        by_pair = direction.loss.pair_effects_along(direction.rows, solution.value)
        context_effects, sentence_effects = self.sum_over_contexts(by_pair, rows)
        return self._answer(
            probe,
            entry.name,
            entry.default_damping if damping is None else damping,
            SolutionInfo(
                solution.iterations,
                solution.relative_residual,
                solution.converged,
                solution.seconds,
                solution.note,
                name_device(self.loss.v.device),
            ),
            context_effects,
            sentence_effects,
            rows,
            solution.value.cpu().numpy().astype(np.float32),
        )

    def sum_over_contexts(
        self, by_pair: Tensor, rows: npt.NDArray[np.int64] | None
    ) -> tuple[Float32Array, npt.NDArray[np.float64] | None]:
        """The effects of contexts by token; those of sentences where a device sums them too.

        ``by_pair`` (n_pairs,) the effect of one occurrence of each pair; ``rows`` the centre words
        that have any; None: all.
        """
        if self._sums is None:
            by_position = self.windows.sum_over_contexts(self.pairs, by_pair.cpu().numpy(), rows)
            return self._by_token(by_position), None
        by_token = self._sums.of_tokens(by_pair).float()
        by_sentence = self._sums.of_sentences(by_token)  # queued before anything is waited for
        return by_token.cpu().numpy(), by_sentence.cpu().numpy()

    @cached_property
    def _sums(self) -> ContextSums | None:
        """The tables to sum on the device; None on the CPU, and for a text too long for them."""
        device = self.loss.v.device
        if device.type == "cpu" or not fits(self.windows):
            return None
        offsets = self.corpus.sentence_offsets
        return ContextSums(self.windows, self.pairs, self.text.tokens, offsets, device)

    def _by_token(self, by_position: npt.NDArray[np.floating]) -> Float32Array:
        """Effects by position as effects by token: 0 for words outside the vocabulary."""
        effects = np.zeros(self.corpus.n_tokens, dtype=np.float32)
        effects[self.text.tokens] = by_position
        return effects

    def run_derivatives(
        self,
        estimator: str,
        probes: Sequence[ResolvedProbe],
        *,
        n_threads: int = 1,
        progress: Progress | None = None,
        folder: Path | None = None,
    ) -> list[Influence]:
        """The answers of an estimator that differentiates training runs, by its name."""
        entry = find_estimator(estimator)
        if not entry.is_of_runs:
            raise InputError(
                f"{entry.name!r} differentiates no training run; {', '.join(RUN_ESTIMATORS)} do."
            )
        if not probes:
            return []
        differentiate_runs = getattr(self, entry.name)
        answers: list[Influence] = differentiate_runs(
            probes, n_threads=n_threads, progress=progress, folder=folder
        )
        return answers

    def unrolled(
        self,
        probes: Sequence[ResolvedProbe],
        *,
        n_threads: int = 1,
        progress: Progress | None = None,
        folder: Path | None = None,
    ) -> list[Influence]:
        """The exact derivative of the training run: one reverse pass for all probes together.

        The run is repeated to do so. Each probe is differentiated at the
        vectors where the repeated run ends. With a ``folder`` an interrupted reverse pass resumes
        from its checkpoint.

        Raises
        ------
        CapabilityError : the run of the model's trainer cannot be repeated, or repeating it does
            not lead back to its vectors
        """
        settings = self.require_repeatable()

        def gradients(vectors: npt.NDArray[np.floating]) -> list[Gradient]:
            self._gap(vectors)  # refuses a foreign run before the long reverse pass
            return gradients_of(probes, vectors)

        run = self._run_text.differentiate(
            settings, gradients, n_threads, progress, folder, len(probes)
        )
        gap = self._gap(run.centre_vectors)
        seconds = run.forward_seconds + run.backward_seconds
        note = f"the repeated run ends {gap:.2%} from the model's vectors"
        return [
            self._answer(
                probe,
                UNROLLED,
                0.0,
                SolutionInfo(settings.epochs, 0.0, True, seconds, note, run.device),
                self._by_token(-run.scores[:, at]),  # removing takes the weight from 1 to 0
            )
            for at, probe in enumerate(probes)
        ]

    def ensemble(
        self,
        probes: Sequence[ResolvedProbe],
        *,
        n_runs: int = N_RUNS,
        n_processes: int | None = None,
        n_threads: int = 1,
        progress: Progress | None = None,
        folder: Path | None = None,
        kept: KeptRuns | None = None,
    ) -> list[Influence]:
        """The seed ensemble (``clif_core.influence.ensemble``) of ``n_runs`` trainings.

        Costs up to ``n_runs`` times ``unrolled``: runs that are ``kept`` are not repeated, and
        those that are done are kept there.
        """
        kept = RunsInMemory() if kept is None else kept
        self.gather_runs(
            probes,
            kept,
            n_runs=n_runs,
            n_processes=n_processes,
            n_threads=n_threads,
            progress=progress,
            folder=folder,
        )
        seeds = seeds_of(self.model.require_settings().seed, n_runs)
        answers = []
        for probe in probes:
            found = [kept.find(probe, seed) for seed in seeds]
            answers.append(self.combine_runs(probe, [run for run in found if run is not None]))
        return answers

    def gather_runs(
        self,
        probes: Sequence[ResolvedProbe],
        kept: KeptRuns,
        *,
        n_runs: int = N_RUNS,
        n_processes: int | None = None,
        n_threads: int = 1,
        progress: Progress | None = None,
        folder: Path | None = None,
    ) -> int:
        """Differentiate what ``kept`` is missing of an ensemble's runs; how many were run.

        ``n_processes``: how many at once; None: as many as are worth it (``clif_core.many``).
        """
        own = self.model.require_settings()
        return gather_runs(
            self._run_text,
            own,
            probes,
            seeds_of(own.seed, n_runs),
            kept,
            n_processes=n_processes,
            n_threads=n_threads,
            progress=progress,
            folder=folder,
        )

    def combine_runs(
        self, probe: ResolvedProbe, runs: Sequence[SeedRun], quick: Influence | None = None
    ) -> Influence:
        """One answer from the runs of an ensemble, in some tenths of a second at most.

        ``quick``: the quick estimate of the probe, where a caller has it. The note of the answer
        says how far the runs agree, and the probe after each.
        """
        quick = self.influence(probe) if quick is None else quick
        effects, by_run, note = combine(runs, quick.context_effects, self.corpus, self.text.tokens)
        epochs = len(runs) * self.model.require_settings().epochs
        seconds = sum(run.seconds for run in runs)
        solution = SolutionInfo(epochs, 0.0, True, seconds, note, runs[0].device)
        return self._answer(probe, ENSEMBLE, 0.0, solution, self._by_token(effects), runs=by_run)

    @property
    def _run_text(self) -> RunText:
        counts, offsets = self.model.vocabulary.counts, self.corpus.sentence_offsets
        return RunText(self.text, counts, offsets, self.loss.v.device)

    def time_slice(self, probe: ResolvedProbe, n_positions: int) -> tuple[float, float]:
        """Seconds of one epoch on the first positions of the text, and of its derivative with it.

        Says how fast this machine is; the vectors that it trains are dropped.
        """
        settings = replace(self.model.require_settings(), epochs=1)
        if not settings.is_repeatable:
            settings = replace(settings, backend="coupled")
        text, part = self.text, copy(self)
        ends = text.unit_offsets[text.unit_offsets < n_positions]
        part.text = TrainingText(
            text.word_ids[:n_positions], text.tokens[:n_positions], np.append(ends, n_positions)
        )
        n_threads = os.cpu_count() or 1
        gradients = partial(gradients_of, [probe])
        run = part._run_text.differentiate(settings, gradients, n_threads, None, None)
        return run.forward_seconds, run.forward_seconds + run.backward_seconds

    def require_repeatable(self) -> TrainingSettings:
        """The settings of a run that can be repeated; CapabilityError where it cannot be."""
        settings = self.model.require_settings()
        if not self.model.is_repeatable:
            raise CapabilityError(
                f"Model {self.model.name!r} was trained by {settings.backend}, whose run cannot be "
                f"repeated exactly. Choose the estimator {ENSEMBLE!r}: the derivative of other "
                "trainings of the same text and settings."
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
        context_effects: Float32Array,
        sentence_effects: npt.NDArray[np.float64] | None = None,
        rows: npt.NDArray[np.int64] | None = None,
        direction: Float32Array | None = None,
        runs: EnsembleRuns | None = None,
    ) -> Influence:
        return Influence(
            probe_key=probe.probe.key,
            probe_value=probe.value(self.model.centre_vectors),
            estimator=estimator,
            damping=damping,
            solution=solution,
            context_effects=context_effects,
            sentence_offsets=self.corpus.sentence_offsets,
            document_offsets=self.corpus.document_offsets,
            direction_rows=np.empty(0, np.int64) if rows is None else rows,
            direction=np.empty(0, np.float32) if direction is None else direction,
            summed_sentences=sentence_effects,
            runs=runs,
        )
