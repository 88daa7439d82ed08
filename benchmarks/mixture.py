"""The mixture experiment of the paper, into benchmarks/results: ``python -m benchmarks.mixture``.

The same as ``clif lab --out benchmarks/results``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from clif_core.mixture.command import write_study

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--follow", action="store_true", help="at rest, go on from the model")
    options = parser.parse_args()
    path = write_study(
        RESULTS,
        options.seeds,
        anew=not options.follow,
        progress=lambda done, message: print(f"{done:4.0%} {message}", file=sys.stderr),
    )
    print(path.read_text("utf-8"))


if __name__ == "__main__":
    main()
