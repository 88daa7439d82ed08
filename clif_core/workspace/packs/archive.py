"""The file of a pack: a zip of uncompressed files, the first of which lists the others.

    manifest.json    format, version, what the pack is of, and size and sha256 of every file
    model/           the bundle                      tried.json      the probes tried
    text/            the text                        cache/          entries of the cache
    jobs/KEY.json    finished jobs without the home that they were asked from

The files inside are compressed already. Because a pack holds them as they are, it is never larger
opened than closed, and a zip bomb is none. Equal content gives equal bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from clif_core.errors import FormatError, StorageError
from clif_core.sgns.bundle import BUNDLE_FILES
from clif_core.storage.files import replace_file
from clif_core.storage.gzipped import show_name
from clif_core.storage.json_files import open_regular
from clif_core.storage.write_errors import explain_write_errors
from clif_core.text.corpus_files import CORPUS_FILES

__all__ = ["MAX_FILES", "Pack", "open_pack", "write_pack"]

FORMAT = {"format": "clif-pack", "format_version": 1}
MANIFEST = "manifest.json"
MAX_FILES = 50_000
_MAX_MANIFEST = 16_000_000
_MAX_DIRECTORY = 16_000_000  # bytes of the zip's own list of files
_MAX_JSON = 20_000_000  # of the list of probes, of one job
_CHUNK = 1 << 20
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_NAMES = {"tried.json", *(f"model/{n}" for n in BUNDLE_FILES), *(f"text/{n}" for n in CORPUS_FILES)}
_KEYED = re.compile(
    r"cache/(influence|seed-run)-[0-9a-f]{24}\.(json|safetensors)"
    r"|jobs/(retrain|repair)-[0-9a-f]{16}\.json"
)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ADVICE = "Copy the pack again, or write it again with 'clif pack'. Nothing was changed."
_UNREADABLE = (zipfile.BadZipFile, OSError, EOFError, ValueError, OverflowError, RuntimeError,
               KeyError, TypeError, struct.error, zlib.error)  # fmt: skip


@dataclass(frozen=True)
class Pack:
    """A pack whose every file was compared with its checksum.

    ``about``: the manifest; ``names``: of its files.
    """

    about: Mapping[str, Any]
    names: tuple[str, ...]
    _zip: zipfile.ZipFile
    _shown: str

    def extract(self, name: str, path: Path) -> None:
        """Copy a file of the pack to a path."""
        with (
            _explained(self._shown),
            self._zip.open(name) as source,
            explain_write_errors(path),
            path.open("wb") as target,
        ):
            while chunk := source.read(_CHUNK):
                target.write(chunk)


# --- writing


def write_pack(path: Path, about: Mapping[str, Any], files: Mapping[str, Path | bytes]) -> None:
    """Write a pack of files, each by its name in the pack; a file at ``path`` is replaced.

    Raises StorageError where there is no room, there are too many files, or one changes meanwhile.
    """
    if len(files) > MAX_FILES:
        raise StorageError(
            f"The pack would hold {len(files):,} files, at most {MAX_FILES:,} may; 'clif clean"
            " --max-gb' removes the results that were used least recently."
        )
    listed = [{"name": name, **_measure(files[name])} for name in sorted(files)]
    manifest = json.dumps({**FORMAT, **about, "files": listed}, indent=1, sort_keys=True)
    with replace_file(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        _add(archive, MANIFEST, manifest.encode())
        for entry in listed:
            if _add(archive, entry["name"], files[entry["name"]]) != entry["sha256"]:
                raise StorageError(f"{entry['name']} changed while it was packed; pack again.")


def _measure(source: Path | bytes) -> dict[str, Any]:
    with _opened(source) as file:
        digest = hashlib.file_digest(file, "sha256")
        return {"size": file.seek(0, io.SEEK_END), "sha256": digest.hexdigest()}


def _add(archive: zipfile.ZipFile, name: str, source: Path | bytes) -> str:
    """Copy a file into the archive; returns its sha256."""
    info = zipfile.ZipInfo(name, _FIXED_TIME)
    info.create_system, info.external_attr = 3, 0o644 << 16  # the same on every system
    digest = hashlib.sha256()
    with _opened(source) as file:
        info.file_size = file.seek(0, io.SEEK_END)
        file.seek(0)
        with archive.open(info, "w") as target:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
    return digest.hexdigest()


@contextmanager
def _opened(source: Path | bytes) -> Iterator[BytesIO | BufferedReader]:
    file: BytesIO | BufferedReader = (
        BytesIO(source) if isinstance(source, bytes) else open_regular(source)
    )
    with file:
        yield file


# --- reading


@contextmanager
def open_pack(path: Path) -> Iterator[Pack]:
    """A pack, compared with its checksums before the block begins.

    Raises FormatError for anything that ``write_pack`` does not write.
    """
    shown = show_name(path)
    with _explained(shown):
        file = open_regular(path)
    with file:
        with _explained(shown):
            n_bytes = file.seek(0, io.SEEK_END)
            _require_small_directory(file, n_bytes)
            archive = zipfile.ZipFile(file)
            about = _read_manifest(archive, n_bytes)
            names = _verify(archive, about, n_bytes)
        with archive:
            yield Pack(about, names, archive, shown)


@contextmanager
def _explained(shown: str) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise FormatError(f"{shown} is no pack, or a damaged one ({error}). {_ADVICE}") from error


def _require_small_directory(file: BinaryIO, n_bytes: int) -> None:
    """Raise ValueError where the zip's list of files, which is read at once, is too large."""
    file.seek(max(n_bytes - 98, 0))
    tail = file.read(98)
    if tail[-22:-18] != b"PK\5\6":
        raise ValueError("it does not end as a zip without a comment does")
    size = struct.unpack("<L", tail[-10:-6])[0]
    if tail[-42:-38] == b"PK\6\7":  # of more than 65,535 files or 4 GB
        if tail[:4] != b"PK\6\6":
            raise ValueError("its end is none of a zip")
        size = struct.unpack("<Q", tail[40:48])[0]
    if size > _MAX_DIRECTORY:
        raise ValueError(f"its list of files has {size:,} bytes; allowed are {_MAX_DIRECTORY:,}")


