"""The report as an object, written in any of its formats."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clif_core.errors import FormatError, InputError
from clif_core.influence.result import Influence
from clif_core.measurement.probe_report import ProbeReport, measure
from clif_core.measurement.probes_tried import ProbesTried
from clif_core.probes import Probe, Quantity, Weat
from clif_core.report.attribution import attribute
from clif_core.report.content import FORMAT_VERSION, checksum, collect, sign
from clif_core.report.markdown import markdown
from clif_core.report.page import body, page
from clif_core.report.sections import SECTIONS
from clif_core.report.what_if import with_prediction
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram

if TYPE_CHECKING:  # the engine brings torch, which a card without one need not wait for
    from clif_core.influence.engine import InfluenceEngine

__all__ = ["FORMATS", "SECTIONS", "Report", "make_report", "measure_both"]

FORMATS = ("html", "md", "json")
MAX_SENTENCES = 200


@dataclass(frozen=True, eq=False)
class Report:
    """A report's content (JSON-able, see ``content.collect``) and the sections to write."""

    content: Mapping[str, Any]
    sections: tuple[str, ...] = SECTIONS

    def __post_init__(self) -> None:
        unknown = [name for name in self.sections if name not in SECTIONS]
        if unknown:
            raise InputError(f"unknown sections {unknown}; a report has: {', '.join(SECTIONS)}.")

    def signed(self, name: str) -> Report:
        """The same report with the name of who answers for it; "" for none."""
        return replace(self, content=sign(self.content, name))

    def to_html(self) -> str:
        """One page that opens anywhere, without script or network."""
        return page(self.content, self.sections)

    def to_body(self, colours: str) -> str:
        """The page without its head, see ``page.body``; ``colours``: CSS variables."""
        return body(self.content, self.sections, colours)

    def to_markdown(self) -> str:
        return markdown(self.content, self.sections)

    def to_json(self) -> str:
        """The whole content, of every section; ``from_json`` reads it back."""
        return json.dumps(self.content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Raises FormatError for anything but a report of this version."""
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FormatError(f"this is not JSON, so not a report: {error}.") from error
        if not isinstance(content, dict) or content.get("format") != "clif-report":
            raise FormatError("this JSON is not a report: its 'format' is not 'clif-report'.")
        if content.get("format_version") != FORMAT_VERSION:
            raise FormatError(
                f"this report has format version {content.get('format_version')!r}; this program "
                f"reads {FORMAT_VERSION}. Make the report again."
            )
        if content.get("checksum") not in (None, checksum(content)):
            raise FormatError(
                "this report was changed after it was made: its checksum is wrong. Ask whoever"
                " made it for the file as it was saved."
            )
        return cls(content)

    def save(self, path: Path) -> Path:
        """Write the format that the file's ending names; raises InputError for another."""
        write = {"html": self.to_html, "md": self.to_markdown, "json": self.to_json}
        ending = path.suffix.lower().removeprefix(".")
        if ending not in write:
            raise InputError(
                f"a report is written as .html, .md or .json, not {path.suffix or 'without ending'}"
                f" ({path.name})."
            )
        try:
            path.write_text(write[ending](), encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}.") from error
        return path


def measure_both(probe: Probe, model: SkipGram) -> tuple[ProbeReport, ProbeReport | None]:
    """The measurement of a probe, and for WEAT also that of its other figure, for its interval."""
    measured = measure(probe, model)
    if not isinstance(probe, Weat) or not math.isfinite(measured.quantities["effect_size"]):
        return measured, None
    other: Quantity = "difference" if probe.quantity == "effect_size" else "effect_size"
    other_probe = replace(probe, quantity=other)
    return measured, measure(other_probe, model, n_permutations=0, n_nulls=0)


def make_report(
    bundle: Bundle,
    measured: ProbeReport,
    *,
    engine: InfluenceEngine | None = None,
    influence: Influence | None = None,
    others: Sequence[Influence] = (),
    why_no_attribution: str = "the training text is not at hand.",
    other: ProbeReport | None = None,
    n_sentences: int = 10,
    sections: Sequence[str] = SECTIONS,
    made_on: date | None = None,
    what_if: Sequence[Mapping[str, Any]] = (),
    only_what_holds: bool = True,
    tried: ProbesTried | None = None,
) -> Report:
    """The report of a measurement, and of its influence on the text where that is given.

    Parameters
    ----------
    others : the same probe's influence by other estimators, to say how far they agree
    why_no_attribution : a sentence, for a report without ``influence``
    other : a WEAT's other figure (effect size beside difference of means), for its interval
    n_sentences : quoted each way, 1 to 200
    what_if : retrainings and fine-tunings for this probe (``tasks.history.results_for_report``)
    only_what_holds : quote and list only text whose effect holds over the runs of an ensemble
    tried : the probes tried on the model, this one among them; None where they are not known
    """
    if not 1 <= n_sentences <= MAX_SENTENCES:
        raise InputError(f"n_sentences must be 1 to {MAX_SENTENCES}, got {n_sentences}.")
    traced = None
    if engine is not None and influence is not None:
        traced = attribute(
            engine,
            influence,
            measured.resolved,
            n_sentences,
            others,
            only_what_holds=only_what_holds,
        )
    corpus = engine.corpus if engine is not None else None
    edits = [with_prediction(entry, engine, measured.resolved, influence) for entry in what_if]
    content = collect(
        bundle,
        measured,
        corpus,
        traced,
        why_no_attribution,
        other,
        made_on=made_on,
        what_if=edits,
        tried=tried,
    )
    return Report(content, tuple(sections))
