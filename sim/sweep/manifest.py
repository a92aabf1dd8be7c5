"""What a results folder says of itself: the plan as tables, the design points, and by what the results were made."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.sweep.design import Case, Design, Keep
from sim.sweep.store import encode, hash_of

if TYPE_CHECKING:
    import pyarrow as pa

LIBRARIES = ("mesa", "numba", "numpy")
"""What a run's numbers may depend on besides the code."""

DRAWN = "draw."
"""Before the names of uncertain numbers in designs.parquet."""

NOT_MODEL = (
    "analysis/",
    "cli.py",
    "experiment.py",
    "interrupt.py",
    "library/",
    "listing.py",
    "__main__.py",
    "progress.py",
    "report/",
    "rubric.py",
    "sweep/",
    "terminal.py",
)
"""Parts of the package that only read results."""


def plan_table(design: Design) -> dict[str, Any]:
    """Return the plan as plain tables: everything but the drawn numbers, which are in designs.parquet."""
    return {
        "name": design.name,
        "question": design.question,
        "seed": design.seed,
        "replications": design.replications,
        "keep": json.loads(json.dumps(asdict(design.keep))),
        "draws": len(design.draws),
        "numbers": list(design.draws[0]),
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
    """Return the design points as the bytes of a Parquet file: the first rows are those of the first case."""
    return encode(design_table(design), {})


def design_table(design: Design) -> pa.Table:
    """Return one row per case and draw.

    Columns: point, case, scenario, variant, draw, one for each lever (its path; empty where it means nothing) and one
    for each uncertain number, its name after "draw.".
    """
    import pyarrow as pa

    cases, draws = design.cases, len(design.draws)
    columns: dict[str, Any] = {
        "point": [point for points in design.points for point in points],
        "case": [case.name for case in cases for _ in range(draws)],
        "scenario": [case.scenario.name for case in cases for _ in range(draws)],
        "variant": [case.variant for case in cases for _ in range(draws)],
        "draw": pa.array([draw for _ in cases for draw in range(draws)], pa.int32()),
    }
    for path in dict.fromkeys(path for case in cases for path in case.levers):
        values = [case.levers.get(path) for case in cases for _ in range(draws)]
        numbers = all(
            value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values
        )
        texts = [None if value is None else value if isinstance(value, str) else json.dumps(value) for value in values]
        columns[path] = pa.array(values, pa.float64()) if numbers else pa.array(texts, pa.string())
    for name in design.draws[0]:
        columns[f"{DRAWN}{name}"] = pa.array([draw[name] for draw in design.draws] * len(cases), pa.float64())
    return pa.table(columns)


def digest(manifest: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a manifest's content, by which damage to it is found."""
    return hash_of(json.dumps(manifest, sort_keys=True).encode())


def read_design(plan: Mapping[str, Any], designs: bytes) -> Design:
    """Return the design that a plan and the bytes of designs.parquet describe."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from sim.scenario import Scenario

    drawn = pq.read_table(pa.BufferReader(designs), columns=[f"{DRAWN}{name}" for name in plan["numbers"]])
    keep: dict[str, Any] = {key: tuple(x) if isinstance(x, list) else x for key, x in plan["keep"].items()}
    rows = drawn.slice(0, plan["draws"]).to_pylist() if plan["numbers"] else [{}] * plan["draws"]
    return Design(
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
        tuple({name.removeprefix(DRAWN): value for name, value in row.items()} for row in rows),
        Keep(**keep),
        plan["name"],
        plan["question"],
    )


@lru_cache(maxsize=1)
def made_by() -> dict[str, str]:
    """Return what a run's numbers may depend on besides the design: code and libraries."""
    from sim import __version__

    return {"openstakes": __version__, "code": _code(), **{name: version(name) for name in LIBRARIES}}


@lru_cache(maxsize=1)
def environment() -> dict[str, str]:
    """Return where results were made, for the record: Python, system, processor level, state of the checkout."""
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
        return subprocess.run(call, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


@lru_cache(maxsize=1)
def _code() -> str:
    """Return 16 hex digits of the source of the model and its tables."""
    package = Path(__file__).parents[1]
    files = [path for pattern in ("*.py", "*.csv") for path in package.rglob(pattern)]
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(package).as_posix(), path) for path in files):
        if not name.startswith(NOT_MODEL):
            data = path.read_bytes()
            digest.update(f"{name} {len(data)}\n".encode() + data)
    return digest.hexdigest()[:16]
