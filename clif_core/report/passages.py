"""The section of a report that quotes the text, with the words that carry the effect marked."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

from clif_core.influence.estimators import find_estimator
from clif_core.report.wording import number, percent, removal, signed, through

__all__ = ["fidelity", "quote_html", "text_section"]

Content = Mapping[str, Any]
_SIDES = {"raising": "raises", "lowering": "lowers"}


def fidelity(found: Content) -> list[str]:
    """What is known of how faithful the effects are, in sentences."""
    solution = found["solution"]
    entry = find_estimator(found["estimator"])
    said = [entry.care]
    for other in found["agreement"]:
        if other["spearman"] is not None:
            said.append(
                "On this probe its sentence effects and those of "
                f"{find_estimator(other['with']).in_sentence} correlate at "
                f"{number(other['spearman'])} by rank (Pearson {number(other['pearson'])}) over "
                f"{other['n']:,} sentences."
            )
    if entry.is_of_runs:
        said.append(f"Estimator: {found['estimator']}, no damping; {solution['note']}.")
        return said
    how = "solved to" if solution["converged"] else "not converged: stopped at"
    residual = f"{how} a relative residual of {solution['relative_residual']:.1e}"
    note = f"; {solution['note']}" if solution["note"] else ""
    said.append(
        f"Estimator: {found['estimator']}, damping {found['damping']:g} (unit: the Hessian of the "
        f"summed expected loss of one pass); {residual} in {solution['iterations']:,} steps{note}."
    )
    return said


def text_section(content: Content, warning: str) -> str:
    """The section's HTML; where the text was not traced, why."""
    found = content["attribution"]
    if found is None:
        return f"<p>Not traced: {html.escape(content['why_no_attribution'])}</p>"
    noun = content["noun"]
    said = "".join(f"<p>{html.escape(text)}</p>" for text in fidelity(found))
    lead = (
        "<p>An effect is the predicted change of the probe’s value when the text is left out of "
        f"training. The value is {number(found['probe_value'], 3)}. Orange with a solid line: the "
        "word raises the probe; blue with a broken line: it lowers it.</p>"
    )
    sides = "".join(
        _side(found[side], content["headings"][side], _SIDES[side], noun, found["probe_value"])
        for side in ("raising", "lowering")
    )
    return (
        f'{lead}<p class="r-warning">{html.escape(warning)}</p><div class="r-sides">{sides}</div>'
        f"<h3>How widely it is spread</h3>{_spread(found)}"
        f"<h3>Documents</h3>{_documents(found, noun)}"
        f"{''.join(_group(group) for group in found['groups'])}"
        f"<h3>How far to trust these effects</h3>{said}"
    )


def _side(
    sentences: Iterable[Content], heading: list[str], side: str, noun: str, value: float
) -> str:
    arrow = "▲" if side == "raises" else "▼"
    cards = "".join(_card(s, side, arrow, noun, value) for s in sentences)
    cards = cards or "<p>No sentence acts this way.</p>"
    title, lead = (html.escape(text) for text in heading)
    return (
        f'<div><h3 class="r-{side}"><span aria-hidden="true">{arrow}</span> {title}</h3>'
        f'<p class="r-small">{lead}</p>{cards}</div>'
    )


def _card(sentence: Content, side: str, arrow: str, noun: str, value: float) -> str:
    told = html.escape(removal(sentence["effect"], noun))
    share = ""
    if abs(value) >= 0.02 and abs(sentence["effect"]) <= abs(value):
        share = f" <small>{percent(abs(sentence['effect'] / value))} of it</small>"
    about = " · ".join([sentence["title"], *sentence["about"].values()])
    bold = [f"<b>{html.escape(word)}</b>" for word in sentence["through"]]
    carried = through(bold, sentence["n_carriers"], sentence["is_mostly_one"])
    return (
        f'<figure class="r-card r-card-{side}"><p class="r-effect"><span class="r-{side}" '
        f'aria-hidden="true">{arrow}</span> {told}{share}</p>'
        f"<blockquote>{quote_html(sentence)}</blockquote>"
        f"<figcaption>{html.escape(about)}{' · ' * bool(carried)}{carried}</figcaption></figure>"
    )


def quote_html(sentence: Content) -> str:
    """The quoted text with its marks; every character of it escaped."""
    text, pieces, at = sentence["text"], [], 0
    for start, end, kind, side, strength in sentence["marks"]:
        tag = "mark" if kind == "centre" else "u"
        pieces.append(html.escape(text[at:start]))
        pieces.append(
            f'<{tag} class="r-{html.escape(side)}" style="--s:{float(strength):.2f}">'
            f"{html.escape(text[start:end])}</{tag}>"
        )
        at = end
    return "".join(pieces) + html.escape(text[at:])


def _spread(found: Content) -> str:
    shares = ", ".join(
        f"the strongest {int(n):,} hold {percent(s)}" for n, s in found["shares"].items()
    )
    tail = f" Of the sum of all effects, signs aside, {shares}." if shares else ""
    return (
        f"<p>{found['n_with_effect']:,} of {found['n_sentences']:,} sentences have an effect."
        f"{tail}</p>"
    )


def _documents(found: Content, noun: str) -> str:
    return _bars(
        ("Document", "Words", f"Removing it changes {noun} by"),
        [(d["title"], f"{d['n_tokens']:,}", d["effect"]) for d in found["documents"]],
    )


def _group(group: Content) -> str:
    name = html.escape(group["column"].replace("_", " "))
    n, n_shown = group["n_groups"], len(group["rows"])
    of = f" ({n_shown:,} of {n:,})" if n > n_shown else ""
    table = _bars(
        (group["column"].replace("_", " ").capitalize(), "Per 1,000 words", "Effect"),
        [(r["value"], signed(r["effect_per_1000"]), r["effect"]) for r in group["rows"]],
    )
    return f"<h3>By {name}{of}</h3>{table}"


def _bars(heads: tuple[str, str, str], rows: list[tuple[str, str, float]]) -> str:
    """A table whose last column carries a bar: left and blue-free words say it too."""
    most = max((abs(effect) for *_, effect in rows), default=1.0) or 1.0
    cells = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(note)}</td>"
        f'<td class="r-bar"><i class="r-{"raises" if effect < 0 else "lowers"}" '
        f'style="width:{62 * abs(effect) / most:.0f}%"></i><span>{signed(effect)}</span></td></tr>'
        for name, note, effect in rows
    )
    titles = "".join(f"<th>{html.escape(head)}</th>" for head in heads)
    return f"<table class='r-bars'><thead><tr>{titles}</tr></thead><tbody>{cells}</tbody></table>"
