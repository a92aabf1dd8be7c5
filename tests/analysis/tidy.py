"""What other programs need of a CSV.

One head line, rows of one length, plain numbers, blanks for what is missing.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

import pandas as pd

NO_NUMBER = re.compile(
    r"nan|[+-]?inf|none|null|na|not shown|not available|[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", re.I
)
MIXED = {"sign", "paper", "sign_without_assumed", "window"}
"""Columns whose words may look like numbers: a sign of 0, the window "2024"."""


def read_tidy(path: Path, *, mark: bool = False) -> pd.DataFrame:
    """Return a CSV as pandas reads it, every cell looked at; `mark` if it must begin with a BOM."""
    data = path.read_bytes()
    assert data.startswith(codecs.BOM_UTF8) == mark, path.name
    head, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert len(set(head)) == len(head)
    assert all(re.fullmatch(r"[\w.-]+", name) for name in head), head
    assert {len(row) for row in rows} <= {len(head)}
    for name, *cells in zip(head, *rows, strict=True):
        filled = {cell for cell in cells if cell}
        assert not [cell for cell in filled if NO_NUMBER.fullmatch(cell)], (path.name, name)
        numbers = {cell for cell in filled if re.fullmatch(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", cell)}
        assert name in MIXED or numbers in (set(), filled), (path.name, name)
    frame = pd.read_csv(path)
    assert list(frame.columns) == head
    return frame
