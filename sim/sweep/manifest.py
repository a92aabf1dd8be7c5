"""What a results folder says of itself: the plan, the design points, what made the results."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.sweep.code import code_digest, source_digest
from sim.sweep.design import Case, Design, Keep
from sim.sweep.draws import Draws
from sim.sweep.files import read_as_ours
from sim.sweep.forms import ManifestForm
from sim.sweep.levers import text_of
from sim.sweep.parts import FORMAT, DamagedPartError, StoreError, encode, hash_of

if TYPE_CHECKING:
    import pyarrow as pa

LIBRARIES = ("mesa", "numba", "numpy")
"""What a run's numbers may depend on besides the code."""

HEAD = re.compile(rb'\{\s*"format": \d+,\s*"made_by": \{\s*"openstakes": "')
"""How every manifest of this package begins, and no file of another program does."""

DRAWN = "draw."
"""Before the names of uncertain numbers in designs.parquet."""

ROWS = 16_384
"""Rows of designs.parquet that are made together."""


def plan_table(design: Design) -> dict[str, Any]:
    """Return the plan as plain tables, but for the drawn numbers: they are in designs.parquet."""
    return {
        "name": design.name,
        "question": design.question,
        "seed": design.seed,
        "replications": design.replications,
        "keep": design.keep.table(),
        "draws": len(design.draws),
        "numbers": list(design.draws.names),
        "cases": [
            {
                "name": case.name,
                "variant": case.variant,
                "against": case.against,
                "levers": dict(case.levers),
                "id": case.under({}).id,
                "scenario": case.scenario.as_table(),
            }
            for case in design.cases
        ],
    }


def designs_file(design: Design) -> bytes:
    """Return the design points as the bytes of a Parquet file.

    One row per case and draw, cases varying slowest.

    Columns: point, case, scenario, variant, draw, one for each lever (its path; empty where it
    means nothing) and one for each uncertain number, its name after "draw.".
    """
    levers = {path: _lever_column(design, path) for case in design.cases for path in case.levers}
    points = len(design.cases) * len(design.draws)
    return encode(
        (_rows(design, levers, i, min(i + ROWS, points)) for i in range(0, points, ROWS)), {}
    )


def _lever_column(design: Design, path: str) -> pa.Array:
    """Return a lever's value in each case: numbers where all are numbers, else texts."""
    import pyarrow as pa

    values = [case.levers.get(path) for case in design.cases]
    if all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        for value in values
    ):
        return pa.array(values, pa.float64())
    return pa.array([None if value is None else text_of(value) for value in values], pa.string())


def _rows(design: Design, levers: Mapping[str, pa.Array], first: int, stop: int) -> pa.Table:
    """Return some rows of designs.parquet."""
    import pyarrow as pa

    case, draw = np.divmod(np.arange(first, stop), len(design.draws))
    texts = {
        "case": [case.name for case in design.cases],
        "scenario": [case.scenario.name for case in design.cases],
        "variant": [case.variant for case in design.cases],
    }
    drawn = design.draws.values[draw]
    return pa.table(
        {
            "point": [
                design.points[i][j] for i, j in zip(case.tolist(), draw.tolist(), strict=True)
            ],
            **{name: pa.array(values).take(pa.array(case)) for name, values in texts.items()},
            "draw": draw.astype(np.int32),
            **{path: values.take(pa.array(case)) for path, values in levers.items()},
            **{f"{DRAWN}{name}": drawn[:, i] for i, name in enumerate(design.draws.names)},
        }
    )


def is_ours(data: bytes) -> bool:
    """Return whether bytes are a manifest of this package, sound or damaged.

    Damage to its first line hides it.
    """
    return HEAD.match(data) is not None


