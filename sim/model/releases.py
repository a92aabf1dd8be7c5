"""Releases: they come out, carry safeguards, share ideas, teach, leak, prove to be compromised."""

from __future__ import annotations

from math import log, log1p
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from sim import data
from sim.model.agents.lab_records import Draft
from sim.model.identity import identity
from sim.model.randomness import ReleaseDraw
from sim.model.safeguards import carry
from sim.vocabulary import API, CN, DEVELOPER, GATED, HOLD, MODES, OPEN, OPEN_WEIGHTS, ORIGINS

if TYPE_CHECKING:
    from sim.model.agents.lab import Lab
    from sim.model.world import World

FAR = 1e6
"""Months beyond every horizon: the longest wait for a leak."""
THEFT_WINDOW = 24
"""Months after which closed weights are worth no theft any more: judgement, 12-36."""
BY_WEIGHTS, BY_DATA, BY_CODE, BY_PAPERS = 0.1, 0.3, 0.5, 0.1
"""What weights, data, code and documentation each reveal of how a release was made, together 1:
judgement, each within 0.2 of its value."""
BEFORE = -1
"""In place of a month: all that is older than the first one."""

Parts = tuple[float, float, float, float]
"""Openness of weights, data, code and licence of a release, 0 to 1 each."""
Teacher = tuple[float, int, int]
"""A lab's best release without noise (index points), its origin and the lab; a plain tuple, of
which a run makes thousands."""


def revealed(parts: Parts, documented: bool = False) -> float:
    """Share of an open release's efficiency that it makes public, 0 to 1."""
    weights, records, code, _ = parts
    return BY_WEIGHTS * weights + BY_DATA * records + BY_CODE * code + BY_PAPERS * float(documented)


