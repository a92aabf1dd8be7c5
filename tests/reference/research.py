"""Plain compute, research and release mode: recurrences over a world's records.

They have a memory of their own.
"""

from __future__ import annotations

from math import exp, log, log10

from sim import data
from sim.model.world import World
from sim.vocabulary import CN, OPEN_WEIGHTS

NOVEMBER_2023 = 10


def yearly(year: float, known: list[float], by_2030: float) -> float:
    """Factor of a year: given for the first years, then a geometric path to 2030."""
    if year < len(known):
        return known[int(year)]
    first = len(known) - 1
    part = min(1.0, (year - first) / (7 - first))
    return known[-1] ** (1.0 - part) * by_2030**part


class PlainResearch:
    """What labs know and how large they train, month by month, from the equations alone.

    Attributes
    ----------
    efficiency, distilled : list of float, by lab (OOM)
    gains : list of float, by origin: efficiency gained this month (OOM)
    run, offset : float and list of float: frontier run and each lab's distance to it (log10 FLOP)
    row, china, domestic, smuggled : float, H100-equivalents
    listed, squeezed, lost : dict of float, by lab that was ever listed or loses rented chips: legal
        chips as if all of China were in its place, its shortage while listed, OOM of its compute
    """

    def __init__(self, world: World) -> None:
        self.world, self.p = world, world.p
        n = len(world.labs)
        self.efficiency, self.distilled, self.gains = [0.0] * n, [0.0] * n, [0.0] * 3
        self.offset = [lab.info.run_offset for lab in world.labs]
        self.run = world.p.run_flop_2023
        self.row, self.china = world.p.stock_row_2022, world.p.stock_cn_2022
        self.domestic = world.p.domestic_2022
        self.smuggled = self.gap = self.squeeze = 0.0
        self.first_gap: float | None = None
        self.gap_in_2025 = 0.0
        self.listed: dict[int, float] = {}
        self.squeezed: dict[int, float] = {}
        self.lost: dict[int, float] = {}
        self.spread = [(-1e9, 0)]
        self.best: list[list[tuple[float, int, int]]] = []
        self.quality = [0.0] * n
        self.look()

    def look(self) -> None:
        """Remember how the month ended: qualities, and the catalogue with its mirrors."""
        c, n = self.world.catalogue.columns, len(self.world.catalogue)
        names = (
            "lab", "origin", "mode", "underlying", "efficiency", "weights", "data", "code",
            "documented",
        )  # fmt: skip
        names += ("controlled", "mirrored")
        self.releases = [
            dict(zip(names, row, strict=True))
            for row in zip(*(getattr(c, x)[:n].tolist() for x in names), strict=True)
        ]
        self.quality = [lab.quality for lab in self.world.labs]

    def step(self) -> None:
        """Follow the world through the month it has just done."""
        self.compute()
        self.research()
        self.look()

    def compute(self) -> None:
        """Stocks under control, the frontier run, and runs that grow with revenue."""
        p, world, month = self.p, self.world, self.world.month
        declined = world.law.import_refusal
        left = (1.0 - min(max(2.0 * (world.law.stringency - 0.5), 0.0), 1.0)) * (1.0 - declined)
        self.squeeze = 1.0 - left
        known = [p.stock_growth_2023, p.stock_growth_2024, p.stock_growth_2025]
        growth = yearly(month / 12.0, known, p.stock_growth_2030)
        self.row *= growth ** (1 / 12)
        ahead = p.buying_ahead if month < NOVEMBER_2023 else 1.0
        self.list_labs(growth, ahead, left, declined)
        self.china *= (growth**left * ahead ** (1.0 - declined)) ** (1 / 12)
        self.domestic *= (
            (p.domestic_growth_2023 if month < 24 else p.domestic_growth)
            * self.world.law.chip_support
        ) ** (1 / 12)
        share = min(0.95, p.smuggled_share * world.law.smuggling)
        self.smuggled = (self.china + self.domestic) * share / (1.0 - share)
        gap = log10((self.china + self.domestic + self.smuggled) / (p.us_stock_share * self.row))
        self.first_gap = gap if self.first_gap is None else self.first_gap
        self.gap = gap - self.first_gap
        self.lose_compute()
        if month > 0:
            self.run += log10(yearly(month / 12.0, [p.run_growth] * 2, p.run_growth_2030)) / 12.0
        for i, lab in enumerate(world.labs):
            paid = lab.share_history[:-1]
            if month >= world.handover and len(paid) > 12:
                change = p.reinvestment * log((paid[-1] + 0.002) / (paid[-13] + 0.002)) / 12.0
                self.offset[i] += min(
                    max(change, -p.reinvestment_cap / 12.0), p.reinvestment_cap / 12.0
                )

    def list_labs(self, growth: float, ahead: float, left: float, declined: float) -> None:
        """A month of the legal chips that China would have if all of it were where a lab is."""
        self.squeezed = {}
        for i, listing in enumerate(self.world.law.entity_listing.tolist()):
            if not listing and i not in self.listed:
                continue
            stringency = max(listing, self.world.law.stringency)
            bought = (1.0 - min(max(2.0 * (stringency - 0.5), 0.0), 1.0)) * (1.0 - declined)
            hoarding = (1.0 - min(max(2.0 * (listing - 0.5), 0.0), 1.0)) * (1.0 - declined)
            if listing:
                self.squeezed[i] = 1.0 - bought
            stock = self.listed.get(i, self.china)
            self.listed[i] = stock * (growth**bought * ahead**hoarding) ** (1 / 12)

    def lose_compute(self) -> None:
        """What labs lack of the compute that others in China have, rented chips included."""
        p, world = self.p, self.world
        if world.month <= 30:
            self.gap_in_2025 = self.gap
        rented = p.rented_share * 10.0**self.gap_in_2025
        owned = (1.0 - p.rented_share) * 10.0**self.gap
        total = self.china + self.domestic + self.smuggled
        self.lost = {}
        for i, denied in enumerate(world.law.remote_access.tolist()):
            own = owned * (1.0 - (self.china - self.listed.get(i, self.china)) / total)
            left = (own + rented * (1.0 - denied)) / (owned + rented)
            self.lost[i] = log10(max(1e-6, left))

    def public(self, origin: int) -> tuple[float, int]:
        """Best efficiency that labs of an origin can read about, and whose it is."""
        p = self.p
        read = [self.spread[-1]]
        for r in self.releases:
            held = origin == CN and r["controlled"] and not r["mirrored"]
            if r["mode"] >= OPEN_WEIGHTS and not held:
                reveal = (
                    0.1 * r["weights"] + 0.3 * r["data"] + 0.5 * r["code"] + 0.1 * r["documented"]
                )
                read.append(
                    (
                        r["efficiency"] - p.idea_embargo - p.idea_opacity * (1.0 - reveal),
                        r["origin"],
                    )
                )
        return max(read)

    def research(self) -> None:
        """A month of gains: own, public, from scarcity, distilled from the best two months ago."""
        p, world = self.p, self.world
        leader = max(range(len(self.efficiency)), key=self.efficiency.__getitem__)
        told = self.efficiency[leader] - p.algorithmic_growth * p.secrecy_months / 12.0
        self.spread.append(max(self.spread[-1], (told, world.labs[leader].origin)))
        best: dict[int, tuple[float, int, int]] = {}
        for r in self.releases:
            if r["underlying"] > best.get(r["lab"], (-1e9,))[0]:
                best[r["lab"]] = (r["underlying"], r["origin"], r["lab"])
        self.best.append(sorted(best.values(), key=lambda x: (-x[0], x[2])))
        self.gains = [0.0] * 3
        for lab in world.labs:
            self.research_lab(lab.index, lab.origin, lab.info.frontier)

    def research_lab(self, i: int, origin: int, frontier: bool) -> None:
        """One lab's month."""
        p, world = self.p, self.world
        run = self.run + self.offset[i]
        if origin == CN:
            run += p.compute_elasticity * (self.gap + self.lost[i])
        now = p.capability_2023 + p.capability_slope * (
            run - p.run_flop_2023 + self.efficiency[i] + self.distilled[i]
        )
        seen = self.best[max(0, len(self.best) - 2)]
        known = p.distillation_margin + now + self.quality[i]
        barrier = [float(world.law.distillation_barrier[i, k]) for k in world.law.class_of]
        # Of those who can teach it something the lab asks whom the law lets it learn most from.
        others = [(score, o, lab) for score, o, lab in seen if lab != i]
        lessons = [
            (max(0.0, score - known) * barrier[lab] / p.capability_slope, o)
            for score, o, lab in others
        ]
        behind, whose = max(lessons, key=lambda lesson: lesson[0])
        reach = 1.0 if origin == CN else p.distillation_elsewhere
        own = p.algorithmic_growth * (1.0 if frontier else p.follower_growth) / 12.0
        pool, author = self.public(origin)
        read = p.public_knowledge * max(0.0, pool - self.efficiency[i]) / 12.0
        squeeze = self.squeezed.get(i, self.squeeze) if origin == CN else 0.0
        scarce = p.scarcity_efficiency * squeeze / 12.0
        learned = p.distillation * reach * behind / 12.0
        self.efficiency[i] += own + read + scarce
        self.distilled[i] += learned - p.distilled_fade * self.distilled[i] / 12.0
        for source, gain in ((origin, own + scarce), (author, read), (whose, learned)):
            self.gains[source] += gain


