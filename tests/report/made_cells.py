"""Findings that are made up."""

from __future__ import annotations

from sim.analysis import rubric, wording
from sim.model.outcomes import OUTCOMES
from sim.report.cells import Cell


def cell(
    sign: str,
    median: float = 10.0,
    most: float = 1.0,
    factor: str = "transparency",
) -> Cell:
    """A finding on a share; `most` of its pairs are where the sign says, none on the other side."""
    sides = {"+": (most, 0.0, 1 - most), "-": (0.0, most, 1 - most), "0": (0.0, 1 - most, most)}
    if sign == "?":
        sides["?"] = (most, 1 - most, 0.0)
    chances = rubric.Chances(*sides[sign[0]])
    return Cell(
        unit="replications",
        scenario="a",
        factor=factor,
        outcome=OUTCOMES["us_share_abroad"],
        reference=0.4,
        difference=median / 100,
        median=median,
        low=median - 5,
        high=median + 5,
        scale="points",
        p_higher=chances.higher,
        p_lower=chances.lower,
        p_floor=chances.floor,
        sign=sign,
        word=wording.word(sign, chances),
        pairs=16,
        first_month="2027-01",
        last_month="2030-12",
    )
