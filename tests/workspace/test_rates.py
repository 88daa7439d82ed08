"""How fast a machine is, by what finished work took, and what is left of running work."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Similarity
from clif_core.sgns.model import SkipGram
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus
from clif_core.workspace.job_folder import read_progress
from clif_core.workspace.job_process import _reporter
from clif_core.workspace.rates import FILE, N_KEPT, Rates, Work, seconds_left, start_of_job
from clif_core.workspace.tasks.work import (
    derivative_work,
    measure_derivative,
    units_of_training,
)

WORK = Work("training", "here", 1000.0, guess=10.0)


def test_before_any_work_it_guesses_and_says_so(tmp_path: Path) -> None:
    found = Rates(tmp_path).expect(WORK)
    assert (found.seconds, found.is_measured) == (100.0, False)
    assert "a guess" in found.in_words
    assert not (tmp_path / FILE).exists()


def test_the_rate_is_the_median_of_the_last_times_in_this_place(tmp_path: Path) -> None:
    rates = Rates(tmp_path)
    rates.note(Work("training", "elsewhere", 1.0, 1.0), 1.0)
    for seconds in (1000.0, 5.0, 10.0, 10.0, 20.0, 500.0):
        rates.note(WORK, seconds)
    assert len(json.loads((tmp_path / FILE).read_text())["rates"]["training"]["here"]) == N_KEPT
    again = Rates(tmp_path).expect(Work("training", "here", 500.0, 10.0))
    assert (again.seconds, again.is_measured) == (5.0, True)
    assert again.in_words == "about 5\u00a0s on this machine"


def test_a_short_measurement_says_little_beside_a_whole_run(tmp_path: Path) -> None:
    rates = Rates(tmp_path)
    rates.note(Work("training", "here", 1.0, 1.0), 5.0)
    assert rates.expect(WORK).seconds == 5000.0
    assert rates.most_timed(WORK) == 1.0
    rates.note(WORK, 50.0)
    assert rates.expect(WORK).seconds == 50.0
    assert rates.most_timed(WORK) == 1000.0
    assert rates.most_timed(Work("training", "elsewhere", 1.0, 1.0)) == 0.0


def test_a_slice_is_timed_again_until_a_whole_training_was(
    tmp_path: Path, lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    engine = InfluenceEngine(lee_model, lee_corpus)
    probe = Similarity("man", "day").resolve(lee_model.vocabulary)
    rates, work = Rates(tmp_path), derivative_work(lee_model, "ensemble", n_runs=1)

    def n_timed() -> int:
        (places,) = [json.loads(rates.path.read_text())["rates"]["derivative"]]
        return len(places[work.place])

    for n in (1, 2):
        measure_derivative(rates, engine, probe)
        assert n_timed() == n
    assert 0 < rates.most_timed(work) < work.units
    rates.note(work, 1.0)
    measure_derivative(rates, engine, probe)
    assert n_timed() == 3
    assert rates.expect(work).seconds == 1.0


def test_the_longest_part_decides_whether_it_is_a_guess(tmp_path: Path) -> None:
    rates = Rates(tmp_path)
    assert rates.expect(start_of_job(), WORK).seconds == pytest.approx(105.0)
    rates.note(WORK, 50.0)
    assert rates.expect(start_of_job(), WORK).is_measured
    assert not rates.expect(start_of_job(), Work("training", "here", 1.0, 1.0)).is_measured


def test_only_finished_work_is_noted(tmp_path: Path) -> None:
    rates = Rates(tmp_path)
    with pytest.raises(ZeroDivisionError), rates.timing(WORK):
        raise ZeroDivisionError
    assert not rates.expect(WORK).is_measured
    with rates.timing(WORK):
        pass
    assert rates.expect(WORK).is_measured


@pytest.mark.parametrize(
    "content",
    ["", "[", "[]", "7", '{"format": 9, "rates": {"training": {"here": [[1, 1]]}}}',
     '{"format": 2, "rates": []}', '{"format": 2, "rates": {"training": []}}',
     '{"format": 2, "rates": {"training": {"here": 3}}}',
     '{"format": 2, "rates": {"training": {"here": [[1], [0, 1], [1, -1], [true, 1], ["1", 1],'
     ' [1, NaN], [Infinity, 1], null]}}}', " " * 300_000],
)  # fmt: skip
def test_a_file_of_another_form_counts_as_none_and_is_replaced(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / FILE).write_text(content)
    rates = Rates(tmp_path)
    assert not rates.expect(WORK).is_measured
    rates.note(WORK, 50.0)
    assert rates.expect(WORK).seconds == 50.0


def test_a_home_that_cannot_be_written_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    Rates(tmp_path / "home").note(WORK, 1.0)


def test_processes_that_note_at_once_lose_nothing(tmp_path: Path) -> None:
    works = [Work(f"kind {i}", "here", 1.0, 1.0) for i in range(8)]
    threads = [threading.Thread(target=Rates(tmp_path).note, args=(work, 2.0)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(Rates(tmp_path).expect(work).is_measured for work in works)


# --- what is left


@pytest.mark.parametrize("slowness", [0.5, 1.0, 3.0])
def test_time_left_is_there_at_once_and_falls_to_nothing(slowness: float) -> None:
    """Work that takes ``slowness`` times what was expected, looked at in even steps."""
    whole = 100.0 * slowness
    left = [seconds_left(100.0, whole * f, f) for f in np.linspace(0, 1, 101)]
    assert left[0] == 100.0
    assert left[-1] == 0.0
    late = np.array(left[25:], float)
    assert np.allclose(late, whole * (1 - np.linspace(0.25, 1, 76)))  # the pace alone
    steps = np.diff(np.array(left, float))
    if slowness == 1.0:
        assert np.allclose(steps, -1.0)
    assert steps.max() < 0.12 * whole  # it may rise while it learns, but does not jump
    assert abs(steps).max() < 0.12 * whole


def test_a_job_that_tells_nothing_yet_counts_down_but_not_below_nothing() -> None:
    left = [seconds_left(10.0, float(elapsed), 0.0) for elapsed in range(20)]
    assert left == [float(max(10 - elapsed, 0)) for elapsed in range(20)]


def test_what_was_found_finished_is_no_sign_of_speed() -> None:
    assert seconds_left(100.0, 0.5, 0.6, skipped=0.6) == pytest.approx(39.5)
    assert seconds_left(None, 20.0, 0.8, skipped=0.6) == pytest.approx(20.0)


def test_without_an_expectation_the_pace_tells_once_there_is_one() -> None:
    assert seconds_left(None, 5.0, 0.0) is None
    assert seconds_left(None, 5.0, 0.5) == 5.0


def test_the_reporter_tells_when_it_began_and_what_it_found_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    report = _reporter(tmp_path)
    for later, fraction in ((0.0, 0.0), (3.0, 0.0), (0.0, 0.4), (5.0, 0.5), (5.0, 0.6)):
        now[0] += later
        report(fraction, "at work")
    found = read_progress(tmp_path)
    assert found is not None and found.started > 1e9
    assert (found.fraction, found.skipped) == (0.6, pytest.approx(0.4))


# --- units


def test_units_grow_with_everything_that_a_training_does_more_of() -> None:
    counts, small = np.array([50, 30, 20]), TrainingSettings(dim=10, epochs=2)
    units = units_of_training(counts, small)
    assert units > 0
    for change in ({"dim": 20}, {"epochs": 4}):
        more = TrainingSettings(**{"dim": 10, "epochs": 2, **change})
        assert units_of_training(counts, more) == pytest.approx(2 * units)
    kept_all = TrainingSettings(dim=10, epochs=2, subsampling_threshold=0)
    assert units_of_training(counts, kept_all) == 100 * 6 * 6 * 10 * 2
    assert units < units_of_training(counts, kept_all)
