"""The device that the engine computes on: a working CUDA device if there is one, else the CPU.

``CLIF_DEVICE`` overrides the choice: ``auto`` (the default), ``cpu``, ``cuda``, ``cuda:1``. The
coupled trainer and the exact derivative of its run are compiled for the CPU and always run there;
the batched trainer runs on either.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from clif_core.errors import CapabilityError, InputError
from clif_core.memory import free_bytes
from clif_core.sparse import compressed_rows

__all__ = ["clear_when_full", "free_memory", "name_device", "pick_device", "require_device"]

_ALLOWED = "auto, cpu, cuda or cuda:NUMBER"


def pick_device(name: str | None = None) -> torch.device:
    """The device of a name; None: of $CLIF_DEVICE.

    Raises
    ------
    InputError : the name is not one of the allowed
    CapabilityError : the named CUDA device does not exist on this machine
    """
    name = name or os.environ.get("CLIF_DEVICE") or "auto"
    if name == "auto":
        return torch.device("cuda" if _cuda_works() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise InputError(f"the device (CLIF_DEVICE) is one of {_ALLOWED}, got {name!r}.")
    require_device(device)
    return device


def require_device(device: torch.device) -> None:
    """Raise CapabilityError where a CUDA device does not exist on this machine."""
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise CapabilityError(
            f"This process sees {torch.cuda.device_count()} CUDA devices, so it cannot compute on "
            f"{str(device)!r}. Use device 'cpu', or install a CUDA build of torch on a machine "
            "that has one."
        )


def free_memory(device: torch.device) -> int:
    """Bytes that a computation on the device can take now."""
    if device.type != "cuda":
        return free_bytes()
    kept_back = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0] + kept_back)


def name_device(device: torch.device) -> str:
    """The name to show: "CPU", or the name of the card."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


@contextmanager
def clear_when_full(device: torch.device) -> Iterator[None]:
    """Inside, a device without enough memory raises CapabilityError, not an allocator's message."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        free, total = (n / 2**30 for n in torch.cuda.mem_get_info(device))
        raise CapabilityError(
            f"{name_device(device)} has {free:.1f} of its {total:.1f} GB of memory free, which is"
            " too little for this. Ask for fewer probes at once, close what else uses the card, or"
            " compute on the CPU (CLIF_DEVICE=cpu)."
        ) from error


@functools.cache
def _cuda_works() -> bool:
    """Whether there is a CUDA device whose products equal the CPU's.

    Only a computation shows whether this build of torch supports the driver and the card. If it
    does not, a warning is logged and the CPU is used.
    """
    if not torch.cuda.is_available():
        return False
    try:
        works = agrees_with_cpu(torch.device("cuda"))
    except RuntimeError as error:
        _warn(f"it fails: {error}")
        return False
    if not works:
        _warn("its sparse products differ from the CPU's")
    return works


def _warn(reason: str) -> None:
    logging.getLogger(__name__).warning("CUDA is there but %s. Computing on the CPU.", reason)


def agrees_with_cpu(device: torch.device) -> bool:
    """Whether each kind of product that the engine needs is the same on a small case."""
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 8, 4, generator=generator)
    offsets, columns = torch.arange(0, 17, 2), torch.arange(16) % 8

    def products(on: torch.device) -> list[torch.Tensor]:
        x, y = a.to(on), b.to(on)
        ones = torch.ones(16, device=on)
        pattern = compressed_rows(offsets.to(on), columns.to(on), ones, (8, 8))
        on_pattern = torch.sparse.sampled_addmm(pattern, x, y.T).values()
        return [part.cpu() for part in (on_pattern, pattern @ x, torch.linalg.eigh(x.T @ x)[0])]

    pairs = zip(products(torch.device("cpu")), products(device), strict=True)
    return all(torch.allclose(ours, theirs, rtol=1e-3, atol=1e-4) for ours, theirs in pairs)
