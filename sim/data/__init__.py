"""Small tables of facts and the functions that read them.

Every table is a CSV file beside this module. Its head lines start with ``#`` and name source and
licence; rules of selection, rounding and imputation are in ``SOURCES.md``. Each reader returns
frozen records, is cached, and refuses a damaged table with a :class:`DataError` that names the
file, the line and the column.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

from sim.data.reading import DataError, head_lines, known, read, unique
from sim.data.rows import (
    CHIP_OWNERS,
    CentralValue,
    ChipStock,
    Country,
    Group,
    Lab,
    PaperSign,
    Parameter,
    Point,
    PolicyStep,
    Release,
    Serving,
    Target,
)
from sim.vocabulary import BLOCS, ORIGINS

__all__ = [
    "CHIP_OWNERS",
    "TABLES",
    "ChipStock",
    "Country",
    "DataError",
    "Group",
    "Lab",
    "Parameter",
    "Point",
    "PolicyStep",
    "Release",
    "Serving",
    "Target",
    "central",
    "chip_stocks",
    "clear_cache",
    "countries",
    "groups",
    "head_lines",
    "labs",
    "notable_per_flagship",
    "paper_signs",
    "parameters",
    "policy_timeline",
    "record",
    "releases",
    "serving",
    "targets",
]

TABLES = (
    "countries",
    "groups",
    "labs",
    "serving",
    "releases",
    "policy_timeline",
    "chip_stocks",
    "targets",
    "record",
    "paper_signs",
    "parameters",
    "central",
)

GROUPS_AS_OF = "2025-06-30"
MOST_LABS = 63
"""A choice is a byte: a lab and one of 4 modes, and 255 for none."""

_BLOC_NAMES = {
    "US": "US",
    "CN": "CN",
    "us_aligned": "US-aligned",
    "restricted": "restricted",
    "third_country": "third-country",
}


@lru_cache(maxsize=1)
def countries() -> tuple[Country, ...]:
    """Return every country and regional group, countries first, each sorted by code."""
    found = read("countries", Country)
    unique("countries", "code", [country.code for country in found])
    unique("countries", "tile", [(country.row, country.column) for country in found])
    unique("countries", "member", [member for country in found for member in country.members])
    return found


@lru_cache(maxsize=1)
def groups() -> tuple[Group, ...]:
    """Return the named groups of countries: blocs and treaty allies of the US, then the table's."""
    found = read("groups", Group, {"members": _of_countries()})
    for group in found:
        unique("groups", f"member of {group.name}", list(group.members))
    blocs = [
        (_BLOC_NAMES[bloc], tuple(c.code for c in countries() if c.bloc == bloc)) for bloc in BLOCS
    ]
    allies = tuple(country.code for country in countries() if country.treaty_ally)
    own = [
        Group(name, f"bloc of the model: {name}", GROUPS_AS_OF, codes, "countries.csv")
        for name, codes in blocs
    ]
    own.append(Group("allies", "treaty allies of the US", GROUPS_AS_OF, allies, "countries.csv"))
    unique("groups", "name", [group_key(group.name) for group in (*own, *found)])
    return (*own, *found)


def group_key(text: str) -> str:
    """Return the name of a group without case, hyphens, underscores and blanks."""
    return re.sub(r"[-_ ]", "", text.casefold())


def group_named(text: str) -> Group | None:
    """Return the group of a name or title, however it is written, or None."""
    wanted = group_key(text)
    return next(
        (group for group in groups() if wanted in (group_key(group.name), group_key(group.title))),
        None,
    )


@lru_cache(maxsize=1)
def labs() -> tuple[Lab, ...]:
    """Return every lab: US, Chinese, others; of one origin by size of run, the fringe last."""
    found = read("labs", Lab, {"home": _of_countries()})
    unique("labs", "slug", [lab.slug for lab in found])
    unique("labs", "name", [lab.name for lab in found])
    if len(found) > MOST_LABS:
        raise DataError(f"labs.csv: has {len(found)} labs, and the model has room for {MOST_LABS}")
    return found


def _of_countries() -> Callable[[str], None]:
    return known("codes of countries.csv", {country.code for country in countries()})


@lru_cache(maxsize=1)
def serving() -> tuple[Serving, ...]:
    """Return whom labs do not serve, or not in full: a limit for each row, in the table's order."""
    makers = {*ORIGINS, *(lab.slug for lab in labs())}
    checks = {
        "lab": known(f"a slug of labs.csv, or one of {', '.join(ORIGINS)}", makers),
        "reach": _number_or_log,
    }
    found = read("serving", Serving, checks)
    cells = [
        " ".join((row.lab, row.place, channel, offer))
        for row in found
        for channel in row.channels
        for offer in row.offers
    ]
    unique("serving", "limit", cells)
    return found