class PlainRecord:
    """What every lab's own record says of its release mode.

    How often it opened, and in which situations it decided.
    """

    def __init__(self, world: World) -> None:
        self.world, self.p = world, world.p
        self.record: dict[str, list[tuple[int, bool]]] = {lab.info.slug: [] for lab in world.labs}
        self.situations: dict[str, list[tuple[float, float, float]]] = {
            slug: [] for slug in self.record
        }
        self.opened: dict[str, float] = dict.fromkeys(self.record, -1e9)
        self.licences: dict[str, list[bool]] = {slug: [] for slug in self.record}
        for row in data.releases():
            if row.month < 0:
                self.enter(row, world.p.use_2023, 0.0)

    def step(self, use_before: float) -> None:
        """Enter the month's real releases.

        ``use_before`` is the world's use when they were decided.
        """
        for row in data.releases():
            if row.month == self.world.month:
                self.enter(row, use_before, self.world.backfire)

    def enter(self, row: data.Release, use: float, backfire: float) -> None:
        """One real release."""
        p, opened = self.p, row.mode in ("open_weights", "open_source")
        score = row.capability
        if score is None and row.log_flop is not None:
            score = self.world.points(
                row.log_flop + p.algorithmic_growth * max(0, row.month) / 12.0
            )
        if opened and score is not None and row.usable:
            self.opened[row.lab] = max(self.opened[row.lab], score)
        self.record[row.lab].append((row.month, opened))
        if opened:
            self.licences[row.lab].append(row.mode == "open_source")
        if score is not None and row.month >= 0:
            self.situations[row.lab].append(
                (self.lead(row.lab, score), log10(use / 0.05), backfire)
            )

    def lead(self, slug: str, score: float) -> float:
        """Utils for closing that a lead over the best open rival is worth."""
        ahead = score - max(x for other, x in self.opened.items() if other != slug)
        slope = self.p.lead_slope if ahead > 0.0 else self.p.catchup_slope
        return slope * min(max(ahead, -40.0), 40.0) / 10.0

    def slugs_of(self, origin: int) -> set[str]:
        """Labs of an origin."""
        return {lab.info.slug for lab in self.world.labs if lab.origin == origin}

    def recent(self, slugs: set[str]) -> list[bool]:
        """Whether each release of some labs was open, of the last twelve months of the record."""
        first = self.world.handover - 12
        return [opened for slug in slugs for month, opened in self.record[slug] if month >= first]

    def open_probability(
        self, slug: str, origin: int, score: float, opening_cost: float, friction: float
    ) -> float:
        """Logit of opening: the record's log odds, and what differs from the situations in it."""
        p, past = self.p, self.situations[slug]
        now = (self.lead(slug, score), log10(self.world.world_use / 0.05), self.world.backfire)
        usual = [sum(column) / len(past) for column in zip(*past, strict=True)] if past else now
        lead, market, backfire = (x - y for x, y in zip(now, usual, strict=True))
        own, others = self.recent({slug}), self.recent(self.slugs_of(origin))
        usual = (sum(others) + 1) / (len(others) + 2)
        opened, closed = sum(own) + 4 * usual, len(own) - sum(own) + 4 * (1 - usual)
        odds = log(opened / closed) - opening_cost - friction
        odds -= lead + p.market_slope * market
        if origin == CN:
            odds += p.state_push + backfire
        return 1.0 / (1.0 + exp(-odds))
