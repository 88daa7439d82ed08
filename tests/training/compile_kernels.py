"""Compile recorded launches for cards that need not be here: JSON from stdin to stdout.

Run in a process of its own, since kernels defined under the interpreter cannot be compiled. It
prints one object a launch: the bytes that each thread keeps in slow memory because its registers
are full ("spilled"), and how many atomics add four numbers, and one, at once.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from clif_core.training import fused_kernels

OPTIONS = ("num_warps", "enable_fp_fusion")


def compile_launch(launch: Mapping[str, Any], capability: int) -> Any:
    kernel = getattr(fused_kernels, launch["kernel"])
    given = launch["arguments"]
    constants = {name: given[name]["value"] for name in given if "value" in given[name]}
    types = {name: given[name].get("type", "constexpr") for name in kernel.arg_names}
    # What torch allocates is aligned, and the launcher sees it.
    aligned = {
        (at,): [["tt.divisibility", 16]]
        for at, name in enumerate(kernel.arg_names)
        if types[name].startswith("*")
    }
    source = ASTSource(fn=kernel, signature=types, constexprs=constants, attrs=aligned)
    return triton.compile(
        source, target=GPUTarget("cuda", capability, 32), options=launch["options"]
    )


def look_at(compiled: Any) -> dict[str, int]:
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(compiled.asm["cubin"])
        file.flush()
        command = [triton.knobs.nvidia.cuobjdump.path, "--dump-resource-usage", file.name]
        usage = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    atomics = re.findall(r"\b(?:red|atom)\.global\S*\.add\S*f32", compiled.asm["ptx"])
    by_four = sum(".v4." in name for name in atomics)
    return {
        "spilled": int(re.findall(r"STACK:(\d+)", usage)[-1]),
        "by_four": by_four,
        "one_by_one": sum(".v" not in name for name in atomics),
    }


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    found = [look_at(compile_launch(launch, asked["capability"])) for launch in asked["launches"]]
    json.dump(found, sys.stdout)
