"""What there is to choose from, as plain rows: scenarios, policies, countries, labs and others."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from math import isinf
from typing import TYPE_CHECKING, Any

from sim.messages import ScenarioError, nearest, one_of, shown
from sim.scenario import library

if TYPE_CHECKING:
    from sim.model.jurisdictions import Jurisdictions
    from sim.policies.base import Policy
    from sim.scenario.scenario import Scenario

Row = dict[str, Any]


def rows(kind: str, name: str | None = None) -> list[Row]:
    """Return one row for each item of a kind, or the one item of that name in full.

    Parameters
    ----------
    kind
        One of `KINDS`.
    name
        An item; policies are also known by their lever, both and scenarios by the paper's number
        (P1). Letter case, hyphens and underscores do not matter.

    Raises
    ------
    ScenarioError
        If there is no such kind or item; the message names the nearest one.
    """
    if kind not in KINDS:
        hint = nearest(kind, KINDS)
        raise ScenarioError([f"cannot list {shown(kind)}{hint or '; known: ' + one_of(KINDS)}"])
    if name is None:
        return KINDS[kind]()
    items = KINDS[kind]()
    found = [row for row in items if name == row["name"]] or [
        row for row in items if _goes_by(row, name)
    ]
    if len(found) != 1:
        if kind in ("countries", "labs"):
            from sim.scenario.members import member_problem

            raise ScenarioError([f"{kind}: {shown(name)}: {member_problem(kind, name)}"])
        names = [row["name"] for row in items]
        hint = nearest(name, names) or f"; known: {one_of(names)}"
        raise ScenarioError([f"{kind}: {shown(name)} does not exist{hint}"])
    return [_DETAILS[kind](found[0])] if kind in _DETAILS else found


def _goes_by(row: Row, text: str) -> bool:
    """Tell whether text stands for an item in other words: see `rows`."""
    from sim.data import group_key

    others = [row["name"], *(row.get(key) for key in ("lever", "paper", "title"))]
    return (
        group_key(text) in [group_key(other) for other in others if other]
        or library.meant(text, [row["name"]]) is not None
    )


@cache
def _shipped() -> list[Scenario]:
    from sim.scenario.scenario import load

    return [load(name) for name in library.scenarios()]


def _scenarios() -> list[Row]:
    return [
        {
            "name": scenario.name,
            "title": scenario.title,
            "id": scenario.id,
            "question": scenario.question,
        }
        for scenario in _shipped()
    ]


def _policies() -> list[Row]:
    from sim.policies import by_puller, called

    return [
        {
            "name": called(policy),
            "lever": lever,
            "title": policy.title,
            "pulled_by": policy.pulled_by,
            "allies": "may join" if "allied_coverage" in policy.lever_fields else "",
            "paper": policy.paper,
        }
        for lever, policy in by_puller()
    ]


def _parameters() -> list[Row]:
    from sim.model.parameters import DEFAULTS, PARAMETERS

    return [
        {
            "name": parameter.name,
            "value": DEFAULTS[parameter.name],
            "low": parameter.low,
            "median": parameter.median,
            "high": parameter.high,
            "unit": parameter.unit,
            "smallest": _bound(parameter.bounds[0]),
            "largest": _bound(parameter.bounds[1]),
            "group": parameter.group,
            "assumed": parameter.assumed,
            "source": parameter.source,
        }
        for parameter in PARAMETERS.values()
    ]


def _outcomes() -> list[Row]:
    from sim.model.outcomes import OUTCOMES

    columns = (
        "name",
        "label",
        "unit",
        "measure",
        "definition",
        "direction",
        "kind",
        "factor",
        "headline",
    )
    return [
        {column: getattr(outcome, column) for column in columns} for outcome in OUTCOMES.values()
    ]


def _phases() -> list[Row]:
    from sim.model.phases import phase_texts

    return [
        {
            "name": phase.name,
            "description": phase.text,
            "reads": phase.reads,
            "writes": ", ".join(phase.writes),
            "why": phase.why,
        }
        for phase in phase_texts()
    ]


def _experiments() -> list[Row]:
    from sim.sweep.experiment import read_experiment

    read = [read_experiment(name) for name in library.experiments()]
    return [experiment.model_dump(mode="json") for experiment in read]


def _countries() -> list[Row]:
    from sim.data import countries, groups

    return [
        {
            "name": country.code,
            "title": country.name,
            "region": country.region,
            "bloc": country.bloc,
            "groups": [group.name for group in groups() if country.code in group.members],
            "members": list(country.members),
            "people_m": country.people_m,
            "gdp_usd_bn": country.gdp_usd_bn,
            "alignment": country.alignment,
            "ai_use_2025": country.ai_use_2025,
        }
        for country in countries()
    ]


def _labs() -> list[Row]:
    from sim.data import labs
    from sim.months import month_name

    return [
        {
            "name": lab.slug,
            "title": lab.name,
            "origin": lab.origin,
            "home": lab.home,
            "kind": lab.kind,
            "frontier": lab.frontier,
            "first_month": month_name(lab.first_month),
        }
        for lab in labs()
    ]


def _groups() -> list[Row]:
    from sim.data import groups

    return [
        {
            "name": group.name,
            "title": group.title,
            "members": list(group.members),
            "as_of": group.as_of,
            "source": group.source,
        }
        for group in groups()
    ]


def _scenario_details(row: Row) -> Row:
    from sim.scenario.scenario import load

    return row | load(row["name"]).as_table()


def _policy_details(row: Row) -> Row:
    from sim.model.law_fields import FIELDS
    from sim.policies import LEVERS

    policy = LEVERS[row["lever"]]
    fields = []
    for field in policy.lever_fields.values():
        low, high = field.likely or (None, None)
        smallest, largest = field.allowed or (None, None)
        fields.append(
            {
                "name": field.name,
                "value": list(field.default) if isinstance(field.default, tuple) else field.default,
                "low": low,
                "high": high,
                "smallest": smallest,
                "largest": largest,
                "choices": list(field.choices),
                "unit": field.unit,
                "description": field.description,
                "source": field.source,
            }
        )
    return row | {
        "real": policy.real,
        "description": (policy.__doc__ or "").strip(),
        "not_modelled": policy.not_modelled,
        "assumption": policy.assumption,
        "example": dict(policy.example),
        "writes": {name: FIELDS[name].meaning for name in written_fields(policy)},
        "scenarios": scenarios_with(row["lever"]),
        "fields": fields,
    }


def written_fields(policy: type[Policy]) -> list[str]:
    """Names of the law's fields that a lever's example writes, in the order of the law's table."""
    from sim.model.law import law_of_month
    from sim.model.law_fields import FIELDS
    from sim.months import month_index

    one = policy(**policy.example)
    law = law_of_month(_jurisdictions(), [("example", one)], month_index(one.start))
    used = {write.field for write in law.writes}
    return [name for name in FIELDS if name in used]


def scenarios_with(lever: str) -> list[str]:
    """Names of the shipped scenarios that use a lever, inherited policies included."""
    return [
        scenario.name
        for scenario in _shipped()
        if lever in (type(policy).lever for policy in scenario.policy.values())
    ]


@lru_cache
def _jurisdictions() -> Jurisdictions:
    """The countries and labs of the tables, as a law sees them."""
    from sim.model.jurisdictions import Jurisdictions

    return Jurisdictions.of_tables()


def _bound(value: float) -> float | None:
    return None if isinf(value) else value


KINDS: dict[str, Callable[[], list[Row]]] = {
    "scenarios": _scenarios,
    "policies": _policies,
    "parameters": _parameters,
    "outcomes": _outcomes,
    "phases": _phases,
    "experiments": _experiments,
    "countries": _countries,
    "labs": _labs,
    "groups": _groups,
}

_DETAILS: dict[str, Callable[[Row], Row]] = {
    "scenarios": _scenario_details,
    "policies": _policy_details,
}
