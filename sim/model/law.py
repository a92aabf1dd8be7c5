"""The law: what policies write and agents read.

Each month starts from the default law. Policies in force *write*; a write names a field, where, and a value. How the
writes of a field combine is fixed here and always commutative; writes are applied in one canonical order, so the
result is the same to the last bit whatever the order of the policies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import exp
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim import data
from sim.model.mandates import ModifierDuty, Programme, Safeguard, Trigger
from sim.vocabulary import CHANNELS, CN, MODES, ORIGINS, OTHER, PAYERS, US

if TYPE_CHECKING:
    from sim.model.parameters import ParameterValues
    from sim.model.randomness import Streams


class Field(NamedTuple):
    """One field of the law: its axes, default, how writes combine, unit and meaning.

    Rules that reach users, malicious actors and learners by way of a lab's releases have the axis *class*: labs that a
    law treats alike (see :class:`Law`). Rules for labs themselves have the axis *lab*, and *student* for who learns.
    """

    axes: tuple[str, ...]
    default: float
    combine: str
    unit: str
    meaning: str


FIELDS: dict[str, Field] = {
    "access": Field(("country", "class", "channel"), 1.0, "multiply", "0-1", "graded access to a lab's services"),
    "friction": Field(
        ("country", "class", "channel", "mode"), 0.0, "add", "utils", "burden on users of a lab's releases"
    ),
    "denial": Field(("country", "class", "channel", "mode"), 0.0, "add", "utils", "barrier that a mirror relieves"),
    "use_ban": Field(("country", "origin", "channel"), 0.0, "max", "0-1", "probability that an adopter is banned"),
    "listed_until": Field(
        ("country", "origin", "channel"), 0.0, "max", "month", "releases before this month are on the list of a ban"
    ),
    "controlled": Field(("class",), 0.0, "max", "0-1", "share of open weights that may not be published freely"),
    "containment": Field(("class",), 0.0, "max", "0-1", "share of controlled releases that never leak"),
    "opening_cost": Field(("lab",), 0.0, "add", "utils", "cost and liability of an open release to a lab"),
    "compliance_cost": Field(("lab",), 0.0, "add", "USD a year", "cost of compliance to a lab"),
    "price_factor": Field(("country", "origin"), 1.0, "multiply", "factor", "factor on service prices"),
    "lock_in": Field(("country", "origin", "channel"), 0.0, "add", "utils", "cost of leaving a family of an origin"),
    "uptake": Field(("country",), 0.0, "add", "logit", "rise of the ceiling of AI use"),
    "disclosure": Field(("lab",), 1.0, "multiply", "factor", "factor on data and code published with open weights"),
    "stringency": Field((), 0.0, "max", "0-1", "chip export control on China"),
    "smuggling": Field((), 1.0, "multiply", "factor", "factor on the smuggled share of chips"),
    "distillation_barrier": Field(
        ("student", "class"), 1.0, "multiply", "factor", "factor on a lab's learning from another lab's services"
    ),
    "chip_support": Field((), 1.0, "multiply", "factor a year", "factor on growth of chips made in China"),
    "gate_pass": Field(("class",), 1.0, "multiply", "factor", "factor on malicious actors passing checks of gates"),
    "gate_leak": Field(("class",), 1.0, "multiply", "factor", "factor on the hazard that gated weights leak"),
    "account_pass": Field(
        ("country", "class"), 1.0, "multiply", "factor", "factor on success of jailbreaks: accounts that pass checks"
    ),
    "takedown": Field((), 0.0, "max", "a month", "share of malicious derivatives on hubs that is taken down"),
    "remirroring": Field((), 0.0, "max", "0-1", "share of what hubs take down that appears on mirrors"),
    "scan": Field((), 0.0, "max", "0-1", "share of files on hubs that is scanned"),
    "reporting": Field((), 1.0, "multiply", "factor", "factor on incident reporting and sharing"),
    "defence": Field((), 0.0, "add", "a year", "funded growth of defence"),
    "alarm": Field(
        ("country", "class", "mode"), 0.0, "add", "events a month", "refusals, cut-offs and failed checks per adopter"
    ),
    "assessments": Field((), 0.0, "list", "", "release assessments in force"),
    "compute_duties": Field((), 0.0, "list", "", "duties for releases above a size of training run"),
    "modifier_duties": Field((), 0.0, "list", "", "duties of those who modify releases above a size of training run"),
    "audits": Field((), 0.0, "list", "", "audit programmes in force"),
    "safeguards": Field((), 0.0, "list", "", "safeguards that open releases must carry"),
    "programmes": Field((), 0.0, "list", "", "public programmes that train open models"),
    "triggers": Field((), 0.0, "list", "", "indicators watched and policies they switch"),
}

_COMBINE: dict[str, Callable[[Any, Any], Any]] = {"add": np.add, "multiply": np.multiply, "max": np.maximum}


@dataclass(frozen=True, slots=True)
class Assessment:
    """A risk assessment that some labs owe before an open release (paper policy P2)."""

    labs: tuple[int, ...]
    floor: float
    reference: str
    delta: float
    margin: float
    domains: tuple[str, ...]
    accuracy: float
    delay: int
    cost: float
    modes: tuple[int, ...]
    strength: float
    reasons: bool = True


@dataclass(frozen=True, slots=True)
class ComputeDuty:
    """What some labs owe for releases trained with at least so much compute: registration, licence, documents.

    Attributes
    ----------
    floor : float
        Training compute from which the duty holds, log10 FLOP.
    exempt_modes, exempt_below : tuple of int and float
        Release modes that are free of it, up to this training compute (log10 FLOP).
    monetised_exempt : bool
        Whether a release that earns money for its lab is free of it as well.
    cost : float
        USD per release.
    burden, liability : float
        Utils to the lab of a release that is bound, and further ones if it is open.
    delay, refusal : int and float
        Months that a licence to open takes, and the probability that it is refused.
    documents : bool
        Whether documentation is published.
    """

    labs: tuple[int, ...]
    floor: float
    exempt_modes: tuple[int, ...]
    exempt_below: float
    monetised_exempt: bool
    cost: float
    burden: float
    liability: float
    delay: int
    refusal: float
    documents: bool
    strength: float


@dataclass(frozen=True, slots=True)
class AuditProgramme:
    """Audits of open releases by an auditor (paper policies P3 and P4); users pay ``cost`` USD for each."""

    auditor: str
    countries: tuple[int, ...]
    audits_a_month: float
    priority: str
    power: float
    traceability: float
    false_positive: float
    coverage: float
    public: bool
    update_lag: int
    cost: float


@dataclass(frozen=True, slots=True)
class Write:
    """What one policy wrote: a value into some entries of a field; ``where`` names labs on the axis of classes."""

    by: str
    field: str
    value: Any
    where: tuple[tuple[int, ...] | None, ...]

    def order(self) -> tuple[Any, ...]:
        """Canonical place among the writes of a field, whatever the policies are called."""
        return (tuple(() if w is None else w for w in self.where), repr(self.value))


@dataclass(slots=True)
class Terrain:
    """The indices that a law speaks of, and what it knows of them.

    Countries: code, bloc, alignment, millions of people, GDP (billion USD), member of the EU. Labs: slug, origin, home
    country, fringe. ``defaults`` are shared by all laws and may not be written into. Without a write to single labs the
    classes of a law are the origins: ``classes`` (class of each lab, origin of each class) and ``defaults`` hold these.
    """

    countries: tuple[str, ...]
    blocs: tuple[str, ...]
    alignment: tuple[float, ...]
    people_m: tuple[float, ...]
    gdp: tuple[float, ...]
    eu: tuple[bool, ...]
    labs: tuple[str, ...]
    lab_origins: tuple[int, ...]
    lab_homes: tuple[int, ...]
    fringe: tuple[bool, ...]
    access: np.ndarray
    sizes: dict[str, int] = field(init=False)
    classes: tuple[np.ndarray, np.ndarray] = field(init=False)
    defaults: dict[str, np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        self.sizes = {
            "country": len(self.countries),
            "origin": len(ORIGINS),
            "class": len(ORIGINS),
            "channel": len(CHANNELS),
            "mode": len(MODES),
            "lab": len(self.labs),
            "student": len(self.labs),
        }
        self.classes = np.array(self.lab_origins, np.int64), np.arange(len(ORIGINS))
        shapes = {name: tuple(self.sizes[axis] for axis in spec.axes) for name, spec in FIELDS.items() if spec.axes}
        self.defaults = {name: np.full(shape, FIELDS[name].default) for name, shape in shapes.items()}
        self.defaults["access"] = self.access.copy()
        for default in self.defaults.values():
            default.flags.writeable = False

    def country_indices(self, codes: Sequence[str]) -> tuple[int, ...]:
        """Indices of country codes, ascending."""
        wanted = set(codes)
        return tuple(i for i, code in enumerate(self.countries) if code in wanted)

    def bound_labs(self, allied_coverage: float = 0.0) -> tuple[int, ...]:
        """US firms and, in order of their home's alignment, the share of other non-Chinese firms that join.

        Fringe labs release at an outside rate and owe nothing themselves; their users do (see :meth:`covered_labs`).
        """
        us = [i for i, o in enumerate(self.lab_origins) if o == US and not self.fringe[i]]
        allies = sorted(
            (i for i, o in enumerate(self.lab_origins) if o == OTHER),
            key=lambda i: (-self.alignment[self.lab_homes[i]], i),
        )
        return tuple(sorted(us + allies[: round(allied_coverage * len(allies))]))

    def covered_labs(self, allied_coverage: float = 0.0) -> tuple[int, ...]:
        """Labs whose users a rule binds: those bound themselves, and the US fringe."""
        fringe = (i for i in self.labs_of(US) if self.fringe[i])
        return tuple(sorted((*self.bound_labs(allied_coverage), *fringe)))

    def labs_of(self, *origins: int) -> tuple[int, ...]:
        """All labs of some origins, fringe labs too."""
        return tuple(i for i, o in enumerate(self.lab_origins) if o in origins)

    def firms(self, *origins: int) -> tuple[int, ...]:
        """Labs that are no fringe, of some origins or of all."""
        kept = origins or (US, CN, OTHER)
        return tuple(i for i, o in enumerate(self.lab_origins) if o in kept and not self.fringe[i])

    def bound_countries(self, allied_coverage: float = 0.0) -> tuple[int, ...]:
        """The US and, in order of alignment, the share of US-aligned countries that join."""
        us = [i for i, bloc in enumerate(self.blocs) if bloc == "US"]
        allies = sorted(
            (i for i, b in enumerate(self.blocs) if b == "us_aligned"), key=lambda i: (-self.alignment[i], i)
        )
        return tuple(sorted(us + allies[: round(allied_coverage * len(allies))]))

    def economy(self, countries: Sequence[int]) -> float:
        """GDP of some countries as a multiple of that of the US."""
        home = sum(gdp for gdp, bloc in zip(self.gdp, self.blocs, strict=True) if bloc == "US")
        return sum(self.gdp[i] for i in countries) / home


def survey(p: ParameterValues) -> Terrain:
    """Return the terrain that the tables describe under some parameters (`sim.model.parameters.values`)."""
    countries, labs = data.countries(), data.labs()
    places = {country.code: i for i, country in enumerate(countries)}
    access = np.ones((len(countries), len(ORIGINS), len(CHANNELS)))
    for i, country in enumerate(countries):
        if country.bloc == "CN":
            access[i, US] = exp(p.access_us_in_china)
        elif country.bloc == "restricted":
            access[i, US] = exp(p.access_restricted)
    return Terrain(
        tuple(country.code for country in countries),
        tuple(country.bloc for country in countries),
        tuple(country.alignment for country in countries),
        tuple(country.people_m for country in countries),
        tuple(country.gdp_usd_bn for country in countries),
        tuple(country.eu for country in countries),
        tuple(lab.slug for lab in labs),
        tuple(ORIGINS.index(lab.origin) for lab in labs),
        tuple(places[lab.home] for lab in labs),
        tuple(lab.kind == "fringe" for lab in labs),
        access,
    )


class Law:
    """One month's law. Fields are attributes: arrays over their axes, floats, or tuples of records (see FIELDS).

    A field that nobody wrote is the terrain's default itself: laws are read and not written into.

    Attributes
    ----------
    class_of : int array (lab,)
        Class of a lab. Labs are in one class if they are of one origin and in the same writes; most laws have three
        classes, the origins in their order. Tables for users are so no wider than the law is detailed.
    class_origin : int array (class,)
        Origin of a class. Classes stand in the order of their origin, then of the writes that name them.
    """

    access: np.ndarray
    friction: np.ndarray
    denial: np.ndarray
    use_ban: np.ndarray
    listed_until: np.ndarray
    controlled: np.ndarray
    containment: np.ndarray
    opening_cost: np.ndarray
    compliance_cost: np.ndarray
    price_factor: np.ndarray
    disclosure: np.ndarray
    gate_pass: np.ndarray
    gate_leak: np.ndarray
    account_pass: np.ndarray
    distillation_barrier: np.ndarray
    alarm: np.ndarray
    lock_in: np.ndarray
    uptake: np.ndarray
    takedown: float
    remirroring: float
    scan: float
    stringency: float
    smuggling: float
    chip_support: float
    reporting: float
    defence: float
    assessments: tuple[Assessment, ...]
    compute_duties: tuple[ComputeDuty, ...]
    modifier_duties: tuple[ModifierDuty, ...]
    audits: tuple[AuditProgramme, ...]
    safeguards: tuple[Safeguard, ...]
    programmes: tuple[Programme, ...]
    triggers: tuple[Trigger, ...]

    def __init__(self, terrain: Terrain, streams: Streams | None = None) -> None:
        self.terrain, self.streams = terrain, streams
        self.writes: list[Write] = []
        self.expenses: list[tuple[str, float, str]] = []
        self.class_of, self.class_origin = terrain.classes

    def write(
        self,
        by: str,
        name: str,
        value: Any,
        *,
        countries: Sequence[int] | None = None,
        origins: Sequence[int] | None = None,
        channels: Sequence[int] | None = None,
        modes: Sequence[int] | None = None,
        labs: Sequence[int] | None = None,
        students: Sequence[int] | None = None,
    ) -> None:
        """Record a write of policy ``by``; None on an axis means all of it.

        Parameters
        ----------
        labs, origins
            Whose releases are meant: labs, or in short all labs of some origins.
        students
            Labs that learn from them.

        Raises
        ------
        KeyError
            If the field does not exist or has no such axis.
        ValueError
            If labs are given twice.
        """
        axes = FIELDS[name].axes
        makers = "class" if "class" in axes else "lab"
        if makers == "class" and origins is not None:
            if labs is not None:
                raise ValueError(f"the law's field {name!r} takes labs or origins, not both")
            labs, origins = self.terrain.labs_of(*origins), None
        given = {"country": countries, "origin": origins, "channel": channels, "mode": modes}
        given |= {makers: labs, "student": students}
        wrong = [axis for axis, entries in given.items() if entries is not None and axis not in axes]
        if wrong:
            raise KeyError(f"the law's field {name!r} has no axis {wrong[0]!r}")
        where = tuple(None if given[axis] is None else tuple(given[axis]) for axis in axes)  # type: ignore[arg-type]
        self.writes.append(Write(by, name, value, where))

    def spend(self, by: str, payer: str, usd_a_year: float) -> None:
        """Enter in the ledger what policy ``by`` costs ``payer``, one of ``PAYERS``."""
        self.expenses.append((payer, usd_a_year, by))

    def settle(self) -> Law:
        """Combine all writes into the fields."""
        self._costs = dict.fromkeys(PAYERS, 0.0)
        for payer, usd, _ in sorted(self.expenses):
            self._costs[payer] += usd
        self._classify()
        written: dict[str, list[Write]] = {name: [] for name in FIELDS}
        for write in self.writes:
            written[write.field].append(write)
        for name, spec in FIELDS.items():
            setattr(self, name, self._combine(spec, name, _in_order(written[name])))
        return self

    def _classify(self) -> None:
        """Sort labs into the classes that the writes tell apart."""
        named = sorted({labs for write in self.writes if (labs := _labs_named(write)) is not None})
        origins = self.terrain.lab_origins
        keys = [(origin, *(lab in labs for labs in named)) for lab, origin in enumerate(origins)]
        classes = sorted(set(keys))
        if len(classes) > len(set(origins)):
            self.class_of = np.array([classes.index(key) for key in keys])
            self.class_origin = np.array([key[0] for key in classes])

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every axis."""
        return {**self.terrain.sizes, "class": len(self.class_origin)}

    def reach(self, write: Write) -> tuple[Sequence[int], ...]:
        """Entries of each axis that a write reaches."""
        places: list[Sequence[int]] = []
        sizes, class_of = self.sizes, self.class_of.tolist()
        for axis, entries in zip(FIELDS[write.field].axes, write.where, strict=True):
            if entries is None:
                places.append(range(sizes[axis]))
            else:
                places.append(sorted({class_of[i] for i in entries}) if axis == "class" else entries)
        return tuple(places)

    def explain(self, name: str) -> list[tuple[Write | None, Any]]:
        """How a field came about: its default, under None, then its value after each write, in canonical order."""
        writes = self._ordered(name)
        return [(w, self._combine(FIELDS[name], name, writes[:n])) for n, w in enumerate([None, *writes])]

    def _ordered(self, name: str) -> list[Write]:
        return _in_order([w for w in self.writes if w.field == name])

    def _combine(self, spec: Field, name: str, writes: list[Write]) -> Any:
        if spec.combine == "list":
            return tuple(w.value for w in writes)
        combine = _COMBINE[spec.combine]
        if not spec.axes:
            value = spec.default
            for w in writes:
                value = float(combine(value, w.value))
            return value
        array = self.terrain.defaults[name]
        if "class" in spec.axes and self.class_origin is not self.terrain.classes[1]:
            array = array.take(self.class_origin, axis=spec.axes.index("class"))
        if writes:
            array = array.copy()
        for w in writes:
            index = np.ix_(*self.reach(w))
            array[index] = combine(array[index], w.value)
        return array

    def ledger(self, payer: str) -> float:
        """What all policies cost one payer, USD a year."""
        return self._costs[payer]


