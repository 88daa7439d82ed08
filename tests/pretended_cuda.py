"""A stand-in for a CUDA device: it computes on the CPU and is as strict as CUDA.

Tensors put on it report the device "cuda:0". It refuses what CUDA refuses: computing with tensors
of both devices, and reading one as a numpy array without fetching it first. So every transfer that
code would make on CUDA is tested without it. Its memory is that of this machine, where it computes.
It does not test speed, CUDA's rounding, or kernels that CUDA lacks; and it runs no Triton, which
takes real pointers: as with a build of torch without CUDA, torch's operations stand in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

from clif_core import device
from clif_core.training import batched

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)
#: Take tensors of both devices. So does indexing: a tensor on CUDA takes indices on the CPU.
TRANSFERS = (Tensor.to, Tensor.cpu, Tensor.copy_, torch.as_tensor, torch.tensor)
INDEXING = (Tensor.__getitem__, Tensor.__setitem__)
READING = (Tensor.numpy, Tensor.__array__)


@contextmanager
def pretended_cuda() -> Iterator[None]:
    """Within it, this thread has a CUDA device."""
    with pytest.MonkeyPatch.context() as patch, _PretendedCuda():
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "device_count", lambda: 1)
        patch.setattr(torch.cuda, "get_device_name", lambda *_: "pretended")
        patch.setattr(torch.cuda, "mem_get_info", _memory)
        for name in ("memory_reserved", "memory_allocated"):  # torch keeps nothing back for it
            patch.setattr(torch.cuda, name, lambda *_: 0)
        patch.setattr(torch.version, "cuda", None)
        _forget_devices()
        yield
    _forget_devices()


def _forget_devices() -> None:
    """What was found out about the device of this name, real or pretended."""
    device._cuda_works.cache_clear()
    batched._can_fuse.cache_clear()


def _memory(*_: Any) -> tuple[int, int]:
    """(free, in all), bytes."""
    memory = psutil.virtual_memory()
    return memory.available, memory.total


class _PretendedCuda(TorchFunctionMode):
    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Run the function on the CPU and mark the results that CUDA would leave on the device."""
        if function is torch.device:
            return function(*args, **(kwargs or {}))
        leaves = tree_leaves((args, kwargs))
        tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
        if function == Tensor.device.__get__:
            return CUDA if _is_on_cuda(args[0]) else CPU
        if function == Tensor.is_cuda.__get__:
            return _is_on_cuda(args[0])
        if function in READING and _is_on_cuda(args[0]):
            raise TypeError("can't convert cuda:0 device type tensor to numpy.")
        _require_one_device(function, tensors)
        goes_to_cuda = _goes_to_cuda(function, leaves, tensors)
        args, kwargs = tree_map(_on_cpu, (args, kwargs or {}))
        out = function(*args, **kwargs)
        if function in TRANSFERS and any(
            _is_on_cuda(t) != goes_to_cuda for t in tensors[:1] or [out]
        ):
            out = out.clone()  # a transfer shares no memory
        for leaf in tree_leaves(out):
            if isinstance(leaf, Tensor):
                leaf.is_on_cuda = goes_to_cuda
        return out


def _goes_to_cuda(function: Any, leaves: list[Any], tensors: list[Tensor]) -> bool:
    named = [leaf for leaf in leaves if _is_device(leaf)]
    if named:
        return torch.device(named[0]).type == "cuda"
    if function is Tensor.cpu:
        return False
    if function is Tensor.copy_:
        return _is_on_cuda(tensors[0])
    if function is Tensor.to:  # to a dtype, or to the device of another tensor
        return _is_on_cuda(tensors[-1])
    return any(map(_is_on_cuda, tensors))


def _require_one_device(function: Any, tensors: list[Tensor]) -> None:
    if function in TRANSFERS:
        return
    if function in INDEXING and _is_on_cuda(tensors[0]):
        tensors = [t for t in tensors if t.is_floating_point()]
    if len({_is_on_cuda(tensor) for tensor in tensors if tensor.dim()}) > 1:
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"cuda:0 and cpu, in {function.__name__}."
        )


def _is_on_cuda(tensor: Tensor) -> bool:
    return getattr(tensor, "is_on_cuda", False)


def _is_device(leaf: Any) -> bool:
    return isinstance(leaf, torch.device) or (isinstance(leaf, str) and leaf[:4] in ("cpu", "cuda"))


def _on_cpu(leaf: Any) -> Any:
    return CPU if _is_device(leaf) else leaf