def _read_manifest(archive: zipfile.ZipFile, n_bytes: int) -> dict[str, Any]:
    infos = archive.infolist()
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise ValueError(f"{info.filename!r:.80} is compressed; a pack holds files as they are")
        if info.flag_bits & 1:
            raise ValueError(f"{info.filename!r:.80} is encrypted")
    if sum(info.file_size for info in infos) > n_bytes:
        raise ValueError("its files overlap")
    with archive.open(MANIFEST) as file:
        content = file.read(_MAX_MANIFEST + 1)
    if len(content) > _MAX_MANIFEST:
        raise ValueError(f"its manifest has more than {_MAX_MANIFEST:,} bytes")
    try:
        about = json.loads(content.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("its manifest is nested too deeply") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT["format"]:
        raise ValueError("its manifest is not that of a pack")
    if about.get("format_version") != FORMAT["format_version"]:
        raise ValueError(
            f"it has format version {about.get('format_version')!r:.20}, this program reads"
            f" {FORMAT['format_version']}; update CLIF Dashboard"
        )
    return about


def _verify(archive: zipfile.ZipFile, about: Mapping[str, Any], n_bytes: int) -> tuple[str, ...]:
    """The names of the files, each compared with the manifest; raises ValueError."""
    names = [info.filename for info in archive.infolist()]
    listed = about.get("files")
    if not isinstance(listed, list) or len(listed) > MAX_FILES:
        raise ValueError(f"its manifest has no list of at most {MAX_FILES:,} files")
    for entry in listed:
        _check_entry(entry)
    expected = [MANIFEST, *(entry["name"] for entry in listed)]
    if sorted(names) != sorted(set(expected)):
        odd = sorted({*names} ^ {*expected})[:3] or ["a name twice"]
        raise ValueError(f"its files are not those of its manifest: {', '.join(map(repr, odd))}")
    for entry in listed:
        with archive.open(entry["name"]) as file:
            digest, size = hashlib.sha256(), 0
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
        if (size, digest.hexdigest()) != (entry["size"], entry["sha256"]):
            raise ValueError(f"the checksum of {entry['name']} differs from the manifest's")
    return tuple(expected[1:])


def _check_entry(entry: Any) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ValueError("an entry of its manifest has no name")
    name, size, sha256 = entry["name"], entry.get("size"), entry.get("sha256")
    if name not in _NAMES and not _KEYED.fullmatch(name):
        raise ValueError(f"{name!r:.80} is no file of a pack")
    if type(size) is not int or not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ValueError(f"{name} has no size and sha256 in the manifest")
    is_small = name == "tried.json" or name.startswith("jobs/")
    if size < 0 or (is_small and size > _MAX_JSON):
        raise ValueError(f"{name} has {size:,} bytes; allowed are {_MAX_JSON:,}")
