"""The command line: the same stages as the dashboard, for scripts and set-up.

Commands print tables, or JSON with ``--json``; progress goes to standard error, so that standard
output stays clean. A deliberate error is one line on standard error and exit status 1.
"""

# Each module adds its commands; ``clif --help`` lists them in this order.
from clif_core.cli import start, models, texts, questions, judging, interventions  # noqa: F401, I001
from clif_core.cli.shell import app

__all__ = ["app"]
