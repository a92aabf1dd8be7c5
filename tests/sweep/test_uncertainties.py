"""Experiments: numbers that are drawn, and what is kept."""

import pytest

from sim.messages import ScenarioError
from sim.model.outcomes import OUTCOMES
from sim.model.parameters import PARAMETERS
from sim.sweep.design import Keep
from sim.sweep.experiment import load_experiment
from tests.sweep.experiments import BASE, FRICTION, design, problems, uncertain, write

# Uncertain numbers


def test_draws_are_values_of_the_numbers_for_every_case():
    numbers = {
        "leak_hazard": "range",
        FRICTION: {"uniform": [0.1, 0.2]},
        "compute_elasticity": {"choice": [0.4, 1]},
    }
    plan = design(uncertainties={"draws": 8, "method": "sobol", "numbers": numbers})
    assert plan.draws.names == tuple(sorted(numbers))
    assert len(plan.draws) == 8
    assert all(
        0.1 <= draw[FRICTION] <= 0.2 and draw["compute_elasticity"] in (0.4, 1.0)
        for draw in plan.draws
    )
    assert plan.runs == 2 * 8 * 2


def test_the_order_of_the_numbers_does_not_matter():
    numbers = [("leak_hazard", "range"), ("compute_elasticity", "range")]
    plans = [
        design(uncertainties={"draws": 4, "numbers": dict(order)})
        for order in (numbers, numbers[::-1])
    ]
    assert plans[0].points == plans[1].points


def test_a_star_stands_for_all_parameters():
    plan = design(
        uncertainties={
            "draws": 1,
            "numbers": {"*": "range", "leak_hazard": {"uniform": [0.5, 0.6]}},
        }
    )
    assert set(plan.draws.names) == set(PARAMETERS)
    assert 0.5 <= plan.draws[0]["leak_hazard"] <= 0.6
    for name, value in plan.draws[0].items():
        assert PARAMETERS[name].bounds[0] <= value <= PARAMETERS[name].bounds[1]


def test_a_number_of_a_policy_without_a_range_needs_a_law():
    strength = "policy.open-weight-control.strength"
    assert problems(uncertainties={"draws": 1, "numbers": {strength: "range"}}) == [
        (
            f"uncertainties.numbers.{strength}: states no range; "
            "write { uniform = [low, high] }, { log-uniform = [low, high] } or { choice = [...] }"
        )
    ]
    plan = design(uncertainties={"draws": 3, "numbers": {strength: {"uniform": [0, 1]}}})
    assert len(set(plan.points[1])) == 3
    assert len(set(plan.points[0])) == 1


def test_an_ensemble_stands_beside_the_file(tmp_path):
    (tmp_path / "draws.csv").write_text(f"leak_hazard,{FRICTION}\n0.1,0.2\n0.3,0.4\n")
    content = BASE | {"uncertainties": {"ensemble": "draws.csv"}}
    plan = load_experiment(write(tmp_path, content))[1]
    assert list(plan.draws) == [
        {"leak_hazard": 0.1, FRICTION: 0.2},
        {"leak_hazard": 0.3, FRICTION: 0.4},
    ]
    content["uncertainties"]["draws"] = 1
    assert list(load_experiment(write(tmp_path, content))[1].draws) == [
        {"leak_hazard": 0.1, FRICTION: 0.2}
    ]
    content["uncertainties"]["draws"] = 3
    with pytest.raises(
        ScenarioError, match=r"experiment\.toml: uncertainties\.draws = 3: .*draws\.csv has 2; ask"
    ):
        load_experiment(write(tmp_path, content))
    (tmp_path / "draws.csv").write_text("leak_hazard\n1.5\n")
    with pytest.raises(
        ScenarioError, match=r"leak_hazard takes values from 1\.5 to 1\.5: must be from 0 to 1"
    ):
        load_experiment(write(tmp_path, BASE | {"uncertainties": {"ensemble": "draws.csv"}}))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (uncertain({"leak_hazard": "range"}, draws=6, method="sobol"),
         ["draws = 6: Sobol points need a power of 2, such as 4 or 8"]),
        (uncertain({"leak_hazard": "range"}, draws=0),
         ["uncertainties.draws = 0: must be from 1 to 100000"]),
        (uncertain({"leak_hazard": "range"}, draws=None), ["draws is missing"]),
        (uncertain({"leak_hazard": "range"}, method="halton"),
         ["uncertainties.method = 'halton': must be one of"]),
        (uncertain({"leak_hazard": "range"}, ensemble="x.csv"), ["x.csv: cannot be read: No such"]),
        ({"draws": 4}, ["needs [uncertainties.numbers], ensemble = "]),
        ({"ensemble": "none.csv"}, ["none.csv: cannot be read: No such file"]),
        (uncertain({"leak_hazrd": "range", f"{FRICTION}x": "range"}),
         ["leak_hazrd: unknown; did you mean 'leak_hazard'?",
          f"{FRICTION}x: unknown; did you mean '{FRICTION}'?"]),
        (uncertain({"leak_hazard": "rang", "distillation": {"uniform": [1, 0]},
                    "theft_hazard": {"choice": []}}),
         ["leak_hazard = 'rang': must be \"range\"",
          "[1, 0]: must be [low, high], the low end below", "has choice = []"]),
        (uncertain({"leak_hazard": {"uniform": [0, 1], "choice": [0]}}), ["leak_hazard = {"]),
        (uncertain({"leak_hazard": {"uniform": [0, "x"]}}),
         ["has uniform = [0, 'x']: must be a list of finite numbers"]),
        (uncertain({"leak_hazard": {"log-uniform": [0, 1]}}), ["both ends must be above 0"]),
        (uncertain({"leak_hazard": {"uniform": [0.5, 1.5]}}),
         ["leak_hazard takes values from 0.5 to 1.5: must be from 0 to 1"]),
        (uncertain({"*": {"uniform": [0, 1]}}), ['uncertainties.numbers."*" = ']),
    ],
)  # fmt: skip
def test_uncertainties_that_cannot_be_used(given, expected):
    found = problems(
        uncertainties={key: value for key, value in given.items() if value is not None}
    )
    assert len(found) == len(expected)
    for problem, words in zip(found, expected, strict=True):
        assert words in problem


