"""Adopters: a stratified, weighted panel held in arrays, with views on demand.

Adopters of one country and channel (a *cell*) stand side by side and carry the same weight: the
cell's use divided by its adopters. The panel samples only the choice; how many use AI is
continuous.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import exp
from statistics import NormalDist
from typing import TYPE_CHECKING

import numba
import numpy as np

from sim import data
from sim.model.agents.adopter_terms import (
    ELASTICITY,
    channel_factors,
    channel_sizes,
    choice_weights,
    fixed_traits,
    ways_of_use,
)
from sim.model.agents.adopter_view import AdopterView
from sim.model.catalogue import NEVER
from sim.model.identity import identities
from sim.model.kernels.bans import BanTerms, obey
from sim.model.kernels.building import Building, build
from sim.model.kernels.choice import (
    NONE,
    Network,
    Panel,
    ReviewTerms,
    choose,
    choose_parallel,
    draw_tastes,
)
from sim.model.kernels.countries import Choosers, CountryTerms, country_traits
from sim.model.kernels.market import MAX_ALIVE, N_CHANNELS, Market, Supply, open_market
from sim.model.kernels.shares import Tally, Users, origin_shares, tally
from sim.model.kernels.spending import spend
from sim.model.kernels.upkeep import Limits, Slots, learn, retire
from sim.model.panel_sizes import panel_starts
from sim.model.parameters import by_channel
from sim.model.serving import reach_of_labs
from sim.vocabulary import BLOCS, CHANNELS, DEVELOPER, GOVERNMENT, MARKET, MODES

if TYPE_CHECKING:
    from sim.model.world import World

RETIRE_AFTER = 24
RETIRE_BELOW = 0.001
RENEWED = 3
GRAPH_FROM = 20_000
PARALLEL_FROM = 100_000
BLOCKS = 64
PRICE_GROWTH_FROM = 2.0
"""Years after the start of 2023 from which price may weigh more in the market channel: 2025 on."""
_quantiles = [NormalDist().inv_cdf((b + 0.5) / 256) for b in range(256)]
_scale = (sum(z * z for z in _quantiles) / 256) ** -0.5
TASTES = tuple(z * _scale for z in _quantiles)
"""256 equally likely values of a standard normal taste."""


def _salts(names: Iterable[str]) -> np.ndarray:
    """32 bits of each name's hash, by which draws of families and slots differ: uint32 array."""
    return (identities(names) & np.uint64(0xFFFFFFFF)).astype(np.uint32)


