"""A study for other programs: labelled arrays, data frames, CSV and Parquet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.messages import printable
from sim.months import month_index, month_name
from sim.sweep.files import StoreError, whole
from sim.sweep.parts import USE, channel_names, country_codes, family_names
from sim.vocabulary import SIGNS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from sim.analysis.study import Study

LEVELS = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}

TABLES = ("table", "rubric", "series", "runs", "countries")
"""The frames that are written as CSV."""

EXPORTED = b"openstakes"
"""Mark in the schema of a Parquet file of ours."""

EXCEL = "utf-8-sig"
"""Encoding with the byte order mark by which Excel knows UTF-8."""

DIGITS = "%.7g"
"""Float32 series have seven significant digits.

Inputs (levers, uncertain numbers) are written in full.
"""


DIMENSIONS = ("scenario", "draw", "replication", "month")


def dataset(
    study: Study, outcomes: list[str], scenarios: Sequence[str] | None = None
) -> xr.Dataset:
    """Return outcomes as labelled arrays (see `Study.dataset`)."""
    import xarray as xr

    from sim import __version__

    named = [case.name for case in study.cases] if scenarios is None else list(scenarios)
    if isinstance(scenarios, str):
        named = [scenarios]
    months = sorted({month for name in named for month in study.months(name)})
    found = xr.Dataset(
        coords=_coordinates(study, named, months),
        attrs={"seed": study.seed, "version": __version__, "question": study.design.question},
    )
    for batch in study.batches(outcomes):
        for outcome, values in zip(batch, _labelled(study, named, batch, months), strict=True):
            known = study.outcome(outcome)
            about = {key: getattr(known, key) for key in ("unit", "label", "definition", "measure")}
            found[outcome] = (DIMENSIONS, values, about)
    return found


def _coordinates(study: Study, names: list[str], months: list[str]) -> dict[str, Any]:
    """Return labels of dimensions, levers of each case, uncertain numbers of each draw."""
    cases = [study.case(name) for name in names]
    labels = (names, range(study.draws), range(study.replications), months)
    found: dict[str, Any] = {
        dim: (dim, list(label)) for dim, label in zip(DIMENSIONS, labels, strict=True)
    }
    found["against"] = "scenario", [case.against for case in cases]
    for path in dict.fromkeys(path for case in cases for path in case.levers):
        found[path] = "scenario", _with_gaps([case.levers.get(path) for case in cases])
    for i, number in enumerate(study.design.draws.names):
        found[number] = "draw", study.design.draws.values[:, i]
    return found


def _with_gaps(values: Sequence[Any]) -> NDArray[Any]:
    """Return values of one lever: a gap is nan among numbers, "" among texts."""
    if any(isinstance(value, str) for value in values):
        return np.array(["" if value is None else str(value) for value in values])
    return np.array([np.nan if value is None else value for value in values])


def _labelled(
    study: Study, names: list[str], outcomes: list[str], months: list[str]
) -> NDArray[np.float32]:
    """Return the array (outcome, case, draw, replication, month), nan beyond a horizon."""
    place = {month: i for i, month in enumerate(months)}
    shape = (len(outcomes), len(names), study.draws, study.replications, len(months))
    found = np.full(shape, np.nan, np.float32)
    for case, name in enumerate(names):
        columns = [place[month] for month in study.months(name)]
        for outcome, values in enumerate(study.series(name, outcomes).values()):
            found[outcome, case][..., columns] = study.pair_index.folded(values)
    return found


def tidy(study: Study, outcomes: list[str]) -> pd.DataFrame:
    """Return one row per case, finished run, month and outcome (see `Study.frame`)."""
    import pandas as pd

    cases = [case.name for case in study.cases]
    months = [month_name(i) for i in range(max(scenario.months for scenario in study.scenarios))]
    positions = pd.concat(
        [_positions(study, i, outcomes) for i in range(len(cases))], ignore_index=True
    )
    categories = {"scenario": cases, "month": months, "outcome": outcomes}
    named = {
        name: pd.Categorical.from_codes(positions[name], pd.Index(labels))
        for name, labels in categories.items()
    }
    return positions.assign(**named)


def _positions(study: Study, case: int, outcomes: list[str]) -> pd.DataFrame:
    """Return one case's rows of `tidy`, with positions in place of names."""
    import pandas as pd

    name = study.cases[case].name
    pairs = study.finished_pairs(name)
    months = np.array([month_index(month) for month in study.months(name)], np.int32)
    values = np.array([rows[pairs] for rows in study.series(name, outcomes).values()], np.float32)
    values = values.reshape(len(outcomes), len(pairs), len(months))
    outcome, pair, month = (axis.ravel() for axis in np.indices(values.shape, dtype=np.int32))
    draw, replication = study.pair_index.of(pairs[pair])
    return pd.DataFrame(
        {
            "scenario": np.full(values.size, case, np.int32),
            "draw": draw,
            "replication": replication,
            "month": months[month],
            "outcome": outcome,
            "value": values.ravel(),
        }
    )


