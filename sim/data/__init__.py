"""Small tables of facts and the functions that read them.

Every table is a CSV file beside this module. Its head lines start with ``#`` and name source and licence; rules of
selection, rounding and imputation are in ``SOURCES.md``. Each reader returns frozen records, is cached, and refuses a
damaged table with a :class:`DataError` that names the file, the line and the column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sim.data.reading import DataError, Row, head_lines, read, unique
from sim.vocabulary import BLOCS, FACTORS, ORIGINS, RECORDED_MODES, SIGNS

__all__ = [
    "TABLES",
    "ChipStep",
    "ChipStock",
    "Country",
    "DataError",
    "Group",
    "Lab",
    "Release",
    "Target",
    "chip_controls",
    "chip_stocks",
    "clear_cache",
    "countries",
    "groups",
    "head_lines",
    "labs",
    "paper_signs",
    "releases",
    "targets",
]

SIZES = ("flagship", "small")
RECORD_GROUPS = ("US", "CN", "US+CN", "EU_UK", "other")
CHIP_OWNERS = ("CN", "rest_of_world")
TABLES = ("countries", "groups", "labs", "releases", "chip_controls", "chip_stocks", "targets", "paper_signs")

GROUPS_AS_OF = "2025-06-30"

_BLOC_NAMES = {
    "US": "US",
    "CN": "CN",
    "us_aligned": "US-aligned",
    "restricted": "restricted",
    "third_country": "third-country",
}
_CODE = re.compile(r"[A-Z]{3}|X(-[A-Z]+)+")


@dataclass(frozen=True, slots=True)
class Country:
    """One country, or a regional group of countries too small or too sparse to stand alone.

    ``alignment`` runs from 0 (votes like China) to 1 (votes like the US); ``ai_use_2025`` is the fraction of people
    15-64 who used generative AI in early 2025, None where unknown; ``imputed`` names fields filled by a stated rule.
    """

    code: str
    name: str
    region: str
    bloc: str
    gdp_usd_bn: float
    people_m: float
    working_age_m: float
    alignment: float
    ai_use_2025: float | None
    regional_value: bool
    treaty_ally: bool
    eu: bool
    imputed: tuple[str, ...]
    row: int
    column: int
    members: tuple[str, ...]

    @property
    def gdp_per_head(self) -> float:
        """GDP per head in US dollars."""
        return 1000.0 * self.gdp_usd_bn / self.people_m


@dataclass(frozen=True, slots=True)
class Group:
    """Countries that go by one name; ``members`` are codes of `countries`, as of the day ``as_of``."""

    name: str
    title: str
    as_of: str
    members: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Lab:
    """A developer: a firm by its real name, or the fringe of academic and small developers of one country.

    ``run_offset`` is the largest training run against the frontier in orders of magnitude; ``first_month`` counts
    from 2023-01 = 0.
    """

    name: str
    slug: str
    home: str
    origin: str
    kind: str
    run_offset: float
    cadence_months: float
    price_class: float
    first_month: int
    frontier: bool


@dataclass(frozen=True, slots=True)
class Release:
    """One recorded release; ``month`` counts from 2023-01 = 0 and is negative in 2022.

    ``notable`` marks the rows the openness record counts, ``group`` is the country group of that record, and
    ``usable`` marks models of a kind people choose between (language models, or any with an index score).
    """

    month: int
    lab: str
    name: str
    group: str
    capability: float | None
    log_flop: float | None
    mode: str
    size: str
    weights: float
    data: float
    code: float
    licence: float
    notable: bool
    usable: bool


@dataclass(frozen=True, slots=True)
class ChipStep:
    """A dated step of US chip export control; ``intensity`` from 0 (none) to 1 (all) holds until the next step."""

    month: int
    date: str
    intensity: float
    event: str
    source: str


@dataclass(frozen=True, slots=True)
class ChipStock:
    """Nvidia chips in place at a quarter's end, in H100-equivalents; ``owner`` is "CN" or "rest_of_world"."""

    owner: str
    month: int
    date: str
    h100e: float


@dataclass(frozen=True, slots=True)
class Target:
    """A calibration target; ``low`` and ``high`` bound the range to score against."""

    id: str
    quantity: str
    statistic: str
    value: float
    low: float
    high: float
    unit: str
    window: str
    mode: str
    source: str


