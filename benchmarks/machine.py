"""The machine on which figures were measured, in a line."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from clif_core.device import name_device, pick_device

__all__ = ["machine"]


def machine() -> str:
    """Processor, cores, device, load and Python version: what a reader needs to judge figures."""
    cpu = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        models = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        cpu = models[0].split(":", 1)[1].strip() if models else cpu
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    device = pick_device("auto")
    card = "" if device.type == "cpu" else f", {name_device(device)}"
    return f"{cpu}, {os.cpu_count()} cores{card}{load}, Python {platform.python_version()}"
