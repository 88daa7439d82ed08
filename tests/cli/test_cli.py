"""The command line, from a text file to the sentences behind a probe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from clif_core.cli import app
from clif_core.probes import Similarity, Weat, save_probe
from clif_core.workspace.workspace import Workspace
from tests.conftest import LEE
from tests.pretended_cuda import pretended_cuda

QUESTION = Weat("conflict", ("police", "security"), ("test", "cricket"), ("killed",), ("team",))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    text = folder / "lee.txt"
    text.write_text("\n\n".join(LEE.read_text("utf-8").splitlines()), "utf-8")
    save_probe(QUESTION, folder / "conflict.json")
    run(folder, "train", str(text), "--name", "lee", "--dim", "8", "--epochs", "3",
        "--unit", "document")  # fmt: skip
    return folder


def run(home: Path, *arguments: str, status: int = 0) -> Any:
    """The parsed JSON of a command, or the text of its error."""
    as_json = ["--json"] if status == 0 else []
    result = CliRunner().invoke(app, [*arguments, "--home", str(home), *as_json])
    assert result.exit_code == status, result.output
    return json.loads(result.stdout) if status == 0 else " ".join(result.stderr.split())


def test_a_trained_model_is_listed_with_its_text(home):
    (own,) = [entry for entry in run(home, "models") if entry["name"] == "lee"]
    assert own["kind"] == "own"
    assert own["has_corpus"]


def test_a_probe_is_measured(home):
    report = run(home, "probe", "lee", str(home / "conflict.json"))
    model = Workspace(home).open_model("lee").model
    x, y, a, b = (
        model.unit_vectors[[model.vocabulary.id(word) for word in words]]
        for words in (("police", "security"), ("test", "cricket"), ("killed",), ("team",))
    )
    leanings = np.concatenate([x, y]) @ (a - b)[0]
    difference = leanings[:2].mean() - leanings[2:].mean()
    assert report["difference"] == pytest.approx(difference, rel=1e-5)
    assert report["effect_size"] == pytest.approx(difference / leanings.std(), rel=1e-5)
    assert report["permutation"]["scheme"] == "exact"
    assert report["lost_words"] == []


def test_influence_lists_sentences_of_the_text_in_both_directions(home):
    answer = run(home, "influence", "lee", str(home / "conflict.json"), "--top", "3",
                 "--question", "model")  # fmt: skip
    text = LEE.read_text("utf-8")
    assert answer["estimator"] == "block"
    assert answer["converged"] is True
    for direction, sign in (("lowers", -1), ("raises", 1)):
        found = answer[f"removal_{direction}"]
        assert len(found) == 3
        assert all(sign * item["effect"] > 0 for item in found)
        assert all(item["text"] in text for item in found)


@pytest.fixture(scope="module")
def of_the_text(home):
    """What four trainings of the text say; they are at hand from then on."""
    asked = ("influence", "lee", str(home / "conflict.json"), "--top", "5")
    return run(home, *asked, "--question", "text", "--runs", "4")


def test_the_text_is_asked_in_several_trainings(home, of_the_text):
    asked, answer = ("influence", "lee", str(home / "conflict.json"), "--top", "5"), of_the_text
    assert (answer["question"], answer["estimator"], answer["n_runs"]) == ("text", "ensemble", 4)
    assert answer["seeds"] == [1_000_003, 1_000_004, 1_000_005, 1_000_006]
    for item in answer["removal_lowers"]:
        low, high = item["interval"]
        assert low < item["effect"] < high
        assert item["standard_error"] > 0
        assert 0 <= item["n_agree"] <= 4 and 0 <= item["q"] <= 1
        assert item["holds"] in (True, False)
    assert run(home, *asked) == answer  # it is at hand now
    of_model = run(home, *asked, "--question", "model")
    assert (of_model["question"], of_model["estimator"]) == ("model", "block")
    assert "seeds" not in of_model and "holds" not in of_model["removal_lowers"][0]
    refused = run(home, *asked, "--question", "model", "--runs", "4", status=1)
    assert "'ensemble' answers for the text, not for the model" in refused
    assert "a question is text or model" in run(home, *asked, "--question", "run", status=1)


@pytest.mark.usefixtures("of_the_text")
def test_a_report_quotes_only_what_holds_unless_all_is_asked_for(home):
    asked = ("report", "lee", str(home / "conflict.json"), "--output")
    held = run(home, *asked, str(home / "held.json"))
    whole = run(home, *asked, str(home / "all.json"), "--all")
    assert (held["only_what_holds"], whole["only_what_holds"]) == (True, False)
    quoted = [
        len(json.loads((home / name).read_text("utf-8"))["attribution"]["raising"])
        for name in ("held.json", "all.json")
    ]
    assert quoted[0] < quoted[1] == 10


@pytest.mark.usefixtures("of_the_text")
def test_an_answer_of_the_text_is_judged_by_held_out_trainings(home):
    asked = ("trust", "lee", str(home / "conflict.json"), "--size", "20", "--seeds", "2")
    told = run(home, *asked, "--chooser", "ensemble", "--chooser", "random", "--time")
    assert told["trainings"] == 2 * (1 + 2 + 1)  # all text, both ways, by chance
    assert told["seconds"] > 0
    found = run(home, *asked, "--chooser", "ensemble", "--chooser", "random")
    assert found["seeds"] == [3_000_003, 3_000_004] and found["runs"] == 4
    assert [row["side"] for row in found["lists"]] == ["lowers", "raises", "chance"]
    for row in found["lists"]:
        low, high = row["interval"]
        assert low <= row["measured"] <= high and row["size"] == 20
    again = run(home, *asked, "--chooser", "ensemble", "--time")
    assert again["trainings"] == 0
    none = run(home, "trust", "lee", "weat_6", status=1)
    assert "no seed ensemble" in none or "knows too few" in none


def test_everything_is_computed_on_an_available_device(home):
    """Batched training, its exact derivative and the quick estimate; each names its device."""
    text, question = str(home / "lee.txt"), str(home / "conflict.json")
    with pretended_cuda():
        run(home, "train", text, "--name", "batched", "--dim", "8", "--epochs", "3",
            "--unit", "document", "--backend", "batched")  # fmt: skip
        answers = {
            estimator: run(home, "influence", "batched", question, "--estimator", estimator)
            for estimator in ("unrolled", "block")
        }
    assert {answer["device"] for answer in answers.values()} == {"pretended"}
    assert answers["unrolled"]["note"].startswith("the repeated run ends 0.00%")


def test_an_estimate_that_repeats_trainings_says_first_what_it_takes(home):
    save_probe(Similarity("police", "court"), home / "unasked.json")
    asked = ["influence", "lee", str(home / "unasked.json"), "--estimator", "ensemble"]
    first, again = (CliRunner().invoke(app, [*asked, "--home", str(home)]) for _ in range(2))
    assert "Seed ensemble: about " in first.stderr
    assert "on this machine" in " ".join(first.stderr.split())
    assert "about" not in again.stderr  # it is stored


def test_without_json_the_output_is_tables(home):
    question = str(home / "conflict.json")
    result = CliRunner().invoke(app, ["influence", "lee", question, "--home", str(home)])
    assert result.exit_code == 0
    assert "removal lowers" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["probe", "nothing", "weat_6"], "there is no model 'nothing'"),
        (["probe", "lee", "weat_77"], "no shipped probe is called 'weat_77'"),
        (["influence", "lee", "conflict.json"], "conflict.json"),
        (["influence", "lee", "weat_1"], "flowers"),
        (["train", "missing.txt", "--name", "x"], "missing.txt"),
        (["train", "missing.txt", "--name", "x", "--unit", "page"], "unit is sentence or document"),
        (["train", "missing.txt", "--name", "x", "--epochs", "0"], "epochs must be at least 1"),
        (["import", "missing.bin", "--name", "x"], "missing.bin"),
    ],
)
def test_an_error_is_one_line(home, arguments, message):
    text = run(home, *arguments, status=1)
    assert text.startswith("Error:")
    assert message in text


def test_import_reads_word2vec_files(home, tmp_path):
    vectors = tmp_path / "mine.txt"
    vectors.write_text("3 2\npolice 1 0\nteam 0 1\ncourt 1 1\n")
    report = run(home, "import", str(vectors), "--name", "mine")
    assert (report["n_words"], report["dim"]) == (3, 2)
    assert not report["has_context_vectors"]
    message = run(home, "import", str(vectors), "--name", "brown", status=1)
    assert "'brown' is the name of a sample model" in message
    message = run(home, "influence", "mine", str(home / "conflict.json"), status=1)
    assert "came without its training text" in message


def test_import_takes_the_options_of_vector_files(home):
    folder = Path(__file__).parents[1] / "cases" / "vectors"
    faulty = str(folder / "15-bad-words-stop-all" / "dup.txt")
    assert run(home, "import", faulty, "--name", "repaired")["n_words"] == 15
    assert "came before" in run(home, "import", faulty, "--name", "s", "--strict", status=1)
    assert run(home, "import", faulty, "--name", "few", "--limit", "4")["n_words"] == 4
    latin = str(folder / "15-bad-words-stop-all" / "latin1.txt")
    run(home, "import", latin, "--name", "latin", "--words-encoding", "cp1252")
    assert "café" in Workspace(home).open_model("latin").model.vocabulary
    projector = folder / "17-projector-files"
    words = ("--words", str(projector / "metadata.tsv"))
    found = run(home, "import", str(projector / "vectors.tsv"), "--name", "tsv", *words)
    assert found["n_words"] == 16


def test_a_debiased_copy_records_its_history(home):
    done = run(home, "debias", "lee")
    assert done["of"] == "lee"
    assert 0.5 <= done["neighbour_test_after"] <= 1
    assert done["name"] in {entry["name"] for entry in run(home, "models")}
    message = run(home, "debias", "lee", "--about", "age", status=1)
    assert "debiasing is about one of gender, race, got 'age'" in message


def test_markup_in_an_error_is_printed_as_it_is(home):
    text = run(home, "import", "[bold]missing[/]", "--name", "x", status=1)
    assert "[bold]missing[/]" in text


def test_help_lists_every_command_once_and_no_old_name():
    text = CliRunner().invoke(app, ["--help"]).stdout
    assert "fine-tune" in text
    assert "repair" not in text


def test_probes_tried_are_listed_corrected_and_cleared(home):
    run(home, "probe", "lee", str(home / "conflict.json"))
    measured = run(home, "probe", "lee", str(home / "conflict.json"))
    assert measured["probes_tried"] == 1
    assert measured["verdict"] == "Cannot be tested with so few words"
    assert "So few words allow no p below" in measured["verdict_reason"]
    assert measured["trainings"][0]["p_permutation"] == measured["permutation"]["p_two_sided"]
    listed = run(home, "tried", "lee")
    assert [row["verdict"] for row in listed["probes"]] == ["not_testable"]
    assert listed["probes"][0]["p_corrected"] == measured["p_corrected"]
    assert run(home, "tried", "lee", "--clear")["tried"] == 1
    assert run(home, "tried", "lee")["probes"] == []
