"""Experiments: cases, levers and the problems of a file."""

import json

import pytest

from sim.messages import ScenarioError
from sim.scenario.scenario import load
from sim.sweep import levers as levers_module
from sim.sweep.design import STATED, WITHOUT_ASSUMED, Keep
from sim.sweep.experiment import load_experiment
from sim.sweep.levers import lever_values
from tests.sweep.experiments import BASE, FRICTION, design, problems, uncertain, write

START = "policy.open-weight-control.start"


THOUSAND = {"from": 0, "to": 1, "steps": 1000}


def cases(plan):
    return {case.name: case.against for case in plan.cases}


# Cases


def test_without_levers_the_cases_are_the_scenarios():
    plan = design(
        scenarios=["p1-blanket", "status-quo", "targeted-bundle"], seed=7, question="What?"
    )
    assert cases(plan) == dict.fromkeys(
        ["status-quo", "p1-blanket", "targeted-bundle"], "status-quo"
    )
    assert [case.scenario for case in plan.cases] == [load(case.name) for case in plan.cases]
    assert (plan.replications, plan.seed, plan.name, plan.question) == (2, 7, "mine", "What?")
    assert list(plan.draws) == [{}]
    assert plan.keep == Keep()


def test_twins_without_assumed_responses_are_there_unless_refused():
    plan = design(also_without_assumed=True)
    assert [(case.name, case.variant) for case in plan.cases] == [
        (name, variant)
        for variant in (STATED, WITHOUT_ASSUMED)
        for name in ("status-quo", "p1-blanket")
    ]


def test_a_lever_on_a_policy_leaves_the_reference_as_it_is():
    plan = design(levers={FRICTION: [0.1, 0.2], START: ["2026-01", "2027-01"]})
    assert cases(plan) == dict.fromkeys(
        [
            "status-quo",
            "p1-blanket kyc_friction=0.1 start=2026-01",
            "p1-blanket kyc_friction=0.1 start=2027-01",
            "p1-blanket kyc_friction=0.2 start=2026-01",
            "p1-blanket kyc_friction=0.2 start=2027-01",
        ],
        "status-quo",
    )
    last = plan.cases[-1]
    assert last.levers == {FRICTION: 0.2, START: "2027-01"}
    assert last.scenario == load("p1-blanket", settings=[f"{FRICTION}=0.2", f"{START}=2027-01"])


def test_a_lever_on_the_stage_varies_the_reference_too():
    plan = design(levers={"adopters": [4000, 5000], FRICTION: [0.1]})
    assert cases(plan) == {
        "status-quo adopters=4000": "status-quo adopters=4000",
        "p1-blanket adopters=4000 kyc_friction=0.1": "status-quo adopters=4000",
        "status-quo adopters=5000": "status-quo adopters=5000",
        "p1-blanket adopters=5000 kyc_friction=0.1": "status-quo adopters=5000",
    }
    assert plan.cases[2].scenario == load("status-quo", settings=["adopters=5000"])


def test_a_lever_varies_only_scenarios_that_have_the_policy():
    plan = design(scenarios=["p1-blanket", "p4-audit-repository"], levers={FRICTION: [0.1, 0.2]})
    assert list(cases(plan)) == [
        "status-quo",
        "p1-blanket kyc_friction=0.1",
        "p1-blanket kyc_friction=0.2",
        "p4-audit-repository",
    ]


def test_a_reference_that_has_the_policy_keeps_its_own(tmp_path):
    policy = {"audits": {"lever": "L7", "start": "2026-01"}}
    for name, more in (("a", {}), ("b", {"adopters": 4000})):
        write(
            tmp_path,
            {"name": name, "extends": "status-quo", "policy": policy} | more,
            f"{name}.toml",
        )
    levers = {"policy.audits.strength": [0.25, 0.5]}
    plan = load_experiment(
        write(tmp_path, BASE | {"scenarios": ["b"], "against": "a", "levers": levers})
    )[1]
    assert cases(plan) == dict.fromkeys(["a", "b strength=0.25", "b strength=0.5"], "a")
    assert plan.cases[0].scenario.policy["audits"].strength == 1.0


def test_the_reference_alone_may_be_varied():
    plan = design(scenarios=["status-quo"], levers={"parameters.leak_hazard": [0.1, 0.2]})
    assert cases(plan) == {
        name: name for name in ("status-quo leak_hazard=0.1", "status-quo leak_hazard=0.2")
    }