def _country(row: Row) -> Country:
    code = row.text("code")
    if not _CODE.fullmatch(code):
        raise row.fail("code", "three capitals, or X- and capitals")
    return Country(
        code=code,
        name=row.text("name"),
        region=row.text("region"),
        bloc=row.one_of("bloc", BLOCS),
        gdp_usd_bn=row.number("gdp_usd_bn", 1e-3, 1e6),
        people_m=row.number("people_m", 1e-3, 2e3),
        working_age_m=row.number("working_age_m", 1e-3, 2e3),
        alignment=row.number("alignment", 0, 1),
        ai_use_2025=row.maybe("ai_use_2025", 0, 1),
        regional_value=row.flag("regional_value"),
        treaty_ally=row.flag("treaty_ally"),
        eu=row.flag("eu"),
        imputed=row.words("imputed"),
        row=row.whole("row", 0, 99),
        column=row.whole("column", 0, 99),
        members=row.words("members"),
    )


@lru_cache(maxsize=1)
def countries() -> tuple[Country, ...]:
    """Return every country and regional group, countries first, each sorted by code."""
    columns = (
        "code,name,region,bloc,gdp_usd_bn,people_m,working_age_m,alignment,ai_use_2025,regional_value,treaty_ally,eu,"
        "imputed,row,column,members"
    )
    found = read("countries", tuple(columns.split(",")), _country)
    unique("countries", "code", [country.code for country in found])
    unique("countries", "tile", [(country.row, country.column) for country in found])
    unique("countries", "member", [member for country in found for member in country.members])
    return found


def _group(row: Row) -> Group:
    return Group(
        name=row.text("name"),
        title=row.text("title"),
        as_of=row.day("as_of"),
        members=row.words("members"),
        source=row.text("source"),
    )


@lru_cache(maxsize=1)
def groups() -> tuple[Group, ...]:
    """Return the named groups of countries: the blocs and the treaty allies of the US, then those of the table."""
    found = read("groups", ("name", "title", "as_of", "members", "source"), _group)
    known = {country.code for country in countries()}
    for group in found:
        for code in group.members:
            if code not in known:
                raise DataError(f"groups.csv: {group.name} has the unknown country {code!r}")
        unique("groups", f"member of {group.name}", list(group.members))
    blocs = [(_BLOC_NAMES[bloc], tuple(c.code for c in countries() if c.bloc == bloc)) for bloc in BLOCS]
    allies = tuple(country.code for country in countries() if country.treaty_ally)
    own = [Group(name, f"bloc of the model: {name}", GROUPS_AS_OF, codes, "countries.csv") for name, codes in blocs]
    own.append(Group("allies", "treaty allies of the US", GROUPS_AS_OF, allies, "countries.csv"))
    unique("groups", "name", [group_key(group.name) for group in (*own, *found)])
    return (*own, *found)


def group_key(text: str) -> str:
    """Return the name of a group without what may be written in several ways: case, hyphens, underscores, blanks."""
    return re.sub(r"[-_ ]", "", text.casefold())


def group_named(text: str) -> Group | None:
    """Return the group of a name or title, however it is written, or None."""
    wanted = group_key(text)
    return next((group for group in groups() if wanted in (group_key(group.name), group_key(group.title))), None)


def _lab(row: Row) -> Lab:
    return Lab(
        name=row.text("name"),
        slug=row.text("slug"),
        home=row.text("home"),
        origin=row.one_of("origin", ORIGINS),
        kind=row.one_of("kind", ("firm", "fringe")),
        run_offset=row.number("run_offset", -6, 0),
        cadence_months=row.number("cadence_months", 0.5, 36),
        price_class=row.number("price_class", 0.01, 10),
        first_month=row.month("first_month"),
        frontier=row.flag("frontier"),
    )


@lru_cache(maxsize=1)
def labs() -> tuple[Lab, ...]:
    """Return every lab: US first, then Chinese, then others; within an origin by size of run, the fringe last."""
    columns = ("name", "slug", "home", "origin", "kind", "run_offset", "cadence_months", "price_class", "first_month")
    found = read("labs", (*columns, "frontier"), _lab)
    unique("labs", "slug", [lab.slug for lab in found])
    unique("labs", "name", [lab.name for lab in found])
    known = {country.code for country in countries()}
    for lab in found:
        if lab.home not in known:
            raise DataError(f"labs.csv: {lab.name} has the unknown home {lab.home!r}")
    return found


