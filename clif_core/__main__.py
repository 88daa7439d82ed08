"""The command line as ``python -m clif_core``."""

from clif_core.cli import app

app(prog_name="clif")
