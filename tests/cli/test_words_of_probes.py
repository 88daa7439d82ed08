"""Probes of people's own on the command line: in another spelling, from files of other tools."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clif_core.probes import probe_text
from tests.cli.test_cli import run
from tests.peoples_words import DIFFERENCE, EFFECT, GERMAN, SETS, decomposed, weat

LABELS = ("m", "f", "c", "fam")
QUERY = {
    "target_sets": SETS[:2],
    "attribute_sets": SETS[2:],
    "target_sets_names": LABELS[:2],
    "attribute_sets_names": LABELS[2:],
}
FILES = {
    "exact.json": probe_text(weat()),
    "bom.json": "\ufeff" + probe_text(weat()),
    "wefe.json": json.dumps(QUERY),
    "sets.csv": "\n".join(",".join(row) for row in [LABELS, *zip(*SETS, strict=True)]),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("german")
    run(folder, "import", str(GERMAN), "--name", "german")
    return folder


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("spelt", ["lower", "decomposed"])
def test_every_file_and_spelling_gives_the_same(home: Path, name: str, spelt: str) -> None:
    respell = str.lower if spelt == "lower" else decomposed
    text = FILES[name]
    for word in {word for words in SETS for word in words}:
        for quote in (f'"{word}"', f'"{json.dumps(word)[1:-1]}"'):
            text = text.replace(quote, json.dumps(respell(word)))
        if name.endswith(".csv"):
            text = text.replace(word, respell(word))
    path = home / f"{spelt}-{name}"
    path.write_text(text, "utf-8")
    found = run(home, "probe", "german", str(path))
    assert found["effect_size"] == pytest.approx(EFFECT, abs=1e-4)
    assert found["difference"] == pytest.approx(DIFFERENCE, abs=1e-4)
    assert found["lost_words"] == []
    written = {word for words in SETS for word in words if respell(word) != word}
    assert found["matched"] == {respell(word): word for word in written}
    assert all(respell(word) in " ".join(found["notes"]) for word in written)


def test_what_is_lost_or_has_several_spellings_is_named(home: Path, tmp_path: Path) -> None:
    asked = weat(("Mann", "Vatter"), *SETS[1:])
    (tmp_path / "lost.json").write_text(probe_text(asked), "utf-8")
    found = run(home, "probe", "german", str(tmp_path / "lost.json"))
    assert found["lost_words"] == ["Vatter"]
    (tmp_path / "none.json").write_text(probe_text(weat(("Vatter",), *SETS[1:])), "utf-8")
    said = run(home, "probe", "german", str(tmp_path / "none.json"), status=1)
    assert "'Vatter' (nearest: 'Vater')" in said


def test_the_lists_of_the_models_language_are_listed(home: Path) -> None:
    found = run(home, "probes", "german")
    assert found["language"].startswith("German, guessed from the model's words")
    assert {probe["language"] for probe in found["probes"]} == {"de"}
    assert {"name", "title", "n_words", "n_missing", "source"} <= found["probes"][0].keys()
    assert {p["name"] for p in run(home, "probes", "--language", "zh")["probes"]} == {
        f"weat_{n}_zh" for n in (1, 6, 7, 8)
    }
    assert "there are: en, de, es, fr, zh, ar" in run(home, "probes", "--language", "xx", status=1)
