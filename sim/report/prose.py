"""What was compared and under which assumptions: text and tables for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.analysis import wording
from sim.model.parameters import DEFAULTS, PARAMETERS, Parameter
from sim.report import policy_words as words
from sim.report.cells import FACTOR_NAMES
from sim.report.figure_data import Grid
from sim.report.findings import also_differs
from sim.scenario import library
from sim.scenario.scenario import is_shipped
from sim.scenario.validation import series_of
from sim.vocabulary import CHANNELS

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.policies.base import LeverField
    from sim.scenario.scenario import Scenario

_BETTER = {1: "more is better", -1: "less is better", 0: "neither"}

GLOSSARY = (
    (
        "paired",
        (
            "replication k of both scenarios uses the same random numbers, so their difference is "
            "the policy's"
        ),
    ),
    (
        "bloc",
        (
            "a group of countries: the US, China, US-aligned countries, third countries, "
            "restricted countries"
        ),
    ),
    (
        "third country",
        "a country that is neither US-aligned nor restricted, and neither the US nor China",
    ),
    (
        "restricted country",
        "a state of US Country Group D:5 (arms embargoes), or Cambodia; China is a bloc of its own",
    ),
    (
        "stripped open weights",
        "open weights whose safeguards were trained or edited away by whoever downloaded them",
    ),
    ("OOM", "order of magnitude: a factor of ten"),
    (
        "utils",
        "unit of utility in the choice of a release; only differences between releases count",
    ),
)
_NOT_SHIPPED = (
    "Not the shipped scenario of this name: an option or another file changed its policies."
)


@dataclass(frozen=True)
class Introduction:
    """One scenario as it is introduced to the reader: itself, its title, what it changes."""

    scenario: Scenario
    title: str
    changes: tuple[str, ...]


def reference(study: Study) -> Scenario:
    """Return the scenario with which all others are compared."""
    return study.scenario(study.against)


def introductions(study: Study) -> list[Introduction]:
    """Return each scenario with its title and changes against the reference, which is first."""
    base = reference(study)
    ordered = [base, *(s for s in study.scenarios if s.name != study.against)]
    return [
        Introduction(
            s,
            study.titles[s.name],
            tuple(_changes(study, s, base) if s is not base else _common(base)),
        )
        for s in ordered
    ]


def _common(base: Scenario) -> list[str]:
    """Return what the reference holds: one line for each series of steps, lever by lever.

    Every scenario that does not say otherwise holds it too.
    """
    lines: list[str] = []
    said: set[str] = set()
    for (lever, _), names in sorted(series_of(base.policy).items(), key=lambda one: one[0][0]):
        last = base.policy[names[-1]]
        if len(names) == 1 and lever not in said:
            lines.append(words.in_words(last))
        else:
            first = wording.month(base.policy[names[0]].start)
            steps = f", {len(names)} dated steps from {first}. The last" if len(names) > 1 else ""
            lines.append(f"{words.lever(last)}{steps}, {words.timing(last)}: {words.values(last)}.")
        said.add(lever)
    return lines


def _by_lever(scenario: Scenario) -> dict[str, list[tuple[str, Any]]]:
    """Return the policies of a scenario with their names, under their levers."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for name, policy in sorted(scenario.policy.items()):
        found.setdefault(type(policy).lever, []).append((name, policy))
    return found


def _changes(study: Study, scenario: Scenario, base: Scenario) -> list[str]:
    lines = (
        [] if is_shipped(scenario) or scenario.name not in library.scenarios() else [_NOT_SHIPPED]
    )
    for name, policy in added(scenario, base):
        other = _told_by(study, scenario, policy, base)
        lines.append(
            f"{words.lever(policy)}, {words.timing(policy)}: as under {study.titles[other.name]}."
            if other
            else words.in_words(policy, base.policy.get(name))
        )
    dropped = sorted(set(base.policy) - set(scenario.policy))
    if dropped:
        lines.append(f"Without {wording.listing(dropped)} of {study.titles[base.name]}.")
    also = also_differs(study, scenario.name)
    lines += [also] if also else []
    return lines or ["It changes nothing against the reference."]


def _told_by(study: Study, scenario: Scenario, policy: Any, base: Scenario) -> Scenario | None:
    """Return the scenario that adds fewer policies, and this one among them: it tells it whole."""
    own = len(added(scenario, base))
    smaller = (
        (len(theirs), other)
        for other in study.scenarios
        if other is not base
        for theirs in [added(other, base)]
        if len(theirs) < own and any(words.alike(policy, one) for _, one in theirs)
    )
    return min(smaller, key=lambda found: found[0], default=(0, None))[1]


def added(scenario: Scenario, base: Scenario) -> list[tuple[str, Any]]:
    """Return the policies of a scenario that the reference lacks in the same form, by name."""
    return [
        (name, policy)
        for name, policy in sorted(scenario.policy.items())
        if not words.alike(policy, base.policy.get(name))
    ]


