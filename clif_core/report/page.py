"""The report as a page of HTML: inline style, no script, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from clif_core.report.chart import association_svg
from clif_core.report.content import NAMES
from clif_core.report.passages import text_section
from clif_core.report.what_if import what_if_section
from clif_core.report.wording import fixed, number, p_value

__all__ = ["body", "page"]

Content = Mapping[str, Any]
_STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
_LIGHT = (
    "--clif-paper:#FCFBF8;--clif-panel:#F3F0E9;--clif-ink:#1E242B;--clif-ink-soft:#5C626A;"
    "--clif-rule:#DDD8CC;--clif-raises:#C2540A;--clif-lowers:#2166AC;--clif-set-x:#00796B;"
    "--clif-set-y:#8E3A80;"
)
_DARK = (
    "--clif-paper:#15181C;--clif-panel:#1F2429;--clif-ink:#ECE9E2;--clif-ink-soft:#A9AFB6;"
    "--clif-rule:#3A4047;--clif-raises:#F59B5B;--clif-lowers:#7DB4EA;--clif-set-x:#4DC3B3;"
    "--clif-set-y:#D793CB;"
)
_HEAD = (
    f":root{{color-scheme:light dark;{_LIGHT}}}"
    f"@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}"
    f"@media print{{:root{{color-scheme:light;{_LIGHT}--clif-paper:#fff;}}}}"
    "body{margin:0;background:var(--clif-paper);}"
)
WARNING = "The sentences are quoted from the training text as they stand, and may offend."


def page(content: Content, sections: Sequence[str]) -> str:
    """The whole file. Its policy forbids scripts and every address outside the file."""
    title = html.escape(f"{content['question']} · {content['model']['title']}")
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_HEAD}{_STYLE}</style></head>"
        f"<body>{_article(content, sections, _inline_plot)}</body></html>\n"
    )


def body(content: Content, sections: Sequence[str], colours: str) -> str:
    """The same for a page that brings its own head and lets no SVG through, as Streamlit's.

    ``colours`` declares the CSS variables --clif-..., as ``svg { ... }`` reads them in an image.
    """

    def image(content: Content) -> str:
        plot = _plot(content, f"svg{{{colours}}}")
        if not plot:
            return ""
        data = base64.b64encode(plot.encode()).decode()
        alt = html.escape("Association of each word; the table below has the same figures.")
        return f'<img class="r-plot" src="data:image/svg+xml;base64,{data}" alt="{alt}">'

    return f"<style>{_STYLE}</style>{_article(content, sections, image)}"


def _article(content: Content, sections: Sequence[str], draw_plot: Callable[[Content], str]) -> str:
    draw: dict[str, Callable[[], str]] = {
        "summary": lambda: _section("summary", "Summary", _summary(content)),
        "scope": lambda: _section("scope", "Model and text", _scope(content)),
        "words": lambda: _section("words", "The question, in words", _words(content)),
        "results": lambda: _section("results", "What was measured", _results(content, draw_plot)),
        "text": lambda: _section("text", "The text behind it", text_section(content, WARNING)),
        "what_if": lambda: _section("what_if", "What if", what_if_section(content)),
        "limits": lambda: _section("limits", "What may not be concluded", _list(content["limits"])),
        "provenance": lambda: _section("provenance", "Provenance", _provenance(content)),
    }
    made = html.escape(content["provenance"]["made_on"])
    model = html.escape(content["model"]["title"])
    head = (
        f'<header><p class="r-kicker">Audit report of a word embedding · {made}</p>'
        f"<h1>{html.escape(content['question'])}</h1>"
        f'<p class="r-sub">{html.escape(content["title"])} · {model}</p></header>'
    )
    chosen = "".join(draw[name]() for name in draw if name in sections)
    return f'<article class="clif-report">{head}{chosen}</article>'


def _section(name: str, title: str, inside: str) -> str:
    return f'<section class="r-{name}"><h2>{html.escape(title)}</h2>{inside}</section>'


def _list(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(item)}</li>" for item in items) + "</ul>"


def _summary(content: Content) -> str:
    first, _, *rest = content["summary"]  # the second says what the cells say
    said = "".join(f"<p>{html.escape(text)}</p>" for text in rest)
    return f'<p class="r-answer">{html.escape(first)}</p>{_cells(content)}{said}'


def _cells(content: Content) -> str:
    results, cells = content["results"], []
    for name in ("effect_size", "difference", "value"):
        if name in results["quantities"]:
            interval = results["intervals"].get(name)
            note = ""
            if interval:
                low, high = (number(x, 3) for x in interval[:2])
                note = f"{round(100 * interval[2])} % interval {low} to {high}"
            label = NAMES[name][:1].upper() + NAMES[name][1:]
            cells.append((label, number(results["quantities"][name], 3), note))
    test, nulls, seeds = results["permutation"], results["nulls"], results["seeds"]
    if test:
        how = "all {:,} splits" if test["scheme"] == "exact" else "{:,} random splits"
        cells.append(("By chance", p_value(test["p_two_sided"]), how.format(test["n_draws"])))
    if nulls:
        spread = f"{number(nulls['mean'])} ± {number(nulls['std'])}"
        as_far = f"as far from 0: {p_value(nulls['p_two_sided'])}"
        cells.append(("Random words give", spread, as_far))
    if seeds:
        spread = f"{number(seeds['mean'])} ± {number(seeds['std'])}"
        cells.append(("Over seeds", spread, f"{len(seeds['values'])} trainings"))
    return '<div class="r-cells">' + "".join(
        f"<div><b>{html.escape(a)}</b><strong>{html.escape(b)}</strong>"
        f"<small>{html.escape(c)}</small></div>" for a, b, c in cells
    ) + "</div>"  # fmt: skip


def _scope(content: Content) -> str:
    model, corpus = content["model"], content["corpus"]
    settings = model["settings"] or {}
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items())
    size = "not at hand when this report was made"
    if corpus["is_here"]:
        size = (
            f"{corpus['n_documents']:,} documents, {corpus['n_sentences']:,} sentences, "
            f"{corpus['n_tokens']:,} words"
        )
    seeds = ", ".join(map(str, model["other_seeds"]))
    facts = [
        ("Model", f"{model['title']} ({model['name']})"),
        ("About it", model["description"]),
        ("Size", f"{model['n_words']:,} words, {model['dim']} dimensions"),
        ("Model hash", model["content_hash"]),
        ("Model licence", model["licence"]),
        ("Training", told or "settings unknown"),
        ("Further seeds", seeds),
        ("Text", f"{corpus['title']}: {size}"),
        ("Source of the text", corpus["source"]),
        ("Text hash", corpus["content_hash"] or "unknown"),
        ("Text licence", corpus.get("licence", "")),
    ]
    return _facts(facts)


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>"
        for name, value in facts
        if value
    )
    return f"<dl>{rows}</dl>"


def _words(content: Content) -> str:
    probe, words = content["probe"], content["results"]["words"]
    sets = []
    for part in probe["sets"]:
        own = [w for w in words if w["set"] == part["label"]]
        found = ", ".join(
            f"{html.escape(w['word'])}&nbsp;<small>{w['count']:,}</small>"
            for w in own if not w["is_lost"]
        )  # fmt: skip
        lost = "".join(_lost(w) for w in own if w["is_lost"])
        sets.append(
            f'<div class="r-set"><h3>{html.escape(part["label"])}</h3>'
            f'<p>{found or "all words of the model"}</p>{lost}<p class="r-small">'
            f"{part['n_found']:,} of {part['n_named']:,} words found · "
            f"{html.escape(part['source'])}</p></div>"
        )
    about = " ".join(text for text in (probe["description"], probe["meaning"]) if text)
    return (
        f"<p>{html.escape(about)} The figure after a word is how often the text has it.</p>"
        f'<div class="r-sets">{"".join(sets)}</div><h3>Definition</h3>'
        f"<pre>{html.escape(probe['formulae'].strip())}</pre>"
        f'<p class="r-small">Source of the probe: {html.escape(probe["source"])}</p>'
    )


def _lost(word: Content) -> str:
    near = f" (near: {html.escape(word['nearest'])})" if word["nearest"] else ""
    return f'<p class="r-small">Not in the model: <s>{html.escape(word["word"])}</s>{near}</p>'


def _results(content: Content, draw_plot: Callable[[Content], str]) -> str:
    notes = _list(content["results"]["notes"]) if content["results"]["notes"] else ""
    return f"{draw_plot(content)}{_word_table(content)}{notes}"


def _inline_plot(content: Content) -> str:
    return _plot(content, "")


def _plot(content: Content, style: str) -> str:
    labels = [part["label"] for part in content["probe"]["sets"]]
    if len(labels) != 4:
        return ""
    return association_svg(
        content["results"]["words"], (labels[0], labels[1]), (labels[2], labels[3]), style
    )


def _word_table(content: Content) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(w['word'])}</td><td>{html.escape(w['set'])}</td>"
        f"<td>{w['count']:,}</td><td>{fixed(w['association'])}</td>"
        f"<td>{fixed(w['value_without'])}</td><td>{fixed(w['carried'], 4)}</td></tr>"
        for w in content["results"]["words"] if not w["is_lost"]
    )  # fmt: skip
    return (
        "<table><caption>Each word: its association, the probe’s value without it, and what it "
        "carries (value minus value without it).</caption><thead><tr><th>Word</th><th>Set</th>"
        "<th>Count</th><th>Association</th><th>Value without</th><th>Carries</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _provenance(content: Content) -> str:
    made = content["provenance"]
    versions = ", ".join(f"{name} {value}" for name, value in made["versions"].items())
    facts = [
        ("Made on", made["made_on"]),
        ("Versions", versions),
        ("Random seed", f"{made['seed']} (permutations, null probes, bootstrap)"),
        ("Probe", f"{content['probe']['name']} ({content['probe']['key']})"),
    ]
    commands = html.escape("\n".join(made["commands"]))
    ask = "<p>To reproduce:</p>"
    if made["needs_probe_file"]:
        ask = "<p>To reproduce, save this probe as a file with “Probe as a file” and run:</p>"
    return f"{_facts(facts)}{ask}<pre>{commands}</pre>"