def test_levers_that_end_alike_are_named_as_far_as_they_differ(tmp_path):
    for name in ("a", "b"):
        policy = {f"{name}-audits": {"lever": "L7", "start": "2026-01"}}
        write(tmp_path, {"name": name, "extends": "status-quo", "policy": policy}, f"{name}.toml")
    levers = {f"policy.{name}-audits.strength": [0.5] for name in ("a", "b")}
    file = write(tmp_path, BASE | {"scenarios": ["a", "b"], "levers": levers})
    names = list(cases(load_experiment(file)[1]))
    assert names == [
        "status-quo",
        "a a-audits.strength=0.5",
        "b b-audits.strength=0.5",
    ]


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ([0.1, "a", True, 3], [0.1, "a", True, 3]),
        ({"from": 0.0, "to": 0.3, "steps": 4}, [0.0, 0.1, 0.2, 0.3]),
        ({"from": 1, "to": 0, "steps": 3}, [1.0, 0.5, 0.0]),
        ({"from": 4000, "to": 5000, "steps": 3}, [4000, 4500, 5000]),
        ({"from": 0, "to": 3e-14, "steps": 4}, [0.0, 1e-14, 2e-14, 3e-14]),
    ],
)
def test_values_of_a_lever(given, values):
    found = lever_values(given)
    assert found == values
    assert list(map(type, found)) == list(map(type, values))


def test_a_span_of_whole_numbers_fits_a_field_of_whole_numbers():
    plan = design(levers={"adopters": {"from": 4000, "to": 5000, "steps": 3}})
    assert [case.scenario.adopters for case in plan.cases] == [4000, 4000, 4500, 4500, 5000, 5000]


def test_keys_may_be_dotted_or_quoted(tmp_path):
    texts = [
        f'"{FRICTION}" = [0.1, 0.2]',
        f"{FRICTION} = [0.1, 0.2]",
        f"{FRICTION} = {{ from = 0.1, to = 0.2, steps = 2 }}",
    ]
    found = []
    for text in texts:
        file = tmp_path / "experiment.toml"
        file.write_text(f'name = "mine"\nscenarios = ["p1-blanket"]\n[levers]\n{text}\n')
        found.append(load_experiment(file)[1])
    assert found[0].points == found[1].points == found[2].points


def test_a_scenario_may_stand_beside_the_file(tmp_path):
    write(tmp_path, {"name": "own", "extends": "p1-blanket", "adopters": 4000}, "own.toml")
    plan = load_experiment(write(tmp_path, BASE | {"scenarios": ["own"]}))[1]
    assert plan.cases[1].scenario.adopters == 4000


def test_replications_and_seed_may_be_given_beside_the_file():
    assert load_experiment(BASE, replications=9, seed=4)[1].replications == 9
    with pytest.raises(ScenarioError, match="replications = 0: must be from 1 to 99999"):
        load_experiment(BASE, replications=0)


@pytest.mark.parametrize(
    ("levers", "expected"),
    [
        ({FRICTION: [0.1, 2.0]}, [f"levers: {FRICTION} = 2: must be from 0 to 0.9 (0-1)"]),
        ({"policy.open-weight-contrl.strength": [1], "adopter": [4000], f"{FRICTION}s": [0.1]},
         [("levers.policy.open-weight-contrl.strength: no compared scenario has a policy "
           "'open-weight-contrl'; did you mean 'open-weight-control'?"),
          "levers: adopter: unknown key; did you mean 'adopters'?",
          f"levers: {FRICTION}s: unknown key; did you mean 'kyc_friction'?"]),
        ({"parameters.leak_hazrd": [0.1]},
         ["levers: parameters.leak_hazrd: unknown parameter; did you mean"]),
        ({"policy.open-weight-control": [0.1]},
         ["levers.policy.open-weight-control: a lever on a policy is written"]),
        ({"question": ["Why?"]}, ["levers.question: cannot be a lever"]),
        ({FRICTION: [0.1, 0.1]}, [f"levers.{FRICTION} = [0.1, 0.1]: a value occurs twice"]),
        ({FRICTION: []}, [f"levers.{FRICTION} = []: must be a list of 1 to 1000 values"]),
        ({FRICTION: 0.1}, [f"levers.{FRICTION} = 0.1: must be a list"]),
        ({FRICTION: [0.1], "policy": {"open-weight-control": {"kyc_friction": [0.2]}}},
         [f"levers.{FRICTION} is given"]),
        ({FRICTION: {"from": 0, "to": 0.1}},
         [f"levers.{FRICTION} has steps = None: must be a whole number from 2"]),
        ({FRICTION: {"from": 0, "to": "x", "steps": 2}},
         [f"levers.{FRICTION} has to = 'x': must be a finite number"]),
        ({FRICTION: {"from": 0, "to": 1, "steps": 1001}},
         [f"levers.{FRICTION} has steps = 1001: must be"]),
        ({FRICTION: {"from": 0, "to": 1, "stepz": 3}},
         [f"levers.{FRICTION} has 'stepz': unknown key; did you mean 'steps'"]),
        ({FRICTION: {"from": 1, "to": 1, "steps": 3}},
         [f"levers.{FRICTION} has from = to = 1: the ends must differ"]),
        ({START: ["2026-01", "2028-01"], "policy.open-weight-control.end": ["2027-01"]},
         ["levers: policy.open-weight-control end 2027-01 is before start 2028-01"]),
        (3, ["levers = 3: must be a table"]),
    ],
)  # fmt: skip
def test_levers_that_cannot_be_used(levers, expected):
    found = problems(levers=levers)
    assert len(found) == len(expected)
    for problem, words in zip(found, expected, strict=True):
        assert problem.replace(": end ", " end ").startswith(words)


