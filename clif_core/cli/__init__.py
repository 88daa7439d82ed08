"""The command line: the same stages as the dashboard, for scripts and for set-up.

Every command takes ``--json`` for machines; progress goes to standard error, so that standard
output stays clean. A deliberate error is one line on standard error and exit status 1.
"""

from clif_core.cli import models, questions, removal, start  # noqa: F401  they add their commands
from clif_core.cli.shell import app

__all__ = ["app"]
