"""Why the law of a month is as it is: which policy changed each field from what to what.

Fields are shown as agents read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.messages import ScenarioError, shown
from sim.model.jurisdictions import Jurisdictions
from sim.model.law import Law
from sim.model.law_fields import FIELDS
from sim.months import month_index, month_name
from sim.policies.base import Policy
from sim.policies.families import Joinable
from sim.scenario.members import member_problem
from sim.scenario.scenario import Scenario
from sim.vocabulary import CHANNELS, MODES, OFFERS, ORIGINS

if TYPE_CHECKING:
    from sim.model.world import World

Row = dict[str, Any]


def explain(
    scenario: Scenario,
    month: str,
    country: str | None = None,
    family: str | None = None,
    seed: int = 0,
) -> Row:
    """Explain the law of one month.

    The world is run up to that month, since a policy may depend on what was observed before.

    Parameters
    ----------
    scenario
    month : str
        ``YYYY-MM`` within the horizon.
    country : str or None
        Code of a country; None for all.
    family : str or None
        A lab, which stands for its family of releases; None for all.
    seed : int
        Root seed of the run (replication 0).

    Returns
    -------
    dict
        ``policies`` in force, with who obeys each and why where that is chosen (``obeyed``) and the
        ``countries`` and ``labs`` that have ``joined``; ``fields``, each with ``parts`` that were
        written alike: ``where`` (axes that are not named: all; rules for users name labs, or
        origins where all labs of an origin are meant), ``value``, ``default`` and ``changes``
        (``by``, ``before``, ``after``);
        ``ledger`` in USD a year.

    Raises
    ------
    ScenarioError
        If month, country or family do not exist; with every problem.
    """
    problems = _problems(scenario, month, country, family)
    if problems:
        raise ScenarioError(problems)
    from sim.model.world import World

    world = World(scenario, rng=seed)
    index = month_index(month)
    while world.month < index:
        world.step()
    law, chosen = world.law, _chosen(world.jurisdictions, country, family)
    return {
        "scenario": scenario.name,
        "id": scenario.id,
        "month": month,
        "country": country,
        "family": family,
        "seed": seed,
        "policies": _policies(world),
        "fields": [field_row(law, name, chosen) for name in FIELDS],
        "ledger": [
            {"payer": payer, "policy": by, "usd_a_year": usd}
            for payer, usd, by in sorted(law.expenses)
        ],
    }


def _policies(world: World) -> list[Row]:
    """Return the policies in force, who obeys them and who has joined them."""
    writers = {write.by for write in world.law.writes}
    motives = world.schedule.motives(world.jurisdictions, world.month)
    return [
        {
            "policy": name,
            "lever": type(policy).lever,
            "title": type(policy).title,
            "strength": policy.intensity(world.month),
            "obeyed": [
                {"by": kind, "share": why.share, "detection": why.detection, **why._asdict()}
                for kind, why in motives.get(name, {}).items()
            ],
            **_joined(policy, world.law, name),
        }
        for name, policy in world.policies
        if name in writers
    ]


def _joined(policy: Policy, law: Law, name: str) -> Row:
    """Return which countries and firms have joined a policy that others may join."""
    if not isinstance(policy, Joinable):
        return {}
    axes = zip(("country", "lab"), policy.joined(law, name), strict=True)
    return {"joined": {_MANY[axis]: _names(axis, who, law.jurisdictions) for axis, who in axes}}


def _chosen(
    jurisdictions: Jurisdictions, country: str | None, family: str | None
) -> dict[str, int]:
    """Return the index of what is asked for on each axis; a lab also picks its origin."""
    chosen: dict[str, int] = {}
    if country is not None:
        chosen["country"] = jurisdictions.countries.index(country)
    if family is not None:
        chosen["lab"] = jurisdictions.labs.index(family)
        chosen["origin"] = jurisdictions.lab_origins[chosen["lab"]]
    return chosen


def field_row(law: Law, name: str, chosen: Mapping[str, int]) -> Row:
    """Return one field of a law: what it means, and its parts with the changes that made them.

    Parameters
    ----------
    law, name
    chosen
        Index on an axis ("country", "lab", "origin"), where only one is asked for. A lab also picks
        its class.
    """
    spec = FIELDS[name]
    listed = _listed(law, name, chosen) if spec.combine == "list" else _parts(law, name, chosen)
    return {
        "field": name,
        "meaning": spec.meaning,
        "unit": spec.unit,
        "combine": spec.combine,
        "parts": listed,
    }


def _problems(scenario: Scenario, month: str, country: str | None, family: str | None) -> list[str]:
    problems = []
    try:
        inside = 0 <= month_index(month) < scenario.months
    except ValueError as error:
        problems.append(f"--month: {error}")
    else:
        if not inside:
            last = month_name(scenario.months - 1)
            problems.append(
                f"--month {month}: outside the horizon of {scenario.name}, 2023-01 to {last}"
            )
    for option, table, text in (("--country", "countries", country), ("--family", "labs", family)):
        words = member_problem(table, text) if text is not None else ""
        if words:
            problems.append(f"{option} {shown(text)}: {words}")
    return problems


def _parts(law: Law, name: str, chosen: Mapping[str, int]) -> list[Row]:
    """Return the parts of a field that went through the same values by the same writes."""
    axes, combine, sizes = FIELDS[name].axes, FIELDS[name].combine, law.sizes
    if "lab" in chosen:
        chosen = {**chosen, "class": int(law.class_of[chosen["lab"]])}
    kept = [[chosen[axis]] if axis in chosen else list(range(sizes[axis])) for axis in axes]
    history = law.explain(name)
    values = [
        np.asarray(value)[np.ix_(*kept)] if axes else np.asarray(value) for _, value in history
    ]
    writes = [write for write, _ in history if write is not None]
    reached = [_reached(law.reach(write), [sizes[axis] for axis in axes], kept) for write in writes]
    # A write of 0 or a factor of 1 says nothing; one below a maximum does.
    if combine in ("add", "multiply"):
        reached = [mask & (values[n] != values[n + 1]) for n, mask in enumerate(reached)]
    # One column per entry: all its values and which writes reached it.
    columns = np.array([np.ravel(array) for array in (*values, *reached)], float)
    _, first, alike = np.unique(columns, axis=1, return_index=True, return_inverse=True)
    rows = []
    for box, label in _boxes(alike.reshape(values[0].shape)):
        entry = first[label]
        own = [value.ravel()[entry].item() for value in values]
        rows.append(
            {
                "where": dict(
                    _place(axis, [kept[k][i] for i in box[k]], law)
                    for k, axis in enumerate(axes)
                    if len(box[k]) < len(kept[k])
                ),
                "value": own[-1],
                "default": own[0],
                "changes": [
                    {"by": write.by, "before": own[n], "after": own[n + 1]}
                    for n, write in enumerate(writes)
                    if reached[n].ravel()[entry]
                ],
            }
        )
    return rows


def _reached(
    places: Sequence[Sequence[int]], sizes: Sequence[int], kept: Sequence[list[int]]
) -> np.ndarray:
    """Which of the kept entries a write reached."""
    mask = np.zeros(tuple(sizes), bool)
    mask[np.ix_(*places)] = True
    return mask[np.ix_(*kept)]


def _place(axis: str, indices: Sequence[int], law: Law) -> tuple[str, list[str]]:
    """Return an axis and names on it.

    Classes go by their origins, or by labs where a part of an origin is meant.
    """
    if axis != "class":
        return axis, _names(axis, indices, law.jurisdictions)
    origins = {int(law.class_origin[k]) for k in indices}
    whole = [k for k, origin in enumerate(law.class_origin.tolist()) if origin in origins]
    if len(whole) == len(indices):
        return "origin", _names("origin", sorted(origins), law.jurisdictions)
    return "lab", _names(
        "lab", [i for i, k in enumerate(law.class_of.tolist()) if k in indices], law.jurisdictions
    )


def _boxes(labels: np.ndarray) -> list[tuple[tuple[tuple[int, ...], ...], int]]:
    """Cut an array of labels into boxes of one label, as few as equal slices allow.

    A box is the indices on each axis.
    """
    if labels.ndim == 0:
        return [((), int(labels))]
    alike: dict[bytes, list[int]] = {}
    for index, part in enumerate(labels):
        alike.setdefault(part.tobytes(), []).append(index)
    return [
        ((tuple(indices), *rest), label)
        for indices in alike.values()
        for rest, label in _boxes(labels[indices[0]])
    ]


def _listed(law: Law, name: str, chosen: Mapping[str, int]) -> list[Row]:
    """Return the records of a field that bind the chosen country and lab, as one part."""
    writes = [write for write, _ in law.explain(name) if write is not None]
    records = [
        (write.by, _record(write.value, law.jurisdictions))
        for write in writes
        if all(_binds(write.value, axis, index) for axis, index in chosen.items())
    ]
    changes = [{"by": by, "before": None, "after": record} for by, record in records]
    return [
        {"where": {}, "value": [record for _, record in records], "default": [], "changes": changes}
    ]


def _binds(record: Any, axis: str, index: int) -> bool:
    """Tell whether a record speaks of an entry of an axis.

    One that names none of the axis speaks of all.
    """
    if hasattr(record, axis):
        return bool(getattr(record, axis) == index)
    return index in getattr(record, _MANY[axis], (index,))


def _record(record: Any, jurisdictions: Jurisdictions) -> Any:
    """Return a record with names in place of indices; an axis that it covers whole is left out.

    A field that ends in the name of an axis, such as ``exempt_modes``, holds indices of that axis.
    """
    if not is_dataclass(record):
        return record
    axes = {many: axis for axis, many in _MANY.items()}
    table: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        axis = axes.get(field.name.rpartition("_")[2])
        if field.name in _MANY:
            (table[field.name],) = _names(field.name, [value], jurisdictions)
        elif axis is None:
            table[field.name] = list(value) if isinstance(value, tuple) else value
        elif len(value) < jurisdictions.sizes[axis]:
            table[field.name] = _names(axis, value, jurisdictions)
    return table


_MANY = {
    "country": "countries",
    "origin": "origins",
    "channel": "channels",
    "mode": "modes",
    "offer": "offers",
    "lab": "labs",
}


def _names(axis: str, indices: Sequence[int], jurisdictions: Jurisdictions) -> list[str]:
    known: dict[str, Sequence[str]] = {
        "country": jurisdictions.countries,
        "origin": ORIGINS,
        "channel": CHANNELS,
        "mode": MODES,
        "offer": OFFERS,
        "lab": jurisdictions.labs,
        "student": jurisdictions.labs,
    }
    return [known[axis][index] for index in indices]