def _release(row: Row) -> Release:
    return Release(
        month=row.month("month"),
        lab=row.text("lab"),
        name=row.text("name"),
        group=row.one_of("group", RECORD_GROUPS),
        capability=row.maybe("capability", 0, 200),
        log_flop=row.maybe("log_flop", 10, 30),
        mode=row.one_of("mode", RECORDED_MODES),
        size=row.one_of("size", SIZES),
        weights=row.number("weights", 0, 1),
        data=row.number("data", 0, 1),
        code=row.number("code", 0, 1),
        licence=row.number("licence", 0, 1),
        notable=row.flag("notable"),
        usable=row.flag("usable"),
    )


@lru_cache(maxsize=1)
def releases() -> tuple[Release, ...]:
    """Return the release record, 2022-01 to 2025-06, sorted by month, lab and name."""
    columns = "month,lab,name,group,capability,log_flop,mode,size,weights,data,code,licence,notable,usable"
    found = read("releases", tuple(columns.split(",")), _release)
    unique("releases", "release", [(release.lab, release.name) for release in found])
    known = {lab.slug for lab in labs()}
    for release in found:
        if release.lab not in known:
            raise DataError(f"releases.csv: {release.name} has the unknown lab {release.lab!r}")
        if (release.weights > 0) != release.mode.startswith("open_"):
            raise DataError(f"releases.csv: {release.name} is {release.mode} with weights {release.weights:g}")
    return tuple(sorted(found, key=_release_order))


def _release_order(release: Release) -> tuple[int, str, str]:
    return release.month, release.lab, release.name


def _chip_step(row: Row) -> ChipStep:
    return ChipStep(
        month=row.month("month"),
        date=row.date("date", "month"),
        intensity=row.number("intensity", 0, 1),
        event=row.text("event"),
        source=row.text("source"),
    )


@lru_cache(maxsize=1)
def chip_controls() -> tuple[ChipStep, ...]:
    """Return the dated steps of chip export control on China, oldest first."""
    found = read("chip_controls", ("month", "date", "intensity", "event", "source"), _chip_step)
    dates = [step.date for step in found]
    if dates != sorted(dates):
        raise DataError("chip_controls.csv: dates are not in order")
    return found


def _chip_stock(row: Row) -> ChipStock:
    return ChipStock(
        owner=row.one_of("owner", CHIP_OWNERS),
        month=row.month("month"),
        date=row.date("date", "month"),
        h100e=row.number("h100e", 0),
    )


@lru_cache(maxsize=1)
def chip_stocks() -> tuple[ChipStock, ...]:
    """Return Nvidia chips in place by owner group and quarter end, oldest first."""
    found = read("chip_stocks", ("owner", "month", "date", "h100e"), _chip_stock)
    unique("chip_stocks", "stock", [(stock.owner, stock.date) for stock in found])
    return found


def _target(row: Row) -> Target:
    target = Target(
        id=row.text("id"),
        quantity=row.text("quantity"),
        statistic=row.text("statistic"),
        value=row.number("value"),
        low=row.number("low"),
        high=row.number("high"),
        unit=row.text("unit"),
        window=row.text("window"),
        mode=row.one_of("mode", ("replay", "free", "input")),
        source=row.text("source"),
    )
    if not target.low <= target.value <= target.high:
        raise row.fail("value", f"a number from {target.low:g} to {target.high:g}")
    return target


@lru_cache(maxsize=1)
def targets() -> tuple[Target, ...]:
    """Return the calibration targets in the order of their ids."""
    columns = ("id", "quantity", "statistic", "value", "low", "high", "unit", "window", "mode", "source")
    found = read("targets", columns, _target)
    unique("targets", "id", [target.id for target in found])
    return found


def _sign(row: Row) -> tuple[tuple[str, str], str]:
    return (row.text("policy"), row.one_of("factor", FACTORS)), row.one_of("sign", SIGNS)


@lru_cache(maxsize=1)
def _sign_rows() -> tuple[tuple[tuple[str, str], str], ...]:
    found = read("paper_signs", ("policy", "factor", "sign"), _sign)
    unique("paper_signs", "cell", [cell for cell, _ in found])
    return found


def paper_signs() -> dict[tuple[str, str], str]:
    """Return the direction the paper gives per (policy, factor); a missing cell means it is silent.

    Returns
    -------
    dict
        A fresh dictionary, free to change.
    """
    return dict(_sign_rows())


def clear_cache() -> None:
    """Forget every table read so far, so that the next call reads the files again."""
    for reader in (countries, groups, labs, releases, chip_controls, chip_stocks, targets, _sign_rows):
        reader.cache_clear()
