"""Compare our values with WEFE's; write the result table and the reference values for the tests.

Runs in the project's environment. Exit status 1 where a difference exceeds the tolerance.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from clif_core import probes
from clif_core.interventions import debias
from clif_core.sgns.model import SkipGram, Vocabulary

HERE = Path(__file__).parent
TOLERANCE = 1e-6
REFERENCE_MODELS = ("gaussian", "gensim's euclidean_vectors.bin")  # which tests can rebuild


def main(work: Path) -> int:
    questions = json.loads((work / "questions.json").read_text())
    answers = json.loads((work / "answers.json").read_text())
    rows, reference = [], []
    for i, (asked, answered) in enumerate(zip(questions, answers["models"], strict=True)):
        vectors = np.load(work / f"{i}.npy")
        words = asked["words"]
        model = SkipGram(asked["name"], Vocabulary(words, np.ones(len(words), int)), vectors)
        for question, theirs in zip(asked["questions"], answered["values"], strict=True):
            probe = probes.from_dict(question["probe"])
            ours = probe.resolve(model.vocabulary).value(vectors)
            metric = question["metric"]
            if metric == "WEAT":
                metric += f" {question['probe']['quantity'].replace('_', ' ')}"
            rows.append((model.name, metric, probe.name, ours, theirs, abs(ours - theirs)))
            if model.name in REFERENCE_MODELS:
                reference.append({"model": model.name, "probe": question["probe"], "value": theirs})
        if asked["debias"]:
            rows.append(_compare_debias(model, asked["debias"], work / f"{i}.debiased.npy"))
    table = pd.DataFrame(rows, columns=["model", "measure", "probe", "ours", "WEFE", "difference"])
    (HERE / "RESULTS.md").write_text(_report(table, answers))
    about = {
        "written_by": "make oracle",
        "wefe": answers["wefe"],
        "gaussian_words": questions[0]["words"],
        "values": reference,
    }
    (HERE / "reference.json").write_text(
        json.dumps(about, separators=(",", ":"), ensure_ascii=False) + "\n"
    )
    worst = table["difference"].max()
    print(f"{len(table)} values compared, largest difference {worst:.2g}")
    return int(not worst <= TOLERANCE)


def _compare_debias(
    model: SkipGram, question: dict[str, list[list[str]]], path: Path
) -> tuple[str, str, str, float, float, float]:
    specific = [str(word) for word in question["specific"]]
    ours = debias.hard_debias(model, question["pairs"], specific, question["equalise"])
    theirs = np.load(path)
    difference = np.abs(ours.model.centre_vectors - theirs).max()
    means = float(np.abs(ours.model.centre_vectors).mean()), float(np.abs(theirs).mean())
    return (model.name, "hard debias, every coordinate", "gender", *means, float(difference))


def _report(table: pd.DataFrame, answers: dict[str, str]) -> str:
    groups = table.groupby(["model", "measure"], sort=False)["difference"]
    summary = groups.agg(n="size", worst="max").reset_index()
    lines = [
        "# Our probes against WEFE",
        "",
        f"Written by `make oracle` on {date.today().isoformat()}: WEFE {answers['wefe']} with numpy"
        f" {answers['numpy']}, ours with numpy {np.__version__}; {_processor()},"
        f" {os.cpu_count()} cores, Python {platform.python_version()}.",
        "",
        f"{len(table)} values, largest difference {table['difference'].max():.1e}; the limit is"
        f" {TOLERANCE:.0e}. Differences are absolute. Where the two differ by design:"
        " docs/decisions/0002-probes-and-wefe.md.",
        "",
        "| model | measure | values | largest difference |",
        "|---|---|---|---|",
        *(
            f"| {r.model} | {r.measure} | {r.n} | {r.worst:.1e} |"
            for r in summary.itertuples(index=False)
        ),
        "",
        "## WEAT, value by value",
        "",
        "| model | test | quantity | ours | WEFE |",
        "|---|---|---|---|---|",
    ]
    weat = table[table["measure"].str.startswith("WEAT") & (table["model"] != "gaussian")]
    lines += [
        f"| {r.model} | {r.probe} | {r.measure[5:]} | {r.ours:.8f} | {r.WEFE:.8f} |"
        for r in weat.itertuples(index=False)
    ]
    return "\n".join(lines) + "\n"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
