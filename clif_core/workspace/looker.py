"""Looks into files that a person brings, in a process of its own, before they are read.

Such files are parsed by libraries in C, and may be made to take time and memory. In another process
a look keeps nobody waiting but the one who asked; one that takes too long, too much memory, or
kills its process is an error in words, and the next one gets a new process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock, Timer
from typing import IO, Any, cast

from clif_core.errors import FormatError, JobError
from clif_core.text.corpus import SourceDocument
from clif_core.text.limits import Need
from clif_core.text.readers import Preview, TextOptions
from clif_core.text.readers.sources import LeftOut
from clif_core.text.token_rule import TokenRule

__all__ = ["Looker", "VectorsSeen"]

_SECONDS = 60.0


@dataclass(frozen=True)
class VectorsSeen:
    """What a file of vectors is, a sentence each; its first words, and whether it has more.

    ``is_of_lines``: as of ``VectorFile``.
    """

    lines: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    is_part: bool = False
    is_of_lines: bool = False


class Looker:
    """Asks a process of its own, which starts with the first look or before; one at a time."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to start the process, so that the first look need not wait for it."""
        if self._lock.acquire(blocking=False):  # else a look goes on, and the process is there
            try:
                self._running()
            finally:
                self._lock.release()

    def text(
        self,
        files: Mapping[str, Path],
        options: TextOptions,
        rule: TokenRule | None,
        words: Sequence[str] | None,
        is_part: bool = False,
    ) -> Preview:
        """As ``text.readers.look``; ``files`` by the names that people know them by.

        Of the documents the beginnings of the first ones, without metadata.
        """
        found = self._ask(
            what="text",
            files={name: str(path) for name, path in files.items()},
            options=asdict(options),
            rule=None if rule is None else rule.to_dict(),
            words=words,
            is_part=is_part,
        )
        return Preview(
            lines=tuple(found["lines"]),
            documents=tuple(SourceDocument("", text, {}) for text in found["documents"]),
            n_documents=found["n_documents"],
            is_whole=found["is_whole"],
            columns=tuple(found["columns"]),
            column=found["column"],
            encoding=found["encoding"],
            left_out=tuple(LeftOut(*one) for one in found["left_out"]),
            n_left_out=found["n_left_out"],
            need=Need(**found["need"]),
        )

    def vectors(
        self,
        file: Path,
        words: Path | None,
        is_strict: bool,
        encoding: str = "utf-8",
        inside: str = "",
    ) -> VectorsSeen:
        """What the first words of a file of vectors show; arguments as of ``open_vectors``."""
        found = self._ask(
            what="vectors",
            file=str(file),
            words=None if words is None else str(words),
            is_strict=is_strict,
            encoding=encoding,
            inside=inside,
        )
        return VectorsSeen(
            tuple(found["lines"]), tuple(found["words"]), found["is_part"], found["is_of_lines"]
        )

    def close(self) -> None:
        """End the process; a further look starts another one."""
        with self._lock:
            self._end()

    def _ask(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            process = self._running()
            clock = Timer(self._seconds, process.kill)
            clock.start()
            try:
                answer = _exchange(process, request)
            except (OSError, ValueError) as error:
                self._end()
                raise JobError(
                    "Looking into the file took too long or too much memory, and was stopped. Give"
                    " a smaller file, or leave its other columns out."
                ) from error
            finally:
                clock.cancel()
        if "error" in answer:
            raise FormatError(answer["error"])
        found: dict[str, Any] = answer["found"]
        return found

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "clif_core.workspace.look_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                cast(IO[bytes], pipe).close()


def _exchange(process: subprocess.Popen[bytes], request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request, each of them a line of JSON; ValueError where there is none."""
    stdin, stdout = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    stdin.write(json.dumps(request).encode() + b"\n")
    stdin.flush()
    answer: dict[str, Any] = json.loads(stdout.readline())
    return answer
