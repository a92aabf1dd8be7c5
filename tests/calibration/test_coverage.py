"""Fits to made-up records hold the truth as often as they say, and it shows where they do not."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import truths as command
from docs import truths as page
from sim import data
from sim.calibration import coverage as module
from sim.calibration.blocks import BLOCKS, FITTED
from sim.calibration.calibrate import Sizes, Stages, candidates_at, explored
from sim.calibration.coverage import (
    WIDENINGS,
    Asked,
    Truths,
    coverage,
    emulated,
    enough,
    held_apart,
    made_up_records,
    outcomes,
    pooled,
    recovered,
    widening,
)
from sim.calibration.likelihood import DISCREPANCY, TAIL, Observed
from sim.calibration.ranks import U_SHAPED, binomial, inside, rank, shown, u_shape
from sim.calibration.record import digests
from sim.calibration.simulate import NAMES
from tests.calibration.made_up import TINY, TOLD, linear, made_up

SIZES = Sizes((512,), pool=2000, verified=199)
TRUTHS = 100
HERE = Path("nowhere")
"""The made-up model writes nothing."""


@pytest.fixture(scope="module")
def trained():
    """Emulators, pools, and truths over the whole ranges."""
    run = Stages(linear, 0, 3, HERE, lambda *_: None, {})
    known, scores, seen = held_apart(explored(SIZES, run, np.random.default_rng(3)), TRUTHS)
    other = linear(candidates_at(scores), 1, 99)[:, 0]
    rng = np.random.default_rng(4)
    pools = {name: known.pool_of(name, rng) for name in BLOCKS}
    far = np.arange(TRUTHS, 2 * TRUTHS)
    return known, pools, Truths(scores[far], seen[far], other[far])


def ranks_of(trained, records):
    known, pools, truths = trained
    return emulated(known, pools, truths, records, 199, np.random.default_rng(5))


def records_of(trained, discrepancy=DISCREPANCY):
    """Records with an error of the model that is larger than fits assume, if it is."""
    known, _, truths = trained
    erring = {k: replace(o, discrepancy=discrepancy) for k, o in known.target.items()}
    made = made_up_records(truths.seen, erring, np.random.default_rng(6))
    return [
        {name: replace(observed, discrepancy=DISCREPANCY) for name, observed in one.items()}
        for one in made
    ]


# fits


def test_where_the_likelihood_is_right_intervals_hold_what_they_say(trained):
    ranks = ranks_of(trained, records_of(trained))
    kinds = pooled(ranks, recovered(ranks))
    for kind in ("recovered", "others", "outcomes"):
        for part, nominal in (("inside50", 0.5), ("inside90", 0.9)):
            assert abs(kinds[kind][part]["share"] - nominal) < 0.05, (kind, part)
    assert enough(kinds)


def test_where_the_error_is_understated_intervals_hold_too_few_and_ranks_are_u_shaped(trained):
    ranks = ranks_of(trained, records_of(trained, 4.0 * DISCREPANCY))
    kinds = pooled(ranks, recovered(ranks))
    told = kinds["recovered"]
    assert told["inside90"]["high"] < 0.9
    assert told["u"] < U_SHAPED
    counts = [int(count) for count in told["ranks"].split()]
    assert min(counts[0], counts[-1]) > 2 * np.mean(counts[1:-1])
    assert not enough(kinds)
    others = kinds["others"]["inside90"]["share"]
    assert abs(others - 0.9) < 0.03, "parameters that no target speaks of keep their range"


def test_an_exact_record_is_held_more_often(trained):
    known, _, truths = trained
    exact = ranks_of(trained, made_up_records(truths.seen, known.target))
    told = np.array(recovered(exact))
    assert inside(exact.parameters[:, told], 0.9)["share"] > 0.97
    assert u_shape(exact.parameters[:, told]) > 0.99


@pytest.mark.parametrize("true", [1.0, 3.0])
def test_the_rule_takes_the_least_factor_that_holds(trained, true):
    known, pools, truths = trained
    records = records_of(trained, true * DISCREPANCY)
    learned = recovered(ranks_of(trained, records))
    steps = widening(known, pools, truths, records, learned, 199, np.random.default_rng(7))
    assert [step["factor"] for step in steps] == list(WIDENINGS)
    held = [step["recovered"]["inside90"]["share"] for step in steps]
    assert (np.diff(held) > -0.02).all(), "a larger error is held more often"
    assert next(step["factor"] for step in steps if step["enough"]) == true


def test_ranks_in_the_shape_of_a_u_are_not_enough_where_intervals_hold_enough():
    fine = {"inside90": {"high": 0.92}, "u": 0.3}
    assert enough({"recovered": fine, "outcomes": fine | {"u": 0.001}})
    assert enough({"recovered": None, "outcomes": fine})
    assert not enough({"recovered": fine | {"u": 0.001}, "outcomes": fine})
    assert not enough({"recovered": fine, "outcomes": fine | {"inside90": {"high": 0.89}}})


def test_what_moves_a_target_is_recovered_and_nothing_else(trained):
    ranks = ranks_of(trained, records_of(trained))
    told = [name for name, yes in zip(FITTED, recovered(ranks), strict=True) if yes]
    assert sorted(told) == sorted(TOLD.values())
    others = np.delete(ranks.widths, [FITTED.index(name) for name in told], axis=1)
    assert np.median(others) == pytest.approx(1.0, abs=0.1)


def test_a_truth_that_its_own_record_denies_is_ruled_out(trained):
    known, pools, truths = trained
    few = Truths(*(rows[:5] for rows in truths))
    made = made_up_records(few.seen, known.target)
    far = [{k: replace(o, at=o.at + 9.0) if k == "C05" else o for k, o in r.items()} for r in made]
    rng = np.random.default_rng(5)
    assert not emulated(known, pools, few, made, 20, rng).ruled_out.any()
    assert emulated(known, pools, few, far, 20, rng).ruled_out.all()


def test_truths_are_held_apart_from_training():
    rng, asked = np.random.default_rng(3), Stages(made_up, 0, 3, HERE, lambda *_: None, {})
    whole = explored(TINY, asked, rng)
    known, scores, seen = held_apart(whole, 16)
    assert len(known.scores) == len(whole.scores) - 32
    assert not (scores[:, None] == known.scores[None]).all(axis=2).any()
    np.testing.assert_array_equal(scores[:16], whole.scores[-16:])
    np.testing.assert_array_equal(seen[16:], whole.values[:16])
    with pytest.raises(ValueError, match="17 truths are too many for 64 runs: at most 16"):
        held_apart(whole, 17)


# records


@pytest.mark.parametrize("name", ["C02", "C05", "C24"])
def test_errors_of_a_record_are_those_that_the_likelihood_assumes(name):
    """Also where the range is wider on one side: its misfit is that of a normal."""
    observed = Observed(next(t for t in data.targets() if t.id == name))
    there = observed.scaled(np.array([observed.target.value])) * np.ones(8_000)
    records = observed.with_error(there, np.random.default_rng(0))
    misfit = np.array([replace(observed, at=at).misfit(there[:1])[0] for at in records.tolist()])
    assert np.mean(misfit**2) == pytest.approx(1.0, abs=0.05)
    low, value, high = observed.scaled(
        np.array([observed.target.low, observed.target.value, observed.target.high])
    )
    assert (misfit > 0).mean() == pytest.approx((high - value) / (high - low), abs=0.02)


def test_a_made_up_record_has_the_widths_of_the_table_around_another_value():
    target = next(t for t in data.targets() if t.id == "C16")
    observed = replace(Observed(target), at=0.0)
    assert observed.misfit(np.array([0.0]))[0] == 0.0
    low, value, high = observed.scaled(np.array([target.low, target.value, target.high]))
    expected = TAIL / (1.0 + DISCREPANCY**2) ** 0.5
    ends = observed.misfit(np.array([low - value, high - value]))
    np.testing.assert_allclose(ends, [-expected, expected])


# ranks


def test_a_rank_is_the_share_of_draws_below():
    sample = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, np.nan], [4.0, 6.0]])
    np.testing.assert_allclose(rank(sample, np.array([3.5, 5.0])), [0.75, 1.0 / 3.0])


def test_intervals_of_shares_are_wilsons():
    assert binomial(0.9, 100) == pytest.approx((0.8256, 0.9448), abs=1e-4)
    assert binomial(1.0, 20)[1] == 1.0
    assert binomial(0.0, 20)[0] == 0.0


def test_quantities_that_hang_together_count_as_fewer_cases():
    rng = np.random.default_rng(0)
    alone = inside(rng.random((100, 10)), 0.9)
    together = inside(np.tile(rng.random((100, 1)), 10), 0.9)
    width = [one["high"] - one["low"] for one in (alone, together)]
    assert width[0] == pytest.approx(2 * 1.96 * (0.09 / 1000) ** 0.5, rel=0.3)
    assert width[1] == pytest.approx(2 * 1.96 * (0.09 / 100) ** 0.5, rel=0.3)


@pytest.mark.parametrize("quantities", [1, 10])
def test_a_u_shape_is_told_from_even_ranks_and_from_a_hump(quantities):
    even = np.random.default_rng(0).random((200, quantities))
    assert 0.02 < u_shape(even) < 0.98
    assert u_shape(0.5 + 0.5 * np.sign(even - 0.5) * np.abs(2.0 * even - 1.0) ** 0.5) < 0.001
    assert u_shape(0.5 + 0.6 * (even - 0.5)) > 0.999
    assert u_shape(np.round(even)) < 0.001, "all at the ends"


def test_a_histogram_holds_every_truth():
    assert shown(np.linspace(0.0, 1.0, 21)[:, None])["ranks"] == "2 2 2 2 2 2 2 2 2 3"


# the whole


@pytest.fixture(scope="module")
def few():
    """A coverage of a few truths, two of them in full, and what was asked of the model."""
    stages = []

    def kept(draws, replications, seed, *, out, **_):
        stages.append((out, seed))
        return made_up(draws, replications, seed)

    sizes = replace(TINY, waves=(64, 32))
    asked = Asked(sizes, 5, Path("fit"), Path("more"), truths=8, full=2, simulate=kept)
    return coverage(asked), stages


def test_it_goes_on_from_folders_and_shares_no_luck(few):
    _, stages = few
    folders, seeds = zip(*stages, strict=True)
    steps = ("wave-1", "wave-2", "verified", "ensemble", "central")
    full = (Path("more") / f"truth-{k}" / step for k in (1, 2) for step in steps)
    assert folders == (Path("fit/wave-1"), Path("fit/wave-2"), Path("more/truths"), *full)
    assert len(set(seeds)) == len(seeds)
    assert seeds[:2] == (5, 6), "the runs of the fit are those that it left"


def test_truths_are_unknown_to_emulators_and_judged_by_another_run(monkeypatch):
    """Of the 64 runs the 16 of truths are held apart, and each truth is run once more."""
    asked = []

    def kept(known, pools, truths, *others):
        asked.append((known, truths))
        return emulated(known, pools, truths, *others)

    monkeypatch.setattr(module, "emulated", kept)
    coverage(Asked(TINY, 5, HERE, HERE, truths=8, simulate=made_up))
    assert asked
    for known, truths in asked:
        assert len(known.scores) == 64 - 16
        assert not (truths.scores[:, None] == known.scores[None]).all(axis=2).any()
        assert (truths.other != truths.seen).mean() > 0.9


def test_the_whole_procedure_finds_what_a_target_tells(few):
    found, _ = few
    assert found["full"]["truths"] == 2
    told = found["full"]["pooled"]["recovered"]
    assert sum(map(int, told["ranks"].split())) == 2 * sum(
        one["recovered"] for one in found["near"]["with"]["parameters"]
    )
    ids = [one["id"] for one in found["near"]["with"]["outcomes"]]
    assert tuple(ids) == outcomes()
    assert set(ids) <= set(NAMES)


def test_truths_whose_run_failed_are_left_out():
    def failing(draws, replications, seed, **_):
        found = made_up(draws, replications, seed)
        if seed >= 1000:
            found[0] = np.nan
        return found

    found = coverage(Asked(TINY, 5, HERE, HERE, truths=8, simulate=failing))
    assert found["near"]["with"]["truths"] == 7
    assert found["far"]["with"]["truths"] == 8
    assert found["full"] is None


# the command and the page


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["coverage.py", *map(str, arguments)])
    command.main()


@pytest.fixture
def fit(tmp_path):
    sizes = {"waves": [64], "pool": 500, "verified": 20, "replications": 2, "draws": 10}
    record = {
        "made_by": {"openstakes": "0"},
        "seed": 5,
        "sizes": sizes | {"central": 2},
        "digests": digests(),
        "ensemble": "0" * 16,
    }
    (tmp_path / "calibration.json").write_text(json.dumps(record))
    return tmp_path


def test_the_command_stores_what_the_page_shows(fit, monkeypatch, capsys):
    stored = fit / "truths.json"
    monkeypatch.setattr(command, "OUTPUT", stored)
    monkeypatch.setattr(
        command, "coverage", lambda asked: coverage(replace(asked, simulate=made_up))
    )
    run(monkeypatch, fit, "--truths", 8, "--full", 1, "--out", fit / "more")
    assert "near, whole procedure" in capsys.readouterr().out
    monkeypatch.setattr(page, "MEASURED", stored)
    text = page.section()
    assert "another fit than the one that is shipped" in text
    assert "Emulators trained on the other 48 runs" in text
    assert "8 truths are candidates of\nthe last wave" in text
    found = json.loads(stored.read_text())
    (row,) = [line for line in text.splitlines() if line.startswith("| C05")]
    one = next(one for one in found["near"]["with"]["outcomes"] if one["id"] == "C05")
    assert f"| {one['ranks']} |" in row
    assert f"{100 * one['inside90']['share']:.0f} % [" in row
    left = [one["name"] for one in found["near"]["with"]["parameters"] if not one["recovered"]]
    named = text.partition("Not recovered")[2].partition("\n")[0]
    assert all(f"`{name}`" in named for name in left)
    monkeypatch.setattr(page, "shipped", lambda: found["fit"])
    assert "on the runs of the shipped fit" in page.section().replace("\n", " ")


@pytest.mark.parametrize(("factor", "says"), [
    (None, "No factor that was tried is enough"),
    (1.0, "nothing is widened"),
    (2.0, "the model's own error is to be 1."),
])  # fmt: skip
def test_the_page_says_what_the_rule_gives(factor, says):
    found = json.loads(page.MEASURED.read_text())
    assert says in page._widening(found | {"factor": factor})


def test_the_page_says_what_is_too_sure_and_what_is_too_wide():
    found = json.loads(page.MEASURED.read_text())
    text = page._beside(found)
    assert "clearly more: the 50 % of outcomes, near the record (59 % [56, 61]); " in text
    told = found["near"]["with"]["pooled"]["recovered"]
    told["inside90"] |= {"share": 0.8, "low": 0.76, "high": 0.84}
    sure = page._beside(found).partition("Too wide")[0]
    assert "the 90 % of parameters that are recovered, near the record (80 % [76, 84])" in sure
    for name in ("near", "far"):
        for one in found[name]["with"]["pooled"].values():
            one["inside50"] |= {"low": 0.45, "high": 0.55}
            one["inside90"] |= {"low": 0.85, "high": 0.95}
    assert page._beside(found).count("none") == 2


def test_quantities_that_are_held_too_seldom_are_named():
    rows = [
        {"id": "good", "inside90": {"high": 0.93}, "u": 0.3},
        {"id": "few", "inside90": {"high": 0.85}, "u": 0.02},
        {"id": "bent", "inside90": {"high": 0.91}, "u": 1e-6},
    ]
    text = page._doubted(rows, "id")
    assert "by itself: `few` of 3" in text
    assert "Bonferroni: `bent`." in text


def test_a_folder_without_a_fit_of_this_version_is_refused(fit, monkeypatch, capsys):
    monkeypatch.setattr(command, "OUTPUT", fit / "truths.json")
    for folder, reason in ((fit / "none", "holds no finished fit"), (fit, "is of other targets")):
        record = json.loads((fit / "calibration.json").read_text())
        record["digests"]["targets"] = "0"
        (fit / "calibration.json").write_text(json.dumps(record))
        with pytest.raises(SystemExit) as end:
            run(monkeypatch, folder, "--out", fit / "more")
        assert end.value.code == 2
        assert reason in capsys.readouterr().err
    for wrong in (("--truths", 1), ("--truths", 8, "--full", 9)):
        with pytest.raises(SystemExit) as end:
            run(monkeypatch, fit, *wrong)
        assert end.value.code == 2
    assert not (fit / "truths.json").exists()


def test_too_many_truths_are_refused_with_the_most(fit, monkeypatch, capsys):
    monkeypatch.setattr(
        command, "coverage", lambda asked: coverage(replace(asked, simulate=made_up))
    )
    with pytest.raises(SystemExit) as end:
        run(monkeypatch, fit, "--truths", 17, "--out", fit / "more")
    assert end.value.code == 2
    assert "at most 16" in capsys.readouterr().err