class Releases:
    """What happens to releases, and what is to happen to them later.

    Attributes
    ----------
    recorded : dict of int to list of data.Release
        Real releases to come, by month; -1 for those from before the first one.
    leaks : dict of int to list of int
        Releases whose weights reach mirrors in a month, by their rows.
    of_firms : list of lists of int (month, 2 * origin + open)
        Releases of firms: closed and open US ones, then Chinese, then others.
    notable : list of lists of float (month, 2 * origin + open)
        Notable models, as the record counts them: closed and unreleased, and open ones, by origin.
    gated : int
        Gated releases so far.
    teachers : list of lists of Teacher
        Of the month before and this one, the best first.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.recorded: dict[int, list[data.Release]] = {}
        self.leaks: dict[int, list[int]] = {}
        self.of_firms: list[list[int]] = []
        self.notable: list[list[float]] = []
        self.gated = 0
        self.teachers: list[list[Teacher]] = []
        for row in data.releases():
            if world.handover or row.month < 0:
                self.recorded.setdefault(max(row.month, BEFORE), []).append(row)
            else:
                world.labs[world.slugs[row.lab]].remember(row.month, row.mode, None)

    def begin_month(self) -> None:
        """Open the month's counts of releases."""
        self.of_firms.append([0] * 2 * len(ORIGINS))
        self.notable.append([0.0] * 2 * len(ORIGINS))

    def count_notable(self, lab: Lab, mode: int, models: float) -> None:
        """Count a lab's notable models of the month; those that are held are not open."""
        self.notable[-1][2 * lab.origin + (mode in OPEN)] += models

    # real releases

    def replay(self, month: int) -> None:
        """Enter the real releases of a month."""
        for row in self.recorded.pop(month, ()):
            self.replay_one(row)

    def replay_one(self, row: data.Release) -> None:
        """Enter one: into its lab's record, and into the catalogue if its capability is known."""
        world, lab = self.world, self.world.labs[self.world.slugs[row.lab]]
        mode = HOLD if row.mode == "hold" else MODES.index(row.mode)
        capability = row.capability
        if capability is None and row.log_flop is not None:
            years = max(0.0, row.month / 12.0)
            capability = world.points(row.log_flop + world.p.algorithmic_growth * years)
        if row.notable and row.month >= 0:
            self.count_notable(lab, mode, 1.0)
        tells = row.size == "flagship" and mode != HOLD and row.month >= 0
        if row.capability is not None and tells and not lab.fringe:
            lab.assimilate(row.capability)
        if row.log_flop is not None and row.usable and tells:
            lab.compare_run(row.log_flop)
        if capability is not None and row.usable and mode != HOLD:
            draft = Draft(
                month=row.month,
                name=row.name,
                draw=-identity(row.name),
                mode=mode,
                small=row.size == "small",
                capability=capability,
                underlying=capability,
                efficiency=lab.efficiency,
                run=row.log_flop or 0.0,
            )
            self.bring_out(lab, draft, (row.weights, row.data, row.code, row.licence))
            if row.size == "flagship":
                lab.last_flagship = row.month
        lab.remember(row.month, row.mode, capability)

    def usual_openness(self, origin: int) -> float:
        """Open share of an origin's recorded releases of the last months before the handover.

        One open and one closed release are added, so that it is neither 0 nor 1.
        """
        records = [lab.record for lab in self.world.labs if lab.origin == origin]
        opened, all_of = sum(r.recent_open for r in records), sum(r.recent for r in records)
        return (opened + 1.0) / (all_of + 2.0)

    # a release comes out

    def bring_out(self, lab: Lab, draft: Draft, parts: Parts) -> int:
        """Bring a release out: into the catalogue, the public ideas and the records.

        Parameters
        ----------
        lab : Lab
        draft : Draft
            What was decided; a safeguard that the law asks for may lower its capability.
        parts : tuple of float
            Openness of weights, data, code and licence, 0 to 1 each.

        Returns
        -------
        int
            Row of the catalogue.
        """
        world, index, origin = self.world, lab.index, lab.origin
        weights, records, code, licence = parts
        opened, safeguard = draft.mode >= OPEN_WEIGHTS, 0
        if world.law.safeguards and opened:
            draft, safeguard = self._safeguard(lab, draft)
        measured = world.us_government.measure(draft.capability, origin, lab.identity, draft.draw)
        fate = self._fate(lab, draft) if opened else (False, False, False)
        compromised, controlled, contained = fate
        row = world.catalogue.add(
            draft.name,
            month=draft.month if world.month < 0 else world.month,
            lab=index,
            draw=draft.draw,
            origin=origin,
            mode=draft.mode,
            small=draft.small,
            capability=draft.capability,
            underlying=draft.underlying,
            measured=measured,
            efficiency=draft.efficiency,
            run=draft.run,
            log_price=log(world.p.open_price if opened else lab.info.price_class),
            weights=weights,
            data=records,
            code=code,
            licence=licence,
            compromised=compromised,
            controlled=controlled,
            contained=contained,
            mirrored=opened and not controlled,
            documented=draft.documented,
            safeguard=safeguard,
            rationale=draft.rationale,
        )
        self._enter_records(lab, draft)
        if opened:
            if world.month >= 0 and draft.capability > world.frontier.best_open():
                world.adopters.notice(index)
            self._share_ideas(row, draft, origin, parts, controlled)
        world.frontier.enter(index, origin, draft.capability, measured, opened)
        if not opened or (controlled and not contained):
            self._time_leak(row, draft, lab)
        return row

    def _fate(self, lab: Lab, draft: Draft) -> tuple[bool, bool, bool]:
        """Whether an open release is compromised, is controlled, and never leaks."""
        world, p, key = self.world, self.world.p, (lab.identity, draft.draw)
        luck, law_class = world.streams("release").uniform, world.law.class_of[lab.index]
        premium = p.compromise_premium if lab.origin == CN else 0.0
        compromised = luck(*key, ReleaseDraw.COMPROMISED) < p.compromise + premium
        bound = float(world.law.controlled[law_class])
        controlled = bound > 0.0 and luck(*key, ReleaseDraw.CONTROLLED) < bound
        contained = controlled and luck(*key, ReleaseDraw.CONTAINED) < float(
            world.law.containment[law_class]
        )
        return compromised, controlled, contained

    def _enter_records(self, lab: Lab, draft: Draft) -> None:
        """Count a release by firms, begin its family's adoption curve, and keep the lab's best."""
        world, opened = self.world, draft.mode >= OPEN_WEIGHTS
        self.gated += draft.mode == GATED
        if world.month >= 0 and not lab.fringe:
            self.of_firms[-1][2 * lab.origin + opened] += 1
        world.history.curves[lab.index].begin(world.month)
        lab.best_released = max(lab.best_released, draft.capability)
        lab.best_underlying = max(lab.best_underlying, draft.underlying)

    def _safeguard(self, lab: Lab, draft: Draft) -> tuple[Draft, int]:
        """Make an open release carry what the law asks for.

        It costs the lab money and the release capability. Returns the draft as it comes out, and
        the number of what it carries among ``safeguards``.
        """
        world, none = self.world, self.world.p.no_model_capability
        luck = world.streams("release").uniform(lab.identity, draft.draw, ReleaseDraw.SAFEGUARDED)
        duties = [d for d in world.law.safeguards if lab.index in d.labs and luck < d.strength]
        for duty in duties:
            lab.expense += duty.cost
            world.charge("labs", duty.cost)
            lost = [duty.tax * max(0.0, x - none) for x in (draft.capability, draft.underlying)]
            draft = draft._replace(
                capability=draft.capability - lost[0], underlying=draft.underlying - lost[1]
            )
        return draft, world.safeguards.number(carry(duties))

    def _share_ideas(
        self, row: int, draft: Draft, origin: int, parts: Parts, controlled: bool
    ) -> None:
        """Open releases make their efficiency public.

        They do so the more, the more of papers, code and data they carry.
        """
        p = self.world.p
        hidden = 1.0 - revealed(parts, draft.documented)
        idea = (draft.efficiency - p.idea_embargo - p.idea_opacity * hidden, origin)
        if controlled:
            self.world.ideas.hold(row, idea)
        else:
            self.world.ideas.spread(idea)

    def _time_leak(self, row: int, draft: Draft, lab: Lab) -> None:
        """Draw the month in which weights that are not free reach mirrors: a constant hazard."""
        world, closed = self.world, draft.mode == API
        hazard = world.p.theft_hazard if closed else world.p.leak_hazard
        if draft.mode == GATED:
            hazard *= float(world.law.gate_leak[world.law.class_of[lab.index]])
        if hazard > 0.0 and world.month >= 0 and not (closed and draft.small):
            u = world.streams("leak").uniform(lab.identity, draft.draw)
            wait = 1 if hazard >= 1.0 else 1 + int(min(log(u) / log1p(-hazard), FAR))
            if not closed or wait <= THEFT_WINDOW:
                self.leaks.setdefault(world.month + wait, []).append(row)

    # what labs learn from others' services

    def rank_teachers(self) -> None:
        """Rank labs by their best release, as far as it is out this month."""
        # The sort is stable: of equals the first lab comes first.
        ranked = sorted(self.world.labs, key=attrgetter("best_underlying"), reverse=True)
        now = [(lab.best_underlying, lab.origin, lab.index) for lab in ranked]
        self.teachers = [*self.teachers[-1:], now]

    def teacher(self, student: Lab, known: float) -> tuple[float, int, float]:
        """The best release two months old of any other lab.

        Under barriers it is the one that teaches the student most.

        Parameters
        ----------
        student : Lab
        known : float
            Capability (index points) from which a service teaches the student something.

        Returns
        -------
        underlying : float
            Capability without noise, index points.
        origin : int
        share : float
            What the law's barrier leaves of the lesson, 0 to 1.
        """
        world, ranking = self.world, self.teachers[0]
        if not world.tables.services_barred:
            underlying, origin, lab = ranking[0]
            if lab == student.index:
                underlying, origin, lab = ranking[1]
            return underlying, origin, 1.0
        barrier = world.law.distillation_barrier[student.index].tolist()
        left = [barrier[k] for k in world.law.class_of.tolist()]
        others = [one for one in ranking if one[-1] != student.index]
        underlying, origin, lab = max(
            others, key=lambda one: max(0.0, one[0] - known) * left[one[-1]]
        )
        return underlying, origin, left[lab]

    # what becomes of a release

    def leak(self, month: int) -> None:
        """Weights reach mirrors whose month has come, and those no longer under control."""
        world = self.world
        for row in self.leaks.pop(month, ()):
            self.mirror(row)
        c, luck = world.catalogue.columns, world.streams("release")
        for row in world.ideas.held():
            lab = int(c.lab[row])
            bound = world.law.controlled[world.law.class_of[lab]]
            if (
                luck.uniform(world.labs[lab].identity, int(c.draw[row]), ReleaseDraw.CONTROLLED)
                >= bound
            ):
                self.mirror(row)

    def mirror(self, row: int) -> None:
        """A release's weights are on mirrors from now on."""
        self.world.catalogue.columns.mirrored[row] = True
        self.world.ideas.free(row)

    def disclose(self, row: int) -> None:
        """A compromise became known.

        Its users lose trust in the origin's security, and derivatives are mended.
        """
        c = self.world.catalogue.columns
        lab, origin = int(c.lab[row]), int(c.origin[row])
        for country in self.world.country_agents:
            country.hear(origin, lab)
        self.mend(row)

    def mend(self, row: int) -> None:
        """Derivatives of a compromised release are mended."""
        world, c = self.world, self.world.catalogue.columns
        lab, rows = int(c.lab[row]), world.market.release[DEVELOPER]
        hidden = c.compromised[rows] & (world.market.family == lab)
        used = np.where(hidden, world.tally.slot[DEVELOPER], 0.0)
        total = float(used.sum())
        left = 1.0 - float(used[rows == row].sum()) / total if total > 0.0 else 0.0
        world.derivatives.mend(lab, left)

    def count_of_firms(self, months: int) -> list[tuple[int, int]]:
        """Closed and open releases of firms in the last months, by origin: (origin, 2)."""
        counts = self.of_firms[-months:] or [[0] * 2 * len(ORIGINS)]
        summed = [sum(column) for column in zip(*counts, strict=True)]
        return list(zip(summed[::2], summed[1::2], strict=True))
