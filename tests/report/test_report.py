"""The audit report: complete, escaped, self-contained, and the same after a round trip."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clif_core import phrases
from clif_core.errors import FormatError, InputError, ProbeError
from clif_core.influence.engine import InfluenceEngine
from clif_core.measurement.probes_tried import ProbesTried, TriedProbe
from clif_core.probes import Formula, Probe, Similarity, Weat, find_probe, question_key
from clif_core.report import SECTIONS, Report, make_report, measure_both
from clif_core.report.carriers import carriers, pull_of, strongest_pairs
from clif_core.report.training import training_told
from clif_core.report.tried import correction
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.training import train
from clif_core.workspace.workspace import Workspace
from tests.probe_examples import one_of_each, random_model

QUESTION = Weat(
    "conflict", ("police", "security"), ("test", "cricket"), ("killed",), ("team", "xyzzy"),
    label_x="guards", label_y="players", label_a="death", label_b="play",
)  # fmt: skip
EVIL = "<script>alert(1)</script>"
Make = Callable[..., Report]


@pytest.fixture(scope="module")
def make(lee_model: SkipGram, lee_corpus: Corpus) -> Make:
    engine = InfluenceEngine(lee_model, lee_corpus)
    card = {"title": f"News {EVIL}", "licence": f"MIT {EVIL}", "corpus": {"source": EVIL}}

    def made(probe: Any = QUESTION, is_traced: bool = True, **more: Any) -> Report:
        measured, other = measure_both(probe, lee_model)
        if is_traced:
            more = {"engine": engine, "influence": engine.influence(measured.resolved), **more}
        bundle = Bundle(lee_model, card)
        return make_report(bundle, measured, other=other, made_on=date(2026, 1, 2), **more)

    return made


class Page(HTMLParser):
    """Tags and attributes of a page; complains about a tag closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "img", "br", "line"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_section_is_there_and_the_page_is_well_formed(make: Make) -> None:
    text = make().to_html()
    page = Page(text)
    assert page.open == []
    for name in SECTIONS:
        assert f'<section class="r-{name}">' in text
    assert "svg" in page.tags
    assert page.tags.count("figure") == 20
    assert "Not in the model: <s>xyzzy</s>" in text
    assert "2026-01-02" in text
    assert "may offend" in text


def test_sections_can_be_left_out(make: Make) -> None:
    text = make(sections=("summary", "limits")).to_html()
    assert re.findall(r'<section class="r-(\w+)"', text) == ["summary", "limits"]
    with pytest.raises(InputError, match="unknown sections"):
        make(sections=("summary", "nonsense"))
    with pytest.raises(InputError, match="n_sentences"):
        make(n_sentences=0)


