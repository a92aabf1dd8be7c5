"""The kinds of plot of a study: for each the frame it is drawn from, and the drawing.

A picture is drawn from its frame, so the two cannot differ. What is asked for is checked here, once
for all kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.figure import Figure

from sim.messages import nearest, one_of
from sim.report import distributions, figure_data, intervals, levers, maps, over_time, ranks
from sim.report.asked import Asked
from sim.report.over_time import MOST_CASES
from sim.report.view import View, is_count
from sim.vocabulary import REGIONS

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study
    from sim.sweep.design import Case


class Kind(NamedTuple):
    """A kind of plot.

    Attributes
    ----------
    frame, draw : callable
        What is plotted, and its picture.
    months : tuple of int
        How many months may be asked for, 0 apart.
    levers : int
        How many levers it takes.
    most : int or None
        Scenarios it has room for; None where the kind says it itself.
    """

    frame: Callable[[Asked], pd.DataFrame]
    draw: Callable[[Asked, pd.DataFrame], Figure]
    months: tuple[int, ...] = ()
    levers: int = 0
    most: int | None = MOST_CASES


def _bands_frame(asked: Asked) -> pd.DataFrame:
    study = asked.study
    whole = study.design.keep.months == "all"
    if is_count(asked.outcome) and not whole:
        raise ValueError(
            f"kind 'bands' shows {asked.name!r}, a count of a month, as means of twelve months; "
            "this study did not keep every month (keep.months of the experiment)"
        )
    names = [case.name for case in asked.with_references]
    frame = figure_data.levels_frame(View(study), [asked.name], names)
    return frame.assign(title=[asked.title(name) for name in frame["scenario"]])


def _bands(asked: Asked, frame: pd.DataFrame) -> Figure:
    return over_time.plot(View(asked.study), asked.name, list(dict.fromkeys(frame["scenario"])))


def _map_frame(asked: Asked) -> pd.DataFrame:
    return maps.frame(View(asked.study), *_mapped(asked))


def _map(asked: Asked, frame: pd.DataFrame) -> Figure:
    view, origin = View(asked.study), frame["origin"].iloc[0]
    against, *policies = dict.fromkeys(frame["scenario"])
    if not policies:
        return maps.share_map(view, against, origin)
    return maps.change_map(view, policies[0], origin)


def _mapped(asked: Asked) -> tuple[str, str | None]:
    """Return the origin that a map shows, and the scenario whose change it shows, if any."""
    study = asked.study
    origin, _, region = asked.name.partition("_share_")
    if origin not in maps.MAPPED or region not in REGIONS:
        known = [f"{name}_share_abroad" for name in maps.MAPPED]
        raise ValueError(f"kind 'map' shows {one_of(known)}, by country, not {asked.name!r}")
    if study.design.keep.countries == "none":
        raise ValueError(
            "kind 'map' needs use by country, which this study did not keep (keep.countries of the "
            "experiment)"
        )
    asked_for = [case.name for case in asked.cases]
    if asked_for == [study.against] or len(asked_for) == len(study.cases):
        return origin, None
    if len(asked_for) > 1:
        raise ValueError(
            f"kind 'map' shows one scenario at a time, not {len(asked_for)}: name it with "
            "scenarios=[...]"
        )
    return origin, asked_for[0]


KINDS = {
    "bands": Kind(_bands_frame, _bands),
    "ridgeline": Kind(distributions.ridge_frame, distributions.ridgeline, months=(1,)),
    "ecdf": Kind(distributions.ecdf_frame, distributions.ecdf, months=(1,)),
    "differences": Kind(intervals.differences_frame, intervals.differences),
    "dose": Kind(levers.dose_frame, levers.dose, levers=1, most=None),
    "heat": Kind(levers.heat_frame, levers.heat, levers=2, most=None),
    "ranks": Kind(ranks.ranks_frame, ranks.ranks, most=None),
    "flows": Kind(intervals.flows_frame, intervals.flows, months=(2,), most=12),
    "map": Kind(_map_frame, _map, most=None),
}
"""Every kind of plot by its name."""


def ask(
    study: Study,
    outcome: str,
    scenarios: Sequence[str] | None,
    kind: str,
    month: str | Sequence[str] | None,
    lever: str | Sequence[str] | None,
) -> tuple[Kind, Asked]:
    """Return a kind and a question to it, in which every name is known.

    Parameters and errors are those of `sim.report.plot`.
    """
    if kind not in KINDS:
        raise ValueError(
            f"no kind of plot {kind!r}; there are {one_of(KINDS)}{nearest(kind, KINDS)}"
        )
    held = study.outcomes()
    if not held:
        raise ValueError("nothing to plot: no run finished")
    if outcome not in held:
        raise KeyError(f"no outcome {outcome!r} in this study{nearest(outcome, held)}")
    chosen = KINDS[kind]
    cases = _cases(study, _listed(scenarios))
    if chosen.most is not None and len(cases) > chosen.most:
        raise ValueError(
            f"kind {kind!r} has room for {chosen.most} scenarios, not {len(cases)}: name some with "
            "scenarios=[...]"
        )
    months = tuple(_listed(month))
    if months and len(months) not in chosen.months:
        takes = {(): "no month", (1,): "one month", (2,): "two months"}[chosen.months]
        raise ValueError(f"kind {kind!r} takes {takes}, not {', '.join(map(repr, months))}")
    paths = tuple(_paths(study, kind, chosen.levers, _listed(lever)))
    return chosen, Asked(study, outcome, cases, months, paths)


def _listed(given: str | Sequence[str] | None) -> list[str]:
    if given is None:
        return []
    return [given] if isinstance(given, str) else list(given)


def _cases(study: Study, asked_for: Sequence[str]) -> tuple[Case, ...]:
    """Return the cases meant, in the order of the study: a scenario stands for all its cases."""
    if not asked_for:
        return tuple(study.cases)
    meant = {
        name: [c for c in study.cases if name in (c.name, c.scenario.name)] for name in asked_for
    }
    for name, found in meant.items():
        if not found:
            study.case(name)  # says what there is
    names = {case.name for found in meant.values() for case in found}
    return tuple(case for case in study.cases if case.name in names)


def _paths(study: Study, kind: str, number: int, asked_for: Sequence[str]) -> list[str]:
    """Return the key paths of the levers meant, each by its whole path or its last word."""
    known = study.lever_paths
    if asked_for and not number:
        raise ValueError(f"kind {kind!r} takes no lever, not {', '.join(map(repr, asked_for))}")
    what = "one lever" if number == 1 else "two levers"
    if number and not asked_for:
        asked_for = known
    if len(asked_for) != number:
        has = one_of(known) if known else "none: run a sweep with [levers]"
        example = 'lever="PATH"' if number == 1 else 'lever=("PATH", "PATH")'
        raise ValueError(f"kind {kind!r} takes {what}: {example}; this study has {has}")
    found = []
    for name in asked_for:
        meant = [path for path in known if name in (path, path.split(".")[-1])]
        meant = [name] if name in meant else meant
        if len(meant) != 1:
            problem = f"no lever {name!r}" if not meant else f"lever {name!r} may mean several"
            last_words = [path.split(".")[-1] for path in known]
            near = nearest(name, [*known, *last_words])
            raise ValueError(f"{problem}; this study has {one_of(known)}{near}")
        found += meant
    return found
