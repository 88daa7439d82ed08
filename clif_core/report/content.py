"""The content of a report as one JSON-able dictionary, the only source of every format.

HTML, Markdown and JSON of a report therefore agree, and a stored JSON can be rendered later.
Numbers are plain floats, None where undefined.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from clif_core import phrases
from clif_core.influence.estimators import find_estimator
from clif_core.measurement.probe_report import ProbeReport
from clif_core.measurement.probes_tried import ProbesTried
from clif_core.measurement.verdict import Verdict
from clif_core.probes import Probe, catalogue, question_key, word_sets
from clif_core.report.summary import limits, summary
from clif_core.report.tried import tried_content
from clif_core.report.what_if import history
from clif_core.sgns.bundle import Bundle
from clif_core.text.corpus import Corpus

__all__ = ["FORMAT_VERSION", "checksum", "collect", "sign", "signature"]

FORMAT_VERSION = 2
_MAX_NAME = 80  # characters of who signs
_SEED = 0  # of permutations, null probes and bootstrap: the default of ``measure``


def collect(
    bundle: Bundle,
    measured: ProbeReport,
    corpus: Corpus | None,
    attribution: Mapping[str, Any] | None,
    why_no_attribution: str,
    other: ProbeReport | None = None,
    made_on: date | None = None,
    what_if: Sequence[Mapping[str, Any]] = (),
    tried: ProbesTried | None = None,
) -> dict[str, Any]:
    """The content of a report; arguments as for ``document.make_report``.

    ``corpus`` and ``attribution`` are None where the text is not available; ``why_no_attribution``
    then gives the reason. ``checksum`` is of everything else, so that a stored report that was
    changed is known as such.
    """
    voice = phrases.voice(measured.probe, measured.value)
    content: dict[str, Any] = {
        "format": "clif-report",
        "format_version": FORMAT_VERSION,
        "title": phrases.probe_title(measured.probe),
        "question": phrases.question(measured),
        "noun": voice.noun,
        "headings": _headings(voice),
        "answer": phrases.answer(measured),
        "model": _model(bundle),
        "corpus": _corpus(bundle, corpus),
        "verdict": _verdict(measured.verdict),
        "probe": _probe(measured),
        "results": _results(measured, other),
        "attribution": dict(attribution) if attribution else None,
        "what_if": list(what_if),
        "tried": None if tried is None else tried_content(tried, question_key(measured.resolved)),
        "why_no_attribution": "" if attribution else why_no_attribution,
    }
    content["summary"] = summary(content)
    content["limits"] = limits(content, measured.notes)
    content["provenance"] = _provenance(content, measured.probe, made_on)
    content["provenance"]["signed_by"] = ""
    plain: dict[str, Any] = _plain(content)
    return plain | {"checksum": checksum(plain)}


def _headings(voice: phrases.Voice) -> dict[str, list[str]]:
    """Title and lead of the two kinds of text; first that which the question asks for."""
    told = {
        "lowers": ("raising", [voice.raising, voice.raising_lead]),
        "raises": ("lowering", [voice.lowering, voice.lowering_lead]),
    }
    return dict(told[removed] for removed in voice.sides)


def sign(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The content with the name of who answers for it, and a checksum that covers the name."""
    provenance = {**content["provenance"], "signed_by": " ".join(name.split())[:_MAX_NAME]}
    signed = {**content, "provenance": provenance}
    return signed | {"checksum": checksum(signed)}