def _number_or_log(text: str) -> None:
    """Refuse the name of what is no parameter, or of one that may exceed 0: a share of 1."""
    if text[:1].isalpha() and text not in {p.name for p in parameters() if p.most <= 0.0}:
        raise ValueError("a number from 0 to 1, or a parameter of parameters.csv with most at 0")


@lru_cache(maxsize=1)
def releases() -> tuple[Release, ...]:
    """Return the release record, 2022-01 to 2025-06, sorted by month, lab and name."""
    slugs = known("a slug of labs.csv", {lab.slug for lab in labs()})
    found = read("releases", Release, {"lab": slugs})
    unique("releases", "release", [(release.lab, release.name) for release in found])
    for release in found:
        if (release.weights > 0) != release.mode.startswith("open_"):
            raise DataError(
                f"releases.csv: {release.name} is {release.mode} with weights {release.weights:g}"
            )
    return tuple(sorted(found, key=_release_order))


@lru_cache(maxsize=1)
def notable_per_flagship() -> dict[str, float]:
    """Return the notable models that a flagship of each lab stands for, by its slug.

    Notable models of the record a month since the lab was active, from 2023-01 on, times the months
    between its flagships; unreleased ones count. 0 for a lab without any.
    """
    counts = Counter(row.lab for row in releases() if row.notable and row.month >= 0)
    end = 1 + max(row.month for row in releases())
    return {
        lab.slug: counts[lab.slug] / max(1, end - max(0, lab.first_month)) * lab.cadence_months
        for lab in labs()
    }


def _release_order(release: Release) -> tuple[int, str, str]:
    return release.month, release.lab, release.name


@lru_cache(maxsize=1)
def policy_timeline() -> tuple[PolicyStep, ...]:
    """Return the dated steps of policy to January 2026, oldest first."""
    found = read("policy_timeline", PolicyStep)
    dates = [step.date for step in found]
    if dates != sorted(dates):
        raise DataError("policy_timeline.csv: dates are not in order")
    unique("policy_timeline", "policy", [step.policy for step in found if step.policy])
    return found


@lru_cache(maxsize=1)
def chip_stocks() -> tuple[ChipStock, ...]:
    """Return Nvidia chips in place by owner group and quarter end, oldest first."""
    found = read("chip_stocks", ChipStock)
    unique("chip_stocks", "stock", [(stock.owner, stock.date) for stock in found])
    return found


@lru_cache(maxsize=1)
def targets() -> tuple[Target, ...]:
    """Return the calibration targets in the order of their ids."""
    found = read("targets", Target)
    unique("targets", "id", [target.id for target in found])
    return found


@lru_cache(maxsize=1)
def record() -> tuple[Point, ...]:
    """Return the observed points that no other table gives, by quantity, oldest first."""
    found = read("record", Point)
    unique("record", "point", [(point.quantity, point.first, point.last) for point in found])
    return tuple(sorted(found, key=lambda point: (point.quantity, point.last)))


@lru_cache(maxsize=1)
def _sign_rows() -> tuple[PaperSign, ...]:
    found = read("paper_signs", PaperSign)
    unique("paper_signs", "cell", [(row.policy, row.factor) for row in found])
    return found


def paper_signs() -> dict[tuple[str, str], str]:
    """Return the direction the paper gives per (policy, factor); a missing cell means it is silent.

    Returns
    -------
    dict
        A fresh dictionary, free to change.
    """
    return {(row.policy, row.factor): row.sign for row in _sign_rows()}


@lru_cache(maxsize=1)
def parameters() -> tuple[Parameter, ...]:
    """Return every number about the world that a scenario may change, group by group."""
    found = read("parameters", Parameter)
    unique("parameters", "name", [parameter.name for parameter in found])
    return found


@lru_cache(maxsize=1)
def central() -> dict[str, float]:
    """Return the values of the fitted parameters in the central draw of the calibration."""
    found = read("central", CentralValue)
    unique("central", "name", [row.name for row in found])
    bounds = {parameter.name: parameter.bounds for parameter in parameters()}
    for row in found:
        low, high = bounds.get(row.name, (1.0, 0.0))
        if not low <= row.value <= high:
            raise DataError(
                f"central.csv: {row.name} = {row.value} is no parameter, or outside what "
                "parameters.csv allows; `openstakes calibrate` writes this table"
            )
    return {row.name: row.value for row in found}


def clear_cache() -> None:
    """Forget every table read so far, so that the next call reads the files again."""
    for reader in (
        countries,
        groups,
        labs,
        serving,
        releases,
        policy_timeline,
        chip_stocks,
        targets,
        record,
        _sign_rows,
        parameters,
        central,
    ):
        reader.cache_clear()
