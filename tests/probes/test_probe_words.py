"""Word sets with capitals, duplicates, overlaps, unknown words and other irregularities."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core import probes
from clif_core.errors import FormatError, InputError, ProbeError
from clif_core.measurement import measure
from clif_core.sgns.model import SkipGram, Vocabulary
from tests.probe_examples import PAIRS, one_of_each, random_model, weat


def plain_weat(
    x: tuple[str, ...], y: tuple[str, ...], quantity: probes.Quantity = "difference"
) -> probes.Weat:
    return probes.Weat("test", x, y, ("war", "sword"), ("love", "tears"), quantity=quantity)


def test_words_are_matched_exactly_first_then_lower_cased() -> None:
    words = ["king", "King", "he", "she", "war", "love"]
    vocabulary = Vocabulary(words, np.ones(6, dtype=np.int64))
    found = probes.find_words(probes.NamedSet("x", ("King", "HE", "Love", "Nasa")), vocabulary)
    assert found.words == ("King", "he", "love")
    assert found.out_of_vocabulary == ("Nasa",)


def test_duplicates_count_once_and_are_reported() -> None:
    model = random_model()
    twice = plain_weat(("he", "man", "He", "man"), ("she", "woman")).resolve(model.vocabulary)
    once = plain_weat(("he", "man"), ("she", "woman")).resolve(model.vocabulary)
    assert twice.value(model.centre_vectors) == once.value(model.centre_vectors)
    assert "'He', 'man' repeated in 'he, man …': counted once." in twice.notes


def test_overlapping_sets_are_refused_and_the_words_named() -> None:
    with pytest.raises(InputError, match="'He' stands both in 'X' and in 'Y'"):
        plain_weat(("He", "man"), ("she", "he"))
    with pytest.raises(InputError, match="'war'"):
        probes.Weat("test", ("he",), ("she",), ("war", "sword"), ("war", "love"))


def test_a_word_that_is_target_and_attribute_is_named() -> None:
    model = random_model()
    resolved = plain_weat(("he", "war"), ("she",)).resolve(model.vocabulary)
    assert any("'war'" in note and "attributes" in note for note in resolved.notes)


@pytest.mark.parametrize("words", [(), ("he", " "), "he she", ("he", 3)])
def test_sets_that_are_not_lists_of_words_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(InputError):
        plain_weat(words, ("she",))


def test_no_known_word_raises_an_error_with_nearest_spellings() -> None:
    with pytest.raises(
        ProbeError, match=r"no word of 'Kingg and zzz'.*'Kingg' \(nearest: 'king'\)"
    ):
        plain_weat(("Kingg", "zzz"), ("she",)).resolve(random_model().vocabulary)


def test_words_with_spaces_or_markup_are_out_of_vocabulary_as_written() -> None:
    model = random_model()
    odd = ("he", "ice cream", "<b>man</b>", "short-term", "\N{ZERO WIDTH SPACE}king", "O'Neill")
    report = measure(plain_weat(odd, ("she",)), model)
    assert report.out_of_vocabulary == odd[1:]
    unknown = report.words[report.words["is_lost"]]
    assert list(unknown["word"]) == list(odd[1:])
    assert (unknown["count"] == 0).all()
    assert "5 of the 6 words of 'he, ice cream …' are not in the model" in " ".join(report.notes)
    notes = measure(plain_weat(("he", "kign"), ("she",)), model).notes
    assert any(note.startswith("1 of the 2 words of 'he and kign' is not in the") for note in notes)


def test_unequal_and_one_word_sets_are_measured() -> None:
    model = random_model()
    report = measure(plain_weat(("he", "man", "king"), ("she",)), model)
    assert report.permutation is not None
    assert report.permutation.n_draws == 4
    single = measure(plain_weat(("he",), ("she",), "effect_size"), model)
    assert abs(single.value) == pytest.approx(2)
    assert any("always 2 or -2" in note for note in single.notes)


def test_effect_size_without_spread_raises_an_error() -> None:
    model = random_model()
    vectors = model.centre_vectors.copy()
    vectors[model.vocabulary.id("she")] = vectors[model.vocabulary.id("he")]
    flat = SkipGram("flat", model.vocabulary, vectors)
    for act in (measure, lambda p, m: p.resolve(m.vocabulary).gradient(m.centre_vectors)):
        with pytest.raises(ProbeError, match="spread"):
            act(plain_weat(("he",), ("she",), "effect_size"), flat)
    assert measure(plain_weat(("he",), ("she",)), flat).value == pytest.approx(0, abs=1e-9)


def test_a_zero_vector_is_named() -> None:
    model = random_model()
    vectors = model.centre_vectors.copy()
    vectors[model.vocabulary.id("king")] = 0
    with pytest.raises(ProbeError, match="'king' is zero or not a number"):
        probes.Similarity("king", "queen").resolve(model.vocabulary).value(vectors)


def test_pairs_with_an_unknown_word_are_left_out() -> None:
    model = random_model()
    some = probes.Projection(("doctor",), (*PAIRS, ("guy", "woman"), ("He", "zzz")))
    whole = probes.Projection(("doctor",), PAIRS)
    resolved = some.resolve(model.vocabulary)
    value = whole.resolve(model.vocabulary).value(model.centre_vectors)
    assert resolved.value(model.centre_vectors) == pytest.approx(value)
    assert set(resolved.out_of_vocabulary) == {"guy", "zzz"}
    assert any("'woman', 'He' left out" in note for note in resolved.notes)


@pytest.mark.parametrize("probe", one_of_each(), ids=lambda p: f"{p.kind}-{p.name}")
def test_every_family_is_measured_and_round_trips(probe: probes.Probe) -> None:
    assert probes.from_dict(probe.to_dict()) == probe
    assert probe.meaning.endswith(".")
    report = measure(probe, random_model(n_extra=300), n_nulls=50, n_resamples=50)
    assert np.isfinite(report.value)
    assert next(iter(report.quantities.values())) is not None
    assert {"set", "word", "count", "association", "is_lost"} <= set(report.words)


def test_keys_are_stable_and_distinct() -> None:
    keys = {probe.key for probe in one_of_each()}
    assert len(keys) == len(one_of_each())
    assert weat().key == weat().key


def test_a_probe_file_round_trips_and_invalid_files_are_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "probe.json"
    probes.save_probe(weat(), path, title="Men and women")
    assert probes.load_probe(path) == weat()
    good = path.read_text()
    for bad, match in [
        ("not json", "JSON"),
        ("[]", "clif-probe"),
        (good.replace('"format_version": 1', '"format_version": 99'), "version"),
        (good.replace('"kind": "weat"', '"kind": "nonsense"'), "unknown kind"),
        (good.replace('"label_x"', '"label_q"'), "label_q"),
        (good.replace('"quantity": "difference"', '"quantity": "d"'), "quantity"),
        (good.replace('"targets_x": [', '"targets_x": [7, '), "must be of type str"),
        ("[" * 100_000, "JSON"),
    ]:
        path.write_text(bad)
        with pytest.raises(FormatError, match=match):
            probes.load_probe(path)


def test_the_catalogue_has_the_published_tests_with_their_sources() -> None:
    by_name = {entry.probe.name: entry for entry in probes.catalogue()}
    assert [f"weat_{i}" in by_name for i in range(1, 11)] == [True] * 10
    assert {"clif_career", "clif_math", "clif_science", "clif_race"} <= set(by_name)
    sizes = {name: [len(s.words) for s in by_name[name].probe.named_sets] for name in by_name}
    assert sizes["weat_1"] == sizes["weat_2"] == [25, 25, 25, 25]
    assert sizes["weat_3"] == [32, 32, 25, 25]  # Table 1 of the paper: 32 x 2 targets
    assert sizes["weat_4"] == [16, 16, 25, 25]
    assert sizes["weat_9"] == [6, 6, 7, 7]
    for entry in by_name.values():
        assert entry.source.citation
        assert entry.title
        assert not any(len(set(s.words)) < len(s.words) for s in entry.probe.named_sets)
    assert "caliskan/flowers" in probes.word_sets()
    with pytest.raises(InputError, match="weat_1"):
        probes.find_probe("weat_99")
