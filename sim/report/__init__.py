"""The report: one self-contained HTML page with findings in words, a rubric and figures, made from a study alone.

`words` holds the formats of numbers and the ladder of words, `findings` the sentences, `plotted` the numbers behind the
pictures, `style`, `figures` and `maps` the pictures, `setting` assumptions, limits and reproduction, `html` the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.analysis.study import Study

__all__ = ["build"]


def build(study: Study, out: Path, *, question: str | None = None) -> Path:
    """Write report.html with its figures and tables into a folder and return the page's path."""
    from sim.report.page import write_report

    return write_report(study, out, question=question)
