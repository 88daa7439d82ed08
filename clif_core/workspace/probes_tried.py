"""The files that keep which probes were tried: one of each model, ``tried/HASH.json``.

The list belongs to the workspace, so to everybody who uses it. Several processes may enter probes
at once: the folder is locked meanwhile, and a file is replaced as a whole. A file that cannot be
read is reported and left as it is until the list is cleared; measuring goes on without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from clif_core.errors import FormatError, StorageError
from clif_core.measurement.probe_report import ProbeReport
from clif_core.measurement.probes_tried import ProbesTried, TriedProbe
from clif_core.measurement.verdict import KINDS
from clif_core.phrases import probe_title
from clif_core.probes import question_key
from clif_core.storage.files import replace_file
from clif_core.storage.json_files import is_number, read_json
from clif_core.storage.write_errors import explain_write_errors
from clif_core.workspace.names import tried_path

__all__ = ["add", "enter", "forget", "read", "read_file"]

MAX_ENTRIES = 2_000  # the oldest are forgotten beyond it, and counted
MAX_LABELS = 5  # names of one question
MAX_TEXT = 200  # characters of a name
MAX_BYTES = 8_000_000
_FORMAT = {"format": "clif-probes-tried", "format_version": 1}


def read(home: Path, model_hash: str) -> ProbesTried:
    """The list of a model; empty where none was tried, with a ``problem`` where it is damaged."""
    return read_file(tried_path(home, model_hash))


def read_file(path: Path) -> ProbesTried:
    """``read``, of a file."""
    try:
        return _parse(read_json(path, MAX_BYTES))
    except FileNotFoundError:
        return ProbesTried()
    except (OSError, ValueError, FormatError) as error:
        return ProbesTried(
            problem=f"The list of the probes tried on this model, {path.name}, is damaged"
            f" ({error}). Nothing is entered until the list is cleared; until then no p-value is"
            " corrected."
        )


def enter(home: Path, model_hash: str, report: ProbeReport) -> ProbesTried:
    """The list with this probe in it; writes only what is new.

    Where the disk does not take it, the list says so in its ``problem``.
    """
    found = _tried(report)
    known = read(home, model_hash)
    if known.problem or _with(known, found) == known:
        return known
    try:
        with _locked(home):
            known = _with(read(home, model_hash), found)
            if not known.problem:
                _write(tried_path(home, model_hash), known)
    except StorageError as error:
        return replace(
            _with(known, found), problem=f"The list of probes tried is not kept: {error}"
        )
    return known


def add(home: Path, model_hash: str, others: ProbesTried) -> ProbesTried:
    """The list with the entries of another one in it; adding them twice changes nothing.

    Raises StorageError where the disk does not take it; a damaged list is left as it is.
    """
    with _locked(home):
        known = before = read(home, model_hash)
        for entry in others.entries:
            known = _with(known, entry)
        most = max(known.n_forgotten, others.n_forgotten)
        if not known.problem and (known.entries, most) != (before.entries, before.n_forgotten):
            known = replace(known, n_forgotten=most)
            _write(tried_path(home, model_hash), known)
    return known


def forget(home: Path, model_hash: str) -> None:
    """Clear the list of a model, damaged or not; raises StorageError where that is refused."""
    with _locked(home):
        tried_path(home, model_hash).unlink(missing_ok=True)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    folder = home / "tried"
    with explain_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            yield


def _tried(report: ProbeReport) -> TriedProbe:
    p = report.verdict.p
    return TriedProbe(
        question=question_key(report.resolved),
        key=report.probe.key,
        labels=(probe_title(report.probe)[:MAX_TEXT],),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        value=report.value,
        p=p,
        verdict=report.verdict.kind,
        definition=report.probe.to_dict(),
    )


def _with(known: ProbesTried, found: TriedProbe) -> ProbesTried:
    """``known`` and this probe: as one more entry, or as one more name of an entry."""
    if known.problem:
        return known
    same = next((e for e in known.entries if e.question == found.question), None)
    if same is None:
        entries = (*known.entries, found)
        n_over = max(len(entries) - MAX_ENTRIES, 0)
        return ProbesTried(entries[n_over:], known.n_forgotten + n_over)
    labels = tuple(dict.fromkeys((*same.labels, *found.labels)))[:MAX_LABELS]
    named = replace(same, labels=labels)
    return replace(known, entries=tuple(named if e is same else e for e in known.entries))


def _write(path: Path, tried: ProbesTried) -> None:
    content = {
        **_FORMAT,
        "n_forgotten": tried.n_forgotten,
        "entries": [asdict(entry) for entry in tried.entries],
    }
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), "utf-8")


def _parse(content: Any) -> ProbesTried:
    """The list in a file; raises FormatError for anything that ``_write`` does not write."""
    if not isinstance(content, Mapping) or any(content.get(k) != v for k, v in _FORMAT.items()):
        raise FormatError("it is no list of probes tried, or one of another version")
    entries, n_forgotten = content.get("entries"), content.get("n_forgotten")
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise FormatError(f"its entries are no list of at most {MAX_ENTRIES:,}")
    if type(n_forgotten) is not int or not 0 <= n_forgotten <= 1_000_000:
        raise FormatError("n_forgotten is no count")
    tried = tuple(map(_parse_entry, entries))
    if len({entry.question for entry in tried}) < len(tried):
        raise FormatError("it lists one question twice")
    return ProbesTried(tried, n_forgotten)


def _parse_entry(entry: Any) -> TriedProbe:
    if not isinstance(entry, Mapping):
        raise FormatError("an entry is no mapping")
    texts = [entry.get(name) for name in ("question", "key", "time", "verdict")]
    labels, value, p = entry.get("labels"), entry.get("value"), entry.get("p")
    if not isinstance(labels, list) or not 1 <= len(labels) <= MAX_LABELS:
        raise FormatError("an entry has no list of labels")
    if not all(isinstance(text, str) and len(text) <= MAX_TEXT for text in (*texts, *labels)):
        raise FormatError(f"an entry has a text that is none, or longer than {MAX_TEXT}")
    if entry["verdict"] not in KINDS:
        raise FormatError("an entry has an unknown verdict")
    if not is_number(value) or not (p is None or (is_number(p) and 0 <= p <= 1)):
        raise FormatError("an entry has a value or a p that is no number")
    definition = entry.get("definition")
    if not (definition is None or isinstance(definition, dict)):
        raise FormatError("an entry has a definition that is no mapping")
    question, key, time, verdict = map(str, texts)
    return TriedProbe(question, key, tuple(labels), time, float(value), p, verdict, definition)
