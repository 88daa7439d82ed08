"""Names that become paths: of models, and hashes of texts and models. Nothing else is a path.

Every name from a person, a file or a link passes here before it is joined to a folder, so that no
name can lead out of the workspace.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TypeGuard

from clif_core.errors import InputError

__all__ = [
    "check_model_name",
    "corpus_path",
    "derive_name",
    "is_content_hash",
    "model_path",
    "session_homes",
    "shared_home",
    "text_path",
    "tried_path",
    "visitor_home",
]

_MAX_NAME = 64
_NAME = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{_MAX_NAME - 1}}}\Z")
_HASH = re.compile(r"[0-9a-f]{8,64}\Z")
_VISITORS, _SESSION, _PERSON = "visitors", "session-", "person-"


def check_model_name(name: str) -> str:
    """The name itself; InputError where it cannot name a model."""
    if not isinstance(name, str) or not _NAME.match(name):
        raise InputError(
            f"{name!r:.80} cannot name a model: use 1 to {_MAX_NAME} of a-z, 0-9, - and _,"
            " such as 'my-model'."
        )
    return name


def derive_name(name: str, ending: str) -> str:
    """A valid name that begins as ``name`` does, which may be of an earlier release."""
    start = re.sub(r"[^a-z0-9_-]", "-", name.lower()).lstrip("-_") or "model"
    return check_model_name(start[: _MAX_NAME - len(ending)] + ending)


def model_path(home: Path, name: str) -> Path:
    """Where a model of the user's is; InputError for a name that is none."""
    return home / "models" / check_model_name(name)


def is_content_hash(value: object) -> TypeGuard[str]:
    """Whether a value can be the hash of a text or a model."""
    return isinstance(value, str) and _HASH.match(value) is not None


def tried_path(home: Path, model_hash: str) -> Path:
    """Where the list of the probes tried on the model of a hash is."""
    if not is_content_hash(model_hash):
        raise InputError(
            f"{model_hash!r:.80} is not the hash of a model: 8 to 64 of 0-9 and a-f are allowed."
        )
    return home / "tried" / f"{model_hash}.json"


def corpus_path(home: Path, content_hash: str) -> Path:
    """Where the text of a hash is; InputError for anything but a hash."""
    if not is_content_hash(content_hash):
        raise InputError(
            f"{content_hash!r:.80} is not the hash of a text: 8 to 64 of 0-9 and a-f are allowed."
            " The model's card is damaged; import the model again with its text."
        )
    return home / "corpora" / content_hash


def text_path(home: Path, content_hash: str) -> Path:
    """Where to read the text of a hash: in the home itself, else in the one it shares with others.

    The texts of the samples are in the shared home, once for all visitors.
    """
    path = corpus_path(home, content_hash)
    return path if path.is_dir() else corpus_path(shared_home(home), content_hash)


def visitor_home(home: Path, visitor: str, *, is_session: bool) -> Path:
    """The folder of one visitor of a shared server; ``visitor``: any text that tells them apart.

    ``is_session``: a visitor without a sign-in, whose folder ``Workspace.clean`` deletes in time.
    """
    name = hashlib.sha256(visitor.encode("utf-8", "backslashreplace")).hexdigest()
    return home / _VISITORS / ((_SESSION if is_session else _PERSON) + name)


def session_homes(home: Path) -> list[Path]:
    """The folders of the visitors without a sign-in."""
    return sorted((home / _VISITORS).glob(f"{_SESSION}*"))


def shared_home(home: Path) -> Path:
    """The home whose jobs, cache and sample texts a visitor shares; any other home is its own."""
    return home.parent.parent if home.parent.name == _VISITORS else home