@pytest.mark.parametrize(
    ("scenarios", "levers", "count"),
    [
        (["p1-blanket"],
         {FRICTION: {"from": 0, "to": 0.5, "steps": 200},
          "adopters": [3500 + i for i in range(60)]}, 12060),
        (["status-quo"],
         {"adopters": [3500 + i for i in range(900)], "parameters.leak_hazard": THOUSAND}, 900_000),
    ],
)  # fmt: skip
def test_too_many_cases_are_refused_before_they_are_made(monkeypatch, scenarios, levers, count):
    monkeypatch.setattr(
        "sim.sweep.experiment.load",
        lambda name, settings: load(name) if not settings else pytest.fail("tried"),
    )
    assert problems(scenarios=scenarios, levers=levers) == [
        f"levers make {count} cases; at most 10000"
    ]


def test_settings_that_fail_are_tried_a_few_times_only(monkeypatch):
    tried = []

    def refused(name, settings):
        tried.append(settings)
        return load(name, settings=settings)

    monkeypatch.setattr("sim.sweep.experiment.load", refused)
    found = problems(levers={FRICTION: {"from": 1, "to": 2, "steps": 500}})
    assert len(found) == levers_module.ENOUGH
    assert len(tried) <= levers_module.ENOUGH + 2


# Everything at once


def test_every_problem_is_said_at_once():
    found = problems(
        scenarios=["p1-blankett"],
        against="status",
        keep={"outcomes": ["xx"]},
        uncertainties=uncertain(
            {"leak_hazrd": "range", "policy.unknown-yet.strength": {"uniform": [0, 1]}}
        ),
    )
    assert [problem.partition(";")[0] for problem in found] == [
        "scenario 'status' does not exist",
        "scenario 'p1-blankett' does not exist",
        "keep.outcomes has 'xx': no outcome of that name",
        "uncertainties.numbers.leak_hazrd: unknown",
    ]
    found = problems(
        replications=0, seed=-1, nme="x", levers={FRICTION: 1, START: 2}, keep={"months": "x"}
    )
    assert len(found) == 6


def test_problems_name_the_file(tmp_path):
    with pytest.raises(ScenarioError) as caught:
        load_experiment(write(tmp_path, BASE | {"levers": {"adopters": [1]}}))
    assert caught.value.problems == [
        f"{tmp_path}/experiment.toml: levers: adopters = 1: must be from 3500 to 1000000 (adopters)"
    ]


def test_cases_with_other_horizons_than_their_reference_are_refused(tmp_path):
    write(
        tmp_path,
        {"name": "short", "extends": "p1-blanket", "horizon": {"end": "2027-12"}},
        "short.toml",
    )
    with pytest.raises(ScenarioError) as caught:
        load_experiment(write(tmp_path, BASE | {"scenarios": ["short"]}))
    assert caught.value.problems == [
        (
            f"{tmp_path}/experiment.toml: scenario 'short' ends 2027-12, "
            "'status-quo' ends 2030-12; only equal horizons can be compared"
        )
    ]
    content = BASE | {"scenarios": ["short"], "levers": {"horizon.end": ["2028-12"]}}
    assert len(load_experiment(write(tmp_path, content))[1].cases) == 2


@pytest.mark.parametrize(
    "content",
    [
        {"levers": {FRICTION: [float("nan")]}},
        {"levers": {FRICTION: [[1]]}},
        {"question": "a\x00b"},
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}},
        {"levers": {FRICTION: {1, 2}}},
        {"levers": {"adopters": list(range(4000, 6000))}},
        {"seed": 10**400},
    ],
)
def test_tables_are_read_with_the_same_suspicion_as_files(content):
    assert problems(**content)


def test_an_experiment_dumps_as_it_was_written():
    content = BASE | {"levers": {"adopters": {"from": 4000, "to": 5000, "steps": 3}}}
    content["uncertainties"] = uncertain({"leak_hazard": {"uniform": [0.1, 0.2]}})
    experiment, _ = load_experiment(content)
    dumped = json.loads(json.dumps(experiment.model_dump(mode="json")))
    assert dumped["levers"] == content["levers"]
    assert dumped["uncertainties"]["numbers"] == content["uncertainties"]["numbers"]


def test_a_case_has_one_name_however_its_levers_are_written():
    """A list and a span, dotted or quoted, in any order: the same cases; so a folder can grow."""
    friction, allies = (
        "policy.open-weight-control.kyc_friction",
        "policy.open-weight-control.allied_coverage",
    )
    span = {friction: {"from": 0.0, "to": 0.3, "steps": 3}, allies: [0.0, 0.8]}
    listed = {allies: [0.0, 0.8], friction: [0.0, 0.15, 0.3]}
    table = {
        "name": "one",
        "scenarios": ["p1-blanket"],
        "replications": 1,
        "also_without_assumed": False,
    }
    designs = [load_experiment({**table, "levers": levers})[1] for levers in (span, listed)]
    assert [case.name for case in designs[0].cases] == [case.name for case in designs[1].cases]
    assert designs[0] == designs[1]
