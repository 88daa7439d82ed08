"""The report as a page of HTML: inline style, no script, nothing loaded from anywhere.

The templates hold the markup; this module gives them the content and what follows from it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from clif_core.phrases import interval, number, p_value, sentence_case, spread
from clif_core.report.case import boxes
from clif_core.report.chart import association_svg
from clif_core.report.content import signature
from clif_core.report.passages import text_tables
from clif_core.report.rendering import render
from clif_core.report.sections import BOX_MARKS, BOX_TITLES, TITLES, WARNING
from clif_core.report.summary import NAMES
from clif_core.report.training import training_told
from clif_core.report.tried import TRIED_HEADS, tried_lead, tried_rows
from clif_core.report.what_if import what_if_tables

__all__ = ["body", "page"]

Content = Mapping[str, Any]
_FONTS = {
    "Source Sans 3": "source-sans-3-latin-wght-normal.woff2",
    "Source Serif 4": "source-serif-4-latin-wght-normal.woff2",
}
_ALT = "Association of each word; the table below has the same figures."


def page(content: Content, sections: Sequence[str]) -> str:
    """The whole file. Its policy forbids scripts and every address outside the file."""
    values = _values(content, sections)
    return (
        render("page.html", **values, plot=Markup("").join(_plots(content)), fonts=_fonts()) + "\n"
    )


@cache
def _fonts() -> list[dict[str, str]]:
    """The page's two typefaces, so that it looks the same on every machine (SIL OFL 1.1)."""
    folder = files("clif_core.report") / "fonts"
    return [
        {"family": family, "data": base64.b64encode((folder / name).read_bytes()).decode()}
        for family, name in _FONTS.items()
    ]


def body(content: Content, sections: Sequence[str], colours: str) -> str:
    """The report for a page that has its own head and removes SVG, as Streamlit does.

    The plot becomes an image. ``colours`` declares the CSS variables --clif-... inside it.
    """
    image = Markup('<img class="{}" src="data:image/svg+xml;base64,{}" alt="{}">')
    plots = _plots(content, f"svg{{{colours}}}")
    plot = Markup("").join(
        image.format(kind, base64.b64encode(svg.encode()).decode(), _ALT)
        for kind, svg in zip(("r-plot r-wide", "r-plot r-narrow"), plots, strict=True)
        if svg
    )
    return render("body.html", **_values(content, sections), plot=plot)


def _values(content: Content, sections: Sequence[str]) -> dict[str, Any]:
    return {
        "content": content,
        "boxes": boxes(content),
        "signature": signature(content),
        "box_marks": BOX_MARKS,
        "box_titles": BOX_TITLES,
        "sections": sections,
        "titles": TITLES,
        "warning": WARNING,
        "cells": _cells(content["results"]),
        "scope": _scope(content),
        "provenance": _provenance(content),
        "what_if": what_if_tables(content),
        "tried": {"lead": tried_lead(content), "heads": TRIED_HEADS, "rows": tried_rows(content)},
        **text_tables(content),
    }


def _plots(content: Content, style: str = "") -> tuple[Markup, Markup]:
    """The association plot of a probe with four sets, wide and narrow; empty for any other.

    The sheet shows the one for its width.
    """
    labels = [part["label"] for part in content["probe"]["sets"]]
    if len(labels) != 4:
        return Markup(""), Markup("")
    words = content["results"]["words"]
    given = words, (labels[0], labels[1]), (labels[2], labels[3]), style
    return association_svg(*given), association_svg(*given, is_narrow=True)


def _cells(results: Content) -> list[dict[str, str]]:
    """The figures of the summary: label, figure, note."""
    cells, own = [], results["value"]
    for name in ("effect_size", "difference", "value"):
        if name in results["quantities"]:
            given = results["intervals"].get(name)
            note = interval(*given[:3]) if given else ""
            figure = number(results["quantities"][name], 3)
            cells.append((sentence_case(NAMES[name]), figure, note))
    test, nulls, seeds = results["permutation"], results["nulls"], results["seeds"]
    if test:
        how = "all {:,} splits" if test["scheme"] == "exact" else "{:,} random splits"
        cells.append(("By chance", p_value(test["p_two_sided"]), how.format(test["n_draws"])))
    if nulls:
        as_far = f"this far from 0: {p_value(nulls['p_two_sided'])}"
        cells.append(("Random words give", spread(nulls["mean"], nulls["std"], own), as_far))
    if seeds:
        n_trainings = f"{len(seeds['values'])} trainings"
        cells.append(("Over trainings", spread(seeds["mean"], seeds["std"], own), n_trainings))
    return [{"label": label, "figure": figure, "note": note} for label, figure, note in cells]


def _scope(content: Content) -> list[tuple[str, str]]:
    model, corpus = content["model"], content["corpus"]
    size = "not at hand when this report was made"
    if corpus["is_here"]:
        size = (
            f"{corpus['n_documents']:,} documents, {corpus['n_sentences']:,} sentences, "
            f"{corpus['n_tokens']:,} words"
        )
    return [
        ("Model", f"{model['title']} ({model['name']})"),
        ("About it", model["description"]),
        ("Size", f"{model['n_words']:,} words, {model['dim']} dimensions"),
        ("Model hash", model["content_hash"]),
        ("Model licence", model["licence"]),
        ("Training", training_told(model["settings"])),
        ("Further seeds", ", ".join(map(str, model["other_seeds"]))),
        ("Text", f"{corpus['title']}: {size}"),
        ("Source of the text", corpus["source"]),
        ("Text hash", corpus["content_hash"] or "unknown"),
        ("Text licence", corpus.get("licence", "")),
    ]


def _provenance(content: Content) -> list[tuple[str, str]]:
    made, probe = content["provenance"], content["probe"]
    return [
        ("Made on", made["made_on"]),
        ("Signed by", made.get("signed_by") or ""),
        ("Checksum of the content", content.get("checksum") or ""),
        ("Versions", ", ".join(f"{name} {value}" for name, value in made["versions"].items())),
        ("Random seed", f"{made['seed']} (permutations, null probes, bootstrap)"),
        ("Probe", f"{probe['name']} ({probe['key']})"),
    ]
