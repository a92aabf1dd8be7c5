"""The law: what policies write and agents read.

Each month starts from the default law. Policies in force *write*; a write names a field, where, and
a value. How the writes of a field combine is fixed here and always commutative; writes are applied
in one canonical order, so the result is the same to the last bit whatever the order of the
policies.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.messages import ScenarioError, nearest, one_of
from sim.model.duties import (
    Assessment,
    AuditProgramme,
    ComputeDuty,
    MarketDuty,
    ModifierDuty,
    Opening,
    Programme,
    Safeguard,
    Trigger,
)
from sim.model.law_fields import FIELDS, Field
from sim.vocabulary import PAYERS

if TYPE_CHECKING:
    from sim.model.jurisdictions import Jurisdictions
    from sim.model.randomness import Streams


LAWS_KEPT = 128
"""Laws that are kept for other replications, each of up to 1.2 MB, most of it where it bans use; a
scenario has 20 to 50."""
_COMBINE: dict[str, Callable[[Any, Any], Any]] = {
    "add": np.add,
    "multiply": np.multiply,
    "max": np.maximum,
}


@dataclass(frozen=True, slots=True)
class Write:
    """What one policy wrote: a value into some entries of a field.

    ``where`` names labs on the axis of classes.
    """

    by: str
    field: str
    value: Any
    where: tuple[tuple[int, ...] | None, ...]

    def order(self) -> tuple[Any, ...]:
        """Canonical place among the writes of a field, whatever the policies are called."""
        return (tuple(() if w is None else w for w in self.where), repr(self.value))


@lru_cache(maxsize=8)
def defaults(jurisdictions: Jurisdictions) -> dict[str, np.ndarray]:
    """Fields with axes that nobody wrote.

    All laws of the same jurisdictions share them; they are read-only.
    """
    sizes = jurisdictions.sizes
    shapes = {
        name: tuple(sizes[axis] for axis in spec.axes) for name, spec in FIELDS.items() if spec.axes
    }
    fields = {name: np.full(shape, FIELDS[name].default) for name, shape in shapes.items()}
    for default in fields.values():
        default.flags.writeable = False
    return fields


class Law:
    """One month's law.

    Fields are attributes: arrays over their axes, floats, or tuples of records (see FIELDS). A
    field that nobody wrote is the default itself (see :func:`defaults`): laws are read and not
    written into.

    Attributes
    ----------
    class_of : int array (lab,)
        Class of a lab. Labs are in one class if they are of one origin and in the same writes; most
        laws have three classes, the origins in their order. Tables for users are so no wider than
        the law is detailed.
    class_origin : int array (class,)
        Origin of a class. Classes stand in the order of their origin, then of the writes that name
        them.
    banned : int array, in ascending order
        Cells (country * channels + channel) of adopters in which any use is banned, worked out
        when the writes are combined.
    states : dict
        State of each policy in force by its name, as its ``state_key`` gave it: what was drawn for
        it, such as a cut-off that is on.
    """

    access: np.ndarray
    friction: np.ndarray
    denial: np.ndarray
    use_ban: np.ndarray
    listed_until: np.ndarray
    controlled: np.ndarray
    containment: np.ndarray
    opening_cost: np.ndarray
    open_stop: np.ndarray
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
    entity_listing: np.ndarray
    remote_access: np.ndarray
    smuggling: float
    import_refusal: float
    chip_support: float
    reporting: float
    defence: float
    assessments: tuple[Assessment, ...]
    compute_duties: tuple[ComputeDuty, ...]
    market_duties: tuple[MarketDuty, ...]
    modifier_duties: tuple[ModifierDuty, ...]
    audits: tuple[AuditProgramme, ...]
    safeguards: tuple[Safeguard, ...]
    openings: tuple[Opening, ...]
    programmes: tuple[Programme, ...]
    triggers: tuple[Trigger, ...]

    def __init__(self, jurisdictions: Jurisdictions) -> None:
        self.jurisdictions = jurisdictions
        self.states: dict[str, Hashable] = {}
        self.writes: list[Write] = []
        self.expenses: list[tuple[str, float, str]] = []
        self.class_of, self.class_origin = jurisdictions.classes
        self._defaults = defaults(jurisdictions)

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
        offers: Sequence[int] | None = None,
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

        All of them are indices, such as `Jurisdictions.country_indices` gives.

        Raises
        ------
        ScenarioError
            If the field does not exist or has no such axis, labs are given twice, or an axis has
            what is no index.
        """
        if name not in FIELDS:
            raise _no_write(by, f"{name!r}, which is no field of the law{nearest(name, FIELDS)}")
        axes = FIELDS[name].axes
        makers = "class" if "class" in axes else "lab"
        if makers == "class" and origins is not None:
            if labs is not None:
                raise _no_write(by, f"{name!r} by labs and by origins; it takes one of them")
            labs, origins = self.jurisdictions.labs_of(*origins), None
        given = {"country": countries, "origin": origins, "channel": channels, "mode": modes}
        given |= {"offer": offers, makers: labs, "student": students}
        wrong = [
            axis for axis, entries in given.items() if entries is not None and axis not in axes
        ]
        if wrong:
            one_of = ", ".join(axes) or "none"
            raise _no_write(by, f"{name!r} by {wrong[0]}: it has no such axis; its axes: {one_of}")
        where = tuple(_indices(by, name, axis, given[axis]) for axis in axes)
        self.writes.append(Write(by, name, value, where))

    def spend(self, by: str, payer: str, usd_a_year: float) -> None:
        """Enter in the ledger what policy ``by`` costs ``payer``, one of ``PAYERS``.

        Raises
        ------
        ScenarioError
            If there is no such payer.
        """
        if payer not in PAYERS:
            words = f"its lever charges {payer!r}: must be {one_of(PAYERS)}"
            raise ScenarioError([f"policy {by}: {words}{nearest(payer, PAYERS)}"])
        self.expenses.append((payer, usd_a_year, by))

    def combine(self) -> Law:
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
        self.banned = np.flatnonzero(self.use_ban.any(axis=(1, 3)))
        return self

    def _classify(self) -> None:
        """Sort labs into the classes that the writes tell apart."""
        named = sorted({labs for write in self.writes if (labs := _labs_named(write)) is not None})
        origins = self.jurisdictions.lab_origins
        keys = [(origin, *(lab in labs for labs in named)) for lab, origin in enumerate(origins)]
        classes = sorted(set(keys))
        if len(classes) > len(set(origins)):
            self.class_of = np.array([classes.index(key) for key in keys])
            self.class_origin = np.array([key[0] for key in classes])

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every axis."""
        return {**self.jurisdictions.sizes, "class": len(self.class_origin)}

    def reach(self, write: Write) -> tuple[Sequence[int], ...]:
        """Entries of each axis that a write reaches."""
        places: list[Sequence[int]] = []
        sizes, class_of = self.sizes, self.class_of.tolist()
        for axis, entries in zip(FIELDS[write.field].axes, write.where, strict=True):
            if entries is None:
                places.append(range(sizes[axis]))
            else:
                places.append(
                    sorted({class_of[i] for i in entries}) if axis == "class" else entries
                )
        return tuple(places)

    def explain(self, name: str) -> list[tuple[Write | None, Any]]:
        """How a field came about: its default, under None, then its value after each write.

        Writes stand in canonical order.
        """
        writes = self._ordered(name)
        return [
            (w, self._combine(FIELDS[name], name, writes[:n]))
            for n, w in enumerate([None, *writes])
        ]

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
        array = self._defaults[name]
        if "class" in spec.axes and self.class_origin is not self.jurisdictions.classes[1]:
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


def _indices(
    by: str, name: str, axis: str, entries: Sequence[int] | None
) -> tuple[int, ...] | None:
    """Return the entries of an axis that a write names; None for all of them."""
    if entries is None:
        return None
    try:
        return tuple(map(operator.index, entries))
    except TypeError:
        words = f"{name!r} by {axis} {entries!r}: must be indices, as law.jurisdictions and "
        raise _no_write(by, f"{words}sim/vocabulary.py give them") from None


def _no_write(by: str, words: str) -> ScenarioError:
    """Return the error of a policy whose class writes what the law does not hold."""
    return ScenarioError(
        [f"policy {by}: its lever writes {words} (sim/model/law_fields.py holds the fields)"]
    )


class Terms(NamedTuple):
    """How one policy stands in a month: what the month's law depends on, with the policy itself.

    One that is not in force has no state.
    """

    name: str
    policy: Any
    strength: float
    state: Hashable


def law_of_month(
    jurisdictions: Jurisdictions,
    policies: Sequence[Any],
    month: int,
    streams: Streams | None = None,
) -> Law:
    """The law of one month: every policy in force writes, then the writes combine.

    Parameters
    ----------
    jurisdictions : Jurisdictions
    policies : sequence of (name, policy)
    month : int
        0 is January 2023.
    streams : Streams, optional
        Draws what happens to policies: rulings of courts, cut-offs, sanctions. Without it none of
        that happens.
    """
    return write_law(jurisdictions, terms_of_month(policies, month, streams), month)


def terms_of_month(
    policies: Sequence[Any], month: int, streams: Streams | None = None
) -> tuple[Terms, ...]:
    """How policies stand in a month; arguments as in :func:`law_of_month`."""
    return tuple([terms_of(name, policy, month, streams) for name, policy in policies])


def terms_of(name: str, policy: Any, month: int, streams: Streams | None) -> Terms:
    """How one policy stands in a month."""
    strength = policy.strength_in_force(month, streams)
    return Terms(
        name, policy, strength, policy.state_key(month, streams) if strength > 0.0 else None
    )


def write_law(jurisdictions: Jurisdictions, terms: Iterable[Terms], month: int) -> Law:
    """The law of one month that policies write as they stand; its fields are the caller's to set.

    Parameters
    ----------
    terms : iterable of Terms
    jurisdictions, month
        As in :func:`law_of_month`.
    """
    in_force = tuple(one for one in terms if one.strength > 0.0)
    return copy(_written(jurisdictions, in_force, month))


@lru_cache(maxsize=LAWS_KEPT)
def _written(jurisdictions: Jurisdictions, terms: tuple[Terms, ...], month: int) -> Law:
    """A law follows from its terms alone, so that all replications of a scenario share it."""
    law = Law(jurisdictions)
    for name, policy, strength, state in terms:
        law.states[name] = state
        policy.write(law, name, strength, month)
    return law.combine()
