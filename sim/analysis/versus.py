"""Two folders of one question, as two versions of the model give them: which findings differ."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.study import Study
from sim.messages import ScenarioError, one_of
from sim.sweep.folder import AnyVersion

if TYPE_CHECKING:
    import pandas as pd

MOST_SHOWN = 8
KEPT = ("median", "low", "high", "sign", "word", "pairs")
"""What is told of each of the two."""


def opened(folder: str | os.PathLike[str]) -> Study:
    """Return the study of a folder that any version of the model made: to be read only.

    Raises
    ------
    StoreError
        If it holds no results, damaged ones, or ones of another format.
    """
    return Study(*AnyVersion.open(folder))


def versus(new: Study, old: Study) -> pd.DataFrame:
    """Return every finding of two studies of one question side by side.

    Parameters
    ----------
    new, old
        Finished runs of the same cases, made by two versions of the model. Seed, draws and
        replications may be others.

    Returns
    -------
    DataFrame
        A row per case and outcome that both have: scenario, title, outcome, scale, median, low,
        high, sign, word and pairs of the old and the new one (after "old_" and "new_"; as in
        `Study.table`), and differs: "sign" if the sign is another (a doubled one counts as the
        single), "interval" if the intervals do not overlap, "sign, interval" if both, else "".

    Raises
    ------
    ScenarioError
        If the two answer different questions: what differs.
    """
    import pandas as pd

    problems = list(_other_questions(new, old))
    if problems:
        more = len(problems) - MOST_SHOWN
        cut = [*problems[:MOST_SHOWN], *([f"and {more} more"] if more > 0 else [])]
        raise ScenarioError(f"the two folders answer different questions: {what}" for what in cut)
    shared = [name for name in new.outcomes() if name in old.outcomes()]
    if not shared:
        raise ScenarioError(["the two folders have no outcome in common"])
    ours, theirs = (study.table(shared) for study in (new, old))
    both = ours.merge(theirs, on=["scenario", "outcome"], suffixes=("", "_old"), sort=False)
    found = pd.DataFrame(
        {key: both[key] for key in ("scenario", "title", "outcome", "scale")}
        | {f"old_{key}": both[f"{key}_old"] for key in KEPT}
        | {f"new_{key}": both[key] for key in KEPT}
    )
    found["differs"] = _differs(found)
    return found


def _differs(found: pd.DataFrame) -> list[str]:
    """Return in what each finding differs."""
    sign = [a[:1] != b[:1] for a, b in zip(found["old_sign"], found["new_sign"], strict=True)]
    apart = (found["old_low"] > found["new_high"]) | (found["new_low"] > found["old_high"])
    return [
        ", ".join(word for word, is_so in (("sign", a), ("interval", b)) if is_so)
        for a, b in zip(sign, np.asarray(apart, bool), strict=True)
    ]


def _other_questions(new: Study, old: Study) -> Iterator[str]:
    """Yield in what two studies ask something else: cases, references, worlds, months."""
    ours, theirs = ({case.name: case for case in study.cases} for study in (new, old))
    for names, where in (
        ([name for name in ours if name not in theirs], "newer"),
        ([name for name in theirs if name not in ours], "older"),
    ):
        if names:
            yield f"only the {where} folder has {one_of(names)}"
    for name in ours:
        if name not in theirs:
            continue
        here, there = ours[name], theirs[name]
        if here.against != there.against:
            yield f"{name!r} is compared with {here.against!r}, in the older with {there.against!r}"
        if here.scenario.id != there.scenario.id:
            yield (
                f"{name!r} is another scenario: {here.scenario.id}, in the older "
                f"{there.scenario.id} (openstakes diff shows two files)"
            )
        elif new.months_compared(name) != old.months_compared(name):
            spans = [_span(study.months_compared(name)) for study in (new, old)]
            yield f"{name!r} is compared over {spans[0]}, in the older over {spans[1]}"


def _span(months: list[str]) -> str:
    return f"{len(months)} months, {months[0]} to {months[-1]}" if months else "no month"
