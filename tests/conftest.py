"""What all tests share: repeatable properties, one finished run."""

from __future__ import annotations

import signal
import threading

import pytest
from hypothesis import HealthCheck, settings

# A shell that starts the tests in the background has Ctrl-C ignored, here and in all processes
# started from here.
if (
    threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def default_run():
    """A finished world and its series: status quo, seed 1, replication 0.

    Tests read it and change nothing.
    """
    from sim.model.world import World

    world = World("status-quo", rng=1, replication=0)
    return world, world.run()
