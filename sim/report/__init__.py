"""The report: one self-contained HTML page, made from a study alone.

It holds findings in words, a rubric and figures.

`view` reads the study, once. From it are made the sentences (`cells`, `duels`, `findings`), the
tables (`figure_data`) and the pictures (`figures`, in two forms: `over_time` and `differences`;
`maps`; all in one `style`). With `prose`, `limits` and `reproduction` they become the `page`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.analysis.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot", "write"]


def write(
    study: Study,
    out: str | os.PathLike[str],
    *,
    question: str | None = None,
    encoding: str = "utf-8",
) -> Path:
    """Write report.html with its figures and tables into a folder.

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
    from sim.report.page import write_report

    if study.no_report:
        raise ValueError(
            f"no report: {study.no_report}; see Study.table, Study.runs and Study.to_csv"
        )
    return write_report(
        study, Path(out), question=question or study.design.question or None, encoding=encoding
    )


def plot(study: Study, outcome: str, scenarios: Sequence[str] | None = None) -> Figure:
    """Draw an outcome over time; also `Study.plot`.

    Parameters
    ----------
    study
        Finished runs.
    outcome
        Name of an outcome (`openstakes list outcomes`).
    scenarios
        Names of the scenarios to draw beside the reference. Default: all.

    Returns
    -------
    matplotlib.figure.Figure
        Median and middle 50 and 90 % of the runs, in the outcome's printed unit, by month.

    Raises
    ------
    ValueError
        If an outcome or scenario does not exist.
    """
    from sim.report.over_time import plot as draw
    from sim.report.view import View

    return draw(View(study), outcome, scenarios)


Study.plot = plot  # type: ignore[method-assign,assignment]
