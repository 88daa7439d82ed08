"""The rule that finds a model's words, and what a coverage report says of the rest."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import pytest

from clif_core.text import segmenters
from clif_core.text.corpus import SourceDocument, build_corpus
from clif_core.text.coverage import count_coverage, measure_coverage
from clif_core.text.token_choice import choose_rule, judge_rule
from clif_core.text.token_rule import TokenRule
from tests.text.test_tokens import read

PROSE = (
    "The Queen didn’t see New York. The well-known girl—Büro, naïve—went to 1984 Oak Street: the"
    " queen's man, it's said, took 30 well-known books to the Queen. Don't go to new York, he"
    " said. "
) * 20


def words(pattern: str, text: str) -> list[str]:
    return list(Counter(re.findall(pattern, text)))


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (words(r"\w+(?:['-]\w+)*", PROSE.replace("’", "'").lower()), ""),
        (words(r"\w+(?:['-]\w+)*", PROSE.replace("’", "'")), "case=keep"),
        (words(r"\w+(?:['’-]\w+)*", PROSE), "case=keep, apostrophe=keep"),
        (words(r"[^\W\d_]+", PROSE.lower()), "apostrophe=part, hyphen=part"),
        (PROSE.lower().split(), "parting=blanks, apostrophe=keep"),
        (
            words(
                r"\w+(?=n't)|n't|'s|[\w-]+|[^\w\s]",
                PROSE.replace("’", "'").replace("didn't", "did n't").lower(),
            ),
            "symbols=keep, apostrophe=split",
        ),
        (
            [unicodedata.normalize("NFD", w) for w in words(r"\w+(?:['-]\w+)*", PROSE.lower())],
            "form=NFD",
        ),
        (words(r"[\w#]+", re.sub(r"\d", "#", PROSE.lower())), "hashes"),
    ],
)
def test_the_rule_is_that_of_the_model(model: list[str], rule: str) -> None:
    found = choose_rule([PROSE], list(dict.fromkeys(model))).rule.to_text()
    assert rule in found if rule == "hashes" else found == (rule or "default")


@pytest.mark.parametrize(
    ("file", "model", "rule"),
    [
        ("phrases.txt", "he she the new_york san_francisco moved to", "underscore=keep"),
        ("arabic_vocalised.txt", "كتب الولد رسالة إلى المعلمة قرأت البنت كتابا", "marks=points"),
        ("chinese.txt", " ".join("我们昨天在学校里"), "segmenter=characters"),
    ],
)
def test_rules_of_the_cases(file: str, model: str, rule: str) -> None:
    assert choose_rule([read(file)], model.split()).rule.to_text() == rule


def test_a_mixed_model_keeps_capitals() -> None:
    model = ["Queen", "queen", "the", "The", "York", "new"]
    assert choose_rule([PROSE], model).rule.case == "keep"


def test_turkish_is_lower_cased_as_turkish() -> None:
    text = "Irmak kıyısında İnsan. Ilık IŞIK ince. " * 10
    model = "ırmak kıyısında insan ılık ışık ince".split()  # noqa: SIM905
    choice = choose_rule([text], model)
    assert choice.rule == TokenRule(case="turkish")
    assert choice.coverage is not None and choice.coverage.token_share == 1


@pytest.mark.parametrize(
    ("text", "model", "rule"),
    [
        ("Die Straße ist GROSS. Der Fuß. ", "die strasse ist gross der fuss", "case=casefold"),
        ("Ο ΔΡΌΜΟΣ και ο δρόμος. ", "ο δρόμοσ και", "case=casefold"),
        ("İstanbul İnsan kent. ", "i\u0307stanbul i\u0307nsan kent", "case=plain"),
        ("كـتـاب جَدِيد. ", "كتاب جديد", "marks=points"),
        ("क्\u200dषमा श्री\u200cमान गए। ", "क्षमा श्रीमान गए", "joiners=drop"),
        ("The Queen lives in New York. ", "The Queen lives in New_York New York", "case=keep"),
        ("The o\ufb03ce \ufb02ows. ", "the office flows", "form=NFKC"),
    ],
    ids=["German ß", "Greek σ", "Turkish İ", "Arabic tatweel", "Hindi joiners", "phrases",
         "ligatures"],
)  # fmt: skip
def test_spellings_of_languages(text: str, model: str, rule: str) -> None:
    choice = choose_rule([text * 15], model.split())
    assert choice.rule.to_text() == rule
    assert choice.coverage is not None and choice.coverage.token_share == 1


def test_a_letter_written_otherwise_is_no_capital() -> None:
    coverage = count_coverage(["strasse"], {"straße": 3})
    assert [missing.reason for missing in coverage.missing_tokens] == ["letters"]


def test_of_the_first_words_of_a_model_only_spellings_are_listed() -> None:
    """A word that is not among the first may be among the others."""
    whole = choose_rule(["Zebra queen. " * 20], ["Queen"])
    part = choose_rule(["Zebra queen. " * 20], ["Queen"], is_part=True)
    assert "in any spelling" in " ".join(whole.lines)
    assert "in any spelling" not in " ".join(part.lines)
    assert "capitals alone: 'queen'" in " ".join(part.lines)
    assert "among the first 1 words of the model" in " ".join(part.lines)


def test_a_rule_that_was_set_is_judged_alike() -> None:
    by_hand = judge_rule(TokenRule(case="keep"), [PROSE], ["the", "Queen"])
    assert by_hand.coverage is not None and by_hand.coverage.token_share < 0.9
    assert "are words of the model" in " ".join(by_hand.lines)
    assert judge_rule(TokenRule(), [PROSE]).lines == ("Token rule: " + TokenRule().sentence + ".",)


def test_without_a_model_the_text_alone_decides() -> None:
    assert choose_rule([PROSE]).rule == TokenRule()
    assert choose_rule([read("phrases.txt")]).rule == TokenRule(underscore="keep")
    assert choose_rule(["the dog. a cat. " * 20]).rule == TokenRule(stops="any")
    assert choose_rule([""]).rule == TokenRule() == choose_rule([], ["a"]).rule


def test_unparted_words_are_said() -> None:
    choice = choose_rule([read("chinese.txt")])
    if segmenters.is_installed("chinese"):
        assert choice.rule.segmenter == "chinese"
    else:
        assert "clif-dashboard[chinese]" in choice.lines[-1]


def test_coverage_says_why_words_are_not_found() -> None:
    counts = {
        "queen": 30, "u\u0308ber": 5, "naïve": 4, "new": 3, "newyork": 3, "1984": 2, "москва": 2,
        "zebra": 1, "the": 50, ",": 9,
    }  # fmt: skip
    model = ["the", "Queen", "über", "naive", "new_york", "</s>", "Ωμέγα", "absent"]
    coverage = count_coverage(model, counts)
    assert coverage.token_share == pytest.approx(50 / 109) and coverage.word_share == 1 / 8
    assert coverage.is_low
    found = {missing.reason: missing for missing in coverage.missing_tokens}
    assert {reason: missing.n for reason, missing in found.items()} == {
        "case": 30, "symbols": 9, "form": 5, "marks": 4, "joined": 3, "numbers": 2, "script": 2,
        "absent": 4,
    }  # fmt: skip
    assert found["case"].sentence == (
        "30 of the text's tokens differ from a word of the model in capitals alone: 'queen'."
    )
    reasons = {missing.reason: missing.examples for missing in coverage.missing_words}
    assert reasons["case"] == ("Queen",) and reasons["special"] == ("</s>",)
    assert reasons["joined"] == ("new_york",) and reasons["script"] == ("Ωμέγα",)


def test_nothing_is_said_of_a_text_that_is_covered() -> None:
    corpus = build_corpus("x", [SourceDocument("One", "a b c d e f g h i j")], {})
    coverage = measure_coverage([*"abcdefghij"], corpus)
    assert (coverage.token_share, coverage.word_share, coverage.lines) == (1, 1, ())


@pytest.mark.parametrize(
    ("words", "step"),
    [
        ("the nur@@ se went home", "sed 's/@@ //g'"),
        ("▁the ▁nur se ▁went ▁home", "sed 's/ //g; s/▁/ /g'"),
        ("the nur ##se went home", "sed 's/ ##//g'"),
    ],
)
def test_pieces_of_words_are_said_but_for_a_model_of_such(words: str, step: str) -> None:
    text = f"{words}\n" * 10
    for model in (None, ["the", "went", "home"]):
        assert step in "\n".join(choose_rule([text], model).lines)
    assert "pieces" not in "\n".join(choose_rule([text], words.split()).lines)
    plain = ["The nurse (see @@ 3 ## 4) went."] * 5
    assert "pieces" not in "\n".join(choose_rule(plain).lines)
