"""The design of a sweep: which worlds are run, how often, in what chunks, and what is kept.

Three axes stay apart. A *case* is a scenario with values of levers: what somebody decides. A *draw*
holds values of uncertain numbers: what nobody knows; every case meets every draw. A *replication*
is luck. A case under a draw is a design point, and its id is the hash of the resolved scenario. A
run is (design point, draw, replication) under one root seed, and its random numbers depend on the
root seed, the draw's number, the replication and the decision only: cases share them, draws do not.
So neither the order of the runs, nor their number, nor who runs them can change one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.messages import LARGEST_SEED, ScenarioError, shown, whole
from sim.model.parameters import PARAMETERS
from sim.scenario.differences import past_of
from sim.sweep.draws import CERTAIN, Draws
from sim.sweep.runs import MOST_REPLICATIONS, Chunk, Run, RunId
from sim.sweep.share import WHOLE, Share

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

STATED = "as stated"
WITHOUT_ASSUMED = "no assumed responses"
MOST_POINTS = 1_000_000
"""Most cases times draws.

A world takes about a quarter of a kilobyte of the driver and half a millisecond to name.
"""
BLOCK = 8
"""Runs in a full chunk, about: a second or two of work, so that a death costs little."""
MOST_FORKED = 16
"""Cases of one past in a chunk, at most."""

DRAWS, OF_A_QUICK_LOOK = 32, 4
"""Draws of the calibrated ensemble in a comparison unless said otherwise, and in a first look."""
REPLICATIONS, OF_EACH_DRAW = 32, 1
"""Replications unless said otherwise: without uncertain numbers, and of each draw of them.

