"""The report as Markdown, for notes, issues and repositories."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from clif_core.phrases import REMOVED, fixed, pulls, removal, through, together
from clif_core.report.case import boxes
from clif_core.report.content import signature
from clif_core.report.passages import asked, fidelity, of_which_value, sure_cells
from clif_core.report.sections import BOX_MARKS, BOX_TITLES, TITLES, WARNING
from clif_core.report.training import training_told
from clif_core.report.tried import TRIED_HEADS, tried_lead, tried_rows
from clif_core.report.what_if import what_if_tables

__all__ = ["markdown"]

Content = Mapping[str, Any]
_SURE = ("Interval", "Trainings")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def _safe(text: object) -> str:
    """Text on one line, with every character escaped that Markdown or HTML interprets."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def markdown(content: Content, sections: Sequence[str]) -> str:
    """The chosen sections, in the report's order."""
    draw: dict[str, Callable[[], list[str]]] = {
        "case": lambda: _case(content),
        "summary": lambda: [*map(_safe, content["summary"])],
        "scope": lambda: _scope(content),
        "words": lambda: _words(content),
        "results": lambda: _results(content),
        "text": lambda: _text(content),
        "what_if": lambda: _what_if(content),
        "limits": lambda: [_bullets(content["limits"])],
        "tried": lambda: _tried(content),
        "provenance": lambda: _provenance(content),
    }
    head = [
        f"# {_safe(content['question'])}",
        f"Audit report of a word embedding: {_safe(content['title'])}, on "
        f"{_safe(content['model']['title'])}. {_safe(signature(content))}.",
    ]
    blocks = [
        block
        for name, title in TITLES.items() if name in sections
        for block in (f"## {title}", *draw[name]())
    ]  # fmt: skip
    return "\n\n".join([*head, *blocks]) + "\n"


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {_safe(item)}" for item in items)


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _case(content: Content) -> list[str]:
    rows = [
        (BOX_TITLES[b.name], f"{BOX_MARKS[b.state]} {b.told}", _safe(b.finding))
        for b in boxes(content)
    ]
    return [_table(("Evidence", "", "Finding"), rows)]


def _scope(content: Content) -> list[str]:
    model, corpus = content["model"], content["corpus"]
    facts = [
        f"Model: {model['title']} ({model['name']}), {model['n_words']:,} words, "
        f"{model['dim']} dimensions, hash {model['content_hash']}",
        f"Model licence: {model['licence']}",
        f"Training: {training_told(model['settings'])}",
        f"Text: {corpus['title']}, from {corpus['source']}, hash {corpus['content_hash']}",
    ]
    if corpus["is_here"]:
        facts.append(
            f"Size of the text: {corpus['n_documents']:,} documents, {corpus['n_sentences']:,} "
            f"sentences, {corpus['n_tokens']:,} words; licence: {corpus['licence']}"
        )
    return [_bullets(facts)]


def _words(content: Content) -> list[str]:
    probe, words = content["probe"], content["results"]["words"]
    blocks = [_safe(probe["meaning"])]
    for part in probe["sets"]:
        own = [w for w in words if w["set"] == part["label"]]
        found = ", ".join(f"{_safe(w['word'])} ({w['count']:,})" for w in own if not w["is_lost"])
        lost = ", ".join(_safe(w) for w in part["lost"])
        tail = f" Not in the model: {lost}." if lost else ""
        blocks.append(f"**{_safe(part['label'])}** ({_safe(part['source'])}): {found}.{tail}")
    fence = "\n".join(f"    {line}" for line in probe["formulae"].strip().splitlines())
    return [*blocks, fence, f"Source of the probe: {_safe(probe['source'])}"]


def _results(content: Content) -> list[str]:
    rows = [
        (_safe(w["word"]), _safe(w["set"]), f"{w['count']:,}", fixed(w["association"]),
         fixed(w["value_without"]), fixed(w["carried"], 4))
        for w in content["results"]["words"] if not w["is_lost"]
    ]  # fmt: skip
    heads = ("Word", "Set", "Count", "Association", "Value without", "Carries")
    notes = content["results"]["notes"]
    return [_table(heads, rows), *([_bullets(notes)] if notes else [])]


def _text(content: Content) -> list[str]:
    found = content["attribution"]
    if found is None:
        return [f"Not traced: {_safe(content['why_no_attribution'])}"]
    blocks = [_safe(asked(found)), _safe(of_which_value(found)), _safe(REMOVED), WARNING]
    for side in content["headings"]:
        title, lead = content["headings"][side]
        blocks += [f"### {_safe(title)}", _safe(lead)]
        blocks += [_quote(sentence, content["noun"]) for sentence in found[side]]
    effects = together(*(d["effect"] for d in found["documents"]), is_signed=True)
    rows = [
        (_safe(d["title"]), f"{d['n_tokens']:,}", effect, *sure_cells(d))
        for d, effect in zip(found["documents"], effects, strict=True)
    ]
    sure = _SURE if found.get("runs") else ()
    heads = ("Document", "Words", "Effect of removing it", *sure)
    blocks += ["### Documents", _table(heads, rows)]
    for group in found["groups"]:
        per_1000 = together(*(r["effect_per_1000"] for r in group["rows"]), is_signed=True)
        effects = together(*(r["effect"] for r in group["rows"]), is_signed=True)
        rows = [
            (_safe(r["value"]), *told, *sure_cells(r))
            for r, *told in zip(group["rows"], per_1000, effects, strict=True)
        ]
        heads = (_safe(group["column"]), "Per 1,000 words", "Effect", *sure)
        blocks += [f"### By {_safe(group['column'])}", _table(heads, rows)]
    return [*blocks, "### How far to trust these effects", *map(_safe, fidelity(found))]


def _what_if(content: Content) -> list[str]:
    blocks: list[str] = []
    for table in what_if_tables(content):
        blocks.append(_safe(table.lead))
        if table.rows:
            blocks.append(
                _table(table.heads, [[_safe(cell) for cell in row] for row in table.rows])
            )
    return blocks


def _tried(content: Content) -> list[str]:
    rows = [[_safe(cell) for cell in row] for row in tried_rows(content)]
    return [_safe(tried_lead(content)), *([_table(TRIED_HEADS, rows)] if rows else [])]


def _quote(sentence: Content, noun: str) -> str:
    about = ", ".join([sentence["title"], *sentence["about"].values()])
    words = [_safe(word) for word in sentence["through"]]
    carried = through(words, sentence["n_carriers"], sentence["is_mostly_one"])
    sure = "".join(f"; {cell}" for cell in sure_cells(sentence))
    return (
        f"> {_safe(sentence['text'])}\n>\n"
        f"> **{_safe(pulls(sentence.get('pull'), sentence['effect'], noun))}.**"
        f" {_safe(removal(sentence['effect'], noun))}{sure}"
        f"{'; ' * bool(carried)}{carried}. "
        f"*{_safe(about)}*"
    )


def _provenance(content: Content) -> list[str]:
    made = content["provenance"]
    versions = ", ".join(f"{k} {v}" for k, v in made["versions"].items())
    commands = "\n".join(f"    {' '.join(command.split())}" for command in made["commands"])
    facts = [f"Versions: {versions}", f"Random seed: {made['seed']}",
             f"Probe: {content['probe']['name']} ({content['probe']['key']})"]  # fmt: skip
    return [_bullets(facts), "To reproduce:", commands]
