"""The sentences of a report that sum up its figures, and those that limit them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clif_core import phrases
from clif_core.influence.estimators import find_estimator
from clif_core.report.tried import UNKNOWN, correction

__all__ = ["NAMES", "left_out", "limits", "summary"]

Content = Mapping[str, Any]
#: What the figures of a probe are called, within a sentence.
NAMES = {
    "difference": "difference of means",
    "effect_size": "effect size",
    "statistic": "test statistic",
    "value": "value",
}


def summary(content: Content) -> list[str]:
    """The summary's sentences: the answer, its figures, then what supports or limits them.

    Reports stored by earlier releases have no verdict.
    """
    results = content["results"]
    said = [content["answer"], _figures(results)]
    if verdict := content.get("verdict"):
        said.append(f"{verdict['name']}. {verdict['reason']}")
    said += [correction(content)] if correction(content) else []
    nulls, seeds = results["nulls"], results["seeds"]
    if nulls is not None:
        said.append(
            "The same probe with random words of like frequency gives "
            f"{phrases.spread(nulls['mean'], nulls['std'], results['value'])}"
            f" ({nulls['n']:,} draws; as far from zero as this one:"
            f" {phrases.p_value(nulls['p_two_sided'])})."
        )
    if seeds is not None:
        said.append(
            f"Over {len(seeds['values'])} trainings that differ in the random seed alone it runs"
            f" from {phrases.span(*seeds['values'].values())}."
        )
    said += [left_out(content)] if left_out(content) else []
    if content["attribution"]:
        said += _attribution_summary(content)
    else:
        said.append(f"Not traced back to text: {content['why_no_attribution']}")
    return said


def left_out(content: Content) -> str:
    """The words of the probe that the model lacks; "" where it has all of them."""
    sets = (content.get("probe") or {}).get("sets") or ()
    unknown = [word for part in sets for word in part["lost"]]
    return f"Not in the model, so left out: {', '.join(unknown)}." if unknown else ""


def _figures(results: Content) -> str:
    parts = []
    for name in ("difference", "effect_size", "value"):
        if name in results["quantities"]:
            interval = results["intervals"].get(name)
            span = ""
            if interval:
                low, high, level = interval[:3]
                span = f" ({phrases.interval(low, high, level)}, over the words)"
            figure = phrases.number(results["quantities"][name], 3)
            parts.append(f"{NAMES[name]} {figure}{span}")
    test = results["permutation"]
    if test is not None:
        how = (
            f"all {test['n_draws']:,} splits"
            if test["scheme"] == "exact"
            else f"{test['n_draws']:,} random splits"
        )
        parts.append(f"two-sided permutation {phrases.p_value(test['p_two_sided'])} ({how})")
    return f"{phrases.sentence_case('; '.join(parts))}."


def _attribution_summary(content: Content) -> list[str]:
    found, noun = content["attribution"], content["noun"]
    said = []
    if "100" in found["shares"]:
        share = phrases.percent(found["shares"]["100"])
        said.append(
            f"The effect of {found['n_with_effect']:,} of {found['n_sentences']:,} sentences is not"
            f" 0; the strongest 100 hold {share} of the sum, signs aside."
        )
    runs = found.get("runs")
    if runs:
        said.append(
            f"The effects of {runs['n_holding']:,} sentences hold over {runs['n_runs']} trainings"
            " of this text, each under another random seed (false discovery rate 5\u00a0%)."
        )
    elif found.get("question") == "model":
        said.append(f"{phrases.ONE_RUN} So they explain this model; they are no claim on the text.")
    asked = next(iter(content["headings"]))  # raising, or lowering where that is the question
    if found[asked]:
        said.append(_top_sentence(found[asked][0], noun))
    sign = -1 if asked == "raising" else 1
    for group in found["groups"][:1]:
        names = [r["value"] for r in group["rows"] if sign * r["effect"] > 0 and _holds(r)][:3]
        if names:
            said.append(
                f"By {group['column']}, leaving out {' or '.join(names)} is predicted to"
                f" {'lower' if sign < 0 else 'raise'} {noun} most."
            )
    return said


def _top_sentence(top: Content, noun: str) -> str:
    does, undoes = ("raises", "lower") if top["effect"] < 0 else ("lowers", "raise")
    told = top.get("sureness")
    how = ""
    if told:
        seen = phrases.in_trainings(told["n_agree"], told["n_runs"])
        how = f" ({phrases.likely(told['low'], told['high'])}; {seen})"
    most = f"most surely {does}" if told and told["holds"] else does
    tail = "" if told and told["holds"] else " most"
    return (
        f"The sentence that {most} {noun}{tail} is from {top['title']}: removing it is predicted"
        f" to {undoes} {noun} by {phrases.number(abs(top['effect']))}{how}."
    )


def _holds(row: Content) -> bool:
    """Whether a sentence may be written about a group: its interval must be known, without 0."""
    told = row.get("sureness")
    return bool(told and told["holds"])


def limits(content: Content, notes: Sequence[str]) -> list[str]:
    """The conclusions that the report does not allow; ``notes`` of the measurement come last."""
    said = [
        "A probe asks one question with one list of words. A result that is not significant reads "
        "“not detected by this probe”; it does not show that model or text are free of bias.",
        "The figures depend on how often the words occur, even on shuffled text (Valentini et al. "
        "2022); the comparison with random words of like frequency lessens this, it does not "
        "remove it.",
        "The interval resamples the probe's own words. With few words it is too narrow rather than "
        "too wide, and it says nothing about other words or other texts.",
        "One text and one way of training: nothing here carries over to other models without "
        "measuring again. Documents and seeds both move such figures.",
        "The words are taken as strings. What they mean, and to whom, is for readers to judge.",
    ]
    if not correction(content):
        said.insert(4, UNKNOWN)
    if content["attribution"]:
        found = content["attribution"]
        if found.get("question") == "model":
            said.append(
                f"{phrases.ONE_RUN} For claims about the text, ask several trainings (the seed"
                " ensemble)."
            )
        is_of_runs = find_estimator(found["estimator"]).is_of_runs
        if content["model"].get("has_fitted_contexts") and not is_of_runs:
            said.append(phrases.FITTED)
        if content["model"].get("has_assumed_settings"):
            said.append(phrases.ASSUMED)
        said.append(f"{phrases.REMOVED} {phrases.REMOVED_IN_FULL}")
        said.append(
            "Removal effects are predictions for removing each text by itself, to first order. "
            "Effects of disjoint texts add up by construction; real retraining does not, least of "
            "all for large sets. Which texts bear responsibility is not a question of numbers."
        )
        if content["results"]["quantity"] == "effect_size":
            said.append(
                "The text is traced for the effect size, in which a word that already lies far out "
                "counts with the opposite sign. The difference of means is easier to read."
            )
    return [*said, *notes]
