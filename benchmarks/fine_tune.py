"""Unlearn, reinforce and both, over N texts and K passes: effect on the probe and on quality.

    python -m benchmarks.fine_tune [--texts brown]

The texts are ranked on one half of the probe's words (estimate ``block``), the model is fine-tuned
from its trained vectors (``clif_core.interventions.fine_tune``), and the probe is read on that
half, on the held-out half and on all words. Nothing is trained from scratch; results are cached.
Writes benchmarks/results/fine-tune.md.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.mitigation import PROBES
from benchmarks.studies.mitigation import split_probe
from benchmarks.what_if import RESULTS, Sample
from clif_core.probes import Weat
from clif_core.probes.shipped import find_probe
from clif_core.storage.store import make_key
from clif_core.workspace.tasks.fine_tune import FineTuneQuestion, work_fine_tune

MODES = ("undo", "redo", "both")


def questions(sample: Sample) -> dict[str, Weat]:
    probe = find_probe(PROBES[sample.name])
    assert isinstance(probe, Weat)
    chosen, held_out = split_probe(probe, sample.model.vocabulary)
    return {"chosen": chosen, "held_out": held_out, "whole": probe}


def sweep(sample: Sample) -> dict[str, Any]:
    """The result of the fine-tuning job, from the cache when it is there."""
    asked = questions(sample)
    question = FineTuneQuestion(
        asked["chosen"], (asked["held_out"], asked["whole"]), MODES, estimator="block"
    )
    request = question.request(sample.workspace, sample.model)
    key = make_key("repair-sweep", **{k: v for k, v in request.items() if k != "home"})
    found = sample.workspace.store.get_json(key)
    if found is None:
        found = dict(work_fine_tune(request, Path(), lambda done, message: None))
        sample.workspace.store.put_json(key, found)
    result: dict[str, Any] = found
    return result


def table(sample: Sample) -> list[str]:
    asked, result = questions(sample), sweep(sample)
    before = {name: result["before"][probe.key] for name, probe in asked.items()}
    lines = [
        f"Before: {before['chosen']:+.3f} on the words that chose, {before['held_out']:+.3f} on the"
        f" held-out ones, {before['whole']:+.3f} on all; WordSim-353"
        f" {result['wordsim353_before']:.3f}. Learning rate {result['learning_rate']:g}.",
        "",
        "| mode | N | K | predicted | on the words that chose | on held-out words | on all words |"
        " WordSim-353 | mean shift |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in result["rows"]:
        start = f"| {row['mode']} | {row['top']:,} | {row['passes']:,} | {row['predicted']:+.3f} |"
        if row["problem"]:
            lines.append(f"{start} diverged | | | | |")
            continue
        values = " | ".join(f"{row['values'][probe.key]:+.3f}" for probe in asked.values())
        lines.append(f"{start} {values} | {row['wordsim353']:.3f} | {row['mean_shift']:.3f} |")
    return lines


def report(samples: Sequence[Sample]) -> str:
    lines = [
        "# Unlearn, reinforce and both: a trained model changed by further steps",
        "",
        f"`python -m benchmarks.fine_tune`, {date.today().isoformat()}, {os.cpu_count()} cores"
        f" of {platform.machine()}. N texts of each kind by the quick estimate, K passes; values of"
        " the probe (difference of means). Predicted: change on the words that chose, to first"
        " order; it has no meaning once it is larger than the probe.",
    ]
    for sample in samples:
        lines += ["", f"## {sample.name}, `{PROBES[sample.name]}`", "", *table(sample)]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", nargs="+", default=list(PROBES), choices=list(PROBES))
    options = parser.parse_args()
    text = report([Sample(name) for name in options.texts])
    (RESULTS / "fine-tune.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
