"""Draws of the calibrated ensemble: in comparisons, in experiments, and what a case sets itself."""

import shlex

import numpy as np
import pytest

import sim
from sim.messages import ScenarioError
from sim.report.limits import limits
from sim.report.reproduction import command
from sim.scenario import library
from sim.scenario.scenario import load
from sim.sweep.design import Case, Design
from sim.sweep.distributions import settled
from sim.sweep.draws import Draws
from sim.sweep.experiment import load_experiment
from sim.sweep.sampling import sample
from sim.sweep.uncertainties import comparison, is_calibrated
from tests.sweep import ensemble, fake

FRICTION = "policy.open-weight-control.kyc_friction"
BASE = {"name": "mine", "scenarios": ["p1-blanket"], "also_without_assumed": False}


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    return ensemble.stand_in(monkeypatch, tmp_path)


def compared(draws, *settings, replications=None):
    mine = load("p1-blanket", settings=settings)
    return comparison(
        [load("status-quo"), mine], replications, draws, 1, also_without_assumed=False
    )


def test_every_shipped_ensemble_can_be_drawn_whole():
    """The ensemble itself, if this version ships one, fits the model's parameters."""
    for name, path in library.ensembles().items():
        assert path.is_file()
        plan = load_experiment(BASE | {"uncertainties": {"ensemble": name}})[1]
        assert len(plan.draws) > 1


# Comparisons


def test_a_comparison_takes_the_first_draws_and_runs_each_once(shipped):
    plan = compared(5)
    assert plan.draws == shipped[:5]
    assert plan.replications == 1
    assert is_calibrated(plan)
    assert compared(5, replications=3).replications == 3
    assert compared(8).draws[:5] == plan.draws, "more draws keep the ones before"


def test_without_draws_a_comparison_is_what_it_was():
    plan = compared(0)
    assert list(plan.draws) == [{}]
    assert plan.replications == 32
    assert not is_calibrated(plan)


def test_a_number_that_a_scenario_sets_is_drawn_for_no_case(shipped):
    plan = compared(4, "parameters.leak_hazard=0.25")
    assert plan.draws == shipped.without(["leak_hazard"])[:4]
    assert settled(plan) == ["leak_hazard"]
    assert is_calibrated(plan)
    own, theirs = (case.under(plan.draws[2]).parameters for case in reversed(plan.cases))
    assert own == theirs | {"leak_hazard": 0.25}
    assert theirs.keys() <= {"network_weight", "theft_hazard"}


@pytest.mark.parametrize(
    ("draws", "words"),
    [
        (33, r"^draws = 33: .*calibrated\.csv has 32; ask for at most 32$"),
        (-1, "draws = -1: must be a whole number from 1 to 100000"),
        (2.5, "draws = 2.5: must be a whole number"),
    ],
)
def test_draws_that_are_not_there_are_refused(shipped, draws, words):
    with pytest.raises(ScenarioError, match=words):
        compared(draws)


def test_a_version_without_an_ensemble_says_so(monkeypatch):
    monkeypatch.setattr(library, "ensembles", dict)
    with pytest.raises(ScenarioError, match="ensemble 'calibrated' does not exist; known: none"):
        compared(4)


# Experiments


def test_an_experiment_names_the_ensemble(shipped):
    content = BASE | {"uncertainties": {"ensemble": "calibrated", "draws": 6}}
    plan = load_experiment(content)[1]
    assert (plan.draws, plan.replications) == (shipped[:6], 1)
    del content["uncertainties"]["draws"]
    assert load_experiment(content)[1].draws == shipped
    assert load_experiment(content | {"replications": 3})[1].replications == 3
    assert load_experiment(BASE)[1].replications == 32


def test_levers_take_their_numbers_out_of_the_ensemble(shipped):
    levers = {"parameters.theft_hazard": [0.001, 0.002], FRICTION: [0.1, 0.2]}
    content = BASE | {"levers": levers, "uncertainties": {"ensemble": "calibrated", "draws": 4}}
    plan = load_experiment(content)[1]
    assert plan.draws == shipped.without(["theft_hazard"])[:4]
    assert settled(plan) == ["theft_hazard"]


def test_numbers_with_a_law_are_added_or_take_the_place_of_the_ensembles(shipped):
    numbers = {FRICTION: {"uniform": [0.0, 0.3]}, "leak_hazard": {"choice": [0.125, 0.25]}}
    asked = {"ensemble": "calibrated", "draws": 8, "numbers": numbers}
    plan = load_experiment(BASE | {"uncertainties": asked, "seed": 3})[1]
    assert plan.draws.names == ("network_weight", "theft_hazard", "leak_hazard", FRICTION)
    assert plan.draws.without(numbers) == shipped.without(["leak_hazard"])[:8]
    alone = load_experiment(BASE | {"uncertainties": {"draws": 8, "numbers": numbers}, "seed": 3})[
        1
    ]
    assert plan.draws.without(shipped.names[1:]) == alone.draws, "sampled as without the ensemble"
    assert not is_calibrated(plan)


