"""Numbers, effects and probes in words."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core import phrases
from clif_core.probes import ClusterMembership, Formula, Similarity, Weat, circle_probe
from clif_core.sgns.model import Vocabulary

WEAT = Weat("w", ("he",), ("she",), ("war",), ("love",), "men", "women", "war", "love")


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.012, "1.2 %"),
        (0.0012, "0.12 %"),
        (0.4, "40 %"),
        (0.1, "10 %"),
        (0.0, "0 %"),
        (1e-7, "under 0.01 %"),
    ],
)
def test_a_percentage_has_two_digits_and_a_no_break_space(share: float, shown: str) -> None:
    assert phrases.percent(share) == shown.replace(" %", "\u00a0%")


def test_numbers_side_by_side_have_the_decimals_of_the_largest() -> None:
    assert phrases.together(0.177, -0.0016) == ("0.177", "−0.002")
    assert phrases.together(0.017, 0.0016, None) == ("0.0170", "0.0016", "–")
    assert phrases.together(12.34, 0.5) == ("12.3", "0.5")
    assert phrases.together(-0.03, 0.0004, is_signed=True) == ("−0.0300", "+0.0004")
    assert phrases.span(0.177, 0.1, 0.0016) == "0.002 to 0.177"


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.165, "about a sixth"), (0.5, "about half"), (0.34, "about a third"), (0.03, "3.0 %"),
     (0.96, "96 %"), (0.28, "28 %")],
)  # fmt: skip
def test_a_share_is_compared_where_a_plain_fraction_is_near(share: float, shown: str) -> None:
    assert phrases.compared(share) == shown.replace(" %", "\u00a0%")


def test_the_text_pulls_a_word_from_where_it_would_go_without_it() -> None:
    words = Vocabulary(("he", "she", "war", "love"), np.array([4, 3, 2, 1]))
    resolved = WEAT.resolve(words)
    assert phrases.pull(resolved, "he", -0.1) == ("he", "war")
    assert phrases.pull(resolved, "he", 0.1) == ("he", "love")
    assert phrases.pull(resolved, "she", -0.1) == ("she", "love")
    assert phrases.pull(resolved, "other", -0.1) is None
    assert phrases.pull(resolved, "he", 0.0) is None
    assert phrases.pulls(("he", "war"), -0.1, "the bias") == "Pulls he towards war"
    assert phrases.pulls(None, -0.1, "the bias") == "Raises the bias"


def test_p_values_spreads_and_intervals() -> None:
    assert phrases.p_value(0.0004) == "p\u00a0<\u00a00.001"
    assert phrases.p_value(0.0123) == "p\u00a0=\u00a00.012"
    assert phrases.p_value(0.3) == "p\u00a0=\u00a00.30"
    assert phrases.spread(-0.0031, 0.066) == "−0.003\u00a0±\u00a00.066"
    assert phrases.spread(0.0123, 0.3) == "0.01\u00a0±\u00a00.30"
    assert phrases.spread(0.1804, 0.0062) == "0.1804\u00a0±\u00a00.0062"
    assert phrases.spread(0.1804, 0.0062, beside=0.173) == "0.180\u00a0±\u00a00.006"
    assert phrases.spread(0.18041, 0.00062, beside=0.173) == "0.18041\u00a0±\u00a00.00062"
    assert phrases.interval(0.0612, 0.301, 0.95).endswith(" 0.061 to 0.301")
    assert phrases.interval(-0.5, 0.25, 0.95) == "95\u00a0% interval −0.500 to 0.250"


def test_an_effect_says_what_removal_does() -> None:
    assert phrases.removal(-0.0017, "the bias") == "Removing this lowers the bias by 0.0017"
    assert phrases.removal(0.2, "the bias", "this document") == (
        "Removing this document raises the bias by 0.20"
    )
    assert phrases.removal(0.0, "the bias") == "Removing this does not change the bias"
    assert (phrases.side_of(-1.0), phrases.side_of(1.0)) == ("raises", "lowers")


@pytest.mark.parametrize(("effect", "value"), [(0.1, 0.01), (0.3, 0.2), (0.1, float("nan"))])
def test_a_share_that_misleads_is_left_out(effect: float, value: float) -> None:
    assert phrases.share(effect, value) == ""


def test_the_headings_name_the_value() -> None:
    above, below = phrases.voice(WEAT, 0.5), phrases.voice(WEAT, -0.5)
    assert above.question == "Why do men lean more towards war than women do?"
    assert below.question == "Why do men lean more towards love than women do?"
    assert (above.raising, below.lowering) == (
        "Text that raises the bias",
        "Text that lowers the value",
    )
    assert below.lowering_lead.endswith("nearer to 0.")
    assert (above.sides, below.sides) == (("lowers", "raises"), ("raises", "lowers"))
    alike = phrases.voice(Similarity("king", "queen"), 0.5)
    assert phrases.question_of(WEAT, 0.5, "holds") == above.question
    for untold in ("not_detected", "not_testable", None):
        assert phrases.question_of(WEAT, 0.5, untold) == (
            "Do men lean more towards war than women do?"
        )
    assert phrases.question_of(Similarity("king", "queen"), 0.5, None) == alike.question
    assert alike.raising_lead == "Without it king and queen would be less similar."
    member = phrases.voice(ClusterMembership("love", ("heart",), ("war",), "home", "field"), -1.0)
    assert member.asked == "raises"  # removing what draws it to its cluster
    assert (member.raising, member.lowering) == (
        "Text that draws love away from its cluster",
        "Text that draws love to its cluster",
    )
    assert member.does("lowers", is_many=True) == "draw love to its cluster"
    assert above.does("raises", is_many=True) == "raise the bias"
    named = Formula("Why do king and queen lie together?", "cos(king, queen)")
    assert phrases.voice(named, 0.5).question == named.name
    circled = phrases.voice(circle_probe("Why so?", ("king", "queen"), ("sword",), ""), 0.5)
    assert (circled.raising, circled.lowering) == (
        "Text that draws them together",
        "Text that draws them apart",
    )
    plain = Formula("royalty", "cos(king, queen)")
    royal = phrases.voice(plain, 0.5)
    assert (royal.raising, royal.lowering) == (
        "Text that raises “royalty”",
        "Text that lowers “royalty”",
    )
    assert royal.lowering_lead == "Without it “royalty” would be higher."
    for name in ("cos(king, queen)", "king", "Are they alike?", "<b>", "r" * 41):
        unnamed = phrases.voice(Formula(name, "cos(king, queen)"), 0.5)
        assert unnamed.raising == "Text that raises the value"
    assert phrases.voice(plain, 0.5).question == "Which text made “royalty” what it is?"


def test_capitals_become_names_and_roman_numbers_stay() -> None:
    assert phrases.without_capitals("KING HENRY VIII") == "King Henry VIII"
    assert phrases.without_capitals("LADY MACBETH") == "Lady Macbeth"
    assert phrases.without_capitals("Rome. OCTAVIUS CAESAR's house.").startswith("Rome. OCTAVIUS")
