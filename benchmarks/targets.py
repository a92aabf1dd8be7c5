"""Score the model against the calibration targets and print the table.

    python benchmarks/targets.py [--replications 16] [--seed 0] [--set parameter=value ...]

Replay targets use the replayed history, free targets generated releases from 2023 on, input targets
are imposed. Every figure is a mean over replications. Nothing is fitted here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from math import log

import numpy as np
from rich.console import Console
from rich.table import Table

from sim import data
from sim.model.parameters import PARAMETERS
from sim.model.world import World
from sim.months import month_index as month
from sim.scenario.scenario import Scenario, load
from sim.vocabulary import OPEN_WEIGHTS

NORTH_THIRD = {
    *("CHL", "COL", "CRI", "MEX", "TUR", "ISR", "CHE", "AUT", "IRL"),
    *("ARM", "AZE", "GEO", "KAZ", "KGZ", "TJK", "TKM", "UZB"),
}


def series(world: World, name: str) -> np.ndarray:
    """One outcome of a finished world, by month."""
    run = world.series()
    return run.values[:, run.names.index(name)].astype(float)


def window(name: str, first: str, last: str) -> Callable[[World], float]:
    """Mean of an outcome over months."""

    def value(world: World) -> float:
        return float(series(world, name)[month(first) : month(last) + 1].mean())

    return value


def slope(world: World) -> float:
    """Points a year of the best US release, 2023-03 to 2025-06."""
    path = series(world, "frontier_us")[month("2023-03") : month("2025-06") + 1]
    return float(np.polyfit(np.arange(len(path)) / 12.0, path, 1)[0])


def north(country: data.Country) -> bool:
    """Global North as Microsoft AI Diffusion draws it.

    Europe, North America, OECD, Caucasus, Central Asia.
    """
    return (
        country.region == "Europe"
        or country.bloc in ("US", "us_aligned")
        or country.code in NORTH_THIRD
    )


def income_regression(use: np.ndarray) -> tuple[float, float]:
    """Slope and residual sd of logit(use) on log GDP per head.

    Over the countries with a figure of their own.
    """
    kept = [i for i, c in enumerate(data.countries()) if c.ai_use_2025 and not c.regional_value]
    x = np.array([log(data.countries()[i].gdp_per_head) for i in kept])
    y = np.array([log(u / (1.0 - u)) for u in use[kept].tolist()])
    b, a = np.polyfit(x, y, 1)
    return float(b), float((y - a - b * x).std(ddof=2))


def open_share(
    world: World, origin: int, years: tuple[int, ...], firms_only: bool = False
) -> float:
    """Open share of an origin's generated releases (flagships and fringe)."""
    c, n = world.catalogue.columns, len(world.catalogue)
    fringe = np.array([lab.fringe for lab in world.labs])
    kept = (c.origin[:n] == origin) & ~c.small[:n] & np.isin(c.month[:n] // 12, years)
    if firms_only:
        kept &= ~fringe[c.lab[:n]]
    return float((c.mode[:n][kept] >= OPEN_WEIGHTS).mean()) if kept.any() else float("nan")


def watch_use(world: World) -> np.ndarray:
    """Run a world; mean of consumer use by country over the first half of 2025."""
    kept = []
    while world.running:
        world.step()
        if month("2025-01") <= world.month <= month("2025-06"):
            kept.append(world.use[:, 0].copy())
    return np.mean(kept, axis=0)


def measure(scenario: Scenario, seed: int, replications: int) -> dict[str, list[float]]:
    """All replay and input figures, one value per replication."""
    people = np.array([c.working_age_m for c in data.countries()])
    is_north = np.array([north(c) for c in data.countries()])
    downloads = (
        window("cn_share_world_developer", "2024-09", "2025-08"),
        window("us_share_world_developer", "2024-09", "2025-08"),
    )
    simple = {
        "C13": window("compute_share_cn", "2023-09", "2023-09"),
        "C14": window("compute_share_cn", "2024-12", "2024-12"),
        "C18": window("cn_share_world_market", "2025-01", "2025-01"),
        "C19": window("cn_share_world_market", "2025-06", "2025-06"),
        "C23": window("derivative_ratio_us_cn", "2024-06", "2024-06"),
        "C24": window("derivative_ratio_us_cn", "2024-12", "2024-12"),
        "C26": window("open_share_world_enterprise", "2024-01", "2024-12"),
    }
    found: dict[str, list[float]] = {}
    for replication in range(replications):
        world = World(scenario, rng=seed, replication=replication)
        use = watch_use(world)
        row = {name: value(world) for name, value in simple.items()}
        cn, us = (value(world) for value in downloads)
        row["C04"] = world.p.run_growth
        row["C05"] = 100.0 * float((people * use).sum() / people.sum())
        row["C07"] = 100.0 * float(
            np.average(use[is_north], weights=people[is_north])
            - np.average(use[~is_north], weights=people[~is_north])
        )
        row["C08"], row["C09"] = income_regression(use)
        us_chips, cn_chips = series(world, "compute_us")[28], series(world, "compute_cn")[28]
        row["C15"] = us_chips / (us_chips / world.p.us_stock_share + cn_chips)
        row["C16"] = cn / (cn + us)
        row["C21"] = 12.0 * window("incidents_reported", "2023-01", "2023-12")(world)
        row["C22"] = 12.0 * window("incidents_reported", "2024-01", "2024-12")(world)
        row["C25"] = 1.0 - window("open_share_world_market", "2025-05", "2025-07")(world)
        for name, value in row.items():
            found.setdefault(name, []).append(value)
    return found


def measure_free(scenario: Scenario, seed: int, replications: int) -> dict[str, list[float]]:
    """Figures of generated releases, one value per replication."""
    found: dict[str, list[float]] = {}
    free = scenario.model_copy(update={"history": "free"})
    for replication in range(replications):
        world = World(free, rng=seed, replication=replication)
        world.run()
        row = {
            "C01": slope(world),
            "C02": window("lag_us_cn_true", "2023-01", "2025-06")(world),
            "C03": window("lag_open_closed_true", "2023-01", "2025-06")(world),
            "C10": open_share(world, 0, (0,)),
            "C11": open_share(world, 0, (1,)),
            "C12": open_share(world, 1, (0, 1)),
            "C10 firms": open_share(world, 0, (0,), True),
            "C11 firms": open_share(world, 0, (1,), True),
            "C12 firms": open_share(world, 1, (0, 1), True),
        }
        for name, value in row.items():
            found.setdefault(name, []).append(value)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="parameter=value")
    options = parser.parse_args()
    settings = [f"parameters.{s}" if s.split("=")[0] in PARAMETERS else s for s in options.set]
    scenario = load("status-quo", settings=(*settings, "horizon.end=2025-09"))
    found = measure(scenario, options.seed, options.replications) | measure_free(
        scenario, options.seed, options.replications
    )
    table = Table(
        title=f"Calibration targets, {options.replications} replications, seed {options.seed}; "
        "nothing is fitted here"
    )
    for heading in ("id", "quantity", "mode", "target", "range", "model", "5-95 %", ""):
        table.add_column(heading, justify="right" if heading in ("target", "model") else "left")
    hits = 0
    for t in data.targets():
        values = np.array(found[t.id])
        mean = float(np.nanmean(values))
        inside = t.low <= mean <= t.high
        hits += inside
        low, high = np.nanpercentile(values, (5, 95))
        table.add_row(
            t.id,
            t.quantity,
            t.mode,
            f"{t.value:g}",
            f"{t.low:g} to {t.high:g}",
            f"{mean:.3g}",
            f"{low:.3g} to {high:.3g}",
            "in" if inside else "out",
        )
    for name in ("C10 firms", "C11 firms", "C12 firms"):
        table.add_row(
            name, "the same, firms alone", "free", "", "", f"{np.nanmean(found[name]):.3g}", "", ""
        )
    console = Console(width=150)
    console.print(table)
    console.print(f"{hits} of {len(data.targets())} targets in range")


if __name__ == "__main__":
    main()
