"""What tests of compiled code share: a function to compile, and an empty folder to keep it in."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from sim.model.kernels import notices


def doubled(x: float) -> float:
    """Be compiled in these tests; numba keeps code only of functions that are in a file."""
    return 2.0 * x


@pytest.fixture
def cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Path:
    """A folder of compiled code that is empty, in a process that has said nothing yet."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(notices, "_said", set())
    caplog.set_level(logging.WARNING, "openstakes")
    return tmp_path / "cache"