def _value(scenario: Scenario, name: str) -> float:
    return float(scenario.parameters.get(name, DEFAULTS[name]))


# Tables


def policy_grid(study: Study) -> Grid:
    """Return every field of the reference's policies, and of those that a scenario adds to it.

    What is the same in all policies of a lever stands once.
    """
    base = reference(study)
    rows = []
    for scenario in study.scenarios:
        held = {
            name for name, _ in (base.policy.items() if scenario is base else added(scenario, base))
        }
        for lever, policies in _by_lever(scenario).items():
            own = [(name, policy) for name, policy in policies if name in held]
            for names, field_name, field, value in _settings(own):
                everywhere = len(own) > 1 and len(names) == len(own)
                where = f"all {len(own)}" if everywhere else ", ".join(names)
                rows.append(
                    (
                        study.titles[scenario.name],
                        f"{where} ({lever})",
                        field_name,
                        "none" if value is None else words.shown(value),
                        _range(field),
                        field.unit,
                        field.description,
                        field.source,
                    )
                )
    return Grid(
        ("Scenario", "Policy (lever)", "Setting", "Value", "5–95 %", "Unit", "Meaning", "Source"),
        tuple(rows),
        names=3,
    )


def _settings(policies: list[tuple[str, Any]]) -> list[tuple[list[str], str, LeverField, Any]]:
    """Return the settings of policies of one lever.

    Each is: names of the policies with a value, field name, field, value.
    """
    rows = []
    for field_name, field in policies[0][1].lever_fields.items() if policies else ():
        values: list[Any] = []
        names: list[list[str]] = []
        for name, policy in policies:
            value = getattr(policy, field_name)
            if value not in values:
                values.append(value)
                names.append([])
            names[values.index(value)].append(name)
        rows += [(own, field_name, field, value) for own, value in zip(names, values, strict=True)]
    return rows


def _range(field: LeverField) -> str:
    return " to ".join(wording.plain(float(end)) for end in field.likely) if field.likely else ""


def parameter_grid(study: Study, *, assumed: bool) -> Grid:
    """Return parameters with value, range, unit, source: the assumed responses or all others."""
    rows = [_parameter_row(study, p) for p in PARAMETERS.values() if p.assumed == assumed]
    head = ("Parameter", "Group", "Value here", "5–95 %", "Unit", "Source", "Assumed response")
    return Grid(head, tuple(rows), names=1)


def _parameter_row(study: Study, parameter: Parameter) -> tuple[str, ...]:
    values: dict[float, list[str]] = {}
    for scenario in study.scenarios:
        values.setdefault(_value(scenario, parameter.name), []).append(study.titles[scenario.name])
    if len(values) == 1:
        here = wording.plain(next(iter(values)))
    else:
        here = "; ".join(
            f"{wording.plain(value)} ({wording.listing(names)})" for value, names in values.items()
        )
    ends = f"{wording.plain(parameter.low)} to {wording.plain(parameter.high)}"
    flag = "yes" if parameter.assumed else "no"
    return (parameter.name, parameter.group, here, ends, parameter.unit, parameter.source, flag)


def definition_grid(study: Study, outcomes: list[str]) -> Grid:
    """Return unit, measure, direction and definition of some outcomes."""
    rows = []
    for name in outcomes:
        outcome = study.outcome(name)
        rows.append(
            (
                outcome.label,
                name,
                wording.unit(outcome),
                outcome.measure,
                _BETTER[outcome.direction],
                outcome.definition,
            )
        )
    return Grid(
        ("Outcome", "Name in the files", "Unit", "Measure", "For the goal", "Definition"),
        tuple(rows),
        names=1,
    )


def headline_grid(study: Study) -> Grid:
    """Return label, unit and definition of each factor's outcome, in the order of the rubric."""
    known = {o.factor: o for o in (study.outcome(name) for name in study.outcomes()) if o.headline}
    rows = [
        (
            FACTOR_NAMES[factor],
            known[factor].label,
            wording.unit(known[factor]),
            _BETTER[known[factor].direction],
            wording.bound(known[factor]),
            known[factor].definition,
        )
        for factor in FACTOR_NAMES
        if factor in known
    ]
    head = ("Factor", "Outcome", "Unit", "For the goal", "No material change within", "Definition")
    return Grid(head, tuple(rows), names=1)


def channels(study: Study) -> str:
    """Return one line on the channels of use and the mix that adds them up under the reference."""
    weights = {name: _value(reference(study), f"mix_{name}") for name in CHANNELS}
    named = [
        f"{name} ({wording.percent(weight / sum(weights.values()), 0)})"
        for name, weight in weights.items()
    ]
    return (
        "AI is used through five channels; the mix of channels weighs them: "
        f"{wording.listing(named)}."
    )