def test_an_answer_that_did_not_converge_says_so_with_its_residual(
    make: Make, lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    influence = InfluenceEngine(lee_model, lee_corpus).influence(
        QUESTION.resolve(lee_model.vocabulary)
    )
    cut = replace(influence.solution, converged=False, relative_residual=0.07, iterations=300)
    text = make(influence=replace(influence, solution=cut)).to_html()
    assert "not converged: stopped at a relative residual of 7.0e-02 in 300 steps" in text
    assert "not converged" not in make().to_html()


def test_nothing_is_loaded_and_nothing_runs(make: Make) -> None:
    text = make().to_html()
    page = Page(text)
    assert not {"script", "link", "iframe", "object", "base", "form"} & set(page.tags)
    names = {name for name, _ in page.attributes}
    assert not {"src", "href", "srcset", "action", "data"} & names
    assert not [name for name in names if name.startswith("on")]
    assert "@import" not in text
    addresses = re.findall(r"url\((.{0,30})", text)
    assert len(addresses) == 2  # the page's typefaces, in the page itself
    assert all(address.startswith("data:font/woff2;base64,") for address in addresses)
    assert "default-src 'none'" in text


def test_hostile_words_titles_and_texts_are_only_text(tmp_path: Path) -> None:
    stories = [
        SourceDocument(f"{EVIL} {i}", f"{EVIL} the </blockquote><img src=x onerror=y> cat {w} sat.")
        for i, w in enumerate(["dog", "cat", "king", "queen"] * 10)
    ]
    corpus = build_corpus("evil", stories, {"licence": EVIL})
    settings = TrainingSettings(dim=4, window=3, min_count=1, epochs=1, backend="coupled")
    model = replace(train(corpus, settings), name=EVIL)
    engine = InfluenceEngine(model, corpus)
    probe = Weat(EVIL, ("cat",), ("dog",), ("king",), ("queen", "<b>lost</b>"), EVIL, "y", EVIL)
    measured, other = measure_both(probe, model)
    report = make_report(
        Bundle(model, {"title": EVIL, "description": EVIL}),
        measured, other=other, engine=engine, influence=engine.influence(measured.resolved),
    )  # fmt: skip
    for text in (report.to_html(), report.to_body("--clif-ink:#000;")):
        assert EVIL not in text
        assert "<img src=x" not in text
        assert "<b>lost" not in text
        assert Page(text).open == []
    assert not re.search(r"(?<!\\)<", re.sub(r"^    .*$", "", report.to_markdown(), flags=re.M))
    assert Report.from_json(report.to_json()).content == report.content


def test_quotes_are_the_text_and_marks_fall_on_words(make: Make, lee_corpus: Corpus) -> None:
    found = make(n_sentences=5).content["attribution"]
    for side, sign in (("raising", -1), ("lowering", 1)):
        effects = [sign * s["effect"] for s in found[side]]
        assert effects == sorted(effects, reverse=True)
        assert min(effects) > 0
        for sentence in found[side]:
            whole = lee_corpus.sentence_text(sentence["sentence"])
            assert sentence["text"].strip("… ") in whole
            assert sentence["marks"]
            words = {sentence["text"][a:b].lower() for a, b, kind, *_ in sentence["marks"]
                     if kind == "centre"}  # fmt: skip
            assert words <= {w.lower() for w in QUESTION.words}
            assert set(sentence["through"]) <= words


def test_the_effects_of_groups_and_documents_are_those_of_the_engine(
    make: Make, lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    engine = InfluenceEngine(lee_model, lee_corpus)
    influence = engine.influence(QUESTION.resolve(lee_model.vocabulary))
    found = make().content["attribution"]
    (half,) = [g for g in found["groups"] if g["column"] == "half"]
    total = sum(row["effect"] for row in half["rows"])
    assert total == pytest.approx(influence.sentence_effects.sum(), abs=1e-6)
    assert found["documents"][0]["effect"] == pytest.approx(influence.document_effects.min())
    assert found["documents"][-1]["effect"] == pytest.approx(influence.document_effects.max())


def test_json_holds_the_same_report(make: Make) -> None:
    report = make()
    again = Report.from_json(report.to_json())
    assert again.content == report.content
    assert again.to_html() == report.to_html()
    assert again.to_markdown() == report.to_markdown()
    for nonsense in ("{", "[]", '{"format": "clif-report", "format_version": 99}'):
        with pytest.raises(FormatError):
            Report.from_json(nonsense)


def test_without_text_it_says_why(make: Make) -> None:
    report = make(is_traced=False, why_no_attribution="the text is on the moon.")
    assert "Not traced: the text is on the moon." in report.to_html()
    assert "the text is on the moon" in report.to_markdown()
    assert "not at hand" in report.to_html()
    assert report.content["attribution"] is None


def test_other_families_and_shipped_probes(make: Make, lee_model: SkipGram) -> None:
    report = make(Similarity("police", "security"))
    assert "as similar as they are" in report.to_html()
    assert report.content["provenance"]["needs_probe_file"]
    words = tuple(lee_model.vocabulary.words[:300])
    shipped = find_probe("gender_terms_career_family")
    known = Vocabulary((*words, *shipped.words), np.full(300 + len(shipped.words), 5))
    vectors = np.random.default_rng(0).normal(size=(len(known.words), 6)).astype(np.float32)
    measured, _ = measure_both(shipped, SkipGram("x", known, vectors))
    content = make_report(Bundle(SkipGram("x", known, vectors), {}), measured).content
    assert content["provenance"]["commands"][0] == "clif probe x gender_terms_career_family"
    assert content["probe"]["sets"][0]["source"].startswith("Caliskan")


def test_agreement_with_another_estimator_is_measured(
    make: Make, lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    engine = InfluenceEngine(lee_model, lee_corpus)
    resolved = QUESTION.resolve(lee_model.vocabulary)
    other = engine.influence(resolved, "gradient")
    (agreement,) = make(others=[other]).content["attribution"]["agreement"]
    assert agreement["with"] == "gradient"
    assert 0 < agreement["spearman"] < 1
    assert "by rank" in make(others=[other]).to_html()


def test_the_workspace_makes_and_saves_it(
    tmp_path: Path, lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    workspace = Workspace(tmp_path)
    workspace.keep_model(Bundle(lee_model, {"title": "Lee"}), lee_corpus)
    report = workspace.report("lee", QUESTION, n_sentences=2)
    assert report.content["attribution"]["estimator"] == "block"
    for ending, beginning in (("html", "<!doctype html>"), ("md", "# Do guards"), ("json", "{")):
        path = report.save(tmp_path / f"report.{ending}")
        assert path.read_text("utf-8").startswith(beginning)
    with pytest.raises(InputError, match=r"\.html, \.md or \.json"):
        report.save(tmp_path / "report.pdf")
    with pytest.raises(InputError, match="cannot write"):
        report.save(tmp_path / "nowhere" / "report.md")
    engine = workspace.open_engine(lee_model, lee_corpus)
    workspace.results.influence(engine, QUESTION.resolve(lee_model.vocabulary), "unrolled")
    exact = workspace.report("lee", QUESTION, n_sentences=2)
    assert exact.content["attribution"]["estimator"] == "unrolled"
    assert "derivative of this very training run" in exact.to_html()
    (agreement,) = exact.content["attribution"]["agreement"]
    assert agreement["with"] == "block"
    assert "unrolled" in exact.content["provenance"]["commands"][-1]
    asked = workspace.report("lee", QUESTION, "block", n_sentences=2)
    assert asked.content["attribution"]["agreement"][0]["with"] == "unrolled"
    lost = replace(QUESTION, targets_x=("qqqq",))
    with pytest.raises(ProbeError):
        workspace.report("lee", lost)


def test_the_command_writes_it(tmp_path: Path, lee_model: SkipGram, lee_corpus: Corpus) -> None:
    import json

    from typer.testing import CliRunner

    from clif_core.cli import app
    from clif_core.probes import save_probe

    Workspace(tmp_path).keep_model(Bundle(lee_model, {"title": "Lee"}), lee_corpus)
    save_probe(QUESTION, tmp_path / "q.json")
    out = tmp_path / "out.md"
    arguments = ["report", "lee", str(tmp_path / "q.json"), "--output", str(out), "--top", "1"]
    result = CliRunner().invoke(app, [*arguments, "--home", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["estimator"] == "block"
    assert "## Provenance" in out.read_text("utf-8")


def test_one_word_is_named_alone_only_where_it_carries_more_than_half() -> None:
    parts = pd.DataFrame({"centre": ["he", "war", "war", "the", "of"],
                          "effect": [-4.0, -2.0, -1.0, 0.5, 0.0]})  # fmt: skip
    carried = carriers(parts, -6.5)
    assert (carried.words, carried.n_words, carried.is_one) == (("he", "war"), 3, True)
    assert carried.share == pytest.approx(4 / 7.5)
    spread = carriers(parts.assign(effect=[-3.0, -2.0, -1.0, 0.5, -0.1]), -5.6)
    assert (spread.words, spread.n_words, spread.is_one) == (("he", "war"), 4, False)
    assert carriers(parts, 1.0).words == ("the",)  # those that act as the sentence does
    assert phrases.through(("he",), 1, True) == "through he"
    assert phrases.through(("he", "war"), 3, True) == "mostly through he"
    assert phrases.through(("he", "war"), 4, False) == (
        "spread over 4 words, most through he and war"
    )
    assert carriers(parts.iloc[-1:], 0.0).words == ()


def test_where_the_probe_names_no_end_the_words_beside_it_are_named(lee_model) -> None:
    columns = ["centre", "context_word", "effect"]
    parts = pd.DataFrame(
        [("police", "court", -1.0), ("police", "court", -1.5), ("police", "told", -1.0),
         ("police", "the", 9.0), ("man", "shot", -2.0), ("man", "", -8.0)],
        columns=columns,
    )  # fmt: skip
    assert strongest_pairs(parts, -1.0) == ("police", ("court", "told"))
    assert strongest_pairs(parts, 1.0) == ("police", ("the",))
    assert strongest_pairs(parts.assign(context_word=""), -1.0) is None
    carried = carriers(parts, -1.0)
    formula = Formula("nearness", "cos(police, man)").resolve(lee_model.vocabulary)
    assert pull_of(formula, carried, parts, -1.0) == ("police", "court, told")
    assert pull_of(formula, carried, parts.assign(context_word=""), -1.0) is None
    similarity = Similarity("police", "man").resolve(lee_model.vocabulary)
    assert pull_of(similarity, carriers(parts[:2], -1.0), parts[:2], -1.0) == ("police", "man")


def test_what_was_trained_again_is_told_in_every_format(make: Make) -> None:
    assert "has not been checked by retraining here" in make().to_html()
    edit: dict[str, Any] = {"level": "sentences", "items": [], "weight": 0.0}
    retrained = {
        "kind": "retrained", "edit": edit, "n_tokens": 40, "n_tokens_text": 4000, "before": 0.2,
        "after": 0.15, "change": -0.05, "random_changes": [0.01, -0.02], "is_coupled": True,
        "wordsim353": [0.3, None], "mean_shift": 0.01,
    }  # fmt: skip
    repaired = {
        "kind": "repaired", "mode": "over_bias", "top": 10, "passes": 5, "n_tokens": 40,
        "n_tokens_text": 4000, "before": 0.2, "after": 0.3, "change": 0.1, "mean_shift": 0.02,
        "wordsim353": [0.3, 0.29],
    }  # fmt: skip
    top = make().content["attribution"]["raising"][:3]
    edit["items"] = [sentence["sentence"] for sentence in top]
    report = make(what_if=[retrained, repaired])
    predicted = report.content["what_if"][0]["predicted"]
    assert predicted == pytest.approx(sum(sentence["effect"] for sentence in top), rel=1e-5)
    assert predicted < 0
    for text in (report.to_html(), report.to_markdown()):
        for part in ("3 sentences removed", "−0.050", "over-bias", "0.300 to –", "(2)"):
            assert part in text
    assert "for small edits" not in report.to_html()  # three sentences hold little of any word
    assert Report.from_json(report.to_json()).to_html() == report.to_html()
    edit["items"] = list(range(report.content["corpus"]["n_sentences"] // 2))
    for text in ((half := make(what_if=[retrained])).to_html(), half.to_markdown()):
        assert re.search(r"sentences removed: this takes \d+ of the [\d,]+ occurrences of", text)


def test_the_history_of_a_mended_model_is_told(lee_model: SkipGram) -> None:
    step = {"method": "repaired", "mode": "undo", "of": f"lee{EVIL}", "content_hash": "abc"}
    measured, _ = measure_both(QUESTION, lee_model)
    text = make_report(Bundle(lee_model, {"history": [step]}), measured).to_html()
    assert "not as it was trained: repaired (undo) of lee&lt;script&gt;" in text


@pytest.mark.parametrize("probe", one_of_each(), ids=lambda probe: probe.kind)
def test_every_family_of_probes_has_a_report(probe: Probe) -> None:
    model = random_model()
    report = make_report(Bundle(model, {}), measure_both(probe, model)[0])
    assert [part["label"] for part in report.content["probe"]["sets"]] == [
        part.label for part in probe.named_sets
    ]
    assert report.to_html()


def test_the_appendix_prints_every_probe_tried_and_the_summary_corrects(
    make: Make, lee_model: SkipGram
) -> None:
    question = question_key(QUESTION.resolve(lee_model.vocabulary))
    own = TriedProbe(question, "k", ("Own",), "2026-01-01T10:20:30+00:00", 0.5, 0.04, "holds")
    others = [
        replace(own, question=f"q{i}", labels=(f"Other {i} {EVIL}", "again"), p=p)
        for i, p in enumerate((0.5, 0.9, None))
    ]
    report = make(tried=ProbesTried((own, *others)))
    said = [line.replace("\u00a0", " ") for line in report.content["summary"]]
    corrected = "Corrected over the 3 with a test, this one has p = 0.12 (Benjamini-Hochberg)."
    assert any(corrected in line and line.startswith("4 different probes") for line in said)
    page, text = report.to_html(), report.to_markdown()
    assert '<section class="r-tried">' in page
    assert "<td>Other 1 &lt;script&gt;alert(1)&lt;/script&gt; = again</td>" in page
    assert "| Own | 2026-01-01 10:20 | 0.500 | 0.0400 | 0.1200 | Holds |" in text
    assert Report.from_json(report.to_json()).to_markdown() == text
    alone = make()
    assert "this report knows of one probe only" in " ".join(alone.content["limits"])
    assert "this report knows of one probe only" not in " ".join(report.content["limits"])
    assert "knows of one probe only" in alone.to_html().split('class="r-tried"')[1]


def test_a_finding_that_many_tries_undo_is_said_to_be_undone() -> None:
    content = {
        "verdict": {"kind": "holds"},
        "tried": {"n": 9, "n_tested": 9, "p_corrected": 0.05, "problem": ""},
    }
    assert correction(content).endswith("After so many tries it is no longer a finding.")
    content["verdict"] = {"kind": "not_detected"}
    assert "no longer" not in correction(content)


def test_a_stored_report_of_an_earlier_release_is_rendered(make: Make) -> None:
    content = {k: v for k, v in make().content.items() if k not in ("verdict", "tried")}
    old = Report(content)
    assert "knows of one probe only" in old.to_html()
    assert "knows of one probe only" in old.to_markdown()


def test_the_verdict_is_in_the_summary_of_every_format(make: Make) -> None:
    report = make()
    assert report.content["verdict"]["kind"] == "not_testable"
    for text in (report.to_html(), report.to_markdown(), report.to_json()):
        assert "Cannot be tested with so few words. So few words allow no p below" in text


def test_the_training_is_told_in_words_and_nothing_is_left_out() -> None:
    told = training_told(TrainingSettings(window=7, min_count=3).to_dict())
    assert "a window of 7 words each side, within a sentence" in told
    assert "words that occur 3 times or more" in told and "texts cut after 10,000 words" in told
    assert "_" not in told and "True" not in told  # each setting has its words
    assert training_told({"later_setting": 4}) == "later_setting 4"
    assert training_told(None) == "settings unknown"
