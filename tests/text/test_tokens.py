"""Token rules: words and sentences of every script, and how a rule is written down."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from clif_core.errors import InputError
from clif_core.text import segmenters
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.text.corpus_files import load_corpus, save_corpus
from clif_core.text.sentences import split_sentences
from clif_core.text.token_rule import OPTIONS, TokenRule, parse_tokens
from clif_core.text.tokens import iterate_tokens, to_type

CASES = Path(__file__).parents[1] / "cases" / "tokens"


def read(name: str) -> str:
    return (CASES / name).read_text("utf-8")


def tokens(text: str, **choices: str) -> list[str]:
    rule = TokenRule.from_dict(choices)
    return [text[a:b] for a, b in iterate_tokens(text, rule=rule)]


def types(text: str, **choices: str) -> list[str]:
    return [to_type(token, TokenRule.from_dict(choices)) for token in tokens(text, **choices)]


def corpus_of(text: str, **choices: str) -> Corpus:
    rule = TokenRule.from_dict(choices)
    return build_corpus("case", [SourceDocument("One", text)], {}, rule=rule)


@pytest.mark.parametrize(
    ("file", "n_tokens", "n_sentences"),
    [
        ("hindi.txt", 460, 60),
        ("arabic_vocalised.txt", 200, 40),
        ("chinese_segmented.txt", 520, 60),
    ],
)
def test_marks_stay_and_sentences_end_in_other_scripts(
    file: str, n_tokens: int, n_sentences: int
) -> None:
    corpus = corpus_of(read(file))
    assert (corpus.n_tokens, corpus.n_sentences) == (n_tokens, n_sentences)


def test_a_line_of_hindi_has_seven_words() -> None:
    line = read("hindi.txt").splitlines()[0]
    assert tokens(line) == line.rstrip("।").split()
    assert len(tokens(line)) == 7


def test_words_joined_by_underscores() -> None:
    text = read("phrases.txt")
    assert tokens(text, underscore="keep").count("new_york") == 60
    assert tokens("_New_York_ a__b", underscore="keep") == ["New_York", "a", "b"]


@pytest.mark.parametrize("file", ["chinese.txt", "thai.txt"])
def test_a_clause_is_never_a_word(file: str) -> None:
    with pytest.raises(InputError, match="not parted by blanks"):
        corpus_of(read(file))
    corpus = corpus_of(read(file), segmenter="characters")
    assert corpus.n_tokens == sum(c.isalpha() and c != "ำ" for c in read(file))


@pytest.mark.parametrize(
    "text",
    [
        "我们 昨天 在 学校",
        "コンピューター プログラム",
        "a text with 東京 in it",
        "ผู้หญิง ทำงาน ที่ โรงพยาบาล",
    ],
)
def test_words_that_are_parted_are_taken(text: str) -> None:
    assert corpus_of(text).n_tokens == len(text.split())


@pytest.mark.parametrize(
    ("segmenter", "text", "first"),
    [
        ("chinese", "我们昨天在学校里学习音乐和数学。", ["我们", "昨天", "在", "学校"]),
        ("japanese", "私は昨日学校で音楽を勉強しました。", ["私", "は", "昨日", "学校"]),
        ("thai", "ผู้หญิงทำงานที่โรงพยาบาล", ["ผู้หญิง", "ทำงาน", "ที่", "โรงพยาบาล"]),
    ],
)
def test_languages_without_blanks_are_parted_by_their_packages(
    segmenter: str, text: str, first: list[str]
) -> None:
    if not segmenters.is_installed(segmenter):
        with pytest.raises(InputError, match=rf"clif-dashboard\[{segmenter}\]"):
            tokens(text, segmenter=segmenter)
        return
    found = tokens(text + " and English", segmenter=segmenter)
    assert found[:4] == first and found[-2:] == ["and", "English"]
    assert "".join(found[:-2]) == text.rstrip("。")


@pytest.mark.parametrize(
    ("text", "choices", "expected"),
    [
        ("Straße ΟΔΌΣ Việt Nam", {}, "straße οδός việt nam"),
        ("Straße", {"case": "keep"}, "Straße"),
        ("IRMAK İstanbul", {"case": "turkish"}, "ırmak istanbul"),
        ("İstanbul", {}, "istanbul"),
        ("İstanbul", {"case": "plain"}, "i\u0307stanbul"),
        ("Straße ΟΔΌΣ", {"case": "casefold"}, "strasse οδόσ"),
        ("u\u0308ber", {}, "\u00fcber"),
        ("\u00fcber", {"form": "NFD"}, "u\u0308ber"),
        ("\uff13\uff10 \ufb01n", {"form": "NFKC"}, "30 fin"),
        ("\u5e7b\u0301 co\u00adoperate", {}, "\u5e7b\u0301 cooperate"),
        ("می‌خواهم کتاب‌ها", {}, "می‌خواهم کتاب‌ها"),
        ("می‌خواهم", {"joiners": "drop"}, "میخواهم"),
        ("שָׁלוֹם צה״ל", {"marks": "points"}, "שלום צה״ל"),
        ("كَتَبَ الوَلَدُ", {"marks": "points"}, "كتب الولد"),
        ("naïve Việt", {"marks": "none"}, "naive viet"),
        ("한국어를 배운다", {}, "한국어를 배운다"),
        ("don’t col·lecció", {}, "don't col·lecció"),
        ("don't", {"apostrophe": "curly"}, "don’t"),
        ("don’t", {"apostrophe": "keep"}, "don’t"),
        ("don't", {"apostrophe": "part"}, "don t"),
        ("Can't it's John’s he'll o'clock", {"apostrophe": "split"},
         "ca n't it 's john 's he 'll o'clock"),
        ("well-known", {"hyphen": "part"}, "well known"),
        ("In 1984, 3", {"digits": "zeros"}, "in 0000 0"),
        ("In 1,984", {"digits": "hashes"}, "in #,###"),
        ("Well, no... (x)", {"symbols": "keep"}, "well , no ... ( x )"),
        ("👩‍👩‍👧 👍🏽🇩🇪🇫🇷 ❤️", {"symbols": "keep"}, "👩‍👩‍👧 👍🏽 🇩🇪 🇫🇷 ❤️"),
        ("the end. </s>", {"parting": "blanks"}, "the end. </s>"),
    ],
)  # fmt: skip
def test_each_choice_of_a_rule(text: str, choices: dict[str, str], expected: str) -> None:
    assert " ".join(types(text, **choices)) == expected
    rule = TokenRule.from_dict(choices)
    assert all(to_type(word, rule) == word for word in types(text, **choices))


@pytest.mark.parametrize("segmenter", ["none", "characters"])
@pytest.mark.parametrize("file", ["hindi.txt", "thai.txt", "arabic_vocalised.txt"])
def test_no_token_begins_or_ends_within_a_letter(file: str, segmenter: str) -> None:
    text = read(file)
    for start, end in iterate_tokens(text, rule=TokenRule(segmenter=segmenter)):
        assert not unicodedata.category(text[start]).startswith("M")
        assert not unicodedata.category(text[end : end + 1] or " ").startswith("M")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("我来。你去！「好？」走", ["我来。", "你去！", "「好？」", "走"]),
        ("यह है।वह था॥ अब", ["यह है।", "वह था॥", "अब"]),
        ("كيف حالك؟ جيد۔ نعم", ["كيف حالك؟", "جيد۔", "نعم"]),
        ("Он был в XIX в. на юге. Она ушла.", ["Он был в XIX в. на юге.", "Она ушла."]),
    ],
)
def test_sentences_of_other_scripts(text: str, sentences: list[str]) -> None:
    assert [text[a:b] for a, b in split_sentences(text)] == sentences


def test_a_text_without_capitals_has_sentences_by_its_rule() -> None:
    text = "the dog barked. the cat ran ! no"
    assert len(split_sentences(text)) == 1
    found = [text[a:b] for a, b in split_sentences(text, rule=TokenRule(stops="any"))]
    assert found == ["the dog barked.", "the cat ran !", "no"]


def test_a_rule_is_kept_with_the_text_and_has_its_own_hash(tmp_path: Path) -> None:
    default, own = corpus_of("the same words"), corpus_of("the same words", case="keep")
    assert own.words == default.words and own.content_hash != default.content_hash
    save_corpus(own, tmp_path / "own")
    loaded = load_corpus(tmp_path / "own")
    assert loaded.token_rule == TokenRule(case="keep")
    assert loaded.content_hash == own.content_hash


def test_a_rule_is_written_and_read() -> None:
    rule = TokenRule(case="keep", underscore="keep")
    assert rule.to_text() == "case=keep, underscore=keep"
    assert parse_tokens(rule.to_text()) == rule == TokenRule.from_dict(rule.to_dict())
    assert parse_tokens("auto") is None
    assert parse_tokens("default") == TokenRule() == parse_tokens(TokenRule().to_text())
    assert rule.sentence == "Capitals: kept; Underscores: join words: new_york"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("case", "'case' is no choice"),
        (
            "case=loud",
            "case='loud' is no value of a token rule; case is fold, keep, turkish, casefold or",
        ),
        ("colour=red", "'colour' is no choice of a token rule"),
    ],
)
def test_a_rule_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_tokens(text)


def test_every_choice_has_its_default_first() -> None:
    for name, option in OPTIONS.items():
        assert next(iter(option.values)) == getattr(TokenRule(), name)