def runs(study: Study, outcomes: list[str]) -> pd.DataFrame:
    """Return one row per finished run with its design and its outcomes (see `Study.runs`)."""
    import pandas as pd

    finished = [study.finished_pairs(case.name) for case in study.cases]
    times = [len(pairs) for pairs in finished]
    window = study.common_window()
    means = [
        np.concatenate(
            [
                study.means(case.name, batch, window)[pairs]
                for case, pairs in zip(study.cases, finished, strict=True)
            ]
        )
        for batch in study.batches(outcomes)
    ]
    draw, replication = study.pair_index.of(np.concatenate(finished))
    columns: dict[str, Any] = {
        "scenario": np.repeat([case.name for case in study.cases], times),
        "point": [
            study.points(case.name)[d]
            for case, pairs in zip(study.cases, finished, strict=True)
            for d in study.pair_index.of(pairs)[0]
        ],
        "draw": draw,
        "replication": replication,
    }
    for path in study.lever_paths:
        # As a series, numbers with gaps become floats with nan; texts stay texts.
        columns[path] = (
            pd.Series([case.levers.get(path) for case in study.cases]).repeat(times).to_numpy()
        )
    head = pd.DataFrame(columns)
    numbers = pd.DataFrame(study.design.draws.values[draw], columns=list(study.design.draws.names))
    return pd.concat(
        [
            head,
            numbers,
            pd.DataFrame(np.hstack([np.empty((sum(times), 0)), *means]), columns=outcomes),
        ],
        axis=1,
    )


