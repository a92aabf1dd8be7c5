"""What an undisturbed sweep gives."""

from __future__ import annotations

import pytest

from sim.sweep.execution import execute
from tests.faults.harness import plan, values_of
from tests.sweep import fake


@pytest.fixture(scope="session")
def undisturbed() -> dict[tuple[str, int], bytes]:
    """Every number of every run of `plan`, made in this process without a folder."""
    return values_of(execute(plan(), workers=1, simulate=fake.world))