@pytest.mark.parametrize(
    ("levers", "number"),
    [({FRICTION: [0.1]}, FRICTION), ({"parameters.leak_hazard": [0.1, 0.2]}, "leak_hazard")],
)
def test_a_number_that_is_drawn_may_not_be_set_too(levers, number):
    (problem,) = problems(levers=levers, uncertainties=uncertain({number: "range"}))
    assert problem.startswith(f"{number} is uncertain, and set by case ")
    assert problem.endswith("too; keep one of the two")


def test_a_parameter_that_a_scenario_sets_may_not_be_drawn(tmp_path):
    write(
        tmp_path,
        {"name": "own", "extends": "p1-blanket", "parameters": {"leak_hazard": 0.4}},
        "own.toml",
    )
    content = BASE | {"scenarios": ["own"], "uncertainties": uncertain({"leak_hazard": "range"})}
    with pytest.raises(ScenarioError, match="leak_hazard is uncertain, and set by case 'own' too"):
        load_experiment(write(tmp_path, content))


# What is kept


def test_patterns_stand_for_outcomes_in_the_order_of_the_series():
    keep = design(
        keep={
            "outcomes": ["us_share_world", "cn_share_*"],
            "months": ["2030-12", "2027-01", "2027-01"],
        }
    ).keep
    expected = [
        name for name in OUTCOMES if name.startswith("cn_share_") or name == "us_share_world"
    ]
    assert keep == Keep(tuple(expected), ("2027-01", "2030-12"), "last")
    assert design(keep={"outcomes": ["*", "us_share_world"]}).keep == Keep()


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        ({"outcomes": ["us_share_wrld"]},
         "keep.outcomes has 'us_share_wrld': no outcome of that name; did you mean"),
        ({"outcomes": []}, "keep.outcomes = []: must not be empty"),
        ({"months": "yearly"},
         'keep.months = \'yearly\': must be "all", "year-ends" or a list of months'),
        ({"months": []}, "keep.months = []: must be"),
        ({"months": ["2027-13"]}, "keep.months = ['2027-13']: '2027-13' is not a month"),
        ({"months": ["2030-12", "2031-01"]},
         "keep.months has '2031-01': outside the months run, 2023-01 to 2030-12"),
        ({"months": ["2022-12"]}, "keep.months has '2022-12': outside"),
        (
            {"countries": "all"},
            "keep.countries = 'all': must be one of none, last, year-ends, half-years",
        ),
        ({"month": "all"}, "keep.month: unknown key; did you mean 'months'?"),
        ({"families": "all"}, "keep.families = 'all': "),
        (
            {"families": True, "countries": "none"},
            'keep.families = true with keep.countries = "none": families are kept where countries',
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_kept(keep, words):
    (problem,) = problems(keep=keep)
    assert problem.startswith(words)


def test_a_month_must_lie_in_every_horizon():
    levers = {"horizon.end": ["2028-12", "2030-12"]}
    assert design(levers=levers, keep={"months": ["2028-12"]}).keep.months == ("2028-12",)
    (problem,) = problems(levers=levers, keep={"months": ["2029-01"]})
    assert "outside the months run, 2023-01 to 2028-12" in problem
