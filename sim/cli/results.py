"""Results on stdout, as text or JSON: comparisons, runs, the size of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from sim.cli.terminal import console, indented, new_table, print_table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from sim.analysis.study import Study
    from sim.sweep.design import Case
    from sim.sweep.estimate import Estimate, Outlook

MOST_TABLES = 10
MOST_FINDINGS = 40
"""Findings of two folders that differ, on the screen."""


def print_estimate(found: Estimate) -> None:
    """Print what a sweep will cost."""
    from sim.analysis.wording import counted

    out = console()
    sizes = ((found.cases, "case"), (found.draws, "draw"), (found.replications, "replication"))
    done = f", {found.finished:,} of them finished" if found.finished else ""
    out.print(
        f"{' x '.join(counted(*size) for size in sizes)}: "
        f"{counted(found.points, 'different world')}, "
        f"{counted(found.runs, 'run')}{done}"
    )
    out.print(
        f"time    {_duration(found.seconds)} with {counted(found.workers, 'worker')}: "
        f"{found.startup:.1f} s to start, then {found.seconds_per_run:.2f} s a run"
    )
    out.print(f"disk    {_size(found.bytes)} ({_size(found.bytes_per_run)} a run)")
    out.print(f"memory  {_size(found.worker_memory)} in each worker")
    if found.sample_failed:
        out.print(
            f"{found.sample_failed} of the {counted(found.sample, 'sample run')} failed: --alone "
            f"shows why"
        )
    out.print(
        f"estimated from {counted(found.sample, 'run')} made now, and from the start of one worker "
        f"process"
    )


def cost_line(found: Outlook, left: int, finished: int, out: Path | None) -> str:
    """Return in a line what the runs that are left will cost."""
    from sim.analysis.wording import counted

    after = f" left of {left + finished:,}" if finished else ""
    disk = f", {_size(found.bytes)} in {out}" if out else ""
    return (
        f"cost: {counted(left, 'run')}{after}, about {_duration(found.seconds)} with "
        f"{counted(found.workers, 'worker')}{disk}"
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def print_comparison(study: Study) -> None:
    """Print each scenario's factors.

    Of each: the reference's level, the median change, its 5-95 %, the shares of pairs that are
    better and worse, the sign, the paper's.
    """
    from sim.analysis.wording import SINGLE, rule
    from sim.model.outcomes import OUTCOMES
    from sim.report.cells import FACTOR_NAMES
    from sim.report.findings import also_differs
    from sim.report.limits import few

    screen = console()
    rubric = study.rubric()
    heads = ["Factor", "Reference", "Change", "5-95 %", "Better", "Worse", "Sign", "Paper"]
    single = study.design.pairs == 1
    if single:
        heads = heads[:3]
    elif study.without_assumed is not None:
        heads.insert(7, "None\nassumed")
    cases = [case for case in study.cases if case.name != case.against]
    for case in cases[:MOST_TABLES]:
        first, last = study.window(case.name)
        mean = _mean_of(study.months_compared(case.name), last - first + 1)
        titles = study.titles
        title = f"{titles[case.name]} minus {titles[case.against]}, {mean}, {_counted(study)}"
        table = new_table(heads, right=(1, 2, 3, 4, 5), whole=range(1, len(heads)), gap=1)
        for row in rubric[rubric["scenario"] == case.name].to_dict("records"):
            cells = _comparison_cells(row)
            table.add_row(FACTOR_NAMES[row["factor"]], *(cells[head] for head in heads[1:]))
        screen.print(title)
        print_table(screen, table)
        also = also_differs(study, case.name)
        if also:
            screen.print(indented(also, 0))
        screen.print()
    _print_rest(screen, cases)
    if rubric.empty:
        screen.print("No outcome of the rubric was kept; --csv writes the others.")
    for factor, outcome in dict.fromkeys(zip(rubric["factor"], rubric["outcome"], strict=True)):
        screen.print(f"{FACTOR_NAMES[factor]}: {OUTCOMES[outcome].label}", soft_wrap=True)
    if single:
        screen.print(f"\n{SINGLE}")
    else:
        assumed = (
            " None assumed: the sign with every assumed response at 0."
            if "None\nassumed" in heads
            else ""
        )
        screen.print()
        same_draw = " in the same draw" if study.draws > 1 else ""
        screen.print(
            indented(
                f"Change: median of the {study.unit}, in points of a share or in percent of the "
                f"reference{same_draw}. 5-95 %: holds {study.interval_holds}.{assumed}",
                0,
            )
        )
        for line in rule(study.unit):
            screen.print(indented(line, 0))
        _print_interpolated(screen, study)
        warning = few(study)
        if warning:
            screen.print(warning)
    screen.print("Conditional comparisons under stated assumptions, not forecasts.")


def _mean_of(months: Sequence[str], window: int) -> str:
    """Return what a mean is of, for a heading.

    Parameters
    ----------
    months
        The months in the mean, as "YYYY-MM".
    window
        Number of months of the window, kept or not.
    """
    if not months:
        return "no month compared was kept"
    if len(months) == window:
        return f"mean of {months[0]} to {months[-1]}"
    if len(months) == 1:
        return f"{months[0]} alone"
    return f"mean of {len(months)} months from {months[0]} to {months[-1]}"


def _comparison_cells(row: Mapping[Any, Any]) -> dict[str, str]:
    """Return the cells of a row of the rubric by column."""
    from sim.analysis.wording import change, change_interval, number, percent, symbol
    from sim.model.outcomes import OUTCOMES

    outcome = OUTCOMES[row["outcome"]]
    return {
        "Reference": number(row["reference"], outcome),
        "Change": change(row["median"], outcome),
        "5-95 %": change_interval(row["low"], row["high"], outcome),
        "Better": percent(row["p_better"], 0),
        "Worse": percent(row["p_worse"], 0),
        "Sign": symbol(row["sign"]),
        "None\nassumed": symbol(row["sign_without_assumed"]),
        "Paper": row["agreement"].removeprefix("paper ").removesuffix(" with the paper"),
    }


def print_run(study: Study) -> None:
    """Print the headline outcomes of each case: yearly means, 5-95 % over runs in the last year."""
    from sim.model.outcomes import OUTCOMES

    screen = console()
    headlines = [name for name in study.outcomes() if OUTCOMES[name].headline]
    if not headlines:
        screen.print("No headline outcome was kept; --csv writes the others.")
    for case in study.cases[:MOST_TABLES] if headlines else ():
        screen.print(f"{study.titles[case.name]}, {_counted(study)}, yearly means")
        print_table(screen, _run_table(study, case.name, headlines))
    _print_rest(screen, study.cases)
    if study.pairs > 1:
        screen.print(f"5-95 %: over runs, holds {study.interval_holds}.")
    _print_interpolated(screen, study)
    screen.print("Conditional on the scenario's assumptions, not a forecast.")


def _run_table(study: Study, case: str, outcomes: Sequence[str]) -> Table:
    """Return the yearly means of a case, of the months kept."""
    from numpy import isnan

    from sim.analysis.wording import interval, number, unit
    from sim.model.outcomes import OUTCOMES

    months = study.months(case)
    years = _years(months)
    interval_head = (f"5-95 % in {years[-1]}",) if study.design.pairs > 1 else ()
    heads = ("Outcome", "Unit", *map(str, years), *interval_head)
    numbers = range(2, len(heads))
    table = new_table(heads, right=numbers, whole=numbers)
    for name, values in study.series(case, outcomes).items():
        outcome = OUTCOMES[name]
        finished = values[~isnan(values).all(axis=1)]
        if not len(finished):
            continue
        inside = [
            [i for i, month in enumerate(months) if month.startswith(f"{year}-")] for year in years
        ]
        yearly = [finished[:, positions].mean(axis=1) for positions in inside]
        low, high = _range(yearly[-1])
        cells = [number(float(value.mean()), outcome) for value in yearly]
        cells += [interval(low, high, outcome)] if interval_head else []
        table.add_row(outcome.label, unit(outcome), *cells)
    return table


def _print_interpolated(screen: Console, study: Study) -> None:
    """Say what the ends of an interval are where there are few pairs."""
    from sim.analysis.wording import interpolated

    said = interpolated(study.pairs, study.unit)
    if said:
        screen.print(indented(said, 0))


def _print_rest(screen: Console, cases: Sequence[Case]) -> None:
    if len(cases) > MOST_TABLES:
        from sim.analysis.wording import counted

        screen.print(
            f"And {counted(len(cases) - MOST_TABLES, 'more case')}; --csv writes them all."
        )


def _counted(study: Study) -> str:
    from sim.analysis.wording import sample

    return sample(study.draws, study.replications)


def print_versus(found: pd.DataFrame, new: Path, old: Path) -> None:
    """Print the findings of two folders that differ."""
    from sim.analysis.wording import change, change_interval, counted, symbol
    from sim.model.outcomes import OUTCOMES

    screen, differing = console(), found[found["differs"] != ""]
    screen.print(
        f"{counted(len(differing), 'finding')} of {len(found):,} differ: a sign is another, or "
        f"5-95 % do not overlap. Older: {old}; newer: {new}",
        soft_wrap=True,
    )
    if differing.empty:
        return
    heads = ("Scenario", "Outcome", "Older", "5-95 %", "Newer", "5-95 %", "Differs")
    table = new_table(heads, right=(2, 3, 4, 5), gap=1)
    for row in differing.head(MOST_FINDINGS).to_dict("records"):
        outcome = OUTCOMES[row["outcome"]]
        cells = []
        for which in ("old", "new"):
            median, low, high, sign = (
                row[f"{which}_{key}"] for key in ("median", "low", "high", "sign")
            )
            cells += [f"{symbol(sign)} {change(median, outcome)}".strip()]
            cells += [change_interval(low, high, outcome)]
        table.add_row(row["scenario"], row["outcome"], *cells, row["differs"])
    print_table(screen, table)
    if len(differing) > MOST_FINDINGS:
        screen.print(f"And {len(differing) - MOST_FINDINGS:,} more; versus.csv has them all.")


def run_content(study: Study) -> dict[str, Any]:
    """Return runs as plain content: mean and quantiles over runs by outcome and month.

    Of each case, if there are several.
    """
    from sim.analysis.frames import levels_of
    from sim.model.outcomes import OUTCOMES

    cases = []
    for case, by_outcome in levels_of(study, study.outcomes()).items():
        outcomes: dict[str, Any] = {}
        for name, levels in by_outcome.items():
            shown = {level: levels[level].tolist() for level in ("mean", "p5", "p50", "p95")}
            outcomes[name] = {"unit": OUTCOMES[name].unit, **shown}
        cases.append({"months": study.months(case), "outcomes": outcomes})
    found = (
        cases[0]
        if len(cases) == 1
        else {"cases": dict(zip((c.name for c in study.cases), cases, strict=True))}
    )
    return _heading(study) | found | {"failures": _failures(study)}


def comparison_content(study: Study) -> dict[str, Any]:
    """Return a comparison as plain content: the rubric, row by row."""
    names = [case.name for case in study.cases if case.name != case.against]
    kept = {name: study.months_compared(name) for name in names}
    windows = {name: [months[0], months[-1]] if months else [] for name, months in kept.items()}
    also = {
        name: [
            dict(zip(("key", "value", "reference"), row, strict=True))
            for row in study.other_differences(name)
        ]
        for name in names
    }
    rubric = study.rubric().to_dict("records") if study.outcomes() else []
    return _heading(study) | {
        "against": study.against,
        "windows": windows,
        "also_differs": also,
        "rubric": rubric,
        "failures": _failures(study),
    }


def _heading(study: Study) -> dict[str, Any]:
    from sim import __version__

    scenarios = [
        {
            "name": case.name,
            "title": study.titles[case.name],
            "id": scenario.id,
            "question": scenario.question,
            "levers": dict(case.levers),
        }
        for case, scenario in zip(study.cases, study.scenarios, strict=True)
    ]
    return {
        "openstakes": __version__,
        "seed": study.seed,
        "sample": _counted(study),
        "draws": study.draws,
        "replications": study.replications,
        "interval_holds": study.interval_holds,
        "scenarios": scenarios,
    }


def _failures(study: Study) -> list[dict[str, Any]]:
    return [
        {
            "scenario": failure.scenario,
            "point": failure.point,
            "draw": failure.draw,
            "replication": failure.replication,
            "error": failure.error,
        }
        for failure in study.failures
    ]


def _years(months: Sequence[str]) -> list[int]:
    """Return the first, middle and last year that has its December among the months.

    Without a December any month of a year counts.
    """
    years = sorted(
        {int(month[:4]) for month in months if month.endswith("-12")}
        or {int(month[:4]) for month in months}
    )
    return sorted({years[0], years[len(years) // 2], years[-1]})


def _range(values: NDArray[Any]) -> tuple[float, float]:
    from numpy import quantile

    low, high = quantile(values, (0.05, 0.95))
    return float(low), float(high)
