"""Real worlds through the whole sweep, on a short horizon."""

import numpy as np
import pandas as pd
import pytest

import sim
from sim.data import countries
from sim.scenario.scenario import load
from sim.vocabulary import FACTORS


def short(name):
    return load(name, settings=["horizon.end=2026-12"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sweep") / "out"


@pytest.fixture(scope="module")
def study(folder):
    return sim.compare(
        short("p1-blanket"), short("status-quo"), draws=0, replications=2, workers=2, out=folder
    )


def test_worlds_are_equal_until_the_policy_starts(study):
    assert study.failures == []
    assert study.window("p1-blanket") == (36, 47)
    moved = False
    for outcome in study.outcomes():
        ours, theirs = (study.values(name, outcome) for name in ("p1-blanket", "status-quo"))
        np.testing.assert_array_equal(ours[:, :36], theirs[:, :36])
        assert np.isfinite(ours).all()
        moved |= not np.array_equal(ours, theirs)
    assert moved


def test_every_factor_has_its_row_and_its_twin(study):
    rubric = study.rubric()
    assert tuple(rubric.factor) == FACTORS
    assert set(rubric.sign) <= {"++", "+", "0", "?", "-", "--"}
    assert set(rubric.sign_without_assumed) <= {"++", "+", "0", "?", "-", "--"}
    assert rubric.set_index("factor").paper["global_power"] == "-"
    assert len(study.table()) == len(study.outcomes())


def test_country_shares_cover_the_countries(study):
    shares, effective = study.map_shares("status-quo")
    assert shares.shape == (len(countries()), 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-4)
    assert (effective > 0).all()


def test_a_folder_opens_and_is_not_run_again(study, folder, monkeypatch):
    def never(scenario, replication, seed):
        raise AssertionError("run again")

    monkeypatch.setattr("sim.sweep.execution.simulate_world", never)
    opened = sim.Study.open(folder)
    again = sim.compare(
        short("p1-blanket"), short("status-quo"), draws=0, replications=2, workers=1, out=folder
    )
    for other in (opened, again):
        assert other.failures == []
        pd.testing.assert_frame_equal(other.table(), study.table())


def test_one_scenario_in_this_process_is_the_same_run(study):
    alone = sim.run(short("status-quo"), workers=1)
    for outcome in alone.outcomes():
        np.testing.assert_array_equal(
            alone.values("status-quo", outcome)[0], study.values("status-quo", outcome)[0]
        )
    assert len(alone.table()) == 0
