"""Marks of single cases."""

from __future__ import annotations

from typing import Any

import pytest


def slow(*values: Any) -> Any:
    """Return a case of a parametrized test that only `make test-all` runs: others test the same."""
    return pytest.param(*values, marks=pytest.mark.slow)