def test_an_own_file_and_laws_stand_side_by_side(tmp_path):
    (tmp_path / "own.csv").write_text("leak_hazard,theft_hazard\n0.25,0.001\n0.5,0.002\n")
    file = tmp_path / "experiment.toml"
    file.write_text(
        'name = "mine"\nscenarios = ["p1-blanket"]\n[uncertainties]\nensemble = "own.csv"\n'
        "draws = 2\n[uncertainties.numbers]\nleak_hazard = { choice = [0.125] }\n"
    )
    draws = load_experiment(file)[1].draws
    assert [draw["leak_hazard"] for draw in draws] == [0.125, 0.125]
    assert [draw["theft_hazard"] for draw in draws] == [0.001, 0.002]


def test_draws_of_an_experiment_may_be_asked_for_anew(shipped):
    plain = load_experiment(BASE | {"replications": 9}, draws=4)[1]
    assert (plain.draws, plain.replications) == (shipped[:4], 1)
    assert load_experiment(BASE, draws=4, replications=2)[1].replications == 2
    own = {"draws": 8, "method": "sobol", "numbers": {"leak_hazard": "range"}}
    stated = BASE | {"replications": 9, "uncertainties": own}
    found = load_experiment(stated, draws=np.int64(4))[1]
    assert found.draws == load_experiment(stated)[1].draws[:4]
    assert found.replications == 9, "the experiment's own replications are of each of its draws"
    with pytest.raises(ScenarioError, match="draws = 6: Sobol points need a power of 2"):
        load_experiment(stated, draws=6)
    with pytest.raises(ScenarioError, match=r"uncertainties\.draws = 33: .*ask for at most 32"):
        load_experiment(BASE, draws=33)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("calibrate", "ensemble 'calibrate' does not exist; did you mean 'calibrated'?; known: "),
        ("draws.txt", "a file of your own ends in .csv"),
        ("../draws.csv", "must be a .csv file in the folder of the experiment"),
    ],
)
def test_an_ensemble_that_is_not_there_is_refused(shipped, name, words):
    with pytest.raises(ScenarioError) as caught:
        load_experiment(BASE | {"uncertainties": {"ensemble": name}})
    assert words in str(caught.value)


# Studies


def test_a_study_over_the_ensemble_says_what_it_rests_on_and_how_to_do_it_again(
    shipped, monkeypatch
):
    monkeypatch.setattr("sim.sweep.execution.simulate_world", fake.world)
    mine = load("p1-blanket", settings=["parameters.leak_hazard=0.25"])
    study = sim.compare(mine, draws=12, seed=4, workers=1)
    assert (study.draws, study.replications, study.pairs) == (12, 1, 12)
    text = "\n".join(limits(study))
    assert "12 draws of the uncertain numbers, each run once, with luck of its own" in text
    assert "sets of values of 2 numbers of the calibrated ensemble" in text
    assert "since a scenario or a lever sets them: leak_hazard." in text
    assert "Parameters keep one value" not in text
    words = shlex.split(command(study))
    assert words[words.index("--draws") :][:4] == ["--draws", "12", "--replications", "1"]


def test_draws_of_something_else_are_not_said_to_be_the_ensembles(shipped):
    case = Case("a", fake.scenario("a"), "a")
    other = sample({"leak_hazard": float}, 4, "latin-hypercube", 1)
    for draws in (other, Draws(shipped.names, shipped[4:8].values)):
        plan = Design((case,), 1, 1, draws)
        assert not is_calibrated(plan)
        study = sim.Study(sim.sweep.store.Store(), plan, described=fake.DESCRIBED)
        assert shlex.split(command(study))[:2] == ["openstakes", "experiment"]


def test_more_draws_of_a_comparison_keep_the_runs_that_were_made(shipped, monkeypatch, tmp_path):
    monkeypatch.setattr("sim.sweep.execution.simulate_world", fake.world)
    first = sim.compare("p1-blanket", draws=4, workers=1, out=tmp_path / "out")
    made = []

    def counted(scenario, luck, seed):
        made.append(luck)
        return fake.world(scenario, luck, seed)

    monkeypatch.setattr("sim.sweep.execution.simulate_world", counted)
    more = sim.compare("p1-blanket", draws=6, workers=1, out=tmp_path / "out")
    assert sorted(set(made)) == [400_000, 500_000]
    assert len(made) == 2 * 2 * 2, "two draws, two scenarios, with assumed responses and without"
    for name in ("p1-blanket", "status-quo"):
        np.testing.assert_array_equal(more.values(name, "gamma")[:4], first.values(name, "gamma"))
