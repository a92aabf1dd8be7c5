"""Rounds and figures: order, intervals, what is kept in the file of figures."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as bench
from benchmarks import causes, limit
from benchmarks.rounds import Figure, Maker, digits, interleaved, level, ratio, spent, spent_by
from sim.model.world import World
from sim.scenario.scenario import load


def test_rounds_take_turns() -> None:
    order = []

    def timer(name):
        def timed(number):
            order.append((number, name))
            return 10.0 * number + name

        return timed

    seconds = interleaved([timer(0), timer(1), timer(2)], 3)
    assert order == [(0, 0), (0, 1), (0, 2), (1, 2), (1, 1), (1, 0), (2, 0), (2, 1), (2, 2)]
    np.testing.assert_array_equal(seconds, [[0, 1, 2], [10, 11, 12], [20, 21, 22]])


def test_a_ratio_is_of_medians_and_its_interval_holds_it() -> None:
    luck = np.random.default_rng(1)
    over, under = 0.3 * luck.lognormal(sigma=0.2, size=60), luck.lognormal(sigma=0.2, size=60)
    found = ratio("key", "what", over, under, "{over} and {under}")
    assert found.value == np.median(over) / np.median(under)
    assert 0.2 < found.low < found.value < found.high < 0.4
    assert found.rounds == 60
    assert (
        found.note
        == f"{digits(1000 * np.median(over))} ms and {digits(1000 * np.median(under))} ms"
    )
    assert ratio("key", "what", over, under) == ratio("key", "what", over, under)


def test_an_interval_shrinks_with_rounds() -> None:
    luck = np.random.default_rng(1).normal(1.0, 0.1, 400)
    few, many = level("key", "what", luck[:20], "s"), level("key", "what", luck, "s")
    assert 0.0 < many.high - many.low < 0.5 * (few.high - few.low)
    three = level("key", "what", luck[:3], "s")
    assert (three.value, three.low, three.high) == (sorted(luck[:3])[1], None, None)


def test_processor_time_of_a_process_holds_that_of_its_children() -> None:
    work = "import time\nwhile time.process_time() < 0.4: pass\n"
    script = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {work!r}])\n"
    script += "for line in sys.stdin: print('done', flush=True)\n"
    before = spent()
    with Maker([sys.executable, "-c", script], Path.cwd()) as maker:
        assert maker.ask("go") == ["done"]
        assert spent_by(maker.process.pid) > 0.35
    assert spent() - before > 0.35, "children that have ended do not count"


def test_a_maker_that_ends_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    failing = [sys.executable, "-c", "raise SystemExit('no library')"]
    with (
        pytest.raises(SystemExit, match="ended; its error stands above"),
        Maker(failing, Path.cwd()) as maker,
    ):
        maker.ask("go")
    assert "no library" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (0.01234, "0.0123"), (1.0, "1.00"), (99.94, "99.9"), (1234.5, "1,234")],
)
def test_three_digits_count(number: float, text: str) -> None:
    assert digits(number) == text


def test_the_file_keeps_figures_of_the_same_code_and_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new" / "bench.json"
    bench.Record(path).add(
        [Figure("a", "what", 1.0, "x", 3), Figure("b", "what", 2.0, "x", 3)], 0.5
    )
    bench.Record(path).add([Figure("b", "what", 3.0, "x", 4)], 9.0)
    figures = json.loads(path.read_text())["figures"]
    assert {key: row["value"] for key, row in figures.items()} == {"a": 1.0, "b": 3.0}
    assert "busy" not in figures["a"]
    assert "others used the machine" in figures["b"]["busy"]
    assert [file.name for file in path.parent.iterdir()] == ["bench.json"]
    monkeypatch.setattr(bench, "machine", lambda: {"processor": "another"})
    assert bench.Record(path).content["figures"] == {}
    assert "another machine" in capsys.readouterr().err


def test_what_is_asked_for_is_chosen() -> None:
    usual = Namespace(only=None, long=False, against=None)
    assert set(bench.chosen(usual)) == {
        name for name, one in bench.BENCHMARKS.items() if not one.long
    }
    assert bench.minutes(bench.chosen(usual), None) <= 15.0
    every = Namespace(only=None, long=True, against="HEAD")
    assert set(bench.chosen(every)) == {*bench.BENCHMARKS, *bench.AGAINST}
    two = Namespace(only="forks,sweep-2400", long=False, against=None)
    assert list(bench.chosen(two)) == ["forks", "sweep-2400"]
    for name, message in (("fork", "there is no 'fork'"), ("against-run", "needs --against REV")):
        with pytest.raises(SystemExit, match=message):
            bench.chosen(Namespace(only=name, long=False, against=None))


def test_recorded_calls_of_kernels_are_replayed_with_what_they_were_given() -> None:
    """Replaying does not change what was recorded, and the world's bits are as without."""
    scenario = load("status-quo", settings=["adopters=3500", "horizon.end=2024-12"])
    world = World(scenario, rng=1)
    calls = limit.recorded(world)
    alone = World(scenario, rng=1).run()
    np.testing.assert_array_equal(world.series().values, alone.values)
    made = [(kernel, arguments) for kernel, arguments in calls if kernel.__name__ == "choose"]
    assert len(made) == len(range(limit.EVERY // 2, 24, limit.EVERY))
    before = [arguments[2].choice.copy() for _, arguments in made]
    limit.arithmetic(made)
    for choice, (_, arguments) in zip(before, made, strict=True):
        np.testing.assert_array_equal(arguments[2].choice, choice)
    assert {"choose", "tally", "fill_views"} <= causes.kernel_names()


def test_causes_of_a_run_are_told_apart() -> None:
    scenario = load("status-quo", settings=["adopters=3500"])
    found = causes.sampled(lambda: [World(scenario, rng=1, replication=i).run() for i in range(3)])
    assert set(found) <= set(causes.CAUSES)
    assert min(found["kernels"], found["small NumPy"], found["Python"]) > 0