def _labs_named(write: Write) -> tuple[int, ...] | None:
    """Labs that a write names on the axis of classes; None for all, or if it has none."""
    axes = FIELDS[write.field].axes
    return write.where[axes.index("class")] if "class" in axes else None


def _in_order(writes: list[Write]) -> list[Write]:
    """Writes of a field in canonical order."""
    return sorted(writes, key=Write.order) if len(writes) > 1 else writes


def statute(terrain: Terrain, policies: Sequence[Any], month: int, streams: Streams | None = None) -> Law:
    """The law of one month: every policy in force writes, then the writes combine.

    Parameters
    ----------
    policies : sequence of (name, policy)
    month : int
        0 is January 2023.
    streams : Streams, optional
        Draws what happens to policies: rulings of courts, cut-offs, sanctions. Without it none of that happens.
    """
    return enact(terrain, [(name, policy, policy.force(month, streams)) for name, policy in policies], month, streams)


def enact(terrain: Terrain, bills: Sequence[Any], month: int, streams: Streams | None = None) -> Law:
    """The law of one month that policies of given strengths write: bills are (name, policy, strength)."""
    law = Law(terrain, streams)
    for name, policy, strength in bills:
        if strength > 0.0:
            policy.write(law, name, strength, month)
    return law.settle()
