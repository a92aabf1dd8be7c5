"""What is allowed in a scenario and may still not be meant.

Windows that never act, rules that stand twice or alone.

What the shipped files say was meant; notes on single values and pairs of policies are for what a
user wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from sim.messages import one_of, shown
from sim.model.parameters import LAST_YEAR, PARAMETERS
from sim.months import month_index, month_name
from sim.policies.base import Policy
from sim.policies.families import Joinable
from sim.scenario import library
from sim.scenario.overlay import Layer
from sim.scenario.scenario import Scenario, load
from sim.scenario.toml import Key, dotted

if TYPE_CHECKING:
    from sim.model.jurisdictions import Jurisdictions


def notes(scenario: Scenario, layer: Layer) -> list[str]:
    """Return what `openstakes check` points out in a valid scenario, a line each.

    Parameters
    ----------
    scenario, layer
        As `sim.scenario.scenario.load_with_layer` returns them.
    """
    shipped = {
        library.label(path)
        for files in (library.scenarios(), library.assumptions(), library.overrides())
        for path in files.values()
    }
    own = {key: entry for key, entry in layer.items() if entry.source not in shipped}
    return [
        *_idle(scenario, own),
        *_early(scenario, own),
        *_late(scenario),
        *_turned(own),
        *_twice(scenario, own),
        *_unlikely(scenario, own),
        *_taken(scenario, own),
        *_alone(scenario),
        *_withheld(scenario),
        *_unheard(scenario, own),
        *_without_effect(scenario, own),
    ]


def _idle(scenario: Scenario, own: Layer) -> Iterator[str]:
    """Policies and events that change nothing.

    The month before the first one counts: its law is the starting point.
    """
    last = scenario.horizon.end
    horizon = f"outside the horizon {scenario.horizon.start} to {last}"
    inherited = []
    for name, policy in sorted(scenario.policy.items()):
        start, end = month_index(policy.start), month_index(policy.end) if policy.end else None
        window = f"policy.{name}: from {policy.start} to {policy.end or 'the end'}"
        if end == start:
            yield f"{window}: the window is empty; the policy changes nothing"
        elif start > month_index(last) or (end is not None and end <= -1):
            if {
                ("policy", name, "start"),
                ("policy", name, "end"),
                ("policy", name, "lever"),
            } & own.keys():
                yield f"{window}: {horizon}; the policy changes nothing"
            else:
                inherited.append(f"policy.{name}")
        elif policy.strength == 0.0:
            yield f"policy.{name}.strength = 0: the policy changes nothing"
    if inherited:
        yield f"{one_of(inherited)}: {horizon}; what lies outside changes nothing"
    for name, event in sorted(scenario.crisis.items()):
        if not 0 <= month_index(event.month) <= month_index(last):
            yield f"crisis.{name}.month = {event.month}: {horizon}; the event never happens"


def _early(scenario: Scenario, own: Layer) -> Iterator[str]:
    """Policies that a user starts before the first month and that are in force in it."""
    for name, policy in sorted(scenario.policy.items()):
        ends = policy.end is not None and month_index(policy.end) <= 0
        if month_index(policy.start) < 0 and not ends and ("policy", name, "start") in own:
            first = f"the first month is {scenario.horizon.start}"
            yield (
                f"policy.{name}.start = {policy.start}: {first}; the policy is in force from it on"
            )


def _late(scenario: Scenario) -> Iterator[str]:
    """A horizon that ends after what the parameters are stated for."""
    if scenario.horizon.end > f"{LAST_YEAR}-12":
        words = (
            f"parameters are stated to {LAST_YEAR}; "
            f"later years go on with the growth of {LAST_YEAR}"
        )
        yield f"horizon.end = {scenario.horizon.end}: {words}"


def _turned(own: Layer) -> Iterator[str]:
    """Policies of which a user's file changed the lever.

    All that was said of the other lever is gone.
    """
    for key, entry in sorted(own.items()):
        before = entry.instead_of
        if before is not None:
            words = (
                f"{before.source} has {shown(before.value)} under this name, "
                "which is gone with all its fields"
            )
            advice = "to have both, give yours another name"
            yield f"{dotted(key)} = {shown(entry.value)}: {words}; {advice}"


def _twice(scenario: Scenario, own: Layer) -> Iterator[str]:
    """Policies of one lever in force at one time and place, at least one of them a user's."""
    written = {key[1] for key in own if key[0] == "policy"}
    partners: dict[str, list[str]] = {}
    for pair in combinations(sorted(scenario.policy.items()), 2):
        (name, policy), (other, second) = sorted(pair, key=lambda item: item[0] not in written)
        if (
            name in written
            and policy.lever == second.lever
            and _meet(policy, second, scenario.months)
            and _overlap((name, policy), (other, second))
        ):
            partners.setdefault(name, []).append(other)
    for name, others in partners.items():
        policy = scenario.policy[name]
        same = [other for other in others if scenario.policy[other] == policy]
        words = f"policy.{name} and {one_of(f'policy.{other}' for other in others)}"
        alike = f", {one_of(same)} with the same values" if same else ""
        inherited = [other for other in others if other not in written]
        instead = (
            f" (to change policy.{inherited[-1]} instead, write [policy.{inherited[-1]}])"
            if inherited
            else ""
        )
        yield (
            f"{words}: {policy.lever} ({policy.title}) more than once at one time{alike}; "
            f"all are in force{instead}"
        )


