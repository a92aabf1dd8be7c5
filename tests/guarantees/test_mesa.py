"""A world is a model to every Mesa that is allowed, and Mesa's own tools take it."""

from __future__ import annotations

import copy
from types import FunctionType
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

from sim.mesa import RunConfiguration, page
from sim.messages import ScenarioError
from sim.model.world import World
from sim.scenario.scenario import load
from tests.guarantees import mesa_versions

SHORT = {"horizon.end": "2024-12", "adopters": 3500}
CONTROL = {**SHORT, "scenario": "p1-blanket"}


@pytest.fixture(scope="module")
def short():
    return load("status-quo", settings=SHORT)


class Coming:
    """What a scenario of Mesa's main branch offers: fields, seeds and the replication's number."""

    __slots__ = ("__dict__", "replication_id", "seed_sequence")

    def __init__(self, *, rng: Any = None, replication_id: int = -1, **fields: Any) -> None:
        self.seed_sequence = np.random.default_rng(rng).bit_generator.seed_seq
        self.replication_id = replication_id
        self.__dict__.update(fields)

    def spawn_replications(self, n: int) -> list[Coming]:
        children = self.seed_sequence.spawn(n)
        return [
            Coming(rng=child, replication_id=i, **vars(self)) for i, child in enumerate(children)
        ]


def kinds() -> list[Any]:
    """Scenarios as the main branch has them, and those of the Mesa installed if it is a Mesa 4."""
    try:
        from mesa.experimental.scenarios import Scenario
    except ImportError:
        return [Coming]
    return [Coming, Scenario] if hasattr(Scenario, "spawn_replications") else [Coming]


# a world


def test_a_world_keeps_the_scenario_it_was_given(short):
    assert World(short, rng=1).scenario is short


def test_the_data_collector_is_given_attributes_and_plain_functions_only(short):
    reporters = World(short, rng=1).datacollector.model_reporters
    assert {type(reporter) for reporter in reporters.values()} == {str, FunctionType}


@pytest.mark.skipif(not hasattr(mesa.Model, "run_for"), reason="this Mesa has no clock of its own")
def test_months_by_mesas_clock_are_those_by_step(short):
    timed, stepped = World(short, rng=1), World(short, rng=1)
    timed.run_for(5)
    for _ in range(5):
        stepped.step()
    assert timed.month_text == "2023-05"
    assert (timed.series().values == stepped.series().values).all()


# runs in a batch


BATCH_RUN = pytest.mark.skipif(not hasattr(mesa, "batch_run"), reason="Mesa 4 has no batch_run")


@BATCH_RUN
def test_mesa_batch_run():
    short = load("status-quo", settings=["horizon.end=2024-12"])
    rows = mesa.batch_run(
        World,
        {"scenario": [short], "rng": [1, 2]},
        display_progress=False,
        data_collection_period=1,
    )
    frame = pd.DataFrame(rows)
    assert len(frame) == 2 * short.months
    for seed, part in frame.groupby("rng"):
        alone = World(short, rng=seed).run()
        assert list(part["month"]) == list(alone.months)
        expected = alone.values[:, alone.names.index("us_share_abroad")]
        np.testing.assert_allclose(part["us_share_abroad"], expected, rtol=1e-6)


@BATCH_RUN
def test_mesa_batch_run_takes_the_name_of_a_scenario():
    rows = mesa.batch_run(
        World, {"scenario": ["status-quo"], "rng": [1, 2]}, display_progress=False
    )
    assert [(row["rng"], row["month"]) for row in rows] == [(1, "2030-12"), (2, "2030-12")]


# scenarios of Mesa 4


def test_a_scenario_of_mesas_main_branch_gives_the_worlds_of_its_seed(short):
    for number, scenario in enumerate(Coming(rng=7, **SHORT).spawn_replications(2)):
        found = RunConfiguration()(scenario)["outcomes"]
        expected = World(short, rng=7, replication=number).run()
        assert (found.to_numpy() == expected.values).all()
        assert (tuple(found.index), tuple(found.columns)) == (expected.months, expected.names)
    whole = RunConfiguration().instantiate_model(Coming(rng=7, **SHORT))
    assert (whole.seed, whole.streams.replication) == (7, 0)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__module__)
