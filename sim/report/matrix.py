"""The matrix of factors by policies: in short for the first screen, and whole for the annex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.analysis import wording
from sim.report import cells
from sim.report.cells import Cell, measured_alike
from sim.report.findings import Findings, PolicyFindings
from sim.report.view import View

_VERBS = {"agrees": "agree", "disagrees": "disagree", "undecided": "are undecided here"}
_STILL = "Clearly or likely no material change"


@dataclass(frozen=True)
class Row:
    """One row of the rubric: a factor, its outcome and one cell per policy."""

    factor: str
    label: str
    cells: tuple[Cell, ...]

    @property
    def level(self) -> str:
        """The outcome's level under the reference.

        "" if the cells are compared with different levels or months.
        """
        return self.cells[0].level if measured_alike(self.cells) else ""


@dataclass(frozen=True)
class Matrix:
    """The matrix in short: what changes, and in a line what does not.

    Attributes
    ----------
    policies : tuple of PolicyFindings
        Columns: policies that change a factor.
    groups : tuple of (str, tuple of Row)
        Rows under their headings: factors that a policy changes.
    period : str
        The months compared, if they are the same for all columns, else "".
    still : tuple of str
        Sentences on policies and factors of which no cell changes.
    paper : str
        How the cells stand to the paper's signs, "" if none is compared with one.
    """

    policies: tuple[PolicyFindings, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    period: str
    still: tuple[str, ...]
    paper: str


def rubric(found: Sequence[Cell]) -> list[tuple[str, list[Row]]]:
    """Return the rows of the rubric under their groups.

    These are ideological, geopolitical, and what is shown beside them.
    """
    grouped: dict[str, list[Row]] = {
        "Ideological factors": [],
        "Geopolitical factors": [],
        "Beside the six factors": [],
    }
    for factor in dict.fromkeys(cell.factor for cell in found):
        own = tuple(cell for cell in found if cell.factor == factor)
        outcome = own[0].outcome
        place = 0 if factor in cells.IDEOLOGICAL else 1 if factor in cells.GEOPOLITICAL else 2
        grouped[list(grouped)[place]].append(Row(own[0].name, outcome.label, own))
    return [(group, rows) for group, rows in grouped.items() if rows]


def beside(found: Findings) -> list[Row]:
    """Return a row for each outcome that stands beside a headline, in the order of the rubric."""
    order = [*cells.IDEOLOGICAL, *cells.GEOPOLITICAL, "other_misuse"]
    rows = [own for factor in order for own in found.beside.get(factor, [])]
    return [Row(own[0].name, own[0].outcome.label, tuple(own)) for own in rows]


def short(view: View, found: Findings) -> Matrix:
    """Return the matrix without the rows and columns in which nothing changes.

    Nothing changes where the sign is 0 (no material change, clear or likely).
    """
    moved = [cell for cell in found.headlines if cell.sign != "0"]
    policies = {cell.scenario for cell in moved}
    factors = {cell.factor for cell in moved}
    columns = tuple(policy for policy in found.policies if policy.scenario in policies)
    kept = [c for c in found.headlines if c.scenario in policies and c.factor in factors]
    groups = tuple((group, tuple(rows)) for group, rows in rubric(kept))
    periods = {policy.period for policy in columns}
    same = len(periods) == 1 and not any(policy.also_differs for policy in columns)
    quiet = still(view, [p.scenario for p in found.policies if p.scenario not in policies])
    idle = {cell.factor: cell.name for cell in found.headlines if cell.factor not in factors}
    names = wording.listing(list(idle.values()))
    lines = (quiet, f"{_STILL} under any policy: {names}." if idle and columns else "")
    said = tuple(line for line in lines if line)
    paper = _paper(view, found.headlines)
    return Matrix(columns, groups, periods.pop() if same else "", said, paper)


def _paper(view: View, found: Sequence[Cell]) -> str:
    """Count how cells stand to the paper's signs, and name those that disagree."""
    compared = [cell for cell in found if cell.dot]
    if not compared:
        return ""
    counts = []
    for agreement, dot in cells.DOTS.items():
        there = [cell for cell in compared if cell.agreement == agreement]
        named = "; ".join(f"{cell.name} under {view.title(cell.scenario)}" for cell in there)
        told = f" ({named})" if agreement == "disagrees" else ""
        if there:
            counts.append(f"{len(there)} {dot} {_VERBS[agreement]}{told}")
    return (
        f"Of {wording.counted(len(compared), 'cell')} on which the paper gives a sign "
        f"({cells.READING}), {wording.listing(counts)}."
    )


def still(view: View, policies: Sequence[str]) -> str:
    """Return one sentence on policies that change no factor, "" if there is none."""
    titles = wording.listing([view.title(name) for name in policies])
    return f"{_STILL} on any factor: {titles}." if policies else ""