def _meet(one: Policy, other: Policy, months: int) -> bool:
    """Tell whether two policies are in force in the same month of the horizon."""
    ends = [month_index(policy.end) for policy in (one, other) if policy.end is not None]
    start = max(0, month_index(one.start), month_index(other.start))
    return one.comes and other.comes and all(start < end for end in (*ends, months))


def _overlap(*pair: tuple[str, Policy]) -> bool:
    """Tell whether two policies write of the same places: countries, labs and channels alike.

    Those that write no field of places in common, such as duties, are taken to overlap.
    """
    from sim.model.jurisdictions import Jurisdictions
    from sim.model.law import law_of_month
    from sim.model.law_fields import FIELDS

    month = max(month_index(policy.start) for _, policy in pair)
    law = law_of_month(Jurisdictions.of_tables(), list(pair), month)
    ours, theirs = (
        [w for w in law.writes if w.by == name and FIELDS[w.field].combine != "list"]
        for name, _ in pair
    )
    both = [(a, b) for a in ours for b in theirs if a.field == b.field]
    return not both or any(
        all(set(a) & set(b) for a, b in zip(law.reach(one), law.reach(other), strict=True))
        for one, other in both
    )


def _unlikely(scenario: Scenario, own: Layer) -> Iterator[str]:
    """Values of a user's outside the range in which a parameter or field is thought to lie."""
    for name, value in sorted(scenario.parameters.items()):
        parameter = PARAMETERS[name]
        if ("parameters", name) in own:
            yield from _outside(
                ("parameters", name), value, parameter.low, parameter.high, parameter.unit
            )
    for name, policy in sorted(scenario.policy.items()):
        for field in policy.lever_fields.values():
            key = ("policy", name, field.name)
            if key in own and field.likely:
                yield from _outside(key, getattr(policy, field.name), *field.likely, field.unit)


def _outside(key: Key, value: float, low: float, high: float, unit: str) -> Iterator[str]:
    if not low <= value <= high:
        millions = unit.startswith("USD") and value > 0.0 and low <= 1e6 * value <= high
        hint = (
            f"; it is in USD: {_number(value)} million is {_number(1e6 * value)}"
            if millions
            else ""
        )
        span = f"from {_number(low)} to {_number(high)} ({unit})"
        yield f"{dotted(key)} = {_number(value)}: its 5-95 % range is {span}{hint}"


def _number(value: float) -> str:
    """Return a number as these files write it, large ones as 2e7."""
    plain, short = f"{value:.12g}", f"{value:g}".replace("e+0", "e").replace("e+", "e")
    return short if abs(value) >= 1e6 and float(short) == value else plain


def _taken(scenario: Scenario, own: Layer) -> Iterator[str]:
    """A shipped scenario's name on a user's file that says something else."""
    shipped = library.scenarios().get(scenario.name)
    if ("name",) in own and shipped is not None and load(shipped).id != scenario.id:
        yield (
            f"name = {shown(scenario.name)}: a shipped scenario of other content has this name; "
            "choose another one"
        )


_NOBODY = {"allied_coverage": 0.0, "allies": (), "allied_labs": ()}
"""Fields that say who joins a policy from its start, as they are where nobody does."""


