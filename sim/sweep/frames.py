"""A study as data frames and as files for other programs: CSV for spreadsheets, Parquet for everything else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.months import month_name
from sim.sweep.store import write_whole

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from sim.scenario import Scenario
    from sim.sweep.store import Part
    from sim.sweep.study import Study

LEVELS = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}

BATCH = 16
"""Outcomes summarised together."""

DIGITS = "%.7g"
"""Float32 series have seven significant digits."""


def tidy(study: Study, outcomes: list[str]) -> pd.DataFrame:
    """Return one row per scenario, finished replication, month and outcome (see `Study.frame`)."""
    import pandas as pd

    scenarios = [scenario.name for scenario in study.scenarios]
    months = [month_name(i) for i in range(max(scenario.months for scenario in study.scenarios))]
    positions = pd.concat([_positions(study, scenario, outcomes) for scenario in study.scenarios], ignore_index=True)
    categories = {"scenario": scenarios, "month": months, "outcome": outcomes}
    named = {name: pd.Categorical.from_codes(positions[name], pd.Index(labels)) for name, labels in categories.items()}
    return positions.assign(**named)


def _positions(study: Study, scenario: Scenario, outcomes: list[str]) -> pd.DataFrame:
    """Return one scenario's rows of `tidy`, with positions in place of names."""
    import pandas as pd

    finished = [replication for part in study.store.of(scenario.id) for replication in part.replications]
    values = np.array([rows[finished] for rows in study.series(scenario, outcomes).values()], np.float32)
    values = values.reshape(len(outcomes), len(finished), scenario.months)
    outcome, replication, month = (axis.ravel() for axis in np.indices(values.shape, dtype=np.int32))
    return pd.DataFrame(
        {
            "scenario": np.full(values.size, study.scenarios.index(scenario), np.int32),
            "replication": np.asarray(finished, np.int32)[replication],
            "month": month,
            "outcome": outcome,
            "value": values.ravel(),
        }
    )


def summary(study: Study, outcomes: list[str]) -> pd.DataFrame:
    """Return one row per scenario, outcome and month (see `Study.summary`)."""
    import pandas as pd

    frames = []
    for scenario in study.scenarios:
        for i in range(0, len(outcomes), BATCH):
            for outcome, rows in study.series(scenario, outcomes[i : i + BATCH]).items():
                frames.append(pd.DataFrame({"scenario": scenario.name, "outcome": outcome, **_levels(rows)}))
    return pd.concat(frames, ignore_index=True)


def _levels(rows: NDArray[np.float32]) -> dict[str, Any]:
    """Return month, mean and quantiles over the finished replications of an array (replication, month)."""
    finished = rows[~np.isnan(rows).all(axis=1)].astype(np.float64)
    levels = np.full((1 + len(LEVELS), rows.shape[1]), np.nan)
    if len(finished):
        levels[0] = finished.mean(axis=0)
        levels[1:] = np.quantile(finished, list(LEVELS.values()), axis=0)
    months = [month_name(i) for i in range(rows.shape[1])]
    return {"month": months, **dict(zip(("mean", *LEVELS), levels, strict=True))}


def to_csv(study: Study, folder: Path) -> list[Path]:
    """Write table.csv, rubric.csv and series.csv into a folder, made if need be, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = {"table": study.table(), "rubric": study.rubric(), "series": study.summary()}
    paths = []
    for name, frame in frames.items():
        path = folder / f"{name}.csv"
        write_whole(path, frame.to_csv(index=False, float_format=DIGITS, lineterminator="\n").encode())
        paths.append(path)
    return paths


def to_parquet(study: Study, path: Path) -> Path:
    """Write all series of a study, part by part: columns scenario, replication, month and one for each outcome."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.tmp")
    head: list[Any] = [("scenario", pa.string()), ("replication", pa.int32()), ("month", pa.string())]
    schema = pa.schema([*head, *((name, pa.float32()) for name in study.outcomes())])
    try:
        with pq.ParquetWriter(hidden, schema, compression="zstd") as writer:
            for scenario in study.scenarios:
                for part in study.store.of(scenario.id):
                    if part.replications:
                        writer.write_table(_wide(study, scenario, part, schema))
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)
    return path


def _wide(study: Study, scenario: Scenario, part: Part, schema: pa.Schema) -> pa.Table:
    """Return the runs of a part with a column for each outcome."""
    import pyarrow as pa

    months = [month_name(i) for i in range(scenario.months)]
    runs = np.repeat(np.asarray(part.replications, np.int32), len(months))
    series = study.store.series(part, study.outcomes())
    columns = [[scenario.name] * len(runs), runs, months * len(part.replications)]
    return pa.table([*columns, *(rows.ravel() for rows in series.values())], schema=schema)
