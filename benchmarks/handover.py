"""Compare the first generated year with the replayed ones and print the table.

    python benchmarks/handover.py [--replications 8] [--seed 0] [--set parameters.NAME=VALUE]

For every lag, openness and origin share of use: its largest change over a year of the replayed
history, its largest change from the last replayed month in the first generated year, the ratio of
the two, and its largest change in the year after. What changes as much again then grows on its way:
no jump at the handover. The market channel's weight on price grows from 2025 on, so the ratio is
also given without that. Means over replications.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from sim.model.world import HANDOVER, World
from sim.scenario.scenario import load
from sim.vocabulary import CHANNELS

YEAR = 12
STEADY_PRICE = "parameters.price_growth=0"
GOES_ON = 0.5
"""A change goes on if the next year's is at least this part of it."""
LAGS = ("lag_us_cn_true", "lag_open_closed_true")
OPENNESS = (
    "openness_class",
    *(f"open_share_world{c}" for c in ("", *(f"_{name}" for name in CHANNELS))),
)
ORIGINS = tuple(
    f"{kind}_share_world{c}"
    for kind in ("us", "cn")
    for c in ("", *(f"_{name}" for name in CHANNELS))
)
OUTCOMES = (*LAGS, *OPENNESS, *ORIGINS)


class Change(NamedTuple):
    """Largest change over a year before the handover, in the year after it, and in the next."""

    before: float
    after: float
    later: float

    @property
    def ratio(self) -> float:
        """After over before; 0 where nothing changed at all."""
        if self.after == 0.0:
            return 0.0
        return self.after / self.before if self.before > 0.0 else float("inf")

    @property
    def mark(self) -> str:
        """Whether it is above the largest change before, and if so whether it goes on."""
        if self.ratio <= 1.0:
            return ""
        return " above, goes on" if self.later >= GOES_ON * self.after else " above"


def mean_paths(replications: int, seed: int, settings: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """Monthly mean over replications of every outcome of the table."""
    scenario = load("status-quo", settings=["horizon.end=2027-06", *settings])
    runs = [World(scenario, rng=seed, replication=r).run() for r in range(replications)]
    names = runs[0].names
    mean = np.mean([run.values.astype(float) for run in runs], axis=0)
    return {name: mean[:, names.index(name)] for name in OUTCOMES}


def change(path: np.ndarray) -> Change:
    """Changes of one path around the handover."""
    last = HANDOVER - 1
    before = np.abs(path[YEAR : last + 1] - path[: last + 1 - YEAR]).max()
    after, later = (
        np.abs(path[start + 1 : start + 1 + YEAR] - path[start]).max()
        for start in (last, last + YEAR)
    )
    return Change(float(before), float(after), float(later))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    options = parser.parse_args()
    runs = f"{options.replications} replications, seed {options.seed}"
    table = Table(title=", ".join(("The handover", runs, *options.set)))
    table.add_column("outcome")
    for heading in (
        "largest change in a replayed year",
        "in the first generated year",
        "ratio",
        f"ratio at {STEADY_PRICE.partition('.')[2]}",
        "in the next year",
        "last replayed value",
    ):
        table.add_column(heading, justify="right")
    steady = mean_paths(options.replications, options.seed, [*options.set, STEADY_PRICE])
    for name, path in mean_paths(options.replications, options.seed, options.set).items():
        found = change(path)
        table.add_row(
            name,
            f"{found.before:.3f}",
            f"{found.after:.3f}",
            f"{found.ratio:.2f}{found.mark}",
            f"{change(steady[name]).ratio:.2f}",
            f"{found.later:.3f}",
            f"{path[HANDOVER - 1]:.3f}",
        )
    Console(width=180).print(table)


if __name__ == "__main__":
    main()
