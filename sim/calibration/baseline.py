"""Why the status quo moves to 2030: what each mechanism makes of it, as shipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).with_name("baseline.json")


def shipped() -> dict[str, Any]:
    """Return the movements of the status quo and their reasons (``benchmarks/baseline.py``).

    Returns
    -------
    dict
        ``movements``: each outcome at ``start`` and ``end``, how it changes between them, and its
        ``reasons``: the part of the change that is gone once a mechanism is off, over the draws.
        ``made_by`` and ``ensemble`` say of which model and draws; ``first_draw`` holds the outcomes
        of the first draw at start and end.
    """
    found: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return found
