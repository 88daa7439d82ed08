"""Form fields for a model's text and training settings, and what was found in the text.

The server reads the uploaded bytes itself and trusts nothing that the browser says of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import streamlit as st
from markupsafe import Markup

from clif_core.errors import ClifError
from clif_core.sgns.settings import TrainingSettings
from clif_core.storage.files import temporary_folder
from clif_core.text.readers import Preview, TextOptions
from clif_core.text.readers.neutrality import SIDES
from clif_core.text.readers.options import DOCUMENT_RULES, FORMATS, SENTENCE_RULES
from clif_core.text.token_rule import OPTIONS, Option, TokenRule
from clif_core.workspace.looker import VectorsSeen
from dashboard.data.looking import looker
from dashboard.widgets.notice import show_problem
from dashboard.wording import say

__all__ = [
    "CODECS",
    "NO_TEXT",
    "GivenText",
    "Upload",
    "draw_settings",
    "draw_text_fields",
    "draw_training_settings",
    "write_texts",
    "write_upload",
]

_PUBLISHED = ("plots", *(f"neutrality-{side}" for side in SIDES))
_CODEC_NAMES = (
    "utf-8 cp1252 cp1250 cp1251 cp1253 cp1254 cp1256 utf-16 shift_jis euc_jp gb18030 big5 euc_kr"
    " koi8-r mac-roman"
)
CODECS = tuple(_CODEC_NAMES.split())
_ENCODINGS = ("auto", *CODECS)
_HEADERS = {"auto": None, "yes": True, "no": False}
_N_SHOWN = 3
_SHOWN_CHARACTERS = 120


class Upload(Protocol):
    """An uploaded file, as ``st.file_uploader`` returns it."""

    @property
    def name(self) -> str: ...

    @property
    def file_id(self) -> str: ...

    def getvalue(self) -> bytes: ...


@dataclass(frozen=True)
class GivenText:
    """The files of a text, and how it is written: own, or the name of a published corpus."""

    files: Mapping[str, Upload]
    written: str
    options: TextOptions
    rule: TokenRule | None
    is_readable: bool


NO_TEXT = GivenText({}, "own", TextOptions(), None, is_readable=True)


def draw_text_fields(label: str, key: str, model: VectorsSeen) -> GivenText:
    """The files of a text, how it is written, and what was found in it, before it is read.

    ``model``: whose words are looked for in the text.
    """
    is_folder = st.toggle(say("own.folder"), key=f"{key}_is_folder")
    uploads: Sequence[Upload] = st.file_uploader(
        label,
        accept_multiple_files="directory" if is_folder else True,
        help=say("own.text_help"),
        key=f"{key}_folder" if is_folder else f"{key}_files",
    )
    files = _by_name(uploads)
    with st.expander(say("own.more_text"), icon=":material/tune:"):
        written, options = _draw_options(key)
        rule = _draw_rule(key)
    given = GivenText(files, written, options, rule, is_readable=True)
    if not files or written != "own":
        return given
    return _draw_preview(given, model, key)


def _by_name(uploads: Sequence[Upload]) -> dict[str, Upload]:
    """Uploads by the names their owner knows; a name that comes twice is numbered."""
    found: dict[str, Upload] = {}
    for upload in uploads:
        name, number = upload.name, 2
        while name in found:
            stem, dot, ending = upload.name.partition(".")
            name, number = f"{stem} ({number}){dot}{ending}", number + 1
        found[name] = upload
    return found


def _draw_options(key: str) -> tuple[str, TextOptions]:
    """What a person may say about a text; the column is chosen where columns are shown."""
    format_ = st.selectbox(
        say("own.written"),
        (*FORMATS, *_PUBLISHED),
        format_func=lambda way: say(f"own.written_{way}"),
        key=f"{key}_format",
    )
    rule = st.selectbox(
        say("own.document"),
        DOCUMENT_RULES,
        format_func=lambda rule: say(f"own.document_{rule}"),
        key=f"{key}_document",
    )
    sentences = st.selectbox(
        say("own.sentences"),
        SENTENCE_RULES,
        format_func=lambda rule: say(f"own.sentences_{rule}"),
        key=f"{key}_sentences",
    )
    encoding = st.selectbox(
        say("own.encoding"),
        _ENCODINGS,
        format_func=lambda codec: say("own.encoding_auto") if codec == "auto" else codec,
        key=f"{key}_encoding",
    )
    header = st.selectbox(
        say("own.header"),
        tuple(_HEADERS),
        format_func=lambda value: say(f"own.header_{value}"),
        key=f"{key}_header",
    )
    words = st.number_input(say("own.passage"), 5, 10_000, 100, key=f"{key}_passage")
    is_own = format_ not in _PUBLISHED
    options = TextOptions(
        format=format_ if is_own else "auto",
        one_document_per=rule,
        sentences=sentences,
        encoding=encoding,
        has_header=_HEADERS[header],
        passage_words=int(words),
    )
    return "own" if is_own else format_, options


def _draw_rule(key: str) -> TokenRule | None:
    """How words are parted; None where the rule is chosen."""
    ways = ("auto", "hand")
    way = st.selectbox(
        say("own.tokens"), ways, format_func=lambda way: say(f"own.tokens_{way}"), key=f"{key}_way"
    )
    if way == "auto":
        return None
    values = {name: _draw_choice(option, f"{key}_token_{name}") for name, option in OPTIONS.items()}
    return TokenRule.from_dict(values)


def _draw_choice(option: Option, key: str) -> str:
    def in_words(value: str) -> str:
        return option.values[value]

    return st.selectbox(option.title, list(option.values), format_func=in_words, key=key)


def _draw_preview(given: GivenText, model: VectorsSeen, key: str) -> GivenText:
    """What was found; returns the text with its column chosen, and whether it can be read."""
    options = given.options
    try:
        found = _look(given, model)
        if found.columns:
            at = found.columns.index(found.column) if found.column in found.columns else 0
            column = st.selectbox(say("own.column"), found.columns, at, key=f"{key}_column")
            if column != found.column:
                given = replace(given, options=replace(options, text_column=column))
                found = _look(given, model)
        st.html(_as_html(found))
    except ClifError as error:
        show_problem(str(error), say("own.text_failed"))
        return replace(given, is_readable=False)
    return given


def _look(given: GivenText, model: VectorsSeen) -> Preview:
    ids = tuple((name, upload.file_id) for name, upload in given.files.items())
    rule = None if given.rule is None else given.rule.to_text()
    with st.spinner(say("own.looking"), show_time=True):
        options = given.options.beside(model.is_of_lines)
        return _looked_at(ids, options, rule, hash(model.words), given, model)


@st.cache_data(show_spinner=False, max_entries=20)
def _looked_at(
    ids: tuple[tuple[str, str], ...],
    options: TextOptions,
    rule: str | None,
    words: int,
    _given: GivenText,
    _model: VectorsSeen,
) -> Preview:
    """``words``: a hash of them, since Streamlit takes long for many."""
    with temporary_folder() as folder:
        files = write_texts(folder, _given.files)
        known = _model.words or None
        return looker().text(files, options, _given.rule, known, _model.is_part)


def _as_html(found: Preview) -> Markup:
    lines = Markup().join(Markup("<li>{}</li>").format(line) for line in found.lines)
    texts = Markup().join(
        Markup("<li>{}</li>").format(_begin(document.text))
        for document in found.documents[:_N_SHOWN]
    )
    shape = '<div class="clif-found"><h4>{}</h4><ul>{}</ul><p>{}</p><ul>{}</ul></div>'
    return Markup(shape).format(say("own.found"), lines, say("own.found_first"), texts)


def _begin(text: str) -> str:
    line = " ".join(text[: 4 * _SHOWN_CHARACTERS].split())
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]} …"


def draw_settings() -> dict[str, Any] | None:
    """The training settings, or None until the user ticks that they are known."""
    is_known = st.checkbox(say("own.settings_known"), help=say("own.settings_help"))
    settings: dict[str, Any] = {
        "window": st.number_input(say("model.set_window"), 1, 100, 5),
        "n_negatives": st.number_input(say("model.set_negatives"), 1, 100, 5),
        "subsampling_threshold": st.number_input(
            say("model.set_subsampling"), 0.0, 1.0, 1e-3, format="%.5f"
        ),
        "unit": st.radio(
            say("own.unit"),
            ("sentence", "document"),
            format_func=lambda unit: say(f"own.unit_{unit}"),
            horizontal=True,
        ),
    }
    with st.expander(say("own.more_settings"), icon=":material/tune:"):
        settings |= {
            "epochs": st.number_input(say("model.set_epochs"), 1, 1_000, 5),
            "min_count": st.number_input(say("model.set_min_count"), 1, 10_000, 5),
            "learning_rate": st.number_input(
                say("model.set_learning_rate"), 0.0001, 1.0, 0.025, format="%.4f"
            ),
            "start_range": st.number_input(
                say("own.start_range"), 0.001, 1_000.0, 1.0, help=say("own.start_range_help")
            ),
            "seed": st.number_input(say("model.set_seed"), 0, 2**31 - 1, 1),
            "backend": st.radio(
                say("model.set_backend"),
                ("unknown", "gensim"),
                format_func=lambda backend: say(f"own.backend_{backend}"),
                help=say("own.backend_help"),
                horizontal=True,
            ),
        }
    return settings if is_known else None


def draw_training_settings() -> dict[str, Any]:
    """How to train a model on the text, from what ``clif train`` takes where nothing is said."""
    usual = TrainingSettings()

    def number(name: str, wording: str, low: float, high: float, format_: str | None = None) -> Any:
        value = getattr(usual, name)
        return st.number_input(say(wording), low, high, value, format=format_, key=f"train_{name}")

    st.caption(say("own.train_lead"))
    settings = {
        "dim": number("dim", "own.set_dim", 2, 1_000),
        "window": number("window", "model.set_window", 1, 100),
        "epochs": number("epochs", "model.set_epochs", 1, 1_000),
        "min_count": number("min_count", "model.set_min_count", 1, 10_000),
    }
    with st.expander(say("own.more_settings"), icon=":material/tune:"):
        settings |= {
            "n_negatives": number("n_negatives", "model.set_negatives", 1, 100),
            "subsampling_threshold": number(
                "subsampling_threshold", "model.set_subsampling", 0.0, 1.0, "%.5f"
            ),
            "learning_rate": number(
                "learning_rate", "model.set_learning_rate", 0.0001, 1.0, "%.4f"
            ),
            "seed": number("seed", "model.set_seed", 0, 2**31 - 1),
            "unit": st.radio(
                say("own.unit"),
                ("sentence", "document"),
                format_func=lambda unit: say(f"own.unit_{unit}"),
                horizontal=True,
                key="train_unit",
            ),
        }
    return settings


def write_texts(folder: Path, files: Mapping[str, Upload]) -> dict[str, Path]:
    """Save the files of a text under names of ours; returns them by the names people know."""
    texts = folder / "texts"
    texts.mkdir()
    return {
        name: write_upload(texts, f"{number:06}", upload)
        for number, (name, upload) in enumerate(files.items())
    }


def write_upload(folder: Path, name: str, upload: Upload) -> Path:
    """Save an upload under a name of ours: nothing of it comes from the browser."""
    path = folder / name
    path.write_bytes(upload.getvalue())
    return path
