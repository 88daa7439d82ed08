"""Fixed lists of text, predicted, and measured by trainings under held-out seeds.

    python -m benchmarks.held_out [brown] [--sizes 100 30 10 300] [--sets 60] [--at-most 100]
    python -m benchmarks.held_out --at-most 0 --keep-on-card    judge what is trained already, and
                                                                put the tables on the cards

For the probes of a sample whose seed ensemble is shipped: the strongest sentences both ways, chosen
by the ensemble, by this model's run (``unrolled``), by ``block``, by word counts, by chance, each
list left out under six seeds that are in no ensemble (from 3,000,003). After the lists, random
hundredths of the documents, which nobody chose. They are trained by the sample's own trainer and
settings (coupled, first vectors of 12); the ensemble's runs start from 1, so what it says is judged
by trainings of another start than its own.

May be stopped at any time: trainings are stored in the workspace, and what they changed in
``results/retrained/held-out-NAME.csv``, which counts as trained on any machine. Half a minute each.
Writes ``results/held-out-NAME.md`` from the lists that are trained under every seed.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from datetime import date

import torch

from benchmarks.fidelity import NAMED, RESULTS
from benchmarks.held_out_report import page
from benchmarks.held_out_study import Study
from benchmarks.machine import machine
from clif_core.evaluation import write_list_tables
from clif_core.evaluation.held_out import SIZES
from clif_core.sgns.bundle import read_card, write_card

ORDER = (100, 30, 10, 300)  # the most telling first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="sample")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(ORDER), choices=SIZES)
    parser.add_argument("--sets", type=int, default=60, help="random hundredths of the documents")
    parser.add_argument("--at-most", type=int, default=10**6, help="trainings a sample")
    parser.add_argument("--keep-on-card", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMED):
        parser.error(f"unknown {sorted(unknown)[0]!r}; samples are {', '.join(NAMED)},")
    torch.set_num_threads(1)
    for name in options.names or list(NAMED):
        study = Study.open(name)
        study.train(options.sizes, options.sets, options.at_most)
        study.keep(options.sizes, options.sets)
        tables = study.tables(options.sizes)
        if not tables:
            continue
        made = {
            "command": f"python -m benchmarks.held_out {shlex.join(sys.argv[1:])}".strip(),
            "date": date.today().isoformat(),
            "machine": machine(),
            "n_seeds": len(study.seeds),
        }
        sets = [study.judged_sets(options.sets, without_thinned=bad) for bad in (False, True)]
        (RESULTS / f"held-out-{name}.md").write_text(page(study, made, tables, sets), "utf-8")
        if options.keep_on_card:
            path, model = study.sample.path, study.sample.engine.model
            write_card(path, write_list_tables(read_card(path), tables, made, model.content_hash))
            print(f"{name}: {len(tables)} tables on the card")


if __name__ == "__main__":
    main()
