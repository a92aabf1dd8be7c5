"""The world: a mesa.Model whose month is a printable list of phases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from math import exp, log, log1p
from typing import TYPE_CHECKING

import mesa
import numpy as np

from sim import data
from sim.messages import whole
from sim.model.agents.adopters import Adopters, channel_sizes
from sim.model.agents.auditor import Assessor, Auditor
from sim.model.agents.country import Country
from sim.model.agents.government import Government
from sim.model.agents.lab import Draft, Lab
from sim.model.agents.malicious import Actors, Incident, Scene, recruit
from sim.model.catalogue import Catalogue
from sim.model.frontier import Frontier, Ideas
from sim.model.hubs import Hub
from sim.model.kernels.choice import N_CHANNELS, Market
from sim.model.kernels.numerics import logarithm
from sim.model.kernels.shares import Tally
from sim.model.law import Law, enact, statute, survey
from sim.model.outcomes import OUTCOMES
from sim.model.parameters import by_channel, values
from sim.model.phases import PHASES, effective_stock, exposure, replay_one, us_stock
from sim.model.randomness import Streams, root_seed
from sim.model.safeguards import Safeguards, carry
from sim.model.schedule import Docket
from sim.model.uptake import DECEMBER, Curve, use_by_country, use_residuals
from sim.months import month_name
from sim.scenario.scenario import load
from sim.vocabulary import API, CN, DEVELOPER, GATED, GOVERNMENT, MODES, OPEN_WEIGHTS, ORIGINS

if TYPE_CHECKING:
    from sim.policies.base import Policy
    from sim.scenario.scenario import Scenario

RNGLike = int | np.integer | np.random.Generator | np.random.BitGenerator | np.random.SeedSequence | None
HANDOVER = 30
THEFT_WINDOW = 24
FAR = 1e6  # months; beyond every horizon


@dataclass(frozen=True, slots=True)
class Series:
    """What a run leaves behind.

    Attributes
    ----------
    names, months : tuple of str
    values : float32 array (month, name)
    moments : tuple of str
        Every December so far and the last month.
    countries : float32 array (moment, country, channel, 4)
        Use of AI (share of people, or of what the channel can take up), US, Chinese and other share of it.
    panel : int array (country, channel), adopters behind each of these
    """

    names: tuple[str, ...]
    months: tuple[str, ...]
    values: np.ndarray
    moments: tuple[str, ...]
    countries: np.ndarray
    panel: np.ndarray


class World(mesa.Model):
    """One world under one scenario.

    Parameters
    ----------
    scenario : str or Scenario
        Name of a shipped scenario, path of a scenario file, or a Scenario.
    rng : int, numpy Generator, BitGenerator or SeedSequence, or None
        Root seed, or what one is drawn from, as in Mesa: a generator goes on, so that it gives the next world another
        seed; None draws afresh. `World.seed` says which seed was taken.
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
    ValueError
        If a number cannot be used.

    Examples
    --------
    >>> World("status-quo", rng=1).run().values.shape[0]
    96
    """

    phases = PHASES

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
        self.scenario = load(scenario) if isinstance(scenario, str) else scenario
        self.p = values(self.scenario.parameters)
        self.streams = Streams(root, whole("replication", replication, 0))
        self.threads = whole("threads", threads, 1)
        self.month = -1
        self.months = self.scenario.months
        self.handover = HANDOVER if self.scenario.history == "replay" else 0
        self.info = data.countries()
        self.docket = Docket(sorted(self.scenario.policy.items()), self.months, self.streams)
        self.mix = np.array(by_channel(self.p, "mix")) / sum(by_channel(self.p, "mix"))
        self._settle_countries()
        self._settle_labs()
        self._settle_catalogue()
        self.adopters = Adopters(self, self.scenario.adopters)
        self.malicious = recruit(self)
        self.actors = Actors(self.malicious)
        self.us_government = Government(self, "US")
        self.governments = (self.us_government, Government(self, "CN"), Government(self, "EU"))
        self.assessor = Assessor(self)
        self.auditors = (
            Auditor(self, "public repository", 0, for_government=False),
            Auditor(self, "government suppliers", 1, for_government=True),
        )
        self._start_state()
        headlines = {name: partial(_reading, i) for i, (name, row) in enumerate(OUTCOMES.items()) if row.headline}
        self.datacollector = mesa.DataCollector(model_reporters={"month": "month_text", "seed": "seed", **headlines})
        # Mesa keeps a counter of agent ids per model for ever, and with it the model.
        getattr(mesa.Agent, "_ids", {}).pop(self, None)

    # initial state

    def _settle_countries(self) -> None:
        p = self.p
        self.countries = self.info
        self.country_agents = [Country(self, i, info) for i, info in enumerate(self.info)]
        self.log_gdp_per_head = [log(c.gdp_per_head) for c in self.info]
        residual = use_residuals()
        draws = self.streams("use ceiling")
        spread = [
            residual[c.code] if c.code in residual else p.ceiling_sd * draws.normal(i) for i, c in enumerate(self.info)
        ]
        base = [p.ceiling + p.income_elasticity * g + u for g, u in zip(self.log_gdp_per_head, spread, strict=True)]
        self.use_ceiling = np.repeat(np.array(base)[:, None], N_CHANNELS, axis=1)
        self.use = np.full((len(self.info), N_CHANNELS), p.use_2023)
        self.world_use = p.use_2023
        self.supply = np.ones((len(self.info), 3))
        self.security = np.ones((len(self.info), 3))
        self.origin_risk = np.array([0.0, p.perceived_risk_cn, 0.0])

    def _settle_labs(self) -> None:
        codes = {c.code: i for i, c in enumerate(self.info)}
        self.labs = [Lab(self, i, info, codes[info.home]) for i, info in enumerate(data.labs())]
        self.slugs = {lab.info.slug: lab.index for lab in self.labs}
        origins = [lab.origin for lab in self.labs]
        self.family_origin = np.array([[float(o == wanted) for o in origins] for wanted in range(3)], np.float32)
        self.terrain = survey(self.p)

    def _settle_catalogue(self) -> None:
        """Releases of 2022 open the catalogue; later ones are replayed or generated."""
        self.catalogue = Catalogue(len(self.labs))
        self.replay: dict[int, list[data.Release]] = {}
        self.leaks: dict[int, list[int]] = {}
        self.frontier, self.ideas = Frontier(), Ideas()
        self.safeguards = Safeguards()
        self.firm_releases: list[list[int]] = []
        self.gated_releases = 0
        # Of this month and the one before: (capability without noise, origin, lab), the best first.
        self.teachers: list[list[tuple[float, int, int]]] = []
        self.log_price_fall = log(self.p.price_fall)
        self.run_frontier, self.stock_gap, self.squeeze, self.backfire = self.p.run_flop_2023, 0.0, 0.0, 0.0
        self.run_path: list[float] = []
        for row in data.releases():
            if self.handover or row.month < 0:
                self.replay.setdefault(max(row.month, -1), []).append(row)
            else:
                self.labs[self.slugs[row.lab]].remember(row.month, row.mode, None)

    def _start_state(self) -> None:
        n = len(self.labs)
        self._law_key: tuple[object, ...] | None = None
        self._prospects: dict[int, Law] = {}
        self.law = self._law = statute(self.terrain, self.policies, -1, self.streams)
        self._publish_law(self.law)
        self.derivatives, self.tainted = np.zeros(n), np.zeros(n)
        self.hub = Hub()
        self.defence = 0.0
        self.legal = {"CN": self.p.stock_cn_2022, "row": self.p.stock_row_2022}
        self.domestic, self.smuggled = self.p.domestic_2022, 0.0
        self.stock_gap_2023: float | None = None
        self.one_off: list[tuple[int, str, float]] = []
        self.crisis_loss = self.usd_per_unit = 0.0
        self.derivative_flow, self.application_value = np.zeros(n), [[0.0] * 5 for _ in range(3)]
        self.idea_gains = [0.0, 0.0, 0.0]
        self.scene: Scene
        self.people_abroad = self.adopters.own_people * [c.bloc not in ("US", "CN") for c in self.info]
        self.month_audits = {"detections": 0.0, "false_alarms": 0.0, "scanned": 0.0}
        self.incidents: list[Incident] = []
        self.month_incidents: list[Incident] = []
        self.readings = np.zeros(0)
        self.use_of_releases = np.zeros(0)
        shares = np.full((len(self.info), n), 1.0 / n, np.float32)
        world = np.full((N_CHANNELS + 1, n), 1.0 / n, np.float32)
        self.region_shares = np.zeros((7, N_CHANNELS + 1, 4)).tolist()
        self.tally = Tally(
            shares,
            world,
            np.zeros((N_CHANNELS, 0)),
            np.zeros((7, N_CHANNELS + 1, 4)),
            np.zeros((len(self.info), N_CHANNELS)),
            np.zeros(7),
            np.zeros((2, N_CHANNELS + 1)),
            np.zeros(n * len(MODES), np.int64),
            np.zeros((len(self.info), 12)),
        )
        self.criticality = np.array(by_channel(self.p, "criticality"))
        self.gdp_share = channel_sizes(self)[:, GOVERNMENT]
        self.curves = [Curve() for _ in self.labs]
        self.rows: list[np.ndarray] = []
        self.year_ends: list[np.ndarray] = []
        for row in self.replay.pop(-1, []):
            replay_one(self, row)
        self.frontier.close_month()

    def __repr__(self) -> str:
        number = self.streams.replication
        return f"<World of {self.scenario.name}: {self.month_text}, rng={self.seed}, replication={number}>"

    # running

    @property
    def seed(self) -> int:
        """The root seed: with it as `rng`, and the same scenario and replication, the world can be made again."""
        return self.streams.seed

    @property
    def policies(self) -> tuple[tuple[str, Policy], ...]:
        """Policies by name as they stand: what a trigger switched begins or ends in that month."""
        return self.docket.policies

    @property
    def market(self) -> Market:
        """The alternatives of this month."""
        return self.adopters.market

    @property
    def observed(self) -> dict[str, float]:
        """Outcomes of this month by name."""
        return dict(zip(OUTCOMES, self.readings.tolist(), strict=False))

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
        self._prospects.clear()
        self.firm_releases.append([0] * 2 * len(ORIGINS))
        self.one_off = [entry for entry in self.one_off if entry[0] > self.month - 12]
        self.crisis_loss = 0.0
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
        last = len(self.rows) - 1
        months = tuple(month_name(m) for m in range(last + 1))
        moments = (*months[DECEMBER:last:12], months[last])
        countries = np.stack((*self.year_ends[: len(moments) - 1], use_by_country(self)))
        return Series(tuple(OUTCOMES), months, np.stack(self.rows), moments, countries, self.adopters.per_cell())

    # what agents ask of the world

    def read_law(self, month: int) -> Law:
        """The law of a month; made anew only when some policy's intensity changed or one begins."""
        switched = bool(self.docket.monitors) and self.docket.settle(month, self.us_government.thrown)
        key = self.docket.standing_in(month)
        if switched or key != self._law_key:
            before, self._law = self._law, statute(self.terrain, self.policies, month, self.streams)
            self._law_key = key
            self._publish_law(self._law, before)
        return self._law

    def prospect(self, month: int) -> Law | None:
        """The law that labs expect of a coming month: that of today with what is announced; None if nothing is.

        They foresee the start of what is announced, neither its end nor how courts will rule.
        """
        now = self.month
        coming = self.docket.coming(now, month)
        if not coming:
            return None
        if month not in self._prospects:
            _, force = self.docket.standing_in(now)
            bills = [
                (name, policy, policy.planned(month) if policy in coming else strength)
                for (name, policy), (strength, _) in zip(self.policies, force, strict=True)
            ]
            self._prospects[month] = enact(self.terrain, bills, month, self.streams)
        return self._prospects[month]

    def _publish_law(self, law: Law, before: Law | None = None) -> None:
        """Set out what phases read of a law: friction with the checks of gates, logarithms, reach lost.

        What is as in the law ``before`` stands. Compiled phases get copies, since defaults are read-only arrays.
        """
        if before is None or not _same(law.friction, before.friction):
            friction = law.friction.copy()
            friction[:, :, :, GATED] += self.p.gate_friction
            self.friction = _by_way(friction)
            self.lost = self.friction.astype(np.float32)
        if before is None or not _same(law.denial, before.denial):
            self.wall = _by_way(law.denial).astype(np.float32)
        if before is None or not _same(law.access, before.access):
            self.log_access = logarithm(law.access.copy())
        if before is None or not _same(law.price_factor, before.price_factor):
            self.log_price_factor = logarithm(law.price_factor[:, :, None].copy())[:, :, 0]
        if before is None or not _same(law.lock_in, before.lock_in):
            self.lock_in = law.lock_in.transpose(0, 2, 1).astype(np.float32)
        self.ceiling = self.use_ceiling + law.uptake[:, None]
        self.bans = bool(law.use_ban.any())
        self.subsidised = bool((law.price_factor < 1.0).any())
        self.services_barred = bool((law.distillation_barrier != 1.0).any())
        self.audit_cover = np.zeros(len(self.info))
        for programme in law.audits:
            if not programme.public:
                bound = list(programme.countries)
                self.audit_cover[bound] = np.maximum(self.audit_cover[bound], programme.coverage)
        friction = law.friction[:, :, DEVELOPER, OPEN_WEIGHTS] + law.denial[:, :, DEVELOPER, OPEN_WEIGHTS]
        self.developers_lost = [0.0] * len(law.class_origin)
        if friction.any():
            lost = [[1.0 - exp(-x) for x in row] for row in friction.T.tolist()]
            self.developers_lost = (np.array(lost) * self.adopters.size[:, DEVELOPER]).sum(axis=1).tolist()

    def points(self, log_compute: float) -> float:
        """Index points of an effective training compute (log10)."""
        return self.p.capability_2023 + self.p.capability_slope * (log_compute - self.p.run_flop_2023)

    def teacher(self, student: Lab, known: float) -> tuple[float, int, float]:
        """The best release two months old of any other lab; under barriers the one that teaches the student most.

        Parameters
        ----------
        known : float
            Capability (index points) from which a service teaches the student something.

        Returns
        -------
        capability : float
            Without noise.
        origin : int
        share : float
            What the law's barrier leaves of the lesson.
        """
        ranking = self.teachers[0]
        best = ranking[1] if ranking[0][2] == student.index else ranking[0]
        if not self.services_barred:
            return best[0], best[1], 1.0
        barrier = self.law.distillation_barrier[student.index].tolist()
        left = [barrier[k] for k in self.law.class_of.tolist()]
        best = max((x for x in ranking if x[2] != student.index), key=lambda x: max(0.0, x[0] - known) * left[x[2]])
        return best[0], best[1], left[best[2]]

    def reach_lost(self, lab: int) -> float:
        """Utils that friction and denial take from the reach of a lab's open weights, over developers."""
        return -log(max(1e-9, 1.0 - self.developers_lost[self.law.class_of[lab]])) + 0.0

    def derivative_shares(self) -> np.ndarray:
        """Share of each family in the stock of derivatives."""
        total = self.derivatives.sum()
        return self.derivatives / total if total > 0.0 else np.full(len(self.labs), 1.0 / len(self.labs))

    def audited_share(self) -> float:
        """Share of use on publicly audited releases."""
        use = self.use_of_releases
        return float(use[self.catalogue.columns.public_finding[: len(use)] > 0].sum())

    def exposure(self) -> float:
        """Criticality-weighted share of use on hidden compromise."""
        return exposure(self)

    def stock(self, where: str) -> float:
        """H100-equivalents in "us" or "cn" (legal, domestic and smuggled)."""
        return us_stock(self) if where == "us" else effective_stock(self)

    # what happens to the world

    def charge(self, payer: str, usd: float) -> None:
        """Enter a one-off cost in the ledger, which keeps those of the last 12 months."""
        self.one_off.append((self.month, payer, usd))

    def release(self, lab: Lab, draft: Draft, parts: tuple[float, float, float, float]) -> int:
        """Bring a release out: into the catalogue, the public ideas and the records."""
        p, index, origin, draw = self.p, lab.index, lab.origin, draft.draw
        luck = self.streams("release").uniform
        safeguard = 0
        if self.law.safeguards and draft.mode >= OPEN_WEIGHTS:
            draft, safeguard = self._safeguard(lab, draft)
        measured = self.us_government.measure(draft.capability, origin, index, draw)
        opened = draft.mode >= OPEN_WEIGHTS
        compromised = controlled = contained = False
        if opened:
            compromised = luck(index, draw, 1) < p.compromise + (p.compromise_premium if origin == CN else 0.0)
            law_class = self.law.class_of[index]
            bound = float(self.law.controlled[law_class])
            controlled = bound > 0.0 and luck(index, draw, 0) < bound
            contained = controlled and luck(index, draw, 2) < float(self.law.containment[law_class])
        row = self.catalogue.add(
            draft.name,
            month=draft.month if self.month < 0 else self.month,
            lab=index,
            draw=draw,
            origin=origin,
            mode=draft.mode,
            small=draft.small,
            capability=draft.capability,
            underlying=draft.underlying,
            measured=measured,
            efficiency=draft.efficiency,
            run=draft.run,
            log_price=log(p.open_price if opened else lab.info.price_class),
            weights=parts[0],
            data=parts[1],
            code=parts[2],
            licence=parts[3],
            compromised=compromised,
            controlled=controlled,
            contained=contained,
            mirrored=opened and not controlled,
            documented=draft.documented,
            safeguard=safeguard,
            rationale=draft.rationale,
        )
        self.gated_releases += draft.mode == GATED
        if self.month >= 0 and not lab.fringe:
            self.firm_releases[-1][2 * origin + opened] += 1
        self.curves[lab.index].begin(self.month)
        lab.best_released = max(lab.best_released, draft.capability)
        lab.best_underlying = max(lab.best_underlying, draft.underlying)
        if opened:
            if self.month >= 0 and draft.capability > self.frontier.best_open():
                self.adopters.notice(index)
            self._share_ideas(row, draft, origin, parts, controlled)
        self.frontier.enter(index, origin, draft.capability, measured, opened)
        if not opened or (controlled and not contained):
            self._time_leak(row, draft, index)
        return row

    def _safeguard(self, lab: Lab, draft: Draft) -> tuple[Draft, int]:
        """Make an open release carry what the law asks for: it costs the lab money and the release capability.

        Returns the draft as it comes out, and the number of what it carries among ``safeguards``.
        """
        luck = self.streams("release").uniform(lab.index, draft.draw, 3)
        duties = [d for d in self.law.safeguards if lab.index in d.labs and luck < d.strength]
        for duty in duties:
            lab.expense += duty.cost
            self.charge("labs", duty.cost)
            lost = [duty.tax * max(0.0, x - self.p.no_model_capability) for x in (draft.capability, draft.underlying)]
            draft = draft._replace(capability=draft.capability - lost[0], underlying=draft.underlying - lost[1])
        return draft, self.safeguards.number(carry(duties))

    def _time_leak(self, row: int, draft: Draft, lab: int) -> None:
        """Draw the month in which weights that are not free reach mirrors (a constant monthly hazard)."""
        closed = draft.mode == API
        hazard = self.p.theft_hazard if closed else self.p.leak_hazard
        if draft.mode == GATED:
            hazard *= float(self.law.gate_leak[self.law.class_of[lab]])
        if hazard > 0.0 and self.month >= 0 and not (closed and draft.small):
            u = self.streams("leak").uniform(lab, draft.draw)
            wait = 1 if hazard >= 1.0 else 1 + int(min(log(u) / log1p(-hazard), FAR))
            if not closed or wait <= THEFT_WINDOW:
                self.leaks.setdefault(self.month + wait, []).append(row)

    def _share_ideas(self, row: int, draft: Draft, origin: int, parts: tuple[float, ...], controlled: bool) -> None:
        """Open releases make their efficiency public, the more so the more of papers, code and data they carry."""
        reveal = 0.1 * parts[0] + 0.3 * parts[1] + 0.5 * parts[2] + 0.1 * float(draft.documented)
        idea = (draft.efficiency - self.p.idea_embargo - self.p.idea_opacity * (1.0 - reveal), origin)
        if controlled:
            self.ideas.hold(row, idea)
        else:
            self.ideas.spread(idea)

    def mirror(self, row: int) -> None:
        """A release's weights are on mirrors from now on."""
        self.catalogue.columns.mirrored[row] = True
        self.ideas.free(row)

    def disclose(self, row: int) -> None:
        """A compromise became known: its users lose trust in the origin's security, derivatives are mended."""
        c = self.catalogue.columns
        lab, origin = int(c.lab[row]), int(c.origin[row])
        for country in self.country_agents:
            country.hear(origin, lab)
        self.mend(row)

    def mend(self, row: int) -> None:
        """Derivatives of a compromised release are mended."""
        c, lab = self.catalogue.columns, int(self.catalogue.columns.lab[row])
        rows = self.market.release[DEVELOPER]
        hidden = c.compromised[rows] & (self.market.family == lab)
        used = np.where(hidden, self.tally.slot[DEVELOPER], 0.0)
        total = float(used.sum())
        self.tainted[lab] *= 1.0 - float(used[rows == row].sum()) / total if total > 0.0 else 0.0


def _by_way(table: np.ndarray) -> np.ndarray:
    """A field by (country, class, channel, mode) as the choice reads it: (country, channel, class and mode)."""
    return table.transpose(0, 2, 1, 3).reshape(len(table), N_CHANNELS, -1)


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two fields are equal; most are the one default."""
    return a is b or np.array_equal(a, b)


def _reading(column: int, world: World) -> float:
    return world.readings.item(column)


def phase_names(phases: Iterable[Callable[[World], None]] = PHASES) -> list[tuple[str, str]]:
    """Name and first line of every phase, in order."""
    return [(phase.__name__, (phase.__doc__ or "").strip().splitlines()[0]) for phase in phases]


__all__ = ["Series", "World", "phase_names"]
