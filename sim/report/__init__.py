"""The report of a study: a self-contained HTML page with findings and figures, and a brief.

`view` reads the study, once. From it are made the sentences (`cells`, `duels`, `findings`), the
tables (`figure_data`, `matrix`) and the pictures (`glance`; `figures`, in two forms: `over_time`
and `differences`; `maps`; `spread`; all in one `style`, each with its `origin`). With `prose`,
`paper`, `limits` and `reproduction` they become the `page`, in the order of `sections`. What
matters most of them (`importance`), said `aloud`, becomes the `brief` beside it. A sweep with
levers, or with some of its series kept, has a page of its own (`grid_page`).

Scripts ask for a picture of one outcome by its kind (`kinds`): what is `asked` is put into a frame
and drawn on a `sheet`, by `distributions`, `intervals`, `levers` or `ranks`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.analysis.study import Study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["files", "plot", "plotted", "write"]


def write(
    study: Study,
    out: str | os.PathLike[str],
    *,
    question: str | None = None,
    encoding: str = "utf-8",
) -> Path:
    """Write report.html and brief.html with their figures and tables into a folder.

    The page is that of a grid for a sweep with levers, or with only some outcomes or months kept.

    Parameters
    ----------
    study
        Finished runs.
    out
        The folder; it is made if it is missing.
    question
        The question the page answers. Default: that of the experiment, or of the only policy.
    encoding
        Of the CSV files: "utf-8", or "utf-8-sig" with the mark by which Excel knows UTF-8.

    Returns
    -------
    Path
        The page. The same study gives the same bytes.

    Raises
    ------
    ValueError
        If the study allows no report (`Study.no_report` says why).
    StoreError
        If a file would take the place of one that this package did not write (see
        `sim.sweep.written`).
    """
    from sim.report.grid_page import write_grid
    from sim.report.page import write_report

    if study.no_report:
        raise ValueError(f"no report: {study.no_report}")
    write_page = write_grid if study.is_grid else write_report
    asked = question or study.design.question or None
    return write_page(study, Path(out), question=asked, encoding=encoding)


def files(study: Study) -> list[str]:
    """Return the names of all files that `write` may leave in its folder.

    Parameters
    ----------
    study
        Runs of a design, which need not be finished.

    Returns
    -------
    list of str
        In the folder, with "/" between folders. Not every study has all of them.
    """
    from sim.report.grid_page import grid_files
    from sim.report.page import report_files

    return grid_files(study) if study.is_grid else report_files(study.scenarios)


def plot(
    study: Study,
    outcome: str,
    scenarios: str | Sequence[str] | None = None,
    *,
    kind: str = "bands",
    month: str | Sequence[str] | None = None,
    lever: str | Sequence[str] | None = None,
) -> Figure:
    """Draw an outcome; also `Study.plot`.

    Parameters
    ----------
    study
        Finished runs, from one to many thousand of each scenario. With one run a picture says that
        there is no interval.
    outcome
        Name of an outcome that was kept (`openstakes list outcomes`).
    scenarios
        Names of the scenarios to draw; one with levers stands for all its cases. Default: all.
    kind
        What is drawn, in the outcome's printed unit:

        - "bands": median and middle 50 and 90 % of the runs by month, a panel for each scenario
          with its reference
        - "ridgeline", "ecdf": density, or empirical distribution, over runs in one month, the
          reference beside the scenarios
        - "differences": paired differences from the reference over the months compared, with the
          interval of chance and parameters and, where draws were run several times, that of chance
          alone
        - "dose": paired differences by the value of one lever of a sweep
        - "heat": sign, median and interval of the change by the values of two levers
        - "ranks": share of the pairs in which each scenario is first, second, ...
        - "flows": what moved from one origin of use to another, by the smallest movement that
          explains the shares; of a share such as us_share_abroad
        - "map": share of use by country in the last month, or its change under the scenario named
    month
        For "ridgeline" and "ecdf": a month that was kept, as "YYYY-MM". Default: the last one. For
        "flows": two months, between which each scenario is compared with itself. Default: each is
        compared with its reference over the months compared.
    lever
        For "dose" one key path of a lever, for "heat" two (across, up), or their last words.
        Default: those of the study, if it has so many.

    Returns
    -------
    matplotlib.figure.Figure
        The same study gives the same bytes. Runs are summed up before anything is drawn.

    Raises
    ------
    KeyError
        If the study has no such outcome or scenario.
    ValueError
        If the kind, the month or the lever is not there, or does not go with the others.
    """
    from sim.report.kinds import ask

    chosen, asked = ask(study, outcome, scenarios, kind, month, lever)
    return chosen.draw(asked, chosen.frame(asked))


def plotted(
    study: Study,
    outcome: str,
    scenarios: str | Sequence[str] | None = None,
    *,
    kind: str = "bands",
    month: str | Sequence[str] | None = None,
    lever: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the numbers that `plot` draws; also `Study.plotted`.

    Parameters
    ----------
    study, outcome, scenarios, kind, month, lever
        As for `plot`, which draws the frame. The errors are the same too.

    Returns
    -------
    DataFrame
        Tidy, in the outcome's printed unit, with names and titles of scenarios. Columns of "bands",
        "differences" and "dose": five levels p5, p25, p50, p75 and p95, and interval_holds
        ("chance", "chance and parameters", or "none" for one run, whose p50 it is). Of "ecdf":
        value and share. Of "ridgeline": value and density. Of "heat": those of `Study.table`. Of
        "ranks": rank and share. Of "flows": source, target and the levels. Of "map": share, and
        change.
    """
    from sim.report.kinds import ask

    chosen, asked = ask(study, outcome, scenarios, kind, month, lever)
    return chosen.frame(asked)


Study.plot = plot  # type: ignore[method-assign,assignment]
Study.plotted = plotted  # type: ignore[method-assign,assignment]
