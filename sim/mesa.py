"""What Mesa's own tools need of this model: runs of Mesa 4's scenarios, a page for SolaraViz.

Both are for a look and for teaching. Questions are answered by `sim.compare` and `sim.run_sweep`,
which pair, resume and say how sure a difference is.
"""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
import pandas as pd

from sim.messages import LARGEST_SEED
from sim.model.outcomes import OUTCOMES
from sim.model.randomness import root_seed
from sim.model.world import World
from sim.scenario.scenario import Scenario, load

__all__ = ["RunConfiguration", "page"]


class RunConfiguration:
    """How Mesa 4 runs a scenario of its own kind as a world, and what it keeps of it.

    The ``config`` of `run_scenarios` in ``mesa.experimental.scenarios``. In a scenario of Mesa the
    field ``scenario`` is the name or path of one of ours (default: the status quo) or a `Scenario`,
    and every other field is a setting by its dotted path:
    ``Scenario(rng=42, scenario="p1-blanket", **{"parameters.leak_hazard": 0.4})``.

    Scenarios with the same ``rng`` and the same number of the replication meet the same luck, so
    their worlds are a pair. On Mesa's main branch a whole number as ``rng`` is the root seed, so
    the worlds are those of `sim.compare` with that seed; a scenario that is no replication is
    replication 0. Mesa 4.0.0a0 has the scenarios but not yet `run_scenarios` (call the
    configuration on each of them), and gives every replication a seed of its own.

    It is a plain class that does what Mesa's class of the same name promises, since that one is
    experimental and not in 4.0.0a0: tested with the scenarios of 4.0.0a0, and with a stand-in for
    those of the main branch as they were in mid-2026.
    """

    def __call__(self, scenario: Any) -> dict[str, pd.DataFrame]:
        """Run a scenario of Mesa and return what `extract_output` keeps."""
        model = self.instantiate_model(scenario)
        self.run_model(model)
        return self.extract_output(model)

    def instantiate_model(self, scenario: Any) -> World:
        """Return the world of a scenario of Mesa in its first state.

        Raises
        ------
        ScenarioError
            If the fields make no scenario, with every problem found.
        ValueError
            If it is no scenario of Mesa 4, or has settings beside a `Scenario`, which is complete.
        """
        seed, replication = _luck(scenario)
        settings = dict(vars(scenario))
        plan = settings.pop("scenario", "status-quo")
        if not isinstance(plan, Scenario):
            plan = load(plan, settings=settings)
        elif settings:
            fields = ", ".join(settings)
            raise ValueError(
                f"{fields}: a Scenario is complete; give its name or path to change it by fields"
            )
        return World(plan, rng=seed, replication=replication)

    def run_model(self, model: World) -> None:
        """Run a world to the end of its horizon."""
        model.run()

    def extract_output(self, model: World) -> dict[str, pd.DataFrame]:
        """Return a world's monthly outcomes: {"outcomes": table of float32 (month, outcome)}."""
        series = model.series()
        months = pd.Index(series.months, name="month")
        return {"outcomes": pd.DataFrame(series.values, index=months, columns=list(series.names))}


def _luck(scenario: Any) -> tuple[int, int]:
    """Root seed and replication of a scenario of Mesa 4.

    A replication's sequence is its parent's with the replication's number behind the key. 4.0.0a0
    keeps no sequence, only the generator's first state, which survives a copy to another process.
    """
    number = getattr(scenario, "replication_id", None)
    replication = max(0, -1 if number is None else number)
    if hasattr(scenario, "initial_rng_state"):
        state = scenario.initial_rng_state
        bits = getattr(np.random, state["bit_generator"])()
        bits.state = state
        return root_seed(bits), replication
    sequence = getattr(scenario, "seed_sequence", None)
    if not isinstance(sequence, np.random.SeedSequence):
        raise ValueError(
            f"{scenario!r}: must be a scenario of Mesa 4 (mesa.experimental.scenarios.Scenario)"
        )
    key = tuple(sequence.spawn_key)
    if key[-1:] == (number,):
        key = key[:-1]
    if not key and isinstance(sequence.entropy, int) and sequence.entropy <= LARGEST_SEED:
        return sequence.entropy, replication
    return root_seed(np.random.SeedSequence(sequence.entropy, spawn_key=key)), replication


def page(scenario: str = "status-quo") -> Any:
    """Return a page of one world month by month: Mesa's SolaraViz with the headline outcomes.

    In a notebook it shows itself. As a page of its own: a file ``app.py`` that says
    ``from sim.mesa import page`` and ``Page = page("p1-blanket")``, served with ``SOLARA_APP=app.py
    SOLARA_TELEMETRY_MIXPANEL_ENABLE=False uvicorn solara.server.starlette:app``. (``solara run``
    asks the package index for its newest version, and Solara reports its use unless told not to.)

    One slider is the seed, the other a factor on the strength of every policy. One world is one
    draw of luck: what differs between two of them need not be due to the policy.

    Parameters
    ----------
    scenario
        Name of a shipped scenario, or path of a scenario file.

    Returns
    -------
    A Solara element.

    Raises
    ------
    ScenarioError
        If the scenario cannot be used.
    ImportError
        If the extra ``viz`` is not installed.
    """
    policies = load(scenario).policy
    try:
        from mesa.visualization import SolaraViz, make_plot_component
    except ImportError as error:
        raise ImportError(
            f"the page needs Solara ({error}): install openstakes with its extra viz"
        ) from error

    class Shown(mesa.Model):
        """A world behind Mesa's page, whose sliders give numbers by name and nothing else."""

        def __init__(self, rng: int = 1, strength: float = 1.0, **kwargs: Any) -> None:
            # What Mesa adds from 3.5 on, a scenario of its own kind, says nothing.
            super().__init__(rng=rng)
            settings = {
                f"policy.{name}.strength": strength * policy.strength
                for name, policy in policies.items()
            }
            self.world = World(load(scenario, settings=settings), rng=rng)
            self.datacollector = self.world.datacollector

        def step(self) -> None:
            self.world.step()
            self.running = self.world.running

    sliders = {
        "rng": {"type": "SliderInt", "label": "Seed", "value": 1, "min": 0, "max": 100, "step": 1},
        "strength": {
            "type": "SliderFloat",
            "label": "Strength of every policy, as a factor",
            "value": 1.0,
            "min": 0.0,
            "max": 1.0,
            "step": 0.1,
        },
    }
    plots = [
        make_plot_component(name, _titled(name))
        for name, outcome in OUTCOMES.items()
        if outcome.headline
    ]
    return SolaraViz(
        Shown(),
        components=plots,
        model_params=sliders,
        name=f"{scenario}: one world, month by month",
    )


def _titled(name: str) -> Any:
    """What gives the plot of an outcome its title and unit."""

    def finish(axes: Any) -> None:
        axes.set(
            title=OUTCOMES[name].label, ylabel=OUTCOMES[name].unit, xlabel="months since 2023-01"
        )

    return finish
