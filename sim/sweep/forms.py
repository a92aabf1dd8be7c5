"""The form of what results say of themselves.

A file of another form is refused before anything rests on it.

A hash shows that bytes are the ones written, not that this package wrote them.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sim.sweep.parts import COUNTRIES, FAMILY, KEYS, USE

if TYPE_CHECKING:
    import pyarrow.parquet as pq

Count = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
"""Name of a part, or "": never a path."""
Text = dict[str, str]
RunForm = Annotated[tuple[str, Count, Count], Field(strict=False)]
"""See `sim.sweep.design.RunId`; strict, but for the list that JSON has in place of a tuple."""


class Form(BaseModel):
    """Tables with these keys, of exactly these types; other keys are let be."""

    model_config = ConfigDict(strict=True)


class FailureForm(Form):
    """See `sim.sweep.parts.Failure`."""

    scenario: str
    point: str
    draw: Count
    replication: Count
    seed: Count
    error: str
    traceback: str


class SourceForm(Form):
    """See `sim.sweep.parts.Source`."""

    part: Name
    countries: Name
    runs: Count
    merged: list[SourceForm] = []


class SeriesForm(Form):
    """What a series part says of itself."""

    format: int
    countries: Name
    seed: Count
    made_by: Text
    keep: dict[str, Any]
    runs: list[RunForm]
    months: list[str]
    moments: list[str]
    failures: list[FailureForm]
    merged: list[SourceForm] = []


class CountriesForm(Form):
    """What a country part says of itself: runs, moments, countries and channels."""

    format: int
    shape: Annotated[list[Count], Field(min_length=4, max_length=4)]


class KeepForm(Form):
    """See `sim.sweep.design.Keep`."""

    outcomes: list[str] | None
    months: Literal["all", "year-ends"] | list[str]
    countries: Literal["none", "last", "year-ends", "half-years"]
    families: bool


class CaseForm(Form):
    """A case of a plan; its scenario is checked when it is loaded."""

    name: str
    variant: str
    against: str
    levers: dict[str, Any]
    id: str
    scenario: dict[str, Any]


class PlanForm(Form):
    """See `sim.sweep.manifest.plan_table`."""

    name: str
    question: str
    seed: Count
    replications: Count
    keep: KeepForm
    draws: Count
    numbers: list[str]
    cases: list[CaseForm]


class ManifestForm(Form):
    """What manifest.json says."""

    format: int
    made_by: Text
    environments: list[Text]
    plan: PlanForm
    designs: str
    runs: Count
    finished: Count
    failed: Count
    parts: list[str]
    lost: list[FailureForm]


def check_series(file: pq.ParquetFile, about: dict[str, Any]) -> None:
    """Refuse a series part that does not hold what it says.

    Raises
    ------
    ValueError
        If keys, rows, columns or their types are others.
    """
    SeriesForm.model_validate(about)
    merged = about.get("merged", [])
    if merged and sum(source["runs"] for source in merged) != len(about["runs"]):
        raise ValueError("it holds other runs than the parts that were merged into it")
    names = file.schema_arrow.names
    if tuple(names[: len(KEYS)]) != KEYS:
        raise ValueError(f"columns {names[: len(KEYS)]}")
    _check_types(file, names[len(KEYS) :], "float")
    _check_rows(file, len(about["runs"]) * len(about["months"]))


def check_countries(file: pq.ParquetFile, about: dict[str, Any]) -> None:
    """Refuse a country part that does not hold what it says. Errors as for `check_series`."""
    CountriesForm.model_validate(about)
    names, own = file.schema_arrow.names, [*KEYS, "country", "channel", *USE, "panel"]
    families = names[len(own) :]
    if names[: len(own)] != own or not all(n.startswith(FAMILY) for n in families):
        raise ValueError(f"columns {names} in {COUNTRIES}")
    _check_types(file, [*USE, *families], "float")
    _check_types(file, ["panel"], "int32")
    _check_rows(file, prod(about["shape"]))


def _check_types(file: pq.ParquetFile, columns: list[str], wanted: str) -> None:
    schema = file.schema_arrow  # is made anew each time it is asked for
    for name in columns:
        kind = str(schema.field(name).type)
        if kind != wanted:
            raise ValueError(f"column {name} is {kind}, not {wanted}")


def _check_rows(file: pq.ParquetFile, rows: int) -> None:
    if file.metadata.num_rows != rows:
        raise ValueError(f"{file.metadata.num_rows} rows, not {rows}")
