"""Whatever is in a pack, it is refused or taken, and nothing lies outside the workspace."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from clif_core.measurement import measure
from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.text.corpus import SourceDocument, build_corpus
from clif_core.workspace.packs.packing import pack
from clif_core.workspace.packs.unpacking import unpack
from clif_core.workspace.workspace import Workspace
from tests.fuzz.harness import fuzz, is_variant
from tests.fuzz.strategies import json_values, texts

FOLDER = tempfile.TemporaryDirectory()  # removed when the tests end
HOME = Workspace(Path(FOLDER.name) / "home", Path(FOLDER.name) / "none")
TEXT = build_corpus("c", [SourceDocument("One", "A word. Another word.")], {})
MODEL = SkipGram(
    "mine",
    Vocabulary(("a", "b"), np.array([2, 1])),
    np.ones((2, 2), np.float32),
    corpus_hash=TEXT.content_hash,
)
HOME.keep_model(Bundle(MODEL, {"title": "Mine"}), TEXT)
HOME.enter_probe(MODEL, measure(Similarity("a", "b"), MODEL, n_nulls=0, n_resamples=0))
with zipfile.ZipFile(pack(HOME, "mine", Path(FOLDER.name) / "mine.zip").path) as archive:
    WHOLE = {name: archive.read(name) for name in archive.namelist()}
JOB = "jobs/retrain-0123456789abcdef.json"
NAMES = st.sampled_from([*WHOLE, JOB, "../x", "cache/influence-" + "0" * 24 + ".json"])


@fuzz(
    "pack",
    st.tuples(
        st.dictionaries(
            NAMES | texts(),
            st.binary(max_size=60) | json_values().map(lambda v: json.dumps(v).encode()),
            max_size=2,
        ),
        st.dictionaries(texts() | st.sampled_from(["model", "sample"]), json_values(), max_size=2),
        st.booleans(),
    ),
)
def test_unpack(drawn: tuple[dict[str, bytes], dict[str, Any], bool]) -> None:
    changed, said, is_listed = drawn
    content = WHOLE | {name.replace("\0", ""): data for name, data in changed.items()}
    about = json.loads(WHOLE["manifest.json"]) | said
    if is_listed and "manifest.json" not in changed:  # with right checksums
        about["files"] = [
            {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in content.items()
            if name != "manifest.json"
        ]
        content["manifest.json"] = json.dumps(about).encode()
    with tempfile.TemporaryDirectory() as folder:
        file, home = Path(folder) / "x.zip", Path(folder) / "in" / "home"
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in content.items():
                archive.writestr(name.encode("utf-8", "replace").decode() or "-", data)
        try:
            taken = unpack(Workspace(home, Path(folder) / "none"), file)
        finally:
            assert {p.name for p in Path(folder).iterdir()} <= {"x.zip", "in"}
            assert {p.name for p in home.parent.glob("*")} <= {"home"}
        if is_variant():
            return
        assert Workspace(home, Path(folder) / "none").open_model(taken.name).model is not None


@fuzz("bytes of a pack", st.binary(max_size=300))
def test_bytes(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.zip"
        file.write_bytes(content)
        unpack(Workspace(Path(folder) / "home", Path(folder) / "none"), file)
