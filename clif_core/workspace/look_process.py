"""What runs inside the process of a ``Looker``: a line of JSON for each look, and one back.

python -m clif_core.workspace.look_process
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from clif_core.errors import ClifError
from clif_core.sgns.vector_files import open_vectors
from clif_core.text.readers import TextOptions, look
from clif_core.text.token_rule import TokenRule

__all__ = ["look_at_text", "look_at_vectors"]

_MAX_MEMORY = 4 << 30  # bytes that a look may take
_KEPT_MEMORY = 1 << 30  # after a look that took more, the process ends
_N_NUMBERS = 3_000_000  # of the vectors that are looked at
_N_DOCUMENTS, _N_CHARACTERS = 10, 2_000  # of what is handed back


def look_at_text(request: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a ``Preview``; of its documents the beginnings of the first texts."""
    rule = request["rule"]
    found = look(
        {name: Path(path) for name, path in request["files"].items()},
        TextOptions(**request["options"]),
        None if rule is None else TokenRule.from_dict(rule),
        request["words"],
        request["is_part"],
    )
    texts = [document.text[:_N_CHARACTERS] for document in found.documents[:_N_DOCUMENTS]]
    left_out = [[one.name, one.reason] for one in found.left_out]
    return vars(found) | {"documents": texts, "left_out": left_out, "need": vars(found.need)}


def look_at_vectors(request: Mapping[str, Any]) -> dict[str, Any]:
    words = None if request["words"] is None else Path(request["words"])
    how = {name: request[name] for name in ("is_strict", "encoding", "inside")}
    opened = open_vectors(Path(request["file"]), words, n_numbers=_N_NUMBERS, **how)
    return {
        "lines": opened.found.lines,
        "words": opened.words,
        "is_part": opened.found.is_part,
        "is_of_lines": opened.is_of_lines,
    }


_LOOKS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "text": look_at_text,
    "vectors": look_at_vectors,
}


def _answer(request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"found": _LOOKS[request["what"]](request)}
    except ClifError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "Looking into the file takes too much memory. Give a smaller file."}
    except Exception as error:
        traceback.print_exc()
        return {"error": f"The file cannot be looked into: an unexpected {type(error).__name__}."}


def _bound_memory() -> None:
    """Let allocations beyond the limit fail here, before the system picks a process to kill."""
    try:
        import resource
    except ImportError:  # Windows
        return
    used = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_DATA, (used + _MAX_MEMORY, used + _MAX_MEMORY))


def _main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    _bound_memory()
    if hasattr(os, "nice"):
        os.nice(10)  # a look may wait for the pages of others
    for line in sys.stdin.buffer:
        answers.write(json.dumps(_answer(json.loads(line))).encode() + b"\n")
        answers.flush()
        if psutil.Process().memory_info().rss > _KEPT_MEMORY:
            return


if __name__ == "__main__":
    _main()
