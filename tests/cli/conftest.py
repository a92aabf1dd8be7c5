"""Reports of the command line are written without drawing: pictures have tests of their own."""

from __future__ import annotations

from typing import IO, Any

import pytest
from matplotlib.figure import Figure


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture is an empty one."""

    def saved(figure: Figure, file: IO[bytes], **_: Any) -> None:
        file.write(b"<svg></svg>")

    monkeypatch.setattr(Figure, "savefig", saved)
