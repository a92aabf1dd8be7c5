"""The world: a mesa.Model whose month is a printable list of phases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from sim import data
from sim.messages import whole
from sim.model.agents.adopters import Adopters
from sim.model.agents.auditor import Assessor, Auditor
from sim.model.agents.country import Country
from sim.model.agents.government import Government
from sim.model.agents.lab import Lab
from sim.model.agents.malicious import Actors, Scene, recruit
from sim.model.catalogue import Catalogue
from sim.model.chips import Chips
from sim.model.compliance import Compliance
from sim.model.eu_market import EuMarket
from sim.model.frontier import Frontier, Ideas
from sim.model.hubs import Hub
from sim.model.jurisdictions import Jurisdictions
from sim.model.kernels.market import N_CHANNELS, Market
from sim.model.kernels.shares import Tally
from sim.model.law import Law
from sim.model.law_tables import LawTables
from sim.model.observation import REPORTERS
from sim.model.outcomes import OUTCOMES
from sim.model.parameters import by_channel, values
from sim.model.phases import PHASES, keep_families
from sim.model.randomness import Streams, root_seed
from sim.model.records import Derivatives, History, Ledger, MonthCounts, Series
from sim.model.releases import BEFORE, Releases
from sim.model.safeguards import Safeguards
from sim.model.schedule import PolicySchedule
from sim.model.trust import Trust
from sim.model.uptake import HALF_YEAR, Curve, use_by_country, use_ceiling
from sim.months import month_name
from sim.scenario.scenario import given
from sim.vocabulary import ABROAD, AREAS_OF_REGION, DEVELOPER, ORIGINS, SUPPLIERS, UNAUDITED

if TYPE_CHECKING:
    from sim.policies.base import Policy
    from sim.scenario.scenario import Scenario

RNGLike = (
    int | np.integer | np.random.Generator | np.random.BitGenerator | np.random.SeedSequence | None
)
HANDOVER = 30


class World(mesa.Model):
    """One world under one scenario.

    Parameters
    ----------
    scenario : str or Scenario
        Name of a shipped scenario, path of a scenario file, or a Scenario.
    rng : int, numpy Generator, BitGenerator or SeedSequence, or None
        Root seed, or what one is drawn from, as in Mesa: a generator goes on, so that it gives the
        next world another seed; None draws afresh. `World.seed` says which seed was taken.
    seed : same as rng
        Mesa's other name of it; one of the two may be given.
    replication : int
        Number of the replication; with the seed it keys every random stream.
    threads : int
        Threads for the adopters' review, used from 100,000 adopters.

    Raises
    ------
    ScenarioError
        If the scenario cannot be used.
    TypeError
        If it is neither a name, a path nor a Scenario.
    ValueError
        If a number cannot be used.

    Attributes
    ----------
    scenario : Scenario
    p : namespace of float
        Values of the parameters by name.
    streams : Streams
        Random draws, one stream per decision.
    threads, months, handover : int
        Threads; months of the horizon; first month whose releases are generated.
    month : int
        0 is January 2023, -1 before it.
    mix : array (channel,)
        Weights of the mix of channels, summing to 1.
    countries : tuple of data.Country
        Rows of the table, in the order of every array over countries.
    jurisdictions : Jurisdictions
        The same countries and labs as a law sees them.
    labs, country_agents, malicious, auditors : sequences of agents
        In the order of every array over them.
    slugs : dict of str to int
        Place of each lab by its slug.
    governments : tuple of Government
        The US, China, the EU.
    assessor : Assessor
        Who judges whether a release would be hazardous.
    adopters : Adopters
        The panel, and the market that it chooses from.
    actors : Actors
        Malicious actors as arrays.
    family_origin : float32 array (origin, family)
        1 where a family is of an origin.
    schedule : PolicySchedule
        Policies as they stand.
    law, tables : Law and LawTables
        The month's law, and what phases read of it.
    backfire : float, utils
        What control steps since the handover add to Chinese labs' leaning to open releases.
    catalogue, releases, safeguards : Catalogue, Releases and Safeguards
        All releases, what is to happen to them, and what they carry.
    frontier, ideas : Frontier and Ideas
        Best releases so far, and best efficiency known in public.
    chips : Chips
        Stocks, and the largest training run.
    use : array (country, channel)
        Share that uses AI, of people or of what the channel can take up.
    world_use : float
        Share of the world's people who use AI.
    tally : Tally
        Shares of use after the month's reviews.
    use_of_releases : array (release,)
        Share of the world's use, mix of channels, as of the month's reviews.
    derivatives : Derivatives
        What developers build on open weights.
    hub : Hub
        Derivatives without safeguards.
    trust : Trust
        Of countries in the supply and the security of each origin.
    people_abroad : array (country,)
        Millions aged 15-64 outside the US and China, 0 inside.
    scene : Scene
        What malicious actors faced and did this month; from the first month on.
    defence : float
        Stock of defence against misuse.
    counts : MonthCounts
        Findings of audits, loss in crises, and sources of ideas this month.
    ledger : Ledger
        One-off costs of the law, and what use earns.
    eu_market : EuMarket
        What labs earn and owe in the EU, and whose services have left it.
    history : History
        Outcomes so far.

    Examples
    --------
    >>> World("status-quo", rng=1).run().values.shape[0]
    96
    """

    phases: tuple[Callable[[World], None], ...] = PHASES
    # Hides Mesa's property of this name (from 3.5 on), through which Mesa sets a scenario of its
    # own kind.
    scenario: Scenario = None  # type: ignore[assignment]

    def __init__(
        self,
        scenario: str | Scenario = "status-quo",
        *,
        rng: RNGLike = None,
        seed: RNGLike = None,
        replication: int = 0,
        threads: int = 1,
    ) -> None:
        root = root_seed(rng, seed)
        super().__init__(rng=root)
        self.scenario = given(scenario)
        self.p = values(self.scenario.parameters)
        self.streams = Streams(root, whole("replication", replication, 0))
        self.threads = whole("threads", threads, 1)
        self.month = -1
        self.months = self.scenario.months
        self.handover = HANDOVER if self.scenario.history == "replay" else 0
        policies = sorted(self.scenario.policy.items())
        compliance = Compliance(self.p) if self.scenario.structure.compliance == "chosen" else None
        self.schedule = PolicySchedule(policies, self.months, self.streams, compliance)
        self.mix = np.array(by_channel(self.p, "mix")) / sum(by_channel(self.p, "mix"))
        self._settle_places()
        self._settle_releases()
        self._settle_agents()
        self._settle_law()
        self._settle_stocks()
        self.releases.replay(BEFORE)
        self.frontier.close_month()
        self.datacollector = mesa.DataCollector(model_reporters=REPORTERS)
        # Mesa keeps a counter of agent ids per model for ever, and with it the model.
        getattr(mesa.Agent, "_ids", {}).pop(self, None)

    # initial state

    def _settle_places(self) -> None:
        """Countries and labs."""
        self.countries = data.countries()
        self.jurisdictions = Jurisdictions.of_tables()
        self.country_agents = [Country(self, i, info) for i, info in enumerate(self.countries)]
        homes = self.jurisdictions.lab_homes
        self.labs = [
            Lab(self, i, info, home)
            for i, (info, home) in enumerate(zip(data.labs(), homes, strict=True))
        ]
        self.slugs = {lab.info.slug: lab.index for lab in self.labs}
        origins = np.array([lab.origin for lab in self.labs])
        self.family_origin = (origins == np.arange(len(ORIGINS))[:, None]).astype(np.float32)

    def _settle_releases(self) -> None:
        """Nothing is out yet; real releases wait to be replayed, those of 2022 at once."""
        self.catalogue = Catalogue(len(self.labs))
        self.frontier, self.ideas, self.safeguards = Frontier(), Ideas(), Safeguards()
        self.releases = Releases(self)

    def _settle_agents(self) -> None:
        """Adopters, malicious actors and institutions."""
        p = self.p
        self.adopters = Adopters(self, self.scenario.adopters)
        self.use = np.full((len(self.countries), N_CHANNELS), p.use_2023)
        self.world_use = p.use_2023
        self.malicious = recruit(self)
        self.actors = Actors(self.malicious)
        self.governments = tuple(Government(self, name) for name in ("US", "CN", "EU"))
        self.assessor = Assessor(self)
        self.auditors = (
            Auditor(self, "public repository", for_government=False),
            Auditor(self, SUPPLIERS, for_government=True),
        )

    def _settle_law(self) -> None:
        """The law of the month before the first."""
        self.law = self.schedule.law(self.jurisdictions, self.month)
        self.tables = LawTables(
            self.law,
            gate_friction=self.p.gate_friction,
            use_ceiling=use_ceiling(self),
            developers=self.adopters.size[:, DEVELOPER],
        )
        self.backfire = 0.0

    def _settle_stocks(self) -> None:
        p, families = self.p, len(self.labs)
        self.chips = Chips(
            {"CN": p.stock_cn_2022, "row": p.stock_row_2022}, p.domestic_2022, p.run_flop_2023
        )
        self.trust = Trust.full(len(self.countries), p.perceived_risk_cn)
        abroad = [c.bloc in AREAS_OF_REGION[ABROAD] for c in self.countries]
        self.people_abroad = self.adopters.own_people * abroad
        self.derivatives, self.hub = Derivatives.none(families), Hub()
        self.defence = 0.0
        self.scene: Scene
        self.tally = Tally.empty(len(self.countries), families)
        self.use_of_releases = np.zeros(0)
        self.counts, self.ledger = MonthCounts(), Ledger()
        self.eu_market = EuMarket.of(self)
        self.history = History([Curve() for _ in self.labs])

    def __repr__(self) -> str:
        run = f"rng={self.seed}, replication={self.streams.replication}"
        return f"<World of {self.scenario.name}: {self.month_text}, {run}>"

    # running

    @property
    def seed(self) -> int:
        """The root seed: given as `rng` it makes this replication of the scenario again."""
        return self.streams.seed

    @property
    def policies(self) -> tuple[tuple[str, Policy], ...]:
        """Policies by name as they stand: what a trigger switched begins or ends in that month."""
        return self.schedule.policies

    @property
    def market(self) -> Market:
        """The alternatives of this month."""
        return self.adopters.market

    @property
    def us_government(self) -> Government:
        """The government that measures releases and watches indicators."""
        return self.governments[0]

    @property
    def observed(self) -> dict[str, float]:
        """Outcomes of this month by name."""
        return dict(zip(OUTCOMES, self.history.readings.tolist(), strict=False))

    @property
    def month_text(self) -> str:
        """Text of the current month."""
        return month_name(self.month)

    def step(self) -> None:
        """One month: every phase in order.

        Raises
        ------
        RuntimeError
            If the horizon has ended.
        """
        if self.month >= self.months - 1:
            raise RuntimeError(
                f"the world has ended: {self.month_text} is the last month of its horizon; "
                "`running` is False from then on, and a later horizon.end makes a longer world"
            )
        self.month += 1
        self.releases.begin_month()
        self.ledger.begin_month(self.month)
        for phase in self.phases:
            phase(self)
        self.datacollector.collect(self)
        self.running = self.month < self.months - 1

    def run(self) -> Series:
        """Run to the end of the horizon."""
        while self.running:
            self.step()
        return self.series()

    def series(self) -> Series:
        """Everything observed so far."""
        past = self.history
        last = len(past.rows) - 1
        months = tuple(month_name(m) for m in range(last + 1))
        moments = (*months[HALF_YEAR - 1 : last : HALF_YEAR], months[last])
        before = len(moments) - 1
        countries = np.stack((*past.half_years[:before], use_by_country(self)))
        families = None
        if keep_families in self.phases:
            families = np.stack((*past.families[:before], self.adopters.family_shares()))
        values, panel = np.stack(past.rows), self.adopters.per_cell()
        return Series(tuple(OUTCOMES), months, values, moments, countries, panel, families)

    def go_on_under(self, scenario: Scenario) -> None:
        """Take another scenario for the months to come, which has made all past months the same.

        :func:`sim.scenario.differences.first_difference` says how long that is so.
        """
        self.scenario, self.months = scenario, scenario.months
        policies = sorted(scenario.policy.items())
        self.schedule = self.schedule.replaced(policies, self.months)
        self.running = self.month < self.months - 1

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for a copy: what was collected, without the collector's functions."""
        return self.__dict__ | {"datacollector": self.datacollector.model_vars}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state of another world."""
        self.__dict__.update(state)
        self.datacollector = mesa.DataCollector(model_reporters=REPORTERS)
        self.datacollector.model_vars = state["datacollector"]

    # what agents and phases ask of the world

    def renew_law(self) -> None:
        """Bring the law up to this month.

        It is made anew only when a policy's strength or state changed.
        """
        if self.schedule.renews(self.month, self.us_government.thrown):
            self.law = self.schedule.law(self.jurisdictions, self.month)
            self.tables.read(self.law)

    def prospect(self, month: int) -> Law | None:
        """The law that labs expect of a coming month; None if nothing is announced for it."""
        return self.schedule.expected_law(self.jurisdictions, self.month, month)

    def points(self, log_compute: float) -> float:
        """Index points of an effective training compute (log10)."""
        return self.p.capability_2023 + self.p.capability_slope * (
            log_compute - self.p.run_flop_2023
        )

    def reach_lost(self, lab: int) -> float:
        """Utils that friction and denial take from a lab's open weights, over developers."""
        return self.tables.reach_lost(int(self.law.class_of[lab]))

    def audited_share(self) -> float:
        """Share of use on publicly audited releases."""
        use = self.use_of_releases
        return float(use[self.catalogue.columns.public_finding[: len(use)] != UNAUDITED].sum())

    def stock(self, where: str) -> float:
        """H100-equivalents in "us" (its share outside China) or "cn" (smuggled ones too)."""
        if where == "us":
            return self.p.us_stock_share * self.chips.legal["row"]
        return self.chips.in_china()

    def charge(self, payer: str, usd: float) -> None:
        """Enter a one-off cost in the ledger, which keeps those of the last 12 months."""
        self.ledger.one_off.append((self.month, payer, usd))


__all__ = ["Series", "World"]