def test_replications_of_two_scenarios_are_pairs_and_differ_among_themselves(kind):
    def luck(fields, copied=False):
        replications = kind(rng=5, **fields).spawn_replications(3)
        worlds = [
            RunConfiguration().instantiate_model(copy.deepcopy(x) if copied else x)
            for x in replications
        ]
        return [
            (world.seed, world.streams.replication, world.streams("release").key)
            for world in worlds
        ]

    one, other = luck(SHORT), luck(CONTROL)
    assert one == other == luck(SHORT, copied=True)
    assert len({key for _, _, key in one}) == 3
    assert [number for _, number, _ in one] == [0, 1, 2]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__module__)
def test_a_field_of_a_scenario_of_mesa_is_a_setting(kind):
    changed = {**CONTROL, "policy.open-weight-control.strength": np.float64(0.25)}
    world = RunConfiguration().instantiate_model(kind(rng=5, **changed))
    assert world.scenario == load(
        "p1-blanket", settings={k: v for k, v in changed.items() if k != "scenario"}
    )
    assert world.scenario.policy["open-weight-control"].strength == 0.25


def test_sequences_of_one_parent_are_different_worlds():
    seeds = [
        np.random.SeedSequence(5),
        *np.random.SeedSequence(5).spawn(3),
        np.random.SeedSequence(),
    ]
    worlds = [RunConfiguration().instantiate_model(Coming(rng=seed, **SHORT)) for seed in seeds]
    assert len({world.seed for world in worlds}) == 5


def test_what_is_no_scenario_is_refused_in_words(short):
    make = RunConfiguration().instantiate_model
    with pytest.raises(ScenarioError, match="leak_hazard"):
        make(Coming(rng=1, **{"parameters.leak_hazrd": 0.4}))
    with pytest.raises(ValueError, match="adopters: a Scenario is complete; give its name or path"):
        make(Coming(rng=1, scenario=short, adopters=4000))
    with pytest.raises(ValueError, match="must be a scenario of Mesa 4"):
        make(short)
    assert make(Coming(rng=1, scenario=short)).scenario is short


def test_mesas_runner_runs_worlds(short):
    scenarios = pytest.importorskip(
        "mesa.experimental.scenarios", reason="this Mesa has no scenarios"
    )
    if not hasattr(scenarios, "run_scenarios"):
        pytest.skip("this Mesa has no runner of scenarios")
    replications = scenarios.Scenario(rng=7, **SHORT).spawn_replications(2)
    store = scenarios.run_scenarios(replications, RunConfiguration(), progress=False)
    assert store.get_outcome("outcomes")["us_share_abroad"].notna().all()


# the page


@pytest.mark.filterwarnings("ignore")
def test_the_page_shows_a_world_month_by_month():
    """Solara and Mesa's page warn of what is theirs."""
    pytest.importorskip("solara", reason="the extra viz is not installed")
    import ipyvuetify
    import solara
    from mesa.visualization import SolaraViz

    made = page("p1-blanket")
    assert made.component is SolaraViz
    # The sliders stand in the side bar, which only a page with a layout has.
    _, shown = solara.render(solara.AppLayout(children=[made]), handle_error=False)
    sliders = {slider.widget.label: slider for slider in shown.find(ipyvuetify.Slider)}
    assert {"Seed", "Strength of every policy, as a factor"} <= set(sliders)
    buttons = {button.widget.children[0]: button for button in shown.find(ipyvuetify.Btn)}
    buttons["Step"].widget.click()
    shown.find(ipyvuetify.Html, children=["Step: 1"]).assert_single()
    shown.close()


@pytest.mark.filterwarnings("ignore")
def test_without_the_extra_the_page_says_what_to_install():
    try:
        import solara
    except ImportError:
        with pytest.raises(ImportError, match="install openstakes with its extra viz"):
            page()
    else:
        pytest.skip(f"solara {solara.__version__} is installed")


# the command


def test_a_python_that_is_not_there_is_not_found():
    assert mesa_versions.find_python("3.99") is None


def test_environments_that_differ_are_told_from_those_that_do_not():
    def told(**change):
        one = {
            "versions": {"mesa": "3"},
            "code": "a",
            "series": {"status-quo": "x", "open-push": "y"},
        }
        return mesa_versions.verdict([one, {**one, "versions": {"mesa": "4"}, **change}])

    assert told() == (
        "the same bits on Mesa 3, 4: all series of 2 scenarios, and one code digest",
        True,
    )
    moved = {"status-quo": "x", "open-push": "z"}
    assert told(series=moved) == (
        "NOT the same on Mesa 3, 4: series of open-push; 1 code digest(s)",
        False,
    )
    assert told(code="b") == ("NOT the same on Mesa 3, 4: series of none; 2 code digest(s)", False)
