"""Chips: stocks in China and elsewhere under export controls, and the largest run they allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.model.law import Law
    from sim.model.world import World

BUYING_ENDS = 10
"""Month (0 is January 2023) before which Chinese firms bought ahead of tighter controls: November
2023."""
FORESIGHT = 36
"""Months ahead for which tighter controls that are announced make Chinese firms buy ahead: the
longest notice."""
BINDS_FROM = 0.5
"""Stringency above which export controls cut growth of what China buys, all of it at 1: judgement,
0.3-0.7."""
MOST_SMUGGLED = 0.95
"""Largest smuggled share of China's stock, which keeps the stock finite."""
EARLY_DOMESTIC_YEARS = 2.0
"""Years from the start of 2023 in which Chinese production grows as in 2023."""
YEARS_TO_2030 = 7.0
RENTED_IN = 30
"""Month (0 is January 2023) of which ``rented_share`` is stated: mid 2025."""
LEAST_LEFT = 1e-6
"""Share of its compute that a lab keeps at least, which keeps its run finite."""
MOST_CHIPS = 1e20
"""Largest stock, beyond all that could be made: it keeps stocks finite under extreme parameters."""


@dataclass(slots=True)
class Chips:
    """Stocks of installed chips (H100-equivalents) and training runs (log10 FLOP).

    Attributes
    ----------
    legal : dict
        Bought chips in "CN" and in the rest of the world ("row").
    domestic, smuggled : float
        Chips of Chinese make, and smuggled ones.
    run_frontier : float
        Largest training run, log10 FLOP.
    run_path : list of float (month,)
        The same in every month so far.
    shortage : float
        How far controls, and China's own refusal, cut what it buys, 0 to 1.
    gap : float
        Change since January 2023 of China's effective stock over that of the US, orders of
        magnitude.
    gap_at_start : float or None
        Their ratio in January 2023, orders of magnitude.
    behind : dict of int to float
        Legal chips of each lab that was ever listed, against what it would have unlisted (0-1 but
        for what it bought ahead).
    gap_when_stated : float
        ``gap`` in the month of which ``rented_share`` is stated, or now before it.
    cut : dict of int to float
        Change of the compute of labs that were listed or lose rented chips against that of other
        Chinese labs, orders of magnitude.
    shortages : dict of int to float
        ``shortage`` of the labs that are listed.
    """

    legal: dict[str, float]
    domestic: float
    run_frontier: float
    smuggled: float = 0.0
    shortage: float = 0.0
    gap: float = 0.0
    gap_at_start: float | None = None
    run_path: list[float] = field(default_factory=list)
    behind: dict[int, float] = field(default_factory=dict)
    gap_when_stated: float = 0.0
    cut: dict[int, float] = field(default_factory=dict)
    shortages: dict[int, float] = field(default_factory=dict)

    def in_china(self) -> float:
        """Chinese stock: legal, domestic and smuggled."""
        return self.legal["CN"] + self.domestic + self.smuggled

    def gap_of(self, lab: int) -> float:
        """``gap`` as one Chinese lab has it: that of the country unless its name is in the law."""
        return self.gap + self.cut.get(lab, 0.0)

    def shortage_of(self, lab: int) -> float:
        """``shortage`` as one Chinese lab has it."""
        return self.shortages.get(lab, self.shortage)

    def grow(self, world: World) -> None:
        """A month: stocks grow under the controls, and the largest run grows."""
        p, law, year = world.p, world.law, world.month / 12.0
        bought = 1.0 - law.import_refusal
        self.shortage = _shortage(law.stringency, law)
        growth = path(
            year,
            (p.stock_growth_2023, p.stock_growth_2024, p.stock_growth_2025),
            p.stock_growth_2030,
        )
        coming = world.prospect(world.month + FORESIGHT)
        tightens = coming is not None and coming.stringency > law.stringency
        ahead = p.buying_ahead if world.month < BUYING_ENDS or tightens else 1.0
        self.legal["row"] = _grown(self.legal["row"], log(growth) / 12.0)
        self.legal["CN"] = _grown(
            self.legal["CN"],
            (1.0 - self.shortage) * log(growth) / 12.0 + bought * log(ahead) / 12.0,
        )
        self._grow_listed(world, coming, growth, ahead)
        production = p.domestic_growth_2023 if year < EARLY_DOMESTIC_YEARS else p.domestic_growth
        home_made = log(production * law.chip_support)
        self.domestic = _grown(
            self.domestic, (home_made + p.domestic_substitution * self.shortage * log(10.0)) / 12.0
        )
        leak = min(MOST_SMUGGLED, p.smuggled_share * law.smuggling)
        self.smuggled = (self.legal["CN"] + self.domestic) * leak / (1.0 - leak)
        gap = (log(self.in_china()) - log(world.stock("us"))) / log(10.0)
        if self.gap_at_start is None:
            self.gap_at_start = gap
        self.gap = gap - self.gap_at_start
        self._cut_labs(world)
        if world.month > 0:
            step = path(year, (p.run_growth, p.run_growth), p.run_growth_2030)
            self.run_frontier += log(step) / log(10.0) / 12.0
        self.run_path.append(self.run_frontier)

    def _grow_listed(self, world: World, coming: Law | None, growth: float, ahead: float) -> None:
        """A month of the legal chips of listed labs, against those of labs that are not.

        The stricter of the listing and the control on all of China binds them. A lab whose listing
        is announced buys ahead as China does; one that is listed does so as far as it may buy.
        """
        law, bought = world.law, 1.0 - world.law.import_refusal
        listed = law.entity_listing.tolist()
        announced = listed if coming is None else coming.entity_listing.tolist()
        self.shortages = {}
        for lab, (now, then) in enumerate(zip(listed, announced, strict=True)):
            if not (now or then):
                continue
            shortage = _shortage(max(now, law.stringency), law)
            if now:
                self.shortages[lab] = shortage
            own = world.p.buying_ahead if then > max(now, law.stringency) else ahead
            own_ahead = (1.0 - _control(now)) * log(own) - log(ahead)
            step = (self.shortage - shortage) * log(growth) + bought * own_ahead
            self.behind[lab] = self.behind.get(lab, 1.0) * exp(step / 12.0)

    def _cut_labs(self, world: World) -> None:
        """What listings and rules on remote access have taken from the compute of single labs.

        Rented chips stand abroad: their part of a lab's compute rises with what the rest of the
        world has, as China's own chips fall behind, and is out of reach of a listing.
        """
        denied = world.law.remote_access.tolist()
        if world.month <= RENTED_IN:
            self.gap_when_stated = self.gap
        self.cut = {}
        for lab in {*self.behind, *(lab for lab, share in enumerate(denied) if share)}:
            rented, lost = self._rented(world.p.rented_share), 1.0 - self.behind.get(lab, 1.0)
            lost *= self.legal["CN"] / self.in_china()
            left = 1.0 - (1.0 - rented) * lost - rented * denied[lab]
            self.cut[lab] = log(max(LEAST_LEFT, left)) / log(10.0)

    def _rented(self, stated: float) -> float:
        """Share of Chinese labs' training compute that is rented abroad, from the one stated."""
        rented = stated * 10.0 ** (self.gap_when_stated - self.gap)
        return rented / (rented + 1.0 - stated)


def _control(stringency: float) -> float:
    """How far a control of some stringency cuts what is bought, 0 to 1."""
    slope = 1.0 / (1.0 - BINDS_FROM)
    return min(max(slope * (stringency - BINDS_FROM), 0.0), 1.0)


def _shortage(stringency: float, law: Law) -> float:
    """How far a control, and China's own refusal, cut what is bought, 0 to 1."""
    control = _control(stringency)
    return control + (1.0 - control) * law.import_refusal


def _grown(stock: float, step: float) -> float:
    """Stock after a month's growth (log)."""
    return min(stock * exp(step), MOST_CHIPS)


def path(year: float, known: tuple[float, ...], by_2030: float) -> float:
    """Yearly factor: known years first, then falling geometrically to its value in 2030.

    Parameters
    ----------
    year : float
        Years since the start of 2023.
    known : tuple of float
        Factors of 2023 and the years after it.
    by_2030 : float
    """
    if year < len(known):
        return known[int(year)]
    part = min(1.0, (year - len(known) + 1.0) / (YEARS_TO_2030 - len(known) + 1.0))
    return exp((1.0 - part) * log(known[-1]) + part * log(by_2030))
