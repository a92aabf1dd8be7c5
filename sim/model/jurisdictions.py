"""Jurisdictions: the countries and labs that a law speaks of, and who is bound by a rule."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from sim import data
from sim.vocabulary import CHANNELS, CN, MODES, OFFERS, ORIGINS, OTHER, US


@dataclass(slots=True, eq=False)
class Jurisdictions:
    """The indices that a law speaks of, and what it knows of them.

    Without a write to single labs the classes of a law are the origins: ``classes`` holds these.

    Attributes
    ----------
    countries, blocs : tuple of str (country,)
        Codes, and the group of each.
    alignment, people_m, gdp : tuple of float (country,)
        Alignment with the US 0-1, millions of people, GDP (billion USD).
    eu : tuple of bool (country,)
        Member of the EU.
    labs : tuple of str (lab,)
        Slugs.
    lab_origins, lab_homes : tuple of int (lab,)
        Origin, and index of the home country.
    fringe : tuple of bool (lab,)
    sizes : dict of str to int
        Length of every axis of the law's fields.
    classes : tuple of int arrays (lab,) and (class,)
        Class of each lab, and origin of each class.
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
    sizes: dict[str, int] = field(init=False)
    _content: tuple[Any, ...] = field(init=False, repr=False)
    classes: tuple[np.ndarray, np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        self.sizes = {
            "country": len(self.countries),
            "origin": len(ORIGINS),
            "class": len(ORIGINS),
            "channel": len(CHANNELS),
            "mode": len(MODES),
            "offer": len(OFFERS),
            "lab": len(self.labs),
            "student": len(self.labs),
        }
        self.classes = np.array(self.lab_origins, np.int64), np.arange(len(ORIGINS))
        places = self.countries, self.blocs, self.alignment, self.people_m, self.gdp, self.eu
        self._content = *places, self.labs, self.lab_origins, self.lab_homes, self.fringe

    def __eq__(self, other: object) -> bool:
        """Laws are kept by whom they are for: a copy of a world asks for those of the original."""
        return isinstance(other, Jurisdictions) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self.labs)

    @classmethod
    @lru_cache(maxsize=1)
    def of_tables(cls) -> Jurisdictions:
        """Those of the tables of countries and labs; all worlds share them."""
        countries, labs = data.countries(), data.labs()
        codes = [c.code for c in countries]
        return cls(
            countries=tuple(codes),
            blocs=tuple(c.bloc for c in countries),
            alignment=tuple(c.alignment for c in countries),
            people_m=tuple(c.people_m for c in countries),
            gdp=tuple(c.gdp_usd_bn for c in countries),
            eu=tuple(c.eu for c in countries),
            labs=tuple(lab.slug for lab in labs),
            lab_origins=tuple(ORIGINS.index(lab.origin) for lab in labs),
            lab_homes=tuple(codes.index(lab.home) for lab in labs),
            fringe=tuple(lab.kind == "fringe" for lab in labs),
        )

    def country_indices(self, codes: Collection[str]) -> tuple[int, ...]:
        """Indices of country codes, ascending."""
        wanted = set(codes)
        return tuple(i for i, code in enumerate(self.countries) if code in wanted)

    def bound_labs(
        self,
        allied_coverage: float = 0.0,
        allies: Collection[str] = (),
        allied_labs: Collection[str] = (),
    ) -> tuple[int, ...]:
        """US firms, and the other non-Chinese firms that join.

        These are the share ``allied_coverage`` of them in order of their home's alignment, those at
        home in ``allies`` (codes) and ``allied_labs`` (slugs). Fringe labs release at an outside
        rate and owe nothing themselves; their users do (see :meth:`covered_labs`).
        """
        us = [i for i, o in enumerate(self.lab_origins) if o == US and not self.fringe[i]]
        others = sorted(
            (i for i, o in enumerate(self.lab_origins) if o == OTHER),
            key=lambda i: (-self.alignment[self.lab_homes[i]], i),
        )
        aligned = others[: round(allied_coverage * len(others))]
        named = (
            i
            for i in others
            if self.countries[self.lab_homes[i]] in allies or self.labs[i] in allied_labs
        )
        return tuple(sorted({*us, *aligned, *named}))

    def covered_labs(
        self,
        allied_coverage: float = 0.0,
        allies: Collection[str] = (),
        allied_labs: Collection[str] = (),
    ) -> tuple[int, ...]:
        """Labs whose users a rule binds: those bound themselves, and the US fringe."""
        fringe = (i for i in self.labs_of(US) if self.fringe[i])
        return tuple(sorted((*self.bound_labs(allied_coverage, allies, allied_labs), *fringe)))

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
            (i for i, b in enumerate(self.blocs) if b == "us_aligned"),
            key=lambda i: (-self.alignment[i], i),
        )
        return tuple(sorted(us + allies[: round(allied_coverage * len(allies))]))

    def economy(self, countries: Sequence[int]) -> float:
        """GDP of some countries as a multiple of that of the US."""
        home = sum(gdp for gdp, bloc in zip(self.gdp, self.blocs, strict=True) if bloc == "US")
        return sum(self.gdp[i] for i in countries) / home
