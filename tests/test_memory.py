"""What a machine can hold: found, overridden, told and refused."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from clif_core import memory
from clif_core.errors import CapabilityError, InputError


def test_what_is_free_is_that_of_the_machine_within_its_container(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(memory, "_GROUPS", tmp_path)
    assert memory.free_bytes() == pytest.approx(psutil.virtual_memory().available, rel=0.2)
    (tmp_path / "memory.max").write_text("5000000\n")
    (tmp_path / "memory.current").write_text("4000000\n")
    (tmp_path / "memory.stat").write_text("anon 100\ninactive_file 1500000\n")
    assert memory.free_bytes() == 2_500_000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.free_bytes() > 2_500_000


def test_a_container_of_the_first_version(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(memory, "_GROUPS", tmp_path)
    folder = tmp_path / "memory"
    folder.mkdir()
    (folder / "memory.limit_in_bytes").write_text("700")
    (folder / "memory.usage_in_bytes").write_text("900")
    (folder / "memory.stat").write_text("total_inactive_file 100")
    assert memory.free_bytes() == 0


def test_the_variable_overrides_it(monkeypatch):
    monkeypatch.setenv("CLIF_MEMORY_GB", "1.5")
    assert memory.free_bytes() == 1_500_000_000


@pytest.mark.parametrize("value", ["much", "-1", "0", "nan", "inf"])
def test_a_variable_that_is_no_size_is_refused(monkeypatch, value: str):
    monkeypatch.setenv("CLIF_MEMORY_GB", value)
    with pytest.raises(InputError, match="CLIF_MEMORY_GB is a number of gigabytes"):
        memory.free_bytes()


def test_a_refusal_says_the_need_what_is_free_and_what_would_fit(monkeypatch):
    monkeypatch.setenv("CLIF_MEMORY_GB", "2")
    memory.require_memory("This", 1.9e9, "Do that.")
    with pytest.raises(CapabilityError) as refused:
        memory.require_memory("This", 24e9, "Do that.")
    assert str(refused.value) == (
        "This needs about 24 GB of memory, and 2.0 GB are free here. Do that."
    )


@pytest.mark.parametrize(
    ("n_bytes", "shown"), [(350e6, "350 MB"), (3.14e9, "3.1 GB"), (24.3e9, "24 GB")]
)
def test_sizes_are_written_for_people(n_bytes: float, shown: str):
    assert memory.show_size(n_bytes) == shown