def checksum(content: Mapping[str, Any]) -> str:
    """A hash of a report's content but for the checksum in it; 64 hexadecimal digits."""
    rest = {name: value for name, value in content.items() if name != "checksum"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def signature(content: Mapping[str, Any]) -> str:
    """Who made the report and when, and the beginning of its checksum; earlier ones have none."""
    made = content["provenance"]
    name, found = made.get("signed_by"), content.get("checksum")
    parts = [f"Signed by {name}" if name else "", made["made_on"]]
    return " · ".join(filter(None, [*parts, f"checksum {found[:12]}" if found else ""]))


def _model(bundle: Bundle) -> dict[str, Any]:
    model, card = bundle.model, bundle.card
    return {
        "name": model.name,
        "title": str(card.get("title") or model.name),
        "description": str(card.get("description") or ""),
        "licence": str(card.get("licence") or "not stated"),
        "content_hash": model.content_hash,
        "n_words": model.n_words,
        "dim": model.dim,
        "settings": model.settings.to_dict() if model.settings else None,
        "other_seeds": list(model.other_seeds),
        "has_fitted_contexts": bundle.has_fitted_contexts,
        "has_assumed_settings": bundle.has_assumed_settings,
        "history": history(card),
    }


def _corpus(bundle: Bundle, corpus: Corpus | None) -> dict[str, Any]:
    about = dict(bundle.card.get("corpus") or {})
    found: dict[str, Any] = {
        "title": str(about.get("title") or about.get("name") or "unknown"),
        "source": str(about.get("source") or "not stated"),
        "content_hash": bundle.model.corpus_hash,
        "is_here": corpus is not None,
    }
    if corpus is not None:
        found |= {
            "licence": str(corpus.about.get("licence") or "not stated"),
            "n_documents": corpus.n_documents,
            "n_sentences": corpus.n_sentences,
            "n_tokens": corpus.n_tokens,
        }
    return found


def _probe(measured: ProbeReport) -> dict[str, Any]:
    probe = measured.probe
    entry = next((e for e in catalogue() if e.probe.key == probe.key), None)
    return {
        "name": probe.name,
        "key": probe.key,
        "definition": probe.to_dict(),
        "description": entry.description if entry else "",
        "source": entry.source.citation if entry else "written by whoever made this report",
        "is_shipped": entry is not None,
        "meaning": measured.meaning,
        "formulae": sys.modules[type(probe).__module__].__doc__ or measured.meaning,
        "sets": [
            {
                "label": part.label,
                "source": _source_of(part.words),
                "n_named": len(part.words),
                "n_found": len(found),
                "lost": list(found.out_of_vocabulary),
                "matched": [match.note for match in found.matches if match.word is not None],
            }
            for part, found in zip(
                probe.named_sets,
                (found for found in measured.resolved.sets if not found.is_pool),
                strict=True,
            )
        ],
    }


def _source_of(words: Sequence[str]) -> str:
    """The short name of the source whose shipped set has exactly these words."""
    for shipped in word_sets().values():
        if [w.lower() for w in shipped.words] == [w.lower() for w in words]:
            return shipped.source.name
    return "own words"


def _results(measured: ProbeReport, other: ProbeReport | None) -> dict[str, Any]:
    test, nulls, seeds = measured.permutation, measured.nulls, measured.seeds
    intervals = {_quantity(m): m.interval for m in (measured, other) if m is not None}
    return {
        "quantity": _quantity(measured),
        "value": measured.value,
        "quantities": dict(measured.quantities),
        "intervals": {
            name: None if i is None else [i.low, i.high, i.level, i.n_draws]
            for name, i in intervals.items()
        },
        "permutation": None
        if test is None
        else {
            "p_one_sided": test.p_one_sided,
            "p_two_sided": test.p_two_sided,
            "scheme": test.scheme,
            "n_draws": test.n_draws,
        },
        "nulls": None
        if nulls is None
        else {
            "n": len(nulls.values),
            "mean": nulls.mean,
            "std": nulls.std,
            "p_two_sided": nulls.p_two_sided,
            "replaced": list(nulls.replaced),
        },
        "seeds": None
        if seeds is None
        else {
            "values": {str(seed): value for seed, value in seeds.values.items()},
            "mean": seeds.mean,
            "std": seeds.std,
        },
        "words": measured.words.to_dict("records"),
        "notes": list(measured.notes),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "kind": verdict.kind,
        "name": phrases.verdict_name(verdict),
        "reason": phrases.verdict_reason(verdict),
        "smallest_p": verdict.smallest_p,
        "n_agreeing": verdict.n_agreeing,
        "trainings": [
            {**asdict(training), "p": training.p, "is_detected": training.is_detected}
            for training in verdict.trainings
        ],
    }


def _quantity(measured: ProbeReport) -> str:
    return str(getattr(measured.probe, "quantity", "value"))


def _provenance(content: Mapping[str, Any], probe: Probe, made_on: date | None) -> dict[str, Any]:
    question = probe.name if content["probe"]["is_shipped"] else "probe.json"
    model = shlex.quote(content["model"]["name"])
    commands = [f"clif probe {model} {shlex.quote(question)}"]
    chosen = ""
    if content["attribution"]:
        estimator = content["attribution"]["estimator"]
        chosen = f" --estimator {estimator}"
        damping = (
            ""
            if find_estimator(estimator).is_of_runs
            else f" --damping {content['attribution']['damping']:g}"
        )
        commands.append(f"clif influence {model} {shlex.quote(question)}{chosen}{damping}")
    commands.append(f"clif report {model} {shlex.quote(question)}{chosen} --output report.html")
    return {
        "made_on": str(made_on or datetime.now(UTC).date()),
        "commands": commands,
        "needs_probe_file": not content["probe"]["is_shipped"],
        "seed": _SEED,
        "versions": {name: _version(name) for name in ("clif-dashboard", "torch", "numpy")}
        | {"python": platform.python_version()},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _plain(value: Any) -> Any:
    """The value in the types of JSON; NaN and infinity become None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value if value is None else str(value)
