"""An experiment of tests, its design and its problems."""

import pytest
import tomli_w

from sim.messages import ScenarioError
from sim.sweep.experiment import load_experiment

FRICTION = "policy.open-weight-control.kyc_friction"


BASE = {
    "name": "mine",
    "scenarios": ["p1-blanket"],
    "replications": 2,
    "also_without_assumed": False,
}


def design(**content):
    return load_experiment(BASE | content)[1]


def problems(**content):
    with pytest.raises(ScenarioError) as caught:
        design(**content)
    assert all(problem.startswith("experiment: ") for problem in caught.value.problems)
    return [problem.removeprefix("experiment: ") for problem in caught.value.problems]


def write(path, content, name="experiment.toml"):
    file = path / name
    file.write_text(tomli_w.dumps(content))
    return file


def uncertain(numbers, **more):
    return {"draws": 4, "numbers": numbers} | more