def countries(study: Study) -> pd.DataFrame:
    """Return one row per case, month, country and channel (see `Study.countries`)."""
    import pandas as pd

    frames = []
    for case in study.cases:
        table, panel, number = study.country_sums(case.name)
        if not number:
            continue
        month, country, channel = (axis.ravel() for axis in np.indices(panel.shape))
        frame = {
            "scenario": case.name,
            "month": np.array(_moments(study, case.name))[month],
            "country": np.array(country_codes(panel.shape[1]))[country],
            "channel": np.array(channel_names(panel.shape[2]))[channel],
            **{name: (table[..., i] / number).ravel() for i, name in enumerate(USE)},
            "panel": panel.ravel().astype(np.int64),
        }
        frames.append(pd.DataFrame(frame))
    columns = ["scenario", "month", "country", "channel", *USE, "panel"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def families(study: Study) -> pd.DataFrame:
    """Return one row per case, month, country, channel and family (see `Study.families`)."""
    import pandas as pd

    from sim.analysis.countries import family_sums

    frames = []
    for case in study.cases:
        table, number = family_sums(study, case.name)
        if not table.size:
            continue
        month, country, channel, family = (axis.ravel() for axis in np.indices(table.shape))
        frame = {
            "scenario": case.name,
            "month": np.array(_moments(study, case.name))[month],
            "country": np.array(country_codes(table.shape[1]))[country],
            "channel": np.array(channel_names(table.shape[2]))[channel],
            "family": np.array(family_names(table.shape[3]))[family],
            "share": (table / number).ravel(),
        }
        frames.append(pd.DataFrame(frame))
    columns = ["scenario", "month", "country", "channel", "family", "share"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def _moments(study: Study, case: str) -> tuple[str, ...]:
    """Return the months at which a case's countries were kept."""
    return next(part.moments for part in study.store.of(study.points(case)) if part.countries)


def summary(study: Study, outcomes: list[str]) -> pd.DataFrame:
    """Return one row per case, outcome and month (see `Study.summary`)."""
    import pandas as pd

    frames = []
    for case, found in levels_of(study, outcomes).items():
        months = study.months(case)
        if not found:
            continue
        head = {
            "scenario": case,
            "outcome": np.repeat(list(found), len(months)),
            "month": np.tile(months, len(found)),
        }
        levels = {
            name: np.concatenate([one[name] for one in found.values()])
            for name in ("mean", *LEVELS)
        }
        frames.append(pd.DataFrame({**head, **levels, "interval_holds": study.interval_holds}))
    columns = ["scenario", "outcome", "month", "mean", *LEVELS, "interval_holds"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def levels_of(
    study: Study, outcomes: list[str]
) -> dict[str, dict[str, dict[str, NDArray[np.float64]]]]:
    """Return mean and quantiles over finished runs, by month, of each case and outcome.

    Quantiles of a batch of outcomes are taken in one call.
    """
    levels: dict[str, dict[str, Any]] = {case.name: {} for case in study.cases}
    for batch in study.batches(outcomes):
        for case, found in levels.items():
            rows = study.series(case, batch).values()
            pairs = study.finished_pairs(case)
            by_level = levels_over_runs(np.array([row[pairs] for row in rows], np.float64))
            for j, outcome in enumerate(batch):
                found[outcome] = dict(zip(("mean", *LEVELS), by_level[:, j], strict=True))
    return levels


def levels_over_runs(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return mean and quantiles over runs: (outcome, run, time) to (level, outcome, time).

    Without a run they are nan.
    """
    levels = np.full((1 + len(LEVELS), len(rows), rows.shape[2]), np.nan)
    if rows.shape[1]:
        levels[0] = [values.mean(axis=0) for values in rows]
        levels[1:] = np.quantile(rows, list(LEVELS.values()), axis=1)
    return levels


def csv_bytes(frame: pd.DataFrame, encoding: str = "utf-8", exact: Collection[str] = ()) -> bytes:
    """Return a frame as CSV: one head line, plain numbers, blanks for what is missing or infinite.

    Parameters
    ----------
    encoding
        "utf-8", or "utf-8-sig" with the byte order mark by which Excel knows UTF-8.
    exact
        Columns of numbers that are read back to the last bit.
    """
    plain = frame.replace([np.inf, -np.inf], np.nan)
    for name in plain.select_dtypes(exclude="number").columns:
        # Texts repeat, and an empty Series of them has no type of its own.
        plain[name] = plain[name].map({cell: _no_formula(cell) for cell in plain[name].unique()})
    # Python's own floats are written so that they are read back to the last bit.
    plain = plain.astype({column: object for column in plain if column in exact})
    return plain.to_csv(index=False, float_format=DIGITS, lineterminator="\n").encode(encoding)


def _no_formula(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula.

    Numbers and signs, ours and the paper's, stay as they are: they are read back as they were.
    """
    if (
        not isinstance(cell, str)
        or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        or cell in SIGNS
    ):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def csv_files(
    study: Study, encoding: str = "utf-8", table: pd.DataFrame | None = None
) -> dict[str, bytes]:
    """Return a study's frames as CSV files: name and content of each (see `Study.csv_files`).

    Parameters
    ----------
    table
        Of all outcomes, if it is made already.
    """
    frames = {
        "table": study.table() if table is None else table,
        "rubric": study.rubric(),
        "series": study.summary(),
        "runs": study.runs(),
        "countries": study.countries(),
    }
    inputs = {*study.lever_paths, *study.design.draws.names}
    files = {}
    for name, frame in frames.items():
        files[f"{name}.csv"] = csv_bytes(frame, encoding, inputs)
    return files


def _refuse_others(path: Path) -> None:
    """Refuse to write over what is no export of ours: a user's file, or a link to one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not (path.is_symlink() or path.exists()):
        return
    try:
        ours = not path.is_symlink() and EXPORTED in (pq.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError):
        ours = False
    if not ours:
        raise StoreError(
            f"{printable(str(path))} is there and was not written by openstakes: choose another "
            "name, or move it"
        )


def to_parquet(study: Study, path: Path) -> Path:
    """Write all series of a study, part by part.

    Columns: scenario, draw, replication, month and one for each outcome. The file carries a mark
    by which a later call knows that it may write over it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    _refuse_others(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    head: list[Any] = [("scenario", pa.string()), ("draw", pa.int32()), ("replication", pa.int32())]
    outcomes = study.outcomes()
    schema = pa.schema(
        [*head, ("month", pa.string()), *((name, pa.float32()) for name in outcomes)],
        metadata={EXPORTED: b"series"},
    )
    with whole(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for case in study.cases:
            months = study.months(case.name)
            for pairs, series in study.read(case.name, outcomes):
                places = study.pair_index.of(np.array(pairs, np.int32))
                draw, replication = (np.repeat(x, len(months)) for x in places)
                values = series.reshape(-1, len(outcomes)).T
                head_columns = [[case.name] * len(draw), draw, replication, months * len(pairs)]
                writer.write_table(pa.table([*head_columns, *values], schema=schema))
    return path
