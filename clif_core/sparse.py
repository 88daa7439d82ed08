"""Sparse matrices of torch, built without warnings that a user cannot act on."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

__all__ = ["compressed_rows"]

# torch prints this once a process; users cannot act on it.
warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")


def compressed_rows(
    offsets: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]
) -> Tensor:
    """The sparse matrix whose row i holds ``values[offsets[i]:offsets[i + 1]]`` at ``columns``.

    The pattern is not checked, which would wait for the device: columns ascend within a row and
    lie within the shape.
    """
    # torch 2.11 warns "Sparse invariant checks are implicitly disabled" although
    # ``check_invariants`` says so (pytorch/pytorch#178274; 2.13 no longer), but not within this
    # context.
    with torch.sparse.check_sparse_tensor_invariants(enable=False):  # type: ignore[no-untyped-call]
        return torch.sparse_csr_tensor(offsets, columns, values, shape, check_invariants=False)