def _alone(scenario: Scenario) -> Iterator[str]:
    """What asks others to join a policy and binds nobody.

    Such are a share too small for one firm, and countries in which no firm is at home.
    """
    asked = [
        (name, policy, field)
        for name, policy in sorted(scenario.policy.items())
        if isinstance(policy, Joinable)
        for field in ("allied_coverage", "allies")
        if getattr(policy, field) != _NOBODY[field]
    ]
    if not asked:
        return
    from sim.model.jurisdictions import Jurisdictions
    from sim.model.law import law_of_month
    from sim.vocabulary import OTHER

    where = Jurisdictions.of_tables()
    homes = sorted({where.countries[where.lab_homes[lab]] for lab in where.firms(OTHER)})
    for name, policy, field in asked:
        nobody = {key: value for key, value in _NOBODY.items() if key in policy.lever_fields}
        alone = policy.model_copy(update=nobody)
        joined = alone.model_copy(update={field: getattr(policy, field)})
        writes, without = (
            law_of_month(where, [(name, one)], month_index(policy.start)).writes
            for one in (joined, alone)
        )
        if not writes or writes != without:
            continue
        if field == "allied_coverage":
            yield f"policy.{name}.allied_coverage = {policy.allied_coverage:g}: nobody joins"
        elif policy.mimicry == 0.0:  # others may follow a country without firms
            firms = f"; firms of others are at home in {one_of(homes)}"
            hint = firms if "allied_labs" in nobody else ""
            yield f"policy.{name}.allies: nobody joins who is not bound without it{hint}"


def _withheld(scenario: Scenario) -> Iterator[str]:
    """Assessments that bind a lab together and leave no release mode in common.

    What they find is held back.
    """
    windows = [
        (month_index(p.start), month_index(p.end) if p.end else scenario.months)
        for p in scenario.policy.values()
    ]
    months = sorted(
        {max(0, edge) for window in windows for edge in window if edge < scenario.months}
    )
    if len(windows) < 2:
        return
    from sim.model.jurisdictions import Jurisdictions

    jurisdictions = Jurisdictions.of_tables()
    said: set[tuple[str, ...]] = set()
    for month in months:
        for policies, labs in _without_mode(scenario, jurisdictions, month):
            if policies not in said:
                said.add(policies)
                yield (
                    f"from {month_name(month)} {' and '.join(policies)} leave {one_of(labs)} no "
                    "mode in common for a release judged hazardous: it is held back"
                )


_STATED = ("enforcement", "compliance", "compliance_private")
_CHOSEN = ("penalty", "back_checks", "whistle_blowers")


def _unheard(scenario: Scenario, own: Layer) -> Iterator[str]:
    """Values of a user's on who obeys that the form of compliance does not read."""
    if scenario.structure.compliance == "stated":
        fields, words = _CHOSEN, 'counts only with structure.compliance = "chosen"'
        keys = [
            key
            for key in own
            if key[0] == "parameters" and PARAMETERS[key[1]].group == "compliance"
        ]
    else:
        fields, keys = _STATED, []
        words = (
            "who obeys is chosen (structure.compliance); "
            "it scales nothing but what is drawn (cut-offs, sanctions)"
        )
    for name, policy in sorted(scenario.policy.items()):
        if policy.obeyed_by:
            keys += [place for field in fields if (place := ("policy", name, field)) in own]
    for key in keys:
        yield f"{dotted(key)} = {shown(own[key].value)}: {words}"


def _without_effect(scenario: Scenario, own: Layer) -> Iterator[str]:
    """Values of a user's that do nothing beside the others of their policy; 0 may say just that."""
    for name, policy in sorted(scenario.policy.items()):
        for field in policy.idle:
            given = own.get(("policy", name, field))
            if given is not None and given.value:
                words = "does nothing in this use of the lever"
                yield f"policy.{name}.{field} = {shown(given.value)}: {words}"


def _without_mode(
    scenario: Scenario, jurisdictions: Jurisdictions, month: int
) -> Iterator[tuple[tuple[str, ...], Sequence[str]]]:
    """Yield policies whose fallback modes exclude each other in a month's assessments, and labs."""
    from sim.model.law import law_of_month

    law = law_of_month(jurisdictions, sorted(scenario.policy.items()), month)
    duties = [(write.by, write.value) for write in law.writes if write.field == "assessments"]
    held: dict[tuple[str, ...], list[str]] = {}
    for index, lab in enumerate(jurisdictions.labs):
        binding = [(by, set(duty.modes)) for by, duty in duties if index in duty.labs]
        if binding and not set.intersection(*(modes for _, modes in binding)):
            held.setdefault(tuple(by for by, _ in binding), []).append(lab)
    yield from held.items()