Each draw has luck of its own, so draws are replications too.
"""

ASSUMED_OFF = {name: 0.0 for name, parameter in PARAMETERS.items() if parameter.assumed}


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario with values of levers.

    Attributes
    ----------
    name : str
        The scenario's name and the lever values that set the case apart: ``p1-blanket
        kyc_friction=0.3``.
    scenario : Scenario
        The validated scenario.
    against : str
        Name of the case it is compared with; its own name if it is a reference.
    variant : str
        `STATED`, or `WITHOUT_ASSUMED` for the twin with all assumed responses at 0.
    levers : dict
        Value of each lever by path; levers that mean nothing to the scenario are left out.
    """

    name: str
    scenario: Scenario
    against: str
    variant: str = STATED
    levers: Mapping[str, Any] = field(default_factory=dict)

    def under(self, draw: Mapping[str, float]) -> Scenario:
        """Return the case's world under a draw.

        Numbers of policies that the scenario lacks are left out.

        Raises
        ------
        ScenarioError
            If the draw holds a value that the scenario may not have.
        """
        off = ASSUMED_OFF if self.variant == WITHOUT_ASSUMED else {}
        if not draw and not off:
            return self.scenario
        parameters, policies = dict(self.scenario.parameters), dict(self.scenario.policy)
        changed: dict[str, dict[str, Any]] = {}
        for path, value in draw.items():
            if not path.startswith("policy."):
                parameters[path] = value
                continue
            _, name, number = path.split(".")
            if name in policies and number in policies[name].lever_fields:
                whole_number = policies[name].lever_fields[number].whole
                if whole_number and not float(value).is_integer():
                    words = f"{path} = {shown(value)}: must be a whole number"
                    raise ScenarioError(
                        [f"case {self.name!r} under the draw {shown(dict(draw))}: {words}"]
                    )
                changed.setdefault(name, {})[number] = int(value) if whole_number else value
        try:
            for name, numbers in changed.items():
                policies[name] = type(policies[name]).model_validate(
                    {**dict(policies[name]), **numbers}
                )
            fields = {
                name: getattr(self.scenario, name) for name in type(self.scenario).model_fields
            }
            return type(self.scenario).model_validate(
                {**fields, "parameters": parameters | off, "policy": policies}
            )
        except ValidationError as error:
            reason = "; ".join(str(problem["msg"]) for problem in error.errors())
            raise ScenarioError(
                [f"case {self.name!r} under the draw {shown(dict(draw))}: {reason}"]
            ) from None


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept of each run.

    Attributes
    ----------
    outcomes : tuple of str or None
        Names of the monthly series; None for all.
    months : "all", "year-ends" or tuple of str
        Months of the series.
    countries : "none", "last", "year-ends" or "half-years"
        When use and its origins are kept by country and channel.
    families : bool
        Whether each family's share is kept beside them.
    """

    outcomes: tuple[str, ...] | None = None
    months: str | tuple[str, ...] = "all"
    countries: str = "last"
    families: bool = False

    def table(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    def chosen(self, months: Sequence[str]) -> list[int]:
        """Return the positions of the months to keep among all months of a run."""
        last = len(months) - 1
        if self.months == "all":
            return list(range(last + 1))
        if self.months == "year-ends":
            return [i for i, month in enumerate(months) if month.endswith("-12") or i == last]
        return [i for i, month in enumerate(months) if month in self.months]


@dataclass(frozen=True)
class Design:
    """The worlds of a sweep.

    Attributes
    ----------
    cases : tuple of Case
        The first is the reference. Two cases that hold the same world under a draw share its runs.
    replications : int
        Runs of each case under each draw, with the same random numbers across cases.
    seed : int
        Root seed, 0 to 2**63 - 1.
    draws : Draws
        Values of uncertain numbers; may be given as mappings.
    keep : Keep
        What is kept of each run.
    name, question : str
        For people.
    """

    cases: tuple[Case, ...]
    replications: int
    seed: int = 0
    draws: Draws = CERTAIN
    keep: Keep = Keep()
    name: str = ""
    question: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "draws", Draws.of(self.draws))
        problems = [] if self.cases else ["a design needs at least one case"]
        for name, least, most in (
            ("replications", 1, MOST_REPLICATIONS),
            ("seed", 0, LARGEST_SEED),
        ):
            try:
                object.__setattr__(self, name, whole(name, getattr(self, name), least, most))
            except ValueError as error:
                problems.append(str(error))
        if len(self.cases) * len(self.draws) > MOST_POINTS:
            size = f"{len(self.cases)} cases x {len(self.draws)} draws"
            problems.append(f"{size} are more than {MOST_POINTS} worlds; split the experiment")
        problems.extend(_incomparable(self.cases))
        if problems:
            raise ScenarioError(problems)

    @classmethod
    def of(
        cls,
        scenarios: Sequence[Scenario],
        replications: int,
        seed: int,
        *,
        also_without_assumed: bool,
    ) -> Design:
        """Return the design of a comparison of scenarios, the reference first.

        With `also_without_assumed` each scenario, the reference included, has a twin with all
        assumed responses at 0.

        Raises
        ------
        ScenarioError
            If they cannot be compared: equal names, other horizons.
        """
        cases = tuple(Case(scenario.name, scenario, scenarios[0].name) for scenario in scenarios)
        return cls(with_twins(cases) if also_without_assumed else cases, replications, seed)

    @cached_property
    def points(self) -> list[list[str]]:
        """Ids of the design points: one list for each case, draws in order.

        A design that is read from a folder has them from there.
        """
        return [[case.under(draw).id for draw in self.draws] for case in self.cases]

    @cached_property
    def owners(self) -> dict[tuple[str, int], int]:
        """First case of each different world: of a design point under a draw."""
        found: dict[tuple[str, int], int] = {}
        for case, ids in enumerate(self.points):
            for draw, point in enumerate(ids):
                found.setdefault((point, draw), case)
        return found

    @property
    def pairs(self) -> int:
        """Number of (draw, replication) pairs: runs of each case."""
        return len(self.draws) * self.replications

    @property
    def runs(self) -> int:
        """Number of different runs."""
        return len(self.owners) * self.replications

    def asks_for(self, run: RunId) -> bool:
        """Return whether a run is one of the design's."""
        return run[:2] in self.owners and 0 <= run.replication < self.replications

    def run(self, run: RunId) -> Run:
        """Return a run of the design with its world.

        Raises
        ------
        KeyError
            If no case has that design point under that draw.
        """
        case = self.cases[self.owners[run[:2]]]
        return Run(run, case.name, case.under(self.draws[run.draw]))

    def chunks(
        self,
        finished: Container[RunId] = (),
        share: Share = WHOLE,
        block: int = BLOCK,
    ) -> Iterator[Chunk]:
        """Yield the runs that are not finished, in chunks.

        Every case meets the first block of (draw, replication) pairs, then the next, replications
        varying slowest: a sweep stopped half-way has the same pairs of every case, and all draws
        once before any of them twice. Cases that share a past meet in one chunk, so that the past
        of a pair is made once. A chunk's number is its place in the plan, whatever is finished, so
        that it is in the same share each time.

        Parameters
        ----------
        finished
            Runs to leave out.
        share
            The chunks meant.
        block
            Runs in a full chunk, about.
        """
        for number, cases, pairs in self._blocks(share, block):
            worlds: dict[tuple[int, int], Scenario] = {}
            runs = []
            for i, run in self._different(cases, pairs):
                if run not in finished:
                    if (i, run.draw) not in worlds:
                        worlds[i, run.draw] = self.cases[i].under(self.draws[run.draw])
                    runs.append(Run(run, self.cases[i].name, worlds[i, run.draw]))
            if runs:
                yield Chunk(number, tuple(runs))

    def asked(self, share: Share = WHOLE) -> Iterator[RunId]:
        """Yield each run of a share."""
        for _, cases, pairs in self._blocks(share):
            for _, run in self._different(cases, pairs):
                yield run

    def _blocks(self, share: Share, block: int = BLOCK) -> Iterator[tuple[int, list[int], range]]:
        """Yield the chunks of a share: number, cases and (draw, replication) pairs."""
        number, together = 0, list(self._of_one_past())
        for first in range(0, self.pairs, BLOCK):
            last = min(first + BLOCK, self.pairs)
            for cases in together:
                pairs = max(1, round(block / len(cases)))
                for start in range(first, last, pairs):
                    if share.holds(number):
                        yield number, cases, range(start, min(start + pairs, last))
                    number += 1

    def _of_one_past(self) -> Iterator[list[int]]:
        """Yield the cases whose worlds start alike and end together, a chunk's worth at a time."""
        alike = defaultdict(list)
        for number, case in enumerate(self.cases):
            start = past_of(case.under(self.draws[0]))
            alike[start, case.scenario.horizon.end].append(number)
        for numbers in alike.values():
            for first in range(0, len(numbers), MOST_FORKED):
                yield numbers[first : first + MOST_FORKED]

    def _different(self, cases: Sequence[int], pairs: range) -> Iterator[tuple[int, RunId]]:
        """Yield case and run for some cases and pairs.

        Cases that hold the same world under a draw give it once.
        """
        for pair in pairs:
            replication, draw = divmod(pair, len(self.draws))
            for i in cases:
                point = self.points[i][draw]
                if self.owners[point, draw] == i:
                    yield i, RunId(point, draw, replication)


def _incomparable(cases: Sequence[Case]) -> Iterator[str]:
    """Yield names that occur twice, and cases whose reference is missing or has another horizon."""
    names = sorted((case.name, case.variant) for case in cases)
    twice = dict.fromkeys(
        name for (name, variant), other in pairwise(names) if (name, variant) == other
    )
    yield from (
        f"scenario {name!r} occurs twice; save one of them as a file with another name"
        for name in twice
    )
    known = {case.name: case.scenario for case in cases}
    for case in cases:
        reference = known.get(case.against)
        if reference is None:
            yield (
                f"scenario {case.name!r} is compared with {case.against!r}, "
                "which is not in the design"
            )
        elif case.scenario.horizon != reference.horizon and case.variant == STATED:
            yield (
                f"scenario {case.name!r} ends {case.scenario.horizon.end}, {case.against!r} ends "
                f"{reference.horizon.end}; only equal horizons can be compared"
            )


def with_twins(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Return cases, and after them each once more with every assumed response at 0."""
    return (*cases, *(replace(case, variant=WITHOUT_ASSUMED) for case in cases))
