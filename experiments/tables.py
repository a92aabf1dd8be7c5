"""Write the tables that belong to a shipped experiment, from the folder of its results.

    python experiments/tables.py results/robust-choice

They go to the folder csv/ of the results. `--expected` writes them to experiments/NAME/expected
instead, where this version's numbers are kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sim import report
from sim.analysis import choice
from sim.analysis.frames import csv_bytes
from sim.analysis.study import Study
from sim.analysis.why.shares import variance
from sim.messages import ScenarioError
from sim.sweep.files import StoreError
from sim.sweep.written import write

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).resolve().parent
Make = Callable[[Study], "pd.DataFrame"]


def rubric(study: Study) -> pd.DataFrame:
    """The rubric."""
    return study.rubric()


def firsts(study: Study) -> pd.DataFrame:
    """Who is first under which weights."""
    return choice.firsts(study.rubric())


def flows(study: Study) -> pd.DataFrame:
    """Who switches to whom in third countries."""
    return report.plotted(study, "us_share_third_country", kind="flows")


def varied(study: Study) -> pd.DataFrame:
    """What the spread of each headline's change is due to."""
    return variance(study, study)


def outcomes(*names: str, assumed: bool = True) -> Make:
    """What makes every comparison of some outcomes, with assumed responses or with all at 0."""
    return partial(_table, names=names, assumed=assumed)


def _table(study: Study, names: tuple[str, ...], *, assumed: bool) -> pd.DataFrame:
    twin = study if assumed else study.without_assumed
    if twin is None:
        raise SystemExit("these results were made without the runs with assumed responses at 0")
    return twin.table(names)


STANDING = ("us_share_abroad", "cn_share_abroad", "open_share_world")
HARM = ("cn_state_harm", "other_harm", "uplift_us_releases")
TABLES: dict[str, dict[str, Make]] = {
    "four-policies": {"rubric": rubric},
    "where-it-turns": {"rubric": rubric},
    "paper-rubric": {"rubric": rubric, "firsts": firsts},
    "blanket-or-targeted": {"rubric": rubric, "front": choice.front},
    "third-countries": {"rubric": rubric, "flows": flows},
    "openness-gradient": {
        "rubric": rubric,
        "table": outcomes("open_releases_us", "open_releases_cn", *STANDING, *HARM),
    },
    "eu-threshold": {
        "rubric": rubric,
        "table": outcomes(
            "us_share_eu", "cn_share_eu", "open_share_eu", "application_value_eu",
            "services_withdrawn_eu",
        ),
    },
    "decoupling": {
        "rubric": rubric,
        "table": outcomes(
            *STANDING, "application_value_us", "application_value_cn", "frontier_us",
            "frontier_cn", "lag_us_cn_true",
        ),
    },
    "safeguards": {"rubric": rubric, "table": outcomes("open_releases_us", *STANDING, *HARM)},
    "chip-controls": {
        "rubric": rubric,
        "table": outcomes(
            "open_releases_cn", "frontier_cn", "lag_us_cn_true", "idea_share_cn", *STANDING,
        ),
        "without_assumed": outcomes("open_releases_cn", assumed=False),
    },
    "sensitivity": {"variance": varied},
    "portfolios": {"satisficing": choice.satisficing, "regret": choice.regret},
    "robust-choice": {
        "rubric": rubric,
        "satisficing": choice.satisficing,
        "regret": choice.regret,
        "firsts": firsts,
    },
}  # fmt: skip
"""The tables of each experiment, by the name of their file."""


def files(study: Study) -> dict[str, bytes]:
    """Return the tables that belong to the experiment of a study: name and content.

    Raises
    ------
    SystemExit
        If it is no study of a shipped experiment.
    """
    name = study.design.name
    if name not in TABLES:
        raise SystemExit(f"these are results of {name!r}; there are tables for {', '.join(TABLES)}")
    exact = set(study.lever_paths)
    made = {table: make(study) for table, make in TABLES[name].items()}
    return {f"{table}.csv": csv_bytes(frame, exact=exact) for table, frame in made.items()}


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="results of a shipped experiment")
    parser.add_argument("--expected", action="store_true", help="keep them as this version's")
    asked = parser.parse_args()
    try:
        study = Study.open(asked.folder)
        found = files(study)
    except (ScenarioError, StoreError) as error:
        raise SystemExit(str(error)) from None
    if not asked.expected:
        paths = write(asked.folder / "csv", found)
    else:
        into = HERE / study.design.name / "expected"
        into.mkdir(exist_ok=True)
        paths = [into / name for name in found]
        for path in paths:
            path.write_bytes(found[path.name])
    for path in paths:
        print(path)


if __name__ == "__main__":
    main()
