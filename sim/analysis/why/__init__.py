"""Why a finished comparison gives what it gives, found by running: `openstakes why DIR`.

`parts` takes scenarios apart, `shares` divides the variance of changes between uncertain numbers
and luck, `break_evens` looks for the values at which verdicts flip. `ask` runs what each question
needs, under the draws, replications and seed of the comparison where it can, into a results folder
of its own in DIR/why, and writes what it finds there as CSV; `Why` reads that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sim.sweep.code import code_digest
from sim.sweep.files import StoreError, file_in, folder_in
from sim.sweep.manifest import designs_file, made_by, plan_table
from sim.sweep.parts import hash_of

if TYPE_CHECKING:
    import pandas as pd

    from sim.sweep.design import Design

FOLDER, ABOUT = "why", "about.json"
PARTS, LEADING = "parts.csv", "leading-parts.csv"
VARIANCE, BREAK_EVENS = "variance.csv", "break-evens.csv"
TABLES = {"parts": (PARTS, LEADING), "variance": (VARIANCE,), "break-evens": (BREAK_EVENS,)}
"""The files of each question, in the order in which they are asked."""


@dataclass(frozen=True)
class Why:
    """What was found on a comparison; None of what was not asked, or not of this comparison.

    Attributes
    ----------
    parts : DataFrame
        What parts of scenarios contribute (`parts.contributions`).
    leading : DataFrame
        Which parts make up most of each change (`parts.leading`).
    variance : DataFrame
        What the variance of changes is due to (`shares.variance`).
    break_evens : DataFrame
        Where verdicts flip (`break_evens.COLUMNS`).
    """

    parts: pd.DataFrame | None = None
    leading: pd.DataFrame | None = None
    variance: pd.DataFrame | None = None
    break_evens: pd.DataFrame | None = None

    @classmethod
    def of(cls, folder: Path) -> Why | None:
        """Return what was found on the comparison in a folder; None if there is nothing.

        What was found on an earlier state of it, with fewer draws or other scenarios, or by other
        code, does not count.

        Raises
        ------
        StoreError
            If the folder holds no results, or a file of what was found is damaged.
        """
        known = asked(folder)
        if not known:
            return None
        from sim.sweep.folder import Folder

        mine = identity(Folder.plan(folder))
        current = [question for question, of in known.items() if of == mine]
        found = {name: _read(folder, name) for question in current for name in TABLES[question]}
        if not found:
            return None
        return cls(*(found.get(name) for name in (PARTS, LEADING, VARIANCE, BREAK_EVENS)))


ANSWERS = (
    "analysis/why",
    "analysis/comparison.py",
    "analysis/crossings.py",
    "analysis/resampling.py",
    "analysis/rubric.py",
)
"""The code that makes tables of runs."""


def identity(design: Design) -> str:
    """Return what an answer is told by: plan and draws, the code of the runs and of the answers."""
    about = {"plan": plan_table(design), "made_by": made_by(), "answers": code_digest(ANSWERS)}
    text = json.dumps(about, sort_keys=True, separators=(",", ":"))
    return hash_of(text.encode() + designs_file(design))


def asked(folder: Path) -> dict[str, str]:
    """Return the questions that were asked of a folder, each with the `identity` it was asked of.

    Raises
    ------
    StoreError
        If the file that says so is damaged.
    """
    place = folder_in(folder, FOLDER) if folder.is_dir() else None
    path = None if place is None else file_in(place, ABOUT)
    if path is None:
        return {}
    try:
        table = json.loads(path.read_bytes())["asked"]
        return {question: str(table[question]) for question in TABLES if question in table}
    except (LookupError, RecursionError, TypeError, ValueError):
        raise _damaged(path, folder) from None


def _read(folder: Path, name: str) -> pd.DataFrame:
    import pandas as pd

    path = folder / FOLDER / name
    try:
        frame = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=_TEXTS)
        return frame.fillna({name: "" for name in _TEXTS if name in frame})
    except (OSError, ValueError):
        raise _damaged(path, folder) from None


_TEXTS = dict.fromkeys(
    ("scenario", "title", "outcome", "label", "against", "against_title", "number", "description",
     "unit", "part", "parts", "measure", "kind", "found", "scale", "sign"),
    str,
)  # fmt: skip


def _damaged(path: Path, folder: Path) -> StoreError:
    return StoreError(f"{path} is missing or damaged: openstakes why {folder} writes it again")