class Adopters(Sequence[AdopterView]):
    """The panel: arrays, and the month's review as one kernel call."""

    def __init__(self, world: World, adopters: int) -> None:
        self.world = world
        self.size = channel_sizes(world)
        self.start = panel_starts(adopters, tuple(self.size.ravel().tolist()))
        self.cell_key = identities(
            f"{c.code} {channel}" for c in world.countries for channel in CHANNELS
        )
        family_salt = _salts(lab.info.slug for lab in world.labs)
        # Whoever chooses a service sees a family as one alternative, in its best mode for him;
        # developers choose among weights as such.
        by_slot = _salts(f"{lab.info.slug} {mode}" for lab in world.labs for mode in MODES)
        self.slot_salt = np.tile(np.repeat(family_salt, len(MODES)), (N_CHANNELS, 1))
        self.slot_salt[DEVELOPER] = by_slot
        self.choice = np.full(adopters, NONE, np.uint8)
        self.counts = np.zeros((self.size.size, len(world.labs) * len(MODES)), np.int16)
        self.alive = np.zeros(len(world.labs) * len(MODES), bool)
        self.retired = np.full(len(world.labs) * len(MODES), NEVER)
        self.origin = np.array([lab.origin for lab in world.labs])
        self.is_fringe = np.array([lab.fringe for lab in world.labs])
        self.familiarity = np.empty((N_CHANNELS, len(world.labs)))
        p = world.p
        for lab in world.labs:
            self.familiarity[:, lab.index] = (
                p.familiarity_us,
                p.familiarity_cn,
                p.familiarity_other,
            )[lab.origin]
        self.own_people = np.array([c.working_age_m for c in world.countries])
        north = data.group_named("Global-North")
        northern = np.array(
            [north is not None and c.code in north.members for c in world.countries]
        )
        # Countries of the Global North and of the rest of the world, and people in them.
        self.north_and_rest = [
            (np.flatnonzero(within), self.own_people[within].sum())
            for within in (northern, ~northern)
        ]
        self.bloc = np.array([BLOCS.index(c.bloc) for c in world.countries])
        self.in_eu = np.array(world.jurisdictions.eu)
        self.traits = fixed_traits(world)
        self.served = reach_of_labs(p, world.countries, [lab.info for lab in world.labs])
        self.reach = self.served
        self.mean_concern = (self.traits.concern * self.size).sum(axis=0)
        self.review = np.array(by_channel(p, "review"), np.float32)
        self.inertia = np.array(by_channel(p, "inertia"), np.float32)
        self.ways = ways_of_use(p)
        self.levels = np.array([exp(-p.taste_family_sd * z) for z in TASTES], np.float32)
        taste_key = np.uint64(world.streams("taste").key)
        self.taste = draw_tastes(self.start, self.cell_key, taste_key, family_salt)
        structure = world.scenario.structure
        self.weights, self.factors = choice_weights(p, structure.capability), channel_factors(p)
        self.elasticity = ELASTICITY[structure.tokens]
        self.need_offset = np.array(by_channel(p, "need_offset"))
        self.access_factor = np.array(by_channel(p, "access_factor"))
        self.all_kept = np.ones((len(world.countries), self.counts.shape[1]))
        self.market: Market
        self.who: Choosers

    def __len__(self) -> int:
        return len(self.choice)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        if isinstance(index, slice):
            return [AdopterView(self, i) for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"adopter {index} of {len(self)}")
        return AdopterView(self, index % len(self))

    def __iter__(self) -> Iterator[AdopterView]:
        return (AdopterView(self, i) for i in range(len(self)))

    def of(self, country: int) -> list[AdopterView]:
        """The adopters of one country, all channels."""
        return self[
            int(self.start[country * N_CHANNELS]) : int(self.start[(country + 1) * N_CHANNELS])
        ]

    def open_market(self, month: int) -> None:
        """Set out the month's alternatives and what each country's adopters read."""
        world, p = self.world, self.world.p
        catalogue, law, tables = world.catalogue, world.law, world.tables
        known = Slots(catalogue.newest, world.tally.adopters, self.alive, self.retired)
        limits = Limits(RETIRE_AFTER, RETIRE_BELOW, RENEWED, MAX_ALIVE)
        slots = retire(month, known, self.panel(), limits)
        years = month / 12.0
        price = self.factors.price.copy()
        price[MARKET] *= 1.0 + p.price_growth * max(0.0, years - PRICE_GROWTH_FROM)
        supply = Supply(
            slots=slots,
            salt=self.slot_salt[:, slots],
            candidates=catalogue.candidates,
            month=month,
            frontier=world.frontier.level,
            familiarity=self.familiarity,
            breadth=self._breadth(month),
            need=p.capability_need + p.capability_need_growth * years + self.need_offset,
            concern=self.mean_concern,
            class_of=law.class_of,
        )
        self.market = open_market(
            supply, self.weights, self.factors._replace(price=price), catalogue.columns
        )
        fixed = self.traits
        terms = CountryTerms(
            class_origin=law.class_origin,
            log_access=tables.log_access,
            access_factor=self.access_factor,
            alignment=fixed.alignment,
            concern=fixed.concern,
            capacity=fixed.capacity,
            income=fixed.income,
            security=world.trust.security,
            taste=fixed.taste,
            risk=world.trust.risk,
            alignment_weight=p.alignment_weight,
            flagged=p.flagged_effect,
            friction=tables.friction,
            log_price_factor=tables.log_price_factor,
            price_weight=price * p.price_weight,
        )
        traits, offset = country_traits(terms)
        self.who = Choosers(
            traits=traits,
            offset=offset,
            denial=tables.denial,
            friction=tables.friction32,
            fear=(p.reliability_weight * (1.0 - world.trust.supply)).astype(np.float32),
            cover=tables.audit_cover32,
            home=fixed.home,
            origin=self.origin,
            lock_in=tables.lock_in,
            zone=self.reach.zone,
            reach=self.reach.log,
        )

    def _breadth(self, month: int) -> np.ndarray:
        """Open releases of each family in 12 months.

        The fringe is many small labs and no family of its own.
        """
        return np.where(
            self.is_fringe, 0, self.world.catalogue.opened_since(month - 12, len(self.is_fringe))
        )

    def review_all(self, month: int) -> None:
        """Every adopter that reviews this month takes its best alternative."""
        world, p = self.world, self.world.p
        network = Network(
            country=world.tally.country,
            world=world.tally.world,
            derivative=world.derivatives.shares().astype(np.float32),
            weight=np.float32(p.network_weight),
            scale=np.float32(p.network_scale),
            peer=np.float32(p.peer_weight),
        )
        graph, banned = len(self) >= GRAPH_FROM, world.law.banned
        panel = self.panel(self.choice.copy() if graph or banned.size else self.choice)
        terms = self._review_terms(month, graph)
        args = panel, self.market, self.who, network, terms
        if len(self) >= PARALLEL_FROM and world.threads > 1:
            numba.set_num_threads(min(world.threads, numba.config.NUMBA_NUM_THREADS))
            goals = np.linspace(0, len(self), BLOCKS + 1)
            choose_parallel(np.unique(np.searchsorted(self.start, goals)), *args)
        else:
            choose(0, self.start.size - 1, *args)
        if banned.size:
            month_of = world.catalogue.columns.month[self.market.release]
            bans = world.law.use_ban, world.law.listed_until
            way_key = np.uint64(world.streams("way of use").key)
            obey(*args, BanTerms(banned, *bans, month_of, self.ways, way_key))

    def _review_terms(self, month: int, graph: bool) -> ReviewTerms:
        """Who reviews.

        Reviews and noise are drawn by month, neighbours and bans once and for all.
        """
        streams = self.world.streams
        return ReviewTerms(
            review=self.review,
            inertia=self.inertia,
            newcomers=np.float32(self.world.p.newcomers),
            graph=graph,
            review_key=np.uint64(streams("review").bits(month)),
            choice_key=np.uint64(streams("choice").bits(month)),
            graph_key=np.uint64(streams("graph").key),
            ban_key=np.uint64(streams("bound by ban").key),
            levels=self.levels,
        )

    def panel(self, before: np.ndarray | None = None) -> Panel:
        """The arrays of the panel as kernels take them.

        ``before`` is the choice at the end of last month.
        """
        return Panel(
            self.start,
            self.cell_key,
            self.choice,
            self.choice if before is None else before,
            self.counts,
            self.taste,
        )

    def count_use(self) -> Tally:
        """Shares after this month's reviews."""
        world = self.world
        users = Users(
            use=world.use,
            size=self.size,
            people=self.own_people,
            bloc=self.bloc,
            eu=self.in_eu,
            at_home=world.eu_market.at_home,
            china=np.array([1.0, world.p.china_tokens, 1.0, world.p.china_downloads, 1.0]),
            mix=world.mix,
            families=len(world.labs),
            classes=len(world.law.class_origin),
            log_price_factor=world.tables.log_price_factor,
            elasticity=self.elasticity,
        )
        return tally(self.market, self.panel(), users)

    def learn(self) -> None:
        """Familiarity grows with use."""
        p = self.world.p
        learn(self.familiarity, self.world.tally.world, p.familiarity_base, p.familiarity_use)

    def notice(self, family: int) -> None:
        """An open release set a record: its family becomes better known in every channel."""
        known = self.familiarity[:, family]
        known += self.world.p.familiarity_record * (1.0 - known)

    def build(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Applications: flow to hubs by family, value by origin and area, tainted flow."""
        p, c = self.world.p, self.world.catalogue.columns
        building = Building(
            projects=self.size[:, DEVELOPER],
            capability=c.capability,
            adaptable=c.adaptable,
            kept=self._kept(),
            compromised=c.compromised,
            public=c.public_finding,
            slot=self.world.tally.slot,
            used=self.world.tally.world,
            slope=p.application_slope,
            reference=p.application_reference,
            families=len(self.world.labs),
            bloc=self.bloc,
            eu=self.in_eu,
            seen=np.where(self.bloc == BLOCS.index("CN"), p.china_downloads, 1.0),
        )
        return build(self.market, self.panel(), self.who, building)

    def _kept(self) -> np.ndarray:
        """Share of what developers would build that modifiers' duties leave, by country and slot.

        What one duty takes for large holds what a stricter one does: of several duties the one that
        costs more counts.
        """
        duties, market = self.world.law.modifier_duties, self.market
        kept = self.all_kept.copy() if duties else self.all_kept
        for duty in duties:
            run = self.world.catalogue.columns.run[market.release[DEVELOPER]]
            bound = market.slot[(run >= duty.floor) & ~np.isin(market.mode, duty.exempt_modes)]
            place = np.ix_(duty.countries, bound)
            kept[place] = np.minimum(kept[place], 1.0 - duty.lost)
        return kept

    def spending(self) -> np.ndarray:
        """What users pay at full prices, USD a year: array (country, origin)."""
        world = self.world
        factor = world.tables.log_price_factor
        each = spend(self.market, self.panel(), world.tally.use, factor, self.elasticity)
        return each * (world.world_use * world.ledger.usd_per_unit)

    def covered_use(self, cover: np.ndarray) -> np.ndarray:
        """Share of the world's government use under private audits, by alternative of the market.

        Parameters
        ----------
        cover : array (country,), share of a country's government use that the audits reach
        """
        use = self.world.tally.use[:, GOVERNMENT]
        per_adopter = cover * use / use.sum() / self._divisor()[:, GOVERNMENT]
        counts = self.counts[GOVERNMENT::N_CHANNELS][:, self.market.slot]
        return (counts * per_adopter[:, None]).sum(axis=0)

    def country_shares(self) -> np.ndarray:
        """Share of origins among a cell's adopters: float32 array (country, channel, origin)."""
        return origin_shares(self.market, self.panel())

    def family_shares(self) -> np.ndarray:
        """Share of families among a cell's adopters: float32 array (country, channel, family)."""
        per_cell = self._divisor()
        used = self.counts.reshape(*per_cell.shape, -1, len(MODES)).sum(axis=3)
        return (used / per_cell[:, :, None]).astype(np.float32)

    def _divisor(self) -> np.ndarray:
        """Adopters of a cell, but 1 where a country has none: its shares are 0."""
        return np.maximum(1, self.per_cell())

    def per_cell(self) -> np.ndarray:
        """Adopters behind each figure: int array (country, channel)."""
        return np.diff(self.start).reshape(-1, N_CHANNELS)