def read_manifest(path: Path, data: bytes) -> dict[str, Any]:
    """Return what a manifest of ours says.

    Raises
    ------
    DamagedPartError
        If it is other bytes than were written.
    StoreError
        If it is of another format or form.
    """
    try:
        manifest: dict[str, Any] = json.loads(data)
        written = manifest.pop("sha256", None)
    except (ValueError, RecursionError):
        manifest, written = {}, None
    form = manifest.get("format", FORMAT)
    if isinstance(form, int) and form != FORMAT:
        raise StoreError(
            f"{path.parent} holds results of format {form}, and this version reads format "
            f"{FORMAT}: give the same command with another folder, or use the version that made "
            "them"
        )
    if written != digest(manifest):
        raise DamagedPartError(
            f"{path} is damaged: give the command that made these results again; "
            f"it writes {path.name} anew, and finished parts are checked and kept"
        )
    with read_as_ours(str(path)):
        ManifestForm.model_validate(manifest)
    return manifest


def digest(manifest: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a manifest's content, by which damage to it is found."""
    return hash_of(json.dumps(manifest, sort_keys=True).encode())


def read_design(plan: Mapping[str, Any], designs: bytes) -> Design:
    """Return the design that a plan and the bytes of designs.parquet describe.

    Raises
    ------
    ValueError, LookupError, TypeError
        If they describe none; Arrow's errors are of these kinds too.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from sim.scenario.scenario import Scenario

    table = pq.read_table(
        pa.BufferReader(designs), columns=["point", *(f"{DRAWN}{name}" for name in plan["numbers"])]
    )
    number = plan["draws"]
    points = table.column("point").to_pylist()
    if len(points) != len(plan["cases"]) * number or not all(
        isinstance(point, str) for point in points
    ):
        raise ValueError(
            f"designs.parquet has {len(points)} points for {len(plan['cases'])} cases x {number} "
            f"draws"
        )
    drawn = [table.column(f"{DRAWN}{name}").slice(0, number).to_numpy() for name in plan["numbers"]]
    draws = Draws(
        plan["numbers"],
        np.stack(drawn, axis=1, dtype=np.float64) if drawn else np.zeros((number, 0)),
    )
    keep: dict[str, Any] = {
        key: tuple(x) if isinstance(x, list) else x for key, x in plan["keep"].items()
    }
    design = Design(
        tuple(
            Case(
                case["name"],
                Scenario.model_validate(case["scenario"]),
                case["against"],
                case["variant"],
                case["levers"],
            )
            for case in plan["cases"]
        ),
        plan["replications"],
        plan["seed"],
        draws,
        Keep(**keep),
        plan["name"],
        plan["question"],
    )
    design.__dict__["points"] = [points[i : i + number] for i in range(0, len(points), number)]
    return design


@lru_cache(maxsize=1)
def made_by() -> dict[str, str]:
    """Return what a run's numbers may depend on besides the design: code and libraries."""
    from sim import __version__

    return {
        "openstakes": __version__,
        "code": code_digest(),
        **{name: version(name) for name in LIBRARIES},
    }


@lru_cache(maxsize=1)
def installed() -> dict[str, str]:
    """Return what a worker must share with its driver: libraries, and files byte by byte."""
    return {"source": source_digest(), **{name: version(name) for name in LIBRARIES}}


@lru_cache(maxsize=1)
def environment() -> dict[str, str]:
    """Return where results were made, for the record.

    That is Python, system, processor level and state of the checkout.
    """
    from numpy._core import _multiarray_umath as core  # type: ignore[attr-defined]

    level = [name for name in core.__cpu_dispatch__ if core.__cpu_features__[name]]
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor level": level[-1] if level else "baseline",
        "checkout": _checkout(),
    }


def _checkout() -> str:
    """Return the commit of the checkout that the package is in, or "" if it is in none."""
    top = Path(__file__).parents[2]
    if not (top / ".git").exists():
        return ""
    try:
        call = ["git", "-C", str(top), "describe", "--always", "--dirty", "--abbrev=12"]
        done = subprocess.run(call, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
